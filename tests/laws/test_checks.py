"""Laws of the checks: each passes on healthy cases, fails on sabotaged ones, and leaves everything as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.faults import FAULTS
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.trial import chance

OF_TEXTS = {"causal"}  # looks at models of sequences alone; its sabotages are in tests/verbs/test_text.py
CHECKS = [word for word in shelf.names("checks") if word not in OF_TEXTS]
LOSSES = {"classification": "cross_entropy", "multilabel": "binary_cross_entropy", "regression": "mse"}
SHAPES = {"dense": (20,), "conv": (1, 8, 8)}
HEALTHY = [(kind, task) for kind in SHAPES for task in LOSSES]
N = 200


def make(kind: str, task: str, *, norm: bool = False, activation=nn.ReLU, init: bool = True) -> Case:
    """A healthy case: three outputs that depend on the inputs, a network of two hidden layers with He's weights."""
    torch.manual_seed(7)
    shape = SHAPES[kind]
    x = torch.randn(N, *shape)
    if kind == "conv":  # neighbours alike, as in pictures
        x = 3 * functional.avg_pool2d(x, 3, 1, 1)
    z = x.flatten(1) @ torch.randn(x[0].numel(), 3) / x[0].numel() ** 0.5
    z = (z - z.mean(0)) / z.std(0)
    y = {"classification": z.argmax(1), "multilabel": (z > 0).float(), "regression": z}[task]
    split = Split(x, y, np.arange(N))
    classes = () if task == "regression" else ("a", "b", "c")
    data = Data(Raw("made", "array", x.numpy()), task, split, split, split, None, shape, (3,), classes)  # type: ignore[arg-type]
    if kind == "dense":
        layers = [nn.Flatten(), nn.Linear(20, 64), nn.BatchNorm1d(64) if norm else nn.Identity(), activation()]
        layers += [nn.Dropout(0.3), nn.Linear(64, 64), activation(), nn.Linear(64, 3)]
    else:
        layers = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8) if norm else nn.Identity(), activation()]
        layers += [nn.MaxPool2d(2), nn.Conv2d(8, 24, 3, padding=1), activation(), nn.Dropout(0.3)]
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 3)]
    network = nn.Sequential(*layers)
    for layer in network:
        if init and isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    choices = {"training.loss": LOSSES[task], "training.batch_size": 32, "training.epochs": 5}
    loss = partial(shelf.get("losses", LOSSES[task]), weight=None, label_smoothing=0.0)
    return Case(Recipe.of(choices), data, network, loss, torch.device("cpu"))


def check(word: str, case: Case) -> Finding:
    function = shelf.get("checks", word)
    return function(case, within_s=30.0) if "within_s" in shelf.needs(function) else function(case)


class Around(nn.Module):
    """A network used in another way: forward(x) = f(network, x)."""

    def __init__(self, network: nn.Module, f: Callable[[nn.Module, Tensor], Tensor]):
        super().__init__()
        self.network, self.f = network, f

    def forward(self, x: Tensor) -> Tensor:
        return self.f(self.network, x)


# Sabotages: (case) -> what somebody once did to it.


def around(f: Callable[[nn.Module, Tensor], Tensor]) -> Callable[[Case], Case]:
    return lambda case: replace(case, network=Around(case.network, f))


def weights(change: Callable[[nn.Parameter], object], which: Callable[[str], bool] = lambda name: True):
    def sabotage(case: Case) -> Case:
        for name, parameter in case.network.named_parameters():
            if which(name):
                change(parameter)
        return case

    return sabotage


def rows(x: Callable[[Tensor], Tensor] = lambda x: x, y: Callable[[Tensor], Tensor] = lambda y: y):
    def sabotage(case: Case) -> Case:
        train = case.data.train
        return replace(case, data=replace(case.data, train=Split(x(train.x), y(train.y), train.rows)))

    return sabotage


def one_nan(x: Tensor) -> Tensor:
    x = x.clone()
    x.view(-1)[17] = torch.nan
    return x


def many_nan(x: Tensor) -> Tensor:
    return torch.where(torch.rand_like(x) > 0.9, torch.nan, x)


def scrambled(network: nn.Module, x: Tensor) -> Tensor:
    return network(x.flatten(1).reshape(-1, len(x)).T.reshape(x.shape))


def spare(case: Case) -> Case:
    network = Around(case.network, lambda network, x: network(x))
    network.spare = nn.Linear(2, 2)
    return replace(case, network=network)


def sharp(case: Case) -> Case:
    case.network[3 if isinstance(case.network[3], nn.ReLU) else 2] = nn.Tanh()
    return weights(lambda p: p.data.mul_(15), lambda name: name in ("0.weight", "1.weight"))(case)


def cut(network: nn.Module, x: Tensor) -> Tensor:
    return network[4:](network[:4](x).detach())


zero = weights(nn.init.zeros_)
constant = weights(lambda p: nn.init.constant_(p, 0.1))
large = weights(lambda p: p.data.mul_(40))
drowned = weights(lambda p: p.data.sub_(1e3), lambda name: name.endswith(("1.bias", "0.bias")))
detached = around(lambda network, x: network(x).detach())
blind = around(lambda network, x: network(torch.zeros_like(x)))
huge, faint = rows(x=lambda x: 1e4 * x), rows(x=lambda x: 1e-4 * x)

ALL = tuple(LOSSES)
LABELS = ("classification", "multilabel")
SABOTAGES = [
    # check, sabotage, its name, the faults that name it rightly, the tasks it is one for
    ("first_loss", huge, "huge inputs", {"inputs-unscaled"}, ALL),
    ("first_loss", large, "large weights", {"init-unsuitable"}, ALL),
    ("first_loss", rows(x=many_nan), "many NaN", {"data-nonfinite"}, ALL),
    (
        "first_loss",
        lambda c: replace(c, loss=lambda o, t: len(o) * c.loss(o, t)),
        "summed loss",
        {"loss-scale"},
        ALL,
    ),
    ("tiny_batch", zero, "zero weights", {"init-unsuitable"}, ALL),
    ("tiny_batch", constant, "equal weights", {"init-unsuitable"}, ALL[1:]),
    ("tiny_batch", detached, "detached outputs", {"graph-detached"}, ALL),
    ("tiny_batch", faint, "faint inputs", {"inputs-unscaled"}, ALL),
    ("tiny_batch", rows(x=many_nan), "many NaN", {"data-nonfinite"}, ALL),
    ("tiny_batch", around(lambda n, x: n(x).relu()), "relu at the end", {"output-activation-unsuitable"}, ALL[1:]),
    ("tiny_batch", around(lambda n, x: n(x).softmax(1)), "softmax at the end", {"output-activation-unsuitable"}, ALL),
    ("tiny_batch", around(lambda n, x: n(x).sigmoid()), "sigmoid at the end", {"output-activation-unsuitable"}, ALL),
    ("own_example", around(lambda n, x: n(x).softmax(0)), "softmax over the batch", {"dimension-wrong"}, ALL),
    ("own_example", around(lambda n, x: n(x) - n(x).mean(0).detach()), "mean taken off", {"dimension-wrong"}, ALL),
    ("own_example", around(scrambled), "view for permute", {"layout-scrambled"}, ALL),
    ("inputs_matter", blind, "inputs zeroed", {"graph-detached"}, ALL),
    ("inputs_matter", zero, "zero weights", {"init-unsuitable"}, ALL),
    ("inputs_matter", drowned, "dead units", {"graph-detached", "activation-unsuitable"}, ALL),
    ("inputs_matter", rows(x=torch.ones_like), "constant inputs", {"inputs-unscaled"}, ALL),
    ("gradients_reach", detached, "detached outputs", {"graph-detached"}, ALL),
    ("gradients_reach", around(cut), "detached in the middle", {"graph-detached"}, ALL),
    ("gradients_reach", zero, "zero weights", {"init-unsuitable"}, ALL),
    ("gradients_reach", constant, "equal weights", {"init-unsuitable"}, ALL),
    ("gradients_reach", drowned, "dead units", {"activation-unsuitable"}, ALL),
    ("gradients_reach", rows(x=many_nan), "many NaN", {"data-nonfinite"}, ALL),
    ("gradients_reach", spare, "unused layer", {"parameters-missing"}, ALL),
    ("scale_kept", drowned, "dead units", {"activation-unsuitable"}, ALL),
    ("scale_kept", sharp, "saturated tanh", {"init-unsuitable", "activation-unsuitable"}, ALL),
    ("scale_kept", around(cut), "detached in the middle", {"graph-detached"}, ALL),
    ("scale_kept", rows(x=many_nan), "many NaN", {"data-nonfinite"}, ALL),
    ("scale_kept", weights(lambda p: p.data.mul_(1e-3)), "faint weights", {"init-unsuitable"}, ALL),
    ("inputs_finite", rows(x=one_nan), "one NaN", {"data-nonfinite"}, ALL),
    ("inputs_finite", rows(y=one_nan), "one NaN target", {"data-nonfinite"}, ("regression",)),
    ("inputs_finite", rows(x=torch.ones_like), "constant inputs", {"inputs-unscaled"}, ALL),
    ("inputs_finite", huge, "huge inputs", {"inputs-unscaled"}, ALL),
    ("inputs_finite", faint, "faint inputs", {"inputs-unscaled"}, ALL),
    ("inputs_finite", rows(y=lambda y: 1e5 * y), "huge targets", {"targets-unscaled"}, ("regression",)),
    ("inputs_finite", rows(y=lambda y: y + 1), "labels from 1", {"labels-encoding"}, LABELS),
]
TABLE = [
    pytest.param(word, kind, task, sabotage, faults, id=f"{word}-{kind}-{task}-{name.replace(' ', '_')}")
    for word, sabotage, name, faults, tasks in SABOTAGES
    for kind in SHAPES
    for task in (tasks if kind == "dense" or word != "tiny_batch" else tasks[-1:])  # trials of pictures take longer
]


@pytest.mark.parametrize("word", CHECKS)
def test_every_check_has_a_sabotage_that_it_must_find(word: str):
    assert any(row[0] == word for row in SABOTAGES), f"write a sabotage for {word}"


@pytest.mark.parametrize(("kind", "task"), HEALTHY)
@pytest.mark.parametrize("word", CHECKS)
def test_check_passes_on_a_healthy_case(word: str, kind: str, task: str):
    found = check(word, make(kind, task))
    assert (found.severity, found.fault) == ("ok", word.replace("_", "-")), found
    assert found.stage == "check"


class Beside(nn.Module):
    """A network, and added to it a linear map of its inputs that begins at 0 (wide and deep; adapters begin so, too)."""

    def __init__(self, network: nn.Module, size: int):
        super().__init__()
        self.beside, self.network = nn.Linear(size, 3), network
        nn.init.zeros_(self.beside.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.beside(x.flatten(1)) + self.network(x)


def with_beside(kind: str) -> Case:
    case = make(kind, "classification")
    return replace(case, network=Beside(case.network, int(np.prod(SHAPES[kind]))))


VARIANTS = {
    "a branch that starts at zero comes first": with_beside,
    "batch norm": lambda kind: make(kind, "classification", norm=True),
    "tanh": lambda kind: make(kind, "regression", activation=nn.Tanh, init=False),
    "sigmoid": lambda kind: make(kind, "multilabel", activation=nn.Sigmoid, init=False),
    "gelu": lambda kind: make(kind, "classification", activation=nn.GELU, init=False),
    "last layer starts at zero": lambda kind: weights(nn.init.zeros_, lambda n: n.startswith(("7", "9")))(
        make(kind, "classification")
    ),
    "every input twice, with another label": lambda kind: rows(
        x=lambda x: x.repeat_interleave(2, 0)[:N],
        y=lambda y: y.repeat_interleave(2).view(-1, 2)[: N // 2].add(torch.tensor([0, 1])).remainder(3).flatten(),
    )(make(kind, "classification")),
}


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("word", CHECKS)
def test_check_passes_on_other_healthy_cases(word: str, variant: str, kind: str):
    found = check(word, VARIANTS[variant](kind))
    if variant.startswith("every input twice") and word == "inputs_matter":
        assert found.severity in ("ok", "info"), found  # half of each label is chance
    else:
        assert found.severity == "ok", found


@pytest.mark.parametrize(("word", "kind", "task", "sabotage", "faults"), TABLE)
def test_check_fails_on_its_sabotaged_case(word: str, kind: str, task: str, sabotage, faults: set[str]):
    case = sabotage(make(kind, task))
    found = check(word, case)
    assert found.severity in ("warning", "error"), found
    assert found.fault in faults, found
    assert found.fault in FAULTS
    assert found.remedy
    assert found.readings or "0 of" in found.evidence
    assert found.source
    assert any(c.isdigit() for c in found.evidence + found.summary)
    if found.change:
        Recipe.of(found.change, case.recipe)  # a cure that a recipe takes


def state_of(case: Case) -> dict[str, object]:
    """All that a check must leave as it was, by name."""
    network = case.network
    return {
        "weights": {n: t.clone() for n, t in network.state_dict().items()},
        "gradients": [None if p.grad is None else p.grad.clone() for p in network.parameters()],
        "trainable": [p.requires_grad for p in network.parameters()],
        "modes": [m.training for m in network.modules()],
        "hooks": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules()),
        "inputs": case.data.train.x.clone(),
        "targets": case.data.train.y.clone(),
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state()[1],
        "python": random.getstate(),
        "gradients on": torch.is_grad_enabled(),
    }


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return bool((a == b).all())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize("harm", [lambda case: case, zero, large], ids=["healthy", "zero weights", "large weights"])
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("word", CHECKS)
def test_check_leaves_weights_gradients_mode_and_random_states(word: str, kind: str, harm):
    case = harm(make(kind, "classification", norm=True))
    case.network[1].eval()
    next(case.network.parameters()).grad = torch.ones_like(next(case.network.parameters()))
    before = state_of(case)
    check(word, case)
    after = state_of(case)
    for name in before:
        assert same(before[name], after[name]), name


@pytest.mark.parametrize("word", CHECKS)
def test_check_says_the_same_twice(word: str):
    first, second = (check(word, make("dense", "classification")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("word", CHECKS)
def test_check_takes_one_example_and_odd_batches(word: str):
    case = make("dense", "regression")
    one = Split(case.data.train.x[:1], case.data.train.y[:1], case.data.train.rows[:1])
    found = check(word, replace(case, data=replace(case.data, train=one)))
    assert found.stage == "check"


@pytest.mark.parametrize("word", ["tiny_batch", "inputs_matter"])
def test_a_check_that_is_cut_short_says_so_and_accuses_nobody(word: str):
    found = shelf.get("checks", word)(make("conv", "regression"), within_s=0.0)
    assert found.severity == "info"
    assert "Cut short" in found.summary


def test_a_layer_that_starts_at_zero_on_purpose_is_no_fault_however_little_time_there_is():
    case = make("dense", "classification")
    last = [m for m in case.network.modules() if isinstance(m, nn.Linear)][-1]
    nn.init.zeros_(last.weight)  # no gradient comes past it before the first step
    assert shelf.get("checks", "gradients_reach")(case, within_s=0.0).severity == "ok"


def test_inputs_that_tell_nothing_are_no_fault_of_the_network():
    case = make("dense", "regression")
    noise = torch.randn(N, 3, generator=torch.Generator().manual_seed(1))
    blurred = rows(x=lambda x: x[:, :1].expand(-1, 20).contiguous(), y=lambda y: noise)(case)
    found = check("inputs_matter", replace(blurred, network=nn.Linear(20, 3)))
    assert found.severity == "info"
    assert "nothing measurable" in found.summary


def test_frozen_parameters_are_worth_knowing_and_no_more():
    case = make("dense", "classification")
    case.network[1].weight.requires_grad_(False)
    found = check("gradients_reach", case)
    assert (found.severity, found.fault) == ("info", "gradients-reach")
    assert "frozen" in found.summary


def test_a_network_too_small_is_a_warning_with_its_proof():
    case = make("dense", "regression")
    found = check("tiny_batch", replace(case, network=nn.Linear(20, 3, bias=False).requires_grad_(True)))
    small = nn.Sequential(nn.Linear(20, 1), nn.Linear(1, 3))
    assert found.severity == "ok"  # 20 weights an output for 16 examples
    found = check("tiny_batch", replace(case, network=small))
    assert (found.severity, found.fault) == ("warning", "capacity-too-small"), found


def test_batch_norm_mixes_the_batch_and_is_not_blamed():
    found = check("own_example", make("conv", "classification", norm=True))
    assert found.severity == "ok"
    assert "batch-norm" in found.summary


def test_first_loss_names_what_to_expect():
    found = check("first_loss", make("dense", "classification"))
    assert "ln 3" in found.evidence
    assert [r.name for r in found.readings] == ["first_loss", "chance_loss"]


def test_first_loss_asks_no_more_of_unbalanced_classes_than_ln_c():
    case = make("dense", "classification", init=False)
    rare = rows(y=lambda y: (torch.arange(len(y)) % 50 == 0).long())(case)
    found = check("first_loss", rare)
    assert found.severity == "ok"
    assert found.readings[1].value < 0.2


def test_first_loss_ignores_label_smoothing_and_heeds_class_weights():
    case = make("dense", "classification")
    weight = torch.tensor([1.0, 1.0, 10.0])
    smooth = partial(shelf.get("losses", "cross_entropy"), weight=None, label_smoothing=0.3)
    assert check("first_loss", replace(case, loss=smooth)) == check("first_loss", case)
    weighted = partial(shelf.get("losses", "cross_entropy"), weight=weight, label_smoothing=0.0)
    assert check("first_loss", replace(case, loss=weighted)).readings[1] != check("first_loss", case).readings[1]


@pytest.mark.parametrize("task", LOSSES)
@pytest.mark.parametrize("init", [nn.init.kaiming_normal_, nn.init.xavier_normal_, nn.init.orthogonal_])
def test_limits_hold_for_healthy_networks_of_many_shapes(task: str, init):
    case = make("dense", task)
    for depth in (0, 1, 2, 4):
        for width in (8, 32, 128):
            for activation in (nn.ReLU, nn.Tanh, nn.GELU):
                sizes = [20] + [width] * depth
                layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), activation())]
                network = nn.Sequential(*layers, nn.Linear(sizes[-1], 3))
                weights(init, lambda name: name.endswith("weight"))(replace(case, network=network))
                weights(nn.init.zeros_, lambda name: name.endswith("bias"))(replace(case, network=network))
                for word in ("first_loss", "scale_kept"):
                    found = check(word, replace(case, network=network))
                    assert found.severity == "ok", (depth, width, activation, found)


def test_a_network_that_knows_the_answers_already_is_told_apart():
    case = make("dense", "regression")
    w = torch.linalg.lstsq(case.data.train.x, case.data.train.y).solution
    found = check("first_loss", replace(case, network=Around(nn.Linear(1, 1), lambda network, x: x @ w)))
    assert (found.severity, found.fault) == ("info", "data-leak")


@pytest.mark.parametrize("task", LOSSES)
def test_chance_of_a_loss_that_gives_none_is_found_by_descent(task: str):
    case = make("dense", task)
    y = case.data.train.y
    foreign = replace(case, recipe=Recipe.of({"training.loss": "somebody_elses"}))
    assert chance(foreign, y) == pytest.approx(chance(case, y), rel=1e-3)


def test_units_of_functional_activations_that_all_die_are_found():
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(20, 32), nn.Linear(32, 3)
            nn.init.constant_(self.a.bias, -1e3)

        def forward(self, x: Tensor) -> Tensor:
            return self.b(functional.relu(self.a(x)))

    case = replace(make("dense", "classification"), network=Functional())
    assert check("gradients_reach", case).fault == "activation-unsuitable"
    assert check("inputs_matter", case).severity == "error"


@pytest.mark.parametrize("word", CHECKS)
def test_check_takes_in_place_activations_and_shared_layers(word: str):
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last, self.relu = nn.Linear(20, 32), nn.Linear(32, 3), nn.ReLU(inplace=True)
            self.middle = nn.Linear(32, 32)

        def forward(self, x: Tensor) -> Tensor:
            h = self.relu(self.first(x))
            h = h + self.relu(self.middle(h))
            return self.last(self.relu(self.middle(h)))

    torch.manual_seed(0)
    assert check(word, replace(make("dense", "classification"), network=Shared())).severity == "ok"
