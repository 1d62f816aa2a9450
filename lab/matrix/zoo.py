# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the middlebox zoo, for matrix.py: what each box of the lab
must be called, and between which hops."""

ALL = ["--all"]

# Boxes that edit at router K what goes forward: after K, at K + 1.
# box, finding, status, more that it says
OPTIONS = [
    ("cut", "mp_capable.removed", "blocked", {"how": "cut",
                                              "segment": "syn"}),
    ("cut-syn", "mp_capable.removed", "blocked", {"how": "cut"}),
    ("cut-data", "dss.removed", "blocked", {"how": "cut"}),
    ("cut-join", "mp_join.removed", "impaired", {"how": "cut"}),
    ("eol", "mp_capable.removed", "blocked", {"how": "eol"}),
    ("eol-syn", "mp_capable.removed", "blocked", {"how": "eol"}),
    ("eol-data", "dss.removed", "blocked", {"how": "eol"}),
    ("unknown", "mp_capable.removed", "blocked", {"how": "nop"}),
    ("drop-syn", "mp_capable.dropped", "blocked", {}),
    ("rst", "mp_capable.reset", "blocked", {}),
    ("rst-both", "mp_capable.reset", "blocked", {}),
]
# The same for what is not about MPTCP options, or of version 1 only.
HEADERS = [
    ("version", "mp_capable.modified", "blocked", {"segment": "syn"}),
    ("experiment", "tcp.option_removed", "clear", {"how": "nop"}),
    ("payload", "payload.modified", "impaired", {}),
    ("alg", "data.rewritten", "blocked", {}),
    ("rst-data", "tcp.reset_injected", "blocked", {}),
    ("isn", "tcp.sequence_rewritten", "clear", {}),
    ("no-sack", "tcp.option_removed", "clear", {}),
    ("no-wscale", "tcp.option_removed", "clear", {}),
    ("window", "tcp.window_changed", "clear", {}),
    ("ecn-flags", "tcp.ecn_cleared", "clear", {}),
    ("urgent", "tcp.urgent_cleared", "clear", {}),
    ("nat-bare", "ip.translated", "clear", {}),
]
# What needs --all.
SLOW = [
    ("split", "data.split", "clear", {"effect": "harmless"}),
    ("mss-add", "tcp.option_added", "clear", {}),
]
# Without a bracket: box, finding, status, more that it says, --all or not.
UNPLACED = [
    ("cut-synack", "mp_capable.removed", "blocked", {"direction": "unknown"},
     []),
    ("key", "mp_capable.modified", "blocked", {"direction": "return"}, []),
    ("hmac", "mp_join.modified", "impaired", {"segment": "join_syn_ack"}, []),
    ("cut,return", "mp_capable.removed", "blocked",
     {"direction": "unknown", "confidence": "likely"}, []),
    ("eol-data,return", "dss.removed", "blocked", {"direction": "return"}, []),
    ("payload,return", "payload.modified", "impaired",
     {"direction": "return"}, []),
]
ENDINGS = ["tproxy", "redsocks", "synproxy", "proxy80"]
PASSING = ["mptcp-proxy", "optimiser", "proxy-capable", "relay"]


def code_of(status):
    return {"clear": 0, "blocked": 1, "impaired": 1, "unsupported": 2,
            "undetermined": 3}[status]


def case(Case, box, k, status="clear", finding=None, after=None, place=None,
         **more):
    name, comma, way = box.partition(",")
    return Case(boxes=[f"{name}@{k}{comma}{way}"], status=status, code=code_of(status),
                finding=finding, after=after, place=place, **more)


def placed(Case, rows, places, **more):
    return [case(Case, box, k, status, finding, k, k + 1, family=f,
                 direction="forward", **checks, **more)
            for box, finding, status, checks in rows for k, f in places]


def option_cases(Case):
    """First, middle and last router; nothing quotes behind the last."""
    out = placed(Case, OPTIONS, [(1, 4), (3, 4), (2, 6)])
    out += placed(Case, OPTIONS, [(3, 4), (2, 6)], port=9080)
    out += [case(Case, box, 4, "unsupported", family=f)
            for box in ("cut", "cut-syn", "eol", "eol-syn", "unknown")
            for f in (4, 6)]
    out += [case(Case, box, 4, "blocked", "dss.removed", family=f,
                 confidence="likely")
            for box in ("cut-data", "eol-data") for f in (4, 6)]
    out += [case(Case, "cut-join", 4, "impaired", "mp_join.removed", family=f,
                 confidence="likely") for f in (4, 6)]
    out += [case(Case, "drop-syn", 4, "blocked", "mp_capable.dropped", 4, 5,
                 family=f) for f in (4, 6)]
    out += [case(Case, "rst", 4, "blocked", "mp_capable.reset", 4, 5,
                 family=f) for f in (4, 6)]
    return out


def header_cases(Case):
    out = placed(Case, HEADERS, [(3, 4), (2, 6)])
    # Over IPv6 only the timestamps tell which hop quotes: those who rewrite
    # them hide how far they were intact.
    for box, finding in (("no-timestamps", "tcp.option_removed"),
                         ("timestamps", "tcp.option_modified")):
        out += [case(Case, box, 3, "clear", finding, 3, 4),
                case(Case, box, 2, "clear", finding, None, 3, family=6)]
    out += placed(Case, [("id", "ip.id_rewritten", "clear", {})], [(3, 4)])
    out += placed(Case, [("alg", "data.rewritten", "blocked", {}),
                         ("payload", "payload.modified", "blocked", {})],
                  [(3, 4), (2, 6)], port=9080)
    out += [case(Case, box, k, status, finding, family=f, args=args, **checks)
            for box, finding, status, checks, args in UNPLACED
            for k, f in ((3, 4), (2, 6))]
    out += [case(Case, box, 3, status, finding, family=f, port=9080)
            for box, finding, status in
            (("key", "mp_capable.modified", "blocked"),
             ("hmac", "mp_join.modified", "impaired"))
            for f in (4, 6)]
    out += [case(Case, "strip-acks,return", k, "impaired", "dss.removed",
                 family=f, port=port, how="nop", segment="ack",
                 direction="return", confidence="proven",
                 rungs=("join",))
            for k, f, port in ((1, 4, 80), (2, 6, 80), (3, 4, 80), (4, 4, 80),
                               (3, 4, 9080))]
    for f in (4, 6):
        # Behind it, version 0 works.
        for port, status in ((8080, "blocked"), (9080, "clear")):
            out += [case(Case, "mirror", 3, status, "mp_capable.mirrored",
                         family=f, port=port),
                    case(Case, "mirror-all", 3, status,
                         "mp_capable.mirrored", family=f, port=port,
                         also=[("tcp.option_mirrored", None, None, {})])]
        # A server that speaks MPTCP is not mirrored.
        out.append(case(Case, "mirror", 3, family=f))
        out.append(case(Case, "payload", 4, "impaired", "payload.modified",
                        family=f, confidence="likely"))
    return out


def ending_cases(Case):
    # TTLs of MPTCP that are raised look as if it ended there.
    out = [Case(boxes=boxes, family=f, status="clear", code=0,
                text="whether it is the target that answers")
           for f in (4, 6) for boxes in
           (["ttl-capable@2"], ["ttl-capable@2", "ttl-capable@2,return"])]
    # What answers for the target, with its distance, cannot be convicted.
    out += [Case(boxes=["user-nat"], port=port, status="undetermined", code=3,
                 text="user-mode NAT") for port in (80, 8080, 9080)]
    for f in (4, 6):
        for box in ENDINGS:
            # A SYN proxy answers what passed the TTL check.
            end = 3 if box == "synproxy" else 2
            out += [case(Case, box, 2, "blocked", "tcp.terminated", end - 1,
                         end, family=f, port=port) for port in (80, 9080)
                    if (f == 4 or box != "redsocks")
                    and (port == 80 or box != "proxy80")]
        out += [case(Case, box, k, "impaired", "tcp.terminated", k - 1, k,
                     family=f) for box in PASSING for k in (2, 3, 4)]
        out += [case(Case, box, 3, "impaired", "tcp.terminated", 2, 3,
                     family=f, port=9080) for box in PASSING]
        # The device is on port 80 only.
        out += [case(Case, "proxy80", 2, family=f, port=port)
                for port in (443, 9080)]
    return out


# Servers whose joins another machine may answer.
JOINED = ["fin", "fastclose", "banner", "mute", "cookies", "announcing",
          "no-checksum", "balanced-sources"]


def answered(Case, box, k, at, **more):
    """SYNs with MP_JOIN are answered at that hop."""
    return case(Case, box, k, "impaired", "tcp.terminated", at - 1, at,
                segment="join_syn", direction="forward",
                confidence="proven", says="by another machine than the server",
                **more)


def join_answer_cases(Case):
    out = []
    for f in (4, 6):
        out += [answered(Case, "redirect-join", k, k, family=f)
                for k in (1, 2, 3, 4)]
        out += [answered(Case, "divert-join", k, k + 1, family=f)
                for k in (1, 3)]
        out += [answered(Case, box, 2, 2 + next, family=f, port=9080)
                for box, next in (("redirect-join", 0), ("divert-join", 1))]
        out += [case(Case, "disown-join", k, "impaired", "mp_join.refused",
                     k - 1, k, family=f, port=port, direction="forward")
                for k, port in ((2, 80), (4, 80), (3, 9080))]
        # Where the server is: what answers is none of the server's for that.
        out.append(case(Case, "divert-join", 4, "impaired", "mp_join.removed",
                        family=f, confidence="likely",
                        says="or another machine answers them"))
    return out + [answered(Case, "redirect-join", 2, 2, family=f,
                           up=["--server", name])
                  for name in JOINED for f in (4, 6)]


def path_cases(Case):
    """What is no interference: nothing may be found."""
    out = []
    for f in (4, 6):
        out += [case(Case, box, 2, family=f) for box in
                ("loss1", "loss5", "reorder", "duplicate", "delay",
                 "quote-short", "quote-extended", "fragments", "filter-udp",
                 "throttle", "delay56")]
        out += [Case(boxes=["all-silent"], family=f, path=False),
                Case(boxes=["lossy"], family=f),
                Case(boxes=["icmp-blocked@2"], family=f, silent=(3, 4)),
                Case(boxes=["ecmp@3"], family=f, path=False),
                Case(boxes=["asymmetric@2"], family=f, path=False),
                Case(boxes=["nat@2", "nat@3"], family=f),
                Case(boxes=["balancer@4"], family=f, status="impaired",
                     code=1, finding="mp_join.refused")]
    return out


# What takes its turn by the source port, or by each packet.
# box, finding, bracket, more that it says
TURNS = [
    ("odd-drop", "mp_capable.dropped", (2, 3), {"segment": "syn"}),
    ("odd-reset", "mp_capable.reset", (2, 3), {"segment": "syn"}),
    ("odd-strip", "mp_capable.removed", (2, 3), {"segment": "syn"}),
    ("odd-drop-join", "mp_join.dropped", (2, 3), {"segment": "join_syn"}),
    ("odd-reset-join", "mp_join.reset", (2, 3), {"segment": "join_syn"}),
    ("odd-strip-join", "mp_join.removed", (2, 3), {"segment": "join_syn"}),
    ("odd-drop-data", "dss.dropped", (2, 3), {"segment": "data"}),
    ("odd-strip-data", "dss.removed", (2, 3), {"segment": "data"}),
    ("second-drop", "mp_capable.dropped", (None, None), {}),
    ("third-drop-data", "dss.dropped", (None, None), {"segment": "data"}),
    ("few-drop", "mp_capable.dropped", (2, 3), {"segment": "syn"}),
    ("few-reset", "mp_capable.reset", (2, 3), {"segment": "syn"}),
    ("few-strip", "mp_capable.removed", (2, 3), {"segment": "syn"}),
    ("few-drop-join", "mp_join.dropped", (2, 3), {"segment": "join_syn"}),
    ("few-reset-join", "mp_join.reset", (2, 3), {"segment": "join_syn"}),
    ("few-strip-join", "mp_join.removed", (2, 3), {"segment": "join_syn"}),
]


def turn_cases(Case):
    out = [case(Case, "strip80", 3, "blocked", "mp_capable.removed", 3, 4),
           case(Case, "strip80", 4, "unsupported")]
    out += [case(Case, box, 2, "impaired", finding, after, at, family=f,
                **checks)
           for box, finding, (after, at), checks in TURNS for f in (4, 6)]
    # So few prove nothing, and are told; unless the subflow that joins has such
    # a port, too.
    out += [Case(boxes=["odd-reset-data@2"], family=f, status="impaired",
                 code=1, finding="dss.reset", after=2, place=3,
                 segment="join_data", rungs=("checksum", "join_data"),
                 chance=[("clear", 0, "lost MPTCP with the first data: a RST"),
                         ("undetermined", 3, "lost it with the first data")])
            for f in (4, 6)]
    # To another listener: what it is, this end cannot tell.
    out += [Case(boxes=["capable-elsewhere@2"], family=f, status="blocked",
                 code=1, finding="mp_capable.removed", direction="unknown",
                 says="or another listener gets such SYNs") for f in (4, 6)]
    out += [Case(boxes=["join-elsewhere@2"], family=f, rungs=("join",),
                 text="sends joins to another port") for f in (4, 6)]
    # Which of them are the second ones is chance.
    out += [Case(boxes=["second-drop-join@2"], family=f, status="impaired",
                 code=1, finding="mp_join.dropped", chance=[("clear", 0)])
            for f in (4, 6)]
    return out


def pair_cases(Case):
    out = []
    for f in (4, 6):
        out += [
            Case(boxes=["nat@2", "strip@3"], family=f, status="blocked",
                 code=1, finding="mp_capable.removed", after=3, place=4),
            Case(boxes=["mss@1", "proxy@3"], family=f, status="blocked",
                 code=1, finding="tcp.terminated", after=2, place=3,
                 also=[("tcp.mss_changed", 1, 2, {})]),
            Case(boxes=["isn@2", "dscp@1", "strip-join@3"], family=f,
                 status="impaired", code=1, finding="mp_join.removed",
                 after=3, place=4,
                 also=[("tcp.sequence_rewritten", 2, 3, {}),
                       ("ip.dscp_rewritten", 1, 2, {})]),
            Case(boxes=["silent@3", "strip@2"], family=f, status="blocked",
                 code=1, finding="mp_capable.removed", after=2, place=4),
            Case(boxes=["ecmp@3", "strip@3,forward"], family=f,
                 status="blocked", code=1, finding="mp_capable.removed",
                 after=3, place=4, one_branch=True),
            Case(boxes=["cut@2", "nat-bare@3"], family=f, status="blocked",
                 code=1, finding="mp_capable.removed", after=2, place=3,
                 also=[("ip.translated", 3, 4, {})]),
            Case(boxes=["loss1@1", "cut@3"], family=f, status="blocked",
                 code=1, finding="mp_capable.removed", after=3, place=4),
            # What is behind who ends connections without MPTCP.
            Case(boxes=["optimiser@1", "strip-data@3"], family=f,
                 status="blocked", code=1, finding="dss.removed",
                 after=3, place=4, also=[("tcp.terminated", 0, 1, {})]),
            Case(boxes=["optimiser@1", "dscp@2"], family=f,
                 status="impaired", code=1, finding="tcp.terminated",
                 after=0, place=1, also=[("ip.dscp_rewritten", 2, 3, {})]),
            Case(boxes=["nat-bare@1", "proxy80@3"], family=f,
                 status="blocked", code=1, finding="tcp.terminated",
                 after=2, place=3, also=[("ip.translated", 1, 2, {})]),
            # Routers have spent their answers by then.
            Case(boxes=["strip-join@2", "ack-early@3"], family=f,
                 status="impaired", code=1, finding="mp_join.removed",
                 after=2, place=3, args=ALL,
                 also=[("data.acked_early", 3, 4, {})]),
            Case(boxes=["quote-extended@3", "eol@2"], family=f,
                 status="blocked", code=1, finding="mp_capable.removed",
                 after=2, place=3),
        ]
    # What no field of a quote tells any more, lone SYNs do.
    out.append(Case(boxes=["id@1", "timestamps@2"],
                    finding="tcp.option_modified", after=None, place=3,
                    also=[("ip.id_rewritten", 1, 2, {})]))
    # Who hides which hop quotes does not make a drop look nearer than it is.
    out += [Case(boxes=["timestamps@1", f"{box}@3"], family=6, status=status,
                 code=1, finding=finding, after=after, place=place,
                 also=[("tcp.option_modified", None, 2, {})])
            for box, finding, status, after, place in
            (("drop-syn", "mp_capable.dropped", "blocked", 3, 4),
             ("drop-join", "mp_join.dropped", "impaired", 1, 5),
             ("drop-data", "dss.dropped", "blocked", 1, 5))]
    return out


def slow_cases(Case):
    """What only --all shows, and that it shows nothing else."""
    out = placed(Case, SLOW, [(3, 4), (2, 6)], args=ALL)
    out += placed(Case, [("ack-early", "data.acked_early", "impaired", {}),
                         ("changed", "data.retransmission_dropped",
                          "impaired", {})], [(3, 4), (2, 6)], args=ALL)
    for f in (4, 6):
        out += [case(Case, box, 2, "impaired", finding, family=f, args=ALL)
                for box, finding in (("coalesce", "data.coalesced"),
                                     ("hole", "data.hole_blocked"))]
        out += [case(Case, "late", 4, "blocked", "dss.removed", family=f,
                     args=ALL, confidence="likely"),
                Case(family=f, args=ALL), Case(family=f, port=9080, args=ALL)]
        # Fragments that no box drops; with NAT the server joins the address
        # that is announced to it.
        out += [case(Case, box, 2, family=f, args=ALL)
                for box in ("loss5", "reorder", "quote-short", "nat")]
    # Over IPv4 it lets the first one pass, and only that is ever quoted. One
    # hop alone that quotes none, the last, may be just that.
    out += [case(Case, "fragments", k, "clear", "ip.fragment_dropped", after,
                 place, family=f, args=ALL, effect="harmless",
                 direction="forward", segment="fragment")
            for k, f, after, place in ((1, 4, None, None), (3, 4, None, None),
                                       (2, 6, 1, 2), (3, 6, 2, 3),
                                       (4, 6, 3, 5))]
    return out


def idle_cases(Case):
    out = placed(Case, [("idle", "tcp.idle_forgotten", "impaired", {}),
                        ("idle-reset", "tcp.idle_forgotten", "impaired",
                         {"confidence": "likely"})], [(3, 4), (2, 6)],
                 args=ALL)
    for f in (4, 6):
        # Nothing quotes behind the last router.
        out += [case(Case, "idle", 4, "impaired", "tcp.idle_forgotten",
                     family=f, args=ALL, direction="unknown"),
                # Nor does a RST tell whose it is.
                case(Case, "idle-reset", 4, family=f, args=ALL),
                Case(boxes=["loss1@1", "idle@2"], family=f, args=ALL,
                     status="impaired", code=1,
                     finding="tcp.idle_forgotten", after=2)]
    return out


def cases(Case):
    return (option_cases(Case) + header_cases(Case) + ending_cases(Case) +
            join_answer_cases(Case) +
            path_cases(Case) + turn_cases(Case) + pair_cases(Case) + slow_cases(Case) +
            idle_cases(Case))
