# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the zoo, for matrix.py, of boxes that drop or alter what the
client sends without data behind the SYN: the third ACK, and ACKs with DSS."""
from zoo import case

DROPPED = {"segment": "pure_ack", "direction": "forward",
           "confidence": "proven"}
REMOVED = {"segment": "pure_ack", "direction": "forward", "how": "nop"}
THIRD = {"segment": "ack", "direction": "forward", "confidence": "proven"}
# box, finding, status, more that it says
BOXES = [
    ("drop-acks,forward", "dss.dropped", "impaired", DROPPED),
    ("strip-dss-acks,forward", "dss.removed", "impaired", REMOVED),
    ("drop-third-ack,forward", "mp_capable.dropped", "impaired", THIRD),
]
# router, family, server
PLACES = [
    (1, 4, "keep-alive"), (2, 6, "keep-alive"), (3, 4, "keep-alive"),
    (2, 4, "banner"), (3, 6, "banner"), (2, 4, "fastclose"),
    (3, 6, "fastclose"), (1, 4, "fin"), (3, 6, "fin"),
]
# At the last router nothing quotes what is behind. These servers tell no more
# where DSS is removed: the first says too little to fill a window, the other
# closes before it could go on.
LAST = [(4, 4, "keep-alive"), (4, 6, "fin"), (4, 4, "banner"),
        (4, 6, "fastclose")]
UNTOLD = ("banner", "fastclose")


def of_server(name):
    return [] if name == "keep-alive" else ["--server", name]


def status_of(box, status, server):
    """Who waits for a server that speaks first waits for ever."""
    return "blocked" if server == "banner" and "third" in box else status


def found(Case):
    return [case(Case, box, k, status_of(box, status, server), finding, k,
                 k + 1, family=f, up=of_server(server), **checks)
            for box, finding, status, checks in BOXES
            for k, f, server in PLACES]


def last(Case):
    out = []
    for k, f, server in LAST:
        for box, finding, status, checks in BOXES:
            if finding != "dss.removed":
                out.append(case(Case, box, k, status_of(box, status, server),
                                finding, k, k + 1, family=f,
                                up=of_server(server), **checks))
            elif server in UNTOLD:
                out.append(case(Case, box, k, family=f, up=of_server(server)))
            else:
                out.append(case(Case, box, k, status, finding, k, k + 1,
                                family=f, up=of_server(server),
                                segment="pure_ack", confidence="likely"))
    return out


def version0(Case):
    """What a v0 kernel makes of an ACK before all data is not known: it is
    left out."""
    zero = {"port": 9080, "args": ["--mptcp", "0"]}
    return [case(Case, "drop-acks,forward", 3, "impaired", "dss.dropped", 3, 4,
                 **zero, **DROPPED),
            case(Case, "drop-acks,forward", 2, "impaired", "dss.dropped", 2, 3,
                 family=6, **zero, **DROPPED),
            case(Case, "strip-dss-acks,forward", 3, "impaired", "dss.removed",
                 3, 4, **zero, **REMOVED),
            case(Case, "drop-third-ack,forward", 3, **zero)]


def quiet(Case):
    """Hops that say nothing, or no more: the first run has spent their
    answers."""
    out = []
    for box, finding, status, checks in BOXES:
        removed = finding == "dss.removed"
        more = dict(checks, how=None, confidence="likely") if removed \
            else checks
        name = box.partition(",")[0]
        out.append(Case(boxes=["all-silent", f"{name}@2,forward"],
                        status=status, code=1, finding=finding, path=False,
                        **more))
        out.append(Case(boxes=["silent@3", f"{name}@2,forward"],
                        status=status, code=1, finding=finding, after=2,
                        place=4, **checks))
        # Loss takes a control as well: then nothing is said.
        out.append(Case(boxes=["loss1@1", f"{name}@3,forward"],
                        status=status, code=1, finding=finding,
                        segment=checks["segment"], direction="forward",
                        chance=[("clear", 0)]))
    return out


def absent(Case):
    out = [Case(boxes=["loss3@2"], family=f, up=of_server(server))
           for server in ("banner", "fin", "fastclose") for f in (4, 6)]
    out += [Case(boxes=["silent@2", "silent@4"], family=f,
                 up=of_server(server), silent=(2, 4))
            for server, f in (("banner", 4), ("fin", 6), ("fastclose", 4))]
    out += [Case(family=f, up=of_server(server), runs=2)
            for server, f in (("banner", 6), ("fin", 4), ("fastclose", 6))]
    # The server waits for data, whatever the third ACK brings.
    out += [Case(boxes=["loss3@3"], up=of_server("deferring"),
                 rungs=("join",))]
    return out


def cases(Case):
    return (found(Case) + last(Case) + version0(Case) + quiet(Case) +
            absent(Case))
