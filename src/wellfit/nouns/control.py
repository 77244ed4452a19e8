"""Control: how well does a method that cannot fail to train, kernel ridge regression, learn the same pairs?"""

from __future__ import annotations

import torch
from torch import Tensor

MOST = 700
"""Rows that the method is fitted on at most, and judged on at most."""


def kind(y: Tensor) -> str:
    """ "classes" for whole numbers of at most 50 values and for one-hot rows, else "values"; "" for what is neither
    labels nor a few numbers a row."""
    if y.ndim > 1 and y[0].numel() > 16:
        return ""
    if y.ndim == 1 or y[0].numel() == 1:
        v = y.flatten()
        whole = not v.is_floating_point() or bool((v == v.round()).all())
        return "classes" if whole and len(torch.unique(v)) <= 50 else "values"
    one_hot = bool(((y == 0) | (y == 1)).all()) and bool((y.flatten(1).sum(1) == 1).all())
    return "classes" if one_hot else "values"


def labels(y: Tensor) -> Tensor:
    """Class numbers [N] of labels [N], [N, 1] or one-hot rows [N, C]."""
    return y.flatten(1).argmax(1) if y.ndim > 1 and y[0].numel() > 1 else y.flatten().double().round().long()


def learnt(x: Tensor, y: Tensor, other_x: Tensor, other_y: Tensor, raw: bool = False) -> float | None:
    """Skill (1 perfect, 0 a constant answer) on the other pairs of kernel ridge regression fitted to x [N, ...], y.

    Inputs are standardised; Gaussian kernel of the median distance; the best of raw values, and of spectra and moments
    for sequences and pictures, whose position says little (raw: of the values alone). None where it cannot be asked."""
    what = kind(torch.cat([y, other_y])) if y.shape[1:] == other_y.shape[1:] else ""
    if not what or len(x) < 20 or len(other_x) < 10 or x.shape[1:] != other_x.shape[1:]:
        return None
    x, y, other_x, other_y = x[:MOST], y[:MOST], other_x[:MOST], other_y[:MOST]
    if what == "classes":
        values, place = torch.unique(torch.cat([labels(y), labels(other_y)]), return_inverse=True)
        if len(values) < 2:
            return None
        wanted = torch.nn.functional.one_hot(place[: len(y)], len(values)).double()
        truth = place[len(y) :]
    else:
        wanted, truth = (
            y.flatten(1).double() if y.ndim > 1 else y[:, None].double(),
            other_y.double().reshape(len(other_y), -1),
        )
    best = -1.0
    for a, b in list(zip(_views(x), _views(other_x)))[: 1 if raw else None]:
        said = _ridge(a, wanted, b)
        best = max(
            best, _right(said / wanted.mean(0).clamp_min(1e-6), truth) if what == "classes" else _explained(said, truth)
        )
    return best


def _views(x: Tensor) -> list[Tensor]:
    x = x.double().nan_to_num(0.0, 0.0, 0.0)
    found = [x.flatten(1)]
    if x.ndim >= 3 and x.shape[-1] >= 8:
        spectrum = torch.fft.rfft(x, dim=-1).abs().flatten(1)
        found.append(torch.cat([spectrum, x.std(-1).flatten(1), x.diff(dim=-1).abs().mean(-1).flatten(1)], 1))
    return found


def _ridge(a: Tensor, wanted: Tensor, b: Tensor) -> Tensor:
    mean, std = a.mean(0), a.std(0)
    keep = std > 1e-9 * std.max().clamp_min(1e-30)
    a, b = ((v[:, keep] - mean[keep]) / std[keep] for v in (a, b))
    apart = torch.cdist(a, a)
    width = apart[apart > 0].median() if bool((apart > 0).any()) else torch.tensor(1.0)
    same = lambda d: torch.exp(-0.5 * (d / width) ** 2)
    middle = wanted.mean(0)
    weights = torch.linalg.solve(same(apart) + 0.03 * torch.eye(len(a), dtype=a.dtype), wanted - middle)
    return same(torch.cdist(b, a)) @ weights + middle


def _right(said: Tensor, truth: Tensor) -> float:
    """Mean recall over the classes, as skill: rare classes count as much as frequent ones."""
    there = [c for c in torch.unique(truth).tolist() if int((truth == c).sum()) >= 3]
    if len(there) < 2:
        return 0.0
    said = said[:, there].argmax(1)
    right = sum(float((said[truth == c] == i).double().mean()) for i, c in enumerate(there)) / len(there)
    return (right - 1 / len(there)) / (1 - 1 / len(there))


def _explained(said: Tensor, truth: Tensor) -> float:
    spread = truth.var(0, correction=0)
    keep = spread > 1e-9 * spread.max().clamp_min(1e-30)
    return float((1 - ((said - truth) ** 2).mean(0) / spread)[keep].clamp_min(-1).mean()) if bool(keep.any()) else -1.0


def split(x: Tensor, y: Tensor) -> float | None:
    """`learnt` from two thirds of these pairs on the other third, drawn at random."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    a, b = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
    return learnt(x[a], y[a], x[b], y[b])


PLACES, AROUND = 6000, 5
"""Places that the fit below is made on at most, and the width of what it sees around each."""


def placed(x: Tensor, y: Tensor, other_x: Tensor, other_y: Tensor) -> float | None:
    """Skill (1 perfect, 0 a constant) of ridge regression that tells each place of targets [N, ..., (H,) W] from what lies
    around that place in pictures or series [N, C, (H,) W], on the other pairs; None where it cannot be asked."""
    parts = [_around(x), _around(other_x)]
    wanted = torch.cat([y, other_y])
    if parts[0] is None or parts[1] is None or wanted.shape[-1] != x.shape[-1]:
        return None
    if not wanted.is_floating_point():
        if int(wanted.max()) > 20 or int(wanted.min()) < 0:
            return None
        wanted = torch.nn.functional.one_hot(wanted.long()).movedim(-1, 1)
    wanted = wanted.double().reshape(len(wanted), -1, parts[0].shape[1])
    goals = [w.movedim(1, 2).flatten(0, 1) for w in (wanted[: len(y)], wanted[len(y) :])]
    a, b = (p.flatten(0, 1) for p in parts if p is not None)
    picked = [torch.randperm(len(p), generator=torch.Generator().manual_seed(0))[:PLACES] for p in (a, b)]
    a, b, goal, truth = a[picked[0]], b[picked[1]], goals[0][picked[0]], goals[1][picked[1]]
    mean, std = a.mean(0), a.std(0).clamp_min(1e-9)
    a, b, middle = (a - mean) / std, (b - mean) / std, goal.mean(0)
    weights = torch.linalg.solve(a.T @ a + len(a) * 0.01 * torch.eye(a.shape[1], dtype=a.dtype), a.T @ (goal - middle))
    spread = truth.var(0, correction=0).sum()
    return float(1 - ((b @ weights + middle - truth) ** 2).mean(0).sum() / spread) if float(spread) else None


def _around(x: Tensor) -> Tensor | None:
    """What lies around each place and its squares, [N, places, features]; None for what is no picture or series."""
    if x.ndim not in (3, 4) or not x.is_floating_point() or x.shape[1] > 16 or x.shape[-1] < 2 * AROUND:
        return None
    x = x.double().nan_to_num(0.0, 0.0, 0.0)
    x = x[:, :, None] if x.ndim == 3 else x
    size = (AROUND if x.shape[2] > 1 else 1, AROUND)
    seen = torch.nn.functional.unfold(x, size, padding=(size[0] // 2, size[1] // 2)).movedim(1, 2)
    return torch.cat([seen, seen.square()], 2)
