"""fit: from data to a network that fits well. The whole procedure; read it from top to bottom."""

from collections.abc import Iterator
from typing import Any

from wellfit.jobs.fitted import Fitted
from wellfit.nouns.errors import CheckError
from wellfit.nouns.run import Run
from wellfit.nouns.stage import Stage
from wellfit.nouns.step import Rest, Step
from wellfit.verbs import gather, keep, notice, tell, transfer
from wellfit.verbs.build import build
from wellfit.verbs.check import check
from wellfit.verbs.diagnose import diagnose, verdict
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.reference import reference
from wellfit.verbs.report import report
from wellfit.verbs.settle import settle
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch


def fit(source: Any = "digits", targets: Any = None, **options: Any) -> Fitted:
    """Fit a network to data; the run is returned: `run.test, run.findings, run.curves, run.predict(x), run.report()`.

    source: a bundled set's name, a path, a DataFrame, an array or tensor [N, ...], (x, y), a torch Dataset or
    DataLoader, or {"train": ..., "test": ...}; targets: [N] or [N, K] where the source holds none; options: of `story`.
    Raises WellfitError where data, recipe or network cannot be used, CheckError where a check before training fails.
    """
    return Fitted.of(story(source, targets, **options))


def story(source, targets=None, *, recipe=None, network=None, out=None, force=False, **choices) -> Iterator[Stage]:
    """What `fit` does, told Stage by Stage as it happens; the last Stage holds the Fitted run.

    recipe: a Recipe or a TOML file; network: your own nn.Module; out: the run's folder; force: train although a check
    failed; choices: laid over the recipe, by dotted key or bare name: `fit("digits", epochs=50)`.
    """
    given = settle(source, recipe, choices, network)
    Run.must_be_free(out)
    start = transfer.begin(given, network)  # where weights of an earlier training are taken over
    data = load(source, given.data, targets, start.preparation)  # read, split, scaled by the training rows alone
    yield from tell.data(data)
    complete, reasons = propose(given, data, start.choices)  # every choice left open, with its reason
    case = transfer.carry(build(complete, data, start.network), start)
    case, reasons = with_tested_rate(case, given, reasons)
    yield from tell.network(case, reasons)
    checks = yield from tell.checks(check(case))  # does it stand a chance?
    if not force and any(f.severity == "error" for f in checks):
        raise CheckError.of(checks)
    run = Run.create(out, case.recipe, gather.environment(data), [*data.findings, *checks])
    keep.keep_begun(run, case, start.preparation)
    yield from learn(run, case)


def learn(run: Run, case: Any, state: dict[str, Any] | None = None) -> Iterator[Stage]:
    """Train, watch, keep, judge, say what is wrong, test once, report. `state`: go on from a checkpoint."""
    choices, earlier = case.recipe.watch, run.findings
    watch, clock, early = Watch(choices.budget_frac), gather.Clock(choices.checkpoint_s), notice.Notice(run, case)
    with gather.interruptible(run) as stopped:
        for moment in train(case, due=watch.due, rest=clock.due, stop=stopped, state=state):
            run.append(readings := watch(moment) if isinstance(moment, Step) else moment.readings)
            if isinstance(moment, Rest) and (moment.keep or moment.leave):
                keep.keep_checkpoint(run, moment.state())
            yield tell.moment(moment, case, stopped())
            yield from tell.noticed(early(moment, readings))
            if isinstance(moment, Rest) and moment.leave:
                break
    spent = gather.Spent(*watch.cost(), clock.seconds)
    keep.keep_model(run, case)
    judged = {s: judge(case, s, 5000 if s == "train" else None) for s in ("train", "valid", "test")}  # test: only here
    have = gather.evidence(run, case, judged, spent, reference(case))
    findings = [*earlier, *diagnose(have)]
    final = verdict(have, findings)
    run.conclude(final, findings, judged["test"]["metrics"], interrupted=stopped())
    yield tell.verdict(final, findings)
    yield tell.test(Fitted(run, keep.own(case)), judged["test"], run, report(run))
