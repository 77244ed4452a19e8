"""tune: search the choices of a recipe by trials on validation rows, and prove what was found on the test rows, once."""

from __future__ import annotations

import json
import math
import time as clock
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

from wellfit.jobs import proof
from wellfit.jobs.fit import story
from wellfit.jobs.hands import Hands, hands
from wellfit.jobs.study import Plan, attempts, leads, planned, write_trials
from wellfit.jobs.trials import search
from wellfit.jobs.tuned import BEST, RESULT, Tuned
from wellfit.nouns.attempt import Attempt, best_of, said
from wellfit.nouns.comparison import Comparison, comparison
from wellfit.nouns.errors import RecipeError, RunError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import write_aside
from wellfit.nouns.stage import Stage, last
from wellfit.nouns.units import brief, figure, many, percent
from wellfit.verbs import gather
from wellfit.verbs.report import study_page
from wellfit.verbs.search.study import reachable
from wellfit.verbs.weigh import Luck, Weight, axes, luck, sentence

SHARE = 0.5
"""Of the time goes to the search; the rest to training the winner and the default again, and to the report."""
USUAL_S = 100.0


def tune(source: Any = "digits", targets: Any = None, **options: Any) -> Tuned:
    """Search for a better recipe than `fit` would use, and prove it: `tuned.recipe, tuned.summary, tuned.run`.

    source, targets: as in `fit`; options: of `tuned`. Raises WellfitError where data, recipe, space or storage cannot be
    used, RunError where no trial ends in the time.
    """
    return last(tuned(source, targets, **options)).detail


def tuned(source, targets=None, *, time=None, trials=None, workers=None, seeds=5, **options) -> Iterator[Stage]:
    """What `tune` does, told Stage by Stage; the last holds the Tuned study.

    time: seconds for all of it (100 where neither is given); trials: how many; workers: processes that share the work, as
    many as there are cores where the source is a path or a bundled set; seeds: with which winner and default are trained
    again; options: of `planned`: recipe, network, space, out, storage, search, pruner, plugins, and choices of the recipe.
    """
    begun = clock.time()
    spend = USUAL_S if time is None and trials is None else time
    until = begun + spend if spend else float("inf")
    plan = yield from planned(source, targets, trials=trials, **options)
    search_until = clock.time() + SHARE * (until - clock.time())
    with gather.interruptible() as stopped, hands(plan, workers, search_until, until) as others:
        plan.share(others.n)
        yield from _searched(plan, others, search_until, stopped)
        if not plan.queue.leads:
            yield from _helped(plan, until, stopped)
            return
        found = attempts(plan.queue, plan.bench.space)
        write_trials(plan.bench.folder, found)
        best = best_of(found)
        if best is None:
            where = f"; the {many(len(found), 'trial')} so far stand in {plan.bench.folder}" if found else ""
            raise RunError("a search for a better recipe", f"no trial came to its end{where}",
                           "give more --time, or more --trials")  # fmt: skip
        weights = axes(found, plan.bench.space)
        yield _importance(weights, found)
        yield from _proved(plan, others, best, seeds, until, stopped)
    yield from _concluded(plan, best, found, weights, stopped())


def _searched(plan: Plan, others: Hands, until: float, stopped: Callable[[], bool]) -> Iterator[Stage]:
    """Trials of this process and of the others, each told as it ends, until there are enough or the time is over."""
    told: dict[int, Attempt] = {}
    over = lambda: stopped() or clock.time() > until
    kept = f"; the trials so far stand in {plan.bench.folder}"
    with reachable(plan.storage, kept):
        while True:
            for _ in search(plan.bench, plan.queue, over):
                others.look()
                yield from _news(plan, told)
            others.look()
            yield from _news(plan, told)
            if plan.queue.whole() or stopped() or (over() and (others.none or not plan.queue.running())):
                break
            if clock.time() > until + 20:
                break
            clock.sleep(0.1)


def _helped(plan: Plan, until: float, stopped: Callable[[], bool]) -> Iterator[Stage]:
    """What is left to do for one who joined: trainings of the proof, until who began the study closes it."""
    n = sum(a.worker == plan.queue.worker for a in attempts(plan.queue, plan.bench.space))
    over = lambda: stopped() or clock.time() > until
    with reachable(plan.storage):
        while not (over() or leads(plan.queue.study) or plan.proofs.study.user_attrs.get("closed")):
            n += sum(1 for _ in proof.work(plan.bench, plan.proofs, until, over))
            clock.sleep(0.2)
    line = f"{many(n, 'training')} done here; who began the study in {plan.bench.folder} concludes it"
    yield Stage("tuned", line, None, {"status": "joined", "study": str(plan.bench.folder)})


def _news(plan: Plan, told: dict[int, Attempt]) -> Iterator[Stage]:
    """A Stage for each trial that has ended since."""
    total = f" of {plan.queue.total}" if plan.queue.total else ""
    for a in attempts(plan.queue, plan.bench.space):
        if a.number in told:
            continue
        before, told[a.number] = best_of(list(told.values())), a
        best = best_of(list(told.values()))
        leads = best is a and (before is None or a.loss < before.loss)
        came = f"validation loss {figure(a.loss, 3)}" if a.whole else f"stopped: {a.why}"
        line = f"trial {a.number}: {came}; {said(a.values, plan.bench.space)}"
        so_far = f"{len(told)}{total} trials, {sum(not t.whole for t in told.values())} of them stopped early"
        so_far += f"; least validation loss {figure(best.loss, 3)}" if best else ""
        yield Stage("trial", line, a, a.to_dict() | {"best": leads, "so_far": so_far})
        write_trials(plan.bench.folder, list(told.values()))


def _importance(weights: list[Weight], found: list[Attempt]) -> Stage:
    n = sum(a.whole for a in found)
    line = f"{many(len(found), 'trial')}, {n} whole and {len(found) - n} stopped early: {sentence(weights, len(found))}"
    return Stage("choices", line, weights, {"importance": [w.to_dict() for w in weights]})


def _proved(plan: Plan, others: Hands, best: Attempt, seeds: int, until: float, stopped) -> Iterator[Stage]:
    """Winner and default trained with fresh seeds, by all workers; nothing where the default itself was the best."""
    values = dict(best.values)
    if plan.bench.space.of_recipe(plan.bench.base) == values:
        plan.proofs.study.set_user_attr("closed", True)
        return
    if not any("who" in t.user_attrs for t in plan.proofs.study.get_trials(deepcopy=False)):
        proof.enqueue(plan.proofs, values, plan.bench.base.training.seed, seeds)
    told: set[int] = set()
    with reachable(plan.storage, f"; what was found so far stands in {plan.bench.folder}"):
        while not stopped():
            for _ in proof.work(plan.bench, plan.proofs, until - others.report_s, stopped):
                yield from _pairs(plan, told)
            others.look()
            yield from _pairs(plan, told)
            if not plan.proofs.busy() or others.none:
                break
            clock.sleep(0.1)
        plan.proofs.study.set_user_attr("closed", True)


def _pairs(plan: Plan, told: set[int]) -> Iterator[Stage]:
    """A Stage for each seed whose two trainings have ended."""
    both = proof.proofs(plan.proofs)
    for seed in sorted(set(both[proof.WINNER]) & set(both[proof.DEFAULT]) - told):
        told.add(seed)
        ours, theirs = both[proof.WINNER][seed], both[proof.DEFAULT][seed]
        line = f"seed {seed}: validation loss {figure(ours.valid, 3)}, {figure(theirs.valid, 3)} for the default"
        yield Stage("proof", line, (ours, theirs), {"seed": seed, "valid": ours.valid, "default": theirs.valid})


def _concluded(
    plan: Plan, best: Attempt, found: list[Attempt], weights: list[Weight], stopped: bool
) -> Iterator[Stage]:
    """Which recipe to use, trained once more as an ordinary run; what it is worth, in words and in the folder."""
    bench, both = plan.bench, proof.proofs(plan.proofs)
    seeds = sorted(set(both[proof.WINNER]) & set(both[proof.DEFAULT]))
    pairs = [(s, both[proof.WINNER][s], both[proof.DEFAULT][s]) for s in seeds]
    curse = luck(best.loss, [w.valid for _, w, _ in pairs], [d.valid for _, _, d in pairs], len(found))
    beaten = curse is not None and curse.keeps
    if curse is not None:
        yield Stage("proof", curse.words, curse, curse.to_dict())
    compared = _comparisons(bench.by_score, pairs)
    for c in compared:
        yield Stage("compare", c.words, c, c.to_dict())
    recipe = bench.case_of(dict(best.values), pairs[0][0]).recipe if beaten else bench.base
    share = {w.axis.key: w.share for w in weights}
    why = {k: f"tuned: best of {len(found)} trials" + (f", {percent(share[k], 0)} of the importance" if k in share else "")
           for k in best.values} if beaten else {}  # fmt: skip
    write_aside(bench.folder / BEST, recipe.toml(plan.reasons | why).encode())
    run = last(story(bench.source, bench.targets, recipe=recipe, network=plan.network, force=True,
                     out=_free(bench.folder / "best"))).detail  # fmt: skip
    words = _summary(plan, best, found, weights, compared, curse)
    done = Tuned(bench.folder, recipe, run, bench.space, found, weights, compared, curse, beaten, words)
    write_aside(bench.folder / RESULT, _json(done.to_dict()))
    changes = _changed(plan, recipe)
    shares = [(w.axis.name, w.share) for w in weights]
    page = study_page(bench.folder, {**vars(done), "name": bench.data.raw.name, "importance": shares, "changes": changes,
                                     "recipe": recipe.toml(plan.reasons | why)})  # fmt: skip
    yield Stage("recipe", _used(plan, changes), recipe, {"recipe": recipe.model_dump(mode="json")})
    facts = done.to_dict() | {"status": "interrupted" if stopped else "done", "study": str(bench.folder),
                              "run": str(run.path), "report": str(page)}  # fmt: skip
    yield Stage("tuned", words, done, facts)


def _comparisons(by_score: bool, pairs: list[tuple[int, Any, Any]]) -> list[Comparison]:
    """The headline on the test rows, and the loss that was searched by, where it is the same for both."""
    if not pairs:
        return []
    found = [comparison(next(iter(pairs[0][1].merits)), proof.DEFAULT, [(s, w.merits, d.merits) for s, w, d in pairs])]
    if not by_score:
        take = lambda p: {"test loss": {"value": p.test_loss, "lower": True}}
        found.append(comparison("test loss", proof.DEFAULT, [(s, take(w), take(d)) for s, w, d in pairs]))
    return found


def _summary(plan, best, found, weights, compared: list[Comparison], curse: Luck | None) -> str:
    verdicts, proved = {c.verdict for c in compared}, [c for c in compared if c.verdict == "better"]
    if curse is None or not curse.keeps:
        lead = f"The default could not be beaten by {many(len(found), 'trial')}: its recipe stands"
    elif "better" in verdicts and "worse" not in verdicts:
        lead = "A better recipe than the default: " + "; ".join(map(_gain, proved))
    else:
        lead = "A recipe with a lower validation loss than the default, but on the test rows it is "
        lead += "no better" if "worse" in verdicts else "not surely better"
    return f"{lead}. In the search {sentence(weights, len(found))}."


def _gain(c: Comparison) -> str:
    """'accuracy 0.991, 0.982 from the default (95 % interval of the gain 0.002 to 0.012, 5 seeds)'."""
    (low, high), n = c.interval, len(c.seeds)
    return (
        f"{c.metric} {figure(mean(c.ours), 3)} on the test rows, {figure(mean(c.theirs), 3)} from the default "
        f"(95 % interval of the gain {figure(low, 2)} to {figure(high, 2)}, {n} seeds in pairs)"
    )


def _changed(plan: Plan, recipe: Recipe) -> list[tuple[str, str, str]]:
    """(key, default, now) of what the recipe changes."""
    was, now = plan.bench.base.flat(), recipe.flat()
    return [(k, _brief(was.get(k)), _brief(v)) for k, v in now.items() if was.get(k) != v and k != "training.seed"]


def _used(plan: Plan, changes: list[tuple[str, str, str]]) -> str:
    """What is changed, and how to use the recipe."""
    said_ = ", ".join(f"{key} {was} → {now}" for key, was, now in changes) or "as without a search"
    return f"{said_}; wellfit fit --recipe {plan.bench.folder / BEST}"


def _brief(value: Any) -> str:
    return brief(value, 2) if isinstance(value, float) else str(list(value) if isinstance(value, tuple) else value)


def _free(path: Path) -> Path:
    n, free = 2, path
    while free.exists():
        free, n = path.with_name(f"{path.name}-{n}"), n + 1
    return free


def _json(facts: Any) -> bytes:
    return json.dumps(facts, indent=1, default=str).encode()


def seconds(text: str | None) -> float | None:
    """ "90s", "10m", "2h" or "90" in seconds; None for None. Raises RecipeError."""
    if text is None:
        return None
    number, unit = (text[:-1], text[-1]) if text[-1:].isalpha() else (text, "s")
    try:
        found = float(number) * {"s": 1.0, "m": 60.0, "h": 3600.0}[unit]
    except (ValueError, KeyError):
        found = math.nan
    if not found > 0 or math.isinf(found):
        raise RecipeError(f"--time {text}", "no time above 0", "write it as 90s, 10m or 2h")
    return found
