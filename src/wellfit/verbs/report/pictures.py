"""Pictures: examples and the worst mistakes, shown where they are pictures, told where they are not."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wellfit.nouns.answers import class_answers, label_answers
from wellfit.nouns.units import figure

MOST_EXAMPLES, MOST_NAMED, MOST_MISTAKES, MOST_ROWS, MOST_SIDE = 40, 25, 24, 10, 96


def examples(have: Mapping[str, Any]) -> list[dict[str, str]]:
    """Training pictures, class by class: {"source" (data URI), "label"}; [] where the examples are no pictures."""
    x, y = have.get("sample_x"), have.get("sample_y")
    if not isinstance(x, np.ndarray) or x.ndim != 4 or not len(x):
        return []
    labels = y.reshape(len(y), -1)[:, 0] if isinstance(y, np.ndarray) and len(y) == len(x) else None
    order = range(len(x)) if labels is None else _in_turn(labels)
    named = [(k, _label(have, y, k)) for k in list(order)[:MOST_EXAMPLES]]
    if any(len(label) > 4 for _, label in named):  # they need room: fewer to a row
        named = named[:MOST_NAMED]
    if labels is not None:
        named.sort(key=lambda pair: labels[pair[0]])
    return [{"source": picture(x[k]), "label": label} for k, label in named]


def varied(have: Mapping[str, Any]) -> list[list[str]]:
    """Training pictures as training sees them: a row for each, the picture itself first; [] where nothing varies them."""
    x, drawn = have.get("sample_x"), have.get("varied_x")
    if not isinstance(x, np.ndarray) or not isinstance(drawn, np.ndarray) or x.ndim != 4 or drawn.ndim != 5:
        return []
    return [[picture(own), *map(picture, others)] for own, others in zip(x, drawn)]


def _in_turn(labels: np.ndarray) -> list[int]:
    """Positions such that every label comes once before any comes twice."""
    seen: dict[float, int] = {}
    turn = []
    for k, label in enumerate(labels.tolist()):
        seen[label] = seen.get(label, 0) + 1
        turn.append((seen[label], k))
    return [k for _, k in sorted(turn)]


def _label(have: Mapping[str, Any], y: np.ndarray | None, k: int) -> str:
    if y is None or len(y) <= k:
        return ""
    classes = have.get("classes") or []
    if y.ndim > 2 or (have["form"] == "classes" and y.ndim > 1):
        return ""  # an array for each: the task's own charts show it
    if have["form"] == "density":
        return ""
    if have["form"] == "classes":
        return _name(classes, int(y.reshape(len(y), -1)[k, 0]))
    if have["form"] == "labels":
        return ", ".join(_name(classes, int(c)) for c in np.flatnonzero(y[k] > 0.5)) or "none"
    return figure(float(y.reshape(len(y), -1)[k, 0]))


def _name(classes: Sequence[Any], k: int) -> str:
    return str(classes[k]) if 0 <= k < len(classes) else f"class {k}"


def picture(values: np.ndarray) -> str:
    """A picture [C, H, W] in 0..1 as a data URI: one channel grey, three in colour, of others the first;
    large ones are reduced to 96 pixels."""
    from PIL import Image

    values = np.nan_to_num(np.asarray(values, dtype=float)).clip(0, 1) * 255
    values = values[:3] if len(values) in (3, 4) else values[:1]
    pixels = values.round().astype(np.uint8)
    image = Image.fromarray(np.moveaxis(pixels, 0, -1) if len(pixels) == 3 else pixels[0])
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    held, photo = io.BytesIO(), max(image.size) > 40
    image.save(held, "JPEG" if photo else "PNG", **({"quality": 82} if photo else {"optimize": True}))
    return f"data:image/{'jpeg' if photo else 'png'};base64,{base64.b64encode(held.getvalue()).decode()}"


def mistakes(have: Mapping[str, Any]) -> list[dict[str, str]]:
    """The worst test answers: {"row", "truth", "said", "how" (probability, residual), "source" (data URI)}."""
    if not all(isinstance(have.get(k), np.ndarray) and len(have[k]) for k in ("test_truth", "test_outputs")):
        return []
    if have["test_truth"].ndim > 2 or (have["form"] == "classes" and have["test_truth"].ndim > 1):
        return []  # arrays: the task's own charts show them
    index = _worst(have)
    rows, x = have.get("worst_rows"), have.get("worst_x")
    told = {"classes": _of_classes, "labels": _of_labels, "density": _of_density}.get(have["form"], _of_values)(
        have, index
    )
    for k, one in enumerate(told):
        one["row"] = str(rows[k]) if isinstance(rows, np.ndarray) and len(rows) == len(index) else str(index[k])
        one["source"] = picture(x[k]) if isinstance(x, np.ndarray) and x.ndim == 4 and len(x) == len(index) else ""
    return told if told and told[0]["source"] else told[:MOST_ROWS]


def _worst(have: Mapping[str, Any]) -> np.ndarray:
    """Positions in the test split of the examples to show, the worst first."""
    index = have.get("worst_index")
    if isinstance(index, np.ndarray) and (not len(index) or index.max() < len(have["test_truth"])):
        return index[:MOST_MISTAKES]
    loss = have.get("test_loss")
    if not isinstance(loss, np.ndarray) or len(loss) != len(have["test_truth"]):
        return np.zeros(0, dtype=int)
    order = np.argsort(-np.nan_to_num(loss, nan=np.inf, posinf=np.inf), kind="stable")
    if have["form"] == "classes":
        outputs = have["test_outputs"]
        order = order[outputs[order].argmax(-1) != have["test_truth"].reshape(-1)[order]]
    return order[:MOST_MISTAKES]


def _of_classes(have: Mapping[str, Any], index: np.ndarray) -> list[dict[str, str]]:
    answers, classes = class_answers(have["test_truth"][index], have["test_outputs"][index]), have.get("classes") or []
    if answers is None or len(answers) != len(index):
        return []
    return [
        {"truth": _name(classes, t), "said": _name(classes, s), "how": f"{p[s]:.3f}", "less": f"{p[t]:.3f}"}
        for t, s, p in zip(answers.truth, answers.said, answers.probabilities)
    ]


def _of_labels(have: Mapping[str, Any], index: np.ndarray) -> list[dict[str, str]]:
    pair, classes = label_answers(have["test_truth"][index], have["test_outputs"][index]), have.get("classes") or []
    if pair is None or len(pair[0]) != len(index):
        return []
    names = lambda on: ", ".join(_name(classes, int(k)) for k in np.flatnonzero(on)) or "none"
    return [
        {"truth": names(t > 0.5), "said": names(p > 0.5), "how": f"{p.max():.2f}", "less": ""} for t, p in zip(*pair)
    ]


def _of_density(have: Mapping[str, Any], index: np.ndarray) -> list[dict[str, str]]:
    said = np.asarray(have["test_outputs"], dtype=float).reshape(len(have["test_outputs"]), -1)[index, 0]
    return [{"truth": "", "said": figure(float(s), 4), "how": "", "less": ""} for s in said]


def _of_values(have: Mapping[str, Any], index: np.ndarray) -> list[dict[str, str]]:
    truth, said = (
        np.asarray(have[k], dtype=float).reshape(len(have[k]), -1)[index] for k in ("test_truth", "test_outputs")
    )
    if truth.shape != said.shape:
        return []
    text = lambda row: ", ".join(figure(float(v), 4) for v in row[:4]) + " …" * (len(row) > 4)
    return [{"truth": text(t), "said": text(s), "how": text(s - t), "less": ""} for t, s in zip(truth, said)]
