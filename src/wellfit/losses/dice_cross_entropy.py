"""Cross-entropy plus Dice loss: of masks, where most cells may belong to one class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

FORMS = ("classes",)
STEPS = 200  # of the descent to the best constant answer


def dice_cross_entropy(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """Cross-entropy in nats plus 1 - soft Dice, as in nnU-Net (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z).

    Soft Dice of a class in one example is 2 sum(p g) / (sum(p) + sum(g)), p its probability and g 1 where it is true
    (Milletari et al. 2016, arXiv:1606.04797); the mean over the classes that the example has, then over examples, each
    counting by its cells. It counts a class by its own area, so that a small one is not drowned by the others.

    outputs [B, C, *cells]: logits; targets [B, *cells]: class indices, int64; weight [C]: of each class, in the
    cross-entropy; label_smoothing: in the cross-entropy; cell_weight: in the targets' shape, 0 not at all.
    """
    counts = torch.ones_like(targets, dtype=outputs.dtype) if cell_weight is None else cell_weight
    log_p = outputs.log_softmax(1)
    each = F.nll_loss(log_p, targets, weight=weight, reduction="none")
    if label_smoothing:
        each = F.cross_entropy(outputs, targets, weight=weight, label_smoothing=label_smoothing, reduction="none")
    total = counts if weight is None else counts * weight[targets]
    entropy = (each * counts).sum() / total.sum().clamp_min(1e-12)
    classes = torch.arange(outputs.shape[1], device=outputs.device).reshape(1, -1, *[1] * (targets.ndim - 1))
    there = (targets[:, None] == classes) * counts[:, None]
    flat = lambda x: x.flatten(2).sum(2) if x.ndim > 2 else x
    p = log_p.exp()
    both, said, true = flat(p * there), flat(p * counts[:, None]), flat(there)
    dice = 2 * both / (said + true).clamp_min(1e-12)
    missed = ((1 - dice) * (true > 0)).sum(1) / (true > 0).sum(1).clamp_min(1)
    size = true.sum(1)
    return entropy + (missed * size).sum() / size.sum().clamp_min(1e-12)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets, found by descent from the frequencies of the classes (the
    loss is convex in the probabilities). Classes below 0 stand for no answer."""
    flat = targets.reshape(len(targets), -1)
    counts = torch.stack([(flat == c).sum(1) for c in range(shape_out[0])], 1).double()
    counts = counts[counts.sum(1) > 0]
    share = counts.sum(0) / counts.sum().clamp_min(1)
    if (share > 0).sum() < 2:
        return 0.0
    size, has = counts.sum(1, keepdim=True), counts > 0
    by = share if weight is None else share * weight.to(share) / (share * weight.to(share)).sum()

    def loss(logits: Tensor) -> Tensor:
        p = logits.softmax(0)
        dice = 2 * p * counts / (p * size + counts).clamp_min(1e-12)
        missed = ((1 - dice) * has).sum(1) / has.sum(1)
        return -(by * logits.log_softmax(0)).sum() + (missed * size[:, 0]).sum() / size.sum()

    logits = share.clamp_min(1e-6).log().clone().requires_grad_()
    optimizer = torch.optim.LBFGS([logits], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        found = loss(logits)
        found.backward()
        return found

    with torch.enable_grad():
        optimizer.step(closure)  # type: ignore[arg-type]
    return float(loss(logits.detach()))
