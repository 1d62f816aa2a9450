# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server of the lab on a path without a box: it may close, be mute or
refuse joins, and no path is blamed for that. And boxes before servers that
want to be joined at another port."""
import os
import subprocess

LAB = os.path.join(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))), "lab")

# What the server decides: these rungs of the ladder cannot pass.
RUNGS = {
    "mute": ("server_dsn",),
    "hanging-up": ("server_dsn", "join", "checksum"),
    "no-subflows": ("join", "join_data"),
    "flag-c": ("join", "join_data"),
    "deferring": ("join",),
    "cookies": ("random_token",),
    "backlog": ("random_token",),
}
PLAIN = ("tcp",)


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
]
WHERE = {"flag-c-port": "10.0.5.2 port 9999",
         "flag-c-address": "10.0.5.9 port 80"}


def announced_cases(Case):
    return [Case(box, k, up=["--server", name], status="impaired", code=1,
                 finding=finding, after=k, place=k + 1, says=WHERE[name])
            for box, finding, name, places in ANNOUNCED for k in places]


def cases(Case):
    out = announced_cases(Case)
    for name in servers():
        if name == "keep-alive":
            continue
        status, code = (("unsupported", 2) if name in PLAIN else
                        ("clear", 0))
        out += [Case(family=f, up=["--server", name], status=status,
                     code=code, rungs=rungs.get(name, ()))
                for f, rungs in ((4, RUNGS), (6, RUNGS6))]
    return out
