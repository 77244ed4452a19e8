"""One tree of errors. Each is three short lines: what was asked, what was found, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class WellfitError(Exception):
    """Something a person can mend. The command line prints it without a traceback and exits with 2."""

    def __init__(self, asked: str, found: str, do: str):
        super().__init__(asked, found, do)
        self.asked, self.found, self.do = asked, found, do

    def __str__(self) -> str:
        return f"asked: {self.asked}\nfound: {self.found}\ndo:    {self.do}"


class RecipeError(WellfitError):
    """A recipe that names an unknown key or an impossible value."""


class DataError(WellfitError):
    """Data that cannot be read, or cannot be learnt from as it is."""


class NetworkError(WellfitError):
    """A network that does not fit the data or the task."""


class CheckError(WellfitError):
    """A check before training failed. `findings` holds every check's result."""

    findings: tuple[Any, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Any]) -> CheckError:
        """The error for these checks, the first failed one in its words."""
        found = tuple(findings)
        failed = [f for f in found if f.severity == "error"]
        error = cls(
            "to train this network on this data",
            " ".join(f.summary for f in failed),
            f"{failed[0].remedy or 'mend the cause'}; or go on all the same with --force",
        )
        error.findings = found
        return error


class RoomError(WellfitError):
    """A step that finds no memory even with a single row."""


class RunError(WellfitError):
    """A run folder that is missing, damaged, or belongs to something else; a disk that is full."""


class ShelfError(WellfitError):
    """A plug-in that does not exist or cannot be loaded."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to `word`, whatever their case, or None where none is close (difflib ratio under 0.5)."""
    names = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return names[match[0]] if match else None
