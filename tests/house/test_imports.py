"""Imports run down: jobs → verbs → nouns; shelves → nouns. In-function and typing-only imports count too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "wellfit"
SHELVES = (
    *("readers", "networks", "losses", "optimizers", "schedules", "checks", "probes", "rules", "charts"),
    *("augmentations", "clues", "edits", "remedies", "faults", "tasks", "explainers", "searches"),
)
TORCH_ONLY = ("networks", "losses", "schedules", "optimizers")
MAY_IMPORT = {
    "nouns": {"nouns"},
    "verbs": {"nouns"},
    "views": {"nouns"},
    "commands": {"commands", "jobs", "views", "page", "nouns"},
    "page": {"page", "nouns"},
    "jobs": {"jobs", "verbs", "nouns"},
    **{shelf: {"nouns"} for shelf in SHELVES},
}


def imports(file: Path) -> set[str]:
    """Dotted names of every wellfit module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.add("RELATIVE")
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return {name for name in found if name.split(".")[0] == "wellfit" or name == "RELATIVE"}


def room(file: Path) -> str:
    parts = file.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else ""


FILES = [f for f in sorted(ROOT.rglob("*.py")) if room(f)]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_run_down(file: Path):
    here = room(file)
    for name in imports(file):
        assert name != "RELATIVE", f"{file.name} imports relatively; write the full name"
        parts = name.split(".")
        if len(parts) < 2 or not (ROOT / parts[1]).is_dir():
            continue
        assert parts[1] in MAY_IMPORT[here] or _own_package(file, parts), f"{here}/{file.name} may not import {name}"


def _own_package(file: Path, parts: list[str]) -> bool:
    """A verb that has grown into a package imports its own files."""
    mine = file.relative_to(ROOT).parts
    return len(mine) > 2 and len(parts) > 2 and (parts[1], parts[2]) == (mine[0], mine[1])


@pytest.mark.parametrize("file", [f for f in FILES if room(f) in TORCH_ONLY], ids=lambda f: f"{room(f)}/{f.stem}")
def test_networks_and_losses_can_be_copied_out_and_used_with_torch_alone(file: Path):
    tree = ast.parse(file.read_text())
    roots = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    roots |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert roots <= {"torch", "math", "collections", "typing", "functools", "itertools", "dataclasses", "__future__"}


def test_every_room_is_known_to_this_law():
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith("__")}
    assert rooms <= set(MAY_IMPORT), f"say in MAY_IMPORT what {rooms - set(MAY_IMPORT)} may import"
