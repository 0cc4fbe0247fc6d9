# SPDX-License-Identifier: ISC
"""commands.py: what fuzz/campaign does with a campaign that has been played, or is."""

import fcntl
import json
import os
import pathlib
import time

import fuzzers
import ledger
import minimise as minimiser
import play
import regression as regressions
import report as reports
import state as states
import triage as triager
from tree import fail, short


def places_of(state, tree):
    return {target: fuzzers.Place(state, target, tree) for target in state.data["targets"]}


def triaged_of(state):
    path = state.folder / "triage.json"
    return json.loads(path.read_text()) if path.exists() else None


def status(state, tree, args):
    del tree, args
    data, pid = state.data, state.player()
    said = f"played by process {pid}" if pid else data["status"]
    if not pid and said == "running":
        said = "was killed; `resume` goes on with it"
    print(f"campaign {data['id']} of {data.get('revision', '?')}: {said}, {play.clock(data['played_s'])} of "
          f"{play.clock(data['wall_s'])} on {data['cores']} cores, in {state.folder}")
    print(reports.markdown(reports.make(state, triaged_of(state))).split("\n## ")[0].split("\n\n", 2)[2].rstrip())
    return 0


def triage(state, tree, args):
    del args
    if state.player():
        print("it is being played: what is found from now on is not in it")
    done = triager.triage(state, places_of(state, tree), state.data["cores"])
    triager.show(done)
    return 1 if done["buckets"] else 0


def buckets(state, wanted):
    """Those buckets of the last triage; all without names."""
    done = triaged_of(state)
    if not done:
        fail(f"{state.folder} is not triaged: fuzz/campaign triage")
    names = [one["id"] for one in done["buckets"]]
    for name in wanted:
        if name not in names:
            fail(f"there is no finding {name}; triage found {', '.join(names) or 'none'}")
    return done, [one for one in done["buckets"] if not wanted or one["id"] in wanted]


def minimise(state, tree, args):
    places = places_of(state, tree)
    if args.corpus:
        for target in tree.chosen(args.targets) if args.targets else state.data["targets"]:
            try:
                before, merged, now = minimiser.corpus(places[target], tree, target)
            except RuntimeError as error:
                print(f"{target}: its seeds are as they were: {error}")
                return 1
            print(f"fuzz/seeds/{target}: {before} files; {merged} inputs were played, {now} files now")
        return 0
    done, chosen = buckets(state, args.findings)
    for one in chosen:
        before, now = minimiser.minimise_bucket(places[one["target"]], one, args.seconds)
        print(f"{one['id']}  {one['target']}: {before} -> {now} bytes  {short(one['folder'])}/input")
    states.write_json(state.folder / "triage.json", done)
    return 0


def regression(state, tree, args):
    _, chosen = buckets(state, args.findings)
    if args.name and len(chosen) != 1:
        fail("--name is for one finding")
    return max((regressions.write(tree, one, args.name) for one in chosen), default=0)


def report(state, tree, args):
    del tree
    made = reports.make(state, triaged_of(state))
    states.write_json(state.folder / "report.json", made)
    text = reports.markdown(made)
    (state.folder / "report.md").write_text(text)
    print(json.dumps(made, indent=1) if args.json else text, end="" if not args.json else "\n")
    return 0


def ledger_path(tree, args):
    return pathlib.Path(args.ledger or tree.root / "fuzz" / "ledger.json")


def credit(state, tree, args):
    """Adds what was played to the ledger, triaged first: only what fails again is a finding."""
    if any(turn["artifacts"] for turn in state.turns()):
        triager.show(triager.triage(state, places_of(state, tree), state.data["cores"]))
    path = ledger_path(tree, args)
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # of two campaigns that end at a time, one writes behind the other
        book = ledger.load(path)
        added = ledger.credit(book, state.data, state.turns(), triaged_of(state), time.time())
        states.write_json(path, book)
    finally:
        os.close(folder)
    print(f"{added} turns added to {short(path)}")


def show_ledger(tree, args):
    print("\n".join(ledger.table(ledger.load(ledger_path(tree, args)), tree.targets())))
    return 0
