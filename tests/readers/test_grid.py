"""Fields from NetCDF, Zarr and GRIB: coordinates, units, calendars, scale factors and gaps kept; damage named."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from wellfit.jobs.predict import answers, predict, write
from wellfit.nouns.errors import DataError
from wellfit.readers.grid import can_read, grid
from wellfit.verbs.load import load

xr = pytest.importorskip("xarray", reason="xarray is not installed (wellfit[grids])")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def dataset(n: int = 40, start: str = "2001-01-01", **more):
    rng = np.random.default_rng(0)
    values = rng.normal(280, 5, (n, 2, 4, 6))
    values[:, :, 1, 1] = np.nan
    moments = np.datetime64(start) + np.arange(n) * np.timedelta64(6, "h")
    coords = {"time": moments.astype("datetime64[ns]"), "lev": [850.0, 500.0], "lat": np.linspace(60, 30, 4),
              "lon": np.arange(6) * 60.0}  # fmt: skip
    made = xr.Dataset({"t": (("time", "lev", "lat", "lon"), values, {"units": "K"})}, coords)
    made["p"] = (("time", "lat", "lon"), rng.normal(1000, 9, (n, 4, 6)), {"units": "hPa"})
    return made.assign(**more)


def read_whole(path: Path):
    fields = grid(str(path)).inputs
    return fields.read(0, len(fields))


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_whole(path)
    said = str(error.value)
    assert said.count("\n") == 2
    return said


def test_levels_are_channels_with_names_units_values_and_gaps(tmp_path):
    packed = {"t": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 270.0, "_FillValue": -32768}}
    dataset().to_netcdf(tmp_path / "a.nc", engine="h5netcdf", encoding=packed)
    raw = grid(str(tmp_path / "a.nc"))
    assert raw.names == ("t 850", "t 500", "p")
    assert raw.units == {"t 850": "K", "t 500": "K", "p": "hPa"}
    fields = raw.inputs
    assert fields.shape == (40, 1, 3, 4, 6)
    assert fields.grid.around
    assert fields.times.said(4) == "24 hours"
    found = fields.read(3, 7)
    np.testing.assert_allclose(found[:, 0, :2], dataset().t.values[3:7], atol=0.006)
    assert np.isnan(found[:, 0, 0, 1, 1]).all()
    assert grid(str(tmp_path / "a.nc"), target="t").target_names == ("t 850", "t 500")


def test_classic_netcdf_zarr_and_a_dataset_give_the_same(tmp_path):
    made = dataset()[["t"]]
    made.to_netcdf(tmp_path / "a.nc", engine="scipy")
    expected = grid(made).inputs.read(0, 40)
    np.testing.assert_allclose(grid(str(tmp_path / "a.nc")).inputs.read(0, 40), expected)
    pytest.importorskip("zarr", reason="zarr is not installed (wellfit[grids])")
    made.to_zarr(tmp_path / "a.zarr", consolidated=False)
    raw = grid(str(tmp_path / "a.zarr"))
    np.testing.assert_allclose(raw.inputs.read(0, 40), expected)
    assert len(raw.fingerprint) == 32


def test_a_folder_of_files_is_one_in_the_order_of_time_and_of_one_grid(tmp_path):
    dataset().isel(time=slice(20, 40)).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    dataset().isel(time=slice(0, 20)).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    fields = grid(str(tmp_path)).inputs
    np.testing.assert_allclose(fields.read(15, 25), grid(dataset()).inputs.read(15, 25))
    dataset(20, "2002-01-01").assign_coords(lat=np.linspace(61, 31, 4)).to_netcdf(tmp_path / "c.nc", engine="h5netcdf")
    assert "found: 61 in c.nc" in refusal(tmp_path)


def test_forecasts_are_written_as_netcdf_and_another_grid_is_refused(tmp_path):
    from wellfit.jobs.fit import fit

    dataset(60).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    choices = {"training.epochs": 1, "network.widths": (4,), "training.lr": 1e-3, "data.target": "t"}
    run = fit(str(tmp_path / "a.nc"), out=tmp_path / "run", force=True, **choices)
    made = answers(run.path, str(tmp_path / "a.nc"))
    assert write(made, tmp_path / "f.nc") == f"{len(made)} forecasts written to {tmp_path / 'f.nc'}"
    by_area = np.cos(np.deg2rad(made.fields.lat))
    mean = made.fields.t_850.isel(time=3).weighted(by_area).mean()
    assert made.table["mean t_850 (K)"][3] == pytest.approx(float(mean), rel=1e-5)
    with xr.open_dataset(tmp_path / "f.nc", engine="h5netcdf") as read:
        assert set(read.data_vars) == {"t_850", "t_500"}
        assert read.t_850.dims == ("time", "lat", "lon")
        assert read.time.values[-1] == dataset(60).time.values[-1] + np.timedelta64(24, "h")
    moved = dataset(60).assign_coords(lon=np.arange(6) * 60.0 + 5)
    with pytest.raises(DataError, match=r"lon 0 in place 1, as in training\nfound: 5 in"):
        predict(run.path, moved)
    with pytest.raises(DataError, match="4 values of lon"):
        predict(run.path, moved.isel(lon=slice(0, 4)))


def test_a_time_axis_that_runs_backwards_repeats_or_is_uneven_is_refused(tmp_path):
    made = dataset()
    for order, said in ((np.r_[0:10, 9, 11:40], "repeats"), (np.r_[0:10, 5, 11:40], "runs backwards")):
        file = tmp_path / f"{said}.nc"
        made.isel(time=order).to_netcdf(file, engine="h5netcdf")
        assert said in refusal(file)
    late = (np.arange(40) % 3).astype("timedelta64[h]").astype("timedelta64[ns]")
    made.assign_coords(time=made.time.values + late).to_netcdf(tmp_path / "uneven.nc", engine="h5netcdf")
    assert "even steps of time" in refusal(tmp_path / "uneven.nc")


def test_two_grids_in_one_file_and_no_grid_at_all_are_refused(tmp_path):
    other = (("time", "latitude", "longitude"), np.zeros((40, 2, 3)))
    dataset(q=other).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert "on (time 40, latitude 2, longitude 3)" in refusal(tmp_path / "a.nc")
    xr.Dataset({"a": (("N_PROF", "depth"), np.zeros((4, 5)))}).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert "profiles or tracks" in refusal(tmp_path / "b.nc")


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_a_file_cut_short_or_of_another_kind_is_named(tmp_path, engine):
    dataset(400).to_netcdf(tmp_path / "a.nc", engine=engine)
    whole = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(whole[: len(whole) // 3])
    assert "damaged or cut short" in refusal(tmp_path / "a.nc")
    (tmp_path / "b.nc").write_bytes(b"x,y\n1,2\n" * 99)
    assert "as no NetCDF file does" in refusal(tmp_path / "b.nc")
    (tmp_path / "c.grib").write_bytes(b"x,y\n1,2\n" * 99)
    assert "as no GRIB file does" in refusal(tmp_path / "c.grib")
    (tmp_path / "d.nc").write_bytes(b"")
    assert not can_read(str(tmp_path / "d.nc"))


# ---- the real files -------------------------------------------------------------------------------------------------


def shared(name: str):
    if not (SHARED / name).exists():
        pytest.skip(f"{name} of the shared data is not there")
    return grid(str(SHARED / name))


def test_the_real_files_are_read_with_their_calendars_units_and_members():
    air, rain, sea = (shared(f"{n}.nc") for n in ("air_temperature", "radar_knmi_20100826", "sst_ersstv5_monthly"))
    assert air.units == {"air": "degK"}
    assert air.inputs.times.said(4) == "24 hours"
    assert not air.inputs.grid.around
    assert rain.area is None
    assert rain.inputs.times.said(6) == "30 minutes"
    assert sea.inputs.grid.around
    assert sea.inputs.times.said(3) == "3 months"
    assert np.isnan(sea.inputs.read(0, 1)).mean() == pytest.approx(0.31, abs=0.02)
    with pytest.raises(DataError, match="profiles or tracks, not fields"):
        shared("argo_float_1900857_prof.nc")


def test_a_calendar_of_360_days_is_kept():
    pytest.importorskip("cftime", reason="cftime is not installed (wellfit[grids])")
    times = shared("a1b_north_america.nc").inputs.times
    assert (times.calendar, times.year, times.said(2)) == ("360_day", 360.0, "2 years")
    assert times.days[1] - times.days[0] == 360


def test_grib_levels_are_channels_and_members_runs_and_one_cut_short_is_named(tmp_path):
    pytest.importorskip("cfgrib", reason="cfgrib is not installed (wellfit[grids])")
    raw = shared("era5_levels_members.grib")
    assert raw.names == ("z 850", "z 500", "t 850", "t 500")
    assert raw.inputs.shape == (4, 10, 4, 61, 120)
    data = load(raw.inputs)
    assert len(data.train) == 10
    whole = (SHARED / "era5_levels_members.grib").read_bytes()
    (tmp_path / "a.grib").write_bytes(whole[: len(whole) // 2 + 7])
    assert "the message at byte" in refusal(tmp_path / "a.grib")
    assert os.listdir(tmp_path) == ["a.grib"], "no index files are left beside the data"
