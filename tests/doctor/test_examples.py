"""Laws of the repository's own examples: the doctor says of each what the pages say, and of a repaired one nothing; a clue
of one's own is one file with its pair of programs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "doctor"
PAGE = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")


def made(word: str) -> str:
    """What docs/make_figures.py put into docs/doctor.md."""
    found = re.search(rf"<!-- made: {word} -->\n```\w*\n(.*?)```\n<!-- end -->", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_worked_case_is_what_the_doctor_says(tmp_path):
    text = (EXAMPLES / "wine.py").read_text()
    assert text.endswith(made("case"))
    done, said = run(text, tmp_path, "--budget", "20")
    assert said["status"] == "faulty"
    named = re.findall(r"^✗ (\S+)  train.py:(\d+)$", made("output"), re.MULTILINE)
    assert [(f["fault"], str(f["line"])) for f in said["findings"] if f["severity"] == "error"] == named
    assert done.stdout in made("output")


def healthy() -> list[Path]:
    """Examples that train and that nothing is wrong with."""
    found = sorted(ROOT.glob("examples/**/*.py"))
    trains = [p for p in found if re.search(r"\.step\(|wf\.fit\(", p.read_text(encoding="utf-8"))]
    return [p for p in trains if p.stem not in ("wine", "rows_dropped_faulty")]


@pytest.mark.parametrize("example", healthy(), ids=lambda p: p.stem)
def test_the_doctor_is_silent_on_examples_and_leaves_them_alone(example, tmp_path):
    bare, _ = run(example.read_text(encoding="utf-8"), tmp_path, doctor=False)
    watched, said = run(example.read_text(encoding="utf-8"), tmp_path, "--budget", "20")
    assert said["status"] == "healthy", watched.stderr
    assert bare.stdout
    assert watched.stdout == bare.stdout


@pytest.mark.parametrize(("name", "spoken"), [("faulty", ["rows-dropped"]), ("repaired", [])])
def test_a_clue_of_ones_own_speaks_in_its_faulty_program_alone(name, spoken, tmp_path):
    clue = EXAMPLES / "rows_dropped.py"
    text = (EXAMPLES / f"rows_dropped_{name}.py").read_text()
    assert made("rule") == clue.read_text()
    _, said = run(text, tmp_path, "--with", str(clue), "--no-trials")
    found = [f for f in said["findings"] if f["severity"] == "error"]
    assert [f["fault"] for f in found] == spoken
    assert all("drop_last" in text.splitlines()[f["line"] - 1] for f in found)


def test_a_plug_in_that_is_none_is_refused_before_the_script_runs(tmp_path):
    done, said = run("print('ran')", tmp_path, "--with", "nowhere.py")
    assert done.returncode
    assert "ran" not in done.stdout
    assert not said
