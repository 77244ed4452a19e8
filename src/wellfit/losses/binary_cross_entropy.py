"""Binary cross-entropy: the loss of labels that can each be there or not (multi-label)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

FORMS = ("labels",)


def binary_cross_entropy(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """-[w y log p + (1 - y) log(1 - p)] with p = sigmoid(outputs), in nats, averaged over examples and labels.

    outputs [B, K]: logits (no sigmoid before); targets [B, K]: 0 or 1; weight [K]: w, what a label that is there
    counts against one that is not; label_smoothing: share of each label put half way between 0 and 1;
    cell_weight [B, K]: what each counts in the mean, 0 not at all.
    """
    if label_smoothing:
        targets = targets * (1 - label_smoothing) + label_smoothing / 2
    if cell_weight is not None:
        each = F.binary_cross_entropy_with_logits(outputs, targets, pos_weight=weight, reduction="none")
        return (each * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)
    return F.binary_cross_entropy_with_logits(outputs, targets, pos_weight=weight)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K]: for each label p = w n₁ / (w n₁ + n₀), n₁ and n₀
    the numbers of examples with and without it; ln 2 where these are equal."""
    there = targets.double().mean(0)
    absent, there = 1 - there, there * (1 if weight is None else weight.to(there))
    p = there / (there + absent)
    return float(-(torch.xlogy(there, p) + torch.xlogy(absent, 1 - p)).mean())
