"""Laws of every search: the same seed draws the same, all of it inside the space, and no worse than at random."""

from __future__ import annotations

import math
import warnings

import pytest

from wellfit.nouns import shelf
from wellfit.nouns.space import Space
from wellfit.verbs.search.queue import suggested

SEARCHES = shelf.names("searches")
SPACE = Space.of({
    "training.lr": {"low": 1e-4, "high": 1e-1, "prior": "log"},
    "network.dropout": {"low": 0.0, "high": 0.8},
    "training.batch_size": [16, 32, 64],
    "network.widths.depth": {"low": 1, "high": 3},
})  # fmt: skip


def drawn(word: str, seed: int, n: int) -> tuple[list[dict], list[float]]:
    """Values and losses of n trials on a smooth bowl with its least at lr 1e-2, dropout 0.2."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study(sampler=shelf.get("searches", word)(seed), pruner=optuna.pruners.NopPruner())
        tried, losses = [], []
        for _ in range(n):
            trial = study.ask()
            v = suggested(trial, SPACE)
            loss = (math.log10(v["training.lr"]) + 2) ** 2 + 4 * (v["network.dropout"] - 0.2) ** 2
            study.tell(trial, loss)
            tried.append(v)
            losses.append(loss)
    return tried, losses


@pytest.mark.parametrize("word", SEARCHES)
def test_the_same_seed_draws_the_same_and_another_another(word: str):
    assert drawn(word, 3, 12) == drawn(word, 3, 12)
    assert drawn(word, 3, 12)[0] != drawn(word, 4, 12)[0]


@pytest.mark.parametrize("word", SEARCHES)
def test_it_stays_in_the_space(word: str):
    for values in drawn(word, 0, 16)[0]:
        assert all(axis.holds(values[axis.key]) for axis in SPACE.axes)


@pytest.mark.parametrize("word", [w for w in SEARCHES if w != "random"])
def test_it_is_no_worse_than_random(word: str):
    ours, theirs = (sum(min(drawn(w, seed, 20)[1]) for seed in range(2)) for w in (word, "random"))
    assert ours <= theirs
