"""Runs: the run folders under one folder, each with what the list says of it. A file is read again when it has changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from wellfit.nouns import living
from wellfit.nouns.errors import RunError
from wellfit.nouns.run import ENVIRONMENT, FINDINGS, READINGS, RECIPE, RESULT
from wellfit.nouns.units import duration, figure
from wellfit.page.curves import last_epoch
from wellfit.page.files import Damaged, Kept, parse_json, parse_toml, stamp

DEPTH = 3
"""Folders deep, a run may lie: DIR/run, or DIR/study/trials/run."""
SPACE = "space.toml"
"""What makes a folder a study."""
MOST_ENTRIES = 20_000
"""Entries of folders that are looked at for runs; beyond, somebody has named the wrong folder."""


class Runs:
    """The runs under `root`, or the one that `root` is. `names()` looks anew each time: runs come and go."""

    def __init__(self, root: Path):
        if not root.is_dir():
            raise RunError(f"a page of the runs in {root}", "no such folder", "name a folder that holds runs, or a run")
        self.root, self.read = root, Kept()
        self._epochs: dict[str, tuple[Any, float]] = {}

    def names(self) -> dict[str, Path]:
        """{name as in the address: folder}; a link that leads out of `root` is no run of it."""
        return self.look()[0]

    def look(self) -> tuple[dict[str, Path], dict[str, Path]]:
        """(the runs, the studies of `wellfit tune`) by name."""
        itself = {self.root.absolute().name or "run": self.root}
        if (self.root / RECIPE).is_file():
            return itself, {}
        found: dict[str, Path] = {}
        studies = itself if (self.root / SPACE).is_file() else {}
        left = MOST_ENTRIES
        look = [(self.root, "", 1)]
        top = os.path.realpath(self.root)
        while look:
            folder, before, depth = look.pop()
            try:
                inside = list(os.scandir(folder))
            except OSError:
                continue
            left -= len(inside)
            for entry in inside if left > 0 else ():
                if not _is_folder(entry) or not Path(os.path.realpath(entry.path)).is_relative_to(top):
                    continue
                name = before + entry.name.encode(errors="backslashreplace").decode()
                if os.path.isfile(os.path.join(entry.path, RECIPE)):
                    found[name] = Path(entry.path)
                elif depth < DEPTH and not entry.name.startswith("."):
                    look.append((Path(entry.path), f"{name}/", depth + 1))
                    if os.path.isfile(os.path.join(entry.path, SPACE)):
                        studies[name] = Path(entry.path)
        return found, studies

    def find(self, name: str) -> Path | None:
        """The folder of a run by its name in the address; None where there is none (any more)."""
        return self.names().get(name)

    def rows(self) -> list[dict[str, Any]]:
        """What the list says, the newest first."""
        return sorted(
            (self.row(name, folder) for name, folder in self.names().items()),
            key=lambda r: (r["started"] or 0, r["name"]),
            reverse=True,
        )

    def row(self, name: str, folder: Path) -> dict[str, Any]:
        """{"name", "status", "data", "network", "verdict", "headline", "epoch", "epochs", "seconds", "started"}."""
        recipe, result = self.read(folder, RECIPE, parse_toml), self.read(folder, RESULT, parse_json)
        about, facts = self.read(folder, ENVIRONMENT, parse_json), self.read(folder, "data.json", parse_json)
        broken = recipe is None or Damaged in (recipe, result, about) or not isinstance(recipe, dict)
        recipe, result = (recipe if isinstance(recipe, dict) else {}), (result if isinstance(result, dict) else {})
        about, facts = (about if isinstance(about, dict) else {}), (facts if isinstance(facts, dict) else {})
        return {
            "name": name,
            "status": "damaged" if broken else living.status(folder, result),
            "data": str(facts.get("name") or _part(recipe, "data").get("source", "")),
            "network": str(_part(recipe, "network").get("name", "")),
            "verdict": str(result.get("verdict") or ""),
            "headline": headline(result),
            "epoch": self._epoch(folder),
            "epochs": _part(recipe, "training").get("epochs"),
            "seconds": duration(facts["train_s"]) if isinstance(facts.get("train_s"), int | float) else "",
            "started": about["started"] if isinstance(about.get("started"), int | float) else None,
            "version": str(_part(about, "versions").get("wellfit", "")),
        }

    def findings(self, folder: Path) -> list[dict[str, Any]] | None:
        """Its findings as they stand in the file, whatever the version; None where the file is damaged."""
        found = self.read(folder, FINDINGS, parse_json)
        if found is Damaged:
            return None
        return [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []

    def _epoch(self, folder: Path) -> float:
        now, before = stamp(folder, READINGS), self._epochs.get(str(folder))
        if before is None or before[0] != now:
            before = self._epochs[str(folder)] = (now, last_epoch(folder))
        return before[1]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _part(given: dict[str, Any], name: str) -> dict[str, Any]:
    part = given.get(name)
    return part if isinstance(part, dict) else {}


def headline(result: dict[str, Any]) -> str:
    """The first test figure with its interval, in words; "" before there is one."""
    name, m = next(iter(_part(result, "test").items()), ("", None))
    return f"{name} {said}" if (said := scored(m)) else ""


def scored(m: Any) -> str:
    """A test figure with its interval, of whatever version; "" where it is none."""
    if not isinstance(m, dict) or not isinstance(m.get("value"), int | float):
        return ""
    said = f"{figure(m['value'], 4)}{' ' + str(m['unit']) if m.get('unit') else ''}"
    if all(isinstance(m.get(k), int | float) for k in ("low", "high")):
        said += f" [{figure(m['low'], 4)}, {figure(m['high'], 4)}]"
    return said
