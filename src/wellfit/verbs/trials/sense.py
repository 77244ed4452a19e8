"""Sense: which way a loss pulls: does it fall as the answers come nearer to the targets, or as they move away?"""

from __future__ import annotations

import copy
from statistics import mean

import torch
from torch import Tensor

from wellfit.nouns.replay import Batch, Replay
from wellfit.verbs.trials.run import play_batch

AWAY = -0.05
"""Cosine between the answers' descent and the way to the targets below which a batch is pushed away from them."""
BATCHES = 6


def pushed_away(replay: Replay) -> bool:
    """In each of the first batches, at the first weights: would a step of descent on the answers themselves lead away
    from the targets? A loss with the wrong sign does that, whatever it is made of; never a sound one."""
    if replay.program.alternating or len(replay.batches) < 3:
        return False
    found = []
    networks, parameters = copy.deepcopy((replay.networks, replay.parameters))
    for batch in replay.batches[:BATCHES]:
        try:
            found.append(_pull(play_batch(replay, batch, networks, parameters, train=True), batch))
        except Exception:
            return False
    return all(f < AWAY for f in found) and mean(found) < 2 * AWAY


def _pull(values: dict, batch: Batch) -> float:
    """Cosine between minus the gradient of the loss by the answers and the way from the answers to the targets."""
    answer, target, loss = values.get(batch.loss.answer), batch.target, values.get(batch.loss.total)
    if not isinstance(answer, Tensor) or target is None or loss is None or not answer.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(loss.sum(), answer, allow_unused=True)
    if gradient is None or not bool(gradient.isfinite().all()):
        return 0.0
    way = _way(answer.detach(), target)
    if way is None:
        return 0.0
    size = float(gradient.norm() * way.norm())
    return float(-(gradient * way).sum()) / size if size else 0.0


def _way(answer: Tensor, target: Tensor) -> Tensor | None:
    """From the answers [B, ...] to the targets: towards the right class, the right label, the right value."""
    if not target.is_floating_point() and answer.ndim == 2 and target.shape == answer.shape[:1] and answer.shape[1] > 1:
        ones = torch.nn.functional.one_hot(target.long(), answer.shape[1]).to(answer.dtype)
        return ones - 1 / answer.shape[1]
    if answer.numel() != target.numel():
        return None
    there = target.reshape(answer.shape).to(answer.dtype)
    labels = bool(((there == 0) | (there == 1)).all())
    return there - 0.5 if labels else there - answer
