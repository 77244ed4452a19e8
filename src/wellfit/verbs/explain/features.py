"""Features: what each unit looks for: inputs painted for it, beside the training rows that excite it most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.data import at_once
from wellfit.nouns.errors import DataError, NetworkError
from wellfit.nouns.explained import Gallery, Part, Tile
from wellfit.nouns.inside import heard, layer_named, shapes, still
from wellfit.nouns.layers import leaves
from wellfit.nouns.look import Look
from wellfit.nouns.shown import example, spread
from wellfit.nouns.units import figure, many
from wellfit.verbs.explain.painting import Canvas, Objective, affordable, channel, painted, unit, whole

LAYERS, UNITS, BESIDE, ROWS, VARIED = 3, 8, 4, 2000, 4
GAIN_FRAC = 0.05  # of a unit's spread over training rows: an input painted for it that gains less shows nothing
WITH_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True)
class Feature:
    """One unit of a layer: x [*shape] painted for it; score of that, start of the plainest input; low, top, spread of the
    training rows' scores; rows: places of those that excite it most."""

    layer: str
    unit: int
    x: Tensor
    score: float
    start: float
    top: float
    spread: float
    rows: tuple[int, ...]

    @property
    def nothing(self) -> str:
        """Why there is nothing to show; "" where there is."""
        if not np.isfinite(self.score):
            return "nothing to show: its answer is not finite"
        if self.score - self.start <= GAIN_FRAC * max(self.spread, 1e-9):
            if self.top - self.start > GAIN_FRAC * max(self.spread, 1e-9):
                return "nothing to show: the average input gets as much"
            return "nothing to show: no input in the data's range moves it"
        return ""


def features(look: Look) -> Part:
    """What the outputs and some units of some layers look for. Raises NetworkError for a layer or unit that is not there,
    DataError where inputs are symbols."""
    if look.way == "text":
        found = "its inputs are symbols, which cannot be painted"
        raise DataError(f"features of {look.name}", found, "look at it with --what layers")
    canvas = Canvas.of(look)
    some = [look.layer] if look.layer else usual_layers(look)
    galleries, arrays, told = [], {}, []
    for layer in some:
        seen = of_layer(look, canvas, layer)
        galleries.append(gallery(look, layer, seen))
        arrays[layer] = torch.stack([f.x for f in seen]).cpu().numpy()
        told += [{"layer": f.layer, "unit": f.unit, "score": f.score, "best_row_score": f.top,
                  "nothing": f.nothing, "rows": _rows(look, f)} for f in seen]  # fmt: skip
    if look.layer and look.unit is not None:
        galleries.append(varied(look, canvas))
    bare = sum(bool(t["nothing"]) for t in told)
    line = f"{many(len(told), 'unit')} of {', '.join('the outputs' if s == 'network' else s for s in some)}"
    line += f"; {many(bare, 'unit')} with nothing to show" if bare else ""
    lead = (
        "On the left what a unit answers to most: an input that was painted for it, within the range and the colours of the"
        " data, and so that it holds when it is moved a little. Beside it the training rows that excite it most: where"
        " the two agree, the unit has a meaning; where the painted one is strange, it answers to more than it was shown."
    )
    return Part("features", "What units look for", line, lead, tuple(galleries), {"units": told}, arrays)


def usual_layers(look: Look) -> list[str]:
    """The outputs, and some layers with weights before the last, evenly chosen."""
    named = leaves(look.network)
    found = shapes(look.network, torch.zeros(1, *look.shape_in, device=look.device))
    inner = [n for n, m in named.items() if isinstance(m, WITH_WEIGHTS) and n in found][:-1]
    return ["network", *(inner[int(i)] for i in reversed(spread(len(inner), LAYERS)))]


def of_layer(look: Look, canvas: Canvas, layer: str) -> list[Feature]:
    """Its units, painted at once. Raises NetworkError for a unit that is not there."""
    layer = layer_named(look.network, layer)
    shape = shapes(look.network, torch.zeros(1, *look.shape_in, device=look.device)).get(layer, ())
    count = shape[1] if len(shape) > 1 else 1
    if look.unit is not None and not 0 <= look.unit < count:
        raise NetworkError(f"unit {look.unit} of {layer}", f"it has {many(count, 'unit')}, from 0", "name one of them")
    usual = max(2, min(UNITS, affordable(look, layer=layer) // (LAYERS + 1)))
    most = look.count or (max(usual, 2, min(10, affordable(look) // 4)) if layer == "network" else usual)
    units = torch.tensor([look.unit]) if look.unit is not None else spread(count, most)
    if look.unit is None and layer != "network" and count > most and look.data is not None:
        units = liveliest(look, layer, most)
    seek = _objective(look, units)
    x, score = painted(look.network, canvas, layer, seek, len(units), steps=look.steps, seed=look.seed)
    plain = canvas.input(torch.zeros_like(canvas.start(len(units), 0)))
    start = scores(look, layer, plain, seek)
    top, wide, rows = exciting(look, layer, units)
    return [
        Feature(layer, int(u), x[i].cpu(), float(score[i]), float(start[i]), top[i], wide[i], rows[i])
        for i, u in enumerate(units)
    ]


def _objective(look: Look, units: Tensor) -> Objective:
    known = {"": channel, "channel": channel, "logit": channel, "unit": unit}
    if look.objective == "layer":
        return whole
    if look.objective not in known:
        found = f"known are {', '.join(k for k in known if k)}, layer"
        raise NetworkError(f"the objective {look.objective!r}", found, "take one of them")
    return known[look.objective](units)


def scores(look: Look, layer: str, x: Tensor, objective: Objective) -> Tensor:
    """The objective [n] of inputs."""
    with still(look.network), torch.no_grad(), heard(look.network, [layer]) as found:
        look.network(x.to(look.device))
        return objective(found[layer]).cpu()


def by_unit(look: Look, layer: str, x: Tensor) -> Tensor:
    """Mean answer of each unit over its cells: [N, C]."""
    parts = []
    with still(look.network), torch.no_grad(), heard(look.network, [layer]) as found:
        for part in x.split(at_once(x, 256)):
            look.network(part.to(look.device))
            a = found[layer]
            a = a[:, None] if a.ndim == 1 else a
            parts.append((a.flatten(2).mean(2) if a.ndim > 2 else a).cpu())
    return torch.cat(parts)


def liveliest(look: Look, layer: str, most: int) -> Tensor:
    """Units whose answers differ most among training rows, the liveliest first."""
    split = look.having("units").train
    wide = by_unit(look, layer, split.x[spread(len(split), ROWS // 4)]).std(0)
    return wide.argsort(descending=True)[:most]


def exciting(look: Look, layer: str, units: Tensor) -> tuple[list[float], list[float], list[tuple[int, ...]]]:
    """(largest score, spread, places of the rows that excite it most) of each unit, over training rows."""
    if look.data is None:
        return [float("nan")] * len(units), [0.0] * len(units), [()] * len(units)
    split = look.data.train
    some = spread(len(split), ROWS)
    a = by_unit(look, layer, split.x[some])[:, units]
    order = a.argsort(0, descending=True)[:BESIDE]
    return a.max(0).values.tolist(), a.std(0).tolist(), [tuple(some[order[:, i]].tolist()) for i in range(len(units))]


def _rows(look: Look, feature: Feature) -> list[int]:
    return [int(np.asarray(look.part("train").rows)[i]) for i in feature.rows] if look.data is not None else []


def gallery(look: Look, layer: str, seen: list[Feature]) -> Gallery:
    """A row for each unit: what was painted, and the rows that excite it."""
    rows = []
    for f in seen:
        name = look.named(f.unit) if layer == "network" else f"unit {f.unit}"
        tiles = [Tile(example(look, f.x), f"painted for {name} of {layer}", f.nothing or figure(f.score))]
        for place, row in zip(f.rows, _rows(look, f)):
            tiles.append(Tile(example(look, look.part("train").x[place]), f"training row {row}, which excites {name}"))
        rows.append((name, tuple(tiles)))
    beside = tuple(f"{n}." for n in range(1, BESIDE + 1)) if look.data is not None else ()
    what = "the outputs" if layer == "network" else layer
    shown = seen[0] if seen else None
    caption = f"Painted for {many(len(seen), 'unit')} of {what}, with the answer each gets"
    if shown is not None and np.isfinite(shown.top):
        caption += f"; the best training row for the first one gets {figure(shown.top)}"
    caption += ". Beside: training rows, the most exciting first." if beside else ", in a range of −2 to 2."
    title = "What the answers look like" if layer == "network" else f"Units of {layer}"
    return Gallery(title, caption, tuple(rows), ("painted", *beside))


def varied(look: Look, canvas: Canvas) -> Gallery:
    """One unit, painted several times, each unlike the others."""
    units = torch.full((VARIED,), look.unit or 0)
    x, score = painted(look.network, canvas, look.layer, _objective(look, units), VARIED, steps=look.steps,
                       seed=look.seed, apart=0.5)  # fmt: skip
    tiles = tuple(
        Tile(example(look, one.cpu()), f"painted for unit {look.unit}", figure(float(s))) for one, s in zip(x, score)
    )
    caption = "Painted at once, each to be unlike the others: the different things that the unit answers to."
    return Gallery(f"Unit {look.unit} of {look.layer}, in different ways", caption, (("", tiles),))
