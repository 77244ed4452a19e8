"""Segmentation: one of C classes for each cell of a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.areas import areas_of, brightness_rival, counted, pictures_of, shown
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import score, spread
from wellfit.nouns.skill import cell_errors
from wellfit.nouns.task import Judged, Question, Task, known, marked
from wellfit.nouns.turning import FEW, mirrors

if TYPE_CHECKING:
    from wellfit.nouns.case import Case

STEPS, BATCH, PASSES = 1200, 4, (5, 200)  # optimizer steps; examples a step; fewest and most passes
MOST_LR = {"adamw": 5e-3, "adam": 5e-3}
"""Nuclei, layer norm: validation loss 0.15 after 600 steps of 4 examples; with 2e-3 it was 0.26 after as many of 8."""
SHOWN = 3  # of the worst, and of the best pictures
MOST_NAMED = 12  # classes whose own figures are given


def segmentation() -> Task:
    """One of C classes for each cell of a picture.

    Measures: Dice (the mean over pictures of the mean over classes, the background left out), IoU of each class and
    their mean, share of cells right. Rival: always the commonest class, or, of two classes, Otsu's threshold of each
    picture's brightness, whichever does better on the training pictures. Loss: cross-entropy plus Dice loss.
    """
    return Task(
        form="classes",
        loss=("dice_cross_entropy", "masks: a class counts by its area, too"),
        question=question,
        merits=merits,
        score=dice,
        score_name="Dice of all cells together",
        suits=suits,
        network=lambda kind, shape: ("unet", "an answer for each cell: what is fine is handed across"),
        defaults=defaults,
        most_lr=MOST_LR,
        steps=STEPS,
        errors=errors,
        evidence=evidence,
    )


def suits(y: np.ndarray, raw: Raw) -> str:
    """Array targets of whole numbers over the cells of the inputs."""
    cells = getattr(raw.inputs, "shape", ())[2:]
    fits = y.dtype.kind in "uib" and y.ndim > 2 and y.shape[1:] == cells
    return f"targets are classes of {' × '.join(map(str, cells))} cells" if fits else ""


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Class codes [N, *cells]; UNKNOWN below 0 and where raw.mask is False.

    Raises DataError for targets of another shape than the inputs' cells, for codes beyond the classes named, and where
    all cells are of one class.
    """
    cells = getattr(raw.inputs, "shape", ())[2:]
    if y.dtype.kind not in "uib" or y.shape[1:] != cells:
        found = f"inputs of shape {getattr(raw.inputs, 'shape', '')}, targets of shape {y.shape} of type {y.dtype}"
        raise DataError("a class code for each cell of each picture", found, "give whole numbers [N, H, W]")
    y = y.astype(np.int64)
    counts = np.bincount(y[y >= 0])
    classes = raw.classes or tuple(map(str, range(len(counts))))
    if len(counts) > len(classes):
        found = f"codes up to {len(counts) - 1}, in {int((y >= len(classes)).sum()):,} cells"
        asked = f"masks of the {len(classes)} classes {', '.join(classes[:6])} (codes 0 to {len(classes) - 1})"
        raise DataError(asked, found, "name every class, or mend the masks")
    if (counts > 0).sum() < 2:
        found = f"all of them are {classes[int(counts.argmax())]!r}" if len(counts) else "none has an answer"
        raise DataError("cells of two classes or more", found, "give masks that say which cells are of which class")
    return Question("segmentation", why, marked(y, raw.mask), names, tuple(classes))


def defaults(data: Data, network: str) -> dict[str, tuple[Any, str]]:
    """How long, how varied, and the size of a U-Net."""
    n = len(data.train)
    batch = min(BATCH, max(2, n))
    epochs = min(PASSES[1], max(PASSES[0], round(STEPS / math.ceil(n / batch))))
    found: dict[str, tuple[Any, str]] = {
        "training.batch_size": (batch, "each example has thousands of cells"),
        "training.epochs": (epochs, f"a budget of {STEPS:,} steps, within {PASSES[0]} to {PASSES[1]} passes"),
    } | _turn(data)
    if network == "unet":
        levels = min(4, max(1, int(math.log2(min(data.shape_out[1:]))) - 1))
        gpu = torch.cuda.is_available()
        first, why = (32, "a GPU is there") if gpu else (8, "on a CPU: a sixteenth of the work of 32-64-128-256")
        found["network.widths"] = (tuple(first * 2**level for level in range(levels)), why)
        why = "each picture by itself: they are of several kinds (nuclei validation Dice 0.89, 0.76 with batch)"
        found["network.norm"] = ("layer", why)
    return found


def _turn(data: Data) -> dict[str, tuple[Any, str]]:
    """How pictures may be turned, their masks with them, and why."""
    if len(data.train) < FEW:
        return {
            "augment.flip": ("sideways", f"fewer than {FEW} pictures cannot tell whether they have an up and a left")
        }
    way, share = mirrors(data.train.x, torch.zeros(len(data.train), dtype=torch.int64))
    why = f"masks turn with their pictures, of which {share:.2f} is one-sided"
    ways = {"both": ("augment.turn", "all"), "sideways": ("augment.flip", "sideways")}
    return {ways[way][0]: (ways[way][1], why)} if way in ways else {}


def dice(outputs: Tensor, targets: Tensor) -> Tensor:
    """Dice of all cells together, the mean over the classes that occur; outputs [N, C, *cells], targets [N, *cells]."""
    there = known(targets)
    said, true = outputs.argmax(1)[there], targets[there]
    c = outputs.shape[1]
    table = (true * c + said).bincount(minlength=c * c).reshape(c, c).double()
    both, size = table.diagonal(), table.sum(0) + table.sum(1)
    return (2 * both / size.clamp_min(1))[size > 0].mean()


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of answers [N, C, *cells], by picture, resampled by picture."""
    classes = judged.data.classes
    rival, words = brightness_rival(judged)
    found, flat = areas_of(judged), areas_of(judged, rival)
    names, figures = zip(*_figures(classes))
    values, low, high = spread(lambda w, rows: np.stack([f(found, w, rows) for f in figures], 1), len(found))
    everyone = np.full((1, len(flat)), 1 / len(flat)), np.arange(len(flat))
    merits: Merits = {}
    for i, name in enumerate(names):
        merits[name] = score(values[i], low[i], high[i], len(found))
        merits[name]["baseline"] = float(figures[i](flat, *everyone)[0])
    return {k: m for k, m in merits.items() if np.isfinite(m["value"])}, words


def _figures(classes: tuple[str, ...]) -> list[tuple[str, Any]]:
    """(name, (areas, weights [r, m], rows [m]) -> [r])."""
    named = range(len(classes)) if 2 < len(classes) <= MOST_NAMED else ()
    return [
        ("Dice", lambda a, w, rows: a.mean_dice(counted(classes), w, rows)),
        ("mean IoU", lambda a, w, rows: a.mean_iou(w, rows)),
        ("cells right", lambda a, w, rows: a.right(w, rows)),
        *((f"Dice {classes[c]}", lambda a, w, rows, c=c: a.mean_dice([c], w, rows)) for c in named),
        *((f"IoU {classes[c]}", lambda a, w, rows, c=c: a.iou(c, w, rows)) for c in range(len(classes))
          if len(classes) <= MOST_NAMED),
    ]  # fmt: skip


def errors(judged: Judged) -> np.ndarray:
    """(error of the answer, error of the constant answer) of each picture [P, 2]: the mean over its tiles."""
    each, of = cell_errors(judged), pictures_of(judged)
    total = np.bincount(of)
    return np.stack([np.bincount(of, e) / total for e in each.T], 1)


def evidence(case: Case, judged: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """The worst and the best test pictures, put together: mask_pictures [S, C, H, W] 0..1, mask_truth, mask_said
    [S, H, W] codes (-1: beyond the picture, -100: not asked), mask_dice [S], mask_names [S]."""
    data, test = case.data, judged["test"]
    whole = Judged(test["outputs"], test["truth"], data, "test", np.arange(len(test["truth"])))
    dices = areas_of(whole).dice(counted(data.classes))
    order = np.argsort(np.nan_to_num(dices, nan=2.0), kind="stable")
    order = order[np.isfinite(dices[order])]
    pick = order if len(order) <= 2 * SHOWN else np.r_[order[:SHOWN], order[-SHOWN:]]
    return shown(whole, pick, dices) if len(pick) else {}
