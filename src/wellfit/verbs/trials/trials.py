"""Trials: is there a gap at all, which single change closes it, does that hold over seeds."""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from collections.abc import Iterable
from dataclasses import replace
from math import isfinite
from statistics import mean
from time import thread_time
from typing import NamedTuple

from wellfit.nouns import shelf
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Outcome, Replay, Trial, Trials
from wellfit.verbs.trials.prepare import prepare, untransformed
from wellfit.verbs.trials.run import run, skill
from wellfit.verbs.trials.sense import pushed_away

GAP = 0.12
"""Skill that the omnibus control must gain for anything to be wrong with the training at all."""
SOME, MOST = 0.3, 0.85
"""A change that closes this share of the gap is looked at on a second seed; one that closes MOST leaves no room for a
second fault."""
MUCH = 0.3
"""Skill that the cure of a suspected fault must gain where the omnibus control gains nothing (its own figure where it
has one)."""
SEEDS = (0, 1)
WANTED, LEAST = 8, 100
"""Trainings that the time should be enough for, and the steps of each that are not given up for that."""
Best = tuple[list[str], float, Outcome, list[str]]
"""Words of the omnibus control, factor of its rate, its outcome, costly words without which it does clearly worse."""
ENOUGH, SHARE = 0.92, 0.9
"""Skill at which the omnibus control ends early where time is short, and the share of the gap at which the others do."""


def trials(program: Program, budget_s: float, suspects: Iterable[str] = ()) -> Trials:
    """Omnibus control first; where it gains, single changes, those of `suspects` (fault labels) first. Stops at the
    budget with what it knows."""
    begun = thread_time()
    found = Trials()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            _try(program, found, begun + budget_s, list(suspects))
        except Exception as error:
            found.why = found.why or f"the trials stopped ({type(error).__name__}: {error})"
    found.seconds = thread_time() - begun
    return found


def _try(program: Program, found: Trials, until_s: float, suspects: list[str]) -> None:
    replay = prepare(program)
    if isinstance(replay, str):
        found.why = replay
        return
    found.by_loss = replay.base is not None
    replay = untransformed(program, replay, until_s - thread_time())
    replay = _in_time(program, replay, until_s)
    if not found.by_loss and pushed_away(replay):
        replay = replace(replay, extra={**replay.extra, "away": True})
        suspects = ["loss-unsuitable", *suspects]
    found.reached = reached(program, replay)
    best = _omnibus(replay, until_s)
    if best is None:
        found.why = "no change could be applied"
        return
    if replay.base is not None and (replay.least is None or best[2].skill > 1):
        replay, best = _to_least(replay, found.reached, best)
        found.reached, found.least = reached(program, replay), replay.least or 0.0
    words, _, outcome, needed = best
    if outcome.skill != outcome.skill:
        found.why = "the answers cannot be judged against the targets"
        return
    found.omnibus = (outcome,)
    have = max(x for x in (found.reached, -1.0) if x == x)
    if outcome.skill - max(have, 0.0) < GAP:  # nor is a constant answer beaten
        found.gap = outcome.skill - have
        _suspected(replay, found, have, until_s, suspects)
        return
    found.asis = (run(_until(replay, outcome.skill - GAP), SEEDS[0], until_s),)
    base = mean(o.skill for o in found.asis)
    found.gap = outcome.skill - max(have, base)
    if found.gap < GAP:
        found.why = "played again, the recorded steps do learn"
        return
    _singles(replay, found, base, outcome.skill, until_s, suspects, needed)
    if len(words) > 1 and max((t.closed for t in found.tried), default=0.0) < SOME:
        found.tried += _necessary(replay, best, base, until_s)


def _to_least(replay: Replay, reached: float, best: Best) -> tuple[Replay, Best]:
    """A loss without a least value: the furthest that it fell, in the program or with all the usual cures, is full skill."""
    words, factor, outcome, needed = best
    unit = 1.0 if replay.least is None else replay.base or 0.0  # it fell below zero for the first time
    falls = [x * unit for x in (reached, outcome.skill) if isfinite(x)]
    fall = max([x for x in falls if x > 0], default=1.0)
    skill = max(outcome.skill * unit / fall, -1.0) if isfinite(outcome.skill) else -1.0
    base = replay.base or 0.0
    return replace(replay, least=base - fall), (words, factor, replace(outcome, skill=skill), needed)


def _in_time(program: Program, replay: Replay, until_s: float) -> Replay:
    """Where the time is not enough for several trainings of full length, shorter ones that end once they have shown
    enough; what a step costs is measured where the script's own pace says that it may matter."""
    left = until_s - thread_time()
    most = left / (WANTED * replay.steps)
    if program.seconds / max(program.steps, 1) < most:
        return replay
    probe = run(replay, SEEDS[0], until_s, steps=min(6, replay.steps))
    step_s = probe.seconds / max(probe.steps, 1)
    if step_s < most:
        return replay
    return replace(replay, enough=ENOUGH, steps=min(replay.steps, max(LEAST, int(left / (WANTED * step_s)))))


def _until(replay: Replay, skill: float) -> Replay:
    """The same, ending at this skill where time is short."""
    return replace(replay, enough=skill) if replay.enough < float("inf") else replay


def _suspected(replay: Replay, found: Trials, have: float, until_s: float, suspects: list[str]) -> None:
    """Where the usual cures together do no better (they may not suit this program): those of suspected faults alone.
    Kept only where one gains much."""
    variants = [v for v in _variants(replay, suspects) if any(f in suspects for f in v.faults)]
    much = min((_much(v.word) for v in variants), default=MUCH)
    if not variants or have > 1 - much or thread_time() > until_s:
        return
    asis = run(replay, SEEDS[0], until_s)
    base = max(have, asis.skill)
    tried = _tried(variants, base, 1.0, until_s, found)
    if tried and tried[0].gain >= _much(tried[0].word) and tried[0].closed > 0:
        top = tried[0].gain + base
        found.asis, found.gap = (asis,), tried[0].gain
        found.omnibus = (replace(tried[0].outcomes[0], skill=top),)
        found.tried = [replace(t, closed=t.gain / max(top - base, 1e-6)) for t in tried]


def _much(word: str) -> float:
    """Skill that this remedy must gain where the usual ones gain nothing."""
    return getattr(shelf.module("remedies", word), "MUCH", MUCH)


def reached(program: Program, replay: Replay) -> float:
    """Skill on the held-out batches of the networks as the program left them."""
    try:
        networks, parameters = copy.deepcopy((replay.networks, replay.parameters))
        loose = {id(w): w for o in program.optimizers for g in o.optimizer.param_groups for w in g["params"]}
        for i, w in loose.items():
            if i in parameters and parameters[i].shape == w.shape:
                parameters[i].data.copy_(w.data)
        for n in program.networks:  # after weights of layers that others have taken the place of
            networks[id(n.module)].load_state_dict(n.module.state_dict())
        return skill(replay, networks, parameters, replay.held)
    except Exception:
        return float("nan")


def _usual(by_loss: bool) -> list[str]:
    """The remedies that the omnibus control is made of, in their order."""
    return [w for w in _words(by_loss) if getattr(shelf.module("remedies", w), "USUAL", False)]


def _costly(faults: Iterable[str]) -> bool:
    """Is the cure a network many times the size? It is tried last, or it takes all of the time."""
    return all(f.startswith("capacity") for f in faults)


def _together(replay: Replay, words: list[str]) -> tuple[Replay, list[str]]:
    """The replay with these remedies, and those that could be applied."""
    applied = []
    for word in words:
        tried = shelf.get("remedies", word)(replay)
        tried = tried[-1] if isinstance(tried, list) and tried else tried
        if isinstance(tried, Replay):
            replay, applied = tried, [*applied, word]
    steps = max(replay.steps, 200) if replay.enough == float("inf") else replay.steps
    return replace(replay, steps=steps, note="all the usual cures at once"), applied


def _omnibus(replay: Replay, until_s: float) -> Best | None:
    """All the usual cures at once, at two rates, and where that is not enough with the costly ones too: the best one."""
    usual = _usual(replay.base is not None)
    cheap = [w for w in usual if not _costly(shelf.module("remedies", w).FAULTS)]
    best, done = None, []
    for factor, chosen in ((1.0, cheap), (10.0, cheap), (1.0, usual)):
        changed, words = _together(replay, chosen)
        if (factor, words) in done:
            continue
        done.append((factor, words))
        outcome = run(replace(changed, rate=lambda step, f=factor: f), 0, until_s)
        if best is None or outcome.skill > best[2].skill:
            needed = [w for w in words if w not in cheap] if best is None or outcome.skill > best[2].skill + GAP else []
            best = (words, factor, outcome, needed)
        if outcome.skill > 0.9 and replay.least is not None:
            break
    return best


def _necessary(replay: Replay, best: Best, base: float, until_s: float) -> list[Trial]:
    """Where no change helps alone: all the usual cures but one. Those that cannot be left out are causes together."""
    words, factor, outcome, _ = best
    gap, found = max(outcome.skill - base, 1e-6), []
    for word in words:
        if thread_time() > until_s:
            break
        made, _ = _together(replay, [w for w in words if w != word])
        without = run(replace(made, rate=lambda step: factor), 0, until_s)
        plug, alone = shelf.module("remedies", word), shelf.get("remedies", word)(replay)
        note = alone.note if isinstance(alone, Replay) else word.replace("_", " ")
        lost = outcome.skill - without.skill
        found.append(Trial(word, tuple(plug.FAULTS), (without,), lost, lost / gap, note, on="all the other cures"))
    return sorted(found, key=lambda t: -t.closed)


def _singles(
    replay: Replay, found: Trials, base: float, top: float, until_s: float, suspects: list[str], needed: list[str]
) -> None:
    """Each remedy alone on one seed, the promising ones on a second; then, where the best leaves much of the gap open,
    each of the others with the best in place."""
    variants = sorted(_own(_variants(replay, suspects)), key=lambda v: v.word not in needed)
    found.tried = _tried(variants, base, top, until_s, found)
    best = next((t for t in found.tried), None)
    if best is None or not SOME <= best.closed < MOST or thread_time() > until_s:
        return
    made = next(v.replay for v in variants if v.replay.note == best.note and v.word == best.word)
    have = mean(o.skill for o in best.outcomes)
    if top - have < GAP:
        return
    others = [v for v in _own(_variants(made, suspects)) if v.word != best.word]
    found.tried += [replace(t, on=best.word) for t in _tried(others, have, top, until_s, found)]


class _Variant(NamedTuple):
    word: str
    faults: tuple[str, ...]
    replay: Replay
    handicap: float


def _own(variants: list[_Variant]) -> list[_Variant]:
    """Without those that put another network in the place of the script's, which learns with the usual cures, too."""
    return [v for v in variants if not getattr(shelf.module("remedies", v.word), "INSTEAD", False)]


def _variants(replay: Replay, suspects: list[str]) -> list[_Variant]:
    """What every remedy makes of this replay, those of suspected faults first."""
    variants = []
    for word in _words(replay.base is not None):
        plug = shelf.module("remedies", word)
        tried = shelf.get("remedies", word)(replay)
        for made in tried if isinstance(tried, list) else [tried]:
            if made is not None:
                variants.append(_Variant(word, tuple(plug.FAULTS), made, getattr(plug, "HANDICAP", 0.0)))
    return sorted(variants, key=lambda v: (not any(f in suspects for f in v.faults), _costly(v.faults)))


def _tried(variants: list[_Variant], base: float, top: float, until_s: float, found: Trials) -> list[Trial]:
    """Outcomes of the variants, the one that closes most first; those the clock did not allow are left out."""
    gap, tried = max(top - base, 1e-6), []
    for word, faults, made, handicap in variants:
        if thread_time() > until_s:
            break
        try:
            made = _until(made, base + (SHARE + handicap) * gap)
            outcomes = [run(made, SEEDS[0], until_s)]
            if (outcomes[0].skill - base) / gap - handicap >= SOME and thread_time() < until_s:
                outcomes.append(run(made, SEEDS[1], until_s))
        except Exception as error:
            found.why = f"{word} failed ({type(error).__name__}: {error})"
            continue
        if any(o.skill != o.skill for o in outcomes):
            continue
        whole = [o for o in outcomes if not _cut_short(o, made)]
        outcomes = whole or outcomes
        have = base
        if made.extra.get("from the end") and found.reached is not None and found.reached == found.reached:
            have = max(base, found.reached)  # it goes on from where the script ended
        gain = mean(o.skill for o in outcomes) - have
        closed = gain / max(top - have, 1e-6) - handicap
        if not whole and closed < SOME:
            continue  # it says nothing: it might have learnt yet
        tried.append(Trial(word, faults, tuple(outcomes), gain, closed, made.note))
    return sorted(tried, key=lambda t: -t.closed)


def _cut_short(outcome: Outcome, made: Replay) -> bool:
    """Did the clock end this training before its last step?"""
    return outcome.finite and outcome.steps < made.steps and not outcome.done


def _words(by_loss: bool = False) -> list[str]:
    """The remedies in their order; where the loss itself is the merit, those that leave it what it is."""
    order = lambda w: getattr(shelf.module("remedies", w), "ORDER", 50)
    names = [w for w in shelf.names("remedies") if not by_loss or getattr(shelf.module("remedies", w), "KEEPS", False)]
    return sorted(names, key=order)
