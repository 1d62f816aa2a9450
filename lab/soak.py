#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs mpprobe time and again where nothing interferes: on clean paths that
lose, reorder and duplicate packets, and against servers of many kinds. Any
finding that is not harmless is a false accusation. Prints TAP.

usage: lab/soak.py [--runs N] [--jobs N] [--only TEXT] [--keep DIR]
       lab/soak.py --serve KIND PORT     (one of the servers)
"""
import argparse
import concurrent.futures
import json
import os
import selectors
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LAB = os.path.join(HERE, "lab")
MPPROBE = os.path.join(TOP, "mpprobe")
IPPROTO_MPTCP = 262

# ---- servers that behave in ways of their own ------------------------------


def serve(kind, port):
    """backlog: answers, but has room for few; mute: reads and never answers;
    closes: at once; hasty: closes at the first line; defers: is told of
    connections with data only; resets: at data; aborts: at once, with a
    RST."""
    protocol = socket.IPPROTO_TCP if kind == "resets-tcp" else IPPROTO_MPTCP
    server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, protocol)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    if kind == "defers":
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    server.listen(1 if kind == "backlog" else 1024)
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
    elif kind in ("backlog", "defers") and data.endswith(b"\r\n\r\n"):
        client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


# ---- what is run -----------------------------------------------------------


class Kind:
    """A server, or a path, the statuses that are right for it, and the steps
    of the ladder that must pass."""

    def __init__(self, name, statuses, port=80, up=(), prepare=(), serve=None,
                 share=1, args=(), passes=()):
        self.name, self.statuses, self.port = name, statuses, port
        self.up, self.prepare, self.serve = list(up), prepare, serve
        self.share, self.args, self.passes = share, list(args), passes


def sysctl(setting):
    return ["--sysctl-server", setting]


def server_tool(*command):
    return ("server", list(command))


NOISE = ["--box", "loss1@2", "--box", "reorder@3", "--box", "duplicate@4"]
OFFLOADS = ["tx", "on", "rx", "on", "tso", "on", "gso", "on", "gro", "on"]

KINDS = [
    Kind("clean with loss, reordering and duplicates", ["clear"], up=NOISE,
         share=10),
    Kind("the same, --all", ["clear"], up=NOISE, args=["--all"]),
    Kind("the same, plain TCP", ["unsupported"], port=8080, up=NOISE),
    Kind("the same, v0", ["clear"], port=9080, up=NOISE),
    Kind("5 % loss", ["clear"], up=["--box", "loss5@2"]),
    Kind("200 ms of delay", ["clear"], up=["--box", "delay@2"], share=0.2),
    Kind("two ways (ECMP)", ["clear"], up=["--box", "ecmp@3"]),
    Kind("asymmetric", ["clear"], up=["--box", "asymmetric@2"]),
    Kind("silent routers", ["clear"], up=["--box", "all-silent"], share=0.5),
    Kind("checksum_enabled=1", ["clear"],
         up=sysctl("net.mptcp.checksum_enabled=1")),
    Kind("allow_join_initial_addr_port=0", ["clear"],
         up=sysctl("net.mptcp.allow_join_initial_addr_port=0")),
    Kind("subflow limit 0", ["clear"],
         prepare=[server_tool("ip", "mptcp", "limits", "set", "subflows", "0",
                              "add_addr_accepted", "0")]),
    Kind("SYN cookies", ["clear"], up=sysctl("net.ipv4.tcp_syncookies=2")),
    Kind("SYN cookies, --all", ["clear"], args=["--all"],
         up=sysctl("net.ipv4.tcp_syncookies=2"), share=0.3),
    Kind("small backlog", ["clear"], port=83, serve="backlog"),
    Kind("plain TCP", ["unsupported"], port=8080),
    Kind("closed port", ["unreachable"], port=81),
    Kind("filtered port", ["unreachable"], port=82, share=0.3,
         prepare=[server_tool(t, "-A", "INPUT", "-p", "tcp", "--dport", "82",
                              "-j", "DROP")
                  for t in ("iptables", "ip6tables")]),
    Kind("never answers data", ["clear", "undetermined"], port=84,
         serve="mute", share=0.3),
    Kind("closes at once", ["clear", "undetermined"], port=85, serve="closes",
         share=0.3),
    Kind("closes at the first line", ["clear"], port=89, serve="hasty",
         share=0.3, passes=["join"]),
    Kind("TCP_DEFER_ACCEPT", ["clear"], port=90, serve="defers", share=0.3),
    Kind("RST to data", ["undetermined"], port=86, serve="resets",
         share=0.3),
    Kind("RST to data, plain TCP", ["unsupported"], port=87,
         serve="resets-tcp", share=0.3),
    Kind("RST at once", ["undetermined"], port=88, serve="aborts", share=0.3),
    Kind("offloads on", ["clear"],
         prepare=[(n, ["ethtool", "-K", "eth0"] + OFFLOADS)
                  for n in ("client", "server")]),
]


class Lab:
    """A lab that is up as long as the `with` block runs."""

    def __init__(self, kind):
        self.kind, self.name = kind, f"soak-{os.getpid()}-{id(kind)}"
        self.server = None

    def run(self, node, command, **more):
        return subprocess.run([LAB, "run", "--name", self.name, "--on", node]
                              + command, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, **more)

    def __enter__(self):
        subprocess.run([LAB, "up", "--name", self.name] + self.kind.up,
                       check=True, stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL)
        for node, command in self.kind.prepare:
            done = self.run(node, command)
            if done.returncode:
                raise RuntimeError(f"{command}: {done.stderr}")
        if self.kind.serve:
            self.server = subprocess.Popen(
                [LAB, "run", "--name", self.name, "--on", "server", "python3",
                 os.path.abspath(__file__), "--serve", self.kind.serve,
                 str(self.kind.port)], stdout=subprocess.PIPE, text=True)
            if self.server.stdout.readline() != "ready\n":
                raise RuntimeError(f"the server {self.kind.serve} is not up")
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.kill()
            self.server.wait()
        subprocess.run([LAB, "down", "--name", self.name], check=True)


def complaints(kind, report):
    found = [f for f in report["findings"] if f["effect"] != "harmless"]
    wrong = [f"accuses: {f['id']}: {f['text']}" for f in found]
    if report["verdict"]["status"] not in kind.statuses:
        wrong.append(f"status is {report['verdict']['status']}, expected "
                     f"{' or '.join(kind.statuses)}: "
                     f"{report['verdict']['text']}")
    harmless = [f["id"] for f in report["findings"] if f not in found]
    if harmless:
        wrong.append(f"sees {', '.join(harmless)}")
    for step in report["ladder"]:
        if step["step"] in kind.passes and step["result"] != "pass":
            wrong.append(f"{step['step']}: {step['text']}")
    return wrong


def run_once(lab, number, keep):
    kind = lab.kind
    host = "10.0.5.2" if number % 2 else "[fd00:5::2]"
    with tempfile.TemporaryDirectory() as directory:
        capture = os.path.join(directory, "run.pcap")
        done = lab.run("client", [MPPROBE, "-n", "-j", "-w", capture]
                       + kind.args + [f"{host}:{kind.port}"], timeout=120)
        try:
            wrong = complaints(kind, json.loads(done.stdout))
        except ValueError:
            wrong = [f"no report: {done.stderr.strip()}"]
        if wrong and keep:
            os.makedirs(keep, exist_ok=True)
            name = "".join(c if c.isalnum() else "_" for c in kind.name)
            os.replace(capture, os.path.join(keep, f"{name}-{number}.pcap"))
    return wrong


def run_kind(kind, runs, jobs, keep):
    """What went wrong, in how many of how many runs."""
    runs = max(1, round(runs * kind.share))
    with Lab(kind) as lab, \
            concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda n: run_once(lab, n, keep),
                                range(runs)))
    return runs, [wrong for wrong in results if wrong]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    parser.add_argument("--serve", nargs=2)
    args = parser.parse_args()
    if args.serve:
        return serve(args.serve[0], int(args.serve[1]))
    kinds = [k for k in KINDS if args.only in k.name]
    failed = 0
    print(f"1..{len(kinds)}", flush=True)
    for number, kind in enumerate(kinds, 1):
        runs, wrong = run_kind(kind, args.runs, args.jobs, args.keep)
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} {kind.name}: "
              f"{runs - len(wrong)} of {runs} right")
        for line in sorted({line for lines in wrong for line in lines}):
            print(f"# {line}")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
