"""Occlusion: how much the answer drops where a part of the example is covered."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from wellfit.nouns.inside import Target, said, still

PROMISES = ("ignored",)


def occlusion(
    network: nn.Module,
    inputs: Tensor,
    target: Target,
    *,
    baseline: Tensor | None = None,
    window: Sequence[int] = (),
    stride: Sequence[int] = (),
) -> Tensor:
    """The target less the target with a window covered, for each input the mean over the windows that cover it:
    [B, *shape], in the target's unit.

    window: its sizes, one for each axis of an example; by default all channels of a pictures' patch of an eighth of
    its side (3 cells at least), one channel and a sixteenth of the steps of a series, one feature of a table;
    stride: of the window, half of it by default; baseline [M, *shape]: what covers (the mean of several), 0 without.
    Source: Zeiler and Fergus 2014, arXiv:1311.2901.
    """
    shape = tuple(inputs.shape[1:])
    window = tuple(window) or usual_window(shape)
    stride = tuple(stride) or tuple(max(1, w // 2) for w in window)
    cover = torch.zeros_like(inputs[0]) if baseline is None else baseline.to(inputs.device).to(torch.float32).mean(0)
    cover = cover.to(inputs.dtype)
    total, count = torch.zeros(inputs.shape, device=inputs.device), torch.zeros(shape, device=inputs.device)
    with still(network):
        whole = said(network, inputs, target)
        for start in itertools.product(*(places(n, w, s) for n, w, s in zip(shape, window, stride))):
            at = (slice(None), *(slice(i, i + w) for i, w in zip(start, window)))
            covered = inputs.clone()
            covered[at] = cover[at[1:]]
            drop = whole - said(network, covered, target)
            total[at] += drop.reshape(-1, *[1] * len(shape))
            count[at[1:]] += 1
    return total / count.clamp_min(1)


def usual_window(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The window for examples of this shape."""
    if len(shape) == 3:
        return shape[0], *(min(n, max(3 if n < 64 else 1, -(-n // 8))) for n in shape[1:])
    if len(shape) == 2:
        return 1, max(1, shape[1] // 16)
    return tuple(1 for _ in shape)


def places(n: int, window: int, stride: int) -> list[int]:
    """Where windows begin along an axis, so that every cell is covered."""
    last = max(0, n - window)
    return sorted({*range(0, last + 1, stride), last})
