"""Other tools for training in PyTorch beside the doctor, on the simplest programs of the corpus.

    python -m venv --system-site-packages /tmp/rivals && /tmp/rivals/bin/pip install -r benchmarks/doctor/rivals/needs.txt
    python benchmarks/doctor/rivals.py --python /tmp/rivals/bin/python [--n 12] [--jobs 1] [--only NAME,NAME]

rivals.txt lists the cases, shortest source first; --n takes the first of them, both versions. Each tool is put into the
unmodified script's loop from outside (rivals/injected.py) as its own pages say; its findings stand as it orders them, and
a symptom names a fault rightly when any of the labels that it could stand for does (rivals/TOOL.py, LABELS), which
favours the tools. Scored by the corpus's own score.py; processor time is user and system time over the bare run's.
A tool that is not installed is listed with what Python said.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from shutil import copy
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import FAULTS, ROOT, Program, each, judge, made_with, measured_with, programs, save, table

HERE = Path(__file__).parent
INJECTED = HERE / "rivals" / "injected.py"
TOOLS = {  # the module -> the name it is installed by
    "torchmortem": "torchmortem",
    "neural_observatory": "neural-observatory",
    "torchdiag": "torchdiag",
    "torch_audit": "torch-audit",
    "cockpit": "cockpit-for-pytorch",
}
OURS = {"wellfit": [], "wellfit, no trials": ["--no-trials"]}
LIMIT_S = 240


def main() -> None:
    """Measure, then write the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--python", default=sys.executable, help="the Python that has the other tools")
    ask.add_argument("--n", type=int, default=12)
    ask.add_argument("--jobs", type=int, default=1)
    ask.add_argument("--only", help="cases, with commas between; nothing is written then")
    ask.add_argument("--corpus", type=Path, default=FAULTS)
    said = ask.parse_args()
    listed = [line for line in (HERE / "rivals.txt").read_text().split("\n") if line and not line.startswith("#")]
    chosen = said.only or ",".join(listed[: said.n])
    versions = {tool: installed(said.python, tool) for tool in TOOLS}
    able = [tool for tool, version in versions.items() if not version.startswith("not here")]
    with_ = measured_with()
    mark = {"code": with_["code"], "tools": versions, "machine": with_["machine"]}
    todo = programs([said.corpus], None, chosen)
    rows = each(
        todo, lambda p: measure(p, said.python, able), ROOT / "build" / "doctor" / "rivals.jsonl", mark, said.jobs
    )
    scores = scored(rows, judge(said.corpus), todo)
    held = {**with_, "jobs": said.jobs, "tools": versions, "rows": rows, "scores": scores}
    if not said.only:
        save("doctor-rivals", held, page(held))
    print(page(held))


def installed(python: str, tool: str) -> str:
    """Its version there, or "not here: WHY"."""
    code = f"import warnings; warnings.simplefilter('ignore'); import {tool}; from importlib.metadata import version; "
    done = subprocess.run([python, "-c", f"{code}print(version('{TOOLS[tool]}'))"], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else f"not here: {done.stderr.strip().splitlines()[-1]}"


def measure(program: Program, python: str, tools: list[str]) -> dict[str, Any]:
    """One program bare, under the doctor, and under every tool that is there."""
    doctor, injected = [sys.executable, "-m", "wellfit", "doctor"], [python, "-W", "ignore", str(INJECTED)]
    commands = {
        "bare": [sys.executable, "{script}"],
        **{name: [*doctor, *more, "--json", "{out}", "{script}"] for name, more in OURS.items()},
        **{tool: [*injected, tool, "{out}", "{script}"] for tool in tools},
    }
    row: dict[str, Any] = {name: run(program.file, command) for name, command in commands.items()}
    return {**row, "said": ", ".join(f"{k} {v['status']}" for k, v in row.items() if k != "bare")}


def run(file: Path, command: list[str]) -> dict[str, Any]:
    """Processor seconds, and what a tool wrote."""
    with tempfile.TemporaryDirectory() as above:
        folder, out = Path(above) / "work", Path(above) / "out.json"
        folder.mkdir()
        script = copy(file, folder / "train.py")
        words = [w.format(script=script, out=out) for w in command]
        started = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stop = threading.Timer(LIMIT_S, started.kill)
        stop.start()
        _, status, used = os.wait4(started.pid, 0)
        stop.cancel()
        started.returncode = os.waitstatus_to_exitcode(status)
        said = json.loads(out.read_text()) if out.exists() else {"status": "no answer", "findings": []}
    return {"cpu_s": used.ru_utime + used.ru_stime, "status": said["status"], "findings": said["findings"]}


def scored(rows: dict[str, dict[str, Any]], score: Any, todo: list[Program]) -> dict[str, dict[str, Any]]:
    """Tool -> scores, as score.py gives them, with the median ratio of processor times."""
    found: dict[str, dict[str, Any]] = {}
    for tool in (t for t in next(iter(rows.values())) if t not in ("bare", "said")):
        outcomes = []
        for program in todo:
            row, truth = rows[program.key][tool], [list(g) for g in program.truth]
            findings = [{**f, "fault": rightly(f, truth)} for f in row["findings"]]
            lines = [list(n) for n in program.lines]
            outcomes.append(score.Outcome(program.name, program.kind, row["status"], findings, truth, lines))
        ratios = [rows[p.key][tool]["cpu_s"] / rows[p.key]["bare"]["cpu_s"] for p in todo]
        counts = {
            "detected": sum(o.called_faulty for o in outcomes if o.kind == "faulty"),
            "false alarms": sum(o.called_faulty for o in outcomes if o.kind == "fixed"),
            "warned": sum(any(f["severity"] != "info" for f in o.findings) for o in outcomes if o.kind == "fixed"),
            "top-1": sum(o.right_within(1) for o in outcomes if o.kind == "faulty"),
        }
        found[tool] = {**score.scores(outcomes), **counts, "cpu": statistics.median(ratios)}
    return found


def rightly(finding: dict[str, Any], truth: list[list[str]]) -> str:
    """The label that a finding is counted as: of those its symptom could stand for, one that is right if any is."""
    labels = finding.get("labels", [finding["fault"]])
    return next((label for label in labels for group in truth if label in group), finding["fault"])


def page(held: dict[str, Any]) -> str:
    """The results as a page of Markdown."""
    text = f"# Other tools beside the doctor, on the simplest programs\n\n{made_with(held)}\n\n"
    text += f"{len(held['rows'])} programs: both versions of the {len(held['rows']) // 2} cases with the shortest sources. A "
    text += "symptom counts as right when any label that it could stand for is, which favours the other tools.\n\n"
    return text + scores_table(held)


def scores_table(held: dict[str, Any]) -> str:
    """A row a tool; the last rows are those that could not be run."""
    n = len(held["rows"]) // 2
    rows = []
    for tool, s in held["scores"].items():
        version = held["tools"].get(tool, held["versions"]["wellfit"])
        lines = f"{s['line']:.2f}" if tool in OURS and s["line"] is not None else "none" if tool not in OURS else "–"
        named = f"{TOOLS.get(tool, tool)} {version}" if tool not in OURS else tool
        precision = "–" if s["precision"] is None else f"{s['precision']:.2f}"
        rows.append((
            named, *(f"{s[k]} of {n}" for k in ("detected", "false alarms", "warned", "top-1")), f"{s['recall']:.2f}",
            precision, lines, f"{s['cpu']:.2f}",
        ))  # fmt: skip
    for tool, version in held["tools"].items():
        if version.startswith("not here"):
            rows.append((TOOLS[tool], version, *[""] * 7))
    head = (
        "tool",
        "detected",
        "false alarms",
        "warns of a repaired one",
        "cause first",
        "recall",
        "precision",
        "line",
        "processor time over bare",
    )
    return table(head, rows)


if __name__ == "__main__":
    main()
