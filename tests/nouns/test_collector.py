"""The garbage collector is still where it is asked to be, and as before afterwards."""

import gc
import sys

import pytest
import torch

import wellfit.__main__ as command
import wellfit.jobs.doctor as job
from wellfit.nouns.collector import loading, still
from wellfit.verbs.spy import Watcher


def test_still_puts_the_collector_back_as_it_was():
    with still():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with still():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_loaded_is_passed_over_from_then_on():
    before = gc.get_freeze_count()
    try:
        with loading():
            held = [{} for _ in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(held)
    finally:
        gc.unfreeze()


def test_the_doctors_command_loads_torch_with_the_collector_still(monkeypatch):
    seen = []
    monkeypatch.setattr(job, "main", lambda *_: seen.append((gc.isenabled(), gc.get_freeze_count() > 0)))
    monkeypatch.setattr(sys, "argv", ["wellfit", "doctor", "train.py"])
    try:
        command.main()
    finally:
        gc.unfreeze()
    assert seen == [(True, True)]


def test_the_first_optimizer_is_made_with_the_collector_still_the_second_as_ever():
    on = []

    class Own(torch.optim.SGD):
        def add_param_group(self, group):
            on.append(gc.isenabled())
            super().add_param_group(group)

    watcher = Watcher(__file__)
    watcher.on_()
    try:
        for _ in range(2):
            Own([torch.ones(2, requires_grad=True)], lr=0.1)
    finally:
        watcher.off()
    assert on == [False, True]


def test_a_process_that_leaves_does_not_walk_through_what_goes_with_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["wellfit", "--version"])
    gc.collect()
    try:
        with pytest.raises(SystemExit):
            command.main()
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    finally:
        gc.unfreeze()
