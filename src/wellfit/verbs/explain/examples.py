"""Examples that tell the most: the surest mistakes, likely wrong labels, and rows that stand in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.chart import Chart
from wellfit.nouns.explained import Gallery, Listing, Part, Tile
from wellfit.nouns.look import Look
from wellfit.nouns.shown import example, spread
from wellfit.nouns.task import known
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.attributed import of_unit, unit_of
from wellfit.verbs.explain.telling import MOST_ROWS, NEAR_FRAC, label_errors, near_duplicates, out_of_sample
from wellfit.verbs.explain.worst import apart, beside_the_truth, when

SHOWN = 12


class Row(NamedTuple):
    """A row to show: part and place in it; said: a few words about it; facts: JSON types."""

    part: str
    place: int
    said: str
    facts: dict[str, Any]


def examples(look: Look) -> Part:
    """The rows that a person learns most from looking at. Raises DataError without data."""
    data = look.having("examples")
    one_class = data.form == "classes" and data.valid.y.ndim == 1
    worst = mistakes(look)
    found: dict[str, tuple[str, list[Row]]] = {
        "worst": ("Surest mistakes" if one_class else "Largest errors", worst),
    }
    lead = [f"Of {many(len(data.valid) + len(data.test), 'row')} that the network was not trained on, those where it is"
            f" {'surest of a wrong class' if one_class else 'furthest off'}."]  # fmt: skip
    if one_class:
        doubted, how = wrong_labels(look)
        found["labels"] = ("Likely wrong labels", doubted)
        lead.append(how)
    if look.way not in ("series", "fields", "text"):
        found["twins"] = ("Almost the same in two splits", twins(look))
        lead.append(
            f"Near-duplicates: rows of validation and test nearer to a training row than {percent(NEAR_FRAC, 0)} of what"
            " training rows usually are to each other; they make a test look better than it is."
        )
    counts = [
        f"{len(rows)} {title.lower()[: -1 if len(rows) == 1 and word != 'twins' else None]}"
        for word, (title, rows) in found.items()
    ]
    return Part(
        "examples",
        "Examples that tell the most",
        ", ".join(counts),
        " ".join(lead),
        tuple(f for word, (title, rows) in found.items() for f in shown(look, word, title, rows)),
        {word: [{"part": r.part, "row": _row(look, r), **r.facts} for r in rows] for word, (_, rows) in found.items()},
    )


def _row(look: Look, row: Row) -> int:
    return int(np.asarray(look.part(row.part).rows)[row.place])


def mistakes(look: Look) -> list[Row]:
    """The worst answers to validation and test rows, the worst first."""
    data, found = look.having("mistakes"), []
    for part in ("valid", "test"):
        split = look.part(part)
        some = spread(len(split), MOST_ROWS)
        out, y = look.outputs(split.x[some]), split.y[some]
        found += _of_classes(look, part, some, out, y) if data.form == "classes" and y.ndim == 1 else _by_error(
            look, part, some, out, y
        )  # fmt: skip
    return [row for _, row in sorted(found, key=lambda f: -f[0])[: look.count or SHOWN]]


def _of_classes(look: Look, part: str, places: Tensor, out: Tensor, y: Tensor) -> list[tuple[float, Row]]:
    chance, said = torch.softmax(out, 1).max(1)
    found = []
    for i in torch.nonzero(said != y)[:, 0].tolist():
        answer, truth, sure = look.named(int(said[i])), look.named(int(y[i])), float(chance[i])
        facts = {"said": answer, "true": truth, "probability": sure}
        found.append((sure, Row(part, int(places[i]), f"says {answer} ({percent(sure, 0)}), is {truth}", facts)))
    return found


def _by_error(look: Look, part: str, places: Tensor, out: Tensor, y: Tensor) -> list[tuple[float, Row]]:
    """By the share of wrong cells or labels, or the root mean square error beside the targets' spread."""
    form, there = look.having("errors").form, known(y)
    if form == "classes":
        off, what = ((out.argmax(1) != y) & there).float(), "of the cells wrong"
    elif form == "labels":
        off, what = ((out > 0) != (y > 0.5)).float(), "of the labels wrong"
    else:
        off, what = torch.where(there, (out - y).square(), torch.zeros_like(out)), "off, in standard deviations"
    error = off.flatten(1).sum(1) / there.flatten(1).sum(1).clamp_min(1)
    error = error.sqrt() if form == "values" else error
    factor, unit = unit_of(look) if look.way in ("series", "fields") and y.shape[1] == 1 else (0.0, "")
    ranked, places_ = error.argsort(descending=True).tolist(), places.tolist()
    chosen = set(apart(look, part, [places_[i] for i in ranked], look.count or SHOWN))
    found = []
    for i in (i for i in ranked if places_[i] in chosen):
        size = float(error[i])
        text = f"{figure(size) if form == 'values' else percent(size, 0)} {what}"
        if factor:
            text = f"RMSE {figure(size * factor)}{of_unit(unit)}"
        if form == "values" and out[i].numel() == 1:
            back = look.having("units").preparation.back
            text = f"says {figure(float(back(out[i : i + 1]).flat[0]))}, is {figure(float(back(y[i : i + 1]).flat[0]))}"
        found.append((size, Row(part, int(places[i]), text, {"error": size})))
    return found


def wrong_labels(look: Look) -> tuple[list[Row], str]:
    """(rows likely labelled wrong, the surest first, at most SHOWN; how they were found)."""
    data, found = look.having("labels"), []
    for part in ("valid", "test"):
        split = look.part(part)
        chances = torch.softmax(look.outputs(split.x), 1).double().numpy()
        found += _doubted(look, part, np.arange(len(split)), chances, split.y.numpy())
    some = spread(len(data.train), MOST_ROWS).numpy()
    labels = data.train.y[some].numpy()
    chances = out_of_sample(data.train.x[some].numpy(), labels, len(data.classes), look.seed)
    how = "Likely wrong labels, by confident learning: of validation and test rows by this network"
    if chances is not None:
        right = float((chances.argmax(1) == labels).mean())
        how += ", of training rows, whose labels it has seen, by their nearest neighbours in other folds"
        how += f" ({percent(right)} right)."
        found += _doubted(look, "train", some, chances, labels)
    else:
        how += "; training rows are left out, since some class has too few."
    ranked = sorted(found, key=lambda f: -f[0])
    return [row for _, row in ranked[: look.count or SHOWN]], f"{how} {len(ranked)} in all."


def _doubted(
    look: Look, part: str, places: np.ndarray, chances: np.ndarray, labels: np.ndarray
) -> list[tuple[float, Row]]:
    found = []
    for i, seems in zip(*label_errors(chances, labels)):
        label, better, sure = look.named(int(labels[i])), look.named(int(seems)), float(chances[i, seems])
        facts = {"label": label, "seems": better, "probability": sure, "margin": sure - float(chances[i, labels[i]])}
        text = f"labelled {label}, seems {better} ({percent(sure, 0)})"
        found.append((facts["margin"], Row(part, int(places[i]), text, facts)))
    return found


def twins(look: Look) -> list[Row]:
    """Rows of validation and test that are almost a training row."""
    data, found = look.having("near-duplicates"), []
    some = spread(len(data.train), 4 * MOST_ROWS).numpy()
    train = data.train.x[some].float().numpy()
    for part in ("valid", "test"):
        others = look.part(part).x.float().numpy()
        for place, at, ratio in zip(*near_duplicates(train, others)):
            twin = int(np.asarray(data.train.rows)[some[at]])
            facts = {"train_row": twin, "distance_frac": float(ratio)}
            found.append(Row(part, int(place), f"training row {twin}, {percent(float(ratio), 0)} of usual", facts))
    return sorted(found, key=lambda r: r.facts["distance_frac"])[: look.count or SHOWN]


def shown(look: Look, word: str, title: str, rows: list[Row]) -> Sequence[Gallery | Listing | Chart]:
    """Rows as pictures where they are pictures, with what was said and true where that is one too; else as a table."""
    if word == "worst" and rows and look.way in ("masks", "fields", "series"):
        return beside_the_truth(look, title, [(r.part, r.place, r.said) for r in rows])
    caption = f"{many(len(rows), 'row')} shown, the clearest first." if rows else "None was found."
    if look.way in ("pictures", "masks", "fields", "series"):
        tiles = []
        for r in rows:
            name = when(look, r.part, r.place)
            tiles.append(Tile(example(look, look.part(r.part).x[r.place]), f"{name}: {r.said}", f"{r.said} · {name}"))
        return [Gallery(title, caption, (("", tuple(tiles)),))]
    body = tuple((str(_row(look, r)), r.part, r.said) for r in rows)
    return [Listing(title, caption, ("row", "split", "what"), body)]
