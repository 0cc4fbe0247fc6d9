# SPDX-License-Identifier: ISC
"""tree.py: what fuzz/campaign knows of the source tree: targets, their inputs, and how they are built."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# The ways of fuzz/build.mk that a campaign uses: words for make, and the program without which there is none.
WAYS = {
    "libfuzzer": (["CC=clang", "SAN=address,undefined", "CFLAGS=-O1 -g"], "clang"),
    "afl": (["CC=afl-clang-fast", "CFLAGS=-O2"], "afl-clang-fast"),
}


def fail(text, code=2):
    print(f"fuzz/campaign: {text}", file=sys.stderr)
    sys.exit(code)


def short(path):
    """A path as a person here would write it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


class Tree:
    """A source tree: the one this file stands in, or another that was made like it (--tree)."""

    def __init__(self, root=ROOT, build="build"):
        self.root = pathlib.Path(root).resolve()
        self.build = build

    def variable(self, name):
        """The words of a variable of the Makefile."""
        done = subprocess.run(
            ["make", "--no-print-directory", "-s", "--eval", f"fuzz-words: ; @echo $({name})", "fuzz-words"],
            cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            fail(f"make cannot read {self.root}/fuzz/build.mk:\n{done.stderr}", 4)
        return done.stdout.split()

    def targets(self):
        return list(dict.fromkeys(self.variable("FUZZ_TARGETS")))

    def chosen(self, wanted):
        """The targets of a list with commas; all without one."""
        there = self.targets()
        names = [n for n in (wanted or "").split(",") if n] or there
        for name in names:
            if name not in there:
                fail(f"there is no target {name}: fuzz/targets.mk has {', '.join(there)}")
        return names

    def folder(self, way):
        return pathlib.Path(self.root, self.build, way)

    def build_way(self, way, targets, jobs=2):
        """Builds those targets one way. What make said if it failed, else None."""
        words, needed = WAYS[way]
        if not shutil.which(needed):
            return f"{needed} is not installed: ci/setup fuzz"
        b = f"{self.build}/{way}"
        command = ["make", "--no-print-directory", f"-j{jobs}", f"FUZZ={way}", f"B={b}", *words]
        command += [f"{b}/fuzz/{t}" for t in targets]
        if way == "afl":  # of libFuzzer they are linked in
            command += [f"{b}/fuzz/{t}.mutator.so" for t in self.variable("MUTATED") if t in targets]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False,
                              env={**os.environ, "AFL_QUIET": "1"})
        return f"{' '.join(command)}\n{done.stdout}{done.stderr}" if done.returncode else None

    def inputs(self, target):
        """The seeds of a target and the regressions of what was found, in the order of their names."""
        found = []
        for kind in ("seeds", "found"):
            folder = self.root / "fuzz" / kind / target
            if folder.is_dir():
                found += sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
        return found

    def dictionary(self, target):
        path = self.root / "fuzz" / "dict" / f"{target}.dict"
        return path if path.is_file() else None

    def revision(self):
        """The commit, with a + where files differ from it; "unknown" outside of git."""
        def git(*words):
            return subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=False)
        head = git("rev-parse", "--short=12", "HEAD")
        if head.returncode:
            return "unknown"
        changed = git("status", "--porcelain", "--untracked-files=no").stdout.strip()
        return head.stdout.strip() + ("+" if changed else "")
