"""Building blocks: for one picture, what the network sees at each place, and what that does for the answer.

A layer's map holds, at each place, a vector of its channels. Each is painted as the input that it stands for, and weighed by what
it does for the answer. Groups of channels that go together say the same in a few pictures.
Source: Olah et al. 2018, distill.pub/2018/building-blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.aim import Aim
from wellfit.nouns.errors import NetworkError
from wellfit.nouns.explained import Gallery, Part, Tile
from wellfit.nouns.inside import heard, layer_named, shapes, spatial, still
from wellfit.nouns.look import Look
from wellfit.nouns.shown import example, heat, north_up
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.attribution import examples
from wellfit.verbs.explain.painting import Canvas, affordable, direction, painted

GROUPS, SIDE, LEAST, EXAMPLES, STEPS = 4, 7, 3, 2, 96
GROUPED = 256  # rows whose places the groups are found from
AT_ONCE = 64  # inputs painted together


@dataclass(frozen=True)
class Places:
    """A layer's map for some examples: vectors [B, C, H, W] and what each does for the answer [B, H, W], its slope times
    itself; cells that were put together where the map has more than SIDE a side."""

    vectors: Tensor
    parts: Tensor


def blocks(look: Look) -> Part:
    """For some examples a grid of what a layer sees, and groups of its channels. Raises NetworkError where no layer gives
    maps of two axes."""
    layer = chosen(look)
    x, _, rows = examples(look, EXAMPLES)
    x = x[: look.count or EXAMPLES].to(look.device)
    outputs = look.outputs(x)
    aim, canvas = look.aim(outputs), Canvas.of(look)
    found = places(look, layer, x, aim)
    figures = []
    for k in range(len(x)):
        name = f"{look.named(int(aim.index[k]))}, row {rows[k]}"
        figures.append(grid(look, canvas, layer, found, k, x[k].cpu(), name))
    groups, share = groups_of(look, layer)
    figures.append(grouped(look, canvas, layer, found, groups, x.cpu(), [look.named(int(i)) for i in aim.index]))
    line = f"{layer}: {many(len(x), 'example')} by place, {many(len(groups), 'group')} of its channels"
    lead = (
        f"What the layer {layer} sees in a picture, place by place: each tile is an input painted for all of the layer's answer"
        " there, and the signs below it say how much the place does for the answer. Then the channels that go together,"
        f" as {len(groups)} groups (non-negative matrix factorisation, which keeps {percent(share, 0)} of the answers'"
        " variance about zero)."
    )
    arrays = {"parts": found.parts.cpu().numpy(), "groups": groups.cpu().numpy()}
    return Part(
        "blocks", "What it sees, place by place", line, lead, tuple(figures), {"layer": layer, "rows": rows}, arrays
    )


def chosen(look: Look) -> str:
    """The layer asked for, else the last that gives a map; where the answers are maps too, the last of the coarsest.
    Raises NetworkError where none does."""
    maps: list[str] = []
    size: dict[str, tuple[int, ...]] = {}
    if len(look.shape_in) == 3:
        zeros = torch.zeros(1, *look.shape_in, device=look.device)
        with still(look.network):
            maps, size = spatial(look.network, zeros), shapes(look.network, zeros)
    if look.layer:
        layer_named(look.network, look.layer)
    if not maps or (look.layer and look.layer not in maps):
        found = (
            "no layer gives maps" if not maps else f"{look.layer} gives no map; maps come from {', '.join(maps[-5:])}"
        )
        do = "take --what features or layers" if not maps else f"write --layer {maps[-1]}"
        raise NetworkError(f"places of a picture in {look.name}", found, do)
    if look.layer:
        return look.layer
    answer = size["network"]
    inner = [n for n in maps if len(answer) < 4 or size[n] != answer]
    wide = [n for n in inner if min(size[n][2:]) > 2]  # two places a side say little
    if wide and len(answer) == 4:  # maps of answers: behind the coarsest map there are edges again
        least = min(math.prod(size[n][2:]) for n in wide)
        wide = [n for n in wide if math.prod(size[n][2:]) == least]
    return (wide or inner or maps)[-1]


def places(look: Look, layer: str, x: Tensor, aim: Aim) -> Places:
    """What the layer gives at each place of x, and what that does for the target: slope · answer, over the channels."""
    with still(look.network), torch.enable_grad(), heard(look.network, [layer]) as found:
        said = aim(look.network(x.detach().clone().requires_grad_()))
        a = found[layer]
        slopes = torch.autograd.grad(said.sum(), a, allow_unused=True)[0]
    a = a.detach()
    parts = torch.zeros_like(a[:, 0]) if slopes is None else (slopes * a).sum(1)
    side = max(LEAST, min(SIDE, math.isqrt(affordable(look, STEPS, layer) // max(1, len(x)))))
    size = (min(side, a.shape[2]), min(side, a.shape[3]))
    a, parts = upright(look, a), upright(look, parts)
    return Places(
        torch.nn.functional.adaptive_avg_pool2d(a, size),
        torch.nn.functional.adaptive_avg_pool2d(parts[:, None], size)[:, 0] * (a[0, 0].numel() / (size[0] * size[1])),
    )


def upright(look: Look, maps: Tensor) -> Tensor:
    """Maps [..., H, W] with their rows as the pictures show them: of fields the north on top."""
    return north_up(look, maps.movedim(-2, 0)).movedim(0, -2)


def grid(look: Look, canvas: Canvas, layer: str, found: Places, k: int, x: Tensor, name: str) -> Gallery:
    """The picture, then its map with a painted input at each place."""
    vectors, parts = found.vectors[k].flatten(1).T, found.parts[k].cpu().numpy()
    seen = paint(look, canvas, layer, vectors)
    high, wide = parts.shape
    most = float(np.abs(parts).max()) or 1.0
    rows = []
    for i in range(high):
        tiles = []
        for j in range(wide):
            part = float(parts[i, j])
            said = (
                f"row {i + 1}, column {j + 1}: {'speaks for' if part > 0 else 'against'} {name} with {figure(part, 2)}"
            )
            tiles.append(Tile(example(look, seen[i * wide + j]), said, _weight(part, most)))
        rows.append((str(i + 1), tuple(tiles)))
    rows.append(("all", (Tile(example(look, x), f"the picture, {name}", "the picture"),
                         Tile(heat(parts), "what each place does for the answer", "what each does"))))  # fmt: skip
    caption = (
        f"{high} × {wide} places of {layer}, with what each does for the answer (slope times answer; + for it, − against it)."
        f" Together {figure(float(parts.sum()))}."
    )
    return Gallery(f"What {layer} sees: {name}", caption, tuple(rows), tuple(str(j + 1) for j in range(wide)))


def _weight(part: float, most: float) -> str:
    """+++ to −−−: how much a place does beside the one that does most."""
    n = round(3 * abs(part) / most)
    return ("+" if part > 0 else "−") * n or "·"


def paint(look: Look, canvas: Canvas, layer: str, vectors: Tensor) -> Tensor:
    """An input for each direction [n, C]: [n, *shape]."""
    steps = look.steps or (STEPS if len(vectors) <= affordable(look, STEPS, layer) else STEPS // 2)
    found = []
    for some in vectors.split(AT_ONCE):
        aimed = direction(some / some.norm(dim=1, keepdim=True).clamp_min(1e-12))
        x, _ = painted(look.network, canvas, layer, aimed, len(some), steps=steps, seed=look.seed)
        found.append(x.cpu())
    return torch.cat(found)


def groups_of(look: Look, layer: str, count: int = GROUPS) -> tuple[Tensor, float]:
    """(directions [G, C] of channels that go together, share of the mean square that they keep), over the places of
    training rows."""
    from sklearn.decomposition import NMF

    split = look.having("groups").train
    with still(look.network), torch.no_grad(), heard(look.network, [layer]) as found:
        look.network(split.x[:GROUPED].to(look.device))
        a = found[layer].movedim(1, -1).flatten(0, -2).clamp_min(0).cpu().double().numpy()
    a = a[np.random.default_rng(look.seed).permutation(len(a))[:4096]]
    count = min(count, a.shape[1])
    how: Any = {"n_components": count, "init": "nndsvda", "max_iter": 400, "tol": 1e-3, "random_state": look.seed}
    model = NMF(**how)
    weights = model.fit_transform(a)
    kept = 1 - float(np.square(a - weights @ model.components_).sum() / max(np.square(a).sum(), 1e-30))
    return torch.from_numpy(model.components_).float().to(look.device), kept


def grouped(
    look: Look, canvas: Canvas, layer: str, found: Places, groups: Tensor, x: Tensor, names: list[str]
) -> Gallery:
    """Each group: the input that it stands for, and where it is in each picture."""
    seen = paint(look, canvas, layer, groups)
    rows = []
    unit = groups / groups.norm(dim=1, keepdim=True).clamp_min(1e-12)
    for g in range(len(groups)):
        tiles = [Tile(example(look, seen[g]), f"painted for group {g + 1}")]
        for k in range(len(x)):
            where = torch.einsum("chw,c->hw", found.vectors[k].clamp_min(0), unit[g]).cpu().numpy()
            note = figure(float((where * found.parts[k].cpu().numpy()).sum() / max(where.sum(), 1e-12)), 2)
            tiles.append(Tile(heat(where), f"where group {g + 1} is in the picture of {names[k]}", f"{note} for it"))
        rows.append((f"group {g + 1}", tuple(tiles)))
    pictures = tuple(Tile(example(look, one), f"the picture of {name}") for one, name in zip(x, names))
    rows.append(("pictures", (Tile(np.zeros((2, 2, 4), np.uint8), "nothing"), *pictures)))
    caption = (
        "Groups of channels: what each stands for, where it is in each picture, and the mean part of those places."
    )
    return Gallery(f"Groups of {layer}", caption, tuple(rows), ("painted", *names))
