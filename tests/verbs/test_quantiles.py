"""Quantiles: the interval holds nine in ten where the noise is anyone's guess, and widens where it grows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from wellfit.jobs.fit import fit
from wellfit.jobs.predict import predict
from wellfit.nouns import shelf
from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


def noisy(n: int = 3000) -> pd.DataFrame:
    """y (m) around 2 x, with a spread that grows with x from 0.1 to 1.1."""
    x = RNG.uniform(0, 1, n)
    return pd.DataFrame({"x": x, "y (m)": 10 + 2 * x + (0.1 + x) * RNG.normal(size=n)})


def test_the_interval_widens_with_the_noise_and_holds_nine_in_ten(tmp_path):
    frame = noisy()
    run = fit(frame, target="y (m)", task="quantiles", out=tmp_path / "run", force=True, epochs=25, lr=5e-3)
    inside, width = run.test["inside the 90% interval"], run.test["width of the interval"]
    assert 0.85 < inside["value"] < 0.95
    assert width["value"] < width["baseline"]
    assert width["unit"] == "m"
    assert next(iter(run.test)) == "pinball loss"
    assert run.test["pinball loss"]["value"] < run.test["pinball loss"]["baseline"]
    at = np.array([0.1, 0.5, 0.9])
    said = run.predict(pd.DataFrame({"x": at}))
    wanted = 10 + 2 * at[:, None] + (0.1 + at[:, None]) * norm.ppf([0.05, 0.5, 0.95])
    np.testing.assert_allclose(said, wanted, atol=0.25)
    frame.iloc[:4].to_csv(tmp_path / "new.csv", index=False)
    assert list(predict(run.path, str(tmp_path / "new.csv")).columns) == ["row", "y (m) 5%", "y (m) 50%", "y (m) 95%"]
    assert "Intervals" in (tmp_path / "run" / "report.html").read_text()


def test_each_target_has_its_levels_and_fields_are_refused():
    data = load((RNG.normal(size=(60, 2)), RNG.normal(size=(60, 2))), Recipe.of({"data.task": "quantiles"}).data)
    assert data.target_names == tuple(f"target {i} {q}" for q in ("5%", "50%", "95%") for i in (1, 2))
    assert data.shape_out == (6,)
    with pytest.raises(DataError, match="quantiles of fields"):
        load((RNG.normal(size=(60, 2)), RNG.normal(size=(60, 2, 3, 3))), Recipe.of({"data.task": "quantiles"}).data)


def test_the_loss_is_that_of_scikit_learn():
    import torch
    from sklearn.metrics import mean_pinball_loss

    truth, said = RNG.normal(size=(50, 1)).repeat(3, 1), RNG.normal(size=(50, 3))
    loss = shelf.module("losses", "pinball")
    wanted = np.mean([mean_pinball_loss(truth[:, i], said[:, i], alpha=q) for i, q in enumerate(loss.LEVELS)])
    assert float(loss.pinball(torch.tensor(said), torch.tensor(truth))) == pytest.approx(wanted)
    with pytest.raises(ValueError, match="columns for each target"):
        loss.pinball(torch.zeros(5, 2), torch.zeros(5, 2))
