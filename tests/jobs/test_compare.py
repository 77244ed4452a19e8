"""A fit that begins with earlier weights beside one from scratch: pairs of seeds, the interval, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_digits
from torch import nn

import wellfit as wf
from wellfit.jobs.compare import compared
from wellfit.nouns.comparison import Comparison, comparison
from wellfit.nouns.errors import RecipeError

X, Y = load_digits(return_X_y=True)
X = X.reshape(-1, 1, 8, 8)
LOW, HIGH = (X[Y < 5][:150], Y[Y < 5][:150]), (X[Y > 4][:100], Y[Y > 4][:100])
SHORT = {"training.epochs": 2, "training.lr": 1e-3}
CONV = {"network.name": "conv", "network.widths": (4, 8)}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return wf.fit(LOW, out=tmp_path_factory.mktemp("runs") / "old", **SHORT, **CONV)


def test_both_ways_are_trained_in_pairs_and_the_report_says_what_came_of_it(old, tmp_path):
    choices = {"transfer.weights": str(old.path), "transfer.mode": "frozen", **SHORT}
    stages = list(compared(HIGH, seeds=2, out=tmp_path / "new", **choices))
    told = [s for s in stages if s.name == "compare"]
    assert [s.name for s in stages][-1] == "test"
    assert len(told) == 3
    run = stages[-1].detail
    found = run.comparison
    assert found["seeds"] == [0, 1]
    assert found["ours"][0] == run.test["accuracy"]["value"]
    assert found["words"] == told[-1].line
    page = (tmp_path / "new" / "report.html").read_text()
    assert "Compared with training from scratch" in page
    assert "Weights taken over" in page


def test_from_scratch_means_the_same_network_with_nothing_of_the_earlier_training(old, monkeypatch):
    from wellfit.jobs import compare

    seen = []
    monkeypatch.setattr(compare, "train", lambda case: seen.append(case) or iter(()))
    from wellfit.nouns.recipe import Recipe

    given = Recipe.of(
        {"transfer.weights": str(old.path), "transfer.mode": "frozen", "transfer.rate_decay": 0.5, **SHORT}
    )
    ran = Recipe.of({"network.name": "conv", "network.widths": (4, 8), "network.init": "he", "network.norm": "batch"})
    recipe = compare._without(given, ran)
    compare._merits(*HIGH, recipe, None, lambda: False, scratch=True)
    (case,) = seen
    assert case.recipe.network.widths == (4, 8)
    assert not case.carried
    assert all(p.requires_grad for p in case.network.parameters())
    assert case.recipe.transfer.rate_decay == 1.0
    assert case.recipe.data.normalise == "standardise"
    was = old.model.network.state_dict()
    assert not any((p == was[n]).all() for n, p in case.network.named_parameters() if p.ndim > 1)


class Own(nn.Module):
    def __init__(self, more: bool = False) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(64, 8), nn.Linear(8, 10)
        if more:
            self.token = nn.Parameter(self.body.weight.detach()[0, :8].clone())

    def forward(self, x):
        hidden = self.body(x.flatten(1)).relu()
        return self.head(hidden + self.token if hasattr(self, "token") else hidden)


@pytest.mark.parametrize("more", [False, True])
def test_a_network_of_ones_own_is_drawn_anew_or_it_is_said_why_not(tmp_path, more):
    choices = {"transfer.weights": "own", "transfer.mode": "fine-tune", **SHORT}
    stages = list(compared(HIGH, network=Own(more), seeds=1, out=tmp_path / "new", force=True, **choices))
    told = [s.line for s in stages if s.name == "compare"]
    if more:
        assert told == ["not compared: nothing says how the first weights of the network (Own) are drawn; "
                        "give these modules a reset_parameters()"]  # fmt: skip
    else:
        assert "too few for an interval" in told[-1]
    assert stages[-1].facts["status"] == "done"


def test_without_weights_there_is_nothing_to_compare():
    with pytest.raises(RecipeError, match="--from RUN"):
        list(compared(HIGH))
    with pytest.raises(RecipeError, match="2 seeds or more"):
        list(compared(HIGH, seeds=0, **{"transfer.weights": "x"}))


def test_the_interval_is_students_t_of_the_pairs():
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(1, 1, 6), rng.normal(0, 1, 6)
    found = Comparison("R²", "scratch", tuple(range(6)), tuple(ours), tuple(theirs))
    expected = stats.ttest_rel(ours, theirs).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("ours", "theirs", "lower", "verdict"),
    [
        ((0.9, 0.91, 0.92), (0.7, 0.72, 0.71), False, "better"),
        ((0.9, 0.91, 0.92), (0.7, 0.72, 0.71), True, "worse"),
        ((0.9, 0.5, 0.7), (0.7, 0.72, 0.71), False, "not told apart"),
    ],
)
def test_it_says_better_only_where_the_interval_does(ours, theirs, lower, verdict):
    merits = lambda v: {"RMSE": {"value": v, "unit": "m", "lower": lower}}
    found = comparison("RMSE", "scratch", [(i, merits(a), merits(b)) for i, (a, b) in enumerate(zip(ours, theirs))])
    assert found.verdict == verdict
    assert verdict in found.words
    assert found.to_dict()["gain"] == pytest.approx(np.mean(found.gains))
