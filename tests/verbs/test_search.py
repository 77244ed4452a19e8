"""A study among several workers: none of its trials is lost or doubled, whoever dies; strangers are refused."""

from __future__ import annotations

import pytest

from wellfit.nouns.errors import RecipeError, RunError, ShelfError
from wellfit.nouns.space import Space
from wellfit.verbs.search import Queue, must_be_same, open_study
from wellfit.verbs.search.queue import origin, suggested

SPACE = Space.of({"training.lr": {"low": 1e-4, "high": 1e-1, "prior": "log"}})
DEAD = "elsewhere:1:0"


def study(tmp_path, **options):
    return open_study(None, tmp_path, "s", search="random", pruner="none", **options)


def test_a_study_ends_with_as_many_trials_as_it_is_to_have(tmp_path):
    queues = [Queue(study(tmp_path), f"elsewhere:{k}:0", 5) for k in (1, 2)]
    while trials := [(q, t) for q in queues if (t := q.take()) is not None]:
        for queue, trial in trials:
            suggested(trial, SPACE)
            queue.tell(trial, 1.0, {})
    assert len(queues[0].finished()) == 5
    assert queues[0].whole()


def test_the_trial_of_a_dead_worker_is_taken_up_with_its_values_and_counts_once(tmp_path):
    dead = Queue(study(tmp_path), DEAD, 3)
    lost = dead.take()
    assert lost is not None
    values = suggested(lost, SPACE)
    alive = Queue(study(tmp_path), "elsewhere:2:0", 3, silent_s=-1.0)
    found = []
    alive.silent_s = 1e-9
    while (trial := alive.take()) is not None:
        found.append(suggested(trial, SPACE))
        alive.silent_s = 60.0  # its own trials are alive
        alive.tell(trial, 1.0, {})
    assert values in found
    assert len(alive.finished()) == 3
    assert len({origin(t) for t in alive.finished()}) == 3


def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(tmp_path):
    slow, other = Queue(study(tmp_path), DEAD, 2), Queue(study(tmp_path), "elsewhere:2:0", 2, silent_s=1e-9)
    trial = slow.take()
    assert trial is not None
    suggested(trial, SPACE)
    assert other.take_up() == [0]
    assert slow.tell(trial, 0.5, {}) is False
    assert other.finished() == []


def test_a_process_of_this_machine_that_is_gone_is_noticed_at_once(tmp_path):
    import socket

    gone = Queue(study(tmp_path), f"{socket.gethostname()}:999999999:0", 2)
    gone.take()
    assert Queue(study(tmp_path), "elsewhere:2:0", 2).take_up() == [0]


def test_two_that_take_the_last_trial_at_once_do_not_both_keep_it(tmp_path):
    a, b = (Queue(study(tmp_path), f"elsewhere:{k}:0", 1) for k in (1, 2))
    b._free = lambda trials: True  # as if b had looked before a took it
    first = a.take()
    assert first is not None
    assert b.take() is None
    a.tell(first, 1.0, {})
    assert len(b.finished()) == 1


def test_a_worker_with_another_version_or_other_data_is_refused(tmp_path):
    mine = {"version of wellfit": "1", "data": "aa", "space": "x"}
    must_be_same(study(tmp_path), mine, "to join")
    must_be_same(study(tmp_path), mine, "to join")
    with pytest.raises(RunError, match="another data and another space"):
        must_be_same(study(tmp_path), mine | {"data": "bb", "space": "y"}, "to join")
    with pytest.raises(RunError, match="another version of wellfit"):
        must_be_same(study(tmp_path), mine | {"version of wellfit": "2"}, "to join")


def test_unknown_words_and_storages_are_refused_in_three_lines(tmp_path):
    with pytest.raises(ShelfError, match="tpe"):
        open_study(None, tmp_path, "s", search="tpee")
    with pytest.raises(RecipeError, match="halving"):
        open_study(None, tmp_path, "s", pruner="halvin")
    with pytest.raises(RunError) as error:
        open_study("sqlite:////no/such/folder/x.db", tmp_path, "s")
    assert f"{error.value}".count("\n") == 2
    with pytest.raises(RunError, match=r"driver|could not|refused"):
        open_study("postgresql://nobody@127.0.0.1:1/none", tmp_path, "s")


def test_at_a_rung_the_lowest_half_goes_on_whatever_the_order_in_which_they_say_so(tmp_path):
    halved = open_study(None, tmp_path, "h", search="random", pruner="halving", epochs=10)
    trials = [halved.ask() for _ in range(8)]
    for k, trial in enumerate(trials):
        trial.report(float((5 * k) % 8), 1)
    assert [t.number for t in trials if not t.should_prune()] == [k for k in range(8) if (5 * k) % 8 < 4]
    for trial in trials[:4]:
        trial.report(float(trial.number), 3)
        assert not trial.should_prune(), "no rung"
        trial.report(float(trial.number), 6)
    assert [t.should_prune() for t in trials[:4]] == [False, True, True, True]


def test_a_trial_that_is_given_back_is_taken_at_once(tmp_path):
    queue = Queue(study(tmp_path), "elsewhere:1:0", 1)
    trial = queue.take()
    assert trial is not None
    values = suggested(trial, SPACE)
    queue.give_back(trial)
    again = queue.take()
    assert again is not None
    assert suggested(again, SPACE) == values
    queue.tell(again, 1.0, {})
    assert queue.whole()
