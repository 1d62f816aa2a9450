# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the zoo, for matrix.py, that put the boxes for MPTCP options at
the first and at the last router, over both families and with version 0."""
from zoo import ALL, case, placed

# Boxes that edit at router K what goes forward: after K, at K + 1. Their other
# cases are in matrix.py, forms.py and zoo.py.
# box, finding, status, more that it says
PLAIN = [
    ("strip-syn", "mp_capable.removed", "blocked", {"how": "nop"}),
    ("strip-data", "dss.removed", "blocked", {"how": "nop"}),
    ("strip-join", "mp_join.removed", "impaired", {"how": "nop"}),
    ("drop-join", "mp_join.dropped", "impaired", {}),
    ("version", "mp_capable.modified", "blocked", {}),
]
# These have no others.
# box, finding, status, more that it says, --all or not
LATER = [
    ("eol-join", "mp_join.removed", "impaired", {"how": "eol"}, []),
    ("strip-joined", "dss.removed", "impaired",
     {"how": "nop", "segment": "join_data", "subflow": "joined"}, []),
    ("strip-join-ack", "mp_join.removed", "impaired",
     {"how": "nop", "segment": "join_ack"}, []),
    ("drop-join-ack", "mp_join.dropped", "impaired",
     {"segment": "join_ack"}, []),
    ("hmac,forward", "mp_join.modified", "impaired",
     {"segment": "join_ack"}, []),
    ("dsn", "dss.modified", "blocked", {"segment": "data"}, []),
    ("ssn", "dss.modified", "blocked", {"segment": "data"}, []),
    ("data-ack", "dss.modified", "impaired", {"segment": "data"}, []),
    ("reset-data", "dss.reset", "blocked", {}, []),
    ("reset-join", "mp_join.reset", "impaired", {}, []),
    ("reset-join-ack", "mp_join.reset", "impaired",
     {"segment": "join_ack", "confidence": "proven"}, []),
    ("reset-joined", "dss.reset", "impaired",
     {"segment": "join_data", "confidence": "proven"}, []),
    ("drop-data", "dss.dropped", "blocked", {}, []),
    ("late", "dss.removed", "blocked", {"how": "nop"}, ALL),
    ("late-cut", "dss.removed", "blocked", {"how": "cut"}, ALL),
    ("late-eol", "dss.removed", "blocked", {"how": "eol"}, ALL),
    ("strip-add-addr", "add_addr.removed", "impaired", {"how": "nop"}, ALL),
    ("cut-add-addr", "add_addr.removed", "impaired", {"how": "cut"}, ALL),
    ("eol-add-addr", "add_addr.removed", "impaired", {"how": "eol"}, ALL),
    ("address", "add_addr.modified", "impaired", {}, ALL),
]
# Only the first data of version 1 carries MP_CAPABLE.
FIRST = [
    ("strip-first", "dss.removed", "blocked",
     {"how": "nop", "segment": "data", "confidence": "proven",
      "says": "MP_CAPABLE is removed from the first data"}),
    ("drop-first", "dss.dropped", "blocked",
     {"segment": "data", "confidence": "proven",
      "says": "The first data, which carries MP_CAPABLE, is dropped"}),
    ("drop-later", "dss.dropped", "blocked",
     {"segment": "data", "confidence": "proven",
      "says": "Data with DSS is dropped, except the first"}),
]
# Connections with DSS checksums lose it, and others do not.
SUMS = [
    ("drop-sums", "dss.dropped", "impaired",
     {"segment": "data", "confidence": "proven",
      "says": "Data with DSS checksums is dropped"}),
]
# What joined subflows lose, and first ones do not.
BIG_JOINED = [
    ("big-joined", "dss.dropped", "impaired",
     {"segment": "join_data", "subflow": "joined", "confidence": "proven",
      "says": "in packets of "}),
]
LOST_ANSWER = {"segment": "join_data", "subflow": "joined",
               "direction": "return", "confidence": "likely",
               "says": "The server's data on the joined"}
LIKELY = {"confidence": "likely"}
ANY_WAY = {"direction": "unknown"}
# At router 4 of 4, behind which nothing quotes: what one end can still tell,
# and with a bracket where the target's silence or answers make one.
# box, port, status, finding, bracket, more that it says, --all or not
LAST = [
    ("strip", 80, "unsupported", None, None, {}, []),
    ("strip-syn", 80, "unsupported", None, None, {}, []),
    ("version", 80, "blocked", "mp_capable.removed", None, {}, []),
    ("strip-data", 80, "blocked", "dss.removed", None, LIKELY, []),
    ("strip-join", 80, "impaired", "mp_join.removed", None, LIKELY, []),
    ("strip-join-ack", 80, "impaired", "mp_join.removed", None,
     {"segment": "join_ack", **LIKELY}, []),
    ("drop-join-ack", 80, "impaired", "mp_join.dropped", (4, 5),
     {"segment": "join_ack"}, []),
    ("strip-joined", 80, "impaired", "dss.removed", None,
     {"segment": "join_data", "subflow": "joined", **LIKELY}, []),
    ("eol-join", 80, "impaired", "mp_join.removed", None, LIKELY, []),
    ("drop", 80, "blocked", "mp_capable.dropped", (4, 5), {}, []),
    ("drop-unknown", 80, "blocked", "mp_capable.dropped", (4, 5), {}, []),
    ("drop-join", 80, "impaired", "mp_join.dropped", (4, 5), ANY_WAY, []),
    ("drop-data", 80, "blocked", "dss.dropped", (4, 5), ANY_WAY, []),
    ("reset", 80, "blocked", "mp_capable.reset", (4, 5), {}, []),
    ("reset-unknown", 80, "blocked", "mp_capable.reset", (4, 5), {}, []),
    ("rst-both", 80, "blocked", "mp_capable.reset", (4, 5), {}, []),
    ("reset-join", 80, "impaired", "mp_join.reset", (4, 5), {}, []),
    ("reset-data", 80, "blocked", "dss.reset", None, ANY_WAY, []),
    ("reset-join-ack", 80, "impaired", "mp_join.reset", None,
     {"segment": "join_ack", **ANY_WAY, **LIKELY}, []),
    ("reset-joined", 80, "impaired", "dss.reset", None,
     {"segment": "join_data", **ANY_WAY, **LIKELY}, []),
    ("strip-first", 80, "blocked", "dss.removed", None, LIKELY, []),
    ("drop-first", 80, "blocked", "dss.dropped", (4, 5), ANY_WAY, []),
    ("drop-later", 80, "blocked", "dss.dropped", (4, 5), ANY_WAY, []),
    ("big-joined", 80, "impaired", "dss.dropped", (4, 5), ANY_WAY, []),
    ("answers-joined", 80, "impaired", "dss.dropped", None, LOST_ANSWER, []),
    ("dsn", 80, "undetermined", None, None,
     {"text": "its mapping is modified"}, []),
    ("late-cut", 80, "blocked", "dss.removed", None, LIKELY, ALL),
    ("late-eol", 80, "blocked", "dss.removed", None, LIKELY, ALL),
    # Servers need not echo an ADD_ADDR.
    ("strip-add-addr", 80, "clear", None, None, {}, ALL),
    ("cut-add-addr", 80, "clear", None, None, {}, ALL),
    ("eol-add-addr", 80, "clear", None, None, {}, ALL),
    ("address", 80, "clear", None, None, {}, ALL),
]
# On arrival at router K, before it checks the TTL: after K - 1, at K, the last
# router among them.
INGRESS = [
    ("strip", "mp_capable.removed", "blocked", {"how": "nop"}),
    ("strip-join", "mp_join.removed", "impaired", {"how": "nop"}),
    ("strip-joined", "dss.removed", "impaired",
     {"how": "nop", "segment": "join_data"}),
    ("drop", "mp_capable.dropped", "blocked", {}),
    ("drop-join", "mp_join.dropped", "impaired", {}),
    ("reset-join", "mp_join.reset", "impaired", {}),
]
# On the way back: it shows the same wherever it is.
BACK = [
    ("strip-synack", "mp_capable.removed", "blocked", {}),
    ("cut-synack", "mp_capable.removed", "blocked", {}),
    ("eol-synack", "mp_capable.removed", "blocked", {}),
    ("key", "mp_capable.modified", "blocked", {"confidence": "proven"}),
    ("hmac", "mp_join.modified", "impaired", {"segment": "join_syn_ack"}),
    ("version,return", "mp_capable.modified", "blocked",
     {"segment": "syn_ack"}),
    ("dsn,return", "dss.modified", "blocked", {}),
    ("ssn,return", "dss.modified", "blocked",
     {"confidence": "likely", "says": "subflow sequence numbers"}),
    ("data-ack,return", "dss.modified", "blocked", {"confidence": "likely"}),
    ("data-ack-less", "dss.modified", "impaired",
     {"confidence": "likely", "says": "not acknowledged to their end"}),
    ("data-ack-frozen", "dss.modified", "impaired",
     {"confidence": "likely", "says": "not acknowledged to their end",
      "rungs": ("join_data",)}),
    ("drop,return", "mp_capable.dropped", "blocked", {"segment": "syn_ack"}),
    ("drop-data,return", "dss.dropped", "blocked", {}),
]


def first_cases(Case):
    out = placed(Case, PLAIN, [(1, 4)])
    for box, finding, status, checks, args in LATER:
        for k, f, port in ((1, 4, 80), (2, 6, 80), (3, 4, 9080)):
            out += placed(Case, [(box, finding, status, checks)], [(k, f)],
                          port=port, args=args)
    return out


def ingress_place(k, family):
    """What is said of the place, in words."""
    def hop(n):
        return f"hop {n} ({f'10.0.{n}.2' if family == 4 else f'fd00:{n}::2'})"

    return (f"at {hop(k)} or on the path to it" if k == 1 else
            f"at or between {hop(k - 1)} and {hop(k)}")


def ingress_cases(Case):
    return [case(Case, f"{box},ingress", k, status, finding, k - 1, k,
                 family=f, direction="forward", says=ingress_place(k, f),
                 **checks)
            for box, finding, status, checks in INGRESS
            for k, f in ((1, 4), (2, 6), (3, 4), (4, 6))]


def first_data_cases(Case):
    out = placed(Case, FIRST, [(1, 4), (3, 4), (2, 6)])
    out += [case(Case, box, 2, status, finding, 2, 3, family=f,
                 up=["--server", name], **checks)
            for box, finding, status, checks in FIRST
            for name, f in (("fin", 4), ("fastclose", 6), ("banner", 4),
                            ("cookies", 6), ("tls", 4))]
    out += placed(Case, SUMS, [(1, 4), (3, 4), (2, 6)])
    # Nobody has any with that server.
    out += [case(Case, "drop-sums", 2, family=f,
                 up=["--server", "no-checksum"],
                 rungs=("checksum", "join", "join_data")) for f in (4, 6)]
    # Version 0 has no MP_CAPABLE there.
    out += [case(Case, "drop-later", 3, "blocked", "dss.dropped", 3, 4,
                 family=f, port=9080, segment="data") for f in (4, 6)]
    return out + [case(Case, box, 3, family=f, port=9080)
                  for box in ("strip-first", "drop-first") for f in (4, 6)]


def joined_cases(Case):
    out = placed(Case, BIG_JOINED, [(1, 4), (3, 4), (2, 6)])
    out += placed(Case, BIG_JOINED, [(3, 4), (2, 6)], port=9080)
    out += [case(Case, "answers-joined", k, "impaired", "dss.dropped",
                 family=f, **LOST_ANSWER) for k, f in ((1, 4), (2, 6), (3, 4))]
    for name, f in (("fin", 4), ("fin", 6), ("fastclose", 6), ("large", 4),
                    ("cookies", 6)):
        up = ["--server", name]
        out += [case(Case, box, 2, status, finding, 2, 3, family=f, up=up,
                     **checks) for box, finding, status, checks in BIG_JOINED]
        if name != "fastclose":
            out.append(case(Case, "answers-joined", 2, "impaired",
                            "dss.dropped", family=f, up=up, **LOST_ANSWER))
    # It says too little for that; and ends all, so that nothing is repeated.
    return out + [case(Case, "answers-joined", 2, family=f,
                       up=["--server", name])
                  for name in ("banner", "fastclose") for f in (4, 6)]


RESET_ANSWERS = {"segment": "data", "direction": "return",
                 "confidence": "likely", "says": "without a word"}


def reset_answer_cases(Case):
    """What the server says ends its side of the connection."""
    out = [case(Case, "answers-reset", k, "blocked", "dss.reset", family=f,
                **RESET_ANSWERS) for k, f in ((1, 4), (2, 6), (4, 4))]
    out += [case(Case, "answers-reset", 2, status, "dss.reset", family=f,
                 up=["--server", name], **RESET_ANSWERS)
            for name, status, f in (("fin", "blocked", 4),
                                    ("deferring", "blocked", 6),
                                    ("large", "impaired", 4),
                                    ("large", "impaired", 6))]
    out += [case(Case, "answers-reset-all", k, "undetermined", family=f,
                 text="knows the connections no more")
            for k, f in ((1, 4), (3, 6))]
    # It says nothing that could be reset.
    return out + [case(Case, box, 2, family=f, up=["--server", "mute"],
                       rungs=("server_dsn",))
                  for box, f in (("answers-reset", 4),
                                 ("answers-reset-all", 6))]


def last_cases(Case):
    out = []
    for box, port, status, finding, bracket, checks, args in LAST:
        after, at = bracket or (None, None)
        out.append(case(Case, box, 4, status, finding, after, at, port=port,
                        args=args, **checks))
    # Or the server's limit of subflows is reached: it says which step failed.
    out.append(case(Case, "hmac,forward", 4, "impaired", "mp_join.removed",
                    segment="join_ack", **LIKELY))
    return out


# What subflows that join bring back, to whatever server.
ANSWERS = [
    ("strip-join-answers", "dss.removed", {"how": "nop"}),
    ("strip-joined-acks", "dss.removed", {"how": "nop"}),
    ("drop-join-answers", "mp_join.dropped", {}),
]
JOINED = ["fin", "fastclose", "banner", "mute", "announcing", "few-subflows"]


def answer_cases(Case):
    def answers(box, k, finding, direction="return", **more):
        return case(Case, box, k, "impaired", finding, segment="join_ack",
                    direction=direction, **more)

    out = []
    for box, finding, checks in ANSWERS:
        out += [answers(box, k, finding, family=f, **checks)
                for k, f in ((1, 4), (2, 6), (4, 4))]
        out += [answers(box, 2, finding, family=f, up=["--server", name],
                        **checks) for name in JOINED for f in (4, 6)]
    # Where an unknown token is not answered the server may keep no SYN/ACK to
    # send again, as under SYN cookies.
    out += [answers("drop-join-answers", 2, "mp_join.dropped", "unknown",
                    family=f, up=["--server", "cookies"]) for f in (4, 6)]
    out += [answers("drop-join-answers", 3, "mp_join.dropped", "unknown",
                    port=9080),
            answers("strip-join-answers", 3, "dss.removed", port=9080),
            answers("strip-joined-acks", 3, "dss.removed", port=9080)]
    return out + [case(Case, "reset-joined", 2, "impaired", "dss.reset", 2, 3,
                       family=f, up=["--server", name])
                  for name in JOINED for f in (4, 6)]


def back_cases(Case):
    out = [case(Case, box, k, status, finding, **checks)
           for box, finding, status, checks in BACK for k in (1, 4)]
    out += [case(Case, box, 2, "blocked", "mp_capable.removed", port=9080)
            for box in ("cut-synack", "eol-synack")]
    out.append(case(Case, "eol-synack", 3, "blocked", "mp_capable.removed",
                    family=6))
    for box, also in (("mirror", []),
                      ("mirror-all", [("tcp.option_mirrored", None, None,
                                       {})])):
        out += [case(Case, box, k, "blocked", "mp_capable.mirrored",
                     port=8080, also=also) for k in (1, 4)]
    # That the client's numbers are mended shows on the way to the server.
    out += [case(Case, "alg,return", 1, "impaired", "payload.modified",
                 also=[("tcp.sequence_rewritten", 1, 2, {})]),
            case(Case, "alg,return", 4, "impaired", "payload.modified")]
    # The TTLs of answers alone accuse nobody.
    out += [case(Case, "ttl,return", 2, family=f, way=(4, -2, -1))
            for f in (4, 6)]
    return out


def cases(Case):
    return (first_cases(Case) + ingress_cases(Case) + first_data_cases(Case)
            + joined_cases(Case) + reset_answer_cases(Case)
            + last_cases(Case) + answer_cases(Case) + back_cases(Case))
