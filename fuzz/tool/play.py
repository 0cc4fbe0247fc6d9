# SPDX-License-Identifier: ISC
"""play.py: plays a campaign: gives each core a worker, turn after turn, and writes down what came of it."""

import json
import os
import pathlib
import shutil
import signal
import sys
import time

import fuzzers
import runner
import schedule
import state as states
from tree import fail, short

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
FAILURES_MAX = 3   # turns in a row without one execution, then the worker is set aside
SAVE_EVERY_S = 5


def count(number, what):
    return f"{number} {what}{'s' * (number != 1)}"


def copy_inputs(place, tree, target):
    """The seeds as they were when the campaign began."""
    place.inputs.mkdir(parents=True, exist_ok=True)
    for path in tree.inputs(target):
        shutil.copyfile(path, place.inputs / f"{path.parent.parent.name}-{path.name}")
    if not any(place.inputs.iterdir()):
        (place.inputs / "newline").write_bytes(b"\n")


def prepare(tree, state):
    """Builds what is to be played, and copies it: who rebuilds the tree meanwhile changes nothing here."""
    data = state.data
    data["ways"] = []
    for way in ("libfuzzer", "afl"):
        print(f"building {count(len(data['targets']), 'target')} for {way}", flush=True)
        error = tree.build_way(way, data["targets"], jobs=data["cores"])
        if error and way == "libfuzzer":
            fail(error, 4)
        if error:
            print(f"SKIP {way}: {error}")
            continue
        if way == "afl" and not shutil.which("afl-fuzz"):
            print("SKIP afl: afl-fuzz is not installed: ci/setup fuzz")
            continue
        data["ways"].append(way)
    for target in data["targets"]:
        place = fuzzers.Place(state, target, tree)
        copy_inputs(place, tree, target)
        for way in data["ways"]:
            shutil.copy2(tree.folder(way) / "fuzz" / target, place.binary(way))
        mutator = tree.folder("afl") / "fuzz" / f"{target}.mutator.so"
        if mutator.exists():
            shutil.copy2(mutator, place.mutator_file)
    data["revision"] = tree.revision()


class Turn:
    """A worker that plays now."""

    def __init__(self, worker, target, number, seconds):
        self.worker = worker
        self.target = target
        self.number = number
        self.began = time.time()
        self.log = worker.place.base / f"{worker.name}.log"
        self.result = worker.place.base / f"{worker.name}.result"
        self.result.unlink(missing_ok=True)
        self.before = set(worker.artifacts())
        self.pid = runner.begin(worker.command(seconds), worker.env(), self.log, seconds + worker_grace(worker),
                                self.result)

    def told(self):
        try:
            return json.loads(self.result.read_text())
        except (OSError, ValueError):
            return None


def worker_grace(worker):
    """libFuzzer ends by itself; a hanging input of it gets the time to be found."""
    return worker.place.timeout_s * 3 if worker.kind == "libfuzzer" else 0


class Player:
    def __init__(self, tree, state):
        self.tree, self.state, self.data = tree, state, state.data
        count = schedule.instance_count(len(self.data["targets"]), self.data["cores"])
        self.workers = {}
        for target in self.data["targets"]:
            place = fuzzers.Place(state, target, tree)
            for worker in place.instances(count, self.data["ways"]):
                self.workers[target, worker.name] = worker
                state.instance(target, worker.name, worker.kind)["aside"] = None
        self.playing = {}  # (target, name) -> Turn
        self.number = len(state.turns())
        self.ending = False
        self.played_before = self.data["played_s"]
        self.began = time.monotonic()

    def entry(self, key):
        return self.data["instances"][key[0]][key[1]]

    def left_s(self):
        return self.data["wall_s"] - self.data["played_s"]

    def begin_turns(self):
        while not self.ending and len(self.playing) < self.data["cores"] and self.left_s() >= 1:
            now = time.time()
            order = [(*key, self.entry(key)["charged_s"], not self.entry(key)["aside"]) for key in self.workers]
            chosen = schedule.next_worker(order, {k: now - t.began for k, t in self.playing.items()})
            if not chosen:
                return
            key = chosen[:2]
            self.number += 1
            seconds = min(self.data["turn_s"], self.left_s())
            self.playing[key] = Turn(self.workers[key], key[0], self.number, max(1, int(seconds)))

    def look(self, key, turn):
        """Takes over what the worker reports by now. Executions of this turn."""
        entry, report = self.entry(key), turn.worker.report(turn.log)
        if report["edges"] is not None:
            # The first that was ever reported is what the seeds reach.
            begin = report["edges_begin"] or report["edges"]
            entry["edges_begin"] = begin if entry["edges_begin"] is None else entry["edges_begin"]
        if turn.worker.kind == "libfuzzer":
            others = self.data["instances"][key[0]].values()
            if (report["features"] or 0) > max(other["features"] or 0 for other in others):
                entry["last_new"] = time.time()
        elif report.get("last_new"):
            entry["last_new"] = report["last_new"]
        for word in ("edges", "features"):
            if report.get(word) is not None:
                entry[word] = max(report[word], entry[word] or 0)
        for word in ("edges_of", "stability"):
            if report.get(word) is not None:
                entry[word] = report[word]
        if not report["cumulative"]:
            return report["executions"]
        seen = report["executions"]
        return seen - entry["reported"] if seen >= entry["reported"] else seen

    def end_turn(self, key):
        turn = self.playing.pop(key)
        entry, told = self.entry(key), turn.told()
        executions = self.look(key, turn) if told else 0
        report = turn.worker.report(turn.log)
        if report["cumulative"]:
            entry["reported"] = report["executions"]
        cpu_s = states.counted_cpu(told, executions)
        wall_s = told["wall_s"] if told else 0.0
        found = sorted(set(turn.worker.artifacts()) - turn.before)
        entry["cpu_s"] += cpu_s
        entry["wall_s"] += wall_s
        entry["executions"] += executions if cpu_s else 0
        entry["turns"] += 1
        entry["charged_s"] += schedule.charge(cpu_s, wall_s)
        entry["failed"] = 0 if executions else entry["failed"] + 1
        if entry["failed"] >= FAILURES_MAX and not self.ending:
            entry["aside"] = f"no execution in {FAILURES_MAX} turns; see {turn.log}"
        self.state.turn_ended({
            "n": turn.number, "target": key[0], "instance": key[1], "kind": turn.worker.kind,
            "began": turn.began, "ended": time.time(), "cpu_s": round(cpu_s, 3), "wall_s": round(wall_s, 3),
            "executions": executions, "artifacts": found})
        self.state.save()
        if executions:
            self.keep_log(turn, found)

    def keep_log(self, turn, found):
        """The log of a turn that found something is evidence; others are written over."""
        if found:
            turn.log.replace(turn.log.with_suffix(f".{turn.number}.log"))

    def end_all(self):
        self.ending = True
        for turn in self.playing.values():
            os.kill(turn.pid, signal.SIGTERM)

    def reap(self):
        for key, turn in list(self.playing.items()):
            if os.waitpid(turn.pid, os.WNOHANG)[0]:
                self.end_turn(key)

    def run(self):
        """Until the time is over, or a signal comes: the signal, or None."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        why, saved = None, 0.0
        while True:
            self.reap()
            self.data["played_s"] = min(self.data["wall_s"], self.played_before + time.monotonic() - self.began)
            self.begin_turns()
            if not self.playing:
                break
            if self.left_s() <= 0 and not self.ending:
                self.end_all()
            told = signal.sigtimedwait(SIGNALS, 0.5)
            if told and told.si_signo != signal.SIGCHLD and not self.ending:
                why = told.si_signo
                self.end_all()
            if time.monotonic() - saved >= SAVE_EVERY_S:
                saved = time.monotonic()
                live = {key: self.look(key, turn) for key, turn in self.playing.items()}
                self.state.save()
                progress(self.data, live, self.playing)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return why


def progress(data, live, playing):
    """A line that is written over on a terminal, and one a minute elsewhere."""
    all_of = [i for one in data["instances"].values() for i in one.values()]
    total = states.sums(all_of)
    executions = total["executions"] + sum(live.values())
    names = " ".join(sorted(f"{target}/{name.rsplit('-', 1)[1]}" for target, name in playing))
    text = (f"{clock(data['played_s'])} of {clock(data['wall_s'])}  {total['cpu_s'] / 3600:.2f} core-hours  "
            f"{executions:,} executions  {names}")
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:width]:<{width}}", end="", file=sys.stderr, flush=True)
    elif data["played_s"] - progress.last >= 60:
        progress.last = data["played_s"]
        print(text, file=sys.stderr, flush=True)


progress.last = 0.0


def clock(seconds):
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def begin(tree, folder, args):
    """fuzz/campaign start: a new campaign in that folder."""
    state = states.State(folder)
    if (state.folder / "state.json").exists():
        fail(f"{folder} holds a campaign already: `resume` goes on with it, --dir names another folder")
    if not state.try_lock():
        fail(f"somebody plays in {folder} (process {state.player()})")
    targets = tree.chosen(args.targets)
    wall_s = args.minutes * 60 if args.minutes else args.hours * 3600
    state.data = {
        "version": states.VERSION, "id": states.new_id(), "targets": targets, "cores": args.cores, "wall_s": wall_s,
        "timeout_s": args.timeout,
        "played_s": 0.0, "name": args.name, "sync": str(pathlib.Path(args.sync or state.folder / "sync").resolve()),
        "tree": str(tree.root), "began": time.time(), "status": "building", "instances": {},
        "turn_s": schedule.turn_seconds(wall_s, len(targets), args.cores)}
    prepare(tree, state)
    return state


def play(tree, state):
    """Plays until the end. The exit code."""
    data = state.data
    data["status"] = "running"
    state.save()
    print(f"{count(len(data['targets']), 'target')} on {count(data['cores'], 'core')} for "
          f"{clock(data['wall_s'] - data['played_s'])}, "
          f"turns of {int(data['turn_s'])} s, in {short(state.folder)}", flush=True)
    player = Player(tree, state)
    why = player.run()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    data["status"] = "stopped" if why else "done"
    state.save()
    for target, one in data["instances"].items():
        for name, entry in one.items():
            if entry["aside"]:
                print(f"{target}/{name} was set aside: {entry['aside']}", file=sys.stderr)
    if not any(i["executions"] for one in data["instances"].values() for i in one.values()):
        print("fuzz/campaign: nothing was executed", file=sys.stderr)
        return 3
    return 130 if why == signal.SIGINT else 0
