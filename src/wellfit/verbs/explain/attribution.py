"""Attribution: what in its inputs an answer comes from, by several methods, each with its own trust check."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.aim import Aim
from wellfit.nouns.data import Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.explained import Part
from wellfit.nouns.inside import spatial
from wellfit.nouns.look import Look
from wellfit.nouns.shown import spread
from wellfit.nouns.units import figure, many
from wellfit.verbs.explain.attributed import Attributed, Explained, named
from wellfit.verbs.explain.attribution_figures import figures
from wellfit.verbs.explain.trust import MOST_LAYERS, as_share, by_randomising, completeness, curves
from wellfit.verbs.explain.trust_figures import missed

USUAL = {
    "pictures": ("gradient", "smoothgrad", "integrated_gradients", "grad_cam", "occlusion"),
    "masks": ("integrated_gradients", "grad_cam", "occlusion"),
    "table": ("shapley", "integrated_gradients", "occlusion"),
    "series": ("integrated_gradients", "smoothgrad", "occlusion"),
    "fields": ("integrated_gradients", "gradient", "occlusion"),
    "array": ("integrated_gradients", "smoothgrad", "occlusion"),
}
SHOWN = {"pictures": 6, "masks": 3, "table": 64, "series": 24, "fields": 3, "array": 16}
TRUSTED = {"masks": 2, "fields": 2, "pictures": 6}  # examples of the trust checks, 16 otherwise
LARGE = 1e8  # multiply-adds of one example
BASELINES, MEAN_OF = 16, 2048  # training rows that stand for what is unknown; those whose mean is compared with


def attribution(look: Look) -> Part:
    """What each input did for the answers to some examples that the network was not trained on.

    Raises DataError where there are no data or inputs are symbols, NetworkError for Grad-CAM where no layer gives maps.
    """
    found = explained(look)
    worst = max((m.error for m in found.methods if m.error is not None), default=None)
    said = ", ".join(named(m) for m in found.methods)
    line = f"{many(len(found.x), 'example')} by {said}"
    checks = [] if worst is None else [f"sums missed by {missed(worst)}"]
    alike = {m.word: m.randomised[-1][1] for m in found.methods if m.randomised}
    if alike:
        least = min(alike.values()), max(alike.values())
        checks.append(f"rank correlation with a random network {figure(least[0], 2)} to {figure(least[1], 2)}")
    return Part(
        "attribution",
        "What the answers come from",
        f"{line}; {'; '.join(checks)}" if checks else line,
        _lead(look, found),
        figures(look, found),
        facts(look, found),
        {m.word: m.parts.cpu().numpy() for m in found.methods}
        | {"inputs": found.x.cpu().numpy(), "rows": np.asarray(found.rows), "baseline": found.baseline.cpu().numpy()},
    )


def explained(look: Look) -> Explained:
    """Examples, what is explained of them, and every method's parts with its checks."""
    data = look.having("attribution")
    if look.way == "text":
        raise DataError(f"attribution of {look.name}", "its inputs are symbols, which cannot be changed a little",
                        "look at it with --what layers, or at its guesses with `wellfit predict`")  # fmt: skip
    x, y, rows = examples(look, SHOWN[look.way])
    x = x.to(look.device)
    outputs = look.outputs(x)
    aim = look.aim(outputs)
    mean = data.train.x[spread(len(data.train), MEAN_OF)].mean(0, keepdim=True).to(look.device)
    several = data.train.x[spread(len(data.train), BASELINES)].to(look.device)
    found = []
    for word in methods(look, x):
        base = several if word == "shapley" else mean
        found.append(_attributed(look, word, x, aim, base))
    return Explained(x, y, rows, outputs, aim, mean, tuple(found))


def methods(look: Look, x: Tensor) -> tuple[str, ...]:
    """The explainers asked for; else those usual for such data, Grad-CAM only where a layer gives maps. Raises
    ShelfError for an unknown word."""
    if look.methods:
        for word in look.methods:
            shelf.get("explainers", word)
        return tuple(w.replace("-", "_") for w in look.methods)
    maps = spatial(look.network, x)
    return tuple(w for w in USUAL[look.way] if w != "grad_cam" or maps)


def examples(look: Look, usual: int) -> tuple[Tensor, Tensor, list[int]]:
    """(x [B], y [B], rows in the source) of the rows asked for, from any split; else rows of the validation split, of
    each class in turn. Raises DataError for a row that is in no split."""
    data, n = look.having("examples"), look.count or usual
    if look.rows:
        picked = [_row(look, row) for row in look.rows]
        return torch.stack([s.x[i] for s, i in picked]), torch.stack([s.y[i] for s, i in picked]), list(look.rows)
    part = look.part()
    if data.form == "classes" and part.y.ndim == 1 and look.way != "table":
        of_class = [torch.nonzero(part.y == c)[:, 0].tolist() for c in range(len(data.classes))]
        turns = [i for k in range(n) for some in of_class for i in some[k : k + 1]]
        index = torch.tensor(sorted(turns[:n], key=lambda i: int(part.y[i])))
    else:
        index = spread(len(part), n)
    return part.x[index], part.y[index], [int(r) for r in np.asarray(part.rows)[index.numpy()]]


def _row(look: Look, row: int) -> tuple[Split, int]:
    data = look.having("examples")
    for part in (data.valid, data.test, data.train):
        at = np.flatnonzero(part.rows == row)
        if len(at):
            return part, int(at[0])
    last = max(int(p.rows.max()) for p in (data.train, data.valid, data.test) if len(p))
    raise DataError(
        f"row {row} of {data.raw.name}", f"no such row among those it was fitted to (0 to {last})", "name another"
    )


def _attributed(look: Look, word: str, x: Tensor, aim: Aim, base: Tensor) -> Attributed:
    """One method's parts and checks."""
    module = shelf.module("explainers", word)
    explain = _set_up(look, shelf.get("explainers", word), base)
    parts = explain(look.network, x, aim)
    some = slice(0, TRUSTED.get(look.way, 16))
    few, few_aim, few_parts = x[some], aim.of(some), parts[some]
    error = None
    if "sum" in getattr(module, "PROMISES", ()):
        off, due = completeness(look.network, x, aim, base, parts)
        error = float(np.median(np.abs(off)) / max(float(np.median(np.abs(due))), 1e-12))
    changed = by_randomising(look.network, few, few_aim, explain, few_parts, look.seed, _looks(look))
    share = as_share(few_aim, look.having("curves").form)
    walked = curves(look.network, few, share, base, few_parts.expand_as(few), look.seed)
    return Attributed(word, parts, error, tuple(changed), walked)


def _looks(look: Look) -> int:
    """After how many layers drawn anew a map is made again: half as many for a large network."""
    return MOST_LAYERS if look.cost < LARGE else MOST_LAYERS // 2


def _set_up(look: Look, function: Callable[..., Tensor], base: Tensor) -> Callable[..., Tensor]:
    """The explainer with what it takes of baseline, groups of columns, layer and seed."""
    taken = inspect.signature(function).parameters
    options: dict[str, Any] = {"baseline": base, "seed": look.seed}
    if look.layer:
        options["layer"] = look.layer
    if look.way == "table":
        options["groups"] = columns(look)
    return partial(function, **{k: v for k, v in options.items() if k in taken})


def columns(look: Look) -> Tensor:
    """The column that each prepared feature of a table comes from: int64 [F]."""
    prepared = look.having("columns").preparation
    of = [i for i, c in enumerate(prepared.columns) for _ in c.features]
    return torch.tensor(of) if len(of) == look.shape_in[0] else torch.arange(look.shape_in[0])


def facts(look: Look, found: Explained) -> dict[str, Any]:
    """JSON types: what was explained, and each method's checks."""
    return {
        "rows": found.rows,
        "explained": [look.named(int(i)) for i in found.aim.index],
        "methods": {
            m.word: {
                "completeness_error_frac": m.error,
                "rank_correlation_randomised": [[layer, value] for layer, value, _ in m.randomised],
                "rank_correlation_randomised_signed": [[layer, value] for layer, _, value in m.randomised],
                "deletion_area": float(m.curves.deleted.mean()),
                "deletion_area_random": float(m.curves.deleted_random.mean()),
                "insertion_area": float(m.curves.inserted.mean()),
                "insertion_area_random": float(m.curves.inserted_random.mean()),
            }
            for m in found.methods
        },
    }


def _lead(look: Look, found: Explained) -> str:
    what = {
        "pictures": "the class that the network says",
        "masks": "the commonest class but the background, over the cells where the network says it",
        "fields": "the forecast about the cell where it is furthest from usual",
        "series": "the forecast, the mean of its steps ahead",
    }.get(look.way, "the class that the network says" if look.having("").form == "classes" else "the value predicted")
    return (
        f"Explained is {what}, of {many(len(found.x), 'row')} of the validation split, which the weights were not fitted"
        " to. Parts are counted from the average training example, so they say what makes this one different from it."
    )
