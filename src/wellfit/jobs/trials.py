"""trials: what a worker of a study does: recipe, training, stop or loss, told to all; several trials at once where they
can be stacked, else one after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
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
from wellfit.nouns.step import Step
from wellfit.nouns.trial import chance
from wellfit.nouns.units import many
from wellfit.verbs import gather, transfer
from wellfit.verbs.build import build
from wellfit.verbs.diagnose import diagnose
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.search.queue import Queue, suggested
from wellfit.verbs.stack import kin, together, unfit
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch

ASKED, SURE, LEARNS = (0.3, 0.6), 0.6, 0.5
"""The doctor's rules are written for trainings that have ended: they are asked after these shares of the epochs, and
where a loss is not finite; a finding that is less sure stops no trial. Nobody is asked about one
whose loss lies under this share of chance and near its least."""
PINNED = ("training.lr", "training.epochs", "training.batch_size", "training.threads", "training.device",
          "training.patience")  # fmt: skip
"""What every trial takes from the recipe without a search, where no axis says otherwise, so that trials compare."""


@dataclass(frozen=True)
class Bench:
    """What trials are made of. given: what a person set; base: the complete recipe without a search; data: split and
    scaled as that says; folder: of the study; start: the weights and the network of the user's own to begin with, if any;
    at_once: how many trials are trained together where they can be stacked; rungs: epochs after
    which they are compared."""

    source: Any
    targets: Any
    given: Recipe
    base: Recipe
    data: Data
    space: Space
    folder: Path
    start: Any
    environment: dict[str, Any] = field(default_factory=dict)
    at_once: int = 1
    rungs: tuple[int, ...] = ()

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
    """One trial under way. loss: the least on validation rows so far, by epoch in `curve`; why: what stopped it; finding:
    the fault behind; readings: of its run."""

    trial: Any
    case: Case | None = None
    loss: float = math.inf
    curve: dict[int, float] = field(default_factory=dict)
    why: str = ""
    finding: Finding | None = None
    readings: list[Reading] = field(default_factory=list)
    begun: float = field(default_factory=time.perf_counter)


def search(bench: Bench, queue: Queue, over: Callable[[], bool]) -> Iterator[int]:
    """Trials until there are enough or `over()`; the number of each that this worker has ended."""
    while not over():
        taken = _take(bench, queue, over)
        if not taken:
            return
        left = {one.trial.number: one for one in taken}
        try:
            for one in _trained(bench, queue, taken, over):
                del left[one.trial.number]
                yield _end(bench, queue, one)
        finally:
            for one in left.values():  # we are leaving: somebody else may go on at once
                queue.give_back(one.trial)


def _trained(bench: Bench, queue: Queue, taken: Sequence[Outcome], over: Callable[[], bool]) -> Iterator[Outcome]:
    """Each trial when it has ended: those of one kin together, the largest group first, the others alone."""
    stacks: dict[tuple, list[Outcome]] = {}
    for one in taken:
        mark = (
            kin(one.case) if one.case is not None and bench.at_once > 1 and not unfit(one.case) else (one.trial.number,)
        )
        stacks.setdefault(mark, []).append(one)
    for mark, group in sorted(stacks.items(), key=lambda item: -len(item[1])):
        if len(mark) > 1:
            yield from _stacked(group, bench, queue, over)
        else:
            _alone(group[0], bench, queue, over)
            yield group[0]


def _take(bench: Bench, queue: Queue, over: Callable[[], bool]) -> list[Outcome]:
    """As many trials as are trained at once, with their cases; of one that is refused, why."""
    taken: list[Outcome] = []
    while len(taken) < bench.at_once and not (taken and over()):
        trial = queue.take()
        if trial is None:
            break
        one = Outcome(trial)
        try:
            one.case = bench.case_of(suggested(trial, bench.space))
        except WellfitError as error:
            one.why = f"refused: {error.found}"
        taken.append(one)
    return taken


def _alone(one: Outcome, bench: Bench, queue: Queue, over: Callable[[], bool]) -> None:
    """Train one case to its end, or until the pruner, the doctor or `over()` says stop."""
    case = one.case
    if case is None:
        return
    watch, clock, at_chance = Watch(case.recipe.watch.budget_frac), gather.Clock(2.0), chance(case, case.data.train.y)
    for moment in train(case, due=watch.due, rest=clock.due):
        if isinstance(moment, Step):
            one.readings.extend(watch(moment))
            continue
        queue.beat(one.trial)
        if moment.readings and _take_in(one, bench, moment.readings, round(moment.epoch), moment.why_stop, at_chance):
            return
        if over():
            one.why = "the time is over"
            return


def _stacked(group: Sequence[Outcome], bench: Bench, queue: Queue, over: Callable[[], bool]) -> Iterator[Outcome]:
    """Train cases of one kin together; each that has ended, when it has."""
    cases = [one.case for one in group if one.case is not None]
    at_chance, left = chance(cases[0], cases[0].data.train.y), dict(enumerate(group))
    epochs = together(cases)
    told = next(epochs, None)
    while told is not None:
        gone = []
        for one in left.values():
            queue.beat(one.trial)
        for k, now in told.items():
            one = left[k]
            if _take_in(one, bench, now.readings, now.epoch, now.why_stop, at_chance):
                gone.append(k)
        gone += [k for k, now in told.items() if k not in gone and _behind(left[k], bench, now.epoch)]
        if over():
            for k in set(left) - set(gone):
                left[k].why = "the time is over"
                gone.append(k)
        for k in gone:
            yield left.pop(k)
        try:
            told = epochs.send(gone) if left or told else None
        except StopIteration:
            told = None
        if not left:
            epochs.close()
            return


def _take_in(one: Outcome, bench: Bench, readings: Sequence[Reading], epoch: int, stop: str, at_chance: float) -> bool:
    """An epoch's curves; has the trial ended? `why` then says what stopped it, "" where it came to its end."""
    case = one.case
    if case is None:
        return True
    one.readings.extend(readings)
    read, epochs = {r.name: r.value for r in readings}, int(case.recipe.training.epochs)
    now = -read["valid_score"] if bench.by_score else read["valid_loss"]
    if math.isfinite(now):
        one.loss = min(one.loss, now)
    one.curve[epoch] = one.loss
    if stop in ("epochs", "patience") and math.isfinite(one.loss):
        return True
    learns = not bench.by_score and now < min(LEARNS * at_chance, 1.2 * one.loss)
    if stop == "not finite" or (not learns and epoch in {max(3, math.ceil(share * epochs)) for share in ASKED}):
        one.finding = _wrong(one.readings, case, at_chance)
    one.why = one.finding.fault if one.finding else stop
    if not one.why and epoch in bench.rungs:
        one.trial.report(one.loss, epoch)
    return bool(one.why)


def _behind(one: Outcome, bench: Bench, epoch: int) -> bool:
    """Does the pruner stop it, now that all that are trained together have said how they fare?"""
    if epoch in bench.rungs and one.trial.should_prune():
        one.why = f"behind the others after {many(epoch, 'epoch')}"
    return bool(one.why)


def _wrong(readings: list[Reading], case: Case, at_chance: float) -> Finding | None:
    """The error that a rule finds, where it is sure enough."""
    have = {
        **tracks(readings),
        "recipe": case.recipe.flat(),
        "chance_loss": at_chance,
        "epochs": case.recipe.training.epochs,
    }
    errors = (f for f in diagnose(have) if f.severity == "error" and f.confidence >= SURE)
    return next(errors, None)


def _end(bench: Bench, queue: Queue, one: Outcome) -> int:
    """Tell the study, and keep the trial's own run folder; of one that was refused there is nothing to keep."""
    if one.case is not None:
        findings = [one.finding] if one.finding else []
        run = Run.create(
            bench.folder / "trials" / f"{one.trial.number:04d}", one.case.recipe, bench.environment, findings
        )
        run.append(one.readings)
        status = {"status": "stopped" if one.why else "done", "why": one.why, "valid_loss": one.loss}
        run.write_json(RESULT, status | {"ended": time.time()})
    fault = {"fault": one.finding.fault, "summary": one.finding.summary} if one.finding else None
    curve = {str(k): v for k, v in one.curve.items() if math.isfinite(v)}
    end = {"why": one.why, "finding": fault, "curve": curve, "seconds": time.perf_counter() - one.begun}
    queue.tell(one.trial, None if one.why else one.loss, end)
    return one.trial.number
