# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server of the lab on a path without a box: it may close, be mute or
refuse joins, and no path is blamed for that. Boxes before servers that want to
be joined at another port. And every server behind every box of BOXES, each
twice without a pause: all of them with `matrix.py --servers`, those of SAMPLE
with the others."""
import os
import subprocess

LAB = os.path.join(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))), "lab")

# What the server decides: these rungs of the ladder cannot pass.
RUNGS = {
    "mute": ("server_dsn",),
    "hanging-up": ("server_dsn", "join", "checksum"),
    "tls": ("server_dsn", "join", "checksum"),
    "socks": ("server_dsn", "join", "checksum"),
    "no-subflows": ("join", "join_data"),
    "flag-c": ("join", "join_data"),
    "deferring": ("join",),
    "cookies": ("random_token",),
    "backlog": ("random_token",),
    "no-checksum": ("join", "checksum"),
}
# What is said of it on a clean path, if not "clear": status, code, finding.
CLEAN = {
    "tcp": ("unsupported", 2, None),
    "rst-every-other": ("undetermined", 3, None),
    "balanced-flows": ("impaired", 1, "mp_join.refused"),
    "balanced-packets": ("undetermined", 3, None),
    "garbage-options": ("undetermined", 3, None),
    "garbage-mptcp": ("undetermined", 3, None),
    "garbage-window": ("undetermined", 3, None),
}
# What a device would look the same as: never more than likely, and said of
# the server as well.
BROKEN = [
    ("garbage-no-dss", "dss.removed", "the server itself", []),
    ("garbage-echo", "mp_capable.mirrored", "or a server's TCP",
     [("tcp.option_mirrored", None, None, {"confidence": "likely"})]),
]


def broken():
    return [row[0] for row in BROKEN]


def on_clean_path(name):
    return CLEAN.get(name, ("clear", 0, None))


def servers():
    listed = subprocess.run([LAB, "list", "servers"], check=True,
                            capture_output=True, text=True)
    return [line.split()[0] for line in listed.stdout.splitlines()]


# Linux 6.18 has no room for an IPv6 address with a port beside timestamps.
RUNGS6 = dict(RUNGS, **{"flag-c-port": ("join", "join_data")})
# What is found on the way to the port, or the address, where a server with
# flag C is to be joined.
ANNOUNCED = [
    ("drop-announced", "mp_join.dropped", "flag-c-port", (1, 2, 4)),
    ("drop-join", "mp_join.dropped", "flag-c-port", (2, 3)),
    ("strip-join", "mp_join.removed", "flag-c-port", (2, 3)),
    ("reset-join", "mp_join.reset", "flag-c-port", (2, 3)),
    ("drop-join", "mp_join.dropped", "flag-c-address", (2,)),
    ("strip-join", "mp_join.removed", "flag-c-address", (2,)),
    ("reset-join", "mp_join.reset", "flag-c-address", (2,)),
    ("announced-drop", "mp_join.dropped", "flag-c-address", (2, 3)),
    ("announced-reset", "mp_join.reset", "flag-c-address", (2, 3)),
    ("announced-drop", "mp_join.dropped", "announcing", (2, 3)),
    ("announced-reset", "mp_join.reset", "announcing", (2, 3)),
    ("announced-drop-join", "mp_join.dropped", "announcing", (2, 3)),
    ("announced-reset-join", "mp_join.reset", "announcing", (2, 3)),
    ("announced-strip-join", "mp_join.removed", "announcing", (2, 3)),
    # The answer to the first connection has come by then, and its end.
    ("announced-drop", "mp_join.dropped", "announcing-fin", (2,)),
    ("announced-reset", "mp_join.reset", "announcing-fin", (2,)),
    ("announced-drop-join", "mp_join.dropped", "announcing-fin", (2, 3)),
    ("announced-reset-join", "mp_join.reset", "announcing-fin", (2,)),
    ("announced-strip-join", "mp_join.removed", "announcing-fin", (2,)),
    ("announced-drop-join", "mp_join.dropped", "announcing-fastclose", (2,)),
    ("announced-reset-join", "mp_join.reset", "announcing-fastclose", (2,)),
]
WHERE = {"flag-c-port": "10.0.5.2 port 9999",
         "flag-c-address": "10.0.5.9 port 80",
         "announcing": "Towards 10.0.5.9 port 80, which the server announces"}
for closing in ("announcing-fin", "announcing-fastclose"):
    WHERE[closing] = WHERE["announcing"]


def announced_cases(Case):
    out = [Case(box, k, up=["--server", name], status="impaired", code=1,
                finding=finding, after=k, place=k + 1, says=WHERE[name])
           for box, finding, name, places in ANNOUNCED for k in places]
    out += [Case(box, 2, up=["--server", "announcing"], family=6,
                 status="impaired", code=1, finding=finding, after=2, place=3,
                 says="Towards fd00:5::9 port 80, which the server announces")
            for box, finding, name, _ in ANNOUNCED if name == "announcing"]
    # What nobody is sent to is no matter.
    return out + [Case("announced-drop-join", 2), Case("announced-reset", 2)]


def broken_cases(Case):
    return [Case(family=f, up=["--server", name], status="blocked", code=1,
                 finding=finding, confidence="likely", direction="unknown",
                 says=says, also=also)
            for name, finding, says, also in BROKEN for f in (4, 6)]


# What is right behind the box, if the server does not make it another.
# box, status, finding, bracket, more that it says
BOXES = [
    ("strip@2", "blocked", "mp_capable.removed", (2, 3), {"segment": "syn"}),
    ("strip-join@2", "impaired", "mp_join.removed", (2, 3),
     {"segment": "join_syn"}),
    ("drop-join@3", "impaired", "mp_join.dropped", (3, 4),
     {"segment": "join_syn"}),
    ("reset-join@2", "impaired", "mp_join.reset", (2, 3), {}),
    ("hmac@2", "impaired", "mp_join.modified", (None, None), {}),
    ("strip-joined@2", "impaired", "dss.removed", (2, 3),
     {"subflow": "joined"}),
    ("strip-acks@2,return", "impaired", "dss.removed", (None, None),
     {"segment": "ack", "direction": "return"}),
    ("payload@2,return", "impaired", "payload.modified", (None, None),
     {"direction": "return"}),
    ("proxy@2", "blocked", "tcp.terminated", (1, 2), {}),
    ("address@2,return", "impaired", "add_addr.modified", (None, None),
     {"direction": "return"}),
    ("loss3@2", "clear", None, (None, None), {}),
]
# Here less can be known, and what the server makes of a clean path is right.
LESS = {
    # No answer, or one without a letter that the box could change.
    "mute": ("payload@2,return",),
    "hanging-up": ("payload@2,return",),
    "tls": ("payload@2,return",),
    "https": ("payload@2,return",),
    "socks": ("payload@2,return",),
    # It refuses before there is data.
    "no-subflows": ("strip-joined@2",),
    # It resets what joined before there is data, and uses no checksums.
    "no-checksum": ("strip-joined@2", "payload@2,return"),
    "balanced-flows": ("strip-joined@2",),
    # It forbids joins, and only a SYN with MP_JOIN is seen.
    "flag-c": ("drop-join@3", "reset-join@2", "hmac@2", "strip-joined@2"),
    # What changes MPTCP behind its handshake has nothing to change.
    "tcp": ("strip-join@2", "drop-join@3", "reset-join@2", "hmac@2",
            "strip-joined@2", "strip-acks@2,return", "payload@2,return",
            "loss3@2"),
}
LESS6 = dict(LESS, **{"flag-c-port": LESS["flag-c"]})
ANNOUNCING = ("flag-c-port", "flag-c-address", "announcing",
              "announcing-fin", "announcing-fastclose",
              "announcing-private", "announcing-silent", "garbage-addresses")
# Nothing but ACKs comes from them: which end lost the option is not known, and
# no DATA_ACK ever comes.
ONLY_ACKS = ("mute", "hanging-up", "https", "balanced-packets")
# Joins are refused as well.
ALSO = [("balanced-flows", ("payload@2,return",), "mp_join.refused")]
# Whether a connection lives is chance: the finding, or what is said of a clean
# path.
CHANCE = [("rst-every-other", None), ("balanced-packets", None),
          ("hanging-up", "strip-joined@2"),
          ("tls", "strip-joined@2"), ("socks", "strip-joined@2"),
          # Hops alone show it, and have spent their answers on the first run.
          ("flag-c", "strip-join@2"), ("flag-c-port", "strip-join@2")]
# Whether a join goes to the server of its connection, and which: what is found
# then.
MAYBE = {("balanced-flows", "strip-joined@2"): ("dss.removed",),
         ("balanced-flows", "hmac@2"): ("mp_join.refused",)}
# What mpprobe is known to say wrong: server, boxes, what it says.
KNOWN = []
# Each server once and each box once, for every run of the matrix.
SAMPLE = [
    ("fin", "strip-acks@2,return", 4), ("fastclose", "drop-join@3", 6),
    ("deferring", "strip-joined@2", 4), ("mute", "strip-joined@2", 6),
    ("banner", "payload@2,return", 4), ("hanging-up", "strip@2", 6),
    ("tls", "strip-join@2", 4), ("socks", "proxy@2", 6),
    ("large", "loss3@2", 4), ("no-subflows", "strip-join@2", 6),
    ("few-subflows", "hmac@2", 4), ("checksums", "payload@2,return", 6),
    ("cookies", "strip@2", 4), ("flag-c", "reset-join@2", 6),
    ("flag-c-port", "hmac@2", 4), ("flag-c-address", "strip-joined@2", 6),
    ("announcing", "drop-join@3", 4),
    ("announcing-private", "reset-join@2", 6),
    ("announcing-silent", "strip-joined@2", 4),
    ("rst-every-other", "strip@2", 6), ("backlog", "proxy@2", 4),
    ("tcp", "loss3@2", 6), ("no-checksum", "drop-join@3", 4),
    ("garbage-storm", "strip-join@2", 6), ("garbage-endless", "hmac@2", 4),
    ("garbage-addresses", "reset-join@2", 6),
    ("https", "strip-joined@2", 4), ("balanced-flows", "strip-join@2", 6),
    ("balanced-sources", "drop-join@3", 4),
    ("balanced-packets", "strip@2", 6),
    ("announcing", "address@2,return", 6),
]


def less_known(name, row, family):
    """What is right of the box behind this server, as a row of BOXES."""
    box, status, finding, bracket, checks = row
    if box in (LESS if family == 4 else LESS6).get(name, ()) or \
            (finding is None and name in CLEAN) or \
            (finding == "add_addr.modified" and name not in ANNOUNCING):
        status, _, found = on_clean_path(name)
        return (box, status, found, (None, None), {})
    if box == "strip-acks@2,return" and name in ONLY_ACKS:
        return (box, "blocked", finding, (None, None),
                {"segment": "data", "direction": "unknown"})
    if name == "balanced-packets" and status == "impaired":
        return (box, "undetermined", finding, bracket, checks)
    return row


def known(name, box):
    return next((text for server, boxes, text in KNOWN
                 if server == name and box in boxes), None)


def more_found(name, box):
    return [(finding, None, None, {}) for server, boxes, finding in ALSO
            if server == name and box in boxes]


def pair(Case, name, row, family):
    """The server behind the box."""
    box, status, finding, (after, place), checks = less_known(name, row,
                                                              family)
    rungs = (RUNGS if family == 4 else RUNGS6).get(name, ())
    if row[2] and not finding:  # nor is the rung passed that would show it
        rungs += ("join", "server_dsn", "checksum", "random_token")
    if box == "loss3@2" and name in ANNOUNCING:  # ADD_ADDR may be lost
        rungs += ("join",)
    chance = []
    if (name, box) in CHANCE or (name, None) in CHANCE:
        chance.append(on_clean_path(name)[:2])
        rungs += ("random_token",)
    if name == "rst-every-other":  # whose turn the last one is
        chance.append(("clear", 0))
        rungs += ("checksum",)
    return Case(boxes=[box], family=family, up=["--server", name],
                status=status, finding=finding, after=after, place=place,
                code={"clear": 0, "unsupported": 2, "undetermined": 3}.get(
                    status, 1), rungs=rungs, chance=chance,
                known=known(name, box), runs=2,
                maybe=MAYBE.get((name, box), ()),
                also=more_found(name, box), **checks)


def pairs(Case):
    """Every server that works behind every box, over both families."""
    apart = broken() + ["garbage-options", "garbage-mptcp", "garbage-window"]
    return [pair(Case, name, row, family) for name in servers()
            if name not in apart for row in BOXES for family in (4, 6)]


def sample(Case):
    rows = {row[0]: row for row in BOXES}
    return [pair(Case, name, rows[box], family)
            for name, box, family in SAMPLE]


def cases(Case):
    out = announced_cases(Case) + broken_cases(Case) + sample(Case)
    for name in servers():
        if name in ("keep-alive", *broken()):
            continue
        status, code, finding = on_clean_path(name)
        out += [Case(family=f, up=["--server", name], status=status,
                     code=code, finding=finding, rungs=rungs.get(name, ()),
                     # Whose turn the closing plain SYN is, is chance.
                     chance=[("clear", 0)] if name == "rst-every-other"
                     else None)
                for f, rungs in ((4, RUNGS), (6, RUNGS6))]
    return out
