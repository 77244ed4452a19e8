"""Halving: a trial that falls behind the others at a rung is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.pruners import BasePruner

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial


class Halving(BasePruner):
    """Of the trials that have come to a rung, one in `keep[rung]` goes on, those with the lowest losses, one at least.

    Successive halving (Jamieson & Talwalkar 2016) over trials that come when they come (Li et al. 2020, arXiv:1810.05934).
    Optuna's own pruner counts a trial only once it has been asked about; of trials in a stack, which come to a rung at the
    same time, the first would be judged by themselves alone.
    """

    def __init__(self, keep: dict[int, int]):
        self.keep = keep

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Is the trial's last report that of a rung, and not among the lowest there?"""
        rung = trial.last_step
        if rung is None or rung not in self.keep:
            return False
        there = [t.intermediate_values[rung] for t in study.get_trials(deepcopy=False) if rung in t.intermediate_values]
        going = max(1, len(there) // self.keep[rung])
        return trial.intermediate_values[rung] > sorted(there)[going - 1]
