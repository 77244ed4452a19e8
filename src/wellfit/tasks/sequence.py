"""Sequence: the next symbol of a text, at every place of a window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.merits import Merits
from wellfit.nouns.ngrams import witten_bell
from wellfit.nouns.sampling import continued
from wellfit.nouns.scores import means, score, spread
from wellfit.nouns.symbols import said, unit_by
from wellfit.nouns.task import Judged, Question, Task, known

ORDER = 5
BATCH, STEPS, PASSES = 16, 3000, (2, 40)  # windows a step; optimizer steps; fewest and most passes over the windows
MOST_LR = {"adamw": 4e-3, "adam": 4e-3}
"""Shakespeare, one LSTM layer of 384, one core, 60 s: validation 1.71 nats a character with steps of 16 windows at 4e-3
(397 steps), 1.91 with 32 at 2e-3 (194 steps). A recurrent network gains more from steps than from what a step averages."""
EPS = 1e-12
SAMPLE, WINDOWS = 600, 200  # symbols written, and windows looked at, for the report


def sequence() -> Task:
    """The next symbol of a text, from those before it.

    Measures: bits and nats a character (or byte), share of next symbols right. Rival: counts of up to five characters
    in a row (Witten & Bell 1991). Loss: cross-entropy.
    """
    return Task(
        form="classes",
        loss=("cross_entropy", "the surprise at what really comes next"),
        question=question,
        merits=merits,
        score=right,
        score_name="next symbol right",
        network=lambda kind, shape: ("recurrent", "reads in order, and carries along what came before"),
        defaults=defaults,
        most_lr=MOST_LR,
        steps=STEPS,
        in_time=True,
        evidence=written,
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Codes of the next symbols [N, L]. Raises DataError for anything else."""
    if y.ndim != 2 or y.dtype.kind not in "iu":
        raise DataError("the next symbol at each place", f"targets of shape {y.shape}, {y.dtype}", "give a text")
    classes = raw.classes or tuple(map(str, range(int(y.max()) + 1)))
    return Question("sequence", why, y, names or ("next symbol",), classes)


def defaults(data: Data, network: str) -> dict[str, tuple[Any, str]]:
    """How many windows a step, and how long."""
    n = len(data.train)
    batch = min(BATCH, max(2, n))
    steps = math.ceil(n / batch)
    epochs = min(PASSES[1], max(PASSES[0], round(STEPS / steps)))
    return {
        "training.batch_size": (batch, "many small steps (Shakespeare after a minute: 1.71 nats, 1.91 with 32)"),
        "training.epochs": (epochs, f"a budget of {STEPS:,} steps, within {PASSES[0]} to {PASSES[1]} passes"),
    }


def right(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of next symbols that are the likeliest; outputs [N, V, L], targets [N, L]."""
    asked = known(targets)
    return (outputs.argmax(1) == targets)[asked].float().mean()


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of answers [N, V, L] beside those of counts; intervals by resampling windows, since what stands in one
    window hangs together."""
    data, truth = judged.data, judged.truth
    asked = truth >= 0
    at = np.where(asked, truth, 0)
    p = np.take_along_axis(judged.answers, at[:, None], 1)[:, 0]
    surprise = np.where(asked, -np.log(p.clip(EPS)), 0.0)
    hits = np.where(asked, judged.answers.argmax(1) == at, False)
    columns = np.stack([surprise.sum(1), hits.sum(1), asked.sum(1)], 1).astype(float)
    values, low, high = spread(_a_symbol(columns), len(columns))
    n, unit = int(asked.sum()), unit_by(data.classes).rstrip("s")
    rival = _counted(judged, at)[asked]
    flat = float(-np.log(rival).mean())
    bits = 1 / np.log(2)
    found = {
        f"bits per {unit}": score(values[0] * bits, low[0] * bits, high[0] * bits, n, "bits"),
        f"nats per {unit}": score(values[0], low[0], high[0], n, "nats"),
        "next symbol right": score(values[1], low[1], high[1], n),
    }
    found[f"bits per {unit}"] |= {"baseline": flat * bits, "lower": True}
    found[f"nats per {unit}"] |= {"baseline": flat, "lower": True}
    return found, f"counts of up to {ORDER} {unit}s in a row (Witten & Bell 1991)"


def _a_symbol(columns: np.ndarray) -> Any:
    """(surprise, share right) a symbol, of windows weighed anew."""

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        sums = means(columns)(weights, rows)
        return sums[:, :2] / np.maximum(sums[:, 2:], EPS)

    return figures


def _counted(judged: Judged, truth: np.ndarray) -> np.ndarray:
    """What counting gives to the symbols that came [N, L]."""
    data = judged.data
    part = getattr(data, judged.part)
    x = part.x if judged.index is None else part.x[judged.index]
    seen = np.pad(x.cpu().numpy().astype(np.int64), ((0, 0), (ORDER - 1, 0)), constant_values=-1)
    places = [seen[:, i + 1 : i + 1 + truth.shape[1]] for i in range(ORDER - 1)]  # the last of them is x itself
    before = np.stack([*places, truth], -1).reshape(-1, ORDER)
    return witten_bell(_whole(data.train.x), before, len(data.classes), ORDER).reshape(truth.shape)


def _whole(windows: Tensor) -> np.ndarray:
    """The text that training windows [N, L] were cut from, end to end."""
    half = max(1, windows.shape[1] // 2)
    first = windows[:, :half].flatten() if len(windows) > 1 else windows[0, :0]
    return torch.cat([first[: (len(windows) - 1) * half], windows[-1]]).cpu().numpy().astype(np.int64)


def written(case: Case, judged: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """prompt, written: texts, the first test window and the 600 symbols that the network goes on with (temperature
    0.8); bits_by_context [L - 1]: mean surprise at a symbol by how many the network saw before it, in 200 test windows.
    """
    symbols, start = case.data.classes, case.data.test.x[0].long()
    codes = continued(case.network, start, SAMPLE, len(start), temperature=0.8, seed=0)
    x = case.data.test.x[:WINDOWS].to(case.device)
    with torch.no_grad():
        outputs = case.network.eval()(x)[..., :-1].float()
        bits = cross_entropy(outputs, x[:, 1:].long(), reduction="none").mean(0) / math.log(2)
    return {
        "prompt": np.array(said(start.numpy(), symbols)),
        "written": np.array(said(codes, symbols)),
        "bits_by_context": bits.cpu().numpy(),
    }
