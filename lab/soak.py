#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs mpprobe time and again where nothing interferes: against every server of
the lab, on paths that lose, reorder and duplicate packets, over both families,
one run right behind the other, and while somebody sends forged packets. Any
finding but what is right of the server is a false accusation. Prints TAP, with
counts for each server; the captures of what went wrong are kept.

usage: lab/soak.py [--runs N] [--minutes M] [--jobs N] [--only TEXT]
                   [--keep DIR] [--seed TEXT]
       lab/soak.py --serve KIND PORT     (one of the servers)
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LAB = os.path.join(HERE, "lab")
MPPROBE = os.path.join(TOP, "mpprobe")
FLOOD = os.path.join(HERE, "flood")
FLOOD_RATE = 100000     # packets a second
MEMORY_MAX = 64 << 10   # KiB, for mpprobe in a flood
FRAME_MAX = 1           # KiB, for each frame of its capture that is read
IPPROTO_MPTCP = 262
sys.path.insert(0, os.path.join(HERE, "matrix"))
import zoo_servers  # noqa: E402

# ---- servers that behave in ways that those of the lab do not ---------------


def serve(kind, port):
    """closes: at once; hasty: closes at the first line, with an answer;
    resets: at data; aborts: at once, with a RST."""
    protocol = socket.IPPROTO_TCP if kind == "resets-tcp" else IPPROTO_MPTCP
    server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, protocol)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    server.listen(1024)
    selector = selectors.DefaultSelector()
    selector.register(server, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is server:
                greet(kind, server.accept()[0], selector)
            else:
                answer(kind, key.fileobj, selector)


def abort(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()


def greet(kind, client, selector):
    if kind == "closes":
        client.close()
    elif kind == "aborts":
        abort(client)
    else:
        selector.register(client, selectors.EVENT_READ)


def answer(kind, client, selector):
    try:
        data = client.recv(65536)
    except OSError:
        data = b""
    if not data or kind.startswith("resets"):
        selector.unregister(client)
        abort(client) if data else client.close()
    elif kind == "hasty" and b"\n" in data:
        selector.unregister(client)
        client.send(b"-ERR unknown command\r\n")
        client.close()


# ---- what is run -----------------------------------------------------------


class Kind:
    """A server and a path, the statuses and findings that are right for them,
    the steps of the ladder that must pass, and what kind of junk is sent."""

    def __init__(self, name, statuses, port=80, up=(), prepare=(), serve=None,
                 share=1, args=(), passes=(), findings=(), group=None,
                 flood=None):
        self.name, self.statuses, self.port = name, statuses, port
        self.up, self.prepare, self.serve = list(up), prepare, serve
        self.share, self.args, self.passes = share, list(args), passes
        self.findings, self.group = findings, group or name
        self.flood = flood


def server_tool(*command):
    return ("server", list(command))


FILTERED = [server_tool(t, "-A", "INPUT", "-p", "tcp", "--dport", "82", "-j",
                        "DROP") for t in ("iptables", "ip6tables")]
# The addresses of the client and the server.
ENDS = [("10.0.1.1", "10.0.5.2"), ("fd00:1::1", "fd00:5::2")]
FLOODS = ["syn", "syn-ack", "ack", "rst", "rst-ack", "no-ack", "any-flags",
          "icmp", "bounced", "all"]
NOISE = ["--box", "loss1@2", "--box", "reorder@3", "--box", "duplicate@4"]
OFFLOADS = ["tx", "on", "rx", "on", "tso", "on", "gso", "on", "gro", "on"]

KINDS = [
    Kind("loss, reordering and duplicates at once", ["clear"], up=NOISE),
    Kind("the same, --all", ["clear"], up=NOISE, args=["--all"], share=0.5),
    Kind("the same, plain TCP", ["unsupported"], port=8080, up=NOISE),
    Kind("the same, v0", ["clear"], port=9080, up=NOISE),
    Kind("5 % loss", ["clear"], up=["--box", "loss5@2"]),
    Kind("200 ms of delay", ["clear"], up=["--box", "delay@2"], share=0.2),
    Kind("two ways (ECMP)", ["clear"], up=["--box", "ecmp@3"]),
    Kind("asymmetric", ["clear"], up=["--box", "asymmetric@2"]),
    Kind("silent routers", ["clear"], up=["--box", "all-silent"], share=0.5),
    Kind("SYN cookies, --all", ["clear"], args=["--all"],
         up=["--server", "cookies"], share=0.3),
    Kind("plain TCP", ["unsupported"], port=8080),
    Kind("closed port", ["unreachable"], port=81),
    Kind("filtered port", ["unreachable"], port=82, share=0.3,
         prepare=FILTERED),
    Kind("closes at once", ["clear", "undetermined"], port=85, serve="closes",
         share=0.3),
    Kind("closes at the first line", ["clear"], port=89, serve="hasty",
         share=0.3, passes=["join"]),
    Kind("RST to data", ["undetermined"], port=86, serve="resets",
         share=0.3),
    Kind("RST to data, plain TCP", ["unsupported"], port=87,
         serve="resets-tcp", share=0.3),
    Kind("RST at once", ["undetermined"], port=88, serve="aborts", share=0.3),
    Kind("offloads on", ["clear"],
         prepare=[(n, ["ethtool", "-K", "eth0"] + OFFLOADS)
                  for n in ("client", "server")]),
] + [
    Kind(f"flooded: {f}", ["clear", "undetermined"], flood=f, share=0.5)
    for f in FLOODS
] + [
    Kind("flooded from a filtered port", ["unreachable", "undetermined"],
         port=82, prepare=FILTERED, flood="syn-ports", share=0.3),
    Kind("flooded, behind a box", ["blocked", "undetermined"], flood="all",
         up=["--box", "strip@3"], findings=["mp_capable.removed"], share=0.5),
    Kind("flooded, --all", ["clear", "undetermined"], flood="all",
         args=["--all"], share=0.3),
]

# What nothing interferes on: a name, and the box that does it.
PATHS = [("no loss", None), ("1 % loss", "loss1@2"), ("3 % loss", "loss3@2"),
         ("reordering", "reorder@2"), ("duplicates", "duplicate@3")]


def server_kinds():
    """Every server of the lab on every path, but those that look like a device.
    Where chance decides which of two servers is met, all may look well."""
    out = []
    for server in zoo_servers.servers():
        if server in zoo_servers.broken():
            continue
        status, _, finding = zoo_servers.on_clean_path(server)
        findings = [finding]
        statuses = {status} if status == "unsupported" else {status, "clear"}
        if server == "balanced-packets":  # joins meet the other by chance
            findings.append("mp_join.refused")
            statuses.add("impaired")
        if server == "backlog":  # a third ACK may find its queue full
            statuses.add("undetermined")
        for path, box in PATHS:
            # A join may be lost so often that nothing is known of it.
            lossy = {"undetermined"} if "loss" in (box or "") else set()
            out.append(Kind(f"{server}, {path}", statuses | lossy, group=server,
                            findings=findings,
                            up=["--server", server]
                            + (["--box", box] if box else [])))
    return out


class Lab:
    """A lab that is up as long as the `with` block runs."""

    def __init__(self, kind):
        self.kind, self.name = kind, f"soak-{os.getpid()}-{id(self)}"
        self.started = []

    def command(self, node, command):
        return [LAB, "run", "--name", self.name, "--on", node] + command

    def run(self, node, command):
        return subprocess.run(self.command(node, command), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def __enter__(self):
        subprocess.run([LAB, "up", "--name", self.name] + self.kind.up,
                       check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL)
        for node, command in self.kind.prepare:
            done = self.run(node, command)
            if done.returncode:
                raise RuntimeError(f"{command}: {done.stderr}")
        if self.kind.serve:
            self.start("server", ["python3", os.path.abspath(__file__),
                                  "--serve", self.kind.serve,
                                  str(self.kind.port)])
        for ends in ENDS if self.kind.flood else ():
            self.start("r1", [FLOOD, "-k", self.kind.flood, "-r",
                              str(FLOOD_RATE), *ends])
        return self

    def start(self, node, command):
        """What goes on until the lab is gone."""
        process = subprocess.Popen(self.command(node, command),
                                   stdout=subprocess.PIPE, text=True)
        self.started.append(process)
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{command} is not up")

    def __exit__(self, *_):
        for process in self.started:
            process.kill()
            process.wait()
        subprocess.run([LAB, "down", "--name", self.name], check=True)


# ---- running it ------------------------------------------------------------


def complaints(kind, report):
    """What is wrong, an accusation first."""
    wrong = [f"accuses: {f['id']}: {f['text']}" for f in report["findings"]
             if f["effect"] != "harmless" and f["id"] not in kind.findings]
    wrong += [f"sees {f['id']}: {f['text']}" for f in report["findings"]
              if f["effect"] == "harmless"]
    verdict = report["verdict"]
    if verdict["status"] not in kind.statuses:
        wrong.append(f"status is {verdict['status']}, expected "
                     f"{' or '.join(kind.statuses)}: {verdict['text']}")
    wrong += [f"{step['step']}: {step['text']}" for step in report["ladder"]
              if step["step"] in kind.passes and step["result"] != "pass"]
    return wrong


def judged(kind, done):
    """What is wrong with the first report that a command gave."""
    try:
        return complaints(kind, json.loads(done.stdout.splitlines()[0]))
    except (ValueError, IndexError):
        return [f"no report: {done.stderr.strip()}"]


def measured(command, seconds=120):
    """A command that ran to its end, and the memory that it took at most, in
    KiB, or what ran in it."""
    with tempfile.TemporaryFile("w+") as out, \
            tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err)
        watch = threading.Timer(seconds, child.kill)
        watch.start()
        _, status, used = os.wait4(child.pid, 0)
        watch.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(
            command, child.returncode, out.read(), err.read()), used.ru_maxrss


def takes(memory, most):
    return [f"takes {memory} KiB, at most {most}"] if memory > most else []


def read_again(kind, capture):
    """A flood is nothing to its capture, either, and takes little memory."""
    done, memory = measured([MPPROBE, "read", "-j", capture])
    wrong = judged(kind, done)
    if wrong:
        return wrong
    frames = json.loads(done.stdout.splitlines()[0])["capture"]["frames"]
    return takes(memory, MEMORY_MAX + FRAME_MAX * frames)


def run_once(lab, family, keep):
    """What is wrong; then the capture is kept."""
    kind = lab.kind
    host = "10.0.5.2" if family == 4 else "[fd00:5::2]"
    with tempfile.TemporaryDirectory() as directory:
        capture = os.path.join(directory, "run.pcap")
        done, memory = measured(lab.command(
            "client", [MPPROBE, "-n", "-j", "-w", capture] + kind.args +
            [f"{host}:{kind.port}"]))
        wrong = judged(kind, done)
        if kind.flood and not wrong:
            wrong = takes(memory, MEMORY_MAX) or read_again(kind, capture)
        if wrong and os.path.exists(capture):
            kept = os.path.join(keep, "".join(
                c if c.isalnum() else "-" for c in kind.name))
            os.makedirs(keep, exist_ok=True)
            kept += f"-{len(os.listdir(keep))}.pcap"
            shutil.move(capture, kept)
            wrong = [f"{line} ({kept})" for line in wrong]
    return wrong


def run_batch(kind, runs, end, keep):
    """What was wrong of each run, in one lab."""
    out = []
    if time.monotonic() > end:
        return kind, out
    family = random.choice((4, 6))
    with Lab(kind) as lab:
        while len(out) < runs and time.monotonic() < end:
            out.append(run_once(lab, family, keep))
            family = 10 - family
    return kind, out


BATCH = 10      # runs in one lab
PROGRESS = 500  # runs between two lines that say how many


def plan(kinds, runs):
    """(kind, how many runs), so that all have had as many whenever it ends."""
    batch = max(2, min(BATCH, runs // len(kinds)))
    out = []
    while runs > 0:
        random.shuffle(kinds)
        for kind in kinds:
            some = min(max(1, round(batch * kind.share)), runs)
            if some:
                out.append((kind, some))
            runs -= some
    return out


class Group:
    """What came of one server, or path."""

    def __init__(self, name):
        self.name, self.runs, self.accused, self.other = name, 0, 0, 0
        self.lines = collections.Counter()

    def add(self, results):
        for wrong in results:
            self.runs += 1
            if wrong:
                accused = wrong[0].startswith("accuses")
                self.accused += accused
                self.other += not accused
            self.lines.update(wrong)

    def wrong(self):
        return self.accused + self.other

    def tell(self, number):
        print(f"{'not ok' if self.wrong() else 'ok'} {number} {self.name}: "
              f"{self.runs - self.wrong()} of {self.runs} right"
              + (f", {self.accused} accused, {self.other} otherwise wrong"
                 if self.wrong() else ""))
        for line, count in self.lines.most_common():
            print(f"# {count} x {line}")


def soak(kinds, args):
    """The groups of these kinds, with what came of them."""
    groups = {k.group: Group(k.group) for k in kinds}
    done = told = 0
    end = time.monotonic() + 60 * args.minutes
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        batches = [pool.submit(run_batch, kind, some, end, args.keep)
                   for kind, some in plan(kinds, args.runs)]
        for batch in concurrent.futures.as_completed(batches):
            kind, results = batch.result()
            groups[kind.group].add(results)
            for line in (line for wrong in results for line in wrong):
                print(f"# {kind.name}: {line}", flush=True)
            done += len(results)
            if done >= told + PROGRESS:
                told = done
                print(f"# {done} runs so far", flush=True)
    return [g for g in groups.values() if g.runs]


def commit():
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, text=True,
                          capture_output=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10000)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--jobs", type=int, default=2 + os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", default=os.path.join(TOP, "build", "soak"))
    parser.add_argument("--seed", default=commit(),
                        help="of what comes first (default: the commit)")
    parser.add_argument("--serve", nargs=2)
    args = parser.parse_args()
    if args.serve:
        return serve(args.serve[0], int(args.serve[1]))
    random.seed(args.seed)
    groups = soak([k for k in KINDS + server_kinds() if args.only in k.name],
                  args)
    for number, group in enumerate(groups, 1):
        group.tell(number)
    wrong = sum(g.wrong() for g in groups)
    print(f"1..{len(groups)}")
    print(f"# {sum(g.runs for g in groups)} runs, "
          f"{sum(g.accused for g in groups)} accused, "
          f"{sum(g.other for g in groups)} otherwise wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
