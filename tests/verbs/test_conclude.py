"""Laws of what stands beside a proved fault."""

from __future__ import annotations

import pytest

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Trials
from wellfit.verbs.conclude import conclude


def faults(by: str, sure: float) -> set[tuple[str, str]]:
    clues = [
        Finding(by, "error", "A fact.", confidence=0.93),
        Finding("lr-too-low", "warning", "Slow.", confidence=sure),
    ]
    return {(f.fault, f.severity) for f in conclude(Program("train.py"), clues, Trials())[1]}


@pytest.mark.parametrize("by", ["regularization-too-strong", "labels-misaligned"])
def test_rate_that_moves_nothing_stands_beside_a_fault_that_lets_weights_move(by):
    assert ("lr-too-low", "warning") in faults(by, 0.95)
    assert "lr-too-low" not in {fault for fault, _ in faults(by, 0.92)}


@pytest.mark.parametrize("by", ["step-missing", "gradients-cleared", "init-unsuitable"])
def test_fault_that_holds_the_weights_still_explains_it(by):
    assert "lr-too-low" not in {fault for fault, _ in faults(by, 0.95)}
