# SPDX-License-Identifier: GPL-3.0-or-later
"""What fuzzers begin with: made of pcaps/ and scenarios/, so that nothing of it
need be kept. SEEDS and WORDS have a row for each target that has some."""
import bz2
import glob
import gzip
import json
import lzma
import re
import struct

LINKS = [1, 0, 9, 12, 14, 101, 108, 113, 228, 229, 276]   # as in packet_fuzz.c
MPTCP = 30
CAPTURE_MAX = 60000     # bytes; longer ones are cut


# ---- captures --------------------------------------------------------------

def read_pcap(name):
    """(link type, [(seconds, microseconds, frame)])"""
    with open(name, "rb") as file:
        data = file.read()
    link, at, frames = struct.unpack_from("<I", data, 20)[0], 24, []
    while at + 16 <= len(data):
        seconds, micros, length = struct.unpack_from("<III", data, at)
        frames.append((seconds, micros, data[at + 16:at + 16 + length]))
        at += 16 + length
    return link, frames


def write_pcap(link, frames):
    head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(
        struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame
        for seconds, micros, frame in frames)


def block(kind, body):
    """A block of pcapng."""
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def write_pcapng(link, frames):
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    for name, finer in (b"eth0", 9), (b"tun0", 6):
        out += block(1, struct.pack("<HHIHH4sHHBxxxI", link, 0, 65535, 2, 4,
                                    name, 9, 1, finer, 0))
    for number, (seconds, micros, frame) in enumerate(frames):
        when = seconds * 1000000 + micros
        data = frame + b"\0" * (-len(frame) % 4)
        flags = struct.pack("<HHII", 2, 4, number % 3, 0)
        out += block(6, struct.pack("<IIIII", number % 2, when >> 32,
                                    when & 0xffffffff, len(frame), len(frame))
                     + data + flags)
    return out


def rare_pcapng(link, frames, order):
    """As few programs write it: of either byte order, binary fractions of a
    second, an offset of the clock, packets without a time, of the old kind, and
    what nobody looks into; then a section once more."""
    def rare(kind, body):
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length

    def option(kind, value):
        return struct.pack(order + "HH", kind, len(value)) + value + \
            b"\0" * (-len(value) % 4)

    out = rare(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    for bits in (10, 44):
        out += rare(1, struct.pack(order + "HHI", link, 0, 90) +
                    option(2, b"wan %d" % bits) +
                    option(9, bytes([0x80 | bits])) +
                    option(14, struct.pack(order + "q", -7)) + option(0, b""))
    out += rare(4, b"\0" * 5000)
    for number, (seconds, micros, frame) in enumerate(frames):
        bits = (10, 44)[number % 2]
        when = (seconds % (1 << 60 - bits) << bits) + \
            (micros << bits) // 1000000
        length, data = len(frame), frame + b"\0" * (-len(frame) % 4)
        if number % 5 == 4:
            out += rare(3, struct.pack(order + "I", length) + frame[:90])
        elif number % 5 == 3:
            out += rare(2, struct.pack(order + "HHIIII", number % 2, 0,
                                       when >> 32, when & 0xffffffff, length,
                                       length) + data)
        else:
            out += rare(6, struct.pack(order + "IIIII", number % 2, when >> 32,
                                       when & 0xffffffff, length, length) +
                        data + option(1, b"seen") +
                        option(2, struct.pack(order + "I", 1 + number % 2)))
    return out


def broken_pcapng():
    """What is damaged in each of the ways that are told apart."""
    whole = write_pcapng(*read_pcap(SMALL))[:4000]
    head, interface = whole[:28], whole[28:76]
    for at, value in ((4, 3), (8, 0), (12, 2), (24, 1)):
        yield head[:at] + bytes([value]) * 4 + head[at + 4:]
    yield head + struct.pack("<II", 6, 1 << 30)
    yield head + block(1, b"\1\0")
    yield head + interface * 300
    yield head + block(6, bytes(20))
    yield head + interface + block(6, bytes(12))
    yield head + interface + block(6, bytes(12) + b"\xff\0\0\0" * 2)
    yield head + block(3, b"\4\0\0\0abcd")
    yield interface


def captures():
    for name in sorted(glob.glob("pcaps/*/*.pcap")):
        yield name, *read_pcap(name)


def ip_of(link, frame):
    return frame[{1: 14, 276: 20, 113: 16}.get(link, 0):]


# ---- packets and options ---------------------------------------------------

def tcp_of(ip):
    """The TCP header with its options, or nothing."""
    if len(ip) < 40:
        return b""
    if ip[0] >> 4 == 4 and ip[9] == 6:
        tcp = ip[(ip[0] & 15) * 4:]
    elif ip[0] >> 4 == 6 and ip[6] == 6:
        tcp = ip[40:]
    else:
        return b""
    return tcp[:(tcp[12] >> 4) * 4] if len(tcp) >= 20 else b""


def walk(block_of_options):
    """Its options, as bytes."""
    while block_of_options:
        kind = block_of_options[0]
        length = 1 if kind < 2 or len(block_of_options) < 2 \
            else max(2, block_of_options[1])
        yield block_of_options[:length]
        block_of_options = block_of_options[length:]


def option_blocks():
    """One of each shape."""
    shapes = {}
    for _, link, frames in captures():
        for *_, frame in frames:
            options = tcp_of(ip_of(link, frame))[20:]
            shape = tuple((o[0], len(o), o[2] >> 4 if o[0] == MPTCP and
                           len(o) > 2 else 0) for o in walk(options))
            shapes.setdefault(shape, options)
    return shapes.values()


def packet_seeds():
    shapes = {}
    for _, link, frames in captures():
        for *_, frame in frames:
            ip = ip_of(link, frame)
            shape = (link, len(frame) // 32, ip[:1], ip[6:10],
                     tcp_of(ip)[12:14], ip[20:22])
            shapes.setdefault(shape, bytes([LINKS.index(link)]) + frame)
    yield from shapes.values()
    for number, link in enumerate(LINKS):
        yield bytes([number]) + other_link(link, read_pcap(SMALL)[1][0][2][14:])


def tcp_option_seeds():
    for options in option_blocks():
        yield b"\0" + options
        yield b"\x08" + options[:-4]


def mptcp_seeds():
    yield from {(o[2] >> 4, len(o)): o for options in option_blocks()
                for o in walk(options) if o[0] == MPTCP and
                len(o) > 2}.values()
    for subtype in range(16):
        for length in (3, 4, 8, 12, 16, 20, 24, 28, 30):
            yield bytes([MPTCP, length, subtype << 4]) + bytes(length - 3)


# ---- whole captures --------------------------------------------------------

SMALL = "pcaps/v1/lab-6.18-t3-joincsum.pcap"
SWEPT = "pcaps/lab/reset.pcap"      # with ICMP errors


def other_link(link, ip):
    """The packet as a frame of another link type."""
    version = ip[0] >> 4
    ethertype = struct.pack(">H", 0x0800 if version == 4 else 0x86dd)
    family = 2 if version == 4 else 10
    return {
        0: struct.pack("<I", family), 108: struct.pack(">I", family),
        9: b"\xff\x03" + (b"\0\x21" if version == 4 else b"\0\x57"),
        1: b"\0" * 12 + b"\x81\0\0\7\x88\x64\x11\0\0\1\0\x40\0\x21",
        113: b"\0" * 14 + ethertype, 276: ethertype + b"\0" * 18,
    }.get(link, b"") + ip


def forgetful():
    """Many connections with hours in between, then all of them again: most are
    forgotten as others begin."""
    frames, later = [], 0
    names = sorted(glob.glob("pcaps/v1-scenarios/*.pcap")) + [
        SMALL, "pcaps/v0/compliant.pcap"]
    for gap in (40, 130, 4000):
        for name in names:
            link, some = read_pcap(name)
            if link != 1:
                continue
            for seconds, micros, frame in some[:40]:
                frames.append((seconds - some[0][0] + later, micros, frame))
            later += gap
    return write_pcap(1, frames)


def middles():
    """Connections without their beginnings, of many ports."""
    frames = []
    link, some = read_pcap(SMALL)
    for n in range(60):
        for seconds, micros, frame in some[3:]:
            frame = bytearray(frame)
            at = 34 if frame[23] == 6 else 0
            if at:
                frame[at] ^= n      # of both directions, half of each port
                frame[at + 2] ^= n
            frames.append((seconds - some[0][0] + 4000 * n, micros,
                           bytes(frame)))
    return write_pcap(link, frames)


def rivals(name):
    """Before each SYN a forged one with its addresses and ports, of another host
    on the link."""
    frames = []
    for seconds, micros, frame in read_pcap(name)[1]:
        tcp = 14 + (frame[14] & 15) * 4
        if frame[12:14] == b"\x08\0" and frame[23] == 6 and \
                frame[tcp + 13] & 0x12 == 2:
            forged = bytearray(frame)
            forged[6] ^= 4
            forged[tcp + 4] ^= 0x55     # the sequence number
            frames.append((seconds, micros, bytes(forged)))
        frames.append((seconds, micros, frame))
    return write_pcap(1, frames)


def closing(name):
    """The server's last segment has FIN."""
    link, frames = read_pcap(name)
    first, (seconds, micros, last) = frames[0][2], frames[-1]
    if last[12:14] == b"\x08\0" and last[23] == 6 and \
            first[26:30] != last[26:30]:
        last = bytearray(last)
        last[14 + (last[14] & 15) * 4 + 13] |= 1
    return write_pcap(link, frames[:-1] + [(seconds, micros, bytes(last))])


def capture_seeds():
    for name, *_ in captures():
        with open(name, "rb") as file:
            yield file.read(CAPTURE_MAX)
    for link in LINKS:
        frames = [(s, m, other_link(link, f[14:]))
                  for s, m, f in read_pcap(SMALL)[1]]
        yield write_pcap(link, frames)
        yield write_pcapng(link, frames)
        for order in "<>":
            once = rare_pcapng(link, frames[:60], order)
            yield once + once
    yield from broken_pcapng()
    with open(SMALL, "rb") as file:
        small = file.read()
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        yield pack(small)


def judge_seeds():
    yield from capture_seeds()
    yield forgetful()
    yield middles()
    for name in (SMALL, SWEPT):
        yield rivals(name)


def replay_seeds():
    for name in glob.glob("pcaps/v[01]*/*.pcap"):
        scenario = re.search(r"([^/]*)\.pcap$", name)[1]
        with open(name, "rb") as file:
            yield scenario.encode() + b"\n" + file.read(CAPTURE_MAX)
        yield scenario.encode() + b"\n" + closing(name)


# ---- text ------------------------------------------------------------------

def report_seeds():
    for name in sorted(glob.glob("pcaps/*/*.json")):
        with open(name, "rb") as file:
            text = file.read()
        lines = text.splitlines()
        if lines and lines[0].startswith(b'{"schema"'):
            yield text
            small = json.loads(lines[0])
            yield json.dumps({key: small[key] for key in (
                "schema", "started", "target", "connections")
                if key in small}).encode()


LEGS = {
    "schema": "mpprobe-legs/1", "here": True, "host": ["10.0.3.1", "x"],
    "legs": [{
        "from_host": True, "clients": ["10.0.3.1", "fd00::1"],
        "to_host": False, "in_its_place": True, "server": "10.0.4.2",
        "port": 80, "protocol": protocol, "connections": 2,
        "subflows": {"fewest": 1, "most": 2}}
        for protocol in ("mptcp", "tcp")],
    "more": True}

# A connection of which there is a chart.
DRAWN = {
    "schema": "mpprobe-connection/1", "number": 1, "state": "negotiated",
    "client": {"key": "374f86f19747f201", "stalled_ms": 9.5},
    "server": {
        "stall_ms": 700.5, "stall_frame": 9, "stall_end_ms": 900,
        "resumed_by": 1, "acknowledged": [[0, 90000, 0], [900, 0, 90000]]},
    "subflows": [{
        "source": "10.0.1.1", "destination": "fd00::2", "by": "client",
        "sent": {"first_data_ms": 0.5, "fin": True},
        "received": {"bytes": 90000, "last_data_ms": 9, "data": [
            [1, 90000, 0], [5, 40000, 50000], [9, 0, 90000]]}}],
    "announced": [{"by": "server", "address": "10.0.9.1", "id": 1,
                   "frame": 7, "port": 80}],
    "removed": [{"by": "client", "id": 2, "frame": 5}]}


def saved_seeds():
    """The reports by themselves, on a page, and with what their uplinks say
    together behind them."""
    for text in report_seeds():
        yield text
    page = b'<html><script type="application/json" id="mpprobe">\n'
    yield page + text + b"\n</script></html>"
    yield b"<html></html>"
    yield json.dumps(LEGS).encode()
    yield json.dumps(DRAWN).encode()
    for name in sorted(glob.glob("pcaps/uplinks/*.json")):
        with open(name, "rb") as file:
            lines = file.read().splitlines()
        yield b"\n".join(lines[1:] + lines[:1])


def literals(text):
    """The strings of C in it, those side by side, and macros of them, as one."""
    for name, value in re.findall(
            r"#define ([A-Z]+)\s((?:[^\n]*\\\n)*[^\n]*)", text):
        text = re.sub(rf"(?<!#define )\b{name}\b",
                      lambda _, value=value: value.replace("\\\n", ""), text)
    for match in re.finditer(r'(?:"(?:\\.|[^"\\\n])*"\s*)+', text):
        parts = re.findall(r'"((?:\\.|[^"\\\n])*)"', match[0])
        yield re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(
            m[1], m[1]), "".join(parts))


def script_seeds():
    """The scenarios, and what their tests try."""
    for name in sorted(glob.glob("scenarios/*.lua")):
        with open(name, "rb") as file:
            title = re.search(r"([^/]*)\.lua$", name)[1]
            yield f"-- {title}\n".encode() + file.read()
    for name in ("sandbox", "scenario"):
        with open(f"probe/scenario/{name}_test.c", encoding="ascii") as file:
            for text in literals(file.read()):
                if len(text) > 12:
                    yield text.encode()


def txt_seeds():
    """What a resolver says of an origin and of a name, by itself and behind a
    CNAME; nothing; and what is no answer."""
    question = b"\x019\x06origin\0\0\x10\0\x01"
    texts = (b"64500 64501 | 203.0.113.0/24 | DE | ripencc | 2010-07-14",
             b"64500 | DE | ripencc | 2010-07-14 | EXAMPLE Carrier, DE",
             b"4294967296 |", b"|", b"\x1b[31m\xff", b"")
    for text in texts:
        record = (b"\xc0\x0c\0\x10\0\x01\0\0\0\x09"
                  + struct.pack(">H", len(text) + 1) + bytes([len(text)]) + text)
        alias = b"\xc0\x0c\0\x05\0\x01\0\0\0\x09\0\x02\xc0\x0c"
        for answers in (record, alias + record):
            count = 1 + (answers is not record)
            yield (struct.pack(">6H", 7, 0x8180, 1, count, 0, 0) + question
                   + answers)
    yield struct.pack(">6H", 7, 0x8183, 1, 0, 0, 0) + question
    yield struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + question


def list_seeds():
    """Targets, blocklists, and how both are written wrongly."""
    yield (b"192.0.2.1\n192.0.2.0/28 443 # web\n192.0.2.1:8080\r\n"
           b"[2001:db8::1]:443\n2001:db8::/64\n10.0.0.0/8,22\n")
    yield b"# asked 2026-11-28\n10.0.0.0/8 # x\n  ::/0\n0.0.0.0/0\n8.8.8.8"
    yield b"name\n192.0.2.1/24\n192.0.2.1 0\n,80\n" + b"9" * 200


def survey_seeds():
    """Results of three vantage points, a few of them, whole and as fields."""
    for name in sorted(glob.glob("lab/pictures/surveys/*/results.jsonl")):
        with open(name, "rb") as file:
            lines = file.readlines()
        yield b"".join(lines[:3])
        yield b"".join(lines[::12])


def origin_seeds():
    """Tables of networks, in all forms, and what is none."""
    yield (b"192.0.2.0/24\t64500\n198.51.100.0\t24\t64501_64502\n"
           b"2001:db8::/32 | AS64503 | NAME Name\r\n; x\n# y\n\n")
    yield b"0.0.0.0/0 {1,2}\n::/0,4294967295,\"a b\"\n10.0.0.1/8 1\n9 9 9\n"


def answer_seeds():
    for _, link, frames in captures():
        for *_, frame in frames[:20]:
            yield b"\0" + ip_of(link, frame)
    for options in option_blocks():
        yield b"\1" + options
        yield b"\2" + options
    yield b"\3A 1 0 1 1 {}\nP 0 2 0 1 2 3 0123456789abcdef\n"


SEEDS = {
    "crafting/packet_fuzz": packet_seeds,
    "crafting/rewrite_fuzz": packet_seeds,
    "crafting/tcp_options_fuzz": tcp_option_seeds,
    "crafting/mptcp_fuzz": mptcp_seeds,
    "report/track/capture_fuzz": capture_seeds,
    "report/judge/judge_fuzz": judge_seeds,
    "report/compare/compare_fuzz": report_seeds,
    "report/saved/saved_fuzz": saved_seeds,
    "report/origin_table_fuzz": origin_seeds,
    "report/survey/contrast_fuzz": survey_seeds,
    "probe/net/dns_txt_fuzz": txt_seeds,
    "probe/scenario/scenario_fuzz": script_seeds,
    "probe/scenario/replay_fuzz": replay_seeds,
    "probe/survey/answer_fuzz": answer_seeds,
    "probe/survey/targets_fuzz": list_seeds,
}


# ---- dictionaries ----------------------------------------------------------

def option_words():
    """What options begin with, and numbers that headers are told by."""
    for options in option_blocks():
        for o in walk(options):
            yield o[:3] if o[0] == MPTCP else o[:2]
    yield from (b"\x08\x00", b"\x86\xdd", b"\x81\x00", b"\x88\x64", b"\x88\x47",
                b"\x45\x00", b"\x60\x00", b"\x0b\x00", b"\x03\x03", b"\x03\x04")


def file_words():
    yield from option_words()
    yield from (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1",
                b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\x2b\x1a", b"\x06\0\0\0")


def json_words():
    with open("report/schemas/report.json", encoding="ascii") as file:
        for word in re.findall(r'"[a-z_.]+"', file.read()):
            yield word.encode()
    yield from (b'"mpprobe-report/1"', b'"reset": {}', b"null", b"true", b"-1",
                b"99999999999999999999", b"1e999", b"\\ud800")


def lua_words():
    for text in script_seeds():
        yield from re.findall(rb"[a-z_]{3,}|[a-z]+:[a-z_]+\(", text)
    for name in glob.glob("probe/scenario/*.c"):
        with open(name, "rb") as file:
            yield from re.findall(rb'"([a-z_]{3,16})"', file.read())
    yield from (b"pcall(", b"string.rep(", b"table.concat(", b"for i=1,9 do ",
                b"setmetatable(", b"function()", b" end ", b"nil", b"1e308",
                b"math.mininteger", b"coroutine", b"..")


def txt_words():
    yield from (b"\0\x10\0\x01", b"\0\x05\0\x01", b"\xc0\x0c", b" | ",
                b"AS64500")


def list_words():
    yield from (b"/0", b"/32", b"/128", b"::", b"[", b"]:", b":80", b" 443",
                b",", b"#", b"\n", b"\t", b"10.0.0.0/8", b"65535")


WORDS = {
    "crafting/packet_fuzz": option_words,
    "crafting/rewrite_fuzz": option_words,
    "crafting/tcp_options_fuzz": option_words,
    "crafting/mptcp_fuzz": option_words,
    "report/track/capture_fuzz": file_words,
    "report/judge/judge_fuzz": file_words,
    "report/compare/compare_fuzz": json_words,
    "report/saved/saved_fuzz": json_words,
    "report/origin_table_fuzz": list_words,
    "report/survey/contrast_fuzz": json_words,
    "probe/net/dns_txt_fuzz": txt_words,
    "probe/scenario/scenario_fuzz": lua_words,
    "probe/scenario/replay_fuzz": file_words,
    "probe/survey/answer_fuzz": option_words,
    "probe/survey/targets_fuzz": list_words,
}


def dictionary(target):
    """Its words, as libFuzzer reads them."""
    words = sorted({bytes(word) for word in WORDS[target]() if word})
    return "".join('"%s"\n' % "".join("\\x%02x" % byte for byte in word)
                   for word in words)
