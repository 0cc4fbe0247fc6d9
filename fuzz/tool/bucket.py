# SPDX-License-Identifier: ISC
"""bucket.py: what a run that failed has in common with others: which bug it is, from what it printed. Pure.

A bucket has a kind and a key. Two inputs with the same key, on the same target, are one finding:

    invariant   the sentence of HOLDS() that did not hold (fuzz/fuzz.h)
    memory, undefined, signal, leak
                what the sanitizer calls it, and the innermost three functions below the target
    hang        the outermost function below the target: the inner ones depend on when the alarm came
    out-of-memory
                the same

Lines and addresses are not part of a key: they move with every change of the source.
"""

import hashlib
import re

FRAME = re.compile(r"^ *#\d+ 0x[0-9a-f]+ in (\S+) (\S+?\.[ch])((?::\d+)*)(?: .*)?$", re.M)
OURS = re.compile(r"(?:^|/)((?:bytes|ref|harness|fuzz|lab|vm-images)/[^ ]*)$")
# Functions that stand in every trace, and say nothing.
NOBODY = {"fuzz_broken", "LLVMFuzzerTestOneInput"}
INVARIANT = re.compile(r"^fuzz: broken invariant: (.*?): (.*) \((\S+:\d+)\)$", re.M)
UNDEFINED = re.compile(r"^\S+?:\d+:\d+: runtime error: (.*)$", re.M)
ASAN = re.compile(r"ERROR: AddressSanitizer: ([A-Za-z-]+)")


def frames(text):
    """The functions of ours in the first trace that has any, innermost first, each once in a row."""
    names = []
    for block in re.split(r"\n(?! *#\d)", text):
        for name, path, _ in FRAME.findall(block):
            if OURS.search(path) and name not in NOBODY and names[-1:] != [name]:
                names.append(name)
        if names:
            return names
    return names


def plain(message):
    """A message of UBSan without what differs from run to run."""
    return re.sub(r"0x[0-9a-f]+|-?\b\d+\b", "N", message)


def place(names):
    return " < ".join(names) if names else "no function of ours"


def where(text):
    """What was accessed, and the innermost line of ours, for people: it is no part of a key."""
    access = re.search(r"^((?:READ|WRITE) of size \d+)", text, re.M)
    lines = [OURS.search(path).group(1) + at for _, path, at in FRAME.findall(text) if OURS.search(path)]
    return ", ".join([access.group(1)] * bool(access) + lines[:1])


def classify(text, status, timed_out=False):
    """(kind, key, what was said) of a run, or None if nothing was wrong. `status` as of subprocess."""
    names = frames(text)
    inner = place(names[:3])
    found = INVARIANT.search(text)
    if found:
        return "invariant", found.group(1), f"{found.group(2)} ({found.group(3)})"
    if timed_out or "ERROR: libFuzzer: timeout" in text:
        return "hang", f"hang in {place(names[-1:])}", "it takes longer than the limit"
    if "ERROR: libFuzzer: out-of-memory" in text:
        return "out-of-memory", f"out of memory in {place(names[-1:])}", "it takes more than the limit"
    found = UNDEFINED.search(text)
    if found:
        return "undefined", f"{plain(found.group(1))} in {inner}", found.group(1)
    found = ASAN.search(text)
    if found:
        if found.group(1) == "stack-overflow":
            return "memory", f"stack-overflow in {place(sorted(set(names[:20])))}", "recursion without an end"
        return "memory", f"{found.group(1)} in {inner}", where(text)
    if "ERROR: LeakSanitizer" in text:
        return "leak", f"leak of {inner}", first_line(text, "Direct leak")
    if status < 0 or "deadly signal" in text:
        return "signal", f"signal in {inner}", f"ended by signal {-status}" if status < 0 else "deadly signal"
    return ("exit", f"exit {status} in {inner}", f"ended with status {status}") if status else None


def first_line(text, what):
    return next((re.sub(r"^==\d+== *", "", line).strip() for line in text.splitlines() if what in line), "")


def bucket_id(target, kind, key):
    """A short name that is the same in every campaign."""
    return hashlib.sha256(f"{target}\0{kind}\0{key}".encode()).hexdigest()[:8]


def slug(text, most=40):
    """A name for files and rows: letters, digits, hyphens."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words if len(words) <= most else words[:most].rsplit("-", 1)[0]
