"""Worst answers beside the truth: of masks, fields and series; and inputs painted in the waves of the data."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from fake_fields import wave
from torch import nn

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import svg
from wellfit.nouns.explained import Gallery, Listing
from wellfit.nouns.look import Look
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.shown import as_picture, example
from wellfit.verbs.explain.attribution import attribution
from wellfit.verbs.explain.examples import examples
from wellfit.verbs.explain.painting import Canvas, spectrum
from wellfit.verbs.explain.worst import apart, horizon, when
from wellfit.verbs.load import load


def fields() -> Look:
    torch.manual_seed(0)
    data = load(wave(), Recipe.of({"data.history": 3, "data.horizon": 4}).data)
    channels = data.shape_in[0]
    return Look("a wave", nn.Conv2d(channels, 1, 3, padding=1).eval(), tuple(data.shape_in), data)


def series() -> Look:
    torch.manual_seed(0)
    t = np.arange(400)
    frame = pd.DataFrame({
        "when": pd.date_range("2021-03-01", periods=400, freq="h").astype(str),
        "a": np.sin(t / 5) * 3 + 10,
        "b": np.cos(t / 9),
    })  # fmt: skip
    data = load(frame, Recipe.of({"data.history": 20, "data.horizon": 5}).data)
    network = nn.Sequential(nn.Flatten(), nn.Linear(40, 10), nn.Unflatten(1, (2, 5))).eval()
    return Look("waves", network, tuple(data.shape_in), data)


def masks(normalise: str = "standardise") -> Look:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    y = np.zeros((40, 16, 16), np.int64)
    y[:, 3:9, 4:11] = 1
    x = (60 + 120 * y[:, None] + rng.normal(0, 5, (40, 1, 16, 16))).clip(0, 255).astype(np.uint8)
    data = load((x, y), Recipe.of({"data.normalise": normalise}).data)
    return Look("squares", nn.Conv2d(1, 2, 3, padding=1).eval(), tuple(data.shape_in), data)


@pytest.fixture(scope="module", params=["fields", "series", "masks"])
def look(request) -> Look:
    return {"fields": fields, "series": series, "masks": masks}[request.param]()


def test_worst_answers_stand_beside_the_truth(look: Look):
    part = examples(look)
    shown = part.figures[0]
    assert isinstance(shown, Chart if look.way in ("series", "fields") else Gallery)
    for figure in part.figures:
        if isinstance(figure, Chart):
            assert svg(figure, "x").startswith("<svg")
        elif isinstance(figure, Gallery) and figure.head:
            assert all(len(tiles) == len(figure.head) for _, tiles in figure.rows)
    errors = [row["error"] for row in part.facts["worst"]]
    assert errors == sorted(errors, reverse=True)


def test_rows_that_overlap_are_shown_once(look: Look):
    worst = examples(look).facts["worst"]
    for part in ("valid", "test"):
        rows = sorted(row["row"] for row in worst if row["part"] == part)
        assert all(b - a >= horizon(look) for a, b in itertools.pairwise(rows))
    assert horizon(look) == {"fields": 4, "series": 5, "masks": 1}[look.way]
    taken = apart(look, "valid", list(range(12)), 3)
    assert taken == [0, horizon(look), 2 * horizon(look)]
    assert ("2001" in when(look, "valid", 0)) == (look.way == "fields")


def test_every_way_is_attributed_with_all_checks(look: Look):
    part = attribution(replace(look, methods=("integrated_gradients", "gradient"), count=2))
    assert any(isinstance(f, Listing) for f in part.figures)
    assert look.way == "masks" or all(svg(f, "x").startswith("<svg") for f in part.figures[:2] if isinstance(f, Chart))
    for method in part.facts["methods"].values():
        signed = [value for _, value in method["rank_correlation_randomised_signed"]]
        assert all(-1 - 1e-9 <= value <= 1 + 1e-9 for value in signed)
        assert np.isfinite(method["deletion_area"])


def test_fields_and_series_are_painted_no_further_off_than_training_rows_are():
    for seen in (fields(), series()):
        canvas = Canvas.of(seen)
        x = canvas.input(20 * torch.randn(canvas.start(3, 0).shape, generator=torch.Generator().manual_seed(0)))
        rows = (seen.part("train").x - canvas.middle).square().flatten(1).mean(1).sqrt()
        middle = canvas.input(torch.zeros_like(canvas.start(3, 0)))
        assert ((x - middle).square().flatten(1).mean(1).sqrt() <= rows.max() * 1.01).all()
        assert ((x >= canvas.low - 1e-5) & (x <= canvas.high + 1e-5)).all()


def test_a_clock_is_painted_the_same_everywhere():
    x = torch.randn(9, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    x[:, 1] = x[:, 1, :1, :1]
    strong = spectrum(x)
    assert strong[1, 0, 0] > 0
    assert float(strong[1].sum() - strong[1, 0, 0]) < 1e-5 * float(strong[1, 0, 0])
    assert (strong[0] > 0).all()
    assert torch.allclose(strong[0].norm(), strong[1].norm())


def test_above_is_orange_and_below_blue_in_fields_as_in_maps():
    seen = fields()
    x = torch.zeros(seen.shape_in)
    x[-1 - (len(x) - 3) :] = 0
    x[:, :2], x[:, -2:] = 1.0, -1.0
    pixels = example(seen, x)
    north, south = pixels[-2, 1], pixels[1, 1]  # rows go north
    assert north[0] > north[2]
    assert south[2] > south[0]


def test_pictures_scaled_each_by_its_own_range_are_not_black():
    for how in ("standardise", "each"):
        seen = masks(how)
        shown = as_picture(seen, seen.part("train").x[0])
        assert shown.max() > 0.6
        assert shown.max() <= 1
        assert shown[:, 4, 6].mean() > shown[:, 12, 2].mean()
