#!/usr/bin/python3 -B
# SPDX-License-Identifier: ISC
"""found.py: frames that fuzzing found: those of found.txt. pcaps/frames.py says how it is called."""
import pathlib
import sys

from frames import main


def frames():
    for line in pathlib.Path(__file__).with_name("found.txt").read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            name, data = line.split()
            yield name, bytes.fromhex(data)


if __name__ == "__main__":
    sys.exit(main(__file__, __doc__, frames()))
