"""Every clue of the doctor: how often it spoke on healthy programs, and how often it was right on faulty ones.

    python benchmarks/doctor/corpus.py --healthy benchmarks/doctor/healthy --no-trials --name doctor-corpus-rules
    python benchmarks/doctor/corpus.py --healthy benchmarks/doctor/healthy
    python benchmarks/doctor/rules.py

Nothing is run here: the table is worked out from the two results above, what the clues say alone (`error` for a fact, `info`
for a suspicion, which waits for a trial) and what is left of it after trials on copies. Writes
benchmarks/results/doctor-rules.json and .md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import RESULTS, made_with, save, table

ALONE, TRIED = "doctor-corpus-rules", "doctor-corpus"
COUNTS = ("error", "suspected", "refuted", "final", "hit", "beside", "final_hit", "final_beside", "named")
HEAD = (
    "clue", "healthy: errors", "suspicions", "of these refuted", "false alarms in the end",
    "faulty programs with it", "clue right", "clue beside it", "right in the end", "beside it in the end",
)  # fmt: skip


def main() -> None:
    """Work it out and write the table."""
    alone, tried = (json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in (ALONE, TRIED))
    held = {**{k: v for k, v in tried.items() if k not in ("outcomes", "scores")}, "rows": rows(alone, tried)}
    held["alone"] = alone["code"]
    save("doctor-rules", held, page(held))
    print(page(held))


def rows(alone: dict[str, Any], tried: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """ "kind/name" -> truth, status, and (label, severity) of the clues alone and of what is left in the end; programs that
    are in both."""
    said = lambda held: {f"{o['kind']}/{o['name']}": o for o in held["outcomes"]}
    first, last = said(alone), said(tried)
    pairs = lambda o: [[f["fault"], f["severity"]] for f in o["findings"]]
    return {
        key: {"truth": o["truth"], "status": o["status"], "clues": pairs(first[key]), "final": pairs(o)}
        for key, o in last.items() if key in first
    }  # fmt: skip


def counted(rows: dict[str, dict[str, Any]], labels: list[str]) -> dict[str, dict[str, int]]:
    """For each label the COUNTS over all programs, each program counted once."""
    counts: dict[str, dict[str, int]] = {label: dict.fromkeys(COUNTS, 0) for label in labels}
    for key, row in rows.items():
        right = {label for group in row["truth"] for label in group}
        clue, final = _strongest(row["clues"]), _strongest(row["final"])
        for label, count in counts.items():
            said, kept = clue.get(label), final.get(label)
            loud, loud_kept = said is not None, kept in ("error", "warning")
            if key.startswith("faulty/"):
                count["named"] += label in right
                count["hit"] += loud and label in right
                count["beside"] += loud and label not in right
                count["final_hit"] += loud_kept and label in right
                count["final_beside"] += loud_kept and label not in right
                continue
            count["error"] += said == "error"
            count["suspected"] += said in ("warning", "info")
            count["refuted"] += said in ("warning", "info") and not loud_kept
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
            label if label in labels else f"{label} (trials)", c["error"], c["suspected"], c["refuted"], rate,
            c["named"], c["hit"], c["beside"], c["final_hit"], c["final_beside"],
        ))  # fmt: skip
    return text + table(HEAD, lines)


def sentence(held: dict[str, Any]) -> str:
    """How much was seen, and the false alarms all clues give together."""
    rows = held["rows"]
    healthy = [row for key, row in rows.items() if not key.startswith("faulty/")]
    wrong = sum(row["status"] == "faulty" for row in healthy)
    loud = sum(bool(row["clues"]) for row in healthy)
    sure = sum(any(s == "error" for _, s in row["clues"]) for row in healthy)
    return (
        f"{len(healthy)} healthy programs and {len(rows) - len(healthy)} faulty ones. Of the "
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
