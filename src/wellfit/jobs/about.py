"""about: what a word means, from the docstring of the plug-in that it names. No plug-in is imported for it."""

from __future__ import annotations

import ast
from pathlib import Path

from wellfit.nouns import shelf
from wellfit.nouns.errors import ShelfError, nearest

SHELVES = ("rules", "checks", "probes", "networks", "losses", "optimizers", "schedules", "charts", "readers")


def about(word: str) -> str:
    """The words' explanation, by shelf. Raises ShelfError for a word on no shelf, with the nearest that there is."""
    stem = word.strip().lower().replace("-", "_").replace(" ", "_")
    found = [(s, file) for s in SHELVES if (file := Path(__file__).parent.parent / s / f"{stem}.py").is_file()]
    if not found:
        known = {n.replace("_", "-"): n for s in SHELVES for n in shelf.names(s)}
        close = nearest(stem.replace("_", "-"), known)
        raise ShelfError(
            f"what {word!r} means",
            "no rule, check, network, loss, optimizer, schedule, probe or chart has this name",
            f"write {close!r}" if close else f"words are {', '.join(sorted(known))}",
        )
    return "\n".join(f"{stem.replace('_', '-')} ({s})\n\n{_said(file, stem)}\n" for s, file in found)


def _said(file: Path, name: str) -> str:
    """The module's docstring, then the function's where it says more."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    texts = [ast.get_docstring(tree) or "", (ast.get_docstring(function) or "") if function else ""]
    return "\n\n".join(dict.fromkeys(t for t in texts if t))
