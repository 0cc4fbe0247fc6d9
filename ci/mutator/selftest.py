# SPDX-License-Identifier: ISC
"""selftest.py: ci/mutate on a source with a known hole in its test, and on the same with it closed."""

import pathlib
import tempfile

SAMPLE = "ci/mutator/sample/sample.c"
EDGE = [
    f"{SAMPLE} sample_allows >= `port >= 1024` -> `port > 1024`",
    f"{SAMPLE} sample_allows constant `port >= 1024` -> `1024+1`",
    f"{SAMPLE} sample_allows constant `port >= 1024` -> `1024-1`",
]
# Without the guard `port < 7` says the same; the compiler knows it.
EQUAL = f"{SAMPLE} sample_guarded never `if (port == 7)` -> `if (0)`"
ENDLESS = f"{SAMPLE} sample_sum -- `n--` -> `n++`"


def fates_with(mutate, test):
    mutants = mutate.read_sources([SAMPLE])
    mutate.build_binaries([SAMPLE], [test], None)
    seen = mutate.record([test])
    numbers, _ = mutate.run_all(mutants, seen)
    return mutants, {m.key: numbers[m.number] for m in mutants}, numbers


def run(mutate):
    failed = []

    def check(what, is_so):
        print(f"  {'ok  ' if is_so else 'FAIL'}  {what}")
        if not is_so:
            failed.append(what)

    _, open_fates, _ = fates_with(mutate, "ci/mutator/sample/open_test.c")
    survivors = sorted(k for k, fate in open_fates.items() if fate == "survived")
    check("a hole in the test: the mutants at the edge survive, and no others", survivors == sorted(EDGE))
    check("a mutant that is the original in other words is not counted", open_fates[EQUAL] == "equal")
    check("a mutant that never ends is a timeout", open_fates[ENDLESS] == "timeout")

    mutants, closed_fates, numbers = fates_with(mutate, "ci/mutator/sample/closed_test.c")
    check("the hole closed: nothing survives", "survived" not in closed_fates.values())
    check("deterministic: the others meet the same fate again",
          all(closed_fates[k] == fate for k, fate in open_fates.items() if k not in EDGE))

    def complaints_about(text, of=numbers):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "survivors.txt")
            path.write_text(text)
            return mutate.complaints(mutants, of, mutate.Explained(path), {SAMPLE})

    alive = {m.number: open_fates[m.key] for m in mutants}
    reason = "\tbelt and braces: nobody\n"
    check("a survivor that is not in the list fails", len(complaints_about("", alive)) == 3)
    check("explained ones do not", complaints_about("\n".join(EDGE) + "\n" + reason, alive) == [])
    check("nor those of a file that is open", complaints_about(f"open {SAMPLE}\n", alive) == [])
    check("one that is killed by now is stale", len(complaints_about(EDGE[0] + "\n" + reason)) == 1)
    check("one that is not there any more is stale", len(complaints_about(f"{SAMPLE} gone\n{reason}")) == 1)
    print(f"{10 - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
