"""Turning: which ways of turning pictures over leave them as likely as they were."""

from __future__ import annotations

from torch import Tensor

FAR = 0.05  # share of the one-sided part of pictures that is common to a class: above it they have a left and a right
FEW = 40  # pictures that cannot tell
SEEN = 500  # pictures a class that are looked at for this


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
