"""trials: what a worker of a study does, one trial after the other: recipe, training, stop or loss, told to all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wellfit.nouns.case import Case
from wellfit.nouns.data import Data
from wellfit.nouns.errors import WellfitError
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, tracks
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import RESULT, Run
from wellfit.nouns.space import SCALING, Space
from wellfit.nouns.step import Rest, Step
from wellfit.nouns.trial import chance
from wellfit.verbs import gather, transfer
from wellfit.verbs.build import build
from wellfit.verbs.diagnose import diagnose
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.search.queue import Queue, suggested
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch

EARLIEST, SURE = 0.25, 0.6
"""The doctor's rules are written for trainings that have ended: no trial is stopped by one before this share of its
epochs, nor by a finding that is less sure."""
PINNED = ("training.lr", "training.epochs", "training.batch_size", "training.threads", "training.device",
          "training.patience")  # fmt: skip
"""What every trial takes from the recipe without a search, where no axis says otherwise, so that trials compare."""


@dataclass(frozen=True)
class Bench:
    """What trials are made of. given: what a person set; base: the complete recipe without a search; data: split and
    scaled as that says; folder: of the study; start: the weights and the network of the user's own to begin with, if any."""

    source: Any
    targets: Any
    given: Recipe
    base: Recipe
    data: Data
    space: Space
    folder: Path
    start: Any
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def by_score(self) -> bool:
        """Do trials have different losses, which cannot be compared?"""
        changed = ("training.loss", "training.class_weights", "training.label_smoothing", "data.normalise_targets")
        return any(a.key in changed for a in self.space.axes)

    def case_of(self, values: dict[str, Any], seed: int | None = None) -> Case:
        """The case of values by axis: what they leave open is proposed as for `fit`. Raises WellfitError."""
        laid = self.space.laid_over(values, self.base)
        freed = {"network.name", "training.optimizer"} & set(laid)
        flat = self.base.flat()
        pinned = {k: flat[k] for k in PINNED if k not in laid and not (k == "training.lr" and freed)}
        if "network.name" not in laid:  # an option that is an axis stands among those that were proposed
            pinned["network.options"] = flat["network.options"]
        recipe = Recipe.of({**pinned, **laid}, self.given)
        if seed is not None:
            recipe = Recipe.of({"training.seed": seed}, recipe)
        data = self.data
        if any(k in SCALING for k in laid):
            data = load(self.source, recipe.data, self.targets, self.start.preparation)
        complete, reasons = propose(recipe, data, self.start.choices)
        case = transfer.carry(build(complete, data, self.start.network), self.start)
        return with_tested_rate(case, recipe, reasons)[0]

    def default(self, seed: int) -> Case:
        """The case without a search, with another seed."""
        recipe = Recipe.of({"training.seed": seed}, self.base)
        return transfer.carry(build(recipe, self.data, self.start.network), self.start)


@dataclass
class Outcome:
    """loss: the least on validation rows so far, by epoch in `curve`; why: what stopped it; finding: the fault behind."""

    loss: float = math.inf
    curve: dict[int, float] = field(default_factory=dict)
    why: str = ""
    finding: Finding | None = None


def search(bench: Bench, queue: Queue, over: Callable[[], bool]) -> Iterator[int]:
    """Trials until there are enough or `over()`; the number of each that this worker has ended."""
    while not over():
        trial = queue.take()
        if trial is None:
            return
        begun, readings = time.perf_counter(), []
        values, found = suggested(trial, bench.space), Outcome(why="refused")
        case = None
        try:
            case = bench.case_of(values)
            found = attempt(case, trial, queue, over, bench.by_score, readings)
        except WellfitError as error:
            found.why = f"refused: {error.found}"
        trial.set_user_attr("seconds", time.perf_counter() - begun)
        _write(bench, trial.number, case, found, readings)
        _told(queue, trial, found)
        yield trial.number


def attempt(case: Case, trial: Any, queue: Queue, over: Callable[[], bool], by_score: bool, kept: list) -> Outcome:
    """Train until the end, or until the pruner, the doctor or `over()` says stop; kept: is given the readings."""
    found, watch, clock = Outcome(), Watch(case.recipe.watch.budget_frac), gather.Clock(2.0)
    at_chance, epochs = chance(case, case.data.train.y), int(case.recipe.training.epochs)
    for moment in train(case, due=watch.due, rest=clock.due):
        if isinstance(moment, Step):
            kept.extend(watch(moment))
            continue
        queue.beat(trial)
        if moment.readings:
            kept.extend(moment.readings)
            _take_in(moment, found, by_score)
            trial.report(found.loss, round(moment.epoch))
            if moment.why_stop in ("epochs", "patience") and math.isfinite(found.loss):
                break
            found.finding = _wrong(kept, case, at_chance, moment.epoch / epochs, moment.why_stop)
            found.why = found.finding.fault if found.finding else moment.why_stop
            if not found.why and trial.should_prune():
                found.why = f"behind the others after {round(moment.epoch)} epochs"
        if not found.why and over():
            found.why = "the time is over"
        if found.why:
            break
    return found


def _take_in(moment: Rest, found: Outcome, by_score: bool) -> None:
    read = {r.name: r.value for r in moment.readings}
    now = -read["valid_score"] if by_score else read["valid_loss"]
    if math.isfinite(now):
        found.loss = min(found.loss, now)
    found.curve[round(moment.epoch)] = found.loss


def _wrong(readings: list[Reading], case: Case, at_chance: float, share: float, stop: str) -> Finding | None:
    """The error that a rule finds, where it is sure enough; sooner only where training has broken."""
    if share < EARLIEST and stop != "not finite":
        return None
    have = {
        **tracks(readings),
        "recipe": case.recipe.flat(),
        "chance_loss": at_chance,
        "epochs": case.recipe.training.epochs,
    }
    errors = (f for f in diagnose(have) if f.severity == "error" and f.confidence >= SURE)
    return next(errors, None)


def _told(queue: Queue, trial: Any, found: Outcome) -> None:
    if not found.why:
        queue.tell(trial, found.loss)
        return
    finding = None if found.finding is None else {"fault": found.finding.fault, "summary": found.finding.summary}
    queue.tell(trial, why=found.why, finding=finding)


def _write(bench: Bench, number: int, case: Case | None, found: Outcome, readings: list[Reading]) -> None:
    """The trial's own run folder; of one that was refused there is nothing to keep."""
    if case is None:
        return
    findings = [found.finding] if found.finding else []
    run = Run.create(bench.folder / "trials" / f"{number:04d}", case.recipe, bench.environment, findings)
    run.append(readings)
    status = {"status": "stopped" if found.why else "done", "why": found.why, "valid_loss": found.loss}
    run.write_json(RESULT, status | {"ended": time.time()})
