"""What the doctor's benchmarks share: the programs, the corpus's own judge, rows kept as they come, where it was measured."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.util
import json
import os
import platform
import sys
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
FAULTS = ROOT.parent / "shared" / "faults"
HEALTHY = ROOT / "benchmarks" / "doctor" / "healthy"
PAIRS = ROOT / "benchmarks" / "doctor" / "pairs"


@dataclass(frozen=True)
class Program:
    """One training program: its kind ("faulty", "fixed", "healthy"), and what is wrong with it by those who wrote it."""

    name: str
    kind: str
    file: Path
    truth: tuple[tuple[str, ...], ...] = ()
    lines: tuple[tuple[int, ...], ...] = ()

    @property
    def key(self) -> str:
        """What its row is kept by."""
        return f"{self.kind}/{self.name}"


def programs(cases: Iterable[Path], healthy: Path | None = None, only: str = "*") -> list[Program]:
    """Both versions of every case below the folders, then the healthy ones; `only`: patterns with commas between."""
    found = []
    for folder in cases:
        folder = folder / "cases" if (folder / "cases").is_dir() else folder
        for case in sorted(folder.glob("*/case.toml")):
            about, home = tomllib.loads(case.read_text(encoding="utf-8")), case.parent
            truth, lines = tuple(map(tuple, about["faults"])), tuple(map(tuple, about["lines"]))
            found.append(Program(home.name, "faulty", home / "faulty.py", truth, lines))
            found.append(Program(home.name, "fixed", home / "fixed.py"))
    for script in sorted(healthy.glob("*/train.py")) if healthy else []:
        found.append(Program(script.parent.name, "healthy", script))
    return [p for p in found if any(fnmatch.fnmatch(p.name, glob) for glob in only.split(","))]


def judge(corpus: Path) -> ModuleType:
    """The corpus's own score.py, as it stands: its scoring is not written again here."""
    spec = importlib.util.spec_from_file_location("corpus_score", corpus / "score.py")
    if spec is None or spec.loader is None or not (corpus / "score.py").exists():
        raise SystemExit(f"no score.py in {corpus}: name the corpus's folder with --corpus or --judge")
    made = importlib.util.module_from_spec(spec)
    sys.modules["corpus_score"] = made  # its dataclass looks itself up there
    spec.loader.exec_module(made)
    return made


def measured_with() -> dict[str, Any]:
    """Date, machine in plain words, versions, and a mark of the doctor's code."""
    names = ("torch", "numpy", "scikit-learn", "wellfit")
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    return {
        "date": str(date.today()),
        "machine": f"{os.cpu_count()} {platform.machine()} cores, CPU, {threads} thread(s) a program",
        "versions": {"python": platform.python_version(), **{n: version(n) for n in names}},
        "code": code(),
    }


def code() -> str:
    """A mark that changes with the source of wellfit as it is imported here."""
    import wellfit

    home = Path(wellfit.__file__).parent
    marks = hashlib.sha256()
    for file in sorted(home.rglob("*.py")):
        marks.update(str(file.relative_to(home)).encode() + file.read_bytes())
    return marks.hexdigest()[:12]


def kept(file: Path, mark: Any) -> dict[str, dict[str, Any]]:
    """Rows by key that an earlier call under the same mark left in `file`, a line each; a file of another mark, or none,
    begins anew. A line cut short by a kill is passed over."""
    mark = json.loads(json.dumps(mark))
    rows: dict[str, dict[str, Any]] = {}
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for line in lines:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if row["mark"] == mark:
            rows[row["key"]] = row["row"]
    if not rows:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    elif not lines[-1].endswith("}"):
        with file.open("a", encoding="utf-8") as out:
            out.write("\n")
    return rows


def each(
    todo: list[Program], measure: Callable[[Program], dict[str, Any]], file: Path, mark: Any, jobs: int
) -> dict[str, dict[str, Any]]:
    """`measure` of every program, `jobs` at a time, in the order of `todo`; each row is on the disk as soon as it is
    there, and a second call goes on after those."""
    rows = kept(file, mark)
    left = [p for p in todo if p.key not in rows]
    if len(left) < len(todo):
        print(f"{len(todo) - len(left)} of {len(todo)} kept from before in {file}", file=sys.stderr)
    with ThreadPoolExecutor(jobs) as pool, file.open("a", encoding="utf-8") as out:
        running = {pool.submit(measure, p): p for p in left}
        try:
            for done in as_completed(running):
                program = running[done]
                rows[program.key] = done.result()
                out.write(json.dumps({"mark": mark, "key": program.key, "row": rows[program.key]}) + "\n")
                out.flush()
                print(f"{len(rows)}/{len(todo)} {program.key} {rows[program.key].get('said', '')}", file=sys.stderr)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {p.key: rows[p.key] for p in todo}


def save(name: str, held: dict[str, Any], text: str, folder: Path = RESULTS) -> None:
    """NAME.json and NAME.md in the results, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, body in ((f"{name}.json", json.dumps(held, indent=1) + "\n"), (f"{name}.md", text)):
        (folder / f"{file}.new").write_text(body, encoding="utf-8")
        (folder / f"{file}.new").replace(folder / file)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(c) for c in line) + " |" for line in lines) + "\n"


def made_with(held: dict[str, Any]) -> str:
    """A sentence on where and with what something was measured."""
    versions = ", ".join(f"{k} {v}" for k, v in held["versions"].items())
    return f"{held['date']}; {held['machine']}; {versions}; doctor's code {held['code']}."
