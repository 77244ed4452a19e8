"""Law of the doctor: on whole programs in other styles it names the fault, points at its line, and is silent once it is
repaired; places are followed into options, tuples, parameter groups and tables."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import asked

from wellfit.nouns.origin import chosen, origin
from wellfit.nouns.source import Source

FOLDER = Path(__file__).parents[2] / "benchmarks" / "doctor" / "pairs"
QUICK = (
    "counts-log-zero", "relu-on-signed-output", "attention-batch-axis", "sensor-batchnorm-pairs", "gamma-autoencoder",
    "moons-coupling-flow", "several-heads-one-unit", "record-answers-rate", "own-optimizer-rate",
    "cloud-mask", "basin-store", "ndvi-functional", "front-lead-lstm", "magnitude-waveforms",
)  # fmt: skip
REPAIRED = ("sum-reduction-trainer", "review-embedding-decay")


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_named_first_and_at_its_line(name, tmp_path):
    truth = tomllib.loads((FOLDER / name / "case.toml").read_text())
    said = asked((FOLDER / name / "faulty.py").read_text(), tmp_path)
    assert said["status"] == "faulty"
    first = said["findings"][0]
    assert first["fault"] in truth["faults"][0]
    assert any(abs(first["line"] - line) <= 1 for line in truth["lines"][0])


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repaired_program_is_healthy(name, tmp_path):
    said = asked((FOLDER / name / "fixed.py").read_text(), tmp_path)
    assert said["status"] == "healthy"


def test_every_case_says_what_is_wrong_and_what_it_costs():
    cases = sorted(FOLDER.glob("*/case.toml"))
    assert len(cases) >= 36
    for case in cases:
        truth = tomllib.loads(case.read_text())
        worse, better = truth["metric_faulty"], truth["metric_fixed"]
        if "flatters" in truth.get("note", ""):
            worse, better = better, worse
        assert not (worse >= better if truth["better"] == "higher" else worse <= better), case  # nan is worse
        assert len(truth["faults"]) == len(truth["lines"])
        assert "source" in truth


def test_a_value_of_a_tuple_is_found():
    source = Source("a.py", "BATCH, RATE = 2, 1e-3\norder.split(BATCH)\n")
    found = origin(source, next(source.calls("split")).args[0])
    assert source.value(found) == 2


def test_a_name_in_a_table_is_found():
    source = Source("a.py", 'H = {"act": "sigmoid"}\nT = {"sigmoid": S}\nlayer = T[H["act"]]()\nplain = nn.ReLU()\n')
    found = chosen(source, 3)
    assert found is not None
    assert found.lineno == 1
    assert chosen(source, 4) is None
