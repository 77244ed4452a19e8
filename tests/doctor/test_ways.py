"""Laws of the clues, on faults as people write them in other ways: each speaks on the faulty twin, at the right line, and
is silent on the repaired one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pairs_ways import PAIRS, line, program
from test_pairs_data import said

WORDS = sorted({fault.replace("-", "_") for fault, *_ in PAIRS.values()} | {"loss_unsuitable"})


@pytest.mark.parametrize("name", PAIRS)
def test_fault_is_named_with_its_line(name, tmp_path):
    found = said(program(name, True), tmp_path, WORDS)
    assert [f.fault for f in found] == [PAIRS[name][0]]
    want = line(name)
    assert want is None or (found[0].line is not None and abs(found[0].line - want) <= 1)


@pytest.mark.parametrize("name", PAIRS)
def test_repaired_twin_is_left_in_peace(name, tmp_path):
    assert said(program(name, False), tmp_path, WORDS) == []
