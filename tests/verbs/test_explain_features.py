"""Painted inputs: more of what is sought, in the data's range, the network untouched, and the truth about dead units."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from wellfit.nouns.look import Look
from wellfit.verbs.explain.features import Feature, of_layer
from wellfit.verbs.explain.painting import Canvas, channel, direction, moved, painted, unit, whole
from wellfit.verbs.load import load


def look(shape=(3, 8, 8), *, dead: bool = False) -> Look:
    torch.manual_seed(0)
    conv = {3: nn.Conv2d, 2: nn.Conv1d}.get(len(shape))
    inner = [conv(shape[0], 6, 3, padding=1)] if conv else [nn.Linear(shape[0], 6)]
    n = 6 * int(np.prod(shape[1:])) if conv else 6
    network = nn.Sequential(*inner, nn.ReLU(), nn.Flatten(), nn.Linear(n, 3)).eval()
    if dead:
        with torch.no_grad():
            network[0].weight[2], network[0].bias[2] = 0, -1
    x = np.random.default_rng(0).uniform(1, 3, size=(60, *shape)).astype(np.float32)
    data = load((x, np.arange(60) % 3))
    return Look("own", network, tuple(data.shape_in), data)


def seeing(seek, shape=(3, 8, 8), layer="0", n=2):
    seen = look(shape)
    canvas = Canvas.of(seen)
    plain = canvas.input(torch.zeros_like(canvas.start(n, 0)))
    before = copy.deepcopy(seen.network.state_dict())
    x, score = painted(seen.network, canvas, layer, seek, n, steps=40)
    again, _ = painted(seen.network, canvas, layer, seek, n, steps=40)
    with torch.no_grad():
        start = seek(seen.network[: int(layer) + 1](plain))
    assert torch.equal(x, again)
    assert (score > start + 1e-3).all()
    assert (x >= canvas.low - 1e-5).all()
    assert (x <= canvas.high + 1e-5).all()
    assert all(torch.equal(v, before[k]) for k, v in seen.network.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in seen.network.parameters())
    return x, score


def test_channels_units_layers_and_directions_are_answered_more():
    units = torch.tensor([1, 4])
    seeing(channel(units))
    seeing(unit(units))
    seeing(whole)
    seeing(direction(torch.eye(6)[units]))
    seeing(channel(torch.tensor([0, 2])), layer="3")


def test_series_and_rows_of_numbers_are_painted_too():
    seeing(channel(torch.tensor([1, 4])), shape=(2, 16))
    seeing(channel(torch.tensor([1, 4])), shape=(5,))


def test_a_rectifier_that_gives_nothing_at_first_is_painted_all_the_same():
    seen = look()
    with torch.no_grad():
        seen.network[0].bias[:] = -0.3
    canvas = Canvas.of(seen)
    _, score = painted(seen.network, canvas, "1", channel(torch.tensor([0, 1])), 2, steps=40)
    assert (score > -0.3).all()


def test_copies_are_unlike_one_another_where_that_is_asked():
    seen = look()
    canvas, seek = Canvas.of(seen), channel(torch.tensor([1, 1]))
    apart = [
        float((x[0] - x[1]).abs().mean())
        for x, _ in (painted(seen.network, canvas, "0", seek, 2, steps=60, apart=a) for a in (0, 4.0))
    ]
    assert apart[1] > apart[0]


def test_a_dead_unit_has_nothing_to_show_and_the_others_have():
    seen = look(dead=True)
    found = {f.unit: f.nothing for f in of_layer(seen, Canvas.of(seen), "0")}
    assert "nothing to show" in found.pop(2)
    assert not any(found.values())


def test_training_rows_beside_are_those_that_excite_most():
    seen = look()
    (feature, *_) = of_layer(seen, Canvas.of(seen), "0")
    with torch.no_grad():
        scores = seen.network[0](seen.data.train.x).mean((2, 3))[:, feature.unit]
    assert feature.rows[0] == int(scores.argmax())
    assert abs(feature.top - float(scores.max())) < 1e-5


def test_moved_inputs_keep_their_shape_and_range():
    generator = torch.Generator().manual_seed(0)
    for shape in ((2, 3, 8, 8), (2, 3, 32, 32), (2, 3, 40), (2, 5)):
        x = torch.rand(shape)
        out = moved(x, generator)
        assert out.shape == x.shape
        assert 0 <= float(out.min()) <= float(out.max()) <= 1.0001


def test_a_unit_that_the_average_input_moves_as_much_is_told_from_one_that_nothing_moves():
    def told(score: float, start: float, top: float) -> str:
        return Feature("0", 0, torch.zeros(1), score, start, top, 1.0, ()).nothing

    assert told(1.0, 0.0, 0.5) == ""
    assert "average input gets as much" in told(2.0, 2.0, 4.8)
    assert "moves it" in told(2.0, 2.0, 2.0)
    assert "moves it" in told(2.0, 2.0, float("nan"))
