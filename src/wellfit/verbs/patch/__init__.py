"""Patch: the repair as a diff, run before it is offered."""

from __future__ import annotations

from wellfit.verbs.patch.choose import Patch, patch
from wellfit.verbs.patch.trial import Started
from wellfit.verbs.patch.words import words

__all__ = ["Patch", "Started", "patch", "words"]
