# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases for matrix.py: whether a device acts on MPTCP or on any option that it
does not know, on which form of MP_CAPABLE, or on the size of a segment."""

DROPPED, RESET, REMOVED = ("mp_capable.dropped", "mp_capable.reset",
                           "mp_capable.removed")
ALONE = "An experimental option (kind 253) passes: the device acts on MPTCP."
LENGTH = {0: 12, 1: 4}


def alone(_):
    return ALONE


def anything(finding):
    return (f"An experimental option (kind 253) is {verb(finding)} as well: "
            "the device acts on any option that it does not know.")


def verb(finding):
    return finding.partition(".")[2]


def same(version, finding):
    return (f"The MPTCP v{version} form ({LENGTH[version]} bytes) is "
            f"{verb(finding)} as well. ")


def only(version, finding=DROPPED):
    other = 1 - version
    return (f"Only the MPTCP v{version} form ({LENGTH[version]} bytes) is "
            f"{verb(finding)}; the v{other} form ({LENGTH[other]} bytes) "
            "passes. ")


# box, finding, what of the unknown option
BOXES = [("drop", DROPPED, alone), ("drop-unknown", DROPPED, anything),
         ("reset", RESET, alone), ("reset-unknown", RESET, anything),
         ("strip", REMOVED, alone), ("cut", REMOVED, alone),
         ("unknown", REMOVED, anything)]


def both_forms(Case):
    """Port 80 and 9080 asked for version 1 first, and 9080 for version 0."""
    out = []
    for box, finding, unknown in BOXES:
        # Nothing quotes behind the last router what is removed there.
        hops = (1, 2, 3, 2, 3) if finding == REMOVED else (1, 2, 3, 4, 4)
        for hop, (family, port, args, version) in zip(hops, (
                (4, 80, [], 1), (6, 80, [], 1), (4, 9080, [], 1),
                (4, 9080, ["--mptcp", "0"], 0),
                (6, 9080, ["--mptcp", "0"], 0))):
            # What is removed shows in sweeps: one form only is swept then.
            swept = finding == REMOVED and args
            out.append(Case(box, hop, family=family, port=port, args=args,
                            status="blocked", code=1, finding=finding,
                            after=hop, place=hop + 1, direction="forward",
                            says=("" if swept else same(1 - version, finding))
                            + unknown(finding)))
    return out


def one_form(Case):
    out = []
    for family, hop in ((4, 1), (6, 2)):
        place = {"after": hop, "place": hop + 1, "direction": "forward"}
        for box, finding in (("drop-v1", DROPPED), ("strip-v1", REMOVED)):
            out += [Case(box, hop, family=family, status="blocked", code=1,
                         finding=finding, says=only(1, finding) + ALONE, **place),
                    # Version 0, which passes, works.
                    Case(box, hop, family=family, port=9080, version=0,
                         status="impaired", code=1, finding=finding,
                         says=only(1, finding) + ALONE, effect="impairs", **place),
                    Case(box, hop, family=family, port=9080, version=0,
                         args=["--mptcp", "0"])]
        out += [Case("drop-v0", hop, family=family, port=9080, status="blocked",
                     code=1, finding=DROPPED, args=args,
                     says=only(0) + ALONE, **place)
                for args in ([], ["--mptcp", "0"])]
        out.append(Case("drop-v0", hop, family=family, version=1))
        # Without a sweep the answers alone tell.
        out += [Case(box, 2, family=family, status="blocked", code=1,
                     finding=finding, says=same(0, finding) + unknown(finding),
                     args=["-f", "64", "-m", "64"])
                for box, finding, unknown in BOXES if finding != REMOVED]
    return out


def at_last(Case):
    """At the last router the option is dropped as anywhere. That it is removed
    there no quote shows; a random token does, if the server speaks version 1."""
    place = {"after": 4, "place": 5, "direction": "forward", "code": 1,
             "finding": DROPPED}
    return [Case("drop-v1", 4, status="blocked", says=only(1) + ALONE,
                 **place),
            Case("drop-v0", 4, port=9080, status="blocked",
                 says=only(0) + ALONE, **place),
            Case("strip-v1", 4, status="blocked", code=1, finding=REMOVED),
            Case("strip-v1", 4, port=9080, version=0,
                 text="The server speaks only MPTCP v0.")]


def sizes(Case):
    """A link that takes 1280 bytes is nothing that MPTCP is to blame for."""
    out = []
    for number, (family, port) in enumerate(((4, 80), (6, 80), (4, 9080),
                                             (6, 9080))):
        hop = 1 + number
        for args in ([], ["--all"]):
            out += [Case("mtu", hop, family=family, port=port, args=args),
                    Case("mtu-hole", hop, family=family, port=port,
                         args=args, finding="ip.too_big_dropped",
                         effect="harmless"),
                    Case("big-dss", hop, family=family, port=port,
                         args=args, status="impaired", code=1,
                         finding="dss.dropped", effect="impairs",
                         says="full-size packets (1500 bytes)")]
        out.append(Case("mtu-hole", hop, family=family, port=8080,
                        status="unsupported", code=2, args=["--all"]))
    return out


def cases(Case):
    return both_forms(Case) + one_form(Case) + at_last(Case) + sizes(Case)
