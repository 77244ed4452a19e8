"""Law of the doctor: silent on healthy programs of the shapes that trip rules, and their output is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import asked, run

FOLDER = Path(__file__).parents[2] / "benchmarks" / "doctor" / "healthy"
WHOLE = ("tiny-iris", "triplet-wine")
QUICK = ("mixture-density", "factors-sparse", "graph-blocks", "counts-poisson")


@pytest.mark.parametrize("name", QUICK)
def test_doctor_is_silent_on_a_healthy_program(name, tmp_path):
    said = asked((FOLDER / name / "train.py").read_text(), tmp_path, 3.0)
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] != "info"] == []


@pytest.mark.parametrize("name", WHOLE)
def test_doctor_is_silent_on_a_healthy_program_and_leaves_its_output_alone(name, tmp_path):
    done, said = run((FOLDER / name / "train.py").read_text(), tmp_path, "--budget", "3")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("metric: ")
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] != "info"] == []
    assert "wellfit doctor: " not in done.stderr  # its own failures
    assert "trouble: " not in done.stderr


def test_healthy_programs_parse():
    programs = sorted(FOLDER.glob("*/train.py"))
    assert len(programs) >= 24
    for program in programs:
        compile(program.read_text(), str(program), "exec")
