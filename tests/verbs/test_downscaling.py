"""Downscaling: the network sees what blocks of cells say, and nothing of the field itself; a coarse file will do."""

from __future__ import annotations

import numpy as np
import pytest
from fake_fields import wave

from wellfit.jobs.fit import fit
from wellfit.nouns.coarse import averaged, coarse_grid, interpolated
from wellfit.nouns.errors import DataError
from wellfit.nouns.grid import Fields
from wellfit.nouns.recipe import DataChoices
from wellfit.tasks.downscaling import rivals
from wellfit.verbs.load import load

ASKED = DataChoices(task="downscaling", coarsen=2)


def coarse(fields: Fields, side: int = 2) -> Fields:
    values = averaged(fields.read(0, len(fields)), fields.grid, side)
    return Fields(coarse_grid(fields.grid, side), fields.times, lambda a, b: values[a:b], fields.runs)


def test_a_block_is_the_mean_of_its_known_cells_by_area_and_one_at_the_border_may_be_smaller():
    grid = wave().grid
    values = np.random.default_rng(0).normal(size=grid.cells)
    found = averaged(values, grid, 3)
    assert found.shape == (3, 4)
    assert found[0, 0] == pytest.approx(np.average(values[:3, :3], weights=grid.area[:3, :3]))
    assert found[2, 1] == pytest.approx(np.average(values[6:, 3:6], weights=grid.area[6:, 3:6]))
    values[:3, :3], values[3, 3] = np.nan, np.nan
    again = averaged(values, grid, 3)
    assert np.isnan(again[0, 0])
    assert again[1, 1] == pytest.approx(np.average(values[3:6, 3:6][~np.isnan(values[3:6, 3:6])],
                                        weights=grid.area[3:6, 3:6][~np.isnan(values[3:6, 3:6])]))  # fmt: skip


def test_interpolation_keeps_what_is_linear_between_blocks_and_goes_around_the_globe():
    grid = wave().grid
    down = coarse_grid(grid, 2)
    rows = np.broadcast_to(down.y[:, None], down.cells)
    back = interpolated(rows, grid, 2)
    np.testing.assert_allclose(back[1:-1], np.broadcast_to(grid.y[1:-1, None], (6, 12)))
    np.testing.assert_allclose(back[0], down.y[0])  # level beyond the outermost blocks
    single = np.zeros(down.cells)
    single[:, 0] = 1.0
    found = interpolated(single, grid, 2)
    assert found[0, -1] == pytest.approx(found[0, 2])  # the last column is a neighbour of the first block
    assert found[0, 5] == 0


def test_of_the_field_itself_the_network_sees_its_blocks_alone():
    fields = wave()
    data = load(fields, ASKED)
    assert data.task == "downscaling"
    assert data.choices["coarsen"] == 2
    spread = np.where(np.indices((8, 12)).sum(0) % 2, 1.0, -1.0) / fields.grid.area  # no block's mean changes
    changed = Fields(fields.grid, fields.times, lambda a, b: fields.read(a, b) + spread)
    windows = type(data.raw.inputs)(changed, np.zeros(5, int), np.arange(5), 1, 0)
    scaling = data.preparation.fields
    np.testing.assert_allclose(scaling.inputs(windows), scaling.inputs(data.raw.inputs[:5]), atol=1e-4)


def test_marks_details_and_the_clock_go_in_beside_the_field():
    scaling = load(wave(land=True), ASKED).preparation.fields
    assert scaling.width == 1 + 1 + 1 + scaling.clock(np.zeros(1)).shape[1]
    detail = scaling.detail(np.zeros(1), (0,))
    assert not detail[0, 0, 2:4, 3:6].any(), "where nothing is known there is none"
    assert detail.any()


def test_a_coarse_file_gives_what_the_fine_one_gives_and_another_grid_is_refused():
    fields = wave()
    data = load(fields, ASKED)
    scaling, windows = data.preparation.fields, data.raw.inputs
    small = coarse(fields)
    from_coarse = scaling.inputs(type(windows)(small, windows.run, windows.first, 1, 0))
    np.testing.assert_allclose(from_coarse, scaling.inputs(windows), atol=1e-4)
    other = coarse(fields, 4)
    with pytest.raises(DataError, match="4 values of lat"):
        scaling.inputs(type(windows)(other, windows.run, windows.first, 1, 0))


def test_its_rivals_are_the_blocks_interpolated_with_and_without_the_climatology():
    fields = wave()
    data = load(fields, ASKED)
    found = rivals(data, "test")
    days = data.raw.inputs[data.test.rows].when()
    whole = data.preparation.fields.whole(found["bilinear interpolation"], days)
    values = fields.read(0, len(fields))[-len(whole) :, 0]
    expected = interpolated(averaged(values, fields.grid, 2), fields.grid, 2)
    np.testing.assert_allclose(whole, expected, atol=1e-3)
    assert set(found) == {"bilinear interpolation", "bilinear interpolation of the departure", "climatology"}


def test_a_run_downscales_a_coarse_file_end_to_end(tmp_path):
    xr = pytest.importorskip("xarray", reason="xarray is not installed (wellfit[grids])")
    from wellfit.jobs.predict import answers

    fields = wave()
    choices = {"training.epochs": 12, "training.batch_size": 16, "training.lr": 1e-2, "network.widths": (8, 8)}
    run = fit(fields, out=tmp_path / "run", force=True, **{"data.task": "downscaling", "data.coarsen": 4}, **choices)
    headline = run.test["RMSE"]
    assert headline["value"] < 0.9 * headline["baseline"], "a wave is found again between the blocks"
    small = coarse(fields, 4)
    coords = {"time": small.times.moments(small.times.days), "lat": small.grid.y, "lon": small.grid.x}
    file = xr.Dataset({"t": (("time", "lat", "lon"), small.read(0, 120)[:, 0, 0])}, coords)
    made = answers(run.path, file).fields
    assert made.t.shape == (120, 8, 12)
    assert made.t.attrs["long_name"] == "t, downscaled by 4"
    assert float(np.abs(made.t.values - fields.read(0, 120)[:, 0, 0]).mean()) < 3


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"coarsen": 5}, "fields of 8 x 12 cells"),
        ({"coarsen": 1}, "choose 2 to 4"),
        ({"coarsen": 2, "task": "field_forecast"}, "leave one of them out"),
        ({"coarsen": 2, "horizon": 3}, "of the same time"),
    ],
)
def test_blocks_that_no_downscaling_starts_from_are_refused_in_three_lines(choices, said):
    with pytest.raises(DataError, match=said) as error:
        load(wave(), DataChoices(**choices))
    assert str(error.value).count("\n") == 2
