"""Laws of the doctor: the script is left alone, and the cause is named where there is one and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import HEALTHY, PAIRS, VALUES, asked, first_asked, run


@pytest.mark.parametrize("program", [HEALTHY, VALUES], ids=["classes", "values"])
def test_losses_are_bitwise_equal_under_the_doctor(program, tmp_path):
    bare, _ = run(program, tmp_path, doctor=False)
    watched, said = run(program, tmp_path, "--no-trials")
    assert watched.stdout == bare.stdout
    assert bare.stdout
    assert said["status"] == "healthy"


@pytest.mark.parametrize("program", [HEALTHY, VALUES], ids=["classes", "values"])
def test_doctor_is_silent_on_healthy_programs_with_trials(program, tmp_path):
    said = asked(program, tmp_path, 5.0)
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] != "info"] == []


@pytest.mark.parametrize("fault", PAIRS)
def test_fault_is_named_first(fault, tmp_path):
    healthy, old, new = PAIRS[fault]
    assert old in healthy
    said = first_asked(fault, healthy.replace(old, new), tmp_path, 2.0, 20.0)
    assert said["status"] == "faulty"
    assert said["findings"][0]["fault"] == fault


@pytest.mark.parametrize(
    ("end", "status"),
    [("sys.exit(3)", 3), ("sys.exit('no')", 1), ("os._exit(5)", 5), ("1 / 0", 1), ("raise KeyboardInterrupt", -2)],
)
def test_exit_status_is_kept_and_findings_are_written(end, status, tmp_path):
    broken = HEALTHY.replace(PAIRS["zero-grad-missing"][1], "") + f"import os, sys\n{end}\n"
    done, said = run(broken, tmp_path, "--no-trials")
    assert done.returncode == status
    assert said["findings"][0]["fault"] == "zero-grad-missing"
    assert ("ZeroDivisionError" in done.stderr) == (end == "1 / 0")
