#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command on a terminal of its own and prints what stands on it in the
end, scrolled-off lines included; --raw prints, for each piece that was written,
the milliseconds since the start and the piece as Python has it.

usage: on_terminal.py [--raw] ROWS COLUMNS COMMAND...
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time

CODES = re.compile(rb"\x1b\[([0-9;]*)([A-Za-z])")


def run(rows, columns, command):
    """(milliseconds, bytes) of each piece; then the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    start = time.monotonic()
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        yield int(1000 * (time.monotonic() - start)), piece
    _, status = os.waitpid(pid, 0)
    yield os.waitstatus_to_exitcode(status), b""


def shown(written):
    """The lines of a terminal that is high and wide enough."""
    lines, row, column, at = [b""], 0, 0, 0
    while at < len(written):
        code = CODES.match(written, at)
        byte = written[at:at + 1]
        at = code.end() if code else at + 1
        if code and code[2] == b"J":        # all behind the cursor
            lines[row:] = [lines[row][:column]]
        elif code and code[2] == b"A":
            row = max(0, row - 1)
        elif code:
            continue                        # a colour
        elif byte == b"\r":
            column = 0
        elif byte == b"\n":
            row += 1
            column = 0
            if row == len(lines):
                lines.append(b"")
        else:
            lines[row] = (lines[row][:column] + byte +
                          lines[row][column + 1:])
            column += 1
    return b"\n".join(lines)


def main():
    args = sys.argv[1:]
    raw = args[0] == "--raw"
    if raw:
        args.pop(0)
    pieces = list(run(int(args[0]), int(args[1]), args[2:]))
    code, _ = pieces.pop()
    if raw:
        for ms, piece in pieces:
            print(ms, repr(piece))
    else:
        written = b"".join(piece for _, piece in pieces)
        sys.stdout.write(shown(written).decode())
    return code


if __name__ == "__main__":
    sys.exit(main())
