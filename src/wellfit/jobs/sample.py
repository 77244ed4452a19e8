"""sample: a run that learnt a text goes on writing; and what it makes of a text that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wellfit.nouns.errors import RunError
from wellfit.nouns.run import Run
from wellfit.nouns.sampling import continued
from wellfit.nouns.symbols import coded, said, starts
from wellfit.verbs.keep import Model, read_model

if TYPE_CHECKING:
    import pandas as pd


def sample(
    path: str | Path,
    prompt: str = "\n",
    *,
    length: int = 500,
    temperature: float = 0.8,
    seed: int = 0,
    network: Any = None,
) -> str:
    """`length` symbols that the run in `path` writes after `prompt`.

    temperature: divides the logits before softmax; 1 draws as learnt, 0 takes the likeliest. The same seed draws the
    same text. Raises RunError for a run that did not learn a text, or for choices that cannot be.
    """
    model = read_model(Run.open(path), network)
    must_be_text(model, path)
    if temperature < 0 or length < 1:
        raise RunError(f"{length} symbols at temperature {temperature}", "a text is written forwards, by chances",
                       "give a length of 1 or more, and a temperature of 0 or more")  # fmt: skip
    start = torch.from_numpy(coded(prompt or "\n", model.classes))
    window = model.preparation.shape[0]
    codes = continued(model.network, start, length, window, temperature=temperature, seed=seed)
    return said(codes, model.classes)


def must_be_text(model: Model, path: str | Path) -> None:
    """Raise RunError where the run learnt no text."""
    if model.preparation.kind != "text":
        found = f"it learnt a {model.task} of {model.preparation.kind}"
        raise RunError(f"a text from the run {path}", found, "name a run of `wellfit fit TEXT.txt`")


def reading(model: Model, points: np.ndarray) -> pd.DataFrame:
    """A text (code points [T]) as the model reads it, a row for each symbol after the first: "at" (from 0), "symbol",
    "p(symbol)": the chance it was given, "bits": its surprise, "prediction": the likeliest."""
    import pandas as pd

    text = points.tobytes().decode("utf-32-le")
    codes, length = coded(text, model.classes), model.preparation.shape[0]
    half, n = max(1, length // 2), len(codes)
    out = model.outputs(text)
    p, best, nothing_before = np.full(n, np.nan), np.zeros(n, np.int64), 0
    # later windows see more of what came before a place in their second half
    for answers, start in zip(out, starts(n, length)):
        first = nothing_before if start == 0 else max(start + length - half, nothing_before)
        for place in range(first, min(start + length, n - 1)):
            p[place + 1] = answers[codes[place + 1], place - start]
            best[place + 1] = answers[:, place - start].argmax()
        nothing_before = min(start + length, n - 1)
    each = [said(codes[i : i + 1], model.classes) for i in range(n)]
    symbols = np.array([said(np.array([i]), model.classes) for i in range(len(model.classes))], dtype=object)
    return (
        pd.DataFrame(
            {"at": np.arange(n), "symbol": each, "p(symbol)": p, "bits": -np.log2(p), "prediction": symbols[best]}
        )
        .iloc[1:]
        .reset_index(drop=True)
    )
