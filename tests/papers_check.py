#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what the papers name to the tree: files, folders, functions, structs
and constants in backticks are there. Prints what is not.
    tests/papers_check.py"""
import glob
import os
import re
import sys

PAPERS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"]
CODE = ["crafting", "report", "probe", "lab", "tests", "scenarios", "pcaps",
        "packaging"]
NAMED = re.compile(r"`([^`\n]+)`")


def read(names):
    text = {}
    for name in names:
        with open(name, encoding="utf-8", errors="replace") as file:
            text[name] = file.read()
    return text


def sources():
    names = [name for layer in CODE for kind in ("c", "h", "py", "sh")
             for name in glob.glob(f"{layer}/**/*.{kind}", recursive=True)]
    return read(names + ["Makefile", "lab/lab", "lab/check"])


def is_there(name, code):
    """None: it is no name of a thing."""
    if "NAME" in name or "DIR" in name or " " in name and "struct " not in name:
        return None
    if re.fullmatch(r"[\w.]+(/[\w.*]*)+|[\w]+\.(c|h|py|sh|md|bats|json)", name):
        return bool(glob.glob(name) or glob.glob(f"**/{name}", recursive=True)
                    or glob.glob(f"build/{name}"))
    word = re.fullmatch(r"(?:struct )?(\w+)(?:\(\))?", name)
    if word and (name.startswith("struct ") or name.endswith("()")
                 or re.fullmatch(r"[A-Z][A-Z_]{3,}", name)):
        return bool(re.search(rf"\b{word[1]}\b", code))
    return None


def main():
    code = "\n".join(sources().values())
    wrong = 0
    for paper, text in read(filter(os.path.exists, PAPERS)).items():
        for found in NAMED.finditer(text):
            if is_there(found[1], code) is False:
                line = text.count("\n", 0, found.start()) + 1
                print(f"{paper}:{line}: {found[1]} is not there")
                wrong += 1
    sys.exit(wrong > 0)


main()
