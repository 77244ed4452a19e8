"""Laws of the probes: each equals a slow, obvious twin and leaves everything as it was."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.step import Step

PROBES = shelf.names("probes")


def dense() -> tuple[nn.Module, Tensor]:
    layers = [nn.Linear(5, 7), nn.ReLU(), nn.Dropout(0.3), nn.Linear(7, 4), nn.Tanh(), nn.Linear(4, 3), nn.Sigmoid()]
    return nn.Sequential(*layers), torch.randn(6, 5)


def conv() -> tuple[nn.Module, Tensor]:
    layers = [nn.Conv2d(2, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(32, 3)), torch.randn(3, 2, 4, 4)


def sequence() -> tuple[nn.Module, Tensor]:
    return nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.LayerNorm(16), nn.Linear(16, 3)), torch.randn(4, 9, 5)


def dead() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    nn.init.constant_(network[0].bias, -100.0)
    return network, x


def saturated() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    return network, 1e3 * x


def poisoned() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    with torch.no_grad():
        network[0].weight[0, 0] = float("nan")
        network[5].bias[1] = float("inf")
    return network, x


def zero() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    return network, x


def lone() -> tuple[nn.Module, Tensor]:
    return nn.Linear(5, 3), torch.randn(6, 5)


def frozen() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    network[0].requires_grad_(False)
    return network, x


def two_precisions() -> tuple[nn.Module, Tensor]:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(5, 4), nn.Linear(4, 3).double()

        def forward(self, x: Tensor) -> Tensor:
            return self.b(torch.relu(self.a(x)).double())

    return Mixed(), torch.randn(6, 5)


def half() -> tuple[nn.Module, Tensor]:
    network, x = dense()
    return network.bfloat16(), x.bfloat16()


def sparse() -> tuple[nn.Module, Tensor]:
    return nn.Sequential(nn.Embedding(9, 4, sparse=True), nn.Linear(4, 3)), torch.randint(9, (6,))


MAKERS = (dense, conv, sequence, dead, saturated, poisoned, zero, lone, frozen, two_precisions, half, sparse)


def step_of(make, *, empty: bool = False) -> Step:
    """The moment of a step of this network, with what its layers gave and its weights one update ago."""
    torch.manual_seed(1)
    network, x = make()
    before = {n: p.detach() + 0.01 * torch.randn_like(p) for n, p in network.named_parameters()}
    seen: dict[str, Tensor] = {}
    leaves = [(n or "network", m) for n, m in network.named_modules() if not list(m.children())]
    hooks = [m.register_forward_hook(lambda m, i, o, n=n: seen.__setitem__(n, o.detach().clone())) for n, m in leaves]
    outputs = network(x)
    for hook in hooks:
        hook.remove()
    loss = outputs.float().square().mean()
    loss.backward()
    if empty:
        seen = {n: a[:0] for n, a in seen.items()}
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    return Step(7, 0.5, network, optimizer, x, None, outputs, loss, activations=seen, weights_before=before)


# Slow, obvious twins: loops over numbers in float64.


def numbers(t: Tensor) -> np.ndarray:
    return t.detach().to_dense().double().numpy()


def owners(network: nn.Module):
    for name, module in network.named_modules():
        own = dict(module.named_parameters(recurse=False))
        if own:
            yield name or "network", {(f"{name}.{k}" if name else k): p for k, p in own.items()}


def length(arrays) -> float:
    return math.sqrt(sum(float(np.square(a).sum()) for a in arrays))


def slow_loss(step: Step):
    return float(numbers(step.loss))


def slow_grad_norm(step: Step):
    grads = {layer: [p.grad for p in own.values() if p.grad is not None] for layer, own in owners(step.network)}
    return {layer: length(numbers(g) for g in found) for layer, found in grads.items() if found}


def slow_weight_norm(step: Step):
    return {layer: length(numbers(p) for p in own.values()) for layer, own in owners(step.network)}


def slow_update_ratio(step: Step):
    found = {}
    for layer, own in owners(step.network):
        now = [numbers(p) for p in own.values()]
        then = [numbers(step.weights_before[n]) for n in own]
        size = np.maximum(length(now), length(then))  # NaN stays NaN
        with np.errstate(invalid="ignore"):
            found[layer] = length(a - b for a, b in zip(now, then)) / size if size else 0.0
    return found


def slow_activation_mean(step: Step):
    return {n: float(np.mean(numbers(a))) if a.numel() else math.nan for n, a in step.activations.items()}


def slow_activation_std(step: Step):
    return {n: float(np.std(numbers(a))) if a.numel() else math.nan for n, a in step.activations.items()}


def slow_dead_frac(step: Step):
    found = {}
    for name, activation in step.activations.items():
        if isinstance(step.network.get_submodule(name if name != "network" else ""), nn.ReLU):
            a = numbers(activation)
            if a.ndim == 3:  # [B, T, F] after a linear layer: its units are features
                a = a.transpose(0, 2, 1)
            units = [bool((a[:, u] == 0).all()) for u in range(a.shape[1])]
            found[name] = sum(units) / len(units) if a.size else math.nan
    return found


def slow_saturated_frac(step: Step):
    found = {}
    for name, activation in step.activations.items():
        module = step.network.get_submodule(name if name != "network" else "")
        low = {nn.Tanh: -1.0, nn.Sigmoid: 0.0}.get(type(module))
        if low is not None:
            edge = 0.01 * (1 - low)
            near = [v < low + edge or v > 1 - edge for v in numbers(activation).ravel()]
            found[name] = sum(near) / len(near) if near else math.nan
    return found


TWINS = {
    "loss": slow_loss,
    "grad_norm": slow_grad_norm,
    "weight_norm": slow_weight_norm,
    "update_ratio": slow_update_ratio,
    "activation_mean": slow_activation_mean,
    "activation_std": slow_activation_std,
    "dead_frac": slow_dead_frac,
    "saturated_frac": slow_saturated_frac,
}


def alike(found, expected, tolerance: float) -> None:
    if not isinstance(expected, dict):
        found, expected = {"": found}, {"": expected}
    assert found.keys() == expected.keys()
    for layer in expected:
        assert found[layer] == pytest.approx(expected[layer], rel=tolerance, abs=tolerance, nan_ok=True), layer


@pytest.mark.parametrize("word", PROBES)
def test_every_probe_has_a_twin_a_unit_and_a_price(word: str):
    assert word in TWINS, f"write a slow twin of {word}"
    loaded = shelf.module("probes", word)
    assert isinstance(loaded.UNIT, str)
    assert loaded.PRICE


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("word", PROBES)
def test_probe_equals_its_slow_twin(word: str, make):
    step = step_of(make)
    alike(shelf.get("probes", word)(step), TWINS[word](step), 1e-4)


@pytest.mark.parametrize("word", PROBES)
def test_probe_takes_activations_of_no_examples(word: str):
    step = step_of(conv, empty=True)
    alike(shelf.get("probes", word)(step), TWINS[word](step), 1e-4)


@pytest.mark.parametrize("word", PROBES)
def test_probe_gives_plain_floats(word: str):
    found = shelf.get("probes", word)(step_of(dense))
    assert all(type(v) is float for v in (found.values() if isinstance(found, dict) else [found]))


@pytest.mark.parametrize("word", sorted(set(PROBES) - {"loss"}))
def test_probe_has_nothing_to_say_of_a_network_without_layers_it_knows(word: str):
    x = torch.randn(2, 3, requires_grad=True)
    network, loss = nn.Identity(), x.sum()
    step = Step(0, 0.0, network, None, x, None, x, loss, activations={"network": x.detach()})  # type: ignore[arg-type]
    found = shelf.get("probes", word)(step)
    assert set(found) == ({"network"} if word.startswith("activation") else set())


@pytest.mark.parametrize("word", ["activation_mean", "activation_std", "saturated_frac"])
def test_probe_measures_a_large_activation_by_its_first_examples(word: str):
    step, seen = step_of(dense), torch.randn(300, 4000).tanh()
    step.activations = {"4": seen}
    found = shelf.get("probes", word)(step)
    step.activations = {"4": seen[:65]}  # 2**18 numbers at most
    alike(found, TWINS[word](step), 1e-4)


def test_update_ratio_is_empty_where_the_weights_before_are_unknown():
    step = step_of(dense)
    step.weights_before = {}
    assert shelf.get("probes", "update_ratio")(step) == {}


def test_update_ratio_of_layers_that_start_at_zero_is_finite():
    step = step_of(dense)
    step.weights_before = {n: torch.zeros_like(p) for n, p in step.network.named_parameters()}
    found = shelf.get("probes", "update_ratio")(step)
    assert found == pytest.approx(dict.fromkeys(("0", "3", "5"), 1.0))


def test_dead_units_are_found():
    assert shelf.get("probes", "dead_frac")(step_of(dead)) == {"1": 1.0}


def test_saturated_units_are_found():
    assert shelf.get("probes", "saturated_frac")(step_of(saturated))["4"] > 0.9


@pytest.mark.parametrize("make", [dense, conv, poisoned, half])
@pytest.mark.parametrize("word", PROBES)
def test_probe_leaves_weights_gradients_mode_and_random_state(word: str, make):
    step = step_of(make)
    step.network[1].eval()
    kept = {
        "state": copy.deepcopy(step.network.state_dict()),
        "grads": {n: p.grad.clone() for n, p in step.network.named_parameters()},
        "seen": {n: a.clone() for n, a in step.activations.items()},
        "before": {n: a.clone() for n, a in step.weights_before.items()},
    }
    modes, random = [m.training for m in step.network.modules()], torch.get_rng_state()
    shelf.get("probes", word)(step)
    now = {
        "state": step.network.state_dict(),
        "grads": {n: p.grad for n, p in step.network.named_parameters()},
        "seen": step.activations,
        "before": step.weights_before,
    }
    for what, tensors in kept.items():
        for name, tensor in tensors.items():
            assert torch.equal(now[what][name].nan_to_num(-1.5), tensor.nan_to_num(-1.5)), (what, name)
    assert [m.training for m in step.network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), random)
