"""Layers: what each does with the data: first filters, the spread of its answers, dead units, reach, likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import MUTED, SERIES, name_axes, sheet, short
from wellfit.nouns.explained import Gallery, Listing, Part, Tile
from wellfit.nouns.inside import heard, spatial, still
from wellfit.nouns.layers import leaves, unit_axis
from wellfit.nouns.look import Look
from wellfit.nouns.shown import heat, spread
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.similar import cka

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS, ALIKE_ROWS, MOST_LAYERS, MOST_WIDE = 256, 128, 16, 4096
PASSIVE = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Flatten, nn.Identity, nn.Unflatten)
REACHED = 0.0455  # of the largest slope: beyond it an input is outside the effective field (Luo et al. 2016, section 3)
ENDS_AT_ZERO = (nn.ReLU, nn.ReLU6, nn.LeakyReLU)


@dataclass(frozen=True)
class Seen:
    """One layer's answers: name, kind; units, and how many are dead (a rectifier's that gave 0 for every row); quantiles
    [5]: of all answers; rows [n, F]: of the first rows, for likeness."""

    name: str
    kind: str
    units: int
    dead: int
    quantiles: np.ndarray
    rows: np.ndarray


def layers(look: Look) -> Part:
    """What the layers do with rows of the validation split (noise, where no data were given)."""
    x = rows_of(look)
    seen = answers(look.network, x.to(look.device))
    dead = sum(s.dead for s in seen)
    worst = max(seen, key=lambda s: s.dead / max(1, s.units), default=None)
    same = alike_within(seen)
    figures: list[Chart | Gallery | Listing] = [*first_filters(look), spreads(seen), same[0]]
    arrays = {"cka": same[1]}
    line = f"{many(len(seen), 'layer')}; {many(dead, 'dead unit')} of {sum(s.units for s in seen):,}"
    if look.against is not None:
        chart, arrays["cka_against"], said = alike_between(look, seen, x)
        figures.append(chart)
        line += f"; {said}"
    if dead and worst is not None:
        line += f", most in {worst.name} ({percent(worst.dead / worst.units, 0)})"
    seen_from = fields_of_view(look, x)
    figures += [*([seen_from] if seen_from else []), table(seen)]
    facts = [vars(s) | {"quantiles": s.quantiles.tolist(), "rows": None} for s in seen]
    whose = "rows of the validation split" if look.data is not None else "rows of noise"
    lead = f"What each layer gives for {len(x)} {whose}: how its answers are spread, and units that never answer."
    return Part("layers", "What the layers do", line, lead, tuple(figures), {"layers": facts}, arrays)


def rows_of(look: Look) -> Tensor:
    """Prepared rows to look with: of the validation split, or noise where there are no data."""
    if look.data is None:
        return torch.randn(ROWS // 4, *look.shape_in, generator=torch.Generator().manual_seed(look.seed))
    split = look.part()
    most = max(8, min(ROWS, 2**24 // max(1, int(np.prod(look.shape_in)))))
    return split.x[spread(len(split), most)]


def answers(network: nn.Module, x: Tensor) -> list[Seen]:
    """What the layers give for x [N, ...], in the network's order; those that pass on what they get are left out."""
    named = {n: m for n, m in leaves(network).items() if not isinstance(m, PASSIVE)}
    rows: dict[str, list[Tensor]] = {}
    top: dict[str, Tensor] = {}
    with still(network), torch.no_grad():
        for part in x.split(32):
            with heard(network, list(named)) as found:
                network(part)
            for name, a in found.items():
                if a.is_floating_point() and a.ndim > 1:
                    axis = unit_axis(named, name, a)
                    most = a.detach().abs().movedim(axis, 0).flatten(1).amax(1)
                    top[name] = torch.maximum(top[name], most) if name in top else most
                    rows.setdefault(name, []).append(_narrow(a.detach().float()).cpu())
    found = []
    for name, parts in rows.items():
        flat = torch.cat(parts).numpy()
        dead = int((top[name] == 0).sum()) if isinstance(named[name], ENDS_AT_ZERO) else 0
        q = np.nanquantile(flat, (0.01, 0.25, 0.5, 0.75, 0.99))
        few = flat[:ALIKE_ROWS].astype(np.float64)
        found.append(Seen(name, type(named[name]).__name__, len(top[name]), dead, q, few))
    return found


def _narrow(a: Tensor) -> Tensor:
    """[B, ...] as [B, F], F at most MOST_WIDE, evenly chosen."""
    flat = a.flatten(1)
    return flat if flat.shape[1] <= MOST_WIDE else flat[:, spread(flat.shape[1], MOST_WIDE).to(flat.device)]


def first_filters(look: Look) -> list[Chart]:
    """The chart of the report, where the first layer's weights are pictures."""
    first = next((p for p in look.network.parameters() if p.ndim > 1), None)
    chart = None if first is None else shelf.get("charts", "first_layer")(first.detach().cpu().numpy(), look.shape_in)
    return [] if chart is None else [chart]


def table(seen: list[Seen]) -> Listing:
    """Every layer in figures."""
    rows = tuple(
        (s.name, s.kind, f"{s.units:,}", f"{s.dead:,}" if s.dead else "–", *(figure(float(v)) for v in s.quantiles[[0, 2, 4]]))
        for s in seen
    )  # fmt: skip
    caption = "Dead: units of a rectifier that gave 0 for every row. Quantiles of all that a layer gave."
    return Listing("Layer by layer", caption, ("layer", "kind", "units", "dead", "1 %", "median", "99 %"), rows)


def spreads(seen: list[Seen]) -> Chart:
    """How the answers of each layer are spread."""
    wide = max(seen, key=lambda s: float(s.quantiles[4] - s.quantiles[0]))
    caption = (
        "What each layer gives, from the first at the top to the last: the middle half thick, 98 % thin, the median as a"
        f" dot. Widest: {wide.name}, {figure(float(wide.quantiles[0]))} to {figure(float(wide.quantiles[4]))}."
    )
    return Chart("How answers are spread", caption, lambda: _draw_spreads(seen))


def _draw_spreads(seen: list[Seen]) -> Figure:
    some = [seen[int(i)] for i in spread(len(seen), 2 * MOST_LAYERS)]
    picture, (ax,) = sheet(0.7 + 0.17 * len(some), left_in=1.2)
    for at, s in enumerate(some):
        q = s.quantiles
        ax.plot(q[[0, 4]], [at, at], color=SERIES[0], linewidth=1)
        ax.plot(q[[1, 3]], [at, at], color=SERIES[0], linewidth=4)
        ax.plot(q[2], at, "o", color=SERIES[1], markersize=3)
    ax.axvline(0, color=MUTED, linewidth=0.6)
    ax.set_ylim(len(some) - 0.3, -0.7)
    ax.set_yticks(range(len(some)), [short(s.name, 18) for s in some], fontsize=7, parse_math=False)
    ax.grid(True, axis="x")
    ax.grid(False, axis="y")
    name_axes(ax, "what the layer gives", "")
    return picture


def fields_of_view(look: Look, x: Tensor) -> Gallery | None:
    """How far the middle unit of each map looks, by its slope: the effective receptive field."""
    if len(look.shape_in) != 3 or not x.is_floating_point():
        return None
    maps = [n for n in spatial(look.network, x[:1].to(look.device)) if _acts(look.network.get_submodule(n))]
    some = [maps[int(i)] for i in spread(len(maps), 8)]
    tiles = []
    for name in some:
        slopes = reach(look.network, x[:16].to(look.device), name)
        if float(slopes.max()) > 0:
            share = float((slopes > REACHED * slopes.max()).double().mean())
            side = share**0.5 * (look.shape_in[1] * look.shape_in[2]) ** 0.5
            note = f"{name}: about {figure(side, 2)} cells wide"
            tiles.append(Tile(heat(slopes.numpy(), float(slopes.max())), f"effective receptive field of {note}", note))
    if not tiles:
        return None
    caption = (
        "The mean size of the slope of each map's middle unit with the inputs, over 16 rows. The width is that of a square"
        " of as many cells as have more than 4.55 % of the largest slope (Luo et al. 2016): usually less than what the"
        " unit could see."
    )
    return Gallery("How far a unit looks", caption, (("", tuple(tiles)),))


def _acts(module: nn.Module) -> bool:
    """Does it do anything in evaluation mode? Dropout, and what varies pictures as one of its kind, does not."""
    return not isinstance(module, nn.Identity | nn.modules.dropout._DropoutNd)


def reach(network: nn.Module, x: Tensor, name: str) -> Tensor:
    """Mean size [H, W] of the slope of the middle cell of a map, all channels together, with the inputs x [B, C, H, W]."""
    with still(network), torch.enable_grad(), heard(network, [name]) as found:
        given = x.detach().clone().requires_grad_()
        network(given)
        a = found[name]
        middle = a[(slice(None), slice(None), *(n // 2 for n in a.shape[2:]))].sum()
        slope = torch.autograd.grad(middle, given, allow_unused=True)[0] if middle.requires_grad else None
    return torch.zeros(x.shape[2:]) if slope is None else slope.abs().mean((0, 1)).cpu()


def alike_within(seen: list[Seen]) -> tuple[Chart, np.ndarray]:
    """How alike the layers are among themselves."""
    some = [seen[int(i)] for i in spread(len(seen), MOST_LAYERS)]
    table_ = np.array([[cka(a.rows, b.rows) for b in some] for a in some])
    names = [s.name for s in some]
    last = table_[-1, :-1]
    caption = (
        "Linear CKA, 1 for the same representation up to rotation and scale, about 0 for unrelated ones (Kornblith et al."
        f" 2019). The last layer is most like {names[int(np.nanargmax(last))] if len(last) else 'itself'}."
    )
    return Chart("How alike layers are", caption, lambda: draw_alike(table_, names, names, "layer", "layer")), table_


def alike_between(look: Look, seen: list[Seen], x: Tensor) -> tuple[Chart, np.ndarray, str]:
    """How alike the layers are to those of the other run."""
    name, network = look.against or ("", look.network)
    theirs = answers(network, x.to(look.device))
    mine, others = ([s[int(i)] for i in spread(len(s), MOST_LAYERS)] for s in (seen, theirs))
    table_ = np.array([[cka(a.rows, b.rows) for b in others] for a in mine])
    pairs = [
        (m.name, float(table_[i, j])) for i, m in enumerate(mine) for j, o in enumerate(others) if m.name == o.name
    ]
    least = min(pairs, key=lambda p: p[1], default=("", 0.0))
    said = f"least like {name} in {least[0]} (CKA {figure(least[1], 2)})" if pairs else f"compared with {name}"
    caption = f"Linear CKA between the layers of this run (rows) and of {name} (columns), on the same examples; {said}."
    names = [m.name for m in mine], [o.name for o in others]
    return (
        Chart("How alike two runs are", caption, lambda: draw_alike(table_, *names, "this run", short(name, 24))),
        table_,
        said,
    )


def draw_alike(values: np.ndarray, rows: Sequence[str], columns: Sequence[str], y: str, x: str) -> Figure:
    """A table of likeness as a picture with its scale."""
    picture, (ax,) = sheet(3.5, left_in=1.1, right_in=0.55, bottom_in=0.95)
    drawn = ax.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
    ax.set_yticks(range(len(rows)), [short(n, 16) for n in rows], fontsize=6.5, parse_math=False)
    ax.set_xticks(
        range(len(columns)), [short(n, 16) for n in columns], fontsize=6.5, rotation=60, ha="right", parse_math=False
    )
    ax.grid(False)
    name_axes(ax, x, y)
    bar = picture.add_axes((0.885, 0.3, 0.025, 0.6))
    picture.colorbar(drawn, cax=bar)
    bar.tick_params(labelsize=7, length=2)
    bar.grid(False)
    return picture
