"""Trials: diagnosis by intervention. The recorded steps are played again as training on copies, with one thing changed."""

from __future__ import annotations

from wellfit.verbs.trials.prepare import prepare
from wellfit.verbs.trials.run import play_batch, run, skill
from wellfit.verbs.trials.trials import trials

__all__ = ["play_batch", "prepare", "run", "skill", "trials"]
