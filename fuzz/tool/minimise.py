# SPDX-License-Identifier: ISC
"""minimise.py: makes findings small, and corpora.

A finding stays in its bucket: what libFuzzer or afl-tmin made of an input is taken only if it is smaller and fails
the same way. Then pieces are cut out, from halves down to bytes, by the same rule.
"""

import hashlib
import os
import pathlib
import subprocess
import tempfile
import time

import fuzzers
import triage

FILES_MAX = 200  # of a target's seeds
MERGE_TIMEOUT_S = 900


def minimise_bucket(place, one, seconds):
    """Replaces the input of a bucket by a smaller one. (bytes before, bytes now)."""
    path = pathlib.Path(one["folder"], "input")
    before = path.read_bytes()
    deadline = time.monotonic() + seconds
    way = "libfuzzer" if fails_like(place, "libfuzzer", before, one) else "afl"
    best = before
    if one["kind"] != "hang":  # each of their runs would be a hang
        made = by_libfuzzer(place, before, seconds / 3) if way == "libfuzzer" else by_afl(place, before, seconds / 3)
        if made is not None and len(made) < len(best) and fails_like(place, way, made, one):
            best = made
    best = by_cutting(best, lambda data: fails_like(place, way, data, one), deadline)
    if len(best) < len(before):
        path.write_bytes(best)
        _, text = triage.run_once(place, way, path)
        path.with_name("output").write_text(text)
    path.with_name("minimised").touch()
    one["size"] = len(best)
    return len(before), len(best)


def fails_like(place, way, data, one):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        found, _ = triage.run_once(place, way, file.name)
    return bool(found) and found[:2] == (one["kind"], one["key"])


def bounded(words, env, seconds):
    try:
        subprocess.run([str(w) for w in words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        pass


def by_libfuzzer(place, data, seconds):
    with tempfile.TemporaryDirectory() as folder:
        path, out = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        path.write_bytes(data)
        bounded([place.binary("libfuzzer"), "-minimize_crash=1", f"-max_total_time={max(1, int(seconds))}",
                 f"-timeout={place.timeout_s}", f"-rss_limit_mb={fuzzers.MEMORY_MB}",
                 f"-artifact_prefix={folder}/", f"-exact_artifact_path={out}", path],
                {**os.environ, **fuzzers.SANITIZERS}, seconds * 2 + 10)
        return out.read_bytes() if out.exists() else None


def by_afl(place, data, seconds):
    with tempfile.TemporaryDirectory() as folder:
        path, out = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        path.write_bytes(data)
        bounded(["afl-tmin", "-i", path, "-o", out, "-m", "none", "--", place.binary("afl")],
                {**os.environ, **fuzzers.AFL_ENV}, seconds * 2 + 10)
        return out.read_bytes() if out.exists() else None


def by_cutting(data, same, deadline):
    """Cuts pieces out as long as it stays the same, until the deadline."""
    step = max(1, len(data) // 2)
    while data and time.monotonic() < deadline:
        at, cut = 0, False
        while at < len(data) and time.monotonic() < deadline:
            shorter = data[:at] + data[at + step:]
            if same(shorter):
                data, cut = shorter, True
            else:
                at += step
        if step == 1 and not cut:
            break
        step = max(1, step // 2)
    return data


def features_of(place, folders, control):
    """{path: (bytes, features)} of all inputs in these folders, as libFuzzer's merge finds them."""
    with tempfile.TemporaryDirectory() as out:
        words = [place.binary("libfuzzer"), "-set_cover_merge=1", f"-merge_control_file={control}",
                 f"-timeout={place.timeout_s}", f"-rss_limit_mb={fuzzers.MEMORY_MB}", f"-artifact_prefix={out}/", out,
                 *folders]
        try:
            done = subprocess.run([str(w) for w in words], env={**os.environ, **fuzzers.SANITIZERS},
                                  capture_output=True, timeout=MERGE_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"merging took longer than {MERGE_TIMEOUT_S} s") from error
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    return read_control(control.read_text())


def read_control(text):
    """A control file: two numbers, the names of all files, and for each that was played STARTED, FT and COV."""
    lines = text.splitlines()
    names, sizes, reached = lines[2:2 + int(lines[0])], {}, {}
    for line in lines[2 + int(lines[0]):]:
        kind, number, *rest = line.split()
        path = pathlib.Path(names[int(number)])
        if kind == "STARTED":
            sizes[path] = int(rest[0])
        elif kind == "FT":
            reached[path] = frozenset(map(int, rest))
    return {path: (sizes[path], reached[path]) for path in reached}


def choose(inputs, kept, most):
    """The inputs that are kept: first those of `kept`, then each the one that adds most, a smaller one before a larger.

    inputs: {path: (bytes, features)}. A feature is an edge and how often it was passed, in eight classes; edges come
    first. What adds nothing is left out, and so is what does not fit `most`.
    """
    chosen = sorted((p for p in inputs if p in kept), key=str)[:most]
    for of in (lambda f: f // 8, lambda f: f):
        sets = {p: {of(f) for f in features} for p, (_, features) in inputs.items()}
        covered = set().union(*(sets[p] for p in chosen))
        rest = sorted((p for p in inputs if p not in chosen), key=lambda p: (inputs[p][0], str(p)))
        while rest and len(chosen) < most:
            best = max(rest, key=lambda p: len(sets[p] - covered))
            if not sets[best] - covered:
                break
            chosen.append(best)
            rest.remove(best)
            covered |= sets[best]
    return chosen


def corpus(place, tree, target, most=FILES_MAX):
    """Replaces fuzz/seeds/TARGET by the best of all inputs. (files before, inputs that were played, files now)."""
    seeds = tree.root / "fuzz" / "seeds" / target
    seeds.mkdir(parents=True, exist_ok=True)
    before = {p: p.read_bytes() for p in sorted(seeds.iterdir()) if p.is_file()}
    # A name that says what the input is was given by a person.
    kept = {p for p, data in before.items() if p.name != hashlib.sha1(data).hexdigest()}
    with tempfile.TemporaryDirectory() as folder:
        inputs = features_of(place, [seeds, place.inputs, *sorted(place.sync.glob("*/queue"))],
                             pathlib.Path(folder, "control"))
        # What a person named stays, also when it fails and merging leaves it out.
        chosen = {**{p: before[p] for p in kept}, **{p: p.read_bytes() for p in choose(inputs, kept, most)}}
    for path in before:
        path.unlink()
    for path, data in chosen.items():
        name = path.name if path in kept else hashlib.sha1(data).hexdigest()
        (seeds / name).write_bytes(data)
    return len(before), len(inputs), len(list(seeds.iterdir()))
