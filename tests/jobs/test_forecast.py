"""A forecast from the table to the next steps: what is said is what the network says of the last window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import wellfit
from wellfit.jobs.predict import predict
from wellfit.nouns.errors import DataError

N = 500
QUICK = {"training.epochs": 3, "training.lr": 1e-2, "data.history": 24, "data.horizon": 6}


def table(n: int = N) -> pd.DataFrame:
    t = np.arange(n)
    day = pd.date_range("2020-01-01", periods=n).astype(str)
    noise = np.random.default_rng(0).normal(size=(2, n)) / 10
    flow = np.where((t > 90) & (t < 95), np.nan, np.cos(t / 7) + noise[1])
    return pd.DataFrame({"day": day, "level_m": np.sin(t / 4) * 3 + 10 + noise[0], "flow": flow})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return wellfit.fit(table(), out=tmp_path_factory.mktemp("runs") / "series", **QUICK)


def test_the_next_steps_are_the_networks_answer_to_the_last_window(run):
    said = run.forecast(table())
    assert said["time"].tolist() == ["2021-05-15", "2021-05-16", "2021-05-17", "2021-05-18", "2021-05-19", "2021-05-20"]
    scaling = run.model.preparation.scaling.parts
    x = (table()[["level_m", "flow"]].to_numpy()[-24:].T - scaling["shift"].numpy()) / scaling["scale"].numpy()
    with torch.no_grad():
        out = run.model.network(torch.tensor(x, dtype=torch.float32)[None])[0].numpy()
    expected = out * scaling["scale"].numpy() + scaling["shift"].numpy()
    np.testing.assert_allclose(said["flow"], expected[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(said[next(c for c in said if c.startswith("level_m"))], expected[0], rtol=1e-4)
    assert (said["flow 5 %"] < said["flow 95 %"]).all()


def test_only_the_last_steps_are_needed_and_gaps_in_them_are_bridged(run):
    whole = run.forecast(table())
    part = run.forecast(table().tail(24))
    pd.testing.assert_frame_equal(whole, part)
    holed = table().drop(index=[480, 481])
    filled = table()
    filled.loc[[480, 481], ["level_m", "flow"]] = filled.loc[479, ["level_m", "flow"]].to_numpy()
    pd.testing.assert_frame_equal(run.forecast(holed), run.forecast(filled))


def test_it_is_written_from_a_file_as_well(run, tmp_path):
    table().to_csv(tmp_path / "series.csv", index=False)
    pd.testing.assert_frame_equal(predict(run.path, str(tmp_path / "series.csv")), run.forecast(table()))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (table(20), "reaches back further"),
        (table().drop(columns="flow"), "no such column"),
        (table().iloc[::7], "steps of 1 week"),
        (table().assign(flow="high"), "text among"),
        (np.zeros((5, 2, 24)), "a table with a time column"),
    ],
)
def test_another_series_is_refused_in_three_lines(run, source, said):
    with pytest.raises(DataError, match=said) as refused:
        run.forecast(source)
    assert len(str(refused.value).splitlines()) == 3


def test_a_network_that_does_not_beat_the_rival_is_told_so(tmp_path):
    walk = pd.DataFrame({"day": table()["day"], "price": np.random.default_rng(0).normal(size=N).cumsum() + 100})
    run = wellfit.fit(walk, out=tmp_path / "walk", force=True, **QUICK)
    (note,) = [f for f in run.findings if f.fault == "rival-not-beaten"]
    assert "persistence" in note.summary


def test_skill_is_what_is_left_of_the_rivals_error(run):
    m, skill = run.test["MSE (standardised)"], run.test["skill (standardised)"]
    assert skill["value"] == pytest.approx(1 - m["value"] / m["baseline"])
    assert skill["low"] <= skill["value"] <= skill["high"]


def test_the_report_says_where_the_parts_begin_and_shows_the_forecasts(run):
    page = (run.path / "report.html").read_text()
    assert "validation begins at 2020-11-21" in page
    assert "Forecasts and what came" in page
    assert "Error by steps ahead" in page
