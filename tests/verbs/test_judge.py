"""Laws of judge(): right figures, honest intervals, a network left as it was."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.nouns import merits, scores
from wellfit.nouns.case import Case
from wellfit.nouns.data import Split
from wellfit.verbs.judge import _some, judge


@dataclass
class Scaled:
    """Stands for a Preparation: targets were (value - middle) / size."""

    middle: float = 50.0
    size: float = 20.0

    def back(self, outputs):
        return outputs.numpy() * self.size + self.middle


def case_of(task, x, y, network, loss, **facts):
    part = lambda rows: Split(x[rows], y[rows], np.arange(len(x))[rows])
    half = len(x) // 2
    rows = {"train": slice(0, half), "valid": slice(half, len(x)), "test": slice(half, len(x))}
    raw = SimpleNamespace(units=facts.pop("units", {}), tiles=None)
    data = SimpleNamespace(
        task=task, raw=raw, preparation=Scaled(), **{k: part(r) for k, r in rows.items()},
        **{"classes": (), "target_names": (), "shape_out": (1,), **facts},
    )  # fmt: skip
    return Case(SimpleNamespace(), data, network, loss, torch.device("cpu"))  # type: ignore[arg-type]


@pytest.fixture
def classes():
    torch.manual_seed(0)
    y = torch.randint(0, 3, (600,))
    x = torch.randn(600, 4) + y[:, None]
    return case_of("classification", x, y, nn.Linear(4, 3), nn.functional.cross_entropy, classes=("a", "b", "c"))


def test_figures_of_classes_are_those_of_scikit_learn(classes):
    from sklearn import metrics as sk

    found = judge(classes)
    truth, guess = found["truth"], found["outputs"].argmax(1)
    figures = {k: v["value"] for k, v in found["metrics"].items()}
    assert next(iter(figures)) == "accuracy"
    assert figures["accuracy"] == sk.accuracy_score(truth, guess)
    assert figures["balanced accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, guess))
    assert figures["macro F1"] == pytest.approx(sk.f1_score(truth, guess, average="macro"))
    assert figures["log loss"] == pytest.approx(found["loss"].mean(), rel=1e-5)
    assert found["outputs"].sum(1) == pytest.approx(np.ones(300))
    assert all(v["low"] <= v["value"] <= v["high"] and v["n"] == 300 for v in found["metrics"].values())


def test_loss_of_each_example_is_the_loss_of_that_example_alone(classes):
    weight = torch.tensor([1.0, 5.0, 2.0])
    case = Case(
        classes.recipe,
        classes.data,
        classes.network,
        lambda o, t: nn.functional.cross_entropy(o, t, weight),
        classes.device,
    )
    with torch.no_grad():
        each = nn.functional.cross_entropy(case.network(case.data.test.x), case.data.test.y, reduction="none")
    assert judge(case)["loss"] == pytest.approx(each.numpy(), rel=1e-5)


def test_a_loss_that_cannot_be_stacked_is_taken_one_by_one(classes):
    def stubborn(outputs, targets):
        return nn.functional.cross_entropy(outputs, targets) * float(
            outputs.shape[0] == int(targets.numel()) == targets.tolist().__len__()
        )

    case = Case(classes.recipe, classes.data, classes.network, stubborn, classes.device)
    assert judge(case)["loss"] == pytest.approx(judge(classes)["loss"], rel=1e-5)


def test_baseline_answers_with_the_commonest_class_of_the_training_rows(classes):
    found = judge(classes)
    counts = np.bincount(classes.data.train.y.numpy())
    assert classes.data.classes[counts.argmax()] in found["baseline"]
    assert found["metrics"]["accuracy"]["baseline"] == np.mean(found["truth"] == counts.argmax())
    assert found["metrics"]["balanced accuracy"]["baseline"] == pytest.approx(1 / 3)


def test_network_is_judged_in_eval_mode_and_every_mode_is_put_back(classes):
    modes = []
    network = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(4), classes.network)
    network[1].eval()  # a layer that the user froze
    network[2].register_forward_hook(lambda m, i, o: modes.append((m.training, o.requires_grad)))
    before = [m.training for m in network.modules()]
    case = Case(classes.recipe, classes.data, network, classes.loss, classes.device)
    first, second = judge(case), judge(case)
    assert [m.training for m in network.modules()] == before
    assert set(modes) == {(False, False)}
    assert (first["outputs"] == second["outputs"]).all()
    assert first["metrics"] == second["metrics"]


def test_mode_is_put_back_when_the_network_fails(classes):
    class Failing(nn.Module):
        def forward(self, x):
            raise RuntimeError("no")

    case = Case(classes.recipe, classes.data, Failing(), classes.loss, classes.device)
    with pytest.raises(RuntimeError, match="no"):
        judge(case)
    assert case.network.training


def test_two_classes_get_a_roc_auc_with_ties_counted_half():
    from sklearn.metrics import roc_auc_score

    torch.manual_seed(1)
    x = torch.randint(0, 5, (800, 1)).float()
    y = (torch.rand(800) < x[:, 0] / 5).long()
    case = case_of("classification", x, y, nn.Linear(1, 2), nn.functional.cross_entropy)
    found = judge(case, "valid")
    auc = found["metrics"]["ROC AUC"]
    assert auc["value"] == roc_auc_score(found["truth"], found["outputs"][:, 1])
    rng = np.random.default_rng(0)
    slow = []
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        slow.append(roc_auc_score(found["truth"][rows], found["outputs"][rows, 1]))
    assert [auc["low"], auc["high"]] == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.01)


def test_regression_is_judged_in_the_users_units():
    torch.manual_seed(2)
    x = torch.randn(400, 3)
    y = x[:, :1] + 0.5 * torch.randn(400, 1)
    network = nn.Linear(3, 1, bias=False)
    network.weight.data = torch.tensor([[1.0, 0.0, 0.0]])
    case = case_of(
        "regression", x, y, network, nn.functional.mse_loss, target_names=("height",), units={"height": "cm"}
    )
    found = judge(case)
    rmse = found["metrics"]["RMSE"]
    residual = (y - x[:, :1])[200:].numpy() * 20
    assert next(iter(found["metrics"])) == "RMSE"
    assert (rmse["value"], rmse["unit"]) == (pytest.approx(np.sqrt((residual**2).mean()), rel=1e-5), "cm")
    assert rmse["low"] < 10 < rmse["high"] < rmse["baseline"]
    assert found["truth"] == pytest.approx(y[200:].numpy() * 20 + 50, rel=1e-6)
    assert found["metrics"]["MAE"]["value"] == pytest.approx(abs(residual).mean(), rel=1e-5)
    assert found["metrics"]["R²"]["value"] == pytest.approx(1 - residual.var() / (y[200:].numpy() * 20).var(), abs=0.01)


def test_several_targets_are_named_and_their_mean_comes_first():
    torch.manual_seed(3)
    x = torch.randn(300, 2)
    case = case_of(
        "regression", x, x + 0.1 * torch.randn(300, 2), nn.Identity(), nn.functional.mse_loss, target_names=("u", "v")
    )
    names = list(judge(case)["metrics"])
    assert names == ["R² (mean)", "RMSE u", "MAE u", "R² u", "RMSE v", "MAE v", "R² v"]


def test_labels_are_judged_together_and_resampled_by_example():
    torch.manual_seed(4)
    x = torch.randn(500, 3)
    y = (x + 0.5 * torch.randn(500, 3) > 0.3).float()
    case = case_of("multilabel", x, y, nn.Identity(), nn.functional.binary_cross_entropy_with_logits)
    found = judge(case)
    from sklearn.metrics import f1_score

    guess = (found["outputs"] > 0.5).astype(int)
    assert found["metrics"]["label F1"]["value"] == pytest.approx(f1_score(found["truth"], guess, average="micro"))
    assert found["metrics"]["share of labels right"]["value"] == (guess == found["truth"]).mean()
    # copies of a label bring no new evidence, so they must not narrow the interval
    many = merits.of_labels(found["outputs"].repeat(9, 1), found["truth"].repeat(9, 1), np.ones(27), 250)[0]
    one, nine = (m["share of labels right"] for m in (found["metrics"], many))
    assert nine["high"] - nine["low"] == pytest.approx(one["high"] - one["low"], rel=0.05)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_examples_is_judged_without_a_warning(n):
    x, y = torch.zeros(2 * n, 2), torch.zeros(2 * n, dtype=torch.long)
    case = case_of("classification", x, y, nn.Linear(2, 2), nn.functional.cross_entropy)
    assert judge(case)["metrics"]["accuracy"]["n"] == n
    case = case_of("regression", x, y[:, None].float(), nn.Linear(2, 1), nn.functional.mse_loss)
    assert judge(case)["metrics"]["RMSE"]["n"] == n


def test_at_most_draws_the_same_rows_every_time(classes):
    first, second = judge(classes, "train", at_most=50), judge(classes, "train", at_most=50)
    assert len(first["truth"]) == 50
    assert (first["rows"] == second["rows"]).all()
    assert (classes.data.train.y[first["rows"]].numpy() == first["truth"]).all()


def test_wilson_interval_holds_the_published_values():
    assert scores.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I
    assert scores.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_bootstrap_intervals_cover_the_true_figure_about_95_times_in_100():
    """200 samples of n = 80: RMSE of normal residuals, true value 1."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        truth = rng.normal(size=(80, 1)) * 2
        found, _ = merits.of_values(truth + rng.normal(size=(80, 1)), truth, np.zeros(1))
        held += found["RMSE"]["low"] <= 1 <= found["RMSE"]["high"]
    assert 0.89 <= held / 200 <= 0.985


def test_intervals_beyond_the_most_that_is_drawn_have_the_right_width():
    values = np.random.default_rng(0).normal(size=(80_000, 1))
    _, low, high = scores.spread(scores.means(values), 80_000)
    assert high[0] - low[0] == pytest.approx(2 * 1.96 / np.sqrt(80_000), rel=0.1)


def test_calibration_error_is_small_for_honest_and_large_for_boastful_confidence():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 4000)
    truth = (rng.random(4000) < p).astype(int)
    honest = merits.of_classes(np.stack([1 - p, p], 1), truth, np.array([1, 1]))[0]["calibration error"]
    q = np.full(4000, 0.99)
    boast = merits.of_classes(np.stack([1 - q, q], 1), truth, np.array([1, 1]))[0]["calibration error"]
    assert honest["value"] < 0.03
    assert honest["low"] < 0.01
    assert boast["low"] > 0.2


def test_some_of_the_tiles_are_those_of_whole_pictures():
    tiles = SimpleNamespace(picture=np.repeat(np.arange(10), 4))
    part = Split(torch.zeros(40, 1), torch.zeros(40, 1), np.arange(40))
    some, index = _some(part, 14, tiles)  # type: ignore[arg-type]
    assert len(some) == 12
    assert (np.bincount(tiles.picture[some.rows])[np.unique(tiles.picture[index])] == 4).all()
    assert len(_some(part, 2, tiles)[0]) == 4  # type: ignore[arg-type]
