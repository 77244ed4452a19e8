"""Laws of the clues about network and evaluation: they speak on the faulty one of each pair, at its line, nowhere else."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding
from wellfit.verbs.spy import Watcher, play, understand

sys.path.insert(0, str(Path(__file__).parent))
from pairs_network import HEALTHY, PAIRS

CLUES = (
    "activation_unsuitable",
    "init_unsuitable",
    "regularization_too_strong",
    "regularization_missing",
    "normalization_layer_misused",
    "mode_wrong",
    "metric_wrong",
    "parameters_missing",
    "graph_detached",
    "zero_grad_missing",
    "gradients_cleared",
    "step_missing",
)
UNPROVED = ("detach",)
"""A suspicion that a trial settles."""


@pytest.fixture(autouse=True)
def _warnings_of_the_programs(recwarn):
    """The faulty programs earn torch's own warnings."""
    warnings.simplefilter("ignore")


def said(text: str, folder: Path) -> list[Finding]:
    """Findings of the clues about a program."""
    script = folder / "train.py"
    script.write_text(text)
    watcher = Watcher(str(script))
    play(watcher, str(script), [], False, lambda: None)
    watcher.sources()
    program = understand(watcher.program)
    assert program.steps or program.backwards
    found = []
    for word in CLUES:
        given = shelf.serve(shelf.get("clues", word), {"program": program})
        found += given if isinstance(given, list) else [given] if given else []
    assert program.trouble == []
    return [f for f in found if f.severity != "info"]


@pytest.mark.parametrize("name", PAIRS)
def test_fault_is_named_at_its_line(name, tmp_path, capsys):
    pair = PAIRS[name]
    found = said(pair.faulty, tmp_path)
    assert [f.fault for f in found] == [pair.fault]
    assert found[0].severity == ("warning" if name in UNPROVED else "error")
    at = pair.line()
    if at is not None:
        assert found[0].line is not None
        assert abs(found[0].line - at) <= 1


@pytest.mark.parametrize("name", sorted(HEALTHY))
def test_clues_are_silent_on_healthy_programs(name, tmp_path, capsys):
    assert said(HEALTHY[name], tmp_path) == []
