"""Laws of every optimizer: descends, equals its formula step by step, and pulls weights as l2 says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf

OPTIMIZERS = shelf.names("optimizers")
LR, MOMENTUM, L2 = 0.05, 0.9, 0.1
Twin = Callable[[Tensor, list[Tensor], float], Tensor]  # (weights, gradients so far, l2) -> weights after the step


def made(word: str, parameters, lr: float = LR, momentum: float = MOMENTUM, l2: float = 0.0) -> torch.optim.Optimizer:
    return shelf.get("optimizers", word)(parameters, lr, momentum=momentum, l2=l2)


def velocity(gs: list[Tensor]) -> Tensor:
    return torch.stack([g * MOMENTUM ** (len(gs) - 1 - i) for i, g in enumerate(gs)]).sum(0)


def decayed(gs: list[Tensor], beta: float) -> Tensor:
    return torch.stack([(1 - beta) * g * beta ** (len(gs) - 1 - i) for i, g in enumerate(gs)]).sum(0)


def adam(w: Tensor, gs: list[Tensor], l2: float) -> Tensor:
    t = len(gs)
    m, s = decayed(gs, MOMENTUM) / (1 - MOMENTUM**t), decayed([g**2 for g in gs], 0.999) / (1 - 0.999**t)
    return w - LR * m / (s.sqrt() + 1e-8)


def rmsprop(w: Tensor, gs: list[Tensor], l2: float) -> Tensor:
    scaled = [g / (decayed([h**2 for h in gs[: i + 1]], 0.99).sqrt() + 1e-8) for i, g in enumerate(gs)]
    return w - LR * velocity(scaled)


TWINS: dict[str, Twin] = {
    "sgd": lambda w, gs, l2: w - LR * gs[-1],
    "momentum": lambda w, gs, l2: w - LR * velocity(gs),
    "nesterov": lambda w, gs, l2: w - LR * (gs[-1] + MOMENTUM * velocity(gs)),
    "adagrad": lambda w, gs, l2: w - LR * gs[-1] / (torch.stack(gs).square().sum(0).sqrt() + 1e-10),
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": lambda w, gs, l2: adam(w * (1 - LR * l2), gs, l2),
}


def quadratic(w: Tensor) -> Tensor:
    return (torch.tensor([[1.0, 0.1, 3.0]], dtype=w.dtype) * (w - 1) ** 2).sum()


@pytest.mark.parametrize("word", TWINS)
@pytest.mark.parametrize("l2", [0.0, L2])
def test_it_equals_its_formula_step_by_step(word: str, l2: float):
    w = torch.tensor([[0.5, -2.0, 3.0]], dtype=torch.float64, requires_grad=True)
    twin, gradients, optimizer = w.detach().clone(), [], made(word, [w], l2=l2)
    for _ in range(6):
        optimizer.zero_grad()
        quadratic(w).backward()
        slow = twin.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(quadratic(slow), slow)
        gradients.append(gradient if word == "adamw" else gradient + l2 * twin)
        twin = TWINS[word](twin, gradients, l2)
        optimizer.step()
        torch.testing.assert_close(w.detach(), twin, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_it_descends_a_quadratic(word: str):
    w = torch.tensor([[0.5, -2.0, 3.0]], requires_grad=True)
    optimizer, first = made(word, [w]), float(quadratic(w.detach()))
    for _ in range(300):
        optimizer.zero_grad()
        quadratic(w).backward()
        optimizer.step()
    assert float(quadratic(w.detach())) < 0.2 * first


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_l2_pulls_weights_and_leaves_biases_and_norm_layers_alone(word: str):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    before = {k: p.detach().clone() for k, p in network.named_parameters()}
    optimizer = made(word, network.parameters(), lr=1e-4, l2=L2)
    for p in network.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for key, p in network.named_parameters():
        if p.ndim > 1:
            assert (p.abs() < before[key].abs()).all(), key
        else:
            assert torch.equal(p, before[key]), key


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_one_kernel_for_all_parameters_gives_what_a_loop_over_them_gives(word: str):
    torch.manual_seed(0)
    networks = [nn.Sequential(nn.Conv2d(2, 3, 3), nn.GELU(), nn.Flatten(), nn.Linear(12, 2)) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    one, loop = (made(word, network.parameters(), l2=L2) for network in networks)
    for group in loop.param_groups:
        group |= {"foreach": False} | ({"fused": False} if "fused" in group else {})
    x = torch.randn(5, 2, 4, 4)
    for _ in range(4):
        for network, optimizer in zip(networks, (one, loop)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    for a, b in zip(networks[0].parameters(), networks[1].parameters()):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_frozen_parameters_and_rates_of_zero_stay(word: str):
    w, frozen = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2)
    optimizer = made(word, [w, frozen], lr=0.0)
    w.sum().backward()
    optimizer.step()
    assert torch.equal(w.detach(), torch.ones(2, 2))
    assert sum(len(g["params"]) for g in optimizer.param_groups) == 1


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_weights_with_channels_last_in_memory_are_trained_alike_after_a_reload(word: str):
    """A kernel that walks memory side by side would pair weights with another one's state."""
    torch.manual_seed(0)
    start, x = nn.Conv2d(3, 4, 3).state_dict(), torch.randn(2, 3, 5, 5)
    ends = []
    for form in (torch.contiguous_format, torch.channels_last):
        layer = nn.Conv2d(3, 4, 3)
        layer.load_state_dict(start)
        layer.to(memory_format=form)
        optimizer = made(word, layer.parameters(), l2=L2)
        for step in range(4):
            if step == 2:  # as after a checkpoint
                kept = optimizer.state_dict()
                plain = {
                    k: {n: v.clone().contiguous() for n, v in s.items() if v is not None}
                    for k, s in kept["state"].items()
                }
                optimizer = made(word, layer.parameters(), l2=L2)
                optimizer.load_state_dict({"state": plain, "param_groups": kept["param_groups"]})
            optimizer.zero_grad()
            layer(x).square().sum().backward()
            optimizer.step()
        ends.append(layer.weight.detach().contiguous())
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-4, atol=1e-5)
