"""The end of a job's story, and what is let go on the way there."""

from __future__ import annotations

import weakref

import wellfit as wf
from wellfit.nouns.stage import Stage, last


class Step:
    """Something large."""


def test_stages_are_let_go_as_they_come():
    refs: list[weakref.ref] = []
    held = []

    def story():
        for i in range(5):
            held.append(sum(r() is not None for r in refs))
            step = Step()
            refs.append(weakref.ref(step))
            yield Stage("moment", str(i), step)

    assert last(story()).line == "4"
    assert max(held) <= 2  # the one that was handed out, and the one in the hand of the story


def test_a_fit_holds_no_steps_of_its_training(tmp_path, monkeypatch):
    from sklearn.datasets import load_digits

    from wellfit.verbs import train
    from wellfit.verbs.watch import Watch

    refs: list[weakref.ref] = []
    most = []

    class Kept(train.Step):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            most.append(sum(r() is not None for r in refs))
            refs.append(weakref.ref(self))

    monkeypatch.setattr(train, "Step", Kept)
    monkeypatch.setattr(Watch, "due", lambda self, index: True)  # every step is handed out, whatever the clock says
    x, y = load_digits(return_X_y=True)
    short = {"training.epochs": 2, "training.lr": 1e-3, "training.batch_size": 16}
    wf.fit((x[:200], y[:200]), out=tmp_path / "run", **short)
    assert len(refs) > 4
    assert max(most) <= 3
