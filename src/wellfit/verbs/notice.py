"""Notice: what is wrong already while training goes on, by those rules of the shelf that need not know how it ends."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from time import perf_counter, process_time
from typing import Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
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
        self._curves: dict[tuple[str, str, str], tuple[array, array, array]] = {}
        self._take(run.readings)
        self._rules: list[Any] | None = None
        self._facts: dict[str, Any] = {}
        self._last: set[str] = set()
        self._said: set[str] = set()
        self._begun, self._spent_s, self._once_s = (perf_counter(), process_time()), 0.0, 0.0

    def __call__(self, moment: Step | Rest, readings: Iterable[Reading]) -> list[Finding]:
        """New findings at this moment, mostly none."""
        self._take(readings)
        if not isinstance(moment, Rest) or not moment.readings or moment.why_stop or not self._affordable():
            return []
        if self._rules is None:
            self._load()
        begun = process_time()
        have = {**self._tracks(), **self._facts}
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
        self._once_s = process_time() - begun
        self._spent_s += self._once_s
        return new

    def _affordable(self) -> bool:
        """Work is weighed against work: on a busy machine all of it takes longer."""
        elapsed_s = min(perf_counter() - self._begun[0], process_time() - self._begun[1])
        return self._spent_s + self._once_s <= BUDGET_FRAC * elapsed_s

    def _take(self, readings: Iterable[Reading]) -> None:
        for r in readings:
            key = (r.name, r.where, r.unit)
            held = self._curves.get(key) or self._curves.setdefault(key, (array("q"), array("d"), array("d")))
            for values, value in zip(held, (r.step, r.epoch, r.value)):
                values.append(value)

    def _tracks(self) -> dict[str, Track | dict[str, Track]]:
        """What has been read so far, as `tracks` gives it, without going through every reading again."""
        found: dict[str, Any] = {}
        for (name, where, unit), (steps, epochs, values) in self._curves.items():
            track = Track(name, np.array(steps), np.array(epochs), np.array(values), unit, where)
            if where:
                found.setdefault(name, {})[where] = track
            else:
                found[name] = track
        return found

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
