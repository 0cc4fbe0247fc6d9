# SPDX-License-Identifier: ISC
"""triage.py: reproduces what a campaign found, and puts it into buckets.

Each input is run up to three times by the sanitized program of its target, and where that finds nothing wrong, by
AFL++'s. What never fails again is dropped. A finding whose smallest input does not fail in each run is kept, and marked
unsteady: a target must not depend on anything but its input.

    DIR/triage.json              all buckets, and what was dropped
    DIR/findings/T-ID/input      the smallest input of a bucket (or what `minimise` made of it)
    DIR/findings/T-ID/output     what its run printed
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import bucket
import fuzzers
import state as states
from tree import short

TRIES = 3
INPUTS_MAX = 400  # of a target; the smallest are looked at


def run_once(place, way, path):
    """Plays one input. What bucket.classify says, and the output."""
    words = [str(place.binary(way)), str(path)]
    afl = way == "afl"
    if not afl:
        words[1:1] = [f"-timeout={place.timeout_s}", f"-rss_limit_mb={fuzzers.MEMORY_MB}"]
    env = {**os.environ, **fuzzers.SANITIZERS}
    with tempfile.TemporaryDirectory() as folder:
        words[1:1] = [] if afl else [f"-artifact_prefix={folder}/"]
        try:
            done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=place.timeout_s * 3 + 5, check=False)
            text, status, late = done.stdout.decode(errors="replace"), done.returncode, False
        except subprocess.TimeoutExpired as error:
            text, status, late = (error.stdout or b"").decode(errors="replace"), -9, True
    return bucket.classify(text, status, late), text


def reproduce(place, path):
    """(kind, key, what was said, output) of the first run that fails, or None when all go well."""
    for way in ("libfuzzer", "afl"):
        if place.binary(way).exists():
            for _ in range(TRIES):
                found, text = run_once(place, way, path)
                if found:
                    return (*found, text)
    return None


def is_steady(place, one):
    """Whether the smallest input of a bucket fails the same way in each run."""
    tries = 1 if one["kind"] == "hang" else TRIES  # each costs the whole timeout
    for way in ("libfuzzer", "afl"):
        if place.binary(way).exists():
            runs = [run_once(place, way, one["input"])[0] for _ in range(tries)]
            if all(run and run[:2] == (one["kind"], one["key"]) for run in runs):
                return True
    return False


def collect(place):
    """All that fuzzers set aside for a target: {sha1: (size, path)}, the smallest first."""
    paths = sorted(place.artifacts.glob("*")) if place.artifacts.is_dir() else []
    for kind in ("crashes*", "hangs*"):
        paths += sorted(place.sync.glob(f"{place.name}-*/{kind}/id:*"))
    # libFuzzer only notes that these were slow; it says so of anything on a busy machine.
    found = {fuzzers.sha1(p): (p.stat().st_size, p) for p in paths if not p.name.startswith("slow-unit-")}
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))


def triage_target(place, target, jobs):
    """The buckets of a target, what was dropped (sha1), and how many were not looked at."""
    inputs = collect(place)
    chosen = dict(list(inputs.items())[:INPUTS_MAX])
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = dict(zip(chosen, pool.map(lambda one: reproduce(place, one[1]), chosen.values())))
    buckets, dropped = {}, []
    for digest, (size, path) in chosen.items():
        if not results[digest]:
            dropped.append(digest)
            continue
        kind, key, said, text = results[digest]
        name = bucket.bucket_id(target, kind, key)
        one = buckets.setdefault(name, {
            "id": name, "target": target, "kind": kind, "key": key, "said": said, "inputs": 0, "sha1": [],
            "size": size, "input": str(path), "first_seen": path.stat().st_mtime, "text": text})
        one["inputs"] += 1
        one["sha1"].append(digest)
        one["first_seen"] = min(path.stat().st_mtime, one["first_seen"])
    for one in buckets.values():
        one["unsteady"] = not is_steady(place, one)
    return list(buckets.values()), dropped, len(inputs) - len(chosen)


def keep(folder, one):
    """The bucket's own folder: its smallest input, and what the run said."""
    own = pathlib.Path(folder, "findings", f"{one['target']}-{one['id']}")
    own.mkdir(parents=True, exist_ok=True)
    if not (own / "minimised").exists():
        shutil.copyfile(one["input"], own / "input")
        (own / "output").write_text(one.pop("text"))
    one.pop("text", None)
    one["folder"] = str(own)
    one["size"] = (own / "input").stat().st_size


def triage(state, places, jobs):
    """Writes DIR/triage.json and returns it."""
    done = {"version": 1, "campaign": state.data["id"], "at": time.time(), "buckets": [], "dropped": [], "left": 0}
    for target, place in places.items():
        buckets, dropped, left = triage_target(place, target, jobs)
        for one in buckets:
            keep(state.folder, one)
        done["buckets"] += buckets
        done["dropped"] += dropped
        done["left"] += left
    done["buckets"].sort(key=lambda one: (one["target"], one["kind"], one["key"]))
    states.write_json(state.folder / "triage.json", done)
    return done


def show(done):
    for one in done["buckets"]:
        unsteady = "  UNSTEADY: not in every run" if one["unsteady"] else ""
        print(f"{one['id']}  {one['target']:<14} {one['kind']:<10} {one['inputs']:4} inputs, smallest {one['size']} "
              f"bytes{unsteady}")
        for line in (one["key"], one["said"], f"{short(one['folder'])}/input"):
            print(f"          {line}")
    left = f", {done['left']} not looked at" if done["left"] else ""
    count = len(done["buckets"])
    print(f"{count} finding{'s' * (count != 1)}, {len(done['dropped'])} inputs dropped: they did not fail again{left}")
