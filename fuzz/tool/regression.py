# SPDX-License-Identifier: ISC
"""regression.py: makes a finding a test that stays: fuzz/found/TARGET/NAME, and a row that replays it.

    frames      pcaps/found.txt (pcaps/found.py makes the capture), a row of scenarios/found-frames.scn
    HTTP, TLS   a row of scenarios/found-web.scn
    DNS         a row of scenarios/found-dns.scn
    policies    scenarios/policies/found/NAME.json, a row of scenarios/found-policies.scn
    scenarios, captures
                none: ci/bad-input gives what is in fuzz/found of these targets to gauntlet
    others      none: build/replay plays fuzz/found

Whether a frame must be dropped is asked of `gauntlet lint`, which asks the independent evaluator. Of a conversation the
row says `drop`: whoever sends what makes a parser fail must reach nobody. When that is not what must happen, the row is
to be mended by hand.
"""

import pathlib
import re
import subprocess

import bucket
import wire

FLAGS = {"invariant": "PARSER", "memory": "PARSER", "undefined": "PARSER", "hang": "DOS", "out-of-memory": "DOS"}
SUITES = {"frame": "found-frames", "http": "found-web", "tls": "found-web", "dns": "found-dns",
          "policy": "found-policies"}
FILES = {"scenario", "pcap"}  # what people give to the harness
TABLES = {"frame": "attack frames", "http": "talk requests", "tls": "talk hellos", "dns": "talk queries",
          "policy": "attack policies"}


def name_of(one, wanted):
    return wanted or f"{bucket.slug(one['key'])}-{one['id'][:4]}"


def why_of(one):
    """A cell of a table."""
    said = {"hang": "it never ended", "out-of-memory": "it took memory without an end"}.get(one["kind"])
    text = said or (f"it broke: {one['key']}" if one["kind"] == "invariant" else f"{one['kind']}: {one['key']}")
    return f"found by fuzzing {one['target']}; {text}".replace("|", "\\|")[:200]


def add_row(path, table, row):
    """Puts a row behind the last one of a table."""
    lines = path.read_text().splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith(table + " ")), None)
    if at is None:
        raise ValueError(f"{path} has no table `{table}`")
    while at + 1 < len(lines) and (lines[at + 1].startswith("|") or lines[at + 1].startswith("vary ")):
        at += 1
    lines.insert(at + 1, row)
    path.write_text("\n".join(lines) + "\n")


def add_frame(tree, name, data):
    """Appends a frame to the capture. Its number."""
    listed = tree.root / "pcaps" / "found.txt"
    lines = [line for line in listed.read_text().splitlines() if line and not line.startswith("#")]
    with open(listed, "a", encoding="ascii") as out:
        out.write(f"{name} {data.hex()}\n")
    subprocess.run([str(tree.root / "pcaps" / "found.py")], check=True)
    return len(lines) + 1


def add_policy(tree, name, data):
    """Writes the policy, and behind a zero byte the organisation's. Recipe and verdict, as refnat judges today."""
    folder = pathlib.Path("policies", "found")
    (tree.root / "scenarios" / folder).mkdir(exist_ok=True)
    words = []
    for text, option, ending in zip(data.split(b"\0", 1), ("start", "organisation"), ("", "-organisation")):
        path = folder / f"{name}{ending}.json"
        (tree.root / "scenarios" / path).write_bytes(text)
        words.append((option, path))
    options = [word for option, path in words for word in
               (f"--{option}".replace("--start", "--policy"), str(tree.root / "scenarios" / path))]
    program = pathlib.Path(tree.root, tree.build, "refnat")
    taken = program.exists() and not subprocess.run([str(program), "policy", "check", *options], capture_output=True,
                                                    check=False).returncode
    return f"{' '.join(f'{option} {path}' for option, path in words)} | {'ready' if taken else 'refuse'}"


def row_of(tree, name, form, data, one):
    flags, why = FLAGS.get(one["kind"], "PARSER"), why_of(one)
    if form == "frame":
        return f"| {name} | replay found.pcap#{add_frame(tree, name, data)} | drop | {why} | {flags} |"
    if form == "policy":
        return f"| {name} | {add_policy(tree, name, data)} | {why} | {flags} |"
    says = wire.words(data) + (" clock 15s" if form != "dns" else "")
    return f'| {name} | {says} | "*" | drop | {why} | {flags} |'


def gauntlet(tree, *words):
    program = pathlib.Path(tree.root, tree.build, "gauntlet")
    done = subprocess.run([str(program), *words], cwd=tree.root, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def settle_verdict(tree, path, name, suite):
    """Takes over the evaluator's verdict when it is another one. What lint says in the end, or None."""
    code, said = gauntlet(tree, "lint", suite)
    wanted = re.search(rf"the policy says (\w+).*?the row expects (\w+)\n.*\| {re.escape(name)} +\|", said)
    if code and wanted:
        lines = path.read_text().splitlines()
        lines = [re.sub(rf"\| {wanted.group(2)} \|", f"| {wanted.group(1)} |", line, count=1)
                 if line.startswith(f"| {name} ") else line for line in lines]
        path.write_text("\n".join(lines) + "\n")
        code, said = gauntlet(tree, "lint", suite)
    return said if code else None


def write(tree, one, wanted):
    """The finding as a file and a row. Exit code: 1 when the row is not well-formed, or fails."""
    name = name_of(one, wanted)
    data = pathlib.Path(one["folder"], "input").read_bytes()
    found = tree.root / "fuzz" / "found" / one["target"]
    found.mkdir(parents=True, exist_ok=True)
    if (found / name).exists():
        print(f"fuzz/found/{one['target']}/{name} is there already")
        return 0
    (found / name).write_bytes(data)
    print(f"fuzz/found/{one['target']}/{name}: {len(data)} bytes")
    form = wire.form(one["target"], data)
    if not form:
        also = "; ci/bad-input gives it to gauntlet, too" if one["target"] in FILES else ""
        print(f"  no row: an input of {one['target']} is nothing that a guest sends; build/replay plays it{also}")
        return 0
    suite = SUITES[form[0]]
    path = tree.root / "scenarios" / f"{suite}.scn"
    add_row(path, TABLES[form[0]], row_of(tree, name, *form, one))
    if not pathlib.Path(tree.root, tree.build, "gauntlet").exists():
        print(f"  {suite}/{TABLES[form[0]].split()[1]}/{name}: not checked, there is no {tree.build}/gauntlet (make)")
        return 1
    said = settle_verdict(tree, path, name, suite)
    if said:
        print(f"  scenarios/{suite}.scn is not well-formed now; mend the row:\n{said}")
        return 1
    return play_row(tree, f"{suite}/{TABLES[form[0]].split()[1]}/{name}")


def play_row(tree, row):
    out = pathlib.Path(tree.root, tree.build, "results", "found")
    code, said = gauntlet(tree, "run", "--out", str(out), row)
    last = next((line for line in said.splitlines() if " run, " in line), said.strip().splitlines()[-1:])
    print(f"  {row}: {last}")
    if code:
        print(f"  it must pass once the bug is mended; `build/gauntlet scenario {row}` tells its story")
    return 1 if code else 0
