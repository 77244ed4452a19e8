"""Laws of the clues about loss and output: they speak on the faulty one of each pair, at its line, and nowhere else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding
from wellfit.verbs.spy import Watcher, play, understand

sys.path.insert(0, str(Path(__file__).parent))
from pairs_loss import HEALTHY, PAIRS

CLUES = (
    "loss_unsuitable",
    "labels_encoding",
    "output_activation_unsuitable",
    "shape_broadcast",
    "dimension_wrong",
    "targets_unscaled",
)


@pytest.fixture(autouse=True)
def _warnings_of_the_programs(recwarn):
    """The faulty programs earn torch's own warnings."""
    import warnings

    warnings.simplefilter("ignore")


def said(text: str, folder: Path) -> list[Finding]:
    """Errors of the clues about a program."""
    script = folder / "train.py"
    script.write_text(text)
    watcher = Watcher(str(script))
    play(watcher, str(script), [], False, lambda: None)
    watcher.sources()
    program = understand(watcher.program)
    assert program.steps or program.crash
    found = [shelf.serve(shelf.get("clues", word), {"program": program}) for word in CLUES]
    assert program.trouble == []
    return [f for f in found if f is not None and f.severity == "error"]


@pytest.mark.parametrize("name", PAIRS)
def test_fault_is_named_at_its_line_and_the_repaired_program_left_alone(name, tmp_path, capsys):
    pair = PAIRS[name]
    assert said(pair.program(faulty=False), tmp_path) == []
    found = said(pair.program(faulty=True), tmp_path)
    assert [f.fault for f in found] == [pair.fault]
    assert found[0].line is not None
    assert abs(found[0].line - pair.line()) <= 1


@pytest.mark.parametrize("name", HEALTHY)
def test_clues_are_silent_on_healthy_programs(name, tmp_path, capsys):
    assert said(HEALTHY[name], tmp_path) == []
