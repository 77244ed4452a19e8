"""The doctor on a corpus of programs with a known fault, scored by the corpus's own score.py.

    python benchmarks/doctor/corpus.py [--corpus ../shared/faults] [--only GLOB,GLOB] [--jobs 2] [--no-trials]
                                       [--healthy benchmarks/doctor/healthy] [--judge ../shared/faults] [--name NAME]

Every program runs bare and under `wellfit doctor` in an empty folder of its own, `--jobs` of them at a time. Rows are
kept in build/ as they come: a run that was stopped goes on where it was, as long as the doctor's code is the same.
benchmarks/results/NAME.json and .md are written at the end (NAME: doctor-corpus, and doctor-corpus-rules with
--no-trials); with --only nothing is written unless --name says where.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import FAULTS, ROOT, Program, code, each, judge, made_with, measured_with, programs, save, table

TO_REACH = {
    "detection": ("≥", 0.95),
    "false alarms, fixed": ("≤", 0.05),
    "false alarms, healthy": ("≤", 0.05),
    "top-1": ("≥", 0.80),
    "top-3": ("≥", 0.92),
    "recall": ("≥", 0.90),
    "precision": ("≥", 0.75),
    "line": ("≥", 0.80),
    "no answer": ("≤", 0.0),
    "cost, median": ("≤", 2.5),
}
"""A score of score.py -> what to reach."""
COST_ALONE = 1.1
"""Wall time over the bare run to reach with watching alone, as a median."""


def main() -> None:
    """Measure, then write the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--corpus", type=Path, default=FAULTS, help="a folder of cases, or one that holds cases/")
    ask.add_argument("--judge", type=Path, default=FAULTS, help="the folder of score.py")
    ask.add_argument("--healthy", type=Path, help="a folder of ID/train.py, all healthy")
    ask.add_argument("--only", default="*")
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--timeout", type=float, default=240)
    ask.add_argument("--no-trials", action="store_true")
    ask.add_argument("--name")
    said = ask.parse_args()
    score = judge(said.judge.resolve())
    options = "--no-trials " if said.no_trials else ""
    command = f"{sys.executable} -m wellfit doctor {options}--json {{out}} {{script}}"
    with_, usual = measured_with(), f"doctor-corpus{'-rules' if said.no_trials else ''}"

    def measure(program: Program) -> dict[str, Any]:
        found = score.examine(program.file, program.kind, program.name, command, said.timeout)
        for finding in found.findings:  # each ran in a folder of its own, since gone
            finding["file"] = Path(finding["file"]).name if finding.get("file") else None
        found.truth, found.lines = [list(g) for g in program.truth], [list(n) for n in program.lines]
        return {**vars(found), "said": f"{found.status} ({found.bare_s:.1f} s bare, {found.doctor_s:.1f} s)"}

    todo = programs([said.corpus], said.healthy, said.only)
    partial = ROOT / "build" / "doctor" / f"{said.name or usual}.jsonl"
    rows = each(todo, measure, partial, {k: with_[k] for k in ("code", "machine")}, said.jobs)
    outcomes = [score.Outcome(**{k: v for k, v in row.items() if k != "said"}) for row in rows.values()]
    if code() != with_["code"]:
        print("the doctor's code changed meanwhile: these are figures of a mixture", file=sys.stderr)
        with_["code"] += " (changed meanwhile)"
    held = {
        **with_, "programs": len(outcomes), "jobs": said.jobs, "trials": not said.no_trials,
        "scores": score.scores(outcomes), "outcomes": [vars(o) for o in outcomes],
    }  # fmt: skip
    if said.only == "*" or said.name:
        save(said.name or usual, held, page(held))
    print(page(held))


def page(held: dict[str, Any]) -> str:
    """The results as a page of Markdown."""
    how = "clues and trials" if held["trials"] else "clues alone (`--no-trials`)"
    ratios, missed, wrong = costs(held["outcomes"]), misses(held["outcomes"]), alarms(held["outcomes"])
    text = f"# The doctor on programs with a known fault: {how}\n\n{made_with(held)}\n"
    text += f"{held['programs']} programs, {held['jobs']} at a time, scored by the corpus's own score.py.\n\n"
    text += scores_table(held)
    text += "\nWall time under the doctor over the bare run: " + ratios
    text += "\n\n## By label\n\n" + table(
        ("label", "groups", "found", "and first", "missed in"), by_label(held["outcomes"])
    )
    text += "\n## Misses\n\n" + table(("program", "it was", "doctor said"), missed)
    text += "\n## False alarms\n\n" + table(("program", "kind", "doctor said"), wrong)
    return text


def scores_table(held: dict[str, Any]) -> str:
    """Every score beside what is to be reached."""
    rows = []
    for name, value in held["scores"].items():
        sign, goal = TO_REACH[name]
        if name == "cost, median" and not held["trials"]:
            goal = COST_ALONE
        good = value is None or (value >= goal if sign == "≥" else value <= goal)
        shown = "–" if value is None else f"{value:.3f}"
        rows.append((name, shown, f"{sign} {goal:.2f}", "" if value is None else "yes" if good else "**no**"))
    return table(("score", "measured", "to reach", "reached"), rows)


def costs(outcomes: list[dict[str, Any]]) -> str:
    """Median and quartiles of the ratio of wall times."""
    ratios = [o["doctor_s"] / o["bare_s"] for o in outcomes if o["bare_s"] > 0 and o["doctor_s"] > 0]
    if len(ratios) < 2:
        return f"{ratios[0]:.2f} (one program)." if ratios else "not measured."
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"median {middle:.2f}, quartiles {low:.2f} and {high:.2f}, at most {max(ratios):.2f} (n = {len(ratios)})."


def by_label(outcomes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """For each label that the corpus names first for a fault: groups, found by any finding, by the first, where missed."""
    rows: dict[str, list[Any]] = {}
    for o in (o for o in outcomes if o["kind"] == "faulty"):
        for group in o["truth"]:
            row = rows.setdefault(group[0], [0, 0, 0, []])
            names = [f["fault"] in group for f in o["findings"]]
            row[0] += 1
            row[1] += any(names)
            row[2] += any(names[:1])
            row[3] += [] if any(names) else [o["name"]]
    return [(label, n, found, first, ", ".join(names)) for label, (n, found, first, names) in sorted(rows.items())]


def misses(outcomes: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Faulty programs not called faulty, or whose first finding names no fault of theirs."""
    rows = []
    for o in (o for o in outcomes if o["kind"] == "faulty"):
        first = any(f["fault"] in g for f in o["findings"][:1] for g in o["truth"])
        if o["status"] != "faulty" or not first:
            rows.append((o["name"], " + ".join("/".join(g) for g in o["truth"]), _said(o)))
    return rows


def alarms(outcomes: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Fixed and healthy programs called faulty."""
    return [(o["name"], o["kind"], _said(o)) for o in outcomes if o["kind"] != "faulty" and o["status"] == "faulty"]


def _said(o: dict[str, Any]) -> str:
    found = ", ".join(f"{f['fault']}:{f.get('line')} ({f['severity']})" for f in o["findings"][:3])
    return f"{o['status']}: {found}" if found else o["status"]


if __name__ == "__main__":
    main()
