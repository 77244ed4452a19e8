"""Summary: shapes, parameters and receptive fields, against what the formula and the gradient say."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.nouns import shelf
from wellfit.nouns.summary import Layer, parameters, render, summary


def chain(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def fields(network: nn.Module, *shape: int) -> list:
    return [row.receptive_field for row in summary(network, shape)]


def test_a_row_for_each_layer_in_the_order_of_the_calls():
    class Crossed(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.Linear(4, 2), nn.Linear(3, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x))

    assert summary(Crossed(), (3,)) == [Layer("first", "Linear", (4,), 16), Layer("second", "Linear", (2,), 10)]
    assert summary(nn.Linear(3, 2), (3,)) == [Layer("network", "Linear", (2,), 8)]


@pytest.mark.parametrize("word", shelf.names("networks"))
def test_rows_add_up_to_all_parameters(word: str):
    sizes: dict = {"widths": (4, 8), "activation": "relu", "dropout": 0.1, "norm": "batch"}
    shapes = {
        "decoder": ((6,), (2, 9, 9)),
        "unet": ((2, 9, 9), (3, 9, 9)),
        "flow": ((6,), (1,)),
        "graph": ((3, 9), (3,)),
        "vae": ((1, 8, 8), (1,)),
        "gan": ((1, 8, 8), (1,)),
    }
    shapes |= dict.fromkeys(("recurrent", "tcn", "transformer"), ((2, 9), (3,))) | {"dlinear": ((2, 9), (2, 3))}
    shape_in, shape_out = shapes.get(word, ((2, 9, 9), (3,)))
    sizes["widths"] = (8, 8) if word == "transformer" else (4, 8)
    network = shelf.get("networks", word)(shape_in, shape_out, **sizes)
    rows = summary(network, shape_in)
    assert sum(row.parameters for row in rows) == parameters(network) == sum(p.numel() for p in network.parameters())


def test_shared_own_and_unused_parameters_are_each_counted_once():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.unused = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 5)
            self.b.weight, self.scale = self.a.weight, nn.Parameter(torch.ones(7))

        def forward(self, x: Tensor) -> Tensor:
            return self.b(self.a(self.a(x)))

    rows = {}
    for row in summary(Tied(), (3,)):
        rows[row.name] = rows.get(row.name, 0) + row.parameters
    assert rows == {"a": 12, "b": 3, "network": 7, "unused": 20}
    assert sum(rows.values()) == parameters(Tied())


def test_receptive_field_of_a_chain_is_the_published_recurrence():
    network = chain(
        nn.Conv2d(1, 2, 3, padding=1),  # 3
        nn.ReLU(),
        nn.MaxPool2d(2),  # 4, neighbours 2 pixels apart
        nn.Conv2d(2, 2, 3, padding=2, dilation=2),  # 4 + 2 * 2 * 2 = 12
        nn.BatchNorm2d(2),
        nn.Conv2d(2, 2, 5, stride=2),  # 12 + 4 * 2 = 20, 4 apart
        nn.AvgPool2d(3, 1),  # 20 + 2 * 4 = 28
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2, 3),
    )
    assert fields(network, 1, 32, 32) == [3, 3, 4, 12, 12, 20, 28, None, None, None]


def test_known_networks_have_their_published_receptive_fields():
    def vgg(*widths: int) -> list[nn.Module]:
        blocks = [[nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()] * n + [nn.MaxPool2d(2)] for n in widths]
        return [m for block in blocks for m in block]

    alexnet = chain(
        nn.Conv2d(3, 3, 11, 4, 2), nn.MaxPool2d(3, 2), nn.Conv2d(3, 3, 5, padding=2), nn.MaxPool2d(3, 2),
        nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1), nn.MaxPool2d(3, 2),
    )  # fmt: skip
    assert fields(alexnet, 3, 224, 224)[-1] == 195  # Araujo et al. 2019, table 1
    assert fields(chain(*vgg(2, 2, 3, 3, 3)), 3, 64, 64)[-1] == 212  # VGG-16, ibid.


@given(
    layers=st.lists(
        st.tuples(st.sampled_from(["conv", "mean"]), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=40, deadline=None)
def test_receptive_field_is_where_the_gradient_of_one_unit_reaches(layers):
    modules: list[nn.Module] = []
    for kind, k, s, d in layers:
        modules.append(nn.Conv1d(1, 1, k, s, dilation=d) if kind == "conv" else nn.AvgPool1d(k, s))
        for weight in modules[-1].parameters():
            nn.init.ones_(weight)
    network, x = chain(*modules), torch.ones(1, 1, 120, requires_grad=True)
    network(x)[0, 0, 1].backward()
    assert x.grad is not None
    seen = x.grad[0, 0].nonzero()
    assert fields(network, 1, 120)[-1] == int(seen.max() - seen.min() + 1)


class Branched(nn.Module):
    """Functional operations, a way around, and one in place."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 5, padding=2)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.a(F.pad(x, (1, 1, 1, 1)))), 2, 2)
        way = torch.relu_(self.b(x)).mul_(2)
        return self.last(torch.cat([x + way, x], 1))


def test_functional_operations_and_ways_around_are_followed():
    rows = {row.name: row.receptive_field for row in summary(Branched(), (1, 14, 14))}
    assert rows == {"a": 3, "b": 4 + 4 * 2, "last": 4 + 4 * 2 + 2 * 2}


def test_each_axis_has_its_own_field():
    network = chain(nn.Conv2d(1, 1, (3, 1)), nn.MaxPool2d((1, 2)), nn.Conv2d(1, 1, 3))
    assert fields(network, 1, 12, 12) == [(3, 1), (3, 2), (5, 6)]
    assert fields(chain(nn.Conv1d(1, 1, 3), nn.MaxPool1d(2), nn.Conv1d(1, 1, 3)), 1, 20) == [3, 4, 8]
    assert fields(chain(nn.Conv3d(1, 1, 3), nn.MaxPool3d(2)), 1, 8, 8, 8) == [3, 4]


@pytest.mark.parametrize(
    "layer",
    [nn.ConvTranspose2d(1, 1, 2, 2), nn.Linear(8, 8), nn.Softmax(-1), nn.Upsample(scale_factor=2), nn.Flatten()],
)
def test_the_field_is_none_where_it_is_undefined(layer: nn.Module):
    assert fields(chain(layer), 1, 8, 8) == [None]


def test_tables_have_no_receptive_fields():
    assert fields(chain(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1)), 5) == [None] * 3


def test_the_network_and_random_state_are_left_as_they_were():
    network = chain(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2)).train()
    network[1].eval()
    kept, state = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()
    summary(network, (3,))
    assert [m.training for m in network] == [True, False, True, True]
    assert all(torch.equal(kept[k], v) for k, v in network.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert not any(m._forward_hooks for m in network.modules())


def test_a_network_that_cannot_be_followed_still_has_its_rows():
    class Stubborn(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(1, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.layer(x)
            if torch.utils._python_dispatch._get_current_dispatch_mode() is not None:
                raise RuntimeError("no modes here")
            return x

    assert summary(Stubborn(), (1, 8, 8)) == [Layer("layer", "Conv2d", (2, 6, 6), 20)]


def test_outputs_that_are_no_tensor_are_shown_without_a_shape():
    assert summary(nn.LSTM(3, 2), (4, 3))[0].shape_out == ()


def test_the_table_shows_every_row_and_the_sum():
    network = chain(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64 * 36, 10))
    text = render(summary(network, (3, 8, 8))).splitlines()
    assert text[0].split() == ["layer", "type", "output", "parameters", "receptive", "field"]
    assert text[2].split() == ["0", "Conv2d", "64×6×6", "1,792", "3"]
    assert text[-1].split() == ["all", "24,842"]
    assert "field" not in render(summary(nn.Linear(2, 1), (2,)))
