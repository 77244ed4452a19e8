"""Turning: pictures turned over and around at random in training, their masks with them; and which ways they bear."""

from __future__ import annotations

import torch
from torch import Tensor

FAR = 0.05  # share of the one-sided part of pictures that is common to a class: above it they have a left and a right
FEW = 40  # pictures that cannot tell
SEEN = 500  # pictures a class that are looked at for this


def turned(x: Tensor, y: Tensor, how: str) -> tuple[Tensor, Tensor]:
    """x [B, C, H, W] and y [B, ..., H, W], each example turned in one of the ways that `how` allows: "sideways" as in a
    mirror or not; "all" of the 8 ways to lay a square down (of the 4 that keep a rectangle's sides); else as they are.

    Drawn from torch's global generator, which a training seeds and its checkpoints keep.
    """
    if how not in ("sideways", "all"):
        return x, y
    square = x.shape[-1] == x.shape[-2]
    most = 8 if how == "all" and square else 4 if how == "all" else 2
    ways = torch.randint(most, (len(x),)).tolist()
    quarters = 1 if square else 2
    lay = lambda v: torch.stack([_laid(one, way, quarters) for one, way in zip(v, ways)])
    return lay(x), lay(y)


def _laid(v: Tensor, way: int, quarters: int) -> Tensor:
    """[..., H, W] mirrored where `way` is odd, then turned `way` // 2 times by so many quarters."""
    v = v.flip(-1) if way % 2 else v
    return v.rot90(way // 2 * quarters, (-2, -1)) if way > 1 else v


def mirrors(x: Tensor, y: Tensor) -> tuple[str, float]:
    """In which ways pictures x [N, C, H, W] of classes y [N] look as likely mirrored: none, sideways or both; and how
    one-sided they are, left to right."""
    share = one_sided(x, y, 3)
    if share > FAR:
        return "none", share
    return "sideways" if one_sided(x, y, 2) > FAR else "both", share


def one_sided(x: Tensor, y: Tensor, dim: int) -> float:
    """How far classes have a side: the largest share, over classes, of the pictures' odd part along `dim`,
    (picture - mirrored picture) / 2, that is common to the pictures of the class.

    0 where mirrored pictures are as likely, 1 where the odd part is the same in all; without the part that the mean
    of n pictures has by chance. A class of fewer than 40 pictures cannot tell, and counts as 1.
    """
    most = 0.0
    for label in y.unique():
        pictures = x[y == label][:SEEN]
        n = len(pictures)
        if n < FEW:
            return 1.0
        odd = (pictures - pictures.flip(dim)) / 2
        mean, energy = odd.mean(0), odd.square().mean()
        by_chance = (odd - mean).square().mean() / (n - 1)
        most = max(most, float((mean.square().mean() - by_chance) / energy.clamp_min(1e-12)))
    return most
