"""Is a script left alone? Every program bare and under `wellfit doctor --no-trials`, compared bit for bit.

    python benchmarks/doctor/undisturbed.py [--corpus ../shared/faults ...] [--only GLOB,GLOB] [--jobs 2] [--name NAME]
                                            [--healthy benchmarks/doctor/healthy]

Compared are standard output byte for byte, exit status, every loss that goes backward, all parameters at the end, the
random generators at the end, and the number of steps (recorded.py: the same hooks and first seeds in both runs). A
program that differs is run bare once more: where it differs from itself, that is said. The wall times of both runs give
the cost of watching alone. Rows are kept in build/ as they come; benchmarks/results/doctor-undisturbed.json and .md are
written at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from shutil import copy
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import FAULTS, HEALTHY, ROOT, Program, each, made_with, measured_with, programs, save, table

RECORDED = Path(__file__).with_name("recorded.py")
COMPARED = ("stdout", "status", "losses", "parameters", "random", "steps", "backwards")


def main() -> None:
    """Measure, then write the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--corpus", type=Path, nargs="+", default=[FAULTS])
    ask.add_argument("--healthy", type=Path, default=HEALTHY)
    ask.add_argument("--only", default="*")
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--name")
    said = ask.parse_args()
    todo, with_ = programs(said.corpus, said.healthy, said.only), measured_with()
    partial = ROOT / "build" / "doctor" / f"{said.name or 'doctor-undisturbed'}.jsonl"
    rows = each(todo, measure, partial, {k: with_[k] for k in ("code", "machine")}, said.jobs)
    held = {**with_, "jobs": said.jobs, "rows": [{"program": k, **row} for k, row in rows.items()]}
    if said.only == "*" or said.name:
        save(said.name or "doctor-undisturbed", held, page(held))
    print(page(held))


def measure(program: Program) -> dict[str, Any]:
    """One program both ways; a third run, bare, where they differ."""
    bare, watched = played(program.file, "bare"), played(program.file, "watched")
    differ = differences(bare, watched)
    itself = differences(bare, played(program.file, "bare")) if differ else []
    return {
        "differ": differ, "itself": itself, "bare_s": bare["seconds"], "watched_s": watched["seconds"],
        "steps": bare.get("steps"), "said": ", ".join(differ) or "equal",
    }  # fmt: skip


def played(file: Path, how: str, timeout: float = 300) -> dict[str, Any]:
    """What one run printed, left and took, in an empty folder of its own (of the same name each time)."""
    with tempfile.TemporaryDirectory() as above:
        folder, marks = Path(above) / "work", Path(above) / "marks.json"
        folder.mkdir()
        copy(file, folder / "train.py")
        command = [sys.executable, str(RECORDED), how, str(marks), "train.py"]
        begun = perf_counter()
        try:
            done = subprocess.run(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=timeout,
                env={**os.environ, "PYTHONHASHSEED": "0"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"seconds": perf_counter() - begun, "status": f"over {timeout:.0f} s"}
        seconds = perf_counter() - begun
        left = json.loads(marks.read_text()) if marks.exists() else {}
        printed = sha256(done.stdout.replace(above.encode(), b"")).hexdigest()[:16]
        return {"seconds": seconds, "status": done.returncode, "stdout": printed, **left}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs between two runs, of what is compared; a mark that both lack is missing, not equal."""
    return [k for k in COMPARED if k not in one or k not in other or one[k] != other[k]]


def page(held: dict[str, Any]) -> str:
    """The results as a page of Markdown."""
    rows = held["rows"]
    differ = [r for r in rows if r["differ"]]
    text = f"# Is a script left alone by the doctor's watching?\n\n{made_with(held)}\n\n{sentence(held)}\n\n"
    shown = [(r["program"], ", ".join(r["differ"]), ", ".join(r["itself"]) or "no") for r in differ]
    return text + table(("program", "differs in", "two bare runs differ in"), shown)


def sentence(held: dict[str, Any]) -> str:
    """The result in two sentences."""
    rows = held["rows"]
    differ = [r for r in rows if r["differ"]]
    own = sum(set(r["differ"]) <= set(r["itself"]) for r in differ)
    ratios = [r["watched_s"] / r["bare_s"] for r in rows]
    text = f"{len(rows) - len(differ)} of {len(rows)} programs were bit for bit equal under the doctor (output, exit "
    text += "status, every loss, parameters and random generators at the end). "
    if differ:
        text += f"Of the {len(differ)} others {own} differ between two bare runs in the same. "
    if len(ratios) < 2:
        return text
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return text + f"Wall time of watching alone over bare: median {middle:.3f}, quartiles {low:.3f} and {high:.3f}."


if __name__ == "__main__":
    main()
