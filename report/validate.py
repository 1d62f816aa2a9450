#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates what `mpprobe -j` writes (files, or standard input): each line
against the schema that it names, and reports for what a schema cannot say."""

import argparse
import glob
import ipaddress
import json
import os
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMAS = [*glob.glob(f"{HERE}/schemas/*.json"),
           f"{HERE}/../probe/scenario/schema.json"]
BASE = "file:///"       # what they call each other by is relative to it
STATUS_OF_EFFECT = {"blocks": {"clear", "impaired", "unsupported"},
                    "impairs": {"clear"}}
LADDER = ["tcp", "distance", "syn_ack_option", "not_mirrored",
          "random_token", "data_ack", "server_dsn", "checksum", "join",
          "join_data"]


def names(schema):
    """What the lines of a schema call it: "mpprobe-report/1"."""
    for part in [schema, *schema.get("$defs", {}).values()]:
        name = part.get("properties", {}).get("schema", {})
        if "const" in name:
            yield name["const"]


def references(schemas, schema):
    """How a validator finds what a schema refers to: by a registry, or in
    jsonschema before 4.18 by a resolver."""
    try:
        from referencing import Registry, Resource
    except ImportError:
        return {"resolver": jsonschema.RefResolver(schema["$id"], schema,
                                                   store=schemas)}
    return {"registry": Registry().with_resources(
        (place, Resource.from_contents(s)) for place, s in schemas.items())}


def validators():
    """By name. They check formats too: what says it is an address must be
    one."""
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("ipv4", ValueError)(ipaddress.IPv4Address)
    formats.checks("ipv6", ValueError)(ipaddress.IPv6Address)
    schemas = {}
    for path in SCHEMAS:
        with open(path, encoding="utf-8") as file:
            place = BASE + os.path.basename(path)
            schemas[place] = {"$id": place, **json.load(file)}
    found = {}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
        for name in names(schema):
            found[name] = jsonschema.Draft202012Validator(
                schema, format_checker=formats, **references(schemas, schema))
    return found


def frames(report):
    """Every number of a frame that the report names."""
    for finding in report["findings"]:
        for evidence in finding["evidence"]:
            if evidence["frame"] is not None:
                yield evidence["frame"]
    for step in report["ladder"]:
        yield from step["frames"]
    for hop in report["path"]:
        for quote in hop["quotes"]:
            yield quote["frame"]


def named_connections(report):
    for finding in report["findings"]:
        yield from finding["connections"]
    for hop in report["path"]:
        for quote in hop["quotes"]:
            yield quote["connection"]


def beyond_schema(report, ids):
    """What is wrong although every field is as it should be."""
    known = [c["id"] for c in report["connections"]]
    if len(set(known)) != len(known):
        yield "connections: an id is there twice"
    for connection in sorted(set(named_connections(report)) - set(known)):
        yield f"connection {connection} is named, but not listed"
    if [step["step"] for step in report["ladder"]] != LADDER:
        yield "ladder: steps are missing, or in another order"
    for number, hop in enumerate(report["path"], 1):
        if hop["ttl"] != number:
            yield f"path: hop {number} has TTL {hop['ttl']}"
    for frame in sorted(set(frames(report))):
        if frame > report["capture"]["frames"]:
            yield f"frame {frame} is not in the capture"
    for finding in report["findings"]:
        after, at = finding["after"], finding["at"]
        if after and at and after["ttl"] > at["ttl"]:
            yield f"{finding['id']}: ends before it begins"
        if ids is not None and finding["id"] not in ids:
            yield f"{finding['id']}: no such finding"
        status = report["verdict"]["status"]
        if status in STATUS_OF_EFFECT.get(finding["effect"], ()):
            yield f"{finding['id']} {finding['effect']}, yet it is {status}"


def errors(line, checks, ids):
    try:
        report = json.loads(line)
        check = checks[report["schema"]]
    except ValueError as error:
        return [f"not JSON: {error}"]
    except (TypeError, KeyError) as error:
        return [f"of no schema: {error}"]
    found = [f"{'.'.join(map(str, e.absolute_path)) or 'line'}: {e.message}"
             for e in check.iter_errors(report)]
    if report["schema"] == "mpprobe-report/1" and not found:
        return list(beyond_schema(report, ids))
    return found


def first_words(path):
    """The ids in a file such as `mpprobe list` writes: a word with a dot at
    the beginning of a line."""
    with open(path, encoding="utf-8") as file:
        return {line.split()[0] for line in file
                if line.strip() and "." in line.split()[0]}


def lines(paths):
    for path in paths or ["-"]:
        file = sys.stdin if path == "-" else open(path, encoding="utf-8")
        with file:
            for number, line in enumerate(file, 1):
                yield f"{path}:{number}", line


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--findings", metavar="FILE",
                         help="the findings there are (`mpprobe list`)")
    options.add_argument("report", nargs="*", help="lines of JSON")
    options = options.parse_args()
    ids = first_words(options.findings) if options.findings else None
    checks = validators()
    valid = invalid = 0
    for place, line in lines(options.report):
        found = errors(line, checks, ids)
        for error in found:
            print(f"{place}: {error}", file=sys.stderr)
        invalid += bool(found)
        valid += not found
    print(f"{valid} valid lines")
    return 1 if invalid or not valid else 0


if __name__ == "__main__":
    sys.exit(main())
