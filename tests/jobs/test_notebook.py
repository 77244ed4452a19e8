"""In a notebook a training is seen below its cell while it goes on; elsewhere nothing is displayed."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

import wellfit as wf
from wellfit.jobs.notebook import MOST, Picture, display_of, shown
from wellfit.nouns.stage import Stage

QUICK: dict[str, Any] = {"network.name": "dense", "network.widths": [4], "training.epochs": 3, "watch.budget_frac": 0.0}


class Fake:
    """IPython as far as it is asked: what it displays and updates."""

    def __init__(self, kernel: bool = True, broken: bool = False):
        self.displayed: list[str] = []
        self.updated: list[str] = []
        self.broken = broken
        self.display = SimpleNamespace(display=self.show)
        self.get_ipython = lambda: SimpleNamespace(config={"IPKernelApp": {}} if kernel else {})

    def show(self, what: Any, display_id: bool) -> Any:
        if self.broken:
            raise RuntimeError("no display here")
        assert display_id
        self.displayed.append(what._repr_html_())
        return SimpleNamespace(update=lambda new: self.updated.append(new._repr_html_()))


def moments(n: int, **more: Any) -> list[Stage]:
    told = [
        Stage(
            "moment", "", None, {"epoch": float(e), "epochs": n, "train_loss": 2 / (e + 1), "valid_loss": 3 / (e + 1)}
        )
        for e in range(n)
    ]
    return [Stage("data", "read"), *told, Stage("verdict", "good", **more)]


@pytest.fixture
def notebook(monkeypatch) -> Fake:
    fake = Fake()
    monkeypatch.setitem(sys.modules, "IPython", fake)
    return fake


def test_a_fit_in_a_notebook_shows_its_curves_as_they_come(notebook, tmp_path):
    run = wf.fit("iris", out=tmp_path / "run", force=True, **QUICK)
    assert len(notebook.displayed) == 1
    assert "polyline" in notebook.updated[-1]
    assert "epoch 3 of 3" in notebook.updated[-1]
    assert run.verdict


def test_pictures_come_twice_a_second_at_most_and_once_more_at_the_end(notebook):
    now = iter(range(1000))
    told = moments(40)
    assert list(shown(told, clock=lambda: next(now) * 0.1)) == told
    assert len(notebook.displayed) == 1
    assert 7 <= len(notebook.updated) <= 10
    assert "validation 0.0750" in notebook.updated[-1]


def test_elsewhere_nothing_is_displayed(monkeypatch):
    terminal = Fake(kernel=False)
    for there in (terminal, None, SimpleNamespace(get_ipython=lambda: None)):
        monkeypatch.setitem(sys.modules, "IPython", there)
        told = moments(3)
        assert list(shown(told)) == told
        assert display_of(there) is None
    assert terminal.displayed == []


def test_a_display_that_fails_costs_no_training(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", Fake(broken=True))
    told = moments(5)
    assert list(shown(told)) == told


def test_the_picture_holds_whatever_comes():
    picture = Picture()
    for e in range(3 * MOST):
        loss = float("nan") if e == 5 else 1e6 if e == 1 else 1 / (e + 1)
        picture.take(Stage("moment", "", None, {"epoch": e, "epochs": 9, "train_loss": loss}))
    picture.take(Stage("noticed", "the rate is <too> high"))
    page = picture._repr_html_()
    assert len(picture.curves["train_loss"]) <= MOST
    assert "logarithmic" in page
    assert "&lt;too&gt;" in page
    assert "nan" not in page
    ElementTree.fromstring(page)
    assert "<svg" not in Picture()._repr_html_()
