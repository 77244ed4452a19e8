"""Metric: how well a program says it did, read from the lines it prints; else from its training loss."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

HIGHER = frozenset(
    ("accuracy", "acc", "f1", "fscore", "r2", "auc", "auroc", "roc", "ap", "map", "precision", "recall", "iou", "miou", "dice",
     "score", "kappa", "mcc", "bleu", "psnr", "ssim", "reward", "return", "correct", "hits", "elbo", "correlation", "top1",
     "explained")
)  # fmt: skip
LOWER = frozenset(
    ("loss", "error", "err", "rmse", "mse", "mae", "mape", "nll", "perplexity", "ppl", "distance", "fid", "nmse", "nrmse",
     "wer", "cer", "deviation", "bce", "deviance")
)  # fmt: skip
HELD = frozenset(("test", "val", "valid", "validation", "eval", "held", "dev", "metric"))
"""Words of a measure on data that were not trained on."""
SHARE = 0.05
"""Share of what was left to gain that a repair must gain: the spread of an accuracy of 0.9 on 400 examples is 0.015, or
0.15 of what is left; less than a twentieth is nothing that one run can show."""
VALUE = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|nan|inf)(?![\w.]*\w)(\s*%)?", re.IGNORECASE)
UNIT = frozenset(
    ("accuracy", "acc", "f1", "r2", "auc", "auroc", "iou", "dice", "recall", "precision", "correct", "explained")
)
END = 0.1
"""Share of the training, at its end, whose losses are averaged."""


class Measure(NamedTuple):
    """One measured figure: its name as printed ("val acc"), value, and whether higher is better."""

    name: str
    value: float
    higher: bool

    @property
    def is_loss(self) -> bool:
        return "loss" in self.name


def measures(printed: Sequence[str]) -> dict[str, Measure]:
    """Name -> the last figure printed under that name, of the names that say which way is better."""
    found: dict[str, Measure] = {}
    for line in printed:
        at = 0
        for match in VALUE.finditer(line):
            words = re.findall(r"[a-z][a-z0-9²]*", line[at : match.start()].lower().replace("r²", "r2"))
            words = [w for part in words for w in part.split("_")][-4:]
            at = match.end()
            known = [w for w in words if w in HIGHER or w in LOWER]
            if not known:
                continue
            name = " ".join(w for w in words if w in HELD or w in HIGHER or w in LOWER or w == "train")
            found[name] = Measure(name, float(match.group().rstrip("% ")), known[-1] in HIGHER)
    return found


def common(before: Sequence[str], after: Sequence[str], loss_counts: bool) -> tuple[Measure, Measure] | None:
    """The figure that both runs print and that says most: of held-out data before others, scores before losses, what
    is printed last before what comes earlier. loss_counts: may losses be held against each other?"""
    old, new = measures(before), measures(after)
    names = [n for n in old if n in new and (loss_counts or old[n].higher or not _of_loss(n))]
    if not names:
        return None

    def rank(pair: tuple[int, str]) -> tuple[bool, bool, bool, int]:
        at, name = pair
        return bool(HELD & set(name.split())), "train" not in name, not old[name].is_loss, at

    best = max(enumerate(names), key=rank)[1]
    return old[best], new[best]


def _of_loss(name: str) -> bool:
    return bool({"loss", "nll", "bce", "elbo"} & set(name.split()))


def end_of(curve: Sequence[tuple[int, float]]) -> Measure | None:
    """The training loss at the end: the mean of the last tenth of the steps seen."""
    if not curve:
        return None
    last = [v for _, v in curve][-max(1, round(END * len(curve))) :]
    return Measure("training loss", sum(last) / len(last), False)


def better(old: Measure, new: Measure) -> bool:
    """Is the new figure better by a twentieth of what was left to gain, or more?"""
    if not math.isfinite(new.value):
        return False
    if not math.isfinite(old.value):
        return True
    gained = new.value - old.value if old.higher else old.value - new.value
    return gained > SHARE * _left(old, new)


def _left(old: Measure, new: Measure) -> float:
    """What was left to gain: to 1 or 100 for shares, to 0 for errors, else the size of the figure."""
    if not old.higher:
        return abs(old.value)
    if set(old.name.split()) & UNIT and max(old.value, new.value) <= 100:
        top = 1.0 if max(old.value, new.value) <= 1.0 else 100.0
        return top - old.value
    return abs(old.value)
