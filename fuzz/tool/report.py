# SPDX-License-Identifier: ISC
"""report.py: what a campaign did and found, as data (DIR/report.json) and for people (DIR/report.md)."""

import time

import state as states


def best(entries, key, choose=max):
    values = [e[key] for e in entries if e.get(key) is not None]
    return choose(values) if values else None


def coverage(entries):
    """Edges that a kind of fuzzer reached at the beginning and by now."""
    return {"begin": best(entries, "edges_begin", min), "now": best(entries, "edges"), "of": best(entries, "edges_of")}


def of_target(target, entries, turns, buckets):
    played = [t for t in turns if t["target"] == target]
    ended = max((t["ended"] for t in played), default=None)
    new = best(entries, "last_new")
    total = states.sums(entries)
    return {
        "target": target, "core_hours": total["cpu_s"] / 3600, "executions": total["executions"],
        "executions_per_core_second": total["executions"] / total["cpu_s"] if total["cpu_s"] else 0,
        "turns": total["turns"],
        "libfuzzer_edges": coverage([e for e in entries if e["kind"] == "libfuzzer"]),
        "afl_edges": coverage([e for e in entries if e["kind"] == "afl"]),
        "stability": best(entries, "stability", min),
        "last_new_age_s": max(0.0, ended - new) if ended and new else None,
        "findings": sum(b["target"] == target for b in buckets),
        "aside": [e["aside"] for e in entries if e["aside"]],
    }


def make(state, triaged):
    data, turns = state.data, state.turns()
    buckets = triaged["buckets"] if triaged else []
    targets = [of_target(t, list(data["instances"].get(t, {}).values()), turns, buckets) for t in data["targets"]]
    return {
        "version": 1, "campaign": data["id"], "revision": data.get("revision", "unknown"), "status": data["status"],
        "cores": data["cores"], "wall_s": data["played_s"], "began": data["began"],
        "core_hours": sum(t["core_hours"] for t in targets), "executions": sum(t["executions"] for t in targets),
        "targets": targets, "triaged": bool(triaged),
        "dropped": len(triaged["dropped"]) if triaged else 0,
        "findings": [{k: b[k] for k in ("id", "target", "kind", "key", "said", "inputs", "size", "first_seen",
                                        "unsteady", "folder")} for b in buckets],
    }


def age(seconds):
    if seconds is None:
        return "-"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def edges(cover):
    if cover["now"] is None:
        return "-"
    of = f" of {cover['of']}" if cover["of"] else ""
    return f"{cover['begin']} → {cover['now']}{of}"


def markdown(report):
    began = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(report["began"]))
    lines = [
        f"# Campaign {report['campaign']}", "",
        f"Revision {report['revision']}, begun {began}, {report['status']}; {report['cores']} cores for "
        f"{report['wall_s'] / 3600:.2f} h by the clock. Core-hours are CPU time as the kernel measured it.", "",
        "| target | executions | core-hours | per core-second | edges, libFuzzer | edges, AFL++ | last new path "
        "| findings |",
        "|---|---:|---:|---:|---|---|---|---:|"]
    for t in report["targets"]:
        lines.append(f"| {t['target']} | {t['executions']:,} | {t['core_hours']:.3f} | "
                     f"{t['executions_per_core_second']:,.0f} | {edges(t['libfuzzer_edges'])} | "
                     f"{edges(t['afl_edges'])} | {age(t['last_new_age_s'])} | {t['findings']} |")
    lines += [f"| **all** | {report['executions']:,} | {report['core_hours']:.3f} | | | | "
              f"| {len(report['findings'])} |", "",
              "Last new path: how long before the target's last turn ended an input reached something new.", ""]
    for t in report["targets"]:
        lines += [f"- {t['target']}: {words}" for words in t["aside"]]
    lines += ["## Findings", ""]
    if not report["triaged"]:
        lines.append("Not triaged yet: `fuzz/campaign triage`.")
    elif not report["findings"]:
        lines.append(f"None. {report['dropped']} inputs were set aside by a fuzzer and did not fail again.")
    else:
        lines += ["| id | target | kind | what | inputs | smallest |", "|---|---|---|---|---:|---:|"]
        lines += [f"| {f['id']} | {f['target']} | {f['kind']} | {f['key'].replace('|', chr(92) + '|')}"
                  f"{' (not in every run)' if f['unsteady'] else ''} | {f['inputs']} | {f['size']} bytes |"
                  for f in report["findings"]]
        lines += ["", f"{report['dropped']} other inputs did not fail again."]
    return "\n".join(lines) + "\n"
