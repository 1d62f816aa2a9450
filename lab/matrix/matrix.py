#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs mpprobe through every box of the lab and checks what it says.

Each case makes a lab of its own, runs mpprobe live in it, validates the JSON
report, compares it with the table below, and replays the capture through
`mpprobe read`, which must say the same. Prints TAP. Cases run side by side.

usage: lab/matrix/matrix.py [--jobs N] [--only TEXT] [--sample N] [--keep DIR]
                            [--table FILE] [--servers]
"""
import argparse
import concurrent.futures
import copy
import json
import os
import random
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LAB = os.path.join(TOP, "lab", "lab")
sys.path.insert(0, os.path.join(TOP, "report"))
import forms  # noqa: E402
import zoo  # noqa: E402
import zoo_acks  # noqa: E402
import zoo_coverage  # noqa: E402
import zoo_positions  # noqa: E402
import zoo_servers  # noqa: E402
import zoo_sizes  # noqa: E402
import zoo_uplinks  # noqa: E402
import validate  # noqa: E402

READERS = [p for p in (os.path.join(TOP, "mpprobe"),
                       os.path.join(TOP, "build-asan", "mpprobe"))
           if os.path.exists(p)]
SAME = ("verdict", "findings", "path", "asymmetry", "connections", "ladder",
        "announced", "announcements", "server")


# What runs in the lab; prints the exit codes.
IN_LAB = """
to=$1 runs=$2
shift 2
for run in $(seq "$runs"); do
	"$@" -w "$to/$run.pcap" >"$to/$run.json" 2>"$to/$run.err"
	echo $?
done"""


class Case:
    """One path: its boxes, what to probe, and what must come out."""

    uplinks = False  # several

    def __init__(self, box=None, at=None, hops=4, family=4, port=80,
                 status="clear", code=0, finding=None, after=None, place=None,
                 silent=(), up=(), args=(), version=None, text="", boxes=(),
                 also=(), path=True, rungs=(), way=None,
                 says="", one_branch=False, chance=(),
                 known=None, runs=1, maybe=(), **checks):
        self.box, self.at, self.hops, self.family = box, at, hops, family
        self.version, self.text, self.says = version, text, says
        self.port, self.status, self.code = port, status, code
        self.finding, self.after, self.place = finding, after, place
        self.way, self.one_branch = way, one_branch
        # Or nothing is found, with one of these status, code and text; what is
        # known to be wrong.
        self.chance, self.known = chance or (), known
        # In the same lab, one right behind the other.
        self.runs = runs
        # What chance may show of the box as well.
        self.maybe = maybe
        self.silent, self.up, self.args = silent, list(up), list(args)
        self.boxes, self.path, self.rungs = list(boxes), path, rungs
        # Each as (id, after, at, what else it says).
        self.findings = [(finding, after, place, checks)] if finding else []
        self.findings += also
        self.wider = False

    def undetermined(self, code):
        """The same, where by chance its finding decides nothing."""
        case = copy.copy(self)
        case.status, case.code = "undetermined", code
        return case

    def of_tired_hops(self):
        """The same, for a run right behind another: hops have spent their
        answers, and a place may be wider than it is."""
        case = copy.copy(self)
        case.wider = True
        return case

    def without_luck(self, status, code, text=""):
        """The same path, where chance shows nothing of the box."""
        return Case(self.box, self.at, self.hops, self.family, self.port,
                    status, code, up=self.up, args=self.args, text=text,
                    boxes=self.boxes, rungs=("join", *self.rungs))

    def name(self):
        return (f"{self.spec()} of {self.hops} hops, IPv{self.family}, "
                f"port {self.port}"
                + (f" ({' '.join(self.up + self.args)})"
                   if self.up or self.args else ""))

    def title(self):
        """The first cell of its row."""
        options = " ".join(self.up + self.args)
        return self.spec() + (f" ({options})" if options else "")

    def spec(self):
        boxes = list(self.boxes)
        if self.box:
            boxes.insert(0, f"{self.box}@{self.at}" if self.at else self.box)
        return " + ".join(boxes) or "clean"

    def server(self):
        link = self.hops + 1
        return f"10.0.{link}.2" if self.family == 4 else f"fd00:{link}::2"

    def hop(self, ttl):
        if ttl == 0:
            return "10.0.1.1" if self.family == 4 else "fd00:1::1"
        if ttl == self.hops + 1:
            return self.server()
        return f"10.0.{ttl}.2" if self.family == 4 else f"fd00:{ttl}::2"

    def command(self, directory):
        host = self.server() if self.family == 4 else f"[{self.server()}]"
        up = ["--hops", str(self.hops)] + self.up
        for box in self.spec().split(" + "):
            up += ["--box", box] if box != "clean" else []
        return ([LAB, "with"] + up + ["--", "sh", "-c", IN_LAB, "sh",
                                      directory, str(self.runs), READERS[0],
                                      "-n", "-j"]
                + self.options() + self.args + [f"{host}:{self.port}"])

    def options(self):
        """Of mpprobe, that its row does not show."""
        return []


def skipped(case):
    """Why the case's lab cannot be built here; or None. Containers may keep a
    device from who is root in a user namespace only."""
    if "user-nat" in case.spec():
        try:
            os.close(os.open("/dev/net/tun", os.O_RDWR))
        except OSError:
            return "no right to open /dev/net/tun"
    return None


def forward(box, finding, status, code, ports=(80,), **more):
    """A box that forwards at router K: after K, at K + 1."""
    return [Case(box, k, family=family, port=port, status=status, code=code,
                 finding=finding, after=k, place=k + 1,
                 direction="forward", **more)
            for k in (2, 3) for family in (4, 6) for port in ports]


def cases():
    out = [Case(hops=n, family=f) for n in range(1, 13) for f in (4, 6)
           if n in (1, 4, 12) or (n % 2 == (f == 4))]
    out += [Case(port=8080, family=f, status="unsupported", code=2)
            for f in (4, 6)]
    out += [Case(port=81, family=f, status="unreachable", code=3)
            for f in (4, 6)]
    out += forward("strip", "mp_capable.removed", "blocked", 1,
                   ports=(80, 8080), how="nop", segment="syn")
    out += forward("strip-syn", "mp_capable.removed", "blocked", 1, how="nop",
                   segment="syn")
    out += forward("strip-data", "dss.removed", "blocked", 1, how="nop",
                   segment="data")
    out += forward("strip-join", "mp_join.removed", "impaired", 1,
                   how="nop", segment="join_syn")
    out += forward("drop", "mp_capable.dropped", "blocked", 1, segment="syn")
    out += forward("drop-join", "mp_join.dropped", "impaired", 1,
                   segment="join_syn")
    out += forward("reset", "mp_capable.reset", "blocked", 1, segment="syn")
    out += forward("mss", "tcp.mss_changed", "clear", 0)
    out += forward("dscp", "ip.dscp_rewritten", "clear", 0)
    out += forward("ecn", "ip.ecn_cleared", "clear", 0)
    for k in (2, 3):
        for f in (4, 6):
            out.append(Case("strip-synack", k, family=f, status="blocked",
                            code=1, finding="mp_capable.removed",
                            direction="return", segment="syn_ack"))
            for port in (80,):
                out.append(Case("proxy", k, family=f, port=port,
                                status="blocked", code=1,
                                finding="tcp.terminated", after=k - 1,
                                place=k))
            out.append(Case("nat", k, family=f))
            out.append(Case("silent", k, family=f, silent=(k,)))
            out.append(Case("ttl", k, family=f, finding="ip.ttl_rewritten",
                            after=k - 1))
            out.append(Case("ttl-tcp", k, family=f,
                            finding="ip.ttl_rewritten", after=k - 1))
    out += [Case("own-host", family=f, code=71, status=None)
            for f in (4, 6)]
    return out


V0 = ["--mptcp", "0"]
ONLY_V0 = "The server speaks only MPTCP v0."


def v0_forward(box, finding, status, code, version, **more):
    """Asked for version 0, and left to find out."""
    return [Case(box, k, family=family, port=9080, status=status, code=code,
                 finding=finding, after=k, place=k + 1, direction="forward",
                 version=version, args=args, **more)
            for k, args in ((2, V0), (3, V0), (3, []))
            for family in (4, 6)]


def v0_versions():
    """What each version of the prober says of a server of the other."""
    out = []
    for f in (4, 6):
        out += [Case(family=f, port=port, status="undetermined", code=3,
                     args=["--mptcp", version], text=text)
                for port, version, text in
                ((9080, "1", "it may speak only v0"),
                 (80, "0", "the server speaks MPTCP v1"),
                 (8080, "0", "does not speak MPTCP v0, or its option"),
                 (8080, "1", "does not speak MPTCP v1, or its option"))]
        out += [Case("strip-synack", k, family=f, port=9080, status="blocked",
                     code=1, finding="mp_capable.removed", direction="return",
                     segment="syn_ack", how="nop") for k in (2, 3)]
        # A server of version 1 that is too old for MP_TCPRST looks the same.
        out.append(Case("strip-synack", 2, family=f, port=9080, args=V0,
                        status="undetermined", code=3))
    return out


def v0_cases():
    out = [Case(hops=n, family=f, port=9080, version=0, args=args, text=text)
           for n in (1, 4, 12) for f in (4, 6)
           for args, text in ((V0, ""), ([], ONLY_V0))]
    out += v0_versions()
    for box in ("strip", "strip-syn"):
        out += v0_forward(box, "mp_capable.removed", "blocked", 1, None,
                          how="nop", segment="syn")
    out += v0_forward("strip-data", "dss.removed", "blocked", 1, 0, how="nop",
                      segment="data")
    out += v0_forward("strip-join", "mp_join.removed", "impaired", 1, 0,
                      how="nop", segment="join_syn")
    out += v0_forward("drop", "mp_capable.dropped", "blocked", 1, None,
                      segment="syn")
    out += v0_forward("drop-join", "mp_join.dropped", "impaired", 1, 0,
                      segment="join_syn")
    out += v0_forward("reset", "mp_capable.reset", "blocked", 1, None,
                      segment="syn")
    for box, how in (("cut", "cut"), ("eol", "eol")):
        out += v0_forward(box, "mp_capable.removed", "blocked", 1, None,
                          how=how, segment="syn")
    out += v0_forward("version", "mp_capable.modified", "blocked", 1, None,
                      segment="syn")
    # A server of version 0 insists on checksums.
    out += v0_forward("payload", "payload.modified", "blocked", 1, 0,
                      segment="data", confidence="proven")
    for f in (4, 6):
        out += [Case(box, 2, family=f, port=9080, status=status, code=1,
                     finding=finding, version=0, segment=segment)
                for box, status, finding, segment in
                (("key", "blocked", "mp_capable.modified", "syn_ack"),
                 ("hmac", "impaired", "mp_join.modified", "join_syn_ack"),
                 ("alg", "blocked", "data.rewritten", "data"))]
        out.append(Case("mirror", 2, family=f, port=9080, version=0,
                        finding="mp_capable.mirrored", effect="harmless"))
    out += v0_forward("mss", "tcp.mss_changed", "clear", 0, 0)
    out += v0_forward("dscp", "ip.dscp_rewritten", "clear", 0, 0)
    out += v0_forward("ecn", "ip.ecn_cleared", "clear", 0, 0)
    for k, args in ((2, V0), (3, V0), (3, [])):
        for f in (4, 6):
            out.append(Case("proxy", k, family=f, port=9080, args=args,
                            status="blocked", code=1, finding="tcp.terminated",
                            after=k - 1, place=k))
            out.append(Case("nat", k, family=f, port=9080, args=args,
                            version=0))
            out.append(Case("silent", k, family=f, port=9080, args=args,
                            version=0, silent=(k,)))
            for box in ("ttl", "ttl-tcp"):
                out.append(Case(box, k, family=f, port=9080, args=args,
                                version=0, finding="ip.ttl_rewritten",
                                after=k - 1))
    return out


def check_place(case, place, ttl, what):
    if place is None:
        return [f"{what} is null, expected hop {ttl}"]
    wrong = []
    if case.wider and (place["ttl"] < ttl if what == "after"
                       else place["ttl"] > ttl):
        return []
    if place["ttl"] != ttl:
        wrong.append(f"{what}.ttl is {place['ttl']}, expected {ttl}")
    if place["address"] != case.hop(ttl):
        wrong.append(f"{what}.address is {place['address']}, expected "
                     f"{case.hop(ttl)}")
    return wrong


def check_finding(case, found, after, place, checks):
    wrong = [f"{found['id']}: {name} is {found.get(name)}, expected {value}"
             for name, value in checks.items() if found.get(name) != value]
    if after is not None:
        wrong += check_place(case, found["after"], after, "after")
    if place is not None:
        wrong += check_place(case, found["at"], place, "at")
    return wrong


def check_one_branch(case, report):
    """The box is on one of two ways: which connections meet it is chance, but
    whatever is found is found there."""
    wrong = []
    if report["verdict"]["status"] not in ("blocked", "impaired"):
        wrong.append(f"status is {report['verdict']['status']}")
    _, after, place, _ = case.findings[0]
    for found in report["findings"]:
        if found["id"] not in ("mp_capable.removed", "mp_join.removed"):
            wrong.append(f"finds {found['id']}")
        wrong += check_finding(case, found, after, place, {})
    return wrong


def check_findings(case, report):
    if case.one_branch:
        return check_one_branch(case, report)
    found = {f["id"]: f for f in report["findings"]}
    ids = sorted(f["id"] for f in report["findings"]
                 if f["id"] not in case.maybe)
    expected = sorted(f[0] for f in case.findings)
    if ids != expected:
        return [f"findings are {ids}, expected {expected}"]
    wrong = []
    if case.says and case.says not in report["findings"][0]["text"]:
        wrong.append(f"the finding does not say '{case.says}': "
                     f"{report['findings'][0]['text']}")
    for name, after, place, checks in case.findings:
        wrong += check_finding(case, found[name], after, place, checks)
    return wrong


def check_verdict(case, verdict):
    wrong = []
    if case.version is not None and verdict["mptcp_version"] != case.version:
        wrong.append(f"mptcp_version is {verdict['mptcp_version']}, expected "
                     f"{case.version}")
    if case.text not in verdict["text"]:
        wrong.append(f"the verdict does not say '{case.text}': "
                     f"{verdict['text']}")
    return wrong


def check_path(case, report):
    """On a path without a device that ends or hides TTLs every hop answers,
    save the silent ones."""
    if case.status != "clear" or not case.path or \
            case.box in ("ttl", "ttl-tcp"):
        return []
    wrong = []
    hops = {h["ttl"]: h["address"] for h in report["path"]}
    for ttl in range(1, case.hops + 2):
        expected = None if ttl in case.silent else case.hop(ttl)
        if hops.get(ttl) != expected:
            wrong.append(f"hop {ttl} is {hops.get(ttl)}, expected {expected}")
    return wrong


def check_return(case, report):
    """Only a path that returns another way is said to."""
    box, _, hop = next((b.partition("@") for b in case.spec().split(" + ")
                        if b.startswith("asymmetric@")), ("", "", ""))
    seen = report["asymmetry"]
    seen = seen and (seen["from"], seen["least"], seen["most"])
    expected = (int(hop) + 1, 1, 1) if box else case.way
    return [] if seen == expected else [f"the return path is {seen}, "
                                        f"expected {expected}"]


def check_ladder(case, report):
    if case.status != "clear":
        return []
    spared = {"distance", *case.rungs}
    if "join" in spared:
        spared.add("join_data")
    return [f"ladder step {s['step']} is {s['result']}: {s['text']}"
            for s in report["ladder"] if s["result"] != "pass"
            and s["step"] not in spared]


def check_replay(case, report, capture):
    wrong = []
    for reader in READERS:
        run = subprocess.run([reader, "read", "-j", capture],
                             capture_output=True, text=True)
        if run.returncode != case.code:
            wrong.append(f"{reader} read exits {run.returncode}, expected "
                         f"{case.code}: {run.stderr.strip()}")
            continue
        again = json.loads(run.stdout.splitlines()[0])
        wrong += [f"{reader} read says otherwise of {key}" for key in SAME
                  if again[key] != report[key]]
    return wrong


def place_text(after, at):
    """A bracket as the table shows it."""
    if after is None and at is None:
        return "-"
    return f"{'?' if after is None else after}-{'?' if at is None else at}"


def row_of(case, report, wrong):
    """One line of docs/matrix.md."""
    if case.uplinks:
        return zoo_uplinks.row(case, report, wrong)

    def listed(parts):
        return ", ".join(parts) or "none"

    found = report["findings"] if report else []
    asked = f"IPv{case.family}" + (f" port {case.port}" if case.port != 80
                                   else "")
    cells = [case.title(),
             f"{asked}, {case.hops} hops",
             listed(f[0] for f in case.findings),
             listed(f["id"] for f in found),
             listed(place_text(f[1], f[2]) for f in case.findings),
             listed(place_text(f["after"] and f["after"]["ttl"],
                               f["at"] and f["at"]["ttl"]) for f in found),
             report["verdict"]["status"] if report else "-",
             "wrong" if wrong else "right" if report or case.status is None
             else "not run"]
    return "| " + " | ".join(cells) + " |"


TABLE_HEAD = """\
# The matrix

Made by `lab/matrix/matrix.py --table docs/matrix.md`: every middlebox and every
server of the lab (`lab/lab list`), what mpprobe must find, and what it found in
this run. A bracket A-B says that hop A still quotes the field as it was sent
and hop B no longer does; `?` is what one end of a path cannot tell, `-` no
bracket. With several uplinks, expected and found are what becomes of joins: from
eth0 and from eth1 to a connection opened on eth0, and then to one opened on
eth1, with the cause.

| boxes | path | expected | found | bracket | found | status | |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def write_table(path, rows, right):
    with open(path, "w") as f:
        f.write(TABLE_HEAD)
        f.write("\n".join(rows))
        f.write(f"\n\n{right} of {len(rows)} rows are right.\n")


BRANCH_TRIES = 5  # one in sixteen misses a box on one of two ways


def run_case(case, keep):
    """What is wrong, and the row of the table."""
    if skipped(case):
        return [], row_of(case, None, [])
    for _ in range(BRANCH_TRIES if case.one_branch else 1):
        reports = []
        wrong = try_case(case, keep, reports)
        if reports and reports[0]["findings"]:
            break
    return wrong, row_of(case, reports[0] if reports else None, wrong)


def try_case(case, keep, reports):
    with tempfile.TemporaryDirectory() as directory:
        if keep:
            directory = os.path.join(keep, case.name().replace(" ", "_")
                                     .replace("/", "_"))
            os.makedirs(directory, exist_ok=True)
        lab = subprocess.run(case.command(directory), capture_output=True,
                             text=True, stdin=subprocess.DEVNULL)
        codes = lab.stdout.split()
        if len(codes) != case.runs:
            return ["no lab", lab.stderr.strip()]
        wrong = []
        for number, code in enumerate(codes, 1):
            begin = f"run {number}: " if number > 1 else ""
            wrong += [begin + line for line in check_run(
                case, os.path.join(directory, str(number)), int(code),
                reports)]
        return wrong


def contents(path):
    with open(path) as f:
        return f.read()


def check_code(case, code, complaint):
    return [] if code == case.code else [f"exit code {code}, expected "
                                         f"{case.code}: {complaint}"]


def check_run(case, name, code, reports):
    said, complaint = contents(name + ".json"), contents(name + ".err").strip()
    if case.status is None:
        return check_code(case, code, complaint) + (
            ["a report was printed"] if said else [])
    if not said:
        return ["no report", complaint]
    report = json.loads(said.splitlines()[0])
    reports.append(report)
    if len(reports) > 1:
        case = case.of_tired_hops()
    if case.chance and not report["findings"]:
        case = case.without_luck(*next((c for c in case.chance if c[1] == code),
                                       case.chance[0]))
    elif ("undetermined", code) in case.chance:
        case = case.undetermined(code)
    wrong = check_code(case, code, complaint)
    for line in said.splitlines():
        wrong += validate.errors(line, validate.validators(), None)
    if case.uplinks:
        return wrong + zoo_uplinks.check(case, report, name + ".pcap", READERS)
    if report["verdict"]["status"] != case.status and not case.one_branch:
        wrong.append(f"status is {report['verdict']['status']}, expected "
                     f"{case.status}: {report['verdict']['text']}")
    wrong += check_verdict(case, report["verdict"])
    wrong += check_findings(case, report)
    if len(reports) == 1:  # on which routers have spent their answers
        wrong += check_path(case, report)
    wrong += check_ladder(case, report)
    wrong += check_return(case, report)
    return wrong + check_replay(case, report, name + ".pcap")


def again(case, keep, wrong):
    """A case that failed among others is run once more, alone: a machine too
    busy for a router's answers in time is no bug of mpprobe. What failed the
    first time is shown all the same."""
    for line in wrong:
        print(f"# first run: {line}")
    return run_case(case, keep)


def all_cases():
    return (cases() + v0_cases() + forms.cases(Case) + zoo.cases(Case)
            + zoo_positions.cases(Case) + zoo_acks.cases(Case)
            + zoo_sizes.cases(Case) + zoo_servers.cases(Case)
            + zoo_uplinks.cases(Case))


def is_the_table(path):
    return path and os.path.realpath(path) == zoo_coverage.TABLE


def test_coverage(everything, number, table):
    """Every box has the rows that its class asks for, and the docs show what is
    run. They are made by `--table docs/matrix.md`, which cannot fail for it."""
    wrong = zoo_coverage.missing(everything)
    if not is_the_table(table):
        wrong += zoo_coverage.stale(everything)
    print(f"{'not ok' if wrong else 'ok'} {number} every box has its rows, and "
          "the docs show them")
    for line in wrong:
        print(f"# {line}")
    return bool(wrong)


def sample_of(cases, count):
    """So many of them, others with each commit; in their order."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, text=True,
                            capture_output=True).stdout.strip()
    taken = random.Random(commit).sample(range(len(cases)),
                                         min(count, len(cases)))
    return [cases[i] for i in sorted(taken)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--sample", type=int, metavar="N",
                        help="only N of them, others with each commit")
    parser.add_argument("--keep")
    parser.add_argument("--table")
    parser.add_argument("--servers", action="store_true",
                        help="every server of the lab behind boxes instead")
    args = parser.parse_args()
    everything = all_cases()
    chosen = [c for c in (zoo_servers.pairs(Case) if args.servers
                          else everything) if args.only in c.name()]
    if args.sample:
        chosen = sample_of(chosen, args.sample)
    print(f"1..{len(chosen) + 1}", flush=True)
    failed = test_coverage(everything, len(chosen) + 1, args.table)
    rows = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = [pool.submit(run_case, c, args.keep) for c in chosen]
        results = [run.result() for run in runs]
        for number, (case, (wrong, row)) in enumerate(zip(chosen, results), 1):
            if wrong and not case.known:
                wrong, row = again(case, args.keep, wrong)
            rows.append(row)
            failed += bool(wrong) and not case.known
            remark = (f" # TODO {case.known}" if case.known else
                      f" # SKIP {skipped(case)}" if skipped(case) else "")
            print(f"{'not ok' if wrong else 'ok'} {number} {case.name()}"
                  + remark)
            for line in wrong:
                print(f"# {line}")
            sys.stdout.flush()
    if args.table:
        right = sum(row.endswith("| right |") for row in rows)
        write_table(args.table, rows, right)
        if is_the_table(args.table) and chosen == everything:
            zoo_coverage.write_readme(everything)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
