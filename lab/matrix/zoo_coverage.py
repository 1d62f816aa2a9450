# SPDX-License-Identifier: GPL-3.0-or-later
"""What the matrix owes each box of the lab, by the class that `lab list` shows
for it, and the summary by class that README.md has."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
README = os.path.join(TOP, "README.md")
LAB = os.path.join(TOP, "lab", "lab")
TABLE = os.path.join(TOP, "docs", "matrix.md")

CLASSES = {
    "option": "change, drop or refuse MPTCP options",
    "data": "change, split, merge, hold or acknowledge data",
    "tcp": "change other fields and options of TCP",
    "ip": "change the IP header, translate addresses",
    "end": "terminate TCP connections on the path",
    "icmp": "send no ICMP errors, or odd ones",
    "path": "lose, delay, reorder or detour packets",
    "host": "sit on the probing host itself",
}
NONE = "no box at all"


class Box:
    def __init__(self, line):
        self.name, self.kind, self.text = line.split(None, 2)
        self.ipv6 = "(IPv4)" not in self.text


def boxes():
    """Those of several uplinks stand in zoo_uplinks.py, beside others."""
    listed = subprocess.run([LAB, "list"], check=True,
                            capture_output=True, text=True)
    known = [Box(line) for line in listed.stdout.splitlines()]
    return [box for box in known if box.kind != "uplinks"]


def specs(case):
    """The case's boxes as (name, hop or None, way or None)."""
    parts = [re.fullmatch(r"([^@,]+)(?:@(\w+))?(?:,(\w+))?", spec).groups()
             for spec in case.spec().split(" + ")]
    return [(name, hop and int(hop.lstrip("abx") or 0), way)
            for name, hop, way in parts]


def position(case, hop):
    return ("first" if hop == 1 else "last" if hop == case.hops else "middle")


def seen(cases):
    """All that some case shows of a box, as {name: set of words}."""
    rows = {}
    for case in cases:
        if case.uplinks:
            continue
        version = "v0" if case.port == 9080 else "v1"
        for name, hop, way in specs(case):
            row = rows.setdefault(name, set())
            row.add(f"IPv{case.family} {version}")
            if hop:
                row.add(f"at the {position(case, hop)} router")
            if way:
                row.add(way)
    return rows


def owed(box):
    out = {"IPv4 v1"}
    if box.kind in ("option", "end"):
        out |= {"IPv4 v0", "IPv6 v1"} if box.ipv6 else {"IPv4 v0"}
    if box.kind == "option":
        out |= {f"at the {place} router"
                for place in ("first", "middle", "last")}
    return out


def missing(cases):
    rows = seen(cases)
    wrong = [f"{box.name} ({box.kind}) has no row: {what}"
             for box in boxes()
             for what in sorted(owed(box) - rows.get(box.name, set()))]
    known = {box.name for box in boxes()} | {"clean"}
    return wrong + [f"the lab has no box {name}"
                    for name in sorted(set(rows) - known)]


def summary(cases):
    """The table of README.md: a line for each class, with all its boxes and
    the cases that have one of them."""
    kinds = {box.name: box.kind for box in boxes()}
    lines = ["| boxes that | boxes | cases |", "| --- | --- | --- |"]
    for kind, text in CLASSES.items():
        count = sum(any(kinds.get(name) == kind for name, _, _ in specs(c))
                    for c in cases)
        lines.append(f"| {text} | {list(kinds.values()).count(kind)} "
                     f"| {count} |")
    clean = sum(c.spec() == "clean" for c in cases)
    lines += [f"| {NONE} | 0 | {clean} |",
              f"| all together | {len(kinds)} | {len(cases)} |"]
    return "\n".join(lines)


def write_readme(cases):
    with open(README) as f:
        readme = f.read()
    start = readme.index("| boxes that |")
    end = readme.index("\n\n", start)
    with open(README, "w") as f:
        f.write(readme[:start] + summary(cases) + readme[end:])


def stale(cases):
    """What README.md and the table in docs/ say otherwise."""
    wrong = []
    with open(README) as f:
        readme = f.read().splitlines()
    wrong += [f"README.md lacks the line {line}"
              for line in summary(cases).splitlines() if line not in readme]
    with open(TABLE) as f:
        rows = [line.split(" | ")[0][2:] for line in f if " hops | " in line]
    for case in cases:
        if case.title() in rows:
            rows.remove(case.title())
        else:
            wrong.append(f"docs/matrix.md lacks the case {case.title()}")
    return wrong + [f"docs/matrix.md has a case of old: {row}"
                    for row in rows]
