"""Patches: on programs with a known fault, is a patch offered, and how far does it bring the program's own figure?

    python benchmarks/doctor/patches.py FOLDER-OF-CASES [--only 'digits-*'] [--out RESULTS.md]

Each case holds faulty.py and case.toml (metric_faulty, metric_fixed, better, faults). A patch counts as whole where it
reaches nine tenths of the way from the faulty figure to the repaired one.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

WHOLE = 0.9
"""Share of the way to the repaired program's figure that counts as all of it."""


def main() -> None:
    """One row a case, printed as they come; the table in a file."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("cases", type=Path)
    ask.add_argument("--only", default="*", help="patterns with commas between")
    ask.add_argument("--out", type=Path)
    said = ask.parse_args()
    rows = []
    for case in sorted(said.cases.iterdir()):
        if any(fnmatch.fnmatch(case.name, p) for p in said.only.split(",")) and (case / "faulty.py").exists():
            rows.append(measured(case))
            print(row(rows[-1]), flush=True)
            if said.out:
                said.out.write_text(table(rows))


def measured(case: Path) -> dict:
    """What the doctor's patch of one case gave."""
    about = tomllib.loads((case / "case.toml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        script, out, fix = Path(folder) / "train.py", Path(folder) / "out.json", Path(folder) / "fix.diff"
        script.write_bytes((case / "faulty.py").read_bytes())
        command = [sys.executable, "-m", "wellfit", "doctor", "--json", out, "--patch", fix, script.name]
        done = subprocess.run(
            [str(c) for c in command], cwd=folder, capture_output=True, text=True, timeout=900,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        patch = json.loads(out.read_text()).get("patch") if out.exists() else None
    why = next((line for line in done.stderr.splitlines() if line.startswith("no patch")), "")
    start, end = about["metric_faulty"], about["metric_fixed"]
    after = patch["after"] if patch else None
    way = (after - start) / (end - start) if after is not None and end != start and start == start else None
    if after is not None and start != start:
        way = 1.0 if after <= 2 * end else 0.0
    if patch and "metric" not in patch["name"]:
        way = None
    return {
        "case": case.name,
        "faults": about["faults"],
        "patch": patch,
        "start": start,
        "end": end,
        "way": way,
        "why": why,
    }


def row(r: dict) -> str:
    """One line of the table."""
    faults = " + ".join(group[0] for group in r["faults"])
    if not r["patch"]:
        return f"| {r['case']} | {faults} | {r['start']:g} | – | {r['end']:g} | {r['why'][:160]} |"
    p = r["patch"]
    way = f"{100 * r['way']:.0f} %" if r["way"] is not None else "other figure"
    return f"| {r['case']} | {faults} | {p['before']:g} | {p['after']:g} | {r['end']:g} | {way}: {', '.join(p['faults'])} |"


def table(rows: list[dict]) -> str:
    """The whole page."""
    offered = [r for r in rows if r["patch"]]
    whole = [r for r in offered if r["way"] is not None and r["way"] >= WHOLE]
    head = [
        "# Patches of the doctor, run on programs with a known fault", "",
        f"{len(rows)} programs; a patch that did better when run was offered for {len(offered)}; {len(whole)} of these reach "
        f"at least {WHOLE:.0%} of the way to the figure of the program as a person repaired it. One run each, one core.", "",
        "| program | fault | as it stands | patched | repaired by hand | share of the way, and what was patched |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    return "\n".join([*head, *(row(r) for r in rows)]) + "\n"


if __name__ == "__main__":
    main()
