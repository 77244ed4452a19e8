"""How much each axis of a search mattered, and where it was best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wellfit.nouns.attempt import Attempt
from wellfit.nouns.space import Axis, Space, plain
from wellfit.nouns.units import brief, percent

FEWEST = 8
"""Trials under which nothing is said: a forest of fewer splits by chance."""
MATTERS, LITTLE = 0.10, 0.05
"""Shares of the variance from which an axis is said to matter, and below which not."""
GOOD = 4
"""The best fourth of the trials says where an axis is best, three trials at least."""


@dataclass(frozen=True)
class Weight:
    """share: of the loss's variance over the space that the axis alone and with others explains, all together 1;
    low, high: where the best fourth of the trials lies; best: the choices that they have."""

    axis: Axis
    share: float
    low: float = math.nan
    high: float = math.nan
    best: tuple[Any, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        finite = lambda v: float(v) if math.isfinite(v) else None
        held = {"axis": self.axis.key, "share": self.share, "low": finite(self.low), "high": finite(self.high)}
        return held | {"best": list(self.best)}


def axes(attempts: Sequence[Attempt], space: Space) -> list[Weight]:
    """Each axis with its importance, the most important first; [] where there are too few trials.

    By fANOVA (Hutter, Hoos & Leyton-Brown 2014) over a forest of the losses' logarithms, as Optuna works it out. Of a
    trial that was stopped early its best loss so far stands for what it would have come to.
    """
    held = [a for a in attempts if math.isfinite(a.loss) and set(a.values) >= {x.key for x in space.axes}]
    if len(held) < FEWEST or len({a.loss for a in held}) < 2:
        return []
    shares = _fanova(held, space)
    best = sorted(held, key=lambda a: (not a.whole, a.loss))[: max(3, len(held) // GOOD)]
    found = [_weight(axis, shares.get(axis.key, 0.0), best) for axis in space.axes]
    return sorted(found, key=lambda w: -w.share)


def sentence(weights: Sequence[Weight], n: int) -> str:
    """In plain words: 'lr matters most (45 %), best between 0.001 and 0.003; depth does not matter (2 %)'."""
    if not weights:
        return f"{n} trials are too few to say which choice matters"
    parts = [f"{weights[0].axis.name} matters most ({percent(weights[0].share, 0)}), best {_where(weights[0])}"]
    parts += [
        f"{w.axis.name} matters ({percent(w.share, 0)}), best {_where(w)}" for w in weights[1:] if w.share >= MATTERS
    ]
    little = [w for w in weights[1:] if w.share < LITTLE]
    if little:
        names = [w.axis.name for w in little]
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        verb = "do" if len(names) > 1 else "does"
        parts.append(
            f"{listed} {verb} not matter within these bounds (under {percent(LITTLE, 0)}{' each' if len(names) > 1 else ''})"
        )
    return "; ".join(parts)


def _where(w: Weight) -> str:
    if w.best:
        return " or ".join(str(b) for b in w.best)
    if w.low == w.high:
        return f"at {brief(w.low, 2)}"
    return f"between {brief(w.low, 2)} and {brief(w.high, 2)}"


def _weight(axis: Axis, share: float, best: Sequence[Attempt]) -> Weight:
    values = [a.values[axis.key] for a in best]
    if axis.choices:
        said = [str(v) for v in values]
        most = max(map(said.count, said))
        return Weight(axis, share, best=tuple(dict.fromkeys(s for s in said if said.count(s) == most)))
    return Weight(axis, share, float(min(values)), float(max(values)))


def _fanova(held: Sequence[Attempt], space: Space) -> dict[str, float]:
    """Shares by axis, of a study made anew in memory."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    losses = np.array([a.loss for a in held])
    losses = np.log(losses) if (losses > 0).all() else losses
    spread = {a.key: _distribution(a) for a in space.axes}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), pruner=optuna.pruners.NopPruner())
    code = lambda axis, v: str(v) if axis.choices else v
    for a, loss in zip(held, losses):
        params = {x.key: code(x, a.values[x.key]) for x in space.axes}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=spread, value=float(loss)))
    return get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.choices:
        return CategoricalDistribution([str(plain(c)) for c in axis.choices])
    log = axis.prior == "log"
    return (IntDistribution if axis.whole else FloatDistribution)(axis.low, axis.high, log=log)  # type: ignore[arg-type]
