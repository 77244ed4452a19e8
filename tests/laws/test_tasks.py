"""Laws of every task: its targets go through loss, score, answers and measures, and its rival stands beside them."""

from __future__ import annotations

import inspect
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from wellfit.jobs.fit import fit
from wellfit.nouns import shelf
from wellfit.nouns.errors import DataError, RecipeError
from wellfit.nouns.grid import Fields, Grid
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.task import Task, known, marked, task_of
from wellfit.nouns.times import times_of
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

N = 80
QUICK = {"training.epochs": 2, "training.batch_size": 16, "training.lr": 1e-2, "network.widths": (16,)}


def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, 6))


def fields() -> tuple[np.ndarray, np.ndarray]:
    """Two fields of 3 × 4 cells that depend on the inputs; a corner is never known, some others now and then."""
    x = inputs()
    y = np.einsum("nf,fkhw->nkhw", x, np.random.default_rng(1).normal(size=(6, 2, 3, 4))) + 5
    y[:, :, 0, 0] = np.nan
    y[::7, 1, 2, 2] = np.nan
    return x, y


def masks() -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 16 × 16 cells in which what is bright is of the second class."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 1, 16, 16)).repeat(1, axis=1)
    return x, (x[:, 0] > 0.5).astype(int)


@cache
def text() -> str:
    """A file of words in which some follow others."""
    rng, words = np.random.default_rng(0), ("one ", "two ", "three ", "and ", "more.\n")
    file = Path(tempfile.mkdtemp()) / "verse.txt"
    file.write_text("".join(words[k] for k in rng.integers(0, 5, 1500).cumsum() % 5), encoding="utf-8")
    return str(file)


def series():
    """Days of two variables, one of them with a gap."""
    import pandas as pd

    t, rng = np.arange(400), np.random.default_rng(0)
    level = np.sin(t / 3) + 0.1 * rng.normal(size=400)
    load = np.where((t > 100) & (t < 105), np.nan, np.cos(t / 3) * 5 + 20)
    return pd.DataFrame({"day": pd.date_range("2020-01-01", periods=400), "level": level, "load": load})


def over_time() -> Fields:
    """Fields every six hours on a grid of latitude and longitude, some cells never known."""
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=(N, 1, 2, 4, 6)), 0) + 280
    values[..., 0, 0] = np.nan
    moments = np.datetime64("2001-01-01") + np.arange(N) * np.timedelta64(6, "h")
    grid = Grid(("t", "p"), ("K", "hPa"), np.linspace(60, 30, 4), np.arange(6) * 60.0, on_globe=True)
    return Fields(grid, times_of(moments, "time", "made up"), lambda a, b: values[a:b])


# task -> (inputs, targets) that ask for it, or a file or table
SOURCES = {
    "density": lambda: inputs() @ np.triu(np.ones((6, 6))),
    "field_forecast": over_time,
    "downscaling": over_time,
    "classification": lambda: (inputs(), np.where(inputs()[:, 0] > 0, "high", "low")),
    "forecast": series,
    "generation": lambda: np.random.default_rng(0).integers(0, 17, (N, 1, 8, 8)).astype(np.uint8),
    "multilabel": lambda: (inputs(), (inputs()[:, :3] > 0).astype(int)),
    "quantiles": lambda: (inputs(), inputs()[:, :2] * 3 + 1),
    "regression": lambda: (inputs(), inputs()[:, :2] * 3 + 1),
    "segmentation": masks,
    "sequence": text,
}
FIELDS = {"regression": fields}
ASKED = {
    w: {"data.task": w} for w in ("quantiles", "density", "generation", "downscaling")
}  # tasks that no targets ask for by themselves


def test_every_task_is_under_these_laws():
    assert set(shelf.names("tasks")) == set(SOURCES), "give each task a source above"


@pytest.fixture(params=[*((w, SOURCES[w]) for w in SOURCES), *((w, FIELDS[w]) for w in FIELDS)], ids=lambda p: p[0])
def case(request):
    word, made = request.param
    data = load(made(), Recipe.of(ASKED.get(word, {})).data)
    assert data.task == word, "its targets ask for it by themselves, or it is named"
    recipe, _ = propose(Recipe.of({**QUICK, **ASKED.get(word, {}), "training.threads": 1}), data)
    return build(recipe, data)


@pytest.mark.parametrize("word", SOURCES)
def test_it_is_a_function_without_arguments_that_gives_a_task(word: str):
    function = shelf.get("tasks", word)
    assert not inspect.signature(function).parameters
    task = function()
    assert isinstance(task, Task)
    assert task.form in ("classes", "labels", "values", "density")
    assert task.form in shelf.module("losses", task.loss[0]).FORMS
    assert task.loss[1]
    assert task.score_name
    assert function.__doc__ is not None
    for said in ("Measures:", "Rival:", "Loss:"):
        assert said in function.__doc__, f"say in the docstring of {word} what its {said} are"


def test_its_targets_are_held_in_its_form(case):
    for split in (case.data.train, case.data.valid, case.data.test):
        assert split.y.dtype == (torch.int64 if case.data.form == "classes" else torch.float32)
        assert known(split.y).any()
    assert case.data.shape_out == case.data.preparation.shape_out


def test_loss_and_score_are_finite_and_a_perfect_answer_scores_highest(case):
    task, y = task_of(case.data.task), case.data.train.y
    zero = torch.zeros(len(y), *case.data.shape_out)
    if task.form == "density":  # without a perfect answer: the surer, the better
        assert task.score(zero + 1, y) > task.score(zero, y)
        assert case.loss(zero + 1, y) < case.loss(zero, y)
        return
    if task.form == "classes":
        perfect = 50 * torch.nn.functional.one_hot(y.clamp_min(0), case.data.shape_out[0]).movedim(-1, 1).float() - 25
    else:
        perfect = 50 * y - 25 if task.form == "labels" else y.nan_to_num(0.0)
    assert case.loss(zero, y).isfinite()
    assert task.score(zero, y).isfinite()
    assert float(task.score(perfect, y)) == pytest.approx(1.0)
    assert case.loss(perfect, y) < case.loss(zero, y)


def test_its_measures_have_an_interval_that_holds_them_and_a_rival_beside_the_headline(case):
    found = judge(case, "test")
    name, headline = next(iter(found["metrics"].items()))
    assert name
    assert np.isfinite(headline["baseline"])
    assert isinstance(found["baseline"], str)
    assert found["baseline"]
    for merit in found["metrics"].values():
        assert merit["low"] <= merit["value"] <= merit["high"]
        assert merit["n"] == int(known(case.data.test.y).sum()) if case.data.symbolic else len(case.data.test)
    assert len(found["outputs"]) == len(found["truth"]) == len(case.data.test)
    if "errors" in found:
        assert found["errors"].shape == (len(case.data.test), 2)
        assert (found["errors"] >= 0).all() or case.data.form == "density"  # a distance without bias may fall below 0


def test_a_run_goes_from_data_to_report_and_predicts(case, tmp_path):
    x = case.data.raw.inputs
    source = text() if case.data.symbolic else x if case.data.raw.targets is None else (x, case.data.raw.targets)
    source = series() if case.data.raw.kind == "series" else source
    run = fit(source, out=tmp_path / "run", force=True, **QUICK, **ASKED.get(case.data.task, {}))
    assert run.recipe.data.task == case.data.task
    assert run.test
    said = run.predict(x[:5])
    assert len(said) == (1 if case.data.symbolic else 5)  # five symbols are one window
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(RecipeError) as error:
        Recipe.of({"data.task": "regresion"})
    assert "write 'regression'" in str(error.value)


# ---- cells ----------------------------------------------------------------------------------------------------------


def test_cells_without_an_answer_never_enter_loss_and_measures():
    x, y = fields()
    data = load((x, y))
    case = build(propose(Recipe.of(QUICK), data)[0], data)
    first = judge(case)["metrics"]
    noise = data.test.y.clone()
    noise[:, :, 0, 0] = torch.nan
    outputs = torch.zeros(noise.shape)
    wild = torch.where(known(noise), outputs, 1e6)
    torch.testing.assert_close(case.loss(wild, noise), case.loss(outputs, noise))
    assert set(first) == {f"{m} target {k}" for m in ("RMSE", "MAE", "R²") for k in (1, 2)}
    assert any(f.fault == "cells-masked" for f in data.findings)


def test_masked_cells_of_pictures_have_no_gradient():
    x, y = masks()
    y[:, :3] = -100
    case = build(propose(Recipe.of(QUICK), load((x, y)))[0], load((x, y)))
    outputs = torch.randn(8, *case.data.shape_out, requires_grad=True)
    case.loss(outputs, case.data.train.y[:8]).backward()
    assert outputs.grad is not None
    assert not outputs.grad[:, :, :3].any()
    assert outputs.grad[:, :, 3:].all()


def test_masks_of_one_class_or_of_another_form_are_refused():
    x, y = masks()
    for spoilt, word in ((y * 0, "all of them are '0'"), (y * 0.5 + 0.25, "give whole numbers"), (y[:, :8], "targets")):
        with pytest.raises(DataError, match=word):
            load((x, spoilt), Recipe.of({"data.task": "segmentation"}).data)


def test_values_of_fields_come_back_in_their_units():
    _, y = fields()
    data = load(fields())
    back = data.preparation.back(data.test.y)
    np.testing.assert_allclose(back, y[data.test.rows], rtol=1e-4, atol=1e-5)
    assert data.train.y.nan_to_num(0.0).abs().max() < 10


def test_a_field_that_is_all_missing_or_never_varies_is_refused():
    x, y = fields()
    for value, word in ((np.nan, "missing"), (3.0, "same value")):
        spoilt = y.copy()
        spoilt[:, 1] = value
        with pytest.raises(Exception, match=word):
            load((x, spoilt))


def test_a_mask_marks_cells_in_every_form():
    mask = np.array([[True, False], [True, True]])
    assert marked(np.ones((3, 2, 2), dtype=int), np.broadcast_to(mask, (3, 2, 2)))[:, 0, 1].tolist() == [-100] * 3
    assert np.isnan(marked(np.ones((3, 5, 2, 2)), mask)[:, :, 0, 1]).all()
    assert marked(np.ones(3), None).tolist() == [1, 1, 1]


def test_rows_count_by_their_weight_column():
    import pandas as pd

    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    wrong = np.arange(400) % 2 == 1
    frame = pd.DataFrame({"x": x, "y": np.where(wrong, -x, x) * 2, "w": np.where(wrong, 0.0, 3.0)})
    run = fit(frame, target="y", weight="w", epochs=20, lr=0.01, widths=[], force=True)
    slope = np.polyfit(x, run.predict(frame[["x"]]), 1)[0]
    assert slope == pytest.approx(2, abs=0.2)
    with pytest.raises(Exception, match="0 or more"):
        load(frame.assign(w=-1.0), Recipe.of({"data.target": "y", "data.weight": "w"}).data)
