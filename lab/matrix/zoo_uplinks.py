# SPDX-License-Identifier: GPL-3.0-or-later
"""Several uplinks: what becomes of the joins between them, and why.

Each row is of one thing that breaks them, or of none. Expected and found are,
row by row of mpprobe's own table, what became of a join and its cause.
"""
import json
import subprocess

PATH = "path_of_joining_uplink"


def joined_but(joins):
    """Two uplinks: the four joins, of which those named are not joined."""
    out = ["joined"] * 4
    for index, (result, cause) in joins.items():
        out[index] = f"{result} ({cause})" if cause != "none" else result
    return out


def of_eth1(result, cause=PATH):
    """All that come from eth1."""
    return joined_but({1: (result, cause), 3: (result, cause)})


def everywhere(result, cause="server"):
    return joined_but({i: (result, cause) for i in range(4)})


ALL = joined_but({})
OTHER = joined_but({1: ("refused", "another_server"),
                    2: ("refused", "another_server")})

# Boxes, more options of the lab, what the uplinks are, what the joins become,
# the exit code.
ROWS = (
    ((), (), "clear clear", ALL, 0),
    (("nat@b1",), (), "clear clear", ALL, 0),
    (("other-return@x",), (), "clear clear", ALL, 0),
    (("no-policy-route",), (), "clear clear", ALL, 0),
    (("strip-join@b2",), (), "clear impaired", of_eth1("plain"), 1),
    (("drop-join@b1",), (), "clear impaired", of_eth1("silent"), 1),
    (("reset-join@b1",), (), "clear impaired", of_eth1("refused"), 1),
    (("hmac@b1",), (), "clear impaired", of_eth1("hmac"), 1),
    (("drop-join-ack@b2",), (), "clear impaired", of_eth1("unconfirmed"), 1),
    (("strip-joined@b1",), (), "clear impaired", of_eth1("no_data"), 1),
    (("proxy@a1",), (), "blocked clear",
     joined_but({0: ("untried", "none"), 1: ("untried", "none"),
                 2: ("plain", "proxy_of_joining_uplink")}), 1),
    (("mptcp-proxy@a1",), (), "impaired clear",
     joined_but({1: ("refused", "proxy_of_opening_uplink"),
                 2: ("refused", "proxy_of_joining_uplink")}), 1),
    (("proxy-capable@a2",), (), "impaired clear",
     joined_but({1: ("refused", "proxy_of_opening_uplink"),
                 2: ("refused", "proxy_of_joining_uplink")}), 1),
    (("strip@b1",), (), "clear blocked",
     joined_but({1: ("plain", PATH), 2: ("untried", "none"),
                 3: ("untried", "none")}), 1),
    (("drop@b1",), (), "clear blocked",
     joined_but({1: ("silent", PATH), 2: ("untried", "none"),
                 3: ("untried", "none")}), 1),
    (("reset@b1",), (), "clear blocked",
     joined_but({1: ("refused", PATH), 2: ("untried", "none"),
                 3: ("untried", "none")}), 1),
    (("strip-synack@b2",), (), "clear blocked",
     joined_but({1: ("plain", PATH), 2: ("untried", "none"),
                 3: ("untried", "none")}), 1),
    (("key@a1",), (), "blocked clear",
     joined_but({0: ("refused", "path_of_opening_uplink"),
                 1: ("refused", "path_of_opening_uplink")}), 1),
    (("payload@b1",), (), "clear impaired", ALL, 1),
    # From the address of eth1 by the interface of eth0.
    (("no-policy-route", "source-filter@a1"), (), "clear unreachable",
     joined_but({1: ("silent", "unreachable"), 2: ("untried", "none"),
                 3: ("untried", "none")}), 3),
    (("balance-by-source@x",), (), "clear clear", OTHER, 1),
    ((), ("--server", "no-subflows"), "clear clear", everywhere("limit"), 0),
    ((), ("--server", "flag-c"), "clear clear", everywhere("forbidden"), 0),
    ((), ("--server", "deferring"), "clear clear", ALL, 0),
)


def cases(base):
    class Uplinks(base):
        """Two uplinks of three hops each."""

        uplinks = True

        def __init__(self, boxes, up, states, joins, code, family):
            super().__init__(boxes=boxes, hops=3, family=family, code=code,
                             up=["--uplinks", "2", *up])
            self.states, self.joins = states, joins

        def server(self):
            return "10.70.0.2" if self.family == 4 else "fd70::2"

        def options(self):
            if "source-filter@a1" not in self.boxes:
                return ["-i", "eth0,eth1"]
            return ["-s", "10.71.1.1,10.72.1.1" if self.family == 4
                    else "fd71:1::1,fd72:1::1"]

    return [Uplinks(*row, family) for row in ROWS for family in (4, 6)]


def joins_of(paths):
    return [f"{j['result']} ({j['cause']})" if j["cause"] != "none"
            else j["result"] for j in paths["joins"]]


def check_replay(paths, code, capture, readers):
    wrong = []
    for reader in readers:
        run = subprocess.run([reader, "read", "-j", capture],
                             capture_output=True, text=True)
        again = json.loads(run.stdout.splitlines()[0])
        if run.returncode != code:
            wrong.append(f"{reader} read exits {run.returncode}, expected "
                         f"{code}: {run.stderr.strip()}")
        if joins_of(again) != joins_of(paths):
            wrong.append(f"{reader} read says otherwise of the joins: "
                         f"{joins_of(again)}")
    return wrong


def check(case, paths, capture, readers):
    """What is wrong with the line about all uplinks."""
    wrong = []
    states = " ".join(u["status"] for u in paths["uplinks"])
    if states != case.states:
        wrong.append(f"the uplinks are {states}, expected {case.states}")
    if joins_of(paths) != case.joins:
        wrong.append(f"the joins are {joins_of(paths)}, expected {case.joins}")
    return wrong + check_replay(paths, case.code, capture, readers)


def row(case, paths, wrong):
    """One line of docs/matrix.md."""
    def text(joins):
        return ", ".join(joins)

    cells = [case.title(), f"IPv{case.family}, 2 uplinks of {case.hops} hops",
             text(case.joins), text(joins_of(paths)) if paths else "none",
             "-", "-", paths["verdict"]["status"] if paths else "-",
             "wrong" if wrong else "right"]
    return "| " + " | ".join(cells) + " |"
