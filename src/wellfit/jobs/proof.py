"""proof: the best recipe of a search beside the one without a search, both trained with fresh seeds and tested once each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wellfit.jobs.trials import Bench
from wellfit.nouns.step import Rest
from wellfit.verbs import gather
from wellfit.verbs.judge import judge
from wellfit.verbs.search.queue import Queue
from wellfit.verbs.train import train

WINNER, DEFAULT = "winner", "default"
FEWEST = 3
"""Pairs that are trained even where the time is short: of two the interval says little."""
FRESH = 1000
"""Added to the seed of the search, so that no seed that was chosen by is used again."""


@dataclass(frozen=True)
class Proof:
    """One training of the proof. who: winner or default; valid: its least validation loss (or -score); merits: on the
    test rows, as `judge` gives them; test_loss: the mean loss of the test rows."""

    who: str
    seed: int
    valid: float
    merits: dict[str, dict[str, Any]]
    test_loss: float


def enqueue(queue: Queue, winner: dict[str, Any], seed: int, pairs: int) -> None:
    """Put both ways of each seed into the study of the proof; winner: values by axis."""
    queue.study.set_user_attr(WINNER, winner)
    for k in range(pairs):
        for who in (WINNER, DEFAULT):
            queue.study.enqueue_trial({}, user_attrs={"who": who, "seed": seed + FRESH + k, "pair": k})


def work(bench: Bench, queue: Queue, until_s: float, stopped: Callable[[], bool]) -> Iterator[int]:
    """Items of the proof until none waits, or until the next would end after `until_s` (time.time()) and there are
    enough pairs; the number of each that this worker has ended."""
    from optuna.trial import TrialState

    longest = 0.0
    while not stopped():
        queue.take_up()
        waiting = queue.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        late = time.time() + longest > until_s
        if not any(t.user_attrs["pair"] < FEWEST or not late for t in waiting):
            return
        trial = queue.study.ask()
        attrs = trial.user_attrs
        if "who" not in attrs:  # another worker took the last one at the same moment
            trial.set_user_attr("over", True)
            queue.study.tell(trial, state=TrialState.FAIL)
            continue
        trial.set_user_attr("worker", queue.worker)
        begun = time.time()
        winner = queue.study.user_attrs[WINNER] if attrs["who"] == WINNER else None
        found = prove(bench, winner, attrs["who"], attrs["seed"], lambda t=trial: queue.beat(t), stopped)
        if found is None:
            return
        queue.tell(trial, found.valid, vars(found))
        longest = max(longest, time.time() - begun)
        yield trial.number


def prove(bench: Bench, values: dict[str, Any] | None, who: str, seed: int, beat, stopped) -> Proof | None:
    """Train values by axis (None: the recipe without a search) with a fresh seed and test once; None where stopped."""
    case = bench.default(seed) if values is None else bench.case_of(values, seed)
    best, clock = float("inf"), gather.Clock(2.0)
    for moment in train(case, rest=clock.due):
        beat()
        if stopped():
            return None
        if isinstance(moment, Rest) and moment.readings:
            read = {r.name: r.value for r in moment.readings}
            best = min(best, -read["valid_score"] if bench.by_score else read["valid_loss"])
    judged = judge(case)
    return Proof(who, seed, best, judged["metrics"], float(judged["loss"].mean()))


def proofs(queue: Queue) -> dict[str, dict[int, Proof]]:
    """{"winner": {seed: Proof}, "default": ...} of what has ended."""
    found: dict[str, dict[int, Proof]] = {WINNER: {}, DEFAULT: {}}
    for t in queue.finished():
        if "end" in t.user_attrs:
            proof = Proof(**t.user_attrs["end"])
            found[proof.who][proof.seed] = proof
    return found
