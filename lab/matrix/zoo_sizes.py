# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the zoo, for matrix.py, of boxes that go by the length of
packets, by the subflow they belong to, by PSH or by how much went before."""
from zoo import case

MIDDLE = {"segment": "data", "confidence": "proven",
          "says": "is dropped in packets of "}
FIRST = {**MIDDLE, "says": "On a joined subflow they pass."}
REMOVED = {"segment": "data", "how": "nop", "confidence": "proven"}
ANSWERS = {"segment": "data", "direction": "return", "confidence": "proven",
           "says": "in packets of 1"}
JOINED = {"segment": "join_data", "subflow": "joined", "direction": "return",
          "how": "nop", "confidence": "proven"}
ACKS = {"segment": "ack", "direction": "return"}
LARGE = ["--server", "large"]


def forward(Case):
    """In between which hops, of first and second subflows or both."""
    out = []
    for k, f in ((1, 4), (2, 6), (3, 4)):
        for box, finding, status, checks in (
                ("middle-dss", "dss.dropped", "impaired", MIDDLE),
                ("big-first", "dss.dropped", "impaired", FIRST),
                ("strip-large,forward", "dss.removed", "blocked", REMOVED),
                ("strip-bulk,forward", "dss.removed", "blocked", REMOVED)):
            out.append(case(Case, box, k, status, finding, k, k + 1, family=f,
                            direction="forward", **checks))
    return out


def back(Case):
    """The server's larger data, and its ACKs."""
    out = []
    for k, f in ((1, 4), (3, 6)):
        out += [case(Case, "strip-large,return", k, "impaired", "dss.removed",
                     family=f, up=LARGE, **ANSWERS),
                case(Case, "strip-joined-large", k, "impaired", "dss.removed",
                     family=f, up=LARGE, **JOINED),
                case(Case, "drop-acks,return", k, "impaired", "dss.dropped",
                     family=f, **ACKS),
                case(Case, "strip-early-acks", k, "impaired", "dss.removed",
                     family=f, how="nop", direction="return")]
    return out


def absent(Case):
    """The server says too little for that; or it is no matter of size."""
    out = []
    for k, f in ((2, 4), (3, 6)):
        out += [case(Case, "strip-large,return", k, family=f),
                case(Case, "strip-joined-large", k, family=f),
                case(Case, "quota", k, "undetermined", family=f,
                     text="in whatever size")]
    return out


def cases(Case):
    return forward(Case) + back(Case) + absent(Case)
