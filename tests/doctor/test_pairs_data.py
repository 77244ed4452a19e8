"""Laws of the clues about data: they speak on the faulty twin, at the right line, and are silent on the repaired one."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from pairs_data import PAIRS, line, program

from wellfit.nouns import shelf
from wellfit.verbs.spy import Watcher, play, understand

WORDS = sorted({fault.replace("-", "_") for fault, *_ in PAIRS.values()} | {"labels_misaligned"})


def said(text: str, folder: Path, words: list[str] = WORDS) -> list:
    """Findings of these clues, errors and warnings."""
    script = folder / "train.py"
    script.write_text(text)
    watcher = Watcher(str(script))
    with torch.random.fork_rng(), contextlib.redirect_stdout(io.StringIO()):
        play(watcher, str(script), [], False, lambda: None)
    watcher.sources()
    seen = understand(watcher.program)
    assert not seen.crash
    found = [shelf.serve(shelf.get("clues", w), {"program": seen}) for w in words]
    return [f for one in found if one for f in (one if isinstance(one, list) else [one]) if f.severity != "info"]


@pytest.mark.parametrize("name", PAIRS)
def test_fault_in_the_data_is_named_with_its_line(name, tmp_path):
    found = said(program(name, True), tmp_path)
    assert [f.fault for f in found] == [PAIRS[name][0]]
    want = line(name)
    assert want is None or (found[0].line is not None and abs(found[0].line - want) <= 1)


@pytest.mark.parametrize("name", PAIRS)
def test_repaired_twin_is_left_in_peace(name, tmp_path):
    assert said(program(name, False), tmp_path) == []
