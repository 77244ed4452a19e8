"""Notice: what is wrong already while training goes on, by those rules of the shelf that need not know how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, tracks
from wellfit.nouns.run import Run
from wellfit.nouns.skill import skill_of
from wellfit.nouns.step import Rest, Step
from wellfit.nouns.summary import parameters
from wellfit.nouns.trial import chance

BUDGET_FRAC = 0.005
"""Share of the elapsed time that noticing may take."""


class Notice:
    """(moment, its readings) -> what is newly wrong; in the run's folder too.

    A rule is asked at the ends of epochs if its file says WHILE_TRAINING = True: what it claims is then as true in
    the middle as at the end. It has to say so twice in a row. At the end all rules speak, with all the evidence.
    """

    def __init__(self, run: Run, case: Case):
        self._run, self._case, self._known = run, case, run.findings
        self._readings: list[Reading] = run.readings
        self._rules: list[Any] | None = None
        self._facts: dict[str, Any] = {}
        self._last: set[str] = set()
        self._said: set[str] = set()
        self._begun, self._spent_s, self._once_s = perf_counter(), 0.0, 0.0

    def __call__(self, moment: Step | Rest, readings: Iterable[Reading]) -> list[Finding]:
        """New findings at this moment, mostly none."""
        self._readings += readings
        if not isinstance(moment, Rest) or not moment.readings or moment.why_stop or not self._affordable():
            return []
        if self._rules is None:
            self._load()
        begun = perf_counter()
        have = {**tracks(self._readings), **self._facts}
        if (skill := skill_of(have)) is not None:
            have["skill"] = skill
        spoken = [shelf.serve(rule, have) for rule in self._rules or ()]
        found = [f for f in spoken if f is not None and f.severity in ("warning", "error")]
        new = [f for f in found if f.fault in self._last and f.fault not in self._said]
        self._last = {f.fault for f in found}
        if new:
            self._said |= {f.fault for f in new}
            self._known = [*self._known, *new]
            self._run.write_findings(self._known)
        self._once_s = perf_counter() - begun
        self._spent_s += self._once_s
        return new

    def _affordable(self) -> bool:
        return self._spent_s + self._once_s <= BUDGET_FRAC * (perf_counter() - self._begun)

    def _load(self) -> None:
        """Rules and facts, which the end needs as well and which are no part of the price."""
        words = [w for w in shelf.names("rules") if getattr(shelf.module("rules", w), "WHILE_TRAINING", False)]
        self._rules = [shelf.get("rules", word) for word in words]
        data, recipe = self._case.data, self._case.recipe.flat()
        self._facts = {"chance_loss": chance(self._case, data.train.y), "recipe": recipe, "kind": data.raw.kind}
        self._facts |= {"task": data.task, "parameters": parameters(self._case.network)}
        self._facts |= {f"n_{part}": len(getattr(data, part)) for part in ("train", "valid")}
        if not self._facts["chance_loss"] > 0:  # nothing to measure a loss against
            del self._facts["chance_loss"]
