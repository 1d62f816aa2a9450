#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server for labs: answers TXT by the lines of a file, "NAME TEXT", and
nothing else has a name. Each question is a line of standard output.

usage: name_server.py ADDRESS FILE [silent]
"""
import socket
import struct
import sys

TXT, IN = 16, 1
NO_SUCH_NAME = 3


def name_in(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels).lower(), at + 5


def answer(question, known):
    name, end = name_in(question)
    kind, = struct.unpack("!H", question[end - 4:end - 2])
    print(name, kind, flush=True)
    text = known.get(name) if kind == TXT else None
    head = question[:2] + struct.pack(
        "!HHHHH", 0x8180 | (0 if text else NO_SUCH_NAME), 1, bool(text), 0, 0)
    if not text:
        return head + question[12:end]
    data = bytes([len(text)]) + text.encode("latin-1")
    return (head + question[12:end] + b"\xc0\x0c" +
            struct.pack("!HHIH", TXT, IN, 60, len(data)) + data)


def main():
    with open(sys.argv[2], encoding="latin-1") as lines:
        known = dict(line.rstrip("\n").split(" ", 1) for line in lines)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    while True:
        question, client = server.recvfrom(4096)
        reply = answer(question, known)
        if "silent" not in sys.argv[3:]:
            server.sendto(reply, client)


if __name__ == "__main__":
    main()
