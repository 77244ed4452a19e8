"""Laws of every network of the shelf: shapes, gradients, saving, copying out; then of each one's own parts."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save
from torch import Tensor, nn

from wellfit.networks.conv import Vary
from wellfit.nouns import shelf
from wellfit.nouns.summary import parameters

NETWORKS = shelf.names("networks")
FOLDER = Path(shelf.__file__).parents[1] / "networks"
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "gelu")
NORMS = ("none", "batch", "layer")
OPTIONS = {
    "dense": [{}, {"residual": True}, {"embedding": "periodic"}, {"embedding": "piecewise", "numeric": (0, 5)}],
    "conv": [
        {},
        {"convolutions": 2, "residual": True},
        {"pool": "flatten"},
        {"pool": "average"},
        {"shift": 2, "mirror": "both"},
    ],
}
EVERY = [(name, options) for name in NETWORKS for options in OPTIONS.get(name, [{}])]


def made(name: str, shape_in=(1, 8, 8), shape_out=(3,), seed: int = 0, **size) -> nn.Module:
    torch.manual_seed(seed)
    size = {"widths": (8, 8), "activation": "gelu", "dropout": 0.0, "norm": "none", **size}
    return shelf.get("networks", name)(shape_in, shape_out, **size)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("shape_out", [(1,), (5,), (2, 3)])
def test_outputs_have_the_shape_asked_for(name: str, options: dict, norm: str, shape_out: tuple[int, ...]):
    network = made(name, shape_out=shape_out, norm=norm, dropout=0.3, **options)
    for mode, n in itertools.product((True, False), (2, 5)):
        assert network.train(mode)(noise(n, 1, 8, 8)).shape == (n, *shape_out)
    assert network(noise(1, 1, 8, 8)).shape == (1, *shape_out)


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize(("norm", "activation"), list(itertools.product(NORMS, ACTIVATIONS)))
def test_a_gradient_reaches_every_parameter(name: str, options: dict, norm: str, activation: str):
    network = made(name, norm=norm, activation=activation, **options)
    network(noise(64, 1, 8, 8)).square().sum().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.norm() > 1e-7 * parameter.detach().norm(), key


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_saved_and_loaded_it_gives_the_same(name: str, options: dict, norm: str):
    one, other = (made(name, norm=norm, dropout=0.2, seed=s, **options) for s in (0, 1))
    one(noise(9, 1, 8, 8))  # moves the running statistics of batch norm
    for module in one.modules():
        if getattr(module, "bins", 0):
            module.put_edges((noise(module.bins + 1, len(module.chosen)) ** 3).sort(0).values.T)
    other.load_state_dict(load(save(one.state_dict())))
    x = noise(4, 1, 8, 8)
    assert torch.equal(one.eval()(x), other.eval()(x))


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_it_can_be_copied_out_and_used_with_torch_alone(name: str, options: dict):
    alone: dict = {}
    exec((FOLDER / f"{name}.py").read_text(), alone)
    size = {"widths": (8, 8), "activation": "gelu", "dropout": 0.0, "norm": "batch", **options}
    torch.manual_seed(0)
    copied = alone[name]((1, 8, 8), (3,), **size)
    assert torch.equal(copied.eval()(noise(2, 1, 8, 8)), made(name, **size).eval()(noise(2, 1, 8, 8)))


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", ["none", "layer"])
def test_each_output_depends_on_its_own_example_only(name: str, options: dict, norm: str):
    network, x = made(name, norm=norm, **options).eval(), noise(4, 1, 8, 8).requires_grad_()
    network(x)[2].sum().backward()
    assert x.grad is not None
    assert [bool(g.any()) for g in x.grad] == [False, False, True, False]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("key", ["activation", "norm"])
def test_an_unknown_word_is_refused_with_the_known_ones(name: str, key: str):
    with pytest.raises(ValueError, match="'swoosh' is not known; known are "):
        made(name, **{key: "swoosh"})


@given(
    shape_in=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    widths=st.lists(st.integers(1, 20), max_size=5),
    outputs=st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_a_dense_network_of_any_depth_and_width_has_the_parameters_of_its_formula(shape_in, widths, outputs):
    network = made("dense", shape_in, (outputs,), widths=widths)
    sizes = [math.prod(shape_in), *widths, outputs]
    assert parameters(network) == sum(a * b + b for a, b in itertools.pairwise(sizes))
    assert network(noise(2, *shape_in)).shape == (2, outputs)


@given(
    size=st.lists(st.integers(8, 40), min_size=1, max_size=2),
    channels=st.integers(1, 4),
    stages=st.integers(1, 5),
    pool=st.sampled_from(["grid", "average", "flatten"]),
)
@settings(max_examples=40, deadline=None)
def test_a_convolutional_network_takes_any_size_from_eight_upwards_and_keeps_four(size, channels, stages, pool):
    network = made("conv", (channels, *size), (3,), widths=(4,) * stages, norm="batch", pool=pool)
    seen: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            module.register_forward_hook(lambda m, args, output: seen.append(tuple(output.shape[2:])))
    assert network(noise(2, channels, *size)).shape == (2, 3)
    assert min(side for shape in seen for side in shape) >= 4


@pytest.mark.parametrize("shape", [(1, 65, 70), (3, 200, 129), (2, 1000), (1, 12, 9, 8)])
def test_larger_pictures_series_and_volumes_are_brought_down_by_the_first_convolution(shape: tuple[int, ...]):
    network = made("conv", shape, (3,), norm="batch", pool="flatten")
    first: list[tuple[int, ...]] = []
    network.conv1.register_forward_hook(lambda m, args, output: first.append(tuple(output.shape[2:])))
    assert network(noise(2, *shape)).shape == (2, 3)
    assert min(first[0]) <= 64 < 2 * max(min(shape[1:]), 65)


@pytest.mark.parametrize("shape", [(5,), (), (1, 2, 3, 4, 5)])
def test_a_convolutional_network_refuses_what_is_no_picture(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="takes pictures"):
        made("conv", shape)


@pytest.mark.parametrize("size", [(8, 8), (9, 13), (31,), (5, 6, 7), (1, 4)])
@pytest.mark.parametrize(("pool", "parts"), [("grid", 2), ("average", 1)])
def test_the_last_map_comes_to_means_over_its_parts(size: tuple[int, ...], pool: str, parts: int):
    adaptive = {1: nn.functional.adaptive_avg_pool1d, 2: nn.functional.adaptive_avg_pool2d}
    adaptive[3] = nn.functional.adaptive_avg_pool3d
    network, maps = made("conv", (1, *size), widths=(4,), pool=pool), noise(2, 4, *size)
    goal = [min(parts, side) for side in size]
    torch.testing.assert_close(network.mean(maps), adaptive[len(size)](maps, goal))


def test_pictures_are_moved_and_mirrored_in_training_only():
    vary, x = Vary(1, "sideways"), torch.arange(36.0).view(1, 1, 6, 6)
    assert torch.equal(vary.eval()(x), x)
    torch.manual_seed(0)
    seen = {tuple(p.flatten().tolist()) for p in vary.train()(x.expand(400, 1, 6, 6))}
    places = [range(-1, 5), range(6), range(1, 7)]
    grid = x[0, 0]
    expected = set()
    for rows, columns, over in itertools.product(places, places, (False, True)):
        moved = grid[torch.tensor(rows).clamp(0, 5)][:, torch.tensor(columns).clamp(0, 5)]
        flipped = grid.flip(1)[torch.tensor(rows).clamp(0, 5)][:, torch.tensor(columns).clamp(0, 5)]
        expected.add(tuple((flipped if over else moved).flatten().tolist()))
    assert seen == expected


def test_whatever_turns_dropout_off_turns_variation_off():
    network, x = made("conv", shift=2, mirror="both", dropout=0.5), noise(3, 1, 8, 8)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    assert torch.equal(network(x), network(x))


def test_periodic_embedding_is_the_published_formula():
    network, x = made("dense", (3,), (1,), embedding="periodic", numeric=(2, 0), frequencies=5), noise(6, 3)
    front = network.embedding
    for b in range(6):
        parts = []
        for e, place in enumerate((0, 2)):
            phase = [2 * math.pi * c * x[b, place] for c in front.encoding.c[e]]
            waves = torch.stack([p.cos() for p in phase] + [p.sin() for p in phase])
            parts.append(torch.relu(waves @ front.weight[e] + front.bias.view(2, -1)[e]))
        torch.testing.assert_close(front(x)[b], torch.cat([*parts, x[b, 1:2]]), rtol=1e-4, atol=1e-5)


def test_piecewise_embedding_is_the_published_formula():
    front = made("dense", (2,), (1,), embedding="piecewise", bins=4).embedding
    rows = torch.stack([noise(200), noise(200).sign()], 1)
    edges = rows[:, 0].quantile(torch.linspace(0, 1, 5), interpolation="nearest").tolist()
    front.put_edges([torch.tensor(edges), rows[:, 1].unique()])
    for value in (-9.0, -0.7, 0.1, 0.4, 9.0):
        encoded = front.encoding(torch.tensor([[value, 1.0]]))[0]
        expected = [(value - low) / (high - low) for low, high in itertools.pairwise(edges)]
        lows, highs = [-math.inf, 0, 0, 0], [1, 1, 1, math.inf]
        expected = [min(max(e, low), high) for e, low, high in zip(expected, lows, highs)]
        torch.testing.assert_close(encoded[0], torch.tensor(expected), rtol=1e-3, atol=1e-3)
        assert encoded[1].tolist() == [1, 0, 0, 0]  # two values, one bin


@pytest.mark.parametrize("embedding", ["periodic", "piecewise"])
def test_embedding_lets_a_small_network_follow_steps(embedding: str):
    x = noise(512, 1)
    y = (torch.floor(x * 3) % 2 == 0).float()
    left = {}
    for word in ("none", embedding):
        network = made("dense", (1,), (1,), widths=(16,), activation="relu", embedding=word, bins=24)
        for module in network.modules():
            if getattr(module, "bins", 0):
                module.put_edges([x[:, 0].quantile(torch.linspace(0, 1, module.bins + 1))])
        optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
        for _ in range(200):
            loss = (network(x) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        left[word] = float(loss.detach())
    assert left[embedding] < 0.6 * left["none"]


@pytest.mark.parametrize("wrong", [{"numeric": (0, 3)}, {"numeric": (-1,)}, {"embedding_size": 0}, {"frequencies": 0}])
def test_an_impossible_embedding_is_refused(wrong: dict):
    with pytest.raises(ValueError, match="must be"):
        made("dense", (3,), (1,), embedding="periodic", **wrong)
