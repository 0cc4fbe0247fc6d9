# SPDX-License-Identifier: ISC
"""ledger.py: how long each target was fuzzed without a finding: fuzz/ledger.json, which is kept in git.

The rules, so that no number is larger than what was done:

- Time is CPU time of fuzzers and targets as wait4 told it, of turns that have ended, at most one second for each
  second of the clock, and of turns in which at least one input was executed.
- Each turn is added once, however often a campaign is resumed and added: the ledger knows how many lines of its
  turns.jsonl it has seen.
- A turn that set aside an input is a finding, unless triage has tried that input and it did not fail again. With the
  first finding a target is back at 0, and stays there until another campaign: a bug that is not mended yet is found
  in each turn, whether a fuzzer says so again or not.
"""

import json
import pathlib
import time

import state as states
from tree import fail

VERSION = 1


def empty():
    return {"version": VERSION, "targets": {}, "campaigns": {}}


def load(path):
    path = pathlib.Path(path)
    if not path.exists():
        return empty()
    try:
        ledger = json.loads(path.read_text())
    except ValueError as error:
        fail(f"{path}: not JSON: {error}; `git checkout` brings the last one back")
    if ledger.get("version") != VERSION:
        fail(f"{path}: version {ledger.get('version')}, this program reads {VERSION}")
    return ledger


def counts(turn):
    """CPU seconds of a turn that count."""
    return states.counted_cpu(turn, turn["executions"])


def is_finding(turn, dropped):
    return any(name not in dropped for name in turn["artifacts"])


def credit(ledger, campaign, turns, triaged, now):
    """Adds the turns of a campaign that are not in the ledger yet. How many."""
    own = ledger["campaigns"].setdefault(campaign["id"], {"turns": 0, "found": []})
    own["revision"] = campaign.get("revision", "unknown")
    new = turns[own["turns"]:]
    dropped = set(triaged["dropped"]) if triaged else set()
    for turn in new:
        one = ledger["targets"].setdefault(turn["target"], {
            "clean_cpu_s": 0.0, "cpu_s": 0.0, "executions": 0, "findings": {}, "last_finding": None,
            "last_played": None})
        cpu_s = counts(turn)
        day = time.strftime("%Y-%m-%d", time.gmtime(turn["ended"]))
        one["cpu_s"] = round(one["cpu_s"] + cpu_s, 3)
        if cpu_s:
            one["executions"] += turn["executions"]
            one["last_played"] = day
        if is_finding(turn, dropped):
            one["clean_cpu_s"] = 0.0
            one["last_finding"] = day
            own["found"] = sorted({*own["found"], turn["target"]})
        elif turn["target"] not in own["found"]:
            one["clean_cpu_s"] = round(one["clean_cpu_s"] + cpu_s, 3)
    own["turns"] = len(turns)
    for found in (triaged or {"buckets": []})["buckets"]:
        if found["target"] in ledger["targets"]:
            day = time.strftime("%Y-%m-%d", time.gmtime(now))
            ledger["targets"][found["target"]]["findings"].setdefault(found["id"], {"key": found["key"], "day": day})
    return len(new)


def table(ledger, targets):
    """Lines for people, and the sum."""
    lines = [f"{'target':<16} {'clean core-hours':>16} {'all core-hours':>14} {'executions':>16}  "
             "findings  last finding"]
    total = {"clean": 0.0, "all": 0.0, "executions": 0}
    gone = [t for t in ledger["targets"] if t not in targets]
    for name in [*targets, *sorted(gone)]:
        one = ledger["targets"].get(name)
        if not one:
            lines.append(f"{name:<16} {'never played':>16}")
            continue
        last = (one["last_finding"] or "none") + ("  (no target any more)" if name in gone else "")
        lines.append(f"{name:<16} {one['clean_cpu_s'] / 3600:16.3f} {one['cpu_s'] / 3600:14.3f} "
                     f"{one['executions']:16,}  {len(one['findings']):8}  {last}")
        for word, key in (("clean", "clean_cpu_s"), ("all", "cpu_s")):
            total[word] += one[key] / 3600
        total["executions"] += one["executions"]
    lines.append(f"{'all':<16} {total['clean']:16.3f} {total['all']:14.3f} {total['executions']:16,}")
    return lines
