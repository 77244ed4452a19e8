"""Laws of what stands beside a proved fault, and where no change alone is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Outcome, Trial, Trials
from wellfit.verbs.conclude import TOGETHER, conclude


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


def weighed(gap: float, closed: float) -> tuple[str, list[tuple[str, str]]]:
    whole = Outcome(0.9, 0.9, 300, (), True, 1.0)
    slow = Trial("higher_rate", ("lr-too-low",), (replace(whole, skill=0.1),), closed * gap, closed, "a higher rate")
    trials = Trials(reached=0.9 - gap, asis=(whole,), omnibus=(whole,), tried=[slow], gap=gap)
    clues = [
        Finding("lr-too-low", "warning", "Slow.", confidence=0.6),
        Finding("epochs-too-few", "info", "Short.", confidence=0.3),
    ]
    status, found = conclude(Program("train.py"), clues, trials)
    return status, [(f.fault, f.severity) for f in found]


def test_strongest_suspicion_stands_where_the_usual_cures_make_all_the_difference():
    assert weighed(0.8, 0.2) == ("faulty", [("lr-too-low", "error")])
    status, found = weighed(0.8, 0.05)  # refuted: the other one
    assert (status, found[0]) == ("faulty", ("epochs-too-few", "error"))


def test_small_gap_proves_no_suspicion():
    assert weighed(0.3, 0.2)[0] == "healthy"


def test_another_network_proves_something_only_where_no_change_to_its_own_helps():
    def trial(word, fault, closed):
        outcome = Outcome(closed, closed, 100, (1.0,), True, 0.1)
        return Trial(word, (fault,), (outcome,), closed, closed, word)

    clue = Finding("capacity-too-small", "warning", "Small.", confidence=0.6)
    small = trial("stand_in", "capacity-too-small", 0.9)
    asis = Outcome(0.0, 0.0, 100, (1.0,), True, 0.1)
    for other, severity in ((0.1, "error"), (0.9, "info")):
        tried = [small, trial("higher_rate", "lr-too-low", other)]
        given = Trials(reached=0.0, asis=(asis,), omnibus=(small.outcomes[0],), tried=tried, gap=0.9)
        found = conclude(Program("train.py"), [clue], given)[1]
        assert [f.severity for f in found if f.fault == "capacity-too-small"] == [severity]


def test_another_network_proves_nothing_where_the_own_one_learns_with_the_usual_cures():
    whole = Outcome(0.9, 0.9, 300, (), True, 1.0, note=TOGETHER)
    other = Trial("stand_in", ("capacity-too-small",), (whole,), 0.9, 1.0, "another network")
    small = Finding("capacity-too-small", "warning", "Small.", confidence=0.6)

    def said(skill: float) -> str:
        together = (replace(whole, skill=skill),)
        trials = Trials(0.0, (replace(whole, skill=0.0),), together, [other], 0.4)
        return conclude(Program("train.py"), [small], trials)[0]

    assert said(0.4) == "healthy"
    assert said(0.05) == "faulty"
