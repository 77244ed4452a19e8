"""Queue: a worker's side of a study. It takes trials, says what became of them, and takes up those of dead workers.

Each trial has an origin: its own number, or that of the trial of a dead worker in whose stead it runs. A study of N trials
has ended when N origins have a finished trial: whatever dies or comes at the same time, none is lost and none is doubled.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wellfit.nouns.space import Axis, Space, plain

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

BEAT_S, DEAD_S = 5.0, 60.0
"""A trial says so often that it lives; after so long in silence its worker is taken for dead."""


def me() -> str:
    """This worker: host, process and when it began."""
    return f"{socket.gethostname()}:{os.getpid()}:{int(time.time())}"


@dataclass
class Queue:
    """study: an Optuna study; worker: who we are; total: trials that it is to have, None for no end; silent_s: after
    which a worker counts as dead; leads: are we who began the study."""

    study: Study
    worker: str
    total: int | None = None
    silent_s: float = DEAD_S
    leads: bool = False
    _beats: dict[int, float] = field(default_factory=dict)
    _led: float = 0.0

    def take(self) -> Trial | None:
        """The next trial, or None where enough were begun. Trials of dead workers come first."""
        self.take_up()
        if self.total is not None and not self._free(self._trials()):
            return None
        trial = self.study.ask()
        trial.set_user_attr("worker", self.worker)
        self._beats[trial.number] = time.time()  # it has just begun, which the storage knows
        if self._is_over(trial.number):
            trial.set_user_attr("over", True)
            self._end(trial, "FAIL")
            return None
        return trial

    def beat(self, trial: Trial) -> None:
        """Say that the trial lives, every few seconds at most."""
        now = time.time()
        if now - self._beats.get(trial.number, 0.0) >= BEAT_S:
            self._beats[trial.number] = now
            trial.set_user_attr("beat", now)

        if self.leads and now - self._led >= BEAT_S:
            self._led = now
            self.study.set_user_attr("leader_beat", now)

    def tell(self, trial: Trial, value: float | None, end: dict[str, Any]) -> bool:
        """A trial's end: its value, None where it was stopped; end: what is to be known of it, JSON types. False where
        somebody else has taken it up meanwhile."""
        self._beats.pop(trial.number, None)
        try:
            trial.set_user_attr("end", end)
            return self._end(trial, "COMPLETE" if value is not None else "PRUNED", value)
        except Exception as error:  # Optuna's UpdateFinishedTrialError, by whichever way it comes
            if type(error).__name__ in ("UpdateFinishedTrialError", "RuntimeError", "ValueError"):
                return False
            raise

    def give_back(self, trial: Trial) -> None:
        """A trial of ours that will not be ended here goes back into the queue."""
        with suppress(
            Exception
        ):  # whatever made us leave may have taken the storage with it; then it is taken up later
            self._end(trial, "FAIL")
            self._again(next(t for t in self._trials() if t.number == trial.number))

    def take_up(self) -> list[int]:
        """Put the trials of dead workers back into the queue with the same values; the numbers of those are returned."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        found, trials = [], self._trials()
        for t in trials:
            if t.state == TrialState.RUNNING and self._is_dead(t):
                with suppress(UpdateFinishedTrialError, RuntimeError, ValueError):
                    self.study.tell(t.number, state=TrialState.FAIL)  # who comes second is refused here
                    self._again(t)
                    found.append(t.number)
            elif t.state == TrialState.FAIL and not t.user_attrs.get("over") and self._is_orphan(t, trials):
                self._again(t)
                found.append(t.number)
        return found

    def finished(self) -> list[FrozenTrial]:
        """The trials that have ended, one for each origin, by number."""
        from optuna.trial import TrialState

        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        return [t for t in self._live(self._trials()) if t.state in ended]

    def running(self) -> int:
        """How many trials are under way or wait to be taken up."""
        return len(self._live(self._trials())) - len(self.finished())

    def busy(self) -> bool:
        """Is a trial under way?"""
        from optuna.trial import TrialState

        return any(t.state == TrialState.RUNNING for t in self._trials())

    def whole(self) -> bool:
        """Have as many trials ended as there are to be?"""
        return self.total is not None and len(self.finished()) >= self.total

    def _trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def _live(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        """Not failed, and of each origin the first."""
        from optuna.trial import TrialState

        found: dict[int, FrozenTrial] = {}
        for t in trials:
            if t.state != TrialState.FAIL and not t.user_attrs.get("over"):
                found.setdefault(origin(t), t)
        return list(found.values())

    def _free(self, trials: list[FrozenTrial]) -> bool:
        """May one more be begun: is one waiting, or are there fewer origins than trials to be?"""
        from optuna.trial import TrialState

        origins = {origin(t) for t in trials if not t.user_attrs.get("over")}
        return any(t.state == TrialState.WAITING for t in trials) or len(origins) < (self.total or 0)

    def _is_over(self, number: int) -> bool:
        """Was this one trial too many, since others took one at the same moment?"""
        trials = self._trials()
        mine = next(t for t in trials if t.number == number)
        if any(t.number < number and origin(t) == origin(mine) for t in self._live(trials)):
            return True
        before = {origin(t) for t in trials if not t.user_attrs.get("over") and origin(t) < origin(mine)}
        return self.total is not None and len(before) >= self.total

    def _is_dead(self, t: FrozenTrial) -> bool:
        host, pid = ([*str(t.user_attrs.get("worker", "")).split(":"), "", ""])[:2]
        if host == socket.gethostname() and pid.isdigit() and not _lives(int(pid)):
            return True
        begun = t.datetime_start.timestamp() if t.datetime_start else 0.0
        return time.time() - max(float(t.user_attrs.get("beat", 0.0)), begun) > self.silent_s

    def _is_orphan(self, t: FrozenTrial, trials: list[FrozenTrial]) -> bool:
        """Failed some time ago and not put back, since who found it died too?"""
        ended = t.datetime_complete.timestamp() if t.datetime_complete else 0.0
        later = any(o.number > t.number and origin(o) == origin(t) for o in trials)
        return not later and time.time() - ended > self.silent_s / 4

    def _again(self, t: FrozenTrial) -> None:
        attrs = {k: v for k, v in t.user_attrs.items() if k not in ("worker", "beat", "end")}
        self.study.enqueue_trial(dict(t.params), user_attrs={**attrs, "again": origin(t)})

    def _end(self, trial: Trial, state: str, value: float | None = None) -> bool:
        from optuna.trial import TrialState

        self.study.tell(trial, value, state=TrialState[state])
        return True


def suggested(trial: Trial, space: Space) -> dict[str, Any]:
    """The values of a trial by axis, drawn by the study's sampler."""
    return {axis.key: _suggest(trial, axis) for axis in space.axes}


def _suggest(trial: Trial, axis: Axis) -> Any:
    log = axis.prior == "log"
    if axis.whole:
        return trial.suggest_int(axis.key, int(axis.low), int(axis.high), log=log)
    if not axis.choices:
        return trial.suggest_float(axis.key, axis.low, axis.high, log=log)
    held = {coded(c): c for c in axis.choices}
    return plain(held[trial.suggest_categorical(axis.key, list(held))])


def coded(choice: Any) -> Any:
    """A choice as Optuna stores it: lists as words."""
    return repr(plain(choice)) if isinstance(choice, list | tuple) else choice


def params_of(values: dict[str, Any]) -> dict[str, Any]:
    """Values by axis as Optuna's parameters."""
    return {k: coded(v) for k, v in values.items()}


def values_of(params: dict[str, Any], space: Space) -> dict[str, Any]:
    """The inverse."""
    held = {a.key: {coded(c): plain(c) for c in a.choices} for a in space.axes}
    return {k: held[k].get(v, v) if k in held else v for k, v in params.items()}


def origin(t: FrozenTrial) -> int:
    """The number of the trial that this one stands for."""
    return int(t.user_attrs.get("again", t.number))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
