"""Every clue of the doctor, how often it spoke on healthy programs and how often it was right on faulty ones.

    python benchmarks/doctor/rules.py [--corpus ../shared/faults benchmarks/doctor/pairs] [--only GLOB,GLOB] [--jobs 2]
                                      [--healthy benchmarks/doctor/healthy] [--no-trials] [--name NAME]

One pass: each program is played once in a process of its own; what `examine` says (the clues alone) and what `conclude`
leaves of it (after trials on copies, with the budget that the command line gives) are both kept. A clue's word counts
as an error or a warning as the clue gave it; "refuted" is a warning that is no error and no warning in the end. Rows
are kept in build/ as they come; benchmarks/results/doctor-rules.json and .md are written at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copy
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import FAULTS, HEALTHY, PAIRS, ROOT, Program, each, made_with, measured_with, programs, save, table

COUNTS = ("error", "warning", "refuted", "final", "hit", "beside", "final_hit", "final_beside", "named")
HEAD = (
    "clue", "healthy: errors", "warnings", "of these refuted", "false alarms in the end",
    "faulty programs with it", "clue right", "clue beside it", "right in the end", "beside it in the end",
)  # fmt: skip


def main() -> None:
    """Measure, then write the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--corpus", type=Path, nargs="+", default=[FAULTS, PAIRS])
    ask.add_argument("--healthy", type=Path, default=HEALTHY)
    ask.add_argument("--only", default="*")
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--no-trials", action="store_true")
    ask.add_argument("--name")
    ask.add_argument("--one", nargs=2, metavar=("SCRIPT", "OUT"), help=argparse.SUPPRESS)
    said = ask.parse_args()
    if said.one:
        return one(*said.one, trials_too=not said.no_trials)
    todo, with_ = programs(said.corpus, said.healthy, said.only), measured_with()
    name = said.name or "doctor-rules"
    mark = {"code": with_["code"], "trials": not said.no_trials}
    rows = each(
        todo, lambda p: measure(p, said.no_trials), ROOT / "build" / "doctor" / f"{name}.jsonl", mark, said.jobs
    )
    held = {**with_, "trials": not said.no_trials, "rows": rows}
    if said.only == "*" or said.name:
        save(name, held, page(held))
    print(page(held))


def measure(program: Program, no_trials: bool) -> dict[str, Any]:
    """What clues and conclusion said of one program."""
    with tempfile.TemporaryDirectory() as above:
        folder, out = Path(above) / "work", Path(above) / "said.json"
        folder.mkdir()
        script = copy(program.file, folder / "train.py")
        command = [sys.executable, __file__, "--one", str(script), str(out), *(["--no-trials"] if no_trials else [])]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        found: dict[str, Any] = {"steps": 0, "clues": [], "final": [], "status": "no answer"}
        if out.exists():
            found = json.loads(out.read_text())
    found["truth"] = [list(group) for group in program.truth]
    return {**found, "said": f"{found['status']}: {', '.join(f for f, _ in found['clues'])}"}


def one(script: str, out: str, *, trials_too: bool) -> None:
    """Play one script in this process and write down what the clues say and what is left of it."""
    from wellfit.jobs.verdict import LEAST_S, MOST_S
    from wellfit.nouns.replay import Trials
    from wellfit.verbs.conclude import conclude
    from wellfit.verbs.examine import examine
    from wellfit.verbs.spy import Watcher, play, understand, undisturbed
    from wellfit.verbs.trials import trials

    watcher, done = Watcher(script), []

    def report() -> None:
        if done:
            return
        done.append(True)
        program = watcher.program
        limit = min(MOST_S, max(program.seconds, LEAST_S))
        with undisturbed():
            watcher.sources()
            clues = examine(understand(program))
            asked = [c.fault for c in clues]
            tried = trials(program, limit, asked) if trials_too else Trials(why="no trials asked for")
            status, found = conclude(program, clues, tried)
        Path(out).write_text(json.dumps({
            "status": status, "steps": program.steps, "trouble": program.trouble,
            "clues": [(c.fault, c.severity) for c in clues], "final": [(f.fault, f.severity) for f in found],
        }))  # fmt: skip

    play(watcher, script, [], False, at_exit=report)
    report()
    sys.stdout.flush()
    os._exit(0)


def counted(rows: dict[str, dict[str, Any]], labels: list[str]) -> dict[str, dict[str, int]]:
    """For each label the COUNTS over all programs, each program counted once."""
    counts: dict[str, dict[str, int]] = {label: dict.fromkeys(COUNTS, 0) for label in labels}
    for key, row in rows.items():
        right = {label for group in row["truth"] for label in group}
        clue, final = _strongest(row["clues"]), _strongest(row["final"])
        for label, count in counts.items():
            said, kept = clue.get(label), final.get(label)
            loud, loud_kept = said in ("error", "warning"), kept in ("error", "warning")
            if key.startswith("faulty/"):
                count["named"] += label in right
                count["hit"] += loud and label in right
                count["beside"] += loud and label not in right
                count["final_hit"] += loud_kept and label in right
                count["final_beside"] += loud_kept and label not in right
                continue
            count["error"] += said == "error"
            count["warning"] += said == "warning"
            count["refuted"] += said == "warning" and not loud_kept
            count["final"] += kept == "error"
    return counts


def page(held: dict[str, Any]) -> str:
    """The results as a page of Markdown."""
    from wellfit.nouns import shelf

    rows = held["rows"]
    healthy = [row for key, row in rows.items() if not key.startswith("faulty/")]
    labels = sorted(word.replace("_", "-") for word in shelf.names("clues"))
    alone = sorted({f for row in rows.values() for f, _ in row["final"]} - set(labels))
    text = f"# Every clue of the doctor, on healthy and on faulty programs\n\n{made_with(held)}\n\n{sentence(held)}\n\n"
    text += (
        "*Right* counts programs where the label names a fault that the program was written with, *beside it* those "
    )
    text += "where it does not. Labels that only trials give, without a clue of their own, stand last.\n\n"
    lines = []
    for label, c in counted(rows, labels + alone).items():
        rate = f"{c['final']} of {len(healthy)}"
        lines.append((
            label if label in labels else f"{label} (trials)", c["error"], c["warning"], c["refuted"], rate,
            c["named"], c["hit"], c["beside"], c["final_hit"], c["final_beside"],
        ))  # fmt: skip
    return text + table(HEAD, lines)


def sentence(held: dict[str, Any]) -> str:
    """How much was seen, and the false alarms all clues give together."""
    rows = held["rows"]
    healthy = [row for key, row in rows.items() if not key.startswith("faulty/")]
    steps, wrong = sum(row["steps"] for row in healthy), sum(row["status"] == "faulty" for row in healthy)
    loud = sum(any(s in ("error", "warning") for _, s in row["clues"]) for row in healthy)
    sure = sum(any(s == "error" for _, s in row["clues"]) for row in healthy)
    return (
        f"{len(healthy)} healthy programs with {steps:,} optimizer steps and {len(rows) - len(healthy)} faulty ones. Of the "
        f"healthy, the clues alone call {sure} faulty and suspect {loud}; {wrong} are called faulty in the end."
    )


def _strongest(found: list[list[str]]) -> dict[str, str]:
    """Label -> the strongest severity it was said with."""
    order = ("error", "warning", "info", "ok")
    best: dict[str, str] = {}
    for fault, severity in found:
        if fault not in best or order.index(severity) < order.index(best[fault]):
            best[fault] = severity
    return best


if __name__ == "__main__":
    main()
