"""What holds for every chart: it draws nothing, one point, NaN and a million points, and says what is seen."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from wellfit.nouns import shelf
from wellfit.nouns.attempt import Attempt as Trial
from wellfit.nouns.drawing import svg
from wellfit.nouns.opinion import Attempt
from wellfit.nouns.reading import Track
from wellfit.nouns.space import Space

CHARTS = shelf.names("charts")
BY_EPOCH = (
    "train_loss",
    "valid_loss",
    "valid_loss_se",
    "valid_score",
    "lr",
    "batch_size",
    "examples_s",
    "loss",
    "program_loss",
)
BY_LAYER = (
    "grad_norm", "update_ratio", "dead_frac", "saturated_frac", "activation_mean", "activation_std", "weight_norm",
)  # fmt: skip
CLASSES = ("a", "b <i>", "a very long name of a class indeed $x$", "d")
SIZES = {"one": 1, "nan": 40, "plain": 300, "million": 1_000_000}
MOST_BYTES = 300_000  # of one chart's SVG, whatever it was drawn from


@cache
def track(name: str, kind: str, where: str = "") -> Track:
    n = SIZES[kind]
    values = np.abs(np.random.default_rng(len(where)).normal(1, 0.3, n)) + 0.01
    if kind == "nan":
        values[3:9] = np.nan
        values[20:] = np.inf
    return Track(name, np.arange(n), np.arange(1, n + 1) / 10, values, "", where)


def layers(name: str, kind: str) -> dict[str, Track]:
    return {f"body.{k}.layer": track(name, kind, "x" * k) for k in range(2 if kind == "million" else 12)}


@cache
def arrays(task: str, kind: str) -> dict[str, Any]:
    rng, n = np.random.default_rng(0), SIZES[kind]
    if task == "classification":
        c = 2 if kind == "plain" else 4
        truth, outputs = rng.integers(0, c, n), rng.dirichlet(np.ones(c), n)
    elif task == "multilabel":
        truth, outputs = rng.integers(0, 2, (n, 3)), rng.random((n, 3))
    elif task == "quantiles":
        truth, outputs = rng.normal(100, 20, (n, 1)).repeat(3, 1), rng.normal(100, 20, (n, 3))
    else:
        truth, outputs = rng.normal(100, 20, (n, 2)), rng.normal(100, 20, (n, 2))
    if kind == "nan":
        outputs[::2] = np.nan
    return {"test_truth": truth, "test_outputs": outputs, "train_truth": truth}


def have(task: str, kind: str, needs: tuple[str, ...] = (*BY_EPOCH, *BY_LAYER)) -> dict[str, Any]:
    """What a chart may name, of one task: a single point, with gaps, as usual, or a million points."""
    c = {"classification": 2 if kind == "plain" else 4, "multilabel": 3, "regression": 0, "quantiles": 0}[task]
    weights = np.random.default_rng(0).normal(size=(1, 1, 3, 3) if kind == "one" else (80, 3, 5, 5))
    if kind == "nan":
        weights[0], weights[1, 0] = np.nan, 0
    return {
        **{name: track(name, kind) for name in BY_EPOCH if name in needs},
        **{name: layers(name, kind) for name in BY_LAYER if name in needs},
        **arrays(task, kind),
        "task": task,
        "score_name": "accuracy",
        "classes": CLASSES[:c],
        "class_counts": {s: [SIZES[kind]] * c for s in ("train", "valid", "test")},
        "target_names": () if c else ("height $", "weight & <b>"),
        "units": {"height $": "m"},
        "chance_loss": float("nan") if kind == "nan" else 1.2,
        "recipe": {"training.loss": "cross_entropy"},
        "layers": [{"name": f"body.{k}.layer", "type": "Linear"} for k in range(6)],
        "first_weights": weights,
        "attempts": attempts(kind),
        "script_skill": 0.2,
        "skill_scale": "share of the loss that is gone",
        **searched(kind),
        "bits_by_context": np.full(8 if kind == "one" else 127, np.nan if kind == "nan" else 2.5),
        **windows(kind),
        **maps(kind),
        "shape_in": [weights.shape[1], 8, 8],
        **masks(kind),
        **drawn(kind),
        "headline": {
            "label": "RMSE", "value": 0.9, "low": 0.8, "high": float("nan") if kind == "nan" else 0.95, "unit": "m",
            "n": 10, "baseline": None if kind == "one" else 2.0,
        },
    }  # fmt: skip


def maps(kind: str) -> dict[str, Any]:
    """Maps of a test field, and of errors, on a grid of latitude and longitude."""
    h, w = {"one": (1, 1), "nan": (6, 9), "plain": (20, 30), "million": (700, 1500)}[kind]
    values = np.random.default_rng(0).normal(280, 5, (3, h, w))
    if kind == "nan":
        values[:, :3] = np.nan
    grid = {"on_globe": True, "y_name": "lat", "x_name": "lon", "y_unit": "degrees_north", "x_unit": "degrees_east"}
    return {
        "field_maps": values, "field_error": np.abs(values[:2] - 280), "field_y": np.linspace(80, -80, h),
        "field_x": np.linspace(0, 350, w), "field_when": np.array("2001-01-03 06:00"), "ahead": "24 hours",
        "grid": grid, "baseline": "persistence, the last field (validation RMSE 1.2)",
    }  # fmt: skip


@cache
def masks(kind: str) -> dict[str, Any]:
    """Pictures with true and answered masks, the second one smaller than the first."""
    rng, n = np.random.default_rng(0), 1 if kind == "one" else 6
    side = 700 if kind == "million" else 40
    codes = rng.integers(-1, 3, (2, n, side // 4, side // 4)).clip(0).repeat(4, 2).repeat(4, 3)
    codes[:, 1:2, side // 2 :] = -1
    pictures = rng.random((n, 3, *codes.shape[2:]))
    if kind == "nan":
        pictures[0] = np.nan
    return {
        "mask_pictures": pictures, "mask_truth": codes[0], "mask_said": codes[1], "mask_dice": np.linspace(0.2, 0.9, n),
        "mask_names": np.array([f"images/picture <{i}> $x$.png" for i in range(n)]),
    }  # fmt: skip


@cache
def drawn(kind: str) -> dict[str, Any]:
    """Rows and pictures that a network drew, beside rows of the test."""
    rng, n = np.random.default_rng(0), {"one": 1, "nan": 40, "plain": 300, "million": 200_000}[kind]
    found = {f"{k}_rows": rng.normal(size=(n, 7)) for k in ("drawn", "beside")}
    found["drawn_pictures"] = rng.random((1 if kind == "one" else 40, 3, 700 if kind == "million" else 9, 8))
    if kind == "nan":
        for array in found.values():
            array[::3] = np.nan
    return {**found, "drawn_names": np.array([f"column {j} $x$ <b>" for j in range(7)])}


@cache
def windows(kind: str) -> dict[str, Any]:
    """Windows of a series as tasks/forecast.py keeps them."""
    rng, n, ahead = np.random.default_rng(0), 1 if kind == "one" else 4, 1 if kind == "one" else 96
    found: dict[str, Any] = {f"forecast_{k}": rng.normal(size=(n, ahead)) for k in ("truth", "said")}
    found |= {"forecast_history": rng.normal(size=(n, 2 * ahead)), "forecast_lead": rng.uniform(0, 1, (2, ahead))}
    found |= {"forecast_band": rng.normal(size=(2, n, ahead)), "forecast_cover": np.array(0.9)}
    if kind == "nan":
        for array in (a for a in found.values() if a.ndim):
            array[..., ::2] = np.nan
    return {**found, "step": "1 hour <i>", "baseline": "persistence, the last $value$ <b>"}


@cache
def attempts(kind: str) -> list[Attempt]:
    """A control, a change that helped over two seeds, one that did not."""
    losses = tuple(track("loss", kind).values.tolist())
    lost = float("nan") if kind == "nan" else 0.1
    return [
        Attempt("played again as it stands", (0.1,), 300, "", "", (losses,)),
        Attempt("inputs $x$ & <b> standardised", (0.9, 0.8), 300, "confirmed", "", (losses, losses[:-1] or losses)),
        Attempt("gradients clipped", (lost,), 300, "no help", "", (losses,)),
    ]


SPACE = Space.of({
    "training.lr": {"low": 1e-4, "high": 1e-1, "prior": "log"},
    "network.dropout": {"low": 0.0, "high": 0.8},
    "training.schedule": ["cosine", "linear $x$ <b>"],
})  # fmt: skip


@cache
def searched(kind: str) -> dict[str, Any]:
    """The trials of a search: one, with losses that are not finite, as usual, or very many."""
    rng, n = np.random.default_rng(0), {"one": 1, "nan": 5, "plain": 30, "million": 2000}[kind]
    lost = float("nan") if kind == "nan" else 0.3
    trials = [
        Trial(k, {"training.lr": 10 ** rng.uniform(-4, -1), "network.dropout": rng.uniform(0, 0.8),
                  "training.schedule": "cosine" if k % 2 else "linear $x$ <b>"},
              lost if k == 1 else float(rng.uniform(0.1, 1)), {e: 2 / e for e in range(1, 10 - k % 3)}, k % 3 == 0)
        for k in range(n)
    ]  # fmt: skip
    shares = [("lr", 0.7), ("dropout $x$ <b>", lost), ("schedule", 0.1)][: 1 if kind == "one" else 3]
    return {"search_trials": trials, "search_space": SPACE, "search_importance": shares, "profile": profile(kind)}


def profile(kind: str) -> dict[str, Any]:
    """Of a step; of one whose operations are not counted; of one that took no time that could be measured."""
    seconds = dict.fromkeys(("data", "forward", "backward", "optimizer", "watching"), 1e-3)
    if kind == "nan":
        seconds["watching"] = float("nan")
    flops = 0.0 if kind == "one" else 1e9
    return {
        "seconds": seconds,
        "steps": 30,
        "rows": 128,
        "flops": flops,
        "moved": 1e8,
        "peak_flops": 1e11,
        "peak_bytes": 1e10,
    }


TASKS = ("classification", "multilabel", "regression", "quantiles")


def charts(word: str, kind: str):
    function = shelf.get("charts", word)
    drawn = [shelf.serve(function, have(task, kind, shelf.needs(function))) for task in TASKS]
    return [chart for chart in drawn if chart is not None]


@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_asks_only_for_what_there_is(word: str):
    assert set(shelf.needs(shelf.get("charts", word))) <= set(have("regression", "one"))


@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_draws_nothing_from_nothing(word: str):
    function = shelf.get("charts", word)
    assert shelf.serve(function, {}) is None
    empty: dict[str, Any] = {
        **{name: Track(name, *(np.array([]) for _ in range(3))) for name in BY_EPOCH},
        **{name: {} for name in BY_LAYER},
        **{name: np.zeros((0, 3)) for name in ("test_outputs", "train_truth", "first_weights")},
        "forecast_lead": np.zeros((2, 0)), **{f"forecast_{k}": np.zeros((0, 3)) for k in ("history", "truth", "said")},
        "test_truth": np.zeros(0), "classes": (), "class_counts": {}, "headline": {}, "shape_in": (),
        "chance_loss": None, "attempts": [], "script_skill": None,
        "search_trials": [], "search_space": SPACE, "search_importance": [],
        "profile": {**profile("one"), "seconds": {}},
        **{name: np.zeros((0, 3)) for name in (*masks("one"), *drawn("one"))},
    }  # fmt: skip
    for task in TASKS:
        assert shelf.serve(function, {**empty, "task": task}) is None


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_draws_one_point_nan_and_a_million_points(word: str, kind: str):
    for chart in charts(word, kind):
        text = svg(chart, word)
        assert len(text.encode()) < MOST_BYTES
        ElementTree.fromstring(text)


@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_is_drawn_at_all(word: str):
    assert charts(word, "plain")


@pytest.mark.parametrize("kind", ["one", "nan", "plain"])
@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_says_in_words_what_is_seen(word: str, kind: str):
    for chart in charts(word, kind):
        assert re.match(r"[A-Z]", chart.title)
        assert re.search(r"\d", chart.caption), "a caption holds figures"
        assert chart.caption.endswith(".")
        assert "nan" not in chart.caption.lower()
        assert "inf" not in re.findall(r"\w+", chart.caption.lower())


@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_names_its_axes(word: str):
    for chart in charts(word, "plain"):
        axes = chart.draw().axes
        assert axes
        for ax in axes:
            below = any(other is not ax and ax.get_shared_x_axes().joined(ax, other) for other in axes)
            hidden = not ax.xaxis.get_tick_params().get("labelbottom", True)
            assert ax.get_xlabel() or below or hidden, "an x axis without a name"
            bare = not len(ax.get_yticks()) or not ax.yaxis.get_tick_params().get("labelleft", True)
            named_rows = any(re.search(r"[a-z]", t.get_text()) for t in ax.get_yticklabels())
            assert ax.get_ylabel() or bare or named_rows, "a y axis without a name"


@pytest.mark.parametrize("word", CHARTS)
def test_the_caption_stands_for_the_picture_where_none_can_be_seen(word: str):
    for chart in charts(word, "plain"):
        root = ElementTree.fromstring(svg(chart, word))
        assert root.get("role") == "img"
        assert root.get("aria-label") == f"{chart.title}. {chart.caption}"


@pytest.mark.parametrize("word", CHARTS)
def test_the_same_chart_is_the_same_svg(word: str):
    assert [svg(c, word) for c in charts(word, "plain")] == [svg(c, word) for c in charts(word, "plain")]


@pytest.mark.parametrize("word", CHARTS)
def test_text_stays_text_and_takes_the_pages_colours(word: str):
    for chart in charts(word, "plain"):
        text = svg(chart, word)
        assert "<text" in text
        assert "var(--" in text
        assert "font-family" not in text


@pytest.mark.parametrize("word", CHARTS)
def test_a_chart_says_where_it_belongs(word: str):
    place = shelf.module("charts", word)
    assert place.SECTION in ("summary", "data", "network", "training", "inside", "test", "doctor", "search")
    assert place.ORDER >= 0


@pytest.mark.parametrize("word", CHARTS)
def test_no_chart_touches_pyplot(word: str):
    file = Path(str(shelf.module("charts", word).__file__))
    names = [n for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom | ast.Import)
             for n in [getattr(node, "module", ""), *(a.name for a in node.names)]]  # fmt: skip
    assert not [n for n in names if n and "pyplot" in n]


def test_every_point_of_a_cloud_is_drawn():
    n = 88
    x = np.arange(n, dtype=float)
    chart = shelf.get("charts", "predicted_against_true")("regression", x, x**1.1)
    dots = [d for d in re.findall(r' d="([^"]+)"', svg(chart, "cloud")) if d.count("M") > 1]
    assert [d.count("M") for d in dots] == [n]
