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
from wellfit.networks.sphere import areas, colatitudes
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
        {"kernel": 5, "padding": "longitude", "down": "average"},
        {"dilation": 2, "padding": "reflect", "down": "stride", "convolutions": 2, "residual": True},
    ],
    "vgg": [{"head": (8,), "depth": 11}, {"head": (8,), "down": "average", "padding": "reflect"}],
    "resnet": [{}, {"skip": False, "down": "max"}, {"depth": 50, "padding": "longitude"}],
    "unet": [{}, {"upsample": "bilinear", "down": "stride"}, {"down": "average", "padding": "longitude"}],
    "decoder": [{}, {"upsample": "bilinear"}],
    "recurrent": [{"cell": "rnn"}, {"cell": "lstm", "directions": 2}, {"cell": "gru"}],
    "tcn": [
        {},
        {"causal": False, "padding": "circular", "dilation": 2},
        {"padding": "replicate", "dilation": 3},
    ],
    "dlinear": [{}, {"kernel": 1}, {"kernel": 4, "level": False}],
    "transformer": [{}, {"causal": True}, {"patch": 2, "positions": "sine", "read": "mean"}],
    "equivariant": [
        {},
        {"group": "p4m", "down": "average", "convolutions": 2},
        {"dilation": 2, "padding": "reflect", "kernel": 3},
    ],
    "graph": [{}, {"edge_kinds": 2, "aggregate": "mean", "read": "mean"}, {"read": "first"}],
    "vae": [{"grain": 0.1}, {"latent": 3, "beta": 4.0}],
    "gan": [{"drawn": 4, "grain": 0.1}, {"drawn": 4, "game": "hinge", "spectral": True, "bounds": (-1, 2)}],
    "flow": [{"couplings": 2, "grain": (0.1,) * 6}, {"couplings": 2, "kind": "affine"}],
}
SHAPES_IN = {"vector": (6,), "pictures": (1, 8, 8), "series": (2, 8), "globe": (1, 8, 10), "graph": (5, 3 + 10)}
SHAPES_OUT = {"maps": (2, 8, 8), "density": (1,)}
EVERY = [(name, options) for name in NETWORKS for options in OPTIONS.get(name, [{}])]


def takes(name: str) -> tuple[int, ...]:
    """A shape of inputs that the network's file declares."""
    kinds = shelf.module("networks", name).INPUTS
    return SHAPES_IN["pictures" if "pictures" in kinds else kinds[0]]


def gives(name: str) -> tuple[int, ...]:
    return SHAPES_OUT.get(shelf.module("networks", name).OUTPUTS[0], (3,))


def made(name: str, shape_in=None, shape_out=None, seed: int = 0, **size) -> nn.Module:
    torch.manual_seed(seed)
    shape_in = takes(name) if shape_in is None else shape_in
    shape_out = gives(name) if shape_out is None else shape_out
    size = {"widths": (8, 8), "activation": "gelu", "dropout": 0.0, "norm": "none", **size}
    return shelf.get("networks", name)(shape_in, shape_out, **size)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def outputs(name: str) -> list[tuple[int, ...]]:
    """Shapes of every kind of output that the network's file declares."""
    c, *size = takes(name)
    by_kind = {"vector": [(1,), (5,), (2, 3)], "maps": [(2, *size)], "density": [(1,)]}
    by_kind |= {"steps": [(3, size[-1])] if size else [], "nodes": [(3, c)]}
    by_kind["maps"] = by_kind["maps"] if len(size) == 2 else [(2, 8, 8), (1, 9, 13)]
    return [shape for kind in shelf.module("networks", name).OUTPUTS for shape in by_kind[kind]]


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_outputs_have_the_shape_asked_for(name: str, options: dict, norm: str):
    shape_in = takes(name)
    for shape_out in outputs(name):
        if len(shape_out) == 2 and {"read", "patch"} & set(options):
            continue
        network = made(name, shape_out=shape_out, norm=norm, dropout=0.3, **options)
        for mode, n in itertools.product((True, False), (2, 5)):
            assert network.train(mode)(noise(n, *shape_in)).shape == (n, *shape_out)
        assert network(noise(1, *shape_in)).shape == (1, *shape_out)


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize(("norm", "activation"), list(itertools.product(NORMS, ACTIVATIONS)))
def test_a_gradient_reaches_every_parameter(name: str, options: dict, norm: str, activation: str):
    network = made(name, norm=norm, activation=activation, **options).double()
    network(noise(16 if name in ("vgg", "resnet") else 64, *takes(name)).double()).square().sum().backward()
    # through the plain networks of VGG and ResNet, sigmoids let a trillionth come: that is what deep sigmoids do
    least = 1e-7 if name in ("dense", "conv") else 1e-14
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.norm() > least * parameter.detach().norm(), key


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_saved_and_loaded_it_gives_the_same(name: str, options: dict, norm: str):
    one, other = (made(name, norm=norm, dropout=0.2, seed=s, **options) for s in (0, 1))
    one(noise(9, *takes(name)))  # moves the running statistics of batch norm
    for module in one.modules():
        if getattr(module, "put_edges", None) and module.bins:
            module.put_edges((noise(module.bins + 1, len(module.chosen)) ** 3).sort(0).values.T)
    other.load_state_dict(load(save(one.state_dict())))
    x = noise(4, *takes(name))
    assert torch.equal(one.eval()(x), other.eval()(x))


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_it_can_be_copied_out_and_used_with_torch_alone_and_the_seed_makes_it(name: str, options: dict):
    alone: dict = {}
    exec((FOLDER / f"{name}.py").read_text(), alone)
    size = {"widths": (8, 8), "activation": "gelu", "dropout": 0.0, "norm": "batch", **options}
    torch.manual_seed(0)
    copied, x = alone[name](takes(name), gives(name), **size), noise(2, *takes(name))
    assert torch.equal(copied.eval()(x), made(name, **size).eval()(x))


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("norm", ["none", "layer"])
def test_each_output_depends_on_its_own_example_only(name: str, options: dict, norm: str):
    network, x = made(name, norm=norm, **options).eval(), noise(4, *takes(name)).requires_grad_()
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


@pytest.mark.parametrize(
    ("name", "depth", "published"),
    [
        *[("vgg", 11, 132_863_336), ("vgg", 13, 133_047_848), ("vgg", 16, 138_357_544), ("vgg", 19, 143_667_240)],
        *[("resnet", 18, 11_689_512), ("resnet", 34, 21_797_672), ("resnet", 50, 25_557_032)],
    ],
)
def test_the_published_networks_have_their_published_parameters(name: str, depth: int, published: int):
    with torch.device("meta"):
        network = shelf.get("networks", name)((3, 224, 224), (1000,), depth=depth)
    assert parameters(network) == published


@given(
    size=st.tuples(st.integers(6, 21), st.integers(6, 21)),
    kernel=st.sampled_from([1, 3, 5]),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["zero", "reflect", "longitude"]),
    down=st.sampled_from(["max", "average", "stride"]),
    name=st.sampled_from(["vgg", "resnet", "unet"]),
)
@settings(max_examples=60, deadline=None)
def test_sizes_agree_with_torchs_for_every_kernel_dilation_padding_and_way_down(
    size, kernel, dilation, padding, down, name
):
    options = {"kernel": kernel, "dilation": dilation, "padding": padding, "down": down}
    network = made(name, (1, *size), (2, *size) if name == "unet" else (2,), norm="none", **options)
    seen: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda m, args, output: seen.append(tuple(output.shape[2:])))
    reach = dilation * (kernel // 2)
    sizes = [size]
    while len(sizes) < 3:
        strided = [(s + 2 * reach - dilation * (kernel - 1) - 1) // 2 + 1 for s in sizes[-1]]  # torch's formula
        sizes.append(tuple(max(s, 1) for s in (strided if down == "stride" else [s // 2 for s in sizes[-1]])))
    if padding != "zero" and reach >= min(sizes[1]):
        return  # a map too small to be mirrored so far is refused, by a law of its own
    assert network(noise(2, 1, *size)).shape[1:] == ((2, *size) if name == "unet" else (2,))
    assert set(seen) <= set(sizes)
    assert {size, sizes[1]} <= set(seen) | (set() if name != "vgg" or down == "stride" else {sizes[1]})


@given(
    size=st.lists(st.integers(8, 40), min_size=1, max_size=2),
    kernel=st.sampled_from([1, 3, 5]),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["zero", "reflect", "longitude"]),
    down=st.sampled_from(["max", "average", "stride"]),
    residual=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_sizes_of_the_small_network_agree_with_torchs_too(size, kernel, dilation, padding, down, residual):
    options = {"kernel": kernel, "dilation": dilation, "padding": padding, "down": down, "residual": residual}
    reach = dilation * max(kernel // 2, 1)
    network = made("conv", (1, *size), (2,), widths=(4, 4, 4), norm="none", convolutions=2, **options)
    seen: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            module.register_forward_hook(lambda m, args, output: seen.append(tuple(output.shape[2:])))
    sizes = [tuple(size)]
    while len(sizes) < 3:  # the last stage is not halved, nor a side under eight
        k = max(kernel, 3)
        strided = [
            (s + 2 * dilation * (k // 2) - dilation * (k - 1) - 1) // 2 + 1 for s in sizes[-1]
        ]  # torch's formula
        halved = strided if down == "stride" else [s // 2 for s in sizes[-1]]
        sizes.append(tuple(h if s >= 8 else s for h, s in zip(halved, sizes[-1])))
    if padding != "zero" and reach >= min(min(s) for s in sizes):
        return  # a map too small to be mirrored so far is refused, by a law of its own
    assert network(noise(2, 1, *size)).shape == (2, 2)
    assert set(seen) == set(sizes)


def test_a_map_too_small_for_its_padding_is_refused():
    network = made("unet", (1, 8, 8), (1, 8, 8), padding="reflect", kernel=5, dilation=2, norm="none")
    with pytest.raises(ValueError, match="reflect padding by 4 pixels is too much for a map of"):
        network(noise(2, 1, 8, 8))


@pytest.mark.parametrize("padding", ["reflect", "longitude"])
@pytest.mark.parametrize("name", ["conv", "vgg", "resnet", "unet"])
def test_longitude_padding_goes_round_the_globe(name: str, padding: str):
    options = {"vgg": {"depth": 11, "head": (8,)}, "conv": {"pool": "average"}}.get(name, {})
    network = made(name, (1, 8, 8), (2, 8, 8) if name == "unet" else (2,), padding=padding, **options).eval()
    x = noise(2, 1, 8, 8)
    rolled, back = network(x.roll(4, -1)), network(x)
    back = back.roll(4, -1) if name == "unet" else back
    same = torch.allclose(rolled, back, rtol=1e-4, atol=1e-5)
    if name != "vgg":  # its dense layers tell where things are
        assert same == (padding == "longitude")


@given(
    size=st.tuples(st.integers(4, 21), st.integers(4, 21)),
    kernel=st.sampled_from([1, 3, 5]),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["zero", "reflect", "circular"]),
)
@settings(max_examples=25, deadline=None)
def test_an_equivariant_convolution_keeps_the_size_and_is_torchs_with_its_kernel_turned(
    size, kernel, dilation, padding
):
    if padding != "zero" and dilation * (kernel // 2) >= min(size):
        return  # a map too small to be mirrored so far is refused, by a law of its own
    options = {"kernel": kernel, "dilation": dilation, "padding": padding}
    network, x = made("equivariant", (2, *size), (1, *size), widths=(3,), **options), noise(2, 2, *size)
    mode = "zeros" if padding == "zero" else padding
    plain = nn.Conv2d(2, 3, kernel, padding=dilation * (kernel // 2), dilation=dilation, padding_mode=mode)
    plain.bias = network.conv1.bias
    for g in range(4):
        plain.weight = nn.Parameter(torch.rot90(network.conv1.weight, g, (-2, -1)))
        torch.testing.assert_close(network.conv1(x)[:, g::4], plain(x), rtol=1e-4, atol=1e-5)


@given(
    steps=st.integers(4, 40),
    kernel=st.integers(2, 5),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["zero", "replicate", "reflect", "circular"]),
    causal=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_temporal_convolution_keeps_its_steps_and_reaches_as_far_as_it_says(steps, kernel, dilation, padding, causal):
    inward = padding in ("reflect", "circular")
    if (not causal and kernel % 2 == 0) or (inward and (causal or dilation * (kernel // 2) >= steps)):
        return  # refused, by laws of their own
    options = {"kernel": kernel, "dilation": dilation, "padding": padding, "causal": causal, "widths": (4,)}
    network, x = made("tcn", (1, steps), (2, steps), **options), noise(1, 1, steps).requires_grad_()
    out = network(x)
    assert out.shape == (1, 2, steps)
    out[0, 0, steps // 2].backward()
    assert x.grad is not None
    reach = 2 * dilation * (kernel - 1) // (1 if causal else 2)  # two convolutions a block
    last = steps // 2 + (0 if causal else reach)
    if padding in ("zero", "replicate"):
        assert not x.grad[0, 0, : max(0, steps // 2 - reach)].any()
        assert not x.grad[0, 0, last + 1 :].any()
    rolled = network(x.roll(3, -1)) - out.roll(3, -1)
    assert padding != "circular" or float(rolled.detach().abs().max()) < 1e-4


@pytest.mark.parametrize(("group", "padding"), [("p4", "zero"), ("p4m", "reflect"), ("p4", "circular")])
@pytest.mark.parametrize("side", [8, 9, 15])
def test_an_equivariant_network_is_the_same_for_turned_pictures(group: str, padding: str, side: int):
    for shape_out in ((3,), (2, side, side)):
        options = {"group": group, "norm": "batch", "padding": padding, "dilation": 1 + (padding == "reflect")}
        network = made("equivariant", (2, side, side), shape_out, **options).double().eval()
        x = noise(3, 2, side, side).double()
        ways = [lambda v, r=r: torch.rot90(v, r, (-2, -1)) for r in (1, 2, 3)]
        ways += [lambda v: v.flip(-1)] if group == "p4m" else []
        for way in ways:
            goal = network(x) if len(shape_out) == 1 else way(network(x))
            torch.testing.assert_close(network(way(x)), goal, rtol=1e-9, atol=1e-12)
    mirrored = network(x.flip(-1)) - network(x).flip(-1)
    assert (float(mirrored.detach().abs().max()) < 1e-12) == (group == "p4m")


@pytest.mark.parametrize("grid", ["poles", "centres", "gauss"])
def test_the_sphere_integrates_and_transforms_what_its_grid_resolves_exactly(grid: str):
    theta = colatitudes(grid, 20)
    weight = areas(theta)
    for degree in range(20):
        exact = 2 / (degree + 1) if degree % 2 == 0 else 0.0
        assert float((theta.cos() ** degree * weight).sum()) == pytest.approx(exact, abs=1e-12)
    harmonic = made("sphere", (1, 20, 40), (1, 20, 40), latitudes=grid).harmonic
    a = torch.complex(noise(2, 1, 10, 10), noise(2, 1, 10, 10)).tril()
    a[..., 0] = a[..., 0].real + 0j
    torch.testing.assert_close(harmonic.analysed(harmonic.synthesised(a)), a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", NORMS)
def test_a_network_on_the_sphere_turns_with_the_globe_about_any_axis(norm: str):
    network = made("sphere", (2, 24, 48), (1, 24, 48), widths=(8, 8), norm=norm).eval()
    smooth = network.rotated(noise(2, 2, 24, 48), (0, 0, 0))  # what the harmonics resolve
    angles = (0.3, 1.1, 0.7)
    goal, found = network.rotated(network(smooth), angles), network(network.rotated(smooth, angles))
    goal, found = goal.detach(), network.rotated(found, (0, 0, 0)).detach()
    assert float((found - goal).norm() / goal.norm()) < 0.03
    wrong = network.rotated(network(smooth), (0, 0, 0)).detach()
    assert float((found - wrong).norm() / goal.norm()) > 0.5
    rolled = network(smooth.roll(7, -1)) - network(smooth).roll(7, -1)
    assert float(rolled.detach().abs().max()) < 1e-4


@pytest.mark.parametrize("kind", ["spline", "affine"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_flow_has_the_density_of_its_change_of_variables_and_its_inverse(kind: str, size: int):
    network = made("flow", (size,), (1,), kind=kind, couplings=3).double()
    x = noise(20, size).double() * 2

    def through(v: Tensor) -> Tensor:
        for coupling in network.couplings:
            v = coupling(v)[0]
        return v

    z = through(x)
    volume = torch.linalg.slogdet(
        torch.stack([torch.autograd.functional.jacobian(through, v[None])[0, :, 0] for v in x])
    )[1]
    expected = -0.5 * (z.square() + math.log(2 * math.pi)).sum(1) + volume
    torch.testing.assert_close(network(x)[:, 0], expected)
    for coupling in reversed(list(network.couplings)):
        z = coupling.back(z)
    torch.testing.assert_close(z, x)
    assert network.sample(7).shape == (7, size)


@pytest.mark.parametrize("name", ["tcn", "transformer", "recurrent"])
def test_a_causal_network_sees_no_later_step(name: str):
    for norm in ("none", "layer"):
        network = made(name, (2, 8), (3, 8), norm=norm, **({} if name == "recurrent" else {"causal": True})).eval()
        x = noise(2, 2, 8).requires_grad_()
        network(x)[:, :, 4].sum().backward()
        assert x.grad is not None
        assert not x.grad[:, :, 5:].any()
        assert x.grad[:, :, :5].abs().sum() > 0


@pytest.mark.parametrize("name", ["tcn", "transformer", "recurrent"])
def test_tokens_are_read_as_whole_numbers_of_any_type(name: str):
    network = made(name, (8,), (11, 8), vocabulary=11).eval()
    tokens = torch.randint(11, (3, 8))
    assert network(tokens).shape == (3, 11, 8)
    assert torch.equal(network(tokens), network(tokens.float()))


def test_the_numbering_of_a_graphs_nodes_and_empty_places_play_no_part():
    network, x, order = made("graph", (5, 8), (3,), norm="batch").eval(), noise(2, 5, 8), torch.tensor([3, 0, 4, 1, 2])
    x[:, 4], x[..., 3 + 4] = 0, 0  # a node that is not there
    moved = torch.cat([x[:, order, :3], x[:, order][:, :, 3 + order]], 2)
    torch.testing.assert_close(network(moved), network(x), rtol=1e-4, atol=1e-5)
    small = made("graph", (4, 7), (3,), norm="batch").eval()
    small.load_state_dict(network.state_dict())
    torch.testing.assert_close(small(torch.cat([x[:, :4, :3], x[:, :4, 3:7]], 2)), network(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape_in", "shape_out", "options"),
    [
        ("vgg", (5,), (3,), {}),
        ("vgg", (1, 8, 8), (3,), {"depth": 12}),
        ("resnet", (1, 8, 8), (3,), {"depth": 19}),
        ("unet", (1, 8, 8), (3,), {}),
        ("unet", (1, 8, 8), (1, 8, 8), {"widths": (4,) * 5}),
        ("decoder", (4,), (3,), {}),
        ("recurrent", (4,), (3,), {}),
        ("tcn", (2, 8), (3, 7), {"read": "each"}),
        ("transformer", (2, 8), (3,), {"widths": (6, 6)}),
        ("transformer", (2, 8), (3,), {"widths": (8, 4)}),
        ("sphere", (2, 8, 16), (1, 9, 16), {}),
        ("sphere", (2, 8, 16), (1, 8, 16), {"latitudes": [60 - 5 * i for i in range(8)]}),
        ("tcn", (2, 8), (3,), {"padding": "reflect"}),
        ("tcn", (2, 8), (3,), {"padding": "circular", "causal": False, "dilation": 9}),
        ("equivariant", (8, 8), (3,), {}),
        ("equivariant", (1, 4, 4), (3,), {"padding": "reflect", "dilation": 4}),
        ("graph", (5, 5), (3,), {}),
        ("flow", (4,), (2,), {}),
    ],
)
def test_what_a_network_cannot_be_made_for_is_refused(name, shape_in, shape_out, options):
    with pytest.raises(ValueError, match=r"not|must|leave out|need"):
        made(name, shape_in, shape_out, **options)


def test_a_series_is_carried_on_channel_by_channel_by_the_published_formula():
    network, x = made("dlinear", (3, 30), (2, 4), widths=(), kernel=5), noise(6, 3, 30)
    for p in network.parameters():
        nn.init.normal_(p)
    last, smooth = x[:, :2, -1:], torch.empty(6, 2, 30)
    z = x[:, :2] - last
    for t in range(30):
        smooth[:, :, t] = z[:, :, [min(max(s, 0), 29) for s in range(t - 2, t + 3)]].mean(2)
    a, b = (m.output for m in network.maps)
    torch.testing.assert_close(network(x), a(smooth) + b(z - smooth) + last, rtol=1e-4, atol=1e-4)


def test_a_linear_series_network_keeps_its_own_even_start():
    from wellfit.verbs.build.weights import initialise

    network = made("dlinear", (1, 20), (1, 3), widths=())
    initialise(network, "torch")
    assert all((m.output.weight == 1 / 20).all() for m in network.maps)


def test_both_players_of_a_gan_learn_by_their_own_loss_alone():
    network, x = made("gan", norm="none", drawn=4, spectral=True), noise(6, 1, 8, 8)
    network.discriminator.eval()  # or the spectral norm is estimated anew in each pass
    torch.manual_seed(3)
    (-network(x).mean()).backward()
    together = {n: p.grad.clone() for n, p in network.named_parameters()}
    for player, own in (("discriminator", (0, 1)), ("generator", (2,))):
        network.zero_grad()
        torch.manual_seed(3)
        drawn = network.generator(torch.randn(6, network.latent))
        told = network.discriminator(torch.cat([x, drawn.detach()]))[:, 0].chunk(2)
        softplus = nn.functional.softplus
        terms = [softplus(-told[0]), softplus(told[1]), softplus(-network.discriminator(drawn)[:, 0])]
        sum(terms[i].mean() for i in own).backward()
        for name, p in network.named_parameters():
            if name.startswith(player):
                torch.testing.assert_close(together[name], p.grad, rtol=1e-3, atol=1e-6)


def test_a_gan_is_judged_by_the_energy_score_of_what_it_draws():
    network, x = made("gan", norm="layer", drawn=50).eval(), noise(5, 1, 8, 8)
    with torch.no_grad():
        drawn = network.sample(50, torch.Generator().manual_seed(0)).flatten(1)
        pairs = (drawn[:, None] - drawn[None]).norm(dim=2)
        away = (x.flatten(1)[:, None] - drawn[None]).norm(dim=2).mean(1)
        torch.testing.assert_close(network(x)[:, 0], -(away - pairs.sum() / (50 * 49) / 2), rtol=1e-3, atol=1e-3)


def test_a_vae_bounds_the_chance_of_a_pixels_step_and_the_chances_of_all_steps_sum_to_one():
    network = made("vae", (1, 8, 8), widths=(4,), grain=0.5).eval()
    steps = torch.arange(-400, 400) * 0.5
    middle, width = torch.tensor(0.3), torch.tensor(0.7)
    with torch.no_grad():
        chance = network._log_prob(steps.view(-1, 1, 1), middle, width).exp() * 0.5
        assert float(chance.sum()) == pytest.approx(1, abs=1e-4)
        fine = made("vae", (1, 8, 8), widths=(4,)).eval()._log_prob(steps.view(-1, 1, 1), middle, width)
        tiny = (
            made("vae", (1, 8, 8), widths=(4,), grain=1e-3)
            .eval()
            ._log_prob(steps[380:420].view(-1, 1, 1), middle, width)
        )
        torch.testing.assert_close(tiny, fine[380:420], rtol=1e-3, atol=1e-3)
        likely, apart = network.terms(noise(4, 1, 8, 8))
    assert (apart > 0).all()
    assert likely.isfinite().all()


def test_beta_counts_in_training_alone():
    one, four = (made("vae", latent=3, beta=b) for b in (1.0, 4.0))
    x = noise(5, *takes("vae"))
    torch.testing.assert_close(one.eval()(x), four.eval()(x))
    torch.manual_seed(0)
    likely, apart = four.train().terms(x)
    torch.manual_seed(0)
    torch.testing.assert_close(four(x)[:, 0], likely - 4 * apart)


@pytest.mark.parametrize("name", ["vae", "gan"])
@pytest.mark.parametrize("size", [(1, 28, 28), (3, 13, 9)])
def test_pictures_of_any_size_are_drawn_and_the_generator_makes_them(name: str, size: tuple[int, ...]):
    network = made(name, size, widths=(4, 4, 4))
    drawn = [network.sample(3, torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert drawn[0].shape == (3, *size)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert network.training
