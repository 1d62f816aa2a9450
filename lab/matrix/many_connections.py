#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a capture of COUNT short MPTCP v1 connections to standard output,
one behind the other, some without an answer: what `mpprobe read` must follow
with little memory; or of connections that stay open, each from an address of
its own: with MPTCP, or without. usage:
lab/matrix/many_connections.py COUNT [open | plain]"""
import hashlib
import struct
import sys


CLIENT, SERVER = b"\x0a\x00\x01\x01", b"\x0a\x00\x05\x02"


def packet(now, forward, port, seq, ack, flags, options, payload=b"",
           client=CLIENT):
    tcp = struct.pack("!HHIIBBHHH", port if forward else 80,
                      80 if forward else port, seq, ack,
                      (20 + len(options)) // 4 << 4, flags, 65535, 0, 0)
    ends = (client, SERVER)
    body = tcp + options + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0x4000,
                     64 if forward else 60, 6, 0)
    ip += ends[not forward] + ends[forward] + body
    return struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(ip),
                       len(ip)) + ip


def connection(number, now):
    port = 1024 + number % 60000
    key = struct.pack("!Q", number + 1)
    idsn = struct.unpack("!Q", hashlib.sha256(key).digest()[24:])[0]
    first = (idsn + 1) & 0xffffffffffffffff
    seq, peer = number * 7919 & 0xffffffff, number * 104729 & 0xffffffff
    syn = packet(now, True, port, seq, 0, 2, bytes.fromhex("1e040101"))
    if number % 10 == 9:
        return [syn]
    dss = b"\x1e\x14\x20\x0c" + struct.pack("!QIH", first, 1, 4) + b"\1\1"
    one = seq + 1 & 0xffffffff
    out = [syn,
           packet(now + .001, False, port, peer, one, 0x12,
                  b"\x1e\x0c\x01\x01" + key[::-1]),
           packet(now + .002, True, port, one, peer + 1 & 0xffffffff, 0x10,
                  b"\x1e\x14\x01\x01" + key + key[::-1]),
           packet(now + .003, True, port, one, peer + 1 & 0xffffffff, 0x18,
                  dss, b"GET\n")]
    for forward in (True, False):
        out.append(packet(now + .004, forward, port,
                          (seq + 5 if forward else peer + 1) & 0xffffffff,
                          (peer + 1 if forward else seq + 5) & 0xffffffff,
                          0x11, b""))
    return out


def stays_open(number, now):
    client = struct.pack("!I", 11 << 24 | number)
    keys = struct.pack("!Q", number + 1), struct.pack("!Q", ~number & 2**64 - 1)
    first = [(int.from_bytes(hashlib.sha256(key).digest()[24:], "big") + 1) &
             0xffffffffffffffff for key in keys]

    def sent(step, forward, seq, ack, flags, options, payload=b""):
        return packet(now + step * 1e-5, forward, 4000, seq, ack, flags,
                      options, payload, client)

    def dss(who):
        return struct.pack("!BBBBQQIH2x", 30, 26, 0x20, 0x0f,
                           first[1 - who] + who * 4, first[who], 1, 4)
    return [sent(0, True, 100, 0, 2, bytes.fromhex("1e040101")),
            sent(1, False, 500, 101, 0x12, b"\x1e\x0c\1\1" + keys[1]),
            sent(2, True, 101, 501, 0x10, b"\x1e\x14\1\1" + keys[0] + keys[1]),
            sent(3, True, 101, 501, 0x18, dss(0), b"GET\n"),
            sent(4, False, 501, 105, 0x18, dss(1), b"200\n")]


def plain(number, now):
    client = struct.pack("!I", 11 << 24 | number)

    def sent(step, forward, seq, ack, flags, payload=b""):
        return packet(now + step * 1e-5, forward, 4000, seq, ack, flags, b"",
                      payload, client)
    return [sent(0, True, 100, 0, 2), sent(1, False, 500, 101, 0x12),
            sent(2, True, 101, 501, 0x10), sent(3, True, 101, 501, 0x18, b"?"),
            sent(4, False, 501, 102, 0x18, b"!")]


def main():
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for number in range(int(sys.argv[1])):
        if sys.argv[2:] == ["plain"]:
            packets = plain(number, 1.7e9 + number * 5e-5)
        elif sys.argv[2:] == ["open"]:
            packets = stays_open(number, 1.7e9 + number * 5e-5)
        else:
            packets = connection(number, 1.7e9 + number * .005)
        out.write(b"".join(packets))


if __name__ == "__main__":
    main()
