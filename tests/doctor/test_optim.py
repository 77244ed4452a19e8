"""Laws of the doctor about optimisation: each fault named first, at its line; the same programs repaired: silence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pairs_optim import CLASSES, PAIRS, SEQUENCE, SMALL, VALUES
from programs import asked


@pytest.mark.parametrize("wrong", PAIRS)
def test_fault_of_optimisation_is_named_first_and_at_its_line(wrong, tmp_path):
    pair = PAIRS[wrong]
    assert pair.right in pair.fixed
    said = asked(pair.faulty, tmp_path, 1.5)
    if said["status"] != "faulty" or said["findings"][0]["fault"] not in pair.faults:
        said = asked(pair.faulty, tmp_path, 15.0)  # a busy machine tries less in the same time
    assert said["status"] == "faulty"
    assert said["findings"][0]["fault"] in pair.faults
    lines = [f["line"] for f in said["findings"] if f["fault"] in pair.faults]
    assert pair.line is None or any(abs(line - pair.line) <= 1 for line in lines)


@pytest.mark.parametrize("healthy", [CLASSES, VALUES, SEQUENCE, SMALL], ids=["classes", "values", "sequence", "small"])
def test_doctor_is_silent_where_the_optimisation_is_right(healthy, tmp_path):
    said = asked(healthy, tmp_path, 1.5)
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] != "info"] == []
