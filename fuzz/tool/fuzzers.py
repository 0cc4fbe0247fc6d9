# SPDX-License-Identifier: ISC
"""fuzzers.py: libFuzzer and AFL++ as a campaign uses them: command lines, and what they report.

All workers on a target stand beside each other in its sync folder, as AFL++ wants it (NAME is --name):

    SYNC/TARGET/NAME-main, NAME-s1, ...   AFL++, each with queue/, crashes/, hangs/, fuzzer_stats
    SYNC/TARGET/NAME-libfuzzer/queue      what all libFuzzer processes write, and AFL++'s main reads (-F)

libFuzzer reads copies of all of it when its turn begins (targets/TARGET/import), and re-reads its own folder while it
runs. It ends with its first finding, so what it found must not be among what it reads: AFL++, without sanitizers, may
well take the same for a good input.
"""

import hashlib
import os
import pathlib
import re

MEMORY_MB = 2048
# libFuzzer looks through its list of rare features for each feature of each run. With a target that has twenty thousand
# of them, half of the time goes there, until all have been met so often.
ENTROPY = "-entropic_feature_frequency_threshold=16"
SCHEDULES = ("explore", "coe", "rare", "lin", "exploit", "quad")  # of the secondaries; the main has `fast`

AFL_ENV = {
    "AFL_NO_UI": "1", "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_AUTORESUME": "1", "AFL_IMPORT_FIRST": "1",
    "AFL_SYNC_TIME": "1", "AFL_FAST_CAL": "1", "AFL_NO_CRASH_README": "1", "AFL_FORKSRV_INIT_TMOUT": "30000",
}
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=1:symbolize=1:detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "abort_on_error=1:print_stacktrace=1:halt_on_error=1",
}


class LibFuzzer:
    """libFuzzer with ASan and UBSan."""

    kind = "libfuzzer"

    def __init__(self, place, number):
        self.place = place
        self.name = f"{place.name}-lf{number}"
        self.queue = place.sync / f"{place.name}-libfuzzer" / "queue"

    def command(self, seconds):
        self.queue.mkdir(parents=True, exist_ok=True)
        self.place.artifacts.mkdir(parents=True, exist_ok=True)
        words = [self.place.binary("libfuzzer"), f"-max_total_time={int(seconds)}", "-print_final_stats=1",
                 "-reload=1", f"-timeout={self.place.timeout_s}", f"-rss_limit_mb={MEMORY_MB}", "-verbosity=1",
                 f"-artifact_prefix={self.place.artifacts}/", ENTROPY]
        if self.place.dictionary:
            words.append(f"-dict={self.place.dictionary}")
        return [str(w) for w in [*words, self.queue, self.import_others()]]

    def import_others(self):
        """The folder of copies of what AFL++ and other machines have, and the seeds; named as libFuzzer would."""
        folder, bad = self.place.base / "import", set(self.artifacts())
        folder.mkdir(exist_ok=True)
        for path in [*self.place.inputs.iterdir(), *self.place.sync.glob("*/queue/*")]:
            if path.parent == self.queue or not path.is_file() or str(path) in self.place.imported:
                continue
            self.place.imported.add(str(path))
            try:
                data = path.read_bytes()
            except OSError:  # AFL++ renames while we look
                continue
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
        for name in bad:
            (folder / name).unlink(missing_ok=True)
            (self.queue / name).unlink(missing_ok=True)
        return folder

    def env(self):
        return {**os.environ, **SANITIZERS}

    def report(self, log):
        return libfuzzer_report(read(log))

    def artifacts(self):
        # That a unit was slow it says of anything on a busy machine.
        return {sha1(p): p for p in self.place.artifacts.glob("*") if not p.name.startswith("slow-unit-")}


class Afl:
    """AFL++, persistent and fed through shared memory. Number 0 is the main one, and has the foreign folder."""

    kind = "afl"

    def __init__(self, place, number):
        self.place = place
        self.number = number
        self.name = f"{place.name}-{f's{number}' if number else 'main'}"
        self.out = place.sync / self.name

    def command(self, seconds):
        del seconds  # with -V the turns before would count as well; the runner ends it
        words = ["afl-fuzz", "-i", self.place.inputs, "-o", self.place.sync, "-t", f"{self.place.timeout_s * 1000}",
                 "-m", "none"]
        if self.number:
            words += ["-S", self.name, "-p", SCHEDULES[(self.number - 1) % len(SCHEDULES)]]
        else:
            foreign = self.place.sync / f"{self.place.name}-libfuzzer" / "queue"
            foreign.mkdir(parents=True, exist_ok=True)
            words += ["-M", self.name, "-F", foreign]
        if self.place.dictionary:
            words += ["-x", self.place.dictionary]
        return [str(w) for w in [*words, "--", self.place.binary("afl")]]

    def env(self):
        file = self.place.mutator_file
        more = {"AFL_CUSTOM_MUTATOR_LIBRARY": str(file)} if file.exists() else {}
        return {**os.environ, **AFL_ENV, **more}

    def report(self, log):
        del log
        return afl_report(read(self.out / "fuzzer_stats"))

    def artifacts(self):
        # When it goes on after a stop, AFL++ renames the folders it had.
        return {sha1(p): p for kind in ("crashes", "hangs") for p in sorted(self.out.glob(f"{kind}*/id:*"))}


def sha1(path):
    """What libFuzzer calls an input."""
    return hashlib.sha1(pathlib.Path(path).read_bytes()).hexdigest()


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def libfuzzer_report(text):
    """Executions of the turn, edges when the corpus was read and at last, from what libFuzzer printed."""
    final = re.findall(r"^stat::number_of_executed_units: +(\d+)", text, re.M)
    seen = re.findall(r"^#(\d+)\s", text, re.M)
    executions = int(final[-1]) if final else int(seen[-1]) if seen else 0
    cov = re.findall(r"^#\d+\s+(\w+) +cov: (\d+) ft: (\d+)", text, re.M)
    inited = [int(c) for event, c, _ in cov if event == "INITED"]
    return {"executions": executions, "cumulative": False, "edges_begin": inited[0] if inited else None,
            "edges": max((int(c) for _, c, _ in cov), default=None),
            "features": max((int(f) for _, _, f in cov), default=None)}


def afl_report(text):
    """The same of AFL++'s fuzzer_stats; executions are of all its turns together."""
    stats = dict(re.findall(r"^(\w+) *: *(.*?) *$", text, re.M))

    def number(key):
        value = re.match(r"\d+", stats.get(key, ""))
        return int(value.group()) if value else None
    return {"executions": number("execs_done") or 0, "cumulative": True, "edges_begin": None,
            "edges": number("edges_found"), "edges_of": number("total_edges"),
            "stability": stats.get("stability"), "last_new": number("last_find") or None}


class Place:
    """Where a target's workers stand: its programs, its inputs, its sync folder."""

    def __init__(self, state, target, tree):
        self.base = state.folder.resolve() / "targets" / target
        self.sync = pathlib.Path(state.data["sync"], target)
        self.name = state.data["name"]
        self.timeout_s = state.data["timeout_s"]  # an input that takes longer hangs
        self.inputs = self.base / "in"
        self.artifacts = self.base / "artifacts"
        self.imported = set()  # paths that libFuzzer's import folder has
        self.dictionary = tree.dictionary(target)
        self.mutator_file = self.base / "mutator.so"  # of targets that have one: fuzz/mutate/core.h

    def binary(self, way):
        return self.base / way

    def instances(self, count, ways):
        """So many workers, of both kinds where both are built: libFuzzer, AFL++'s main, libFuzzer, ..."""
        made = []
        for n in range(count):
            kinds = [k for k in (LibFuzzer, Afl) if k.kind in ways]
            kind = kinds[n % len(kinds)]
            made.append(kind(self, n // len(kinds)))
        return made
