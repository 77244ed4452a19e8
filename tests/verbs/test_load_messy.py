"""Whatever a table holds, loading it gives finite data or one clear refusal, never a traceback."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load import load

N = 40


def _holes(rng, values, share=0.2):
    return [None if rng.random() < share else v for v in values]


# What stands in a column of a messy table.
COLUMNS = {
    "numbers": lambda r: r.normal(size=N),
    "gaps": lambda r: np.where(r.random(N) < 0.3, np.nan, r.normal(size=N)),
    "infinite": lambda r: np.where(r.random(N) < 0.1, np.inf, r.normal(size=N)),
    "huge": lambda r: 10.0 ** r.uniform(-300, 300, N),
    "whole": lambda r: r.integers(-3, 4, N),
    "nullable": lambda r: pd.array(_holes(r, r.integers(0, 5, N).tolist()), dtype="Int64"),
    "flags": lambda r: r.integers(0, 2, N).astype(bool),
    "flags with holes": lambda r: pd.array(_holes(r, [True, False] * (N // 2)), dtype="boolean"),
    "words": lambda r: np.array(["a", "b", "c"], dtype=object)[r.integers(0, 3, N)],
    "words with holes": lambda r: np.array(_holes(r, ["x", "y"] * (N // 2)), dtype=object),
    "category": lambda r: pd.Categorical(_holes(r, ["lo", "hi"] * (N // 2))),
    "marks": lambda r: np.array(["?" if r.random() < 0.2 else str(v) for v in r.normal(size=N)], dtype=object),
    "text in numbers": lambda r: np.array(["oops" if r.random() < 0.1 else v for v in r.normal(size=N)], dtype=object),
    "mixed": lambda r: np.array([1, "1", 2.5, None, True] * (N // 5), dtype=object),
    "free text": lambda r: np.array([f"note {v}" for v in r.permutation(N)], dtype=object),
    "dates": lambda r: pd.to_datetime("2020-01-01") + pd.to_timedelta(r.integers(0, 900, N), "D"),
    "zoned": lambda r: pd.to_datetime(_holes(r, ["2020-03-01T12:00+01:00"] * N), utc=True),
    "date text": lambda r: np.array(_holes(r, ["2020-01-01", "2021-06-30"] * (N // 2)), dtype=object),
    "durations": lambda r: pd.to_timedelta(r.integers(0, 900, N), "s"),
    "lists": lambda r: pd.Series([[1, 2], [3]] * (N // 2)),
    "constant": lambda r: np.full(N, 3),
    "empty": lambda r: np.full(N, np.nan),
    "ids": lambda r: np.arange(N),
}


@pytest.mark.parametrize("seed", range(60))
def test_any_table_gives_finite_data_or_one_refusal(seed):
    rng = np.random.default_rng(seed)
    words = rng.choice(list(COLUMNS), size=rng.integers(1, 6))
    frame = pd.DataFrame({f"{word} {i}": COLUMNS[word](rng) for i, word in enumerate(words)})
    choices = DataChoices(
        target=str(rng.choice(frame.columns)),
        missing=str(rng.choice(["auto", "impute"])),
        normalise=str(rng.choice(["auto", "minmax", "robust", "quantile", "pca", "whiten"])),
    )
    try:
        data = load(frame, choices)
    except DataError:
        return
    for split in (data.train, data.valid, data.test):
        assert torch.isfinite(split.x).all()
        assert torch.isfinite(split.y.float()).all()
    assert torch.equal(data.preparation.inputs(frame)[data.test.rows], data.test.x)


@pytest.mark.parametrize("word", COLUMNS)
def test_a_column_of_any_kind_beside_sound_ones_gives_finite_data_or_one_refusal(word):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"u": rng.normal(size=N), "odd": COLUMNS[word](rng), "y": rng.normal(size=N)})
    data = load(frame, DataChoices(missing="impute"))
    assert torch.isfinite(data.train.x).all()
    assert "u" in data.preparation.input_names
