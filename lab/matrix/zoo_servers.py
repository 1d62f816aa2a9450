# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server of the lab on a path without a box: it may close, be mute or
refuse joins, and no path is blamed for that."""
import os
import subprocess

LAB = os.path.join(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))), "lab")

# What the server decides: these rungs of the ladder cannot pass.
RUNGS = {
    "mute": ("server_dsn",),
    "hanging-up": ("server_dsn", "join", "checksum"),
    "no-subflows": ("join",),
    "flag-c": ("join",),
    "flag-c-port": ("join",),
    "flag-c-address": ("join",),
    "deferring": ("join",),
    "cookies": ("random_token",),
    "backlog": ("random_token",),
}
PLAIN = ("tcp",)


def servers():
    listed = subprocess.run([LAB, "list", "servers"], check=True,
                            capture_output=True, text=True)
    return [line.split()[0] for line in listed.stdout.splitlines()]


def cases(Case):
    out = []
    for name in servers():
        if name == "keep-alive":
            continue
        status, code = (("unsupported", 2) if name in PLAIN else
                        ("clear", 0))
        out += [Case(family=f, up=["--server", name], status=status,
                     code=code, rungs=RUNGS.get(name, ())) for f in (4, 6)]
    return out
