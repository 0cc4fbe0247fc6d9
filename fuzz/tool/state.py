# SPDX-License-Identifier: ISC
"""state.py: what a campaign writes down, so that it can be stopped, resumed and reported.

    DIR/state.json    the campaign: what was asked for, and the sums so far; replaced as a whole
    DIR/turns.jsonl   one line for each turn that has ended; only ever appended to. The ledger reads it.
    DIR/targets/T/    programs (copies), inputs, logs, artifacts of libFuzzer
    DIR/sync/T/       corpora (fuzzers.py), if --sync names no other folder

Times are seconds; points in time are seconds since 1970.
"""

import fcntl
import json
import os
import pathlib
import time

from tree import fail

VERSION = 1


def write_json(path, data):
    """Replaces the file as a whole: who reads it sees the old one or the new one."""
    path = pathlib.Path(path)
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    new.rename(path)


def counted_cpu(told, executions):
    """The CPU seconds of a turn that count: measured, of a run that did execute, and at most one core."""
    if not told or executions <= 0:
        return 0.0
    return max(0.0, min(told["cpu_s"], told["wall_s"]))


def new_id():
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + f"-{os.urandom(3).hex()}"


class State:
    """A campaign's folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.data = {}
        self.lock = None

    @classmethod
    def load(cls, folder):
        self = cls(folder)
        path = self.folder / "state.json"
        try:
            self.data = json.loads(path.read_text())
        except OSError as error:
            fail(f"{path}: {error.strerror}; `fuzz/campaign start` begins a campaign, --dir names its folder")
        except ValueError as error:
            fail(f"{path}: not a campaign's state: {error}")
        if self.data.get("version") != VERSION:
            fail(f"{path}: version {self.data.get('version')}, this program reads {VERSION}")
        return self

    def save(self):
        write_json(self.folder / "state.json", self.data)

    def try_lock(self):
        """Takes the folder for this process. False: another one plays in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / "lock", "a+", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.lock.seek(0)
        self.lock.truncate()
        self.lock.write(f"{os.getpid()}\n")
        self.lock.flush()
        return True

    def player(self):
        """Process id of who plays in this folder, or None."""
        try:
            with open(self.folder / "lock", encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return None
                except BlockingIOError:
                    return int(lock.read() or 0) or None
        except OSError:
            return None

    def instance(self, target, name, kind):
        found = self.data["instances"].setdefault(target, {})
        return found.setdefault(name, {
            "kind": kind, "cpu_s": 0.0, "wall_s": 0.0, "executions": 0, "reported": 0, "turns": 0, "charged_s": 0.0,
            "failed": 0, "aside": None, "edges_begin": None, "edges": None, "last_new": None, "features": None})

    def turn_ended(self, turn):
        """Appends to turns.jsonl, for good."""
        with open(self.folder / "turns.jsonl", "a", encoding="utf-8") as out:
            out.write(json.dumps(turn, sort_keys=True) + "\n")
            out.flush()
            os.fsync(out.fileno())

    def turns(self):
        """All turns that have ended. A last line without an end was never whole, and is left out."""
        try:
            text = (self.folder / "turns.jsonl").read_text(encoding="utf-8")
        except OSError:
            return []
        return [json.loads(line) for line in text.split("\n")[:-1]]


def sums(instances):
    """CPU seconds, executions and turns of some instances together."""
    keys = ("cpu_s", "executions", "turns")
    return {key: sum(i[key] for i in instances) for key in keys}
