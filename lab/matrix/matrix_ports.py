#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of several reports: several ports, both families, a reference.

Each case makes a lab of its own, runs mpprobe live in it, compares each
report with the table below, and replays the capture, which must say the same.
Prints TAP.

usage: lab/matrix/matrix_ports.py [--jobs N] [--only TEXT]
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

from matrix import LAB, READERS, SAME, TOP

sys.path.insert(0, os.path.join(TOP, "report"))
import validate  # noqa: E402

V4, V6 = "10.0.5.2", "fd00:5::2"
REMOVED = "mp_capable.removed"
ENDED = "tcp.terminated"


class Expected:
    """One report: of which port, what status, finding and words in it."""

    def __init__(self, port, status="clear", finding=None, text="",
                 confidence=None, reference=False, hops=None, back=None):
        self.port, self.status, self.finding = port, status, finding
        self.text, self.confidence = text, confidence
        self.back = back    # the same on the return path, how sure
        self.reference, self.hops = reference, hops


class Case:
    def __init__(self, code, up, args, *reports):
        self.code, self.reports = code, reports
        self.up, self.args = up.split(), args.split()

    def name(self):
        return " ".join(["mpprobe"] + self.args + ["on"]
                        + (self.up or ["a clean path"]))


def port_cases():
    affected = "Port 443 of the same address is not affected"
    out = [
        Case(0, "", f"-p 80,443 {V4}", Expected(80, hops=5),
             Expected(443, hops=5)),
        Case(2, "", f"-p 80,8080 {V4}", Expected(80),
             Expected(8080, "unsupported")),
        Case(2, "", f"-p 8080,80 {V6}", Expected(8080, "unsupported"),
             Expected(80)),
        Case(3, "", f"-p 81,80 {V4}", Expected(81, "unreachable"),
             Expected(80)),
        Case(0, "", f"-p 80,9080 {V4}", Expected(80), Expected(9080)),
        Case(1, "--box strip@2", f"-p 80,443 {V4}",
             Expected(80, "blocked", REMOVED),
             Expected(443, "blocked", REMOVED)),
        # Right before the server, on one port: nobody could tell it from that.
        Case(2, "--box strip80@4", f"-p 80,443 {V4}",
             Expected(80, "unsupported", text="that acts on this port only"),
             Expected(443)),
        Case(1, "--box strip80@2", f"-p 80,443 {V6}",
             Expected(80, "blocked", REMOVED, affected), Expected(443)),
    ]
    for host in (V4, V6):
        ended = Expected(80, "blocked", ENDED, affected, "proven", hops=5)
        out += [Case(1, "--box proxy80@2", f"-p 80,443 {host}", ended,
                     Expected(443, hops=5)),
                Case(1, "--box proxy80@3", f"-p 443,80 {host}",
                     Expected(443, hops=5), ended)]
    return out


def family_cases():
    return [Case(0, "", "-4 -6 server.lab", Expected(80), Expected(80)),
            Case(1, "--box strip@3", "-4 -6 -p 80,443 server.lab",
                 *[Expected(port, "blocked", REMOVED)
                   for port in (80, 443, 80, 443)])]


def size_cases():
    """A page of 64 KiB behind a link that takes 1280 bytes, either way."""
    hidden = Expected(80, finding="ip.too_big_dropped", confidence="proven",
                      back="likely")
    return [Case(0, "", "-4 -6 big.lab", Expected(80), Expected(80)),
            Case(0, "--box mtu@2", "-4 -6 big.lab", Expected(80),
                 Expected(80)),
            Case(0, "--box mtu-hole@3", "-4 -6 big.lab", hidden, hidden),
            Case(2, "--box mtu-hole@1", "big.lab:8080",
                 Expected(8080, "unsupported"))]


def reference_cases():
    out = []
    for host in (V4, V6):
        end = f"[{host}]" if ":" in host else host
        out += [
            Case(2, "--box all-silent", f"--reference {end}:80 {end}:8080",
                 Expected(8080, "unsupported", text="reference"),
                 Expected(80, reference=True)),
            Case(1, "--box all-silent --box strip@2",
                 f"--reference {end}:443 {end}",
                 Expected(80, "blocked", REMOVED, "reference", "likely"),
                 Expected(443, "undetermined", reference=True)),
        ]
    return out


def check_finding(expected, report):
    back = [f for f in report["findings"] if expected.back
            and f["direction"] == "return"]
    others = [f for f in report["findings"] if f not in back]
    ids = [f["id"] for f in others]
    if ids != ([expected.finding] if expected.finding else []):
        return [f"findings are {ids}, expected {expected.finding}"]
    if expected.confidence and others[0]["confidence"] != expected.confidence:
        return [f"confidence is {others[0]['confidence']}"]
    if expected.back and [(f["id"], f["confidence"]) for f in back] != [
            (expected.finding, expected.back)]:
        return [f"findings on the return path are {back}"]
    return []


def check_report(expected, report):
    wrong = validate.errors(json.dumps(report), validate.validators(), None)
    verdict = report["verdict"]
    if report["target"]["port"] != expected.port:
        return wrong + [f"the report is of port {report['target']['port']}"]
    if verdict["status"] != expected.status:
        wrong.append(f"status is {verdict['status']}, expected "
                     f"{expected.status}: {verdict['text']}")
    if expected.text not in verdict["text"]:
        wrong.append(f"{expected.text!r} is not in {verdict['text']!r}")
    if report["target"].get("reference", False) != expected.reference:
        wrong.append("the reference is another one")
    if expected.hops:
        known = [h["ttl"] for h in report["path"] if h["address"]]
        if known != list(range(1, expected.hops + 1)):
            wrong.append(f"hops {known} are known")
    return [f"port {expected.port}: {w}"
            for w in wrong + check_finding(expected, report)]


def check_replay(case, reports, capture):
    wrong = []
    for reader in READERS:
        run = subprocess.run([reader, "read", "-j", capture],
                             capture_output=True, text=True)
        again = [json.loads(line) for line in run.stdout.splitlines()]
        if run.returncode != case.code:
            wrong.append(f"{reader} read exits {run.returncode}")
        if len(again) != len(reports):
            wrong.append(f"{reader} read makes {len(again)} reports")
        wrong += [f"{reader} read says otherwise of {key} of port "
                  f"{a['target']['port']}" for a, b in zip(again, reports)
                  for key in SAME if a[key] != b[key]]
    return wrong


def run_case(case):
    with tempfile.TemporaryDirectory() as directory:
        capture = os.path.join(directory, "run.pcap")
        run = subprocess.run(
            [LAB, "with", "--hops", "4"] + case.up
            + ["--", READERS[0], "-n", "-j", "-w", capture] + case.args,
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        reports = [json.loads(line) for line in run.stdout.splitlines()]
        wrong = []
        if run.returncode != case.code:
            wrong.append(f"exit code {run.returncode}, expected {case.code}: "
                         f"{run.stderr.strip()}")
        if len(reports) != len(case.reports):
            return wrong + [f"{len(reports)} reports"]
        for expected, report in zip(case.reports, reports):
            wrong += check_report(expected, report)
        return wrong + check_replay(case, reports, capture)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    chosen = [c for c in port_cases() + family_cases() + size_cases()
              + reference_cases() if args.only in c.name()]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for number, (case, wrong) in enumerate(
                zip(chosen, pool.map(run_case, chosen)), 1):
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} {case.name()}")
            for line in wrong:
                print(f"# {line}")
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
