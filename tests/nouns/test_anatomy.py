"""Anatomy: costs, ties and symmetries, against what is counted by hand."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from wellfit.nouns import anatomy
from wellfit.nouns.summary import summary


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))


def test_multiply_adds_are_those_counted_by_hand():
    found = anatomy.multiply_adds(small(), (3, 6, 6))
    assert found["0"] == 36 * 4 * 27
    assert found["3"] == 144 * 5
    assert found["network"] == found["0"] + found["3"]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_multiply_adds_of_a_recurrent_layer_are_its_weights_times_the_steps(kind: type):
    layer = kind(3, 7, batch_first=True)
    weights = sum(p.numel() for p in layer.parameters() if p.ndim == 2)
    assert anatomy.multiply_adds(layer, (11, 3))["network"] == 11 * weights


def test_memory_counts_parameters_and_what_an_example_keeps():
    net = nn.Sequential(nn.Linear(100, 50), nn.Tanh(), nn.Linear(50, 1))
    weights, kept = anatomy.memory(net, (100,))
    assert weights == 4 * (100 * 50 + 50 + 50 + 1)
    assert 4 * (100 + 50) <= kept <= 4 * (100 + 50 + 50 + 1)  # inputs of both layers; tanh keeps its output


def test_ties_tell_dense_from_local_and_shared_from_not():
    conv, dense = anatomy.ties(small(), (3, 6, 6))
    assert (conv.kind, conv.inputs, conv.of, conv.uses) == ("local, shared", 27, 108, 36)
    assert (dense.kind, dense.inputs, dense.of, dense.uses) == ("dense", 144, 144, 1)


def test_a_transposed_convolution_and_a_depthwise_one_are_local():
    (up,) = anatomy.ties(nn.ConvTranspose2d(4, 2, 2, stride=2), (4, 5, 5))
    assert up.kind == "local, shared"
    assert up.inputs == 4
    (own,) = anatomy.ties(nn.Conv2d(4, 4, 3, groups=4, padding=1), (4, 5, 5))
    assert own.inputs == 9


def test_a_convolution_keeps_translation_and_a_dense_layer_has_no_map():
    wrapped = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, padding_mode="circular"), nn.Conv2d(3, 2, 3, padding=1))
    moved, turned = anatomy.symmetries(wrapped, (1, 12, 12))
    assert moved.inside is not None
    assert moved.inside < 1e-5 < moved.error
    assert turned.error > 0.1
    assert anatomy.symmetries(nn.Linear(4, 2), (4,)) == []


def test_a_kernel_with_the_square_s_symmetry_keeps_quarter_turns():
    conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[[1.0, 2, 1], [2, 5, 2], [1, 2, 1]]]]))
    assert anatomy.symmetries(conv, (1, 8, 8))[1].error < 1e-6


def test_the_network_and_the_random_state_are_as_they_were():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 16, 2))
    net[1].eval()
    before, state = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    for look in (anatomy.multiply_adds, anatomy.memory, anatomy.ties, anatomy.symmetries):
        look(net, (1, 6, 6))
    assert all(torch.equal(a, b) for a, b in zip(before.values(), net.state_dict().values()))
    assert torch.equal(state, torch.get_rng_state())
    assert net.training
    assert not net[1].training
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (4, 2), (3, 1), (3, 2)])
def test_receptive_field_through_a_transposed_convolution_is_that_of_the_gradient(kernel: int, stride: int):
    net = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.ConvTranspose2d(1, 1, kernel, stride), nn.Conv2d(1, 1, 3)
    )
    for p in net.parameters():
        nn.init.ones_(p)
    x = torch.ones(1, 1, 40, 40, requires_grad=True)
    y, widest = net(x), 0
    for at in range(y.shape[-1] // 2, y.shape[-1] // 2 + 4):  # outputs differ in which inputs meet in them
        (grad,) = torch.autograd.grad(y[0, 0, at, at], x, retain_graph=True)
        widest = max(widest, int((grad[0, 0].sum(0) != 0).sum()))
    assert summary(net, (1, 40, 40))[-1].receptive_field == widest


def test_a_map_that_meets_one_of_unknown_sight_has_none():
    class Meets(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x + torch.fft.ifft2(torch.fft.fft2(x)).real)

    assert summary(Meets(), (1, 8, 8))[-1].receptive_field is None
