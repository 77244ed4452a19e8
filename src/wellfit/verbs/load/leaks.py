"""leaks: inputs that give the answer away."""

from __future__ import annotations

from wellfit.nouns.finding import Finding


def leaks(*_: object) -> tuple[Finding, ...]:
    return ()
