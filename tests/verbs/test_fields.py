"""Fields over time as data: no answer from the future, nothing learnt from later times, missing cells never count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_fields import wave

from wellfit.jobs.fit import fit
from wellfit.nouns import field_sizes
from wellfit.nouns.advection import carried, shift_of
from wellfit.nouns.climatology import fitted, waves_of
from wellfit.nouns.depth import groups
from wellfit.nouns.errors import DataError, NetworkError
from wellfit.nouns.field_merits import best_rival
from wellfit.nouns.grid import Fields, all_windows, answer_places
from wellfit.nouns.recipe import DataChoices, Recipe
from wellfit.nouns.times import times_of
from wellfit.tasks.field_forecast import rivals
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import fields as module
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

QUICK = {"training.epochs": 2, "training.batch_size": 16, "training.lr": 1e-2, "network.widths": (8, 8)}


def case_of(fields: Fields, **choices):
    data = load(fields, DataChoices(**choices))
    return build(propose(Recipe.of({**QUICK, "training.threads": 1}), data)[0], data)


def test_each_window_ends_a_horizon_before_its_answer_and_parts_follow_in_time_with_a_gap():
    fields = wave()
    data = load(fields, DataChoices(history=3, horizon=4))
    values = fields.read(0, len(fields))[:, 0]
    places = {}
    for part in ("train", "valid", "test"):
        split = getattr(data, part)
        windows = data.raw.inputs[split.rows]
        places[part] = answer_places(windows)
        assert (places[part] - windows.last == 4).all()
        seen = np.asarray(windows)[:, 2]
        np.testing.assert_allclose(seen, values[windows.last, 0], rtol=1e-6)
    assert places["valid"][0] - places["train"][-1] == places["test"][0] - places["valid"][-1] == 5


def test_nothing_is_learnt_from_times_after_the_training():
    fields = wave()
    first = load(fields)
    changed = fields.read(0, len(fields)).copy()
    changed[80:] += 50
    again = load(Fields(fields.grid, fields.times, lambda a, b: changed[a:b]))
    assert torch.equal(first.train.x, again.train.x)
    assert torch.equal(first.train.y, again.train.y)
    assert not torch.equal(first.test.y, again.test.y)


def test_prepared_windows_are_the_same_at_once_and_one_by_one_in_memory_or_from_a_file(monkeypatch):
    fields = wave(land=True, runs=2)
    data = load(fields)
    for split in (data.train, data.test):
        assert torch.equal(data.preparation.inputs(data.raw.inputs[split.rows]), split.x)
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    mapped = load(fields)
    assert torch.equal(mapped.train.x, data.train.x)
    assert torch.equal(mapped.test.y.nan_to_num(9.0), data.test.y.nan_to_num(9.0))


def test_values_come_back_in_their_units_with_the_climatology():
    fields = wave(400)
    data = load(fields)
    scaling, windows = data.preparation.fields, data.raw.inputs[data.test.rows]
    whole = scaling.whole(data.preparation.back(data.test.y), windows.when())
    truth = fields.read(0, len(fields))[answer_places(windows), 0]
    np.testing.assert_allclose(whole, truth, atol=1e-3)


def test_a_missing_cell_has_no_gradient_and_enters_no_measure():
    case = case_of(wave(land=True))
    y = case.data.test.y
    outputs = torch.zeros_like(y).requires_grad_()
    case.loss(outputs, y).backward()
    assert (outputs.grad[y.isnan()] == 0).all()
    assert (outputs.grad[~y.isnan()] != 0).any()
    first = judge(case)["metrics"]
    wild = torch.where(y.isnan(), 1e6, 0.0)
    torch.testing.assert_close(case.loss(wild, y), case.loss(torch.zeros_like(y), y))
    assert all(np.isfinite(m["value"]) for m in first.values())
    fields = case.data.preparation.fields
    assert case.data.shape_in[0] == fields.history * (
        2 + fields.clock(np.zeros(1)).shape[1]
    )  # a mark beside each field


def test_areas_go_by_the_cosine_of_latitude_in_the_loss():
    grid = wave().grid
    assert grid.area.mean() == pytest.approx(1)
    np.testing.assert_allclose(grid.area[:, 0] / grid.area[4, 0], np.cos(np.deg2rad(grid.y)) / np.cos(np.deg2rad(10)))
    case = case_of(wave())
    y = torch.zeros(2, *case.data.shape_out)
    off = y.clone()
    off[:, :, 0] = 1.0
    assert float(case.loss(off, y)) == pytest.approx(grid.area[0].mean() / 8, rel=1e-5)


@pytest.mark.parametrize("calendar", ["standard", "360_day", "noleap"])
def test_a_climatology_finds_the_waves_of_the_year_in_any_calendar(calendar):
    if calendar == "standard":
        moments = np.datetime64("2000-01-01") + np.arange(1200) * np.timedelta64(1, "D")
    else:
        cftime = pytest.importorskip("cftime", reason="cftime is not installed (wellfit[grids])")
        moments = cftime.num2date(np.arange(1200), "days since 2000-01-01", calendar)
    times = times_of(np.asarray(moments), "time", "x")
    assert times.said() == "24 hours"
    base = wave(1200)
    year = 10 * np.cos(2 * np.pi * times.days / times.year)
    values = np.broadcast_to(year[:, None, None, None, None], (1200, 1, 1, 8, 12)).copy()
    values[::3, :, :, 2, 2] = np.nan
    values[..., 0, 0] = np.nan
    fields = Fields(base.grid, times, lambda a, b: values[a:b])
    waves = waves_of(times, 800)
    assert waves.yearly == 2
    found = fitted(fields, 800, waves)
    assert np.isnan(found[:, 0, 0, 0]).all()
    said = np.einsum("tp,phw->thw", waves.design(times.days), found[:, 0])
    assert np.abs(said[800:, 2, 2] - year[800:]).max() < 1e-3
    assert np.abs(said[800:, 4, 4] - year[800:]).max() < 1e-3


def test_windows_never_span_a_gap_in_time():
    base = wave()
    keep = np.r_[0:50, 55:120]
    days = base.times.days[keep]
    times = times_of(np.array(days * 86_400).round().astype("int64").astype("datetime64[s]"), "time", "x")
    values = base.read(0, 120)[keep]
    windows = all_windows(Fields(base.grid, times, lambda a, b: values[a:b]), 3, 2)
    steps = times.places
    assert (steps[windows.last] - steps[windows.first] == 2).all()
    assert (steps[answer_places(windows)] - steps[windows.last] == 2).all()
    assert len(windows) == 115 - 4 - 4


def test_rivals_need_no_training_and_the_best_on_validation_stands_beside():
    case = case_of(wave(), history=2, horizon=1)
    found = rivals(case.data, "test")
    truth = case.data.preparation.back(case.data.test.y)
    error = {name: np.sqrt(((said - truth) ** 2).mean()) for name, said in found.items()}
    assert min(error, key=error.get) == "persistence, the last field"
    assert best_rival(rivals, case.data, "test")[1].startswith("persistence, the last field (validation RMSE")
    headline = next(iter(judge(case)["metrics"].items()))
    assert headline[0] == "RMSE"
    assert headline[1]["lower"]


def test_rain_is_an_amount_with_a_threshold_and_its_rival_moves_on():
    base = wave()
    y, x = np.mgrid[0:8, 0:12]
    fall = np.stack([5.0 * (abs(x - t % 12) + abs(y - 4) < 3) for t in range(120)])[:, None, None]
    rain = Fields(type(base.grid)(("rain",), ("mm",), base.grid.y, base.grid.x), base.times, lambda a, b: fall[a:b])
    case = case_of(rain, history=2, horizon=1)
    assert case.data.preparation.fields.amount == (0.1,)
    assert case.data.raw.area is None
    back = case.data.preparation.back(case.data.test.y)
    np.testing.assert_allclose(back, fall[-len(back) :, 0], atol=1e-4)
    found = judge(case)
    assert next(iter(found["metrics"])) == "CSI, 0.1 mm or more"
    assert found["baseline"].startswith("advection")


def test_fields_are_fitted_predicted_and_reported_end_to_end(tmp_path):
    run = fit(wave(land=True), out=tmp_path / "run", force=True, **{**QUICK, "training.epochs": 12})
    assert run.recipe.data.task == "field_forecast"
    assert run.recipe.network.options["padding"] == "longitude"
    headline = run.test["RMSE"]
    assert headline["value"] < 0.6 * headline["baseline"], "a travelling wave is foreseen"
    assert "Error from place to place" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"group": "station"}, "holds fields on a grid"),
        ({"split": "random"}, "what comes later"),
        ({"task": "classification"}, "fields over time"),
        ({"normalise": "pca"}, "one spread for all cells"),
        ({"history": 90, "horizon": 30}, "120 times"),
        ({"target": "rain"}, "it has t"),
    ],
)
def test_choices_that_fields_do_not_know_are_refused(choices, said):
    with pytest.raises(DataError, match=said):
        load(wave(), DataChoices(**choices))


def test_a_variable_that_is_all_missing_or_never_varies_is_refused():
    base = wave(names=("a", "b"))
    for value, said in ((np.nan, "all missing"), (3.0, "never departs")):
        values = base.read(0, 120).copy()
        values[:, :, 1] = value
        with pytest.raises(DataError, match=said) as error:
            load(Fields(base.grid, base.times, lambda a, b, v=values: v[a:b]))
        assert str(error.value).count("\n") == 2


def test_a_network_made_for_another_grid_is_refused_in_three_lines():
    data = load(wave())
    options = {"network.name": "unet", "network.widths": [4] * 8, "training.threads": 1}
    with pytest.raises(NetworkError, match="8 levels need sides of 128") as error:
        build(propose(Recipe.of({**QUICK, **options}), data)[0], data)
    assert str(error.value).count("\n") == 2


def test_the_network_moves_the_last_field_on_as_the_rival_does():
    from wellfit.networks.unet import moved

    fields = np.zeros((2, 2, 1, 30, 40), np.float32)
    fields[:, 0, :, 8:14, 10:18] = np.random.default_rng(0).random((2, 1, 6, 8))
    fields[0, 1], fields[1, 1] = np.roll(fields[0, 0], (2, 3), (1, 2)), np.roll(fields[1, 0], (-1, 4), (1, 2))
    said = moved(*torch.from_numpy(fields).unbind(1), 2.0)
    for one, (before, last), shift in zip(said, fields, ((2, 3), (-1, 4))):
        assert shift_of(before[0], last[0]) == shift
        np.testing.assert_array_equal(one[0], carried(last[0], (2 * shift[0], 2 * shift[1])))


def test_sizes_go_by_cells_and_windows():
    data = load(wave())
    small = field_sizes.sizes(data.preparation.fields, 70)
    assert small["network.widths"][0] == (16, 32)
    grid = replace(data.preparation.fields.grid, y=np.arange(400.0), x=np.arange(400.0), on_globe=False)
    large = field_sizes.sizes(replace(data.preparation.fields, grid=grid), 5000)
    assert large["network.widths"][0] == (8, 16, 32, 64)
    assert large["training.epochs"][0] == field_sizes.PASSES[0]


def test_parameters_of_the_root_itself_have_their_place_in_depth():
    case = case_of(wave())
    names = [n for group in groups(case.network) for n in group]
    assert sorted(names) == sorted(n for n, _ in case.network.named_parameters())
