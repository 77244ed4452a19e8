"""Atlas: everything a layer says, laid out in the plane: near places say alike, each shown as the input it stands for.

Answers of a layer at many places of many rows are laid out by openTSNE or by principal axes; each cell of a grid is painted as
the mean of its answers, and labelled with the class it speaks for most. Source: Carter et al. 2019,
distill.pub/2019/activation-atlas.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.data import at_once
from wellfit.nouns.errors import DataError
from wellfit.nouns.explained import Atlas, Part, Tile
from wellfit.nouns.inside import heard, still
from wellfit.nouns.look import Look
from wellfit.nouns.shown import example
from wellfit.nouns.units import many
from wellfit.verbs.explain.blocks import STEPS, chosen, paint
from wellfit.verbs.explain.painting import Canvas, affordable

PLACES, PLANE, CELLS, SMALL, FEWEST = 100_000, 4000, 14, 5, 4
LEAST = 200  # answers of which an atlas can be made


def atlas(look: Look) -> Part:
    """The plane of a layer. Raises NetworkError where no layer gives maps, DataError where there are too few answers."""
    data = look.having("an atlas")
    layer = chosen(look)
    vectors, whole = answers(look, layer)
    if len(vectors) < LEAST:
        found = f"{len(vectors):,} answers of {layer}, at least {LEAST} are needed"
        do = "give more data: --data DATA, or an earlier layer with more places: --layer NAME"
        raise DataError(f"an activation atlas of {look.name}", found, do)
    plane, how = laid_out(vectors, look.seed)
    cells = look.count or max(SMALL, min(CELLS, math.isqrt(affordable(look, STEPS, layer))))
    at, means, counts = gridded(plane, vectors, cells)
    speaks, sure = labels(look, layer, means)
    seen = paint(look, Canvas.of(look), layer, means.to(look.device))
    tiles = [
        Tile(
            example(look, seen[k]),
            f"column {c + 1}, row {r + 1}: speaks for {speaks[k]}, {counts[k]:,} answers",
            speaks[k],
        )
        for k, (r, c) in enumerate(at)
    ]
    most = max(set(speaks), key=speaks.count)
    said = ", ".join(sorted(set(speaks))) if len(set(speaks)) <= 4 else f"{len(set(speaks))} classes"
    line = f"{layer}: {len(vectors):,} answers by {how}, {many(len(at), 'cell')} speak for {said}"
    lead = (
        f"{len(vectors):,} answers of {layer}, from {whole:,} rows, laid out by {how}: what lies close together, the network"
        " takes for alike. Each cell is an input painted for the mean of its answers, with what it speaks for most."
    )
    caption = f"{many(len(at), 'cell')} of at least {FEWEST} answers each; most speak for {most}."
    facts = {
        "layer": layer,
        "answers": len(vectors),
        "plane": how,
        "classes": sorted(set(speaks)),
        "surest": float(sure.max()),
    }
    arrays = {
        "plane": plane.astype(np.float32),
        "cells": np.array(at),
        "means": means.numpy(),
        "counts": np.array(counts),
    }
    names = tuple(dict.fromkeys([*data.classes, *speaks]))
    figure_ = Atlas(
        "The plane of answers", caption, (cells, cells), tuple(at), tuple(tiles), tuple(n for n in names if n in speaks)
    )
    return Part("atlas", "Everything a layer says", line, lead, (figure_,), facts, arrays)


def answers(look: Look, layer: str) -> tuple[Tensor, int]:
    """(answers [n, C] at places of training rows, one place at random of each in each round until there are PLACES or
    every place was taken; how many rows)."""
    split = look.having("answers").train
    rng = np.random.default_rng(look.seed)
    found, n = [], 0
    order = rng.permutation(len(split))
    for a in _maps(look, layer, split.x[torch.from_numpy(order)]):
        flat = a.flatten(2).movedim(1, 2)  # [B, cells, C]
        most = max(1, -(-PLACES // len(split)))
        if flat.shape[1] > most:
            pick = torch.from_numpy(rng.random((len(flat), flat.shape[1])).argsort(1)[:, :most])
            flat = torch.gather(flat, 1, pick[..., None].expand(-1, -1, flat.shape[2]))
        found.append(flat.flatten(0, 1))
        n += len(found[-1])
        if n >= PLACES:
            break
    return torch.cat(found)[:PLACES], len(split)


def _maps(look: Look, layer: str, x: Tensor) -> Iterator[Tensor]:
    with still(look.network), torch.no_grad(), heard(look.network, [layer]) as found:
        for part in x.split(at_once(x, 256)):
            look.network(part.to(look.device))
            yield found[layer].detach().float().cpu()


def laid_out(vectors: Tensor, seed: int) -> tuple[np.ndarray, str]:
    """(places [n, 2] in the plane, how). With openTSNE some answers are laid out and the others put beside those that they
    are most like; without it, by principal axes."""
    from sklearn.decomposition import PCA

    x = vectors.numpy()
    x = x / np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)
    flat = PCA(min(30, *x.shape), random_state=seed).fit_transform(x)
    try:
        from openTSNE import TSNE
    except ImportError:
        return flat[:, :2], "principal axes (openTSNE is not installed)"
    pick = np.random.default_rng(seed).permutation(len(flat))[:PLANE]
    rest = np.setdiff1d(np.arange(len(flat)), pick)
    made = TSNE(perplexity=max(2, min(30, len(pick) // 4)), n_iter=300, random_state=seed, n_jobs=1, verbose=False).fit(
        flat[pick]
    )
    plane = np.empty((len(flat), 2))
    plane[pick] = np.asarray(made)
    if len(rest):
        from sklearn.neighbors import KNeighborsRegressor

        plane[rest] = KNeighborsRegressor(5, weights="distance").fit(flat[pick], np.asarray(made)).predict(flat[rest])
    return plane, "t-SNE"


def gridded(plane: np.ndarray, vectors: Tensor, cells: int) -> tuple[list[tuple[int, int]], Tensor, list[int]]:
    """([(row, column)] of the cells with FEWEST answers or more, their mean answers [n, C], how many). Rows go down."""
    low, high = np.quantile(plane, 0.005, 0), np.quantile(plane, 0.995, 0)
    share = ((plane - low) / np.maximum(high - low, 1e-12)).clip(0, 1 - 1e-9)
    column, row = (share * cells).astype(int).T
    key = (cells - 1 - row) * cells + column
    at, means, counts = [], [], []
    for k in np.unique(key):
        here = np.flatnonzero(key == k)
        if len(here) >= FEWEST:
            at.append((int(k // cells), int(k % cells)))
            means.append(vectors[torch.from_numpy(here)].mean(0))
            counts.append(len(here))
    return at, torch.stack(means), counts


def labels(look: Look, layer: str, means: Tensor) -> tuple[list[str], np.ndarray]:
    """(the class or target that each mean answer speaks for most, how much): the slope of each output with the layer, the
    mean over places and validation rows, times the mean answer less that of all."""
    split = look.part()
    x = split.x[:64].to(look.device)
    with still(look.network), torch.enable_grad(), heard(look.network, [layer]) as found:
        out = look.network(x.detach().clone().requires_grad_())
        a = found[layer]
        out = out.flatten(2).mean(2) if out.ndim > 2 else out.reshape(len(out), -1)
        slopes = []
        for k in range(out.shape[1]):
            g = torch.autograd.grad(out[:, k].sum(), a, retain_graph=True, allow_unused=True)[0]
            slopes.append(torch.zeros_like(a[0, :, 0, 0]) if g is None else g.flatten(2).mean((0, 2)))
    effect = (means - means.mean(0)) @ torch.stack(slopes).T.cpu()
    if effect.shape[1] == 1:  # one value: higher or lower
        said = [f"{look.named(0)} {'higher' if e > 0 else 'lower'}" for e in effect[:, 0].tolist()]
        return said, effect[:, 0].abs().numpy()
    effect = effect - effect.mean(1, keepdim=True)
    best = effect.argmax(1)
    return [look.named(int(k)) for k in best], effect.max(1).values.numpy()
