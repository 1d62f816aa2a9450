#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one packet and prints what comes back: the lab's own test instrument.

knock.py tcp HOST PORT FLAGS OPTIONS [TTL [TOS]]    FLAGS: S or A; OPTIONS: hex
knock.py udp HOST PORT TTL [TOS]

prints one of
    SA OPTIONS                a SYN/ACK
    R                         a RST
    quote ADDRESS ttl=N tos=N options=OPTIONS    an ICMP error and its quote
    none                      nothing in ten seconds, or in PATIENCE
It shares no code with mpprobe, which the lab exists to test.
"""
import os
import select
import socket
import struct
import sys
import time

PATIENCE = float(os.environ.get("PATIENCE", "10"))
SYN, RST, ACK = 2, 4, 16


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_segment(family, source, target, ports, flags, options):
    options += b"\x01" * (-len(options) % 4)
    offset = (20 + len(options)) // 4
    header = struct.pack("!HHIIBBHHH", *ports, 0x11223344, 0x55667788 *
                         (flags == ACK), offset << 4, flags, 65535, 0, 0)
    segment = header + options
    pseudo = (socket.inet_pton(family, source) +
              socket.inet_pton(family, target) +
              struct.pack("!II", len(segment), socket.IPPROTO_TCP))
    check = struct.pack("!H", checksum(pseudo + segment))
    return segment[:16] + check + segment[18:]


def tcp_options(segment):
    return segment[20:(segment[12] >> 4) * 4].hex()


def read_tcp(segment, ports):
    """What a segment that came back is; None if it is another's."""
    if struct.unpack("!HH", segment[:4]) != (ports[1], ports[0]):
        return None
    if segment[13] & RST:
        return "R"
    if segment[13] & (SYN | ACK) == SYN | ACK:
        return f"SA {tcp_options(segment)}"
    return None


def read_icmp(family, message, sender, ports):
    """What an ICMP error quotes; None if it is no error or another's."""
    errors = (3, 11) if family == socket.AF_INET else (1, 3)
    quote = message[8:]
    if message[0] not in errors:
        return None
    if family == socket.AF_INET:
        tos, ttl, protocol = quote[1], quote[8], quote[9]
        transport = quote[(quote[0] & 15) * 4:]
    else:
        tos = struct.unpack("!H", quote[:2])[0] >> 4 & 0xFF
        protocol, ttl = quote[6], quote[7]
        transport = quote[40:]
    if struct.unpack("!HH", transport[:4]) != ports:
        return None
    options = tcp_options(transport) if protocol == socket.IPPROTO_TCP else ""
    return f"quote {sender} ttl={ttl} tos={tos} options={options}"


def knock(protocol, host, port, ttl, tos, flags=0, options=b""):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    icmp = (socket.IPPROTO_ICMP if family == socket.AF_INET
            else socket.IPPROTO_ICMPV6)
    raw_tcp = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
    raw_icmp = socket.socket(family, socket.SOCK_RAW, icmp)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.connect((host, port))
    source, source_port = udp.getsockname()[:2]
    sender = raw_tcp if protocol == "tcp" else udp
    if family == socket.AF_INET:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    else:
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
    if protocol == "udp":
        udp.send(b"knock")
    else:
        source_port = 20000 + os.getpid() % 20000
        raw_tcp.sendto(tcp_segment(family, source, host, (source_port, port),
                                   flags, options), (host, 0))
    ports = (source_port, port)
    deadline = time.monotonic() + PATIENCE
    while True:     # what has come is read, however late it is
        left = max(0, deadline - time.monotonic())
        came = select.select([raw_tcp, raw_icmp], [], [], left)[0]
        if not came:
            return "none"
        for ready in came:
            packet, peer = ready.recvfrom(2048)
            if family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4:]
            result = (read_tcp(packet, ports) if ready is raw_tcp else
                      read_icmp(family, packet, peer[0], ports))
            if result:
                return result


def main(protocol, host, port, *rest):
    if protocol == "udp":
        flags, options = "S", ""
        ttl, tos = (*rest, "0")[:2]
    else:
        flags, options, *rest = rest
        ttl, tos = (*rest, *("64", "0")[len(rest):])
    return knock(protocol, host, int(port), int(ttl), int(tos),
                 {"S": SYN, "A": ACK}[flags], bytes.fromhex(options))


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
