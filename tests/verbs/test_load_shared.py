"""Real data sets, as published with their flaws, load with the decisions that a careful person would take."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load import load

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no data sets in {SHARED.resolve()}")


def shared(name: str, **choices):
    return load(str(SHARED / name), DataChoices(**choices))


def faults(data) -> list[str]:
    return [f.fault for f in data.findings]


def test_california_housing():
    data = shared("california_housing.csv")
    assert (data.task, data.choices["target"]) == ("regression", "median_house_value")
    assert data.choices["normalise"] == "quantile"
    assert data.facts["missing"] == {"total_bedrooms": 207}
    assert "target-capped" in faults(data)
    assert {"ocean_proximity = INLAND", "total_bedrooms missing"} <= set(data.preparation.input_names)


@pytest.mark.parametrize(("colour", "repeated"), [("red", 240), ("white", 937)])
def test_wine_quality(colour, repeated):
    data = shared(f"winequality-{colour}.csv")
    assert (data.task, data.choices["target"], data.shape_in) == ("regression", "quality", (11,))
    assert (data.facts["repeated"], data.facts["duplicates"]) == (repeated, 0)


def test_adult():
    data = shared("adult.parquet")
    assert (data.choices["target"], data.choices["split"]) == ("income", "given")
    assert data.classes == ("<=50K", ">50K")
    assert len(data.test) == 16281
    assert sum(map(sum, data.facts["class_counts"].values())) == 48842
    assert data.facts["missing"] == {"workclass": 2799, "occupation": 2809, "native_country": 857}
    assert {"labels-encoding", "split-given"} <= set(faults(data))


def test_penguins():
    data = shared("penguins.csv")
    assert data.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert data.facts["missing"]["sex"] == 11
    assert data.raw.units["bill_length_mm"] == "mm"


def test_esol_names_the_authors_own_prediction_as_a_leak():
    data = shared("esol_delaney.csv", drop=("smiles",))
    assert data.choices["target"] == "measured log solubility in mols per litre"
    assert set(data.facts["left_out"]) == {"Compound ID"}
    leaks = [f for f in data.findings if f.severity == "warning"]
    assert [f.change for f in leaks] == [{"data.drop": ["ESOL predicted log solubility in mols per litre"]}]


def test_esol_is_molecules_where_rdkit_is_there():
    pytest.importorskip("rdkit", reason="RDKit is not installed")
    data = shared("esol_delaney.csv")
    assert (data.raw.kind, data.raw.edge_kinds, data.shape_in[0]) == ("graphs", 4, 55)
    assert any("left out: Compound ID, ESOL predicted" in f.summary for f in data.findings)


def test_series_are_parted_in_time():
    assert shared("ETTh1.csv").choices["split"] == "time"
    air = shared("beijing_air_Aotizhongxin.csv", target="PM2.5", missing="impute")
    assert (air.choices["split"], len(air)) == ("time", 35064 - 925)
    assert set(air.facts["left_out"]) == {"No", "station"}


def test_tables_with_a_trap_are_refused():
    with pytest.raises(DataError, match="the header has 6 names, line 2 has 7 values"):
        shared("co2_mauna_loa_monthly.csv")
    with pytest.raises(DataError, match="59 of 2,284 targets are missing"):
        shared("co2_mauna_loa_weekly.csv", target="co2")


def test_shakespeare_is_a_text():
    data = shared("tiny_shakespeare.txt")
    assert (data.task, data.facts["symbols"], data.facts["n_rows"]) == ("sequence", 65, 1115394)


def test_nuclei_are_tiles_with_masks_of_one_class():
    data = shared("nuclei.zip")
    assert (data.task, data.classes, data.choices["split"]) == ("segmentation", ("background", "object"), "given")
    assert (data.shape_in, len(data.raw.tiles)) == ((3, 144, 144), 120)
    assert "masks number 3,694 objects: all taken for one class" in [f.summary for f in data.findings]
    share = float((data.raw.targets[data.raw.mask] == 1).mean())
    assert 0.1 < share < 0.2


def test_marks_for_missing_are_named_in_a_table_without_header():
    assert {"header-missing", "missing-marked"} <= set(faults(shared("nino34_monthly_anomaly.txt")))


SERIES = {  # file -> its steps, variables, places without a row, missing values, the time of its first step
    "ETTh1.csv": ("1 hour", 7, 0, 0, "2016-07-01 00:00:00"),
    "nino34_monthly_anomaly.txt": ("1 month", 1, 0, 0, "1870-01"),
    "co2_mauna_loa_weekly.csv": ("1 week", 1, 0, 59, "1958-03-29"),
    "sunspots_yearly.csv": ("1 year", 1, 0, 0, "1700"),
    "beijing_air_Aotizhongxin.csv": ("1 hour", 11, 0, 7190, "2013-03-01 00:00:00"),
    "sea_ice_extent_daily.csv": ("1 day", 1, 1435, 1435, "1980-01-01"),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_are_known_as_such(name):
    data = shared(name)
    assert data.task == "forecast"
    step, variables, gaps, missing, first = SERIES[name]
    assert (data.facts["step"], data.shape_in[0], data.facts["gaps"]) == (step, variables, gaps)
    assert sum(data.facts["missing"].values()) == missing
    assert data.facts["begins"]["train"] == first
    assert ("time-gaps" in faults(data)) == (gaps > 0)
    assert ("columns-left-out" in faults(data)) == (name == "beijing_air_Aotizhongxin.csv")


@pytest.mark.parametrize(
    ("name", "shape", "sizes", "split"),
    [
        ("mnist", (1, 28, 28), (51000, 9000, 10000), "given"),
        ("cifar10_small.zip", (3, 32, 32), (4250, 750, 1000), "given"),
        ("eurosat_rgb_small.zip", (3, 64, 64), (1620, 380, 500), "stratified"),
    ],
)
def test_pictures(name, shape, sizes, split):
    data = shared(name)
    assert (data.shape_in, data.shape_out, data.choices["split"]) == (shape, (10,), split)
    assert (len(data.train), len(data.valid), len(data.test)) == sizes
    assert abs(float(data.train.x.mean())) < 1e-3
    assert abs(float(data.train.x.std()) - 1) < 1e-2
    assert not data.findings
