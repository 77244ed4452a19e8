"""Build: networks of the shelf and of the user's own, first weights, loss, device; and what is refused, how."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wellfit.nouns.bins import bin_edges
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import NetworkError, RecipeError, ShelfError, WellfitError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build, initialise
from wellfit.verbs.build.weights import gain_of

COMPLETE = {
    "network.name": "dense",
    "network.widths": [16, 16],
    "network.activation": "relu",
    "network.init": "he",
    "network.dropout": 0.1,
    "network.norm": "none",
    "training.loss": "cross_entropy",
    "training.optimizer": "adamw",
    "training.lr": 1e-3,
    "training.l2": 0.0,
    "training.schedule": "cosine",
    "training.batch_size": 8,
    "training.epochs": 2,
    "training.patience": 0,
    "training.device": "cpu",
}
LOSSES = {"classification": "cross_entropy", "multilabel": "binary_cross_entropy", "regression": "mse"}
ACTIVATIONS = (nn.ReLU(), nn.LeakyReLU(), nn.Tanh(), nn.Sigmoid(), nn.GELU())


def data(task: str = "classification", shape_in=(6,), outputs: int = 3, n: int = 60) -> Data:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(n, *shape_in, generator=g)
    if task == "classification":
        y = torch.multinomial(torch.tensor([0.7, 0.2, *[0.1] * (outputs - 2)]), n, True, generator=g)
    else:
        y = torch.randn(n, outputs, generator=g)
        y = (y > 0.8).float() if task == "multilabel" else y
    split, names = Split(x, y, np.arange(n)), tuple("abcdefghij"[:outputs])
    classes = () if task == "regression" else names
    return Data(Raw("made", "array", x.numpy()), task, split, split, split, None, shape_in, (outputs,), classes)  # type: ignore[arg-type]


def recipe(task: str = "classification", **choices) -> Recipe:
    return Recipe.of(
        {**COMPLETE, "training.loss": LOSSES[task], **{k.replace("__", "."): v for k, v in choices.items()}}
    )


def built(task: str = "classification", network=None, shape_in=(6,), **choices) -> Case:
    return build(recipe(task, **choices), data(task, shape_in), network)


def weights(network: nn.Module) -> Tensor:
    return torch.cat([t.detach().flatten().float() for t in network.state_dict().values()])


def told(error: pytest.ExceptionInfo[WellfitError]) -> str:
    """The error's text, which must be three short lines without a trace of Python's own machinery."""
    text = str(error.value)
    assert len(text.splitlines()) == 3
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("task", LOSSES)
@pytest.mark.parametrize(("name", "shape_in"), [("dense", (6,)), ("conv", (1, 8, 8))])
def test_a_case_can_take_a_step(task: str, name: str, shape_in: tuple[int, ...]):
    case = built(task, shape_in=shape_in, network__name=name)
    x, y = case.data.train.x[:9], case.data.train.y[:9]
    case.loss(case.network(x), y).backward()
    assert case.network.training
    assert all(p.grad is not None for p in case.network.parameters())


def test_one_seed_gives_one_network_whatever_went_before_and_torchs_random_state_stays():
    first = built(network__init="orthogonal")
    torch.manual_seed(99)
    state = torch.get_rng_state()
    again, other = built(network__init="orthogonal"), built(network__init="orthogonal", training__seed=1)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(weights(first.network), weights(again.network))
    assert not torch.equal(weights(first.network), weights(other.network))
    embedded = [built(network__options={"embedding": "periodic"}) for _ in range(2)]
    assert torch.equal(weights(embedded[0].network), weights(embedded[1].network))


@pytest.mark.parametrize("init", ["he", "xavier", "constant_sigma", "zero", "orthogonal", "torch"])
def test_every_start_is_repeated_by_its_seed_leaves_norm_layers_and_puts_biases_to_nought(init: str):
    ends = []
    for _ in range(2):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2))
        torch.manual_seed(len(ends))
        state = torch.get_rng_state()
        initialise(network, init, 0.05, torch.Generator().manual_seed(7))
        assert torch.equal(state, torch.get_rng_state())
        assert (network[1].weight == 1).all()
        if init != "torch":
            assert not network[0].bias.any()
            assert not network[4].bias.any()
        ends.append(weights(network))
    assert torch.equal(*ends)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: type(a).__name__)
def test_he_draws_with_the_gain_of_the_activation_over_the_root_of_the_fan_in(activation: nn.Module):
    layer, conv, last = nn.Linear(400, 500), nn.Conv2d(40, 60, 3), nn.Linear(500, 300)
    initialise(nn.Sequential(layer, nn.BatchNorm1d(500), activation, nn.Dropout(), last, conv, activation), "he")
    gain = gain_of(activation)
    assert float(layer.weight.detach().std()) == pytest.approx(gain / 20, rel=0.02)
    assert float(conv.weight.detach().std()) == pytest.approx(gain / math.sqrt(360), rel=0.02)
    assert float(last.weight.detach().std()) == pytest.approx(1 / math.sqrt(500), rel=0.02)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.2), nn.GELU()], ids=lambda a: type(a).__name__)
def test_the_gain_keeps_the_size_of_what_passes_the_activation(activation: nn.Module):
    z = torch.randn(400_000, generator=torch.Generator().manual_seed(0))
    assert gain_of(activation) ** 2 * float(activation(z).square().mean()) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("init", ["he", "orthogonal"])
def test_activations_keep_their_scale_through_thirty_layers(init: str):
    layers = [m for _ in range(30) for m in (nn.Linear(200, 200), nn.ReLU())]
    network = nn.Sequential(*layers)
    initialise(network, init)
    with torch.no_grad():
        size = network(torch.randn(64, 200)).square().mean().sqrt()
    assert 0.2 < float(size) < 3


def test_xavier_orthogonal_constant_and_zero_are_what_they_say():
    layer = nn.Linear(120, 80)
    initialise(layer, "xavier")
    assert float(layer.weight.detach().abs().max()) <= math.sqrt(6 / 200)
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / 200), rel=0.02)
    initialise(layer, "orthogonal")
    torch.testing.assert_close(layer.weight @ layer.weight.T, torch.eye(80), atol=1e-5, rtol=0)
    initialise(layer, "constant_sigma", 0.3)
    assert float(layer.weight.detach().std()) == pytest.approx(0.3, rel=0.02)
    initialise(layer, "zero")
    assert not layer.weight.any()
    initialise(layer, "torch")
    assert float(layer.weight.detach().abs().max()) <= 1 / math.sqrt(120)
    assert layer.bias.any()
    with pytest.raises(RecipeError) as error:
        initialise(layer, "orthagonal")
    assert "write 'orthogonal'" in told(error)


def test_bins_take_their_edges_from_the_training_rows():
    case = built(network__options={"embedding": "piecewise", "bins": 4})
    put, x = case.network.embedding.encoding, case.data.train.x
    torch.testing.assert_close(put.low[:, 0], x.min(0).values)
    for low, edges in zip(put.low, bin_edges(x, case.data.train.y, 4), strict=True):
        assert set(low.tolist()) == set(edges[:-1].tolist())


class Net(nn.Module):
    def __init__(self, outputs: int = 3, squeeze: bool = False, inputs: int = 6):
        super().__init__()
        self.layer, self.squeeze = nn.Linear(inputs, outputs), squeeze

    def forward(self, x: Tensor) -> Tensor:
        out = self.layer(x)
        return out.squeeze(1) if self.squeeze else out


def test_a_module_of_ones_own_is_copied_and_keeps_its_weights():
    mine = Net()
    before = weights(mine).clone()
    case = built(network=mine)
    assert torch.equal(weights(case.network), before)
    with torch.no_grad():
        case.network.layer.weight.zero_()
    assert torch.equal(weights(mine), before)


@pytest.mark.parametrize("factory", [Net, lambda: Net(), lambda shape_in, shape_out: Net(*shape_out)])
def test_what_makes_a_network_is_called_with_the_shapes_or_with_nothing(factory):
    if factory is Net:  # takes two values, but not shapes: what is wrong is said
        with pytest.raises(NetworkError) as error:
            built(network=factory)
        assert "calling it for inputs (6,) and outputs (3,) failed" in told(error)
        return
    cases = [built(network=factory) for _ in range(2)]
    assert torch.equal(weights(cases[0].network), weights(cases[1].network))  # made under the recipe's seed


FILE = """
from torch import nn
from beside import WIDTH
made = nn.Linear(6, 3)
number = 3
def net(shape_in, shape_out, width=WIDTH):
    return nn.Sequential(nn.Linear(*shape_in, width), nn.ReLU(), nn.Linear(width, *shape_out))
def broken(shape_in, shape_out):
    raise KeyError("no weights there")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(FILE)
    (tmp_path / "beside.py").write_text("WIDTH = 5\n")
    (tmp_path / "faulty.py").write_text("import torch\n1 / 0\n")
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "beside", "faulty"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_network_is_named_by_file_or_module(folder: Path):
    for name in ("mine.py:net", f"{folder}/mine.py:net", "mine:net"):
        assert built(network__name=name).network[0].out_features == 5
    assert built(network__name="mine.py:net", network__options={"width": 9}).network[0].out_features == 9
    assert isinstance(built(network__name="mine.py:made").network, nn.Linear)
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mine.py:nett", ["mine.py defines no nett", "write mine.py:net"]),
        ("lost.py:net", ["there is no file lost.py"]),
        ("lost_module_here:net", ["No module named 'lost_module_here'"]),
        ("faulty.py:net", ["loading faulty.py fails: ZeroDivisionError: division by zero"]),
        ("mine.py:broken", ["KeyError: 'no weights there'"]),
        ("mine.py:number", ["a int"]),
        ("own:Net", ["handed in", "hand it in again"]),
        (":net", ["write module:factory"]),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(folder: Path, name: str, words: list[str]):
    with pytest.raises(NetworkError) as error:
        built(network__name=name)
    for word in words:
        assert word in told(error)


@pytest.mark.parametrize(
    ("task", "network", "words"),
    [
        (
            "classification",
            Net(4),
            ["[B, 3] for classification (3 classes)", "gives (3, 4) for 3 inputs", "have 3 outputs"],
        ),
        ("multilabel", Net(1), ["[B, 3] for multilabel (3 labels)", "gives (3, 1)"]),
        ("regression", Net(2), ["[B, 3] for regression (3 targets)", "gives (3, 2)"]),
        ("classification", nn.Identity(), ["gives (3, 6)"]),
        ("classification", nn.Sequential(nn.Linear(6, 3), nn.Unflatten(1, (3, 1))), ["(3, 3, 1)", "to 2 axes"]),
        ("classification", nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (6, 3))), ["keep the first axis"]),
        ("classification", nn.LSTM(6, 3), ["gives a tuple", "one tensor"]),
        (
            "classification",
            nn.Linear(5, 3),
            ["its forward fails", "mat1 and mat2 shapes cannot be multiplied", "[B, 6]"],
        ),
        ("classification", nn.Sequential(nn.Unflatten(0, (3, 1)), nn.Flatten(0, 1), nn.Linear(6, 3)), ["any number B"]),
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_their_shapes(task: str, network: nn.Module, words: list[str]):
    with pytest.raises(NetworkError) as error:
        built(task, network)
    for word in words:
        assert word in told(error)


def test_a_squeezed_output_is_refused_before_it_broadcasts():
    with pytest.raises(NetworkError) as error:
        build(recipe("regression"), data("regression", outputs=1), Net(1, squeeze=True))
    assert "leave out the squeeze" in told(error)


class Rounded(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).round().long()


class Faulty(Net):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("I want pictures")  # the line that the message names


def test_a_forward_that_fails_keeps_its_message_and_says_where():
    with pytest.raises(NetworkError) as error:
        built(network=Faulty())
    line = next(i for i, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "the line that" in text)
    assert f"its forward fails (test_build.py, line {line}, in forward): ValueError: I want pictures" in told(error)


def test_outputs_must_be_numbers_that_can_be_learnt():
    with pytest.raises(NetworkError) as error:
        built(network=Rounded())
    assert "of type torch.int64" in told(error)
    frozen = Net().requires_grad_(False)
    with pytest.raises(NetworkError) as error:
        built(network=frozen)
    assert "all 2 parameters are frozen" in told(error)
    with pytest.raises(NetworkError) as error:
        build(recipe(), data(shape_in=(3,)), nn.ReLU())
    assert "it has no parameters" in told(error)


def test_lazy_layers_find_their_sizes():
    case = built(network=nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(3)))
    assert case.network[0].weight.shape == (4, 6)


def test_a_module_that_cannot_be_copied_is_refused():
    mine = Net()
    mine.kept = mine.layer.weight * 2  # a computed tensor, as old code keeps them
    with pytest.raises(NetworkError) as error:
        built(network=mine)
    assert "computed tensors" in told(error)


@pytest.mark.parametrize(
    ("choices", "kind", "words"),
    [
        ({"network__name": "densse"}, ShelfError, ["write 'dense'"]),
        ({"network__name": "conv"}, NetworkError, ["takes pictures", "(6,)"]),
        ({"network__options": {"residuall": True}}, RecipeError, ["network.options.residuall", "write 'residual'"]),
        ({"network__options": {"widths": [3]}}, RecipeError, ["network.options.widths"]),
        ({"network__options": {"embedding": "waves"}}, NetworkError, ["'waves' is not known"]),
        ({"training__optimizer": "adamm"}, ShelfError, ["write 'adam"]),
        ({"training__schedule": "cosin"}, ShelfError, ["write 'cosine'"]),
        (
            {"training__loss": "mse"},
            RecipeError,
            ["for values; this data asks for classification", "cross_entropy"],
        ),
        ({"training__device": "gpu"}, RecipeError, ["training.device = 'gpu'", "cuda"]),
        ({"training__device": "cpu:3"}, RecipeError, ["cpu:3"]),
        ({"training__device": "meta"}, RecipeError, ["finds none"]),
        ({"training__class_weights": [1.0, 2.0]}, RecipeError, ["2 weights for 3 classes", "a, b, c"]),
        ({"training__lr": "auto", "network__widths": "auto"}, RecipeError, ["network.widths, training.lr left at"]),
    ],
)
def test_choices_that_do_not_fit_are_refused(choices: dict, kind: type[WellfitError], words: list[str]):
    with pytest.raises(kind) as error:
        built(**choices)
    for word in words:
        assert word in told(error)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused_and_auto_takes_what_is():
    for word in ("cuda", "cuda:1"):
        with pytest.raises(RecipeError) as error:
            built(training__device=word)
        assert f"PyTorch {torch.__version__}" in told(error)
    assert built(training__device="auto").device.type == "cpu"


@pytest.mark.parametrize("choice", [{"training__class_weights": "balanced"}, {"training__label_smoothing": 0.1}])
def test_a_regression_has_no_classes_to_weigh_or_smooth(choice: dict):
    with pytest.raises(RecipeError) as error:
        built("regression", **choice)
    assert "a regression has no" in told(error)


def test_balanced_classes_count_the_same():
    case = built(training__class_weights="balanced")
    counts = torch.bincount(case.data.train.y).float()
    assert len(set((case.loss.keywords["weight"] * counts).round(decimals=3).tolist())) == 1  # type: ignore[attr-defined]
    assert float((case.loss.keywords["weight"] * counts).sum()) == pytest.approx(len(case.data.train))  # type: ignore[attr-defined]
    case = built("multilabel", training__class_weights="balanced")
    there = case.data.train.y.sum(0)
    torch.testing.assert_close(case.loss.keywords["weight"] * there, len(case.data.train) - there)  # type: ignore[attr-defined]


def test_a_class_without_rows_does_not_break_the_weights():
    made = data(outputs=3)
    made.train.y.clamp_(max=1)
    case = build(recipe(training__class_weights="balanced"), made)
    weight = case.loss.keywords["weight"]  # type: ignore[attr-defined]
    assert weight.isfinite().all()
    counts = torch.bincount(made.train.y, minlength=3).float()
    assert float((weight * counts).sum()) == pytest.approx(len(made.train))


def test_given_weights_and_smoothing_reach_the_loss():
    case = built(training__class_weights=[1.0, 2.0, 4.0], training__label_smoothing=0.1)
    outputs, y = torch.randn(9, 3), case.data.train.y[:9]
    expected = nn.functional.cross_entropy(outputs, y, weight=torch.tensor([1.0, 2.0, 4.0]), label_smoothing=0.1)
    torch.testing.assert_close(case.loss(outputs, y), expected)


def test_a_recipe_with_a_network_of_ones_own_needs_no_sizes():
    open_choices = {"network.widths": "auto", "network.activation": "auto", "network.init": "auto"}
    assert build(Recipe.of(open_choices, recipe()), data(), Net()).network.training


@pytest.mark.parametrize("layer", [nn.ConvTranspose2d(48, 24, 4, 2), nn.ConvTranspose2d(48, 24, 3)])
def test_he_draws_transposed_convolutions_for_what_each_output_sees(layer: nn.ConvTranspose2d):
    initialise(nn.Sequential(layer), "he", generator=torch.Generator().manual_seed(0))
    x = torch.randn(8, 48, 12, 12, generator=torch.Generator().manual_seed(1))
    assert float(layer(x)[:, :, 4:-4, 4:-4].detach().std()) == pytest.approx(1, abs=0.05)
