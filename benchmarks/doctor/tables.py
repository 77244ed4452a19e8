"""Put the doctor's measured figures into docs/benchmarks.md, from benchmarks/results/doctor-*.json alone.

    python benchmarks/doctor/tables.py

Writes what stands between `<!-- NAME -->` and `<!-- end NAME -->`. Results that are not there are said to be missing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import corpus
import cost
import rivals
import undisturbed
from common import RESULTS, ROOT, made_with, table

import rules

DOC = ROOT / "docs" / "benchmarks.md"
ABLATED = ("detection", "false alarms, fixed", "false alarms, healthy", "top-1", "top-3", "recall", "precision", "line")


def main() -> None:
    """Write the page anew."""
    DOC.write_text(filled(DOC.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The page with every block made from the results."""
    for name, block in BLOCKS.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)",
            lambda found, block=block: found[1] + block().strip("\n") + "\n" + found[2],
            text,
            flags=re.DOTALL,
        )
    return text


def of_corpus(name: str) -> Callable[[], str]:
    """A block of scores beside what is to be reached."""

    def block() -> str:
        held = result(name)
        if held is None:
            return "Not measured yet."
        text = (
            f"{made_with(held)} {held['programs']} programs, {held['jobs']} at a time. [All figures]({link(name)})\n\n"
        )
        return text + corpus.scores_table(held) + "\nWall time over the bare run: " + corpus.costs(held["outcomes"])

    return block


def ablation() -> str:
    """Clues alone beside clues with trials."""
    alone, trials = result("doctor-corpus-rules"), result("doctor-corpus")
    return "Not measured yet." if alone is None or trials is None else ablated(alone, trials)


def ablated(alone: dict[str, Any], trials: dict[str, Any]) -> str:
    """The table of both; different code is said."""
    text = ""
    if alone["code"] != trials["code"]:
        text = f"Measured with different code: {alone['code']} (clues alone), {trials['code']} (with trials).\n\n"
    rows = []
    for name in (*ABLATED, "cost, median"):
        figures = [h["scores"][name] for h in (alone, trials)]
        rows.append((name, *("–" if v is None else f"{v:.3f}" for v in figures)))
    return text + table(("score", "clues alone", "clues and trials"), rows)


def of_undisturbed() -> str:
    """Is a script left alone, in two sentences."""
    held = result("doctor-undisturbed")
    if held is None:
        return "Not measured yet."
    return f"{undisturbed.sentence(held)} {made_with(held)} [Every difference]({link('doctor-undisturbed')})"


def of_rules() -> str:
    """What all clues give together; the table of each is its own page."""
    held = result("doctor-rules")
    if held is None:
        return "Not measured yet."
    return f"{rules.sentence(held)} {made_with(held)} [The table of every clue]({link('doctor-rules')})"


def of_rivals() -> str:
    """Other tools beside ours."""
    held = result("doctor-rivals")
    if held is None:
        return "Not measured yet."
    text = (
        f"{made_with(held)} {len(held['rows'])} programs: both versions of the {len(held['rows']) // 2} cases with the "
    )
    return text + "shortest sources.\n\n" + rivals.scores_table(held)


def of_cost() -> str:
    """What watching alone costs."""
    held = result("doctor-cost")
    return (
        "Not measured yet."
        if held is None
        else f"{made_with(held)} [All runs]({link('doctor-cost')})\n\n{cost.tables(held)}"
    )


BLOCKS = {
    "doctor-corpus": of_corpus("doctor-corpus"),
    "doctor-pairs": of_corpus("doctor-pairs"),
    "doctor-ablation": ablation,
    "doctor-undisturbed": of_undisturbed,
    "doctor-rules": of_rules,
    "doctor-rivals": of_rivals,
    "doctor-cost": of_cost,
}
"""A block's name in the page -> what makes it."""


def result(name: str) -> dict[str, Any] | None:
    """What a run left, None where there was none."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def link(name: str) -> str:
    """To a results page, as seen from docs/."""
    return f"../benchmarks/results/{name}.md"


if __name__ == "__main__":
    main()
