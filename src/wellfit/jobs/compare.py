"""compare: a fit that begins with the weights of an earlier training, beside the same from scratch, seed by seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from wellfit.jobs.fit import story
from wellfit.jobs.fitted import Fitted
from wellfit.nouns.comparison import COMPARISON, comparison
from wellfit.nouns.errors import RecipeError, WellfitError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.stage import Stage, last
from wellfit.verbs import gather, transfer
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.report import report
from wellfit.verbs.settle import settle
from wellfit.verbs.train import train

SEEDS = 3
SCRATCH = "scratch"


def compare(source: Any, targets: Any = None, **options: Any) -> Fitted:
    """Fit as `wf.fit` does, then compare with training from scratch; the run's `comparison` and its report hold it.

    options: of `compared`. Raises as `fit` does, and RecipeError where there are no weights to begin with.
    """
    return last(compared(source, targets, **options)).detail


def compared(source, targets=None, *, seeds=SEEDS, recipe=None, network=None, **options) -> Iterator[Stage]:
    """The story of `fit`, and before its end that of the comparison.

    For each of `seeds` seeds (of the split, the first weights and the order alike) the network is trained both ways on
    the same rows: with the weights begun with, and from scratch with the same widths, every other choice made as `fit`
    makes it, a rate tested for each, inputs scaled by the training rows. Both are tested on the same test rows. The
    fit itself is the first pair's. Ctrl-C ends it with the pairs that are whole.
    """
    out, force = options.pop("out", None), options.pop("force", False)
    given = settle(source, recipe, options, network)
    if not given.transfer.weights:
        raise RecipeError("to compare with training from scratch", "no weights to begin with", "name them: --from RUN")
    if seeds < 1:
        raise RecipeError(f"to compare over {seeds} seeds", "none", "give 2 seeds or more; 3 are usual")
    end = None
    for stage in story(source, targets, recipe=given, network=network, out=out, force=force):
        if stage.name == "test":
            end = stage  # the story's end: the report gets the comparison first
        else:
            yield stage
    if end is None:
        return
    if end.facts["status"] == "done":
        yield from _pairs(source, targets, given, network, end.detail, seeds)
    yield end


def _pairs(source: Any, targets: Any, given: Recipe, network: Any, run: Fitted, seeds: int) -> Iterator[Stage]:
    """Pair by pair a line; what they come to, in the run's folder and its report."""
    metric = next(iter(run.test))
    pairs: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
    with gather.interruptible() as stopped:
        for i in range(seeds):
            seeded = _seeded(given, i)
            try:
                ours = run.test if i == 0 else _merits(source, targets, seeded, network, stopped)
                theirs = _merits(source, targets, _without(seeded, run.recipe), network, stopped, scratch=True)
            except WellfitError as error:
                line = f"not compared: {error.found}; {error.do}"
                yield Stage("compare", line, error, {"error": str(error)})
                break
            if ours is None or theirs is None:
                break
            pairs.append((seeded.training.seed, ours, theirs))
            one = comparison(metric, SCRATCH, pairs[-1:])
            yield Stage("compare", f"seed {seeded.training.seed}: {one.words.partition(' (')[0]}", one, one.to_dict())
    if pairs:
        found = comparison(metric, SCRATCH, pairs)
        run.run.write_json(COMPARISON, found.to_dict())
        report(run.run)
        yield Stage("compare", found.words, found, found.to_dict())


def _seeded(given: Recipe, i: int) -> Recipe:
    seeds = {"data.seed": given.data.seed + i, "training.seed": given.training.seed + i}
    return Recipe.of(seeds, given)


def _without(given: Recipe, ran: Recipe) -> Recipe:
    """The recipe from scratch: the network that ran, but nothing of the earlier training."""
    network = {f"network.{k}": getattr(ran.network, k) for k in type(ran.network).model_fields}
    kept = {k: "auto" for k in ("data.normalise", "data.normalise_targets") if given.flat()[k] == "kept"}
    own = ":" in ran.network.name  # its first and last layer are made to fit, which needs the word
    alone = {"transfer.weights": "own" if own else "", "transfer.mode": "none", "transfer.rate_decay": 1.0}
    return Recipe.of({**network, **kept, **alone}, given)


def _merits(source, targets, given: Recipe, network: Any, stopped, scratch: bool = False) -> dict[str, Any] | None:
    """The test figures of one training; None where it was stopped."""
    start = transfer.begin(given, network)
    if scratch:
        start = replace(start, preparation=None, choices={})
    data = load(source, given.data, targets, start.preparation)
    complete, reasons = propose(given, data, start.choices)
    case = build(complete, data, start.network)
    case = transfer.afresh(case) if scratch else transfer.carry(case, start)
    case, _ = with_tested_rate(case, given, reasons)
    for _ in train(case):
        if stopped():
            return None
    return judge(case)["metrics"]
