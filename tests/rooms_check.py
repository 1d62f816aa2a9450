#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls go one way (ARCHITECTURE.md, "The rooms"): of two folders of the program
only one calls the other, by whatever way round. Reads what was compiled."""
import collections
import glob
import os
import subprocess
import sys

LAYERS = "crafting", "report", "probe"
# A folder inside another that is one with it.
WITHIN = {"report/print/html": "report/print"}


def symbols(names):
    """What each object defines for others, and what it takes of them."""
    listed = subprocess.run(["nm", "-A", "-g", *names], check=True, text=True,
                            capture_output=True).stdout
    of = {name: (set(), set()) for name in names}
    for line in listed.splitlines():
        name, _, rest = line.partition(":")
        kind, symbol = rest.split()[-2:]
        of[name][kind == "U"].add(symbol)
    return of


def room(source):
    folder = os.path.dirname(source)
    return WITHIN.get(folder, folder)


def sources():
    for layer in LAYERS:
        for name in glob.glob(layer + "/**/*.c", recursive=True):
            if not name.endswith(("_test.c", "_fuzz.c")):
                yield name


def calls():
    """{(caller's room, called room): {(file, symbol)}}"""
    built = {os.path.join("build", source[:-1] + "o"): source
             for source in sources()}
    of = symbols([name for name in built if os.path.exists(name)])  # WITHOUT
    home = {symbol: room(built[name]) for name in of for symbol in of[name][0]}
    found = collections.defaultdict(set)
    for name, (_, taken) in of.items():
        source = built[name]
        for symbol in taken & home.keys():
            if home[symbol] != room(source):
                found[room(source), home[symbol]].add((source, symbol))
    return found


def reached(found, start):
    """The rooms that this one comes to by calls, in any number of steps."""
    seen, ahead = set(), [start]
    while ahead:
        at = ahead.pop()
        for caller, called in found:
            if caller == at and called not in seen:
                seen.add(called)
                ahead.append(called)
    return seen


def main():
    found = calls()
    if ("report/rules", "report/evidence") not in found:
        sys.exit("nothing was found: is it built?")
    wrong = [edge for edge in found if edge[0] in reached(found, edge[1])]
    for caller, called in sorted(wrong):
        for source, symbol in sorted(found[caller, called]):
            print(f"{source}: calls {symbol}() of {called}/, "
                  "from where calls come back")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
