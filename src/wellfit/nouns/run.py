"""Run: a folder of plain files. Every file is written aside and renamed, so a killed process leaves no half file."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from wellfit.nouns.errors import RunError
from wellfit.nouns.finding import Finding
from wellfit.nouns.ranks import rank
from wellfit.nouns.reading import Reading, Track, tracks
from wellfit.nouns.recipe import Recipe

RECIPE, ENVIRONMENT, READINGS, FINDINGS, RESULT = (
    "recipe.toml",
    "environment.json",
    "readings.jsonl",
    "findings.json",
    "result.json",
)
FOLDER = "checkpoint-"
"""How the folders begin into which ranks write their shares of a checkpoint; the number of steps follows."""


def write_aside(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one move: to a file aside, flushed to disk, then renamed. Raises RunError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with open(aside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunError(
            f"to write {path}",
            error.strerror or str(error),
            "free some space or name another folder with --out",
        ) from None


@dataclass(frozen=True)
class Run:
    """A run's folder. Its files are the interface: whoever shows a run reads them and never talks to the training."""

    path: Path

    @classmethod
    def create(
        cls,
        path: str | Path | None,
        recipe: Recipe,
        environment: dict[str, Any],
        findings: Iterable[Finding] = (),
    ) -> Run:
        """A new run in `path` (default runs/DATE-NAME), made whole or not at all. Raises RunError where one stands."""
        stem = Path(recipe.data.source).stem or "data"
        folder = Path(path) if path else _free(Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{stem}")
        folder = _aside() if rank().number else folder
        cls.must_be_free(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"a new run in {folder}",
                error.strerror or str(error),
                "name a folder that can be written, with --out",
            ) from None
        run = cls(folder)
        run.write_json(ENVIRONMENT, environment)
        run.write_findings(findings)
        run.write(RECIPE, recipe.toml().encode())
        return run

    @staticmethod
    def must_be_free(path: str | Path | None) -> None:
        """Raise RunError where no new run can be made in `path`, before any work is done for it. Nothing is made."""
        folder = Path(path or "runs")
        if rank().number:
            return  # rank 0 looks, and may have made its own by now
        if path and (folder / RECIPE).exists():
            raise RunError(
                f"a new run in {folder}",
                "a run is already there",
                "name another folder with --out, or `wellfit resume` that one",
            )
        there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise RunError(
                f"a new run in {folder}",
                f"{there} cannot be written to" if there.is_dir() else f"{there} is a file",
                "name a folder that can be written, with --out",
            )

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """An existing run. Raises RunError where `path` holds none."""
        folder = Path(path)
        if not (folder / RECIPE).is_file():
            raise RunError(
                f"the run {folder}",
                "no recipe.toml there" if folder.is_dir() else "no such folder",
                "`wellfit runs` lists the runs there are",
            )
        if rank().number:  # what ranks have written together they read together, where rank 0 has it
            few = shutil.ignore_patterns(f"{FOLDER}*")
            return cls(shutil.copytree(folder, _aside(), dirs_exist_ok=True, ignore=few))
        return cls(folder)

    def write(self, name: str, content: bytes) -> Path:
        """One file of the run, whole or not at all."""
        write_aside(self.path / name, content)
        return self.path / name

    def write_json(self, name: str, content: Any) -> Path:
        return self.write(name, json.dumps(content, indent=1, default=str, allow_nan=True).encode())

    def read_json(self, name: str, otherwise: Any = None) -> Any:
        """A JSON file of the run, or `otherwise` where it is not there. Raises RunError where it is damaged."""
        try:
            return json.loads((self.path / name).read_bytes())
        except FileNotFoundError:
            return otherwise
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path / name}", f"unreadable: {error}", "restore the file, or run again") from None

    def append(self, readings: Iterable[Reading]) -> None:
        """Readings at the end of readings.jsonl; a line cut short by a kill is skipped when read."""
        lines = "".join(json.dumps(asdict(r)) + "\n" for r in readings)
        if not lines:
            return
        try:
            with open(self.path / READINGS, "a", encoding="utf-8") as file:
                file.write(lines)
        except OSError as error:
            raise RunError(
                f"to write {self.path / READINGS}",
                error.strerror or str(error),
                "free some space; the run can be resumed",
            ) from None

    def rewind(self, step: int) -> None:
        """Back to how it stood after `step` optimizer steps: later readings, and findings of the end, are forgotten."""
        kept = [r for r in self.readings if r.step <= step and step]
        self.write(READINGS, "".join(json.dumps(asdict(r)) + "\n" for r in kept).encode())
        self.write_findings(f for f in self.findings if f.stage in ("data", "check"))
        self.write_json(RESULT, {"status": "running"})

    @property
    def recipe(self) -> Recipe:
        return Recipe.read(self.path / RECIPE)

    @property
    def readings(self) -> list[Reading]:
        try:
            text = (self.path / READINGS).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        found = []
        for line in text.splitlines():
            try:
                found.append(Reading(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found

    @property
    def curves(self) -> dict[str, Track | dict[str, Track]]:
        return tracks(self.readings)

    @property
    def findings(self) -> list[Finding]:
        return [Finding.from_dict(f) for f in self.read_json(FINDINGS, [])]

    def write_findings(self, findings: Iterable[Finding]) -> None:
        self.write_json(FINDINGS, [f.to_dict() for f in findings])

    @property
    def result(self) -> dict[str, Any]:
        """{"status": "running" | "done" | "interrupted" | "stopped", "verdict": ..., "test": ..., ...}"""
        return self.read_json(RESULT, {"status": "running"})

    def conclude(
        self, final: Finding, findings: Iterable[Finding], test: dict[str, Any], *, interrupted: bool = False
    ) -> None:
        """The verdict before the other findings, and the result, at the end of a run; test: the metrics."""
        self.write_findings([final, *findings])
        status = "interrupted" if interrupted else "done"
        self.write_json(RESULT, {"status": status, "verdict": final.fault, "test": test, "ended": time.time()})


def _aside() -> Path:
    """A folder that goes with the process: where several train together, rank 0 alone writes the run's own."""
    folder = tempfile.mkdtemp(prefix="wellfit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _free(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 ... that is not there."""
    n, free = 2, path
    while free.exists():
        free, n = path.with_name(f"{path.name}-{n}"), n + 1
    return free
