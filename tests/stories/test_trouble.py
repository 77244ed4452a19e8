"""When training goes wrong: what a person is told, from Python."""

from __future__ import annotations

import json
import math

import pytest

import wellfit as wf
from wellfit.nouns.errors import CheckError

SMALL = {"network.name": "dense", "widths": [16], "epochs": 3, "batch_size": 16}


@pytest.mark.parametrize("source", ["iris", "diabetes"])
def test_a_training_that_blows_up_is_judged_and_called_unstable(tmp_path, source):
    run = wf.fit(source, out=tmp_path / "run", lr=1e20, optimizer="sgd", normalise="standardise", **SMALL)
    assert run.verdict == "unstable"
    assert run.findings[0].severity == "error"
    assert all(math.isfinite(figure["value"]) for figure in run.test.values())
    assert run.report().is_file()


def test_a_failing_check_stops_before_a_run_is_made_unless_forced(tmp_path):
    with pytest.raises(CheckError) as refused:
        wf.fit("iris", out=tmp_path / "run", lr=0.01, init="zero", **SMALL)
    assert any(f.severity == "error" for f in refused.value.findings)
    assert not (tmp_path / "run").exists()
    run = wf.fit("iris", out=tmp_path / "run", lr=0.01, init="zero", force=True, **SMALL)
    assert run.verdict != "well-fitted"
    kept = json.loads((tmp_path / "run/findings.json").read_text())
    assert any(f["stage"] == "check" and f["severity"] == "error" for f in kept)


def test_a_run_is_never_written_over(tmp_path):
    (tmp_path / "recipe.toml").write_text("")
    with pytest.raises(wf.WellfitError, match="a run is already there"):
        wf.fit("iris", out=tmp_path, **SMALL)
