"""Examine: every clue asked about a program."""

from __future__ import annotations

from collections.abc import Iterable

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program


def examine(program: Program, words: Iterable[str] | None = None) -> list[Finding]:
    """Findings of these clues (default: all); one that fails is noted in `program.trouble` and left out."""
    found: list[Finding] = []
    for word in shelf.names("clues") if words is None else words:
        try:
            said = shelf.serve(shelf.get("clues", word), {"program": program})
        except Exception as error:
            program.trouble.append(f"the clue {word} failed ({type(error).__name__}: {error})")
            continue
        found += said if isinstance(said, list) else [said] if said is not None else []
    return found
