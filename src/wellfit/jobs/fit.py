"""fit: from data to a network that fits well. The whole procedure on one page; read it from top to bottom.

`story` yields what it does as it does it, Stage by Stage; `fit` listens in silence, the command line prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn
from wellfit.verbs.build import build
from wellfit.verbs.load import load

from wellfit.jobs.fitted import Fitted
from wellfit.nouns.errors import CheckError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.nouns.stage import Stage
from wellfit.nouns.step import Step
from wellfit.verbs import gather, keep, tell
from wellfit.verbs.check import check
from wellfit.verbs.diagnose import diagnose, verdict
from wellfit.verbs.judge import judge
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import rate_test
from wellfit.verbs.report import report
from wellfit.verbs.settle import settle
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch


def fit(source: Any = "digits", targets: Any = None, **options: Any) -> Fitted:
    """Fit a network to data and return the run: `run.test, run.findings, run.curves, run.predict(x), run.report()`.

    source: a bundled set's name, a path, a DataFrame, an array or tensor [N, ...], (x, y), a torch Dataset or
    DataLoader, or {"train": ..., "test": ...}; targets: [N] or [N, K] where the source holds none;
    options: those of `story`, and choices of the recipe by dotted key: fit("digits", **{"training.epochs": 50}).
    Raises WellfitError where data, recipe or network cannot be used.
    """
    *_, last = story(source, targets, **options)
    return last.detail


def story(
    source: Any = "digits",
    targets: Any = None,
    *,
    recipe: Recipe | str | Path | None = None,
    network: nn.Module | None = None,
    out: str | Path | None = None,
    force: bool = False,
    **choices: Any,
) -> Iterator[Stage]:
    """Everything `fit` does, told as it happens; the last Stage holds the Fitted run.

    recipe: a Recipe or its TOML file; network: an nn.Module of your own; out: the run's folder;
    force: train although a check failed; choices: over the recipe, by dotted key or by name (target=, epochs=).
    """
    given = settle(source, recipe, choices)
    data = load(source, given.data, targets)  # read, split, scale by the training rows alone
    yield from tell.data(data)
    recipe, reasons = propose(given, data)  # every choice left open, with its reason
    case = build(recipe, data, network)
    if "training.lr" not in given.given():
        tested = rate_test(case)
        recipe, reasons["training.lr"] = Recipe.of({"training.lr": tested.lr}, recipe), tested.reason
        case = build(recipe, data, network)
    yield tell.network(case, reasons)
    checks = []
    for finding in check(case, budget_s=5.0):  # does it even stand a chance?
        checks.append(finding)
        yield tell.check(finding)
    if not force and any(f.severity == "error" for f in checks):
        raise CheckError.of(checks)
    run = Run.create(out, recipe, gather.environment(data))
    run.write_findings([*data.findings, *checks])
    yield from _learn(run, case, [*data.findings, *checks])


def resume(
    path: str | Path, source: Any = None, targets: Any = None, network: nn.Module | None = None
) -> Fitted:
    """Go on with a run that was stopped; it ends bit for bit where the unbroken run would have ended."""
    *_, last = resumed(path, source, targets, network)
    return last.detail


def resumed(
    path: str | Path, source: Any = None, targets: Any = None, network: nn.Module | None = None
) -> Iterator[Stage]:
    """The story of `resume`. source, targets, network: needed only where the run had them from memory."""
    run = Run.open(path)
    data = load(run.recipe.data.source if source is None else source, run.recipe.data, targets)
    gather.must_be_same(run, data)
    case, state = build(run.recipe, data, network), keep.read_checkpoint(run)
    run.cut_readings(state["plain"]["progress"]["index"] if state else 0)
    yield tell.resumed(run, state)
    before = [f for f in run.findings if f.stage in ("data", "check")]
    yield from _learn(run, case, before, state)


def _learn(run: Run, case: Any, findings: list, state: dict[str, Any] | None = None) -> Iterator[Stage]:
    """Train, watch, keep, judge, say what is wrong, test once, report."""
    choices = case.recipe.watch
    watch, clock = Watch(choices.budget_frac), gather.Clock(choices.checkpoint_s)
    with gather.interruptible() as stopped:
        due = lambda index: watch.due(index) or stopped()
        for moment in train(case, due=due, rest_s=choices.checkpoint_s, state=state):
            run.append(watch(moment) if isinstance(moment, Step) else moment.readings)
            if not isinstance(moment, Step) and clock.due():
                keep.keep_checkpoint(run, moment.state())
            yield tell.moment(moment, case)
            if stopped():
                break
    keep.keep_model(run, case)
    judged = {
        split: judge(case, split) for split in ("train", "valid", "test")
    }  # the test rows: here, and only here
    have = gather.evidence(run, case, judged, watch.cost(), clock.seconds)
    findings = [*findings, *diagnose(have)]
    final = verdict(have, findings)
    run.write_findings([final, *findings])
    run.write_result(
        status="interrupted" if stopped() else "done", verdict=final.fault, test=judged["test"]["metrics"]
    )
    yield tell.verdict(final, findings)
    yield tell.test(
        Fitted(run, case.network if ":" in case.recipe.network.name else None),
        judged["test"],
        run,
        report(run),
    )
