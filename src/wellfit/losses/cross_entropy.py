"""Cross-entropy: the loss of a classification into one of C classes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

FORMS = ("classes",)


def cross_entropy(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """-log softmax(outputs)[target], in nats, averaged over examples.

    outputs [B, C, ...]: logits (no softmax before); targets [B, ...]: class indices, int64; weight [C]: of each
    class, the mean is then over weights; label_smoothing: share of each label spread evenly over all classes
    (Szegedy et al. 2016, arXiv:1512.00567); cell_weight: in the targets' shape, what each counts in the mean, 0 not at
    all.
    """
    if cell_weight is not None:
        each = F.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing, reduction="none")
        counts = cell_weight if weight is None else cell_weight * weight[targets]
        return (each * cell_weight).sum() / counts.sum().clamp_min(1e-12)
    return F.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets: the entropy of the (weighted) class frequencies.

    ln C where all classes are equally frequent, or weighted to be. Classes below 0 stand for no answer.
    """
    share = torch.bincount(targets[targets >= 0].flatten(), minlength=shape_out[0]).double()
    if weight is not None:
        share = share * weight.to(share)
    share = share / share.sum()
    return float(-torch.xlogy(share, share).sum())
