"""Cross-entropy: the loss of a classification into one of C classes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

TASKS = ("classification",)


def cross_entropy(
    outputs: Tensor, targets: Tensor, *, weight: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """-log softmax(outputs)[target], in nats, averaged over examples.

    outputs [B, C, ...]: logits (no softmax before); targets [B, ...]: class indices, int64; weight [C]: of each
    class, the mean is then over weights; label_smoothing: share of each label spread evenly over all classes
    (Szegedy et al. 2016, arXiv:1512.00567).
    """
    return F.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets: the entropy of the (weighted) class frequencies.

    ln C where all classes are equally frequent, or weighted to be.
    """
    share = torch.bincount(targets.flatten(), minlength=shape_out[0]).double()
    if weight is not None:
        share = share * weight.to(share)
    share = share / share.sum()
    return float(-torch.xlogy(share, share).sum())
