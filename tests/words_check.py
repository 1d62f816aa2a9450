#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what users read to the words that network engineers use: messages,
reports, pages and the lists of the lab. Prints FILE:LINE for each that is not.
    tests/words_check.py"""
import glob
import re
import sys

# What not to say, and what to say instead.
WORDS = [(re.compile(pattern), instead) for pattern, instead in (
    (r"\b(convict|acquit|befall|befell)", "prove, show"),
    (r"\bthe way (back|there)\b|\bon the way back\b", "return path, path"),
    (r"\b(several|other) ways\b|\bone way or the other\b",
     "several paths, direction"),
    (r"\bfares? (the same|as)\b", "is removed (dropped, reset) as well"),
    (r"\bnobody knows\b", "an experimental option (kind 253)"),
    (r"\bdr(aws?|ew) (an?|no|it|the|RSTs?|another)\b", "triggers, gets"),
    (r"\bdata level\b", "at the MPTCP level (DATA_ACK)"),
    (r"\b[Aa] MP_", "an MP_..."),
    (r"\bin vain\b|\b(goes|go|fell) silent\b", "unanswered"),
    (r"\bby turns\b", "alternating, in turn"),
    (r"\bcut up\b", "split"),
)]
# Nor may comments send a reader to what is not in the tree.
ELSEWHERE = re.compile(r"design\.md|\breference,? (\d\.\d|point)")
STRING = re.compile(r'/\*.*?\*/|//[^\n]*|\'(?:\\.|[^\'\\\n])*\'|'
                    r'((?:"(?:\\.|[^"\\\n])*"\s*)+)', re.S)


def strings(text):
    """(offset, literals of C that stand side by side, as one)"""
    for match in STRING.finditer(text):
        if match[1]:
            parts = re.findall(r'"((?:\\.|[^"\\\n])*)"', match[1])
            yield match.start(), re.sub(r"\\[nt]", " ", "".join(parts))


def paragraphs(text):
    """(offset, lines that stand side by side, as one)"""
    for match in re.finditer(r"(?:[^\n]+\n)+", text):
        yield match.start(), re.sub(r"\s+", " ", match[0])


def files(*patterns):
    for pattern in patterns:
        for name in sorted(glob.glob(pattern, recursive=True)):
            if "_test." not in name:
                yield name


def complain(name, text, offset, found, instead):
    line = text.count("\n", 0, offset) + 1
    print(f"{name}:{line}: '{found[0]}': {instead}")
    return 1


def check(names, parts):
    wrong = 0
    for name in names:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        for found in ELSEWHERE.finditer(text):
            wrong += complain(name, text, found.start(), found,
                              "say the thing itself")
        for offset, part in parts(text):
            for pattern, instead in WORDS:
                found = pattern.search(part)
                if found:
                    wrong += complain(name, text, offset, found, instead)
    return wrong


def main():
    wrong = check(files("crafting/**/*.[ch]", "report/**/*.[ch]",
                        "probe/**/*.[ch]", "probe/cli/*.def"),
                  strings)
    wrong += check(files("*.md", "docs/*.md", "man/*.[17]", "scenarios/*.lua",
                         "lab/**/*.sh", "lab/lab", "lab/demo",
                         "report/print/golden/*"), paragraphs)
    sys.exit(wrong > 0)


main()
