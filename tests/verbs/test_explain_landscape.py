"""The loss about the weights, where it is known: a quadratic loss, and directions of known length."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from wellfit.verbs.explain.surface import along, filter_normalised, on_plane, put, top_eigenvalues, weights_of


def test_each_filter_of_a_direction_is_as_long_as_the_filter_and_biases_stay():
    network = nn.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(20, 3))
    weights = weights_of(network)
    for w, d in zip(weights, filter_normalised(weights, 0)):
        if w.ndim > 1:
            torch.testing.assert_close(d.flatten(1).norm(dim=1), w.flatten(1).norm(dim=1))
        else:
            assert not d.any()
    again = filter_normalised(weights, 0)
    assert all(torch.equal(a, b) for a, b in zip(again, filter_normalised(weights, 0)))


def test_the_loss_along_a_direction_is_that_of_the_moved_weights_and_they_are_put_back():
    torch.manual_seed(0)
    network, x, y = nn.Linear(3, 1, bias=False), torch.randn(9, 3), torch.randn(9, 1)
    loss = lambda: (network(x) - y).square().mean()
    start, before = weights_of(network), weights_of(network)
    one = [torch.ones(1, 3)]
    found = along(network, loss, start, [one], [(0.0,), (0.5,), (-2.0,)])
    for step, value in zip((0.0, 0.5, -2.0), found):
        assert abs(float(((x @ (start[0] + step).T) - y).square().mean()) - value) < 1e-5
    assert torch.equal(network.weight, before[0])
    assert network.training


def test_eigenvalues_are_those_of_the_whole_hessian():
    torch.manual_seed(0)
    network, x, y = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), torch.randn(30, 3), torch.randn(30, 2)
    loss = lambda: (network(x) - y).square().mean()
    shapes = [p.shape for p in network.parameters()]

    def of(flat):
        parts, at = {}, 0
        for (name, _), shape in zip(network.named_parameters(), shapes):
            parts[name] = flat[at : at + shape.numel()].reshape(shape)
            at += shape.numel()
        return (torch.func.functional_call(network, parts, (x,)) - y).square().mean()

    flat = torch.cat([p.detach().flatten() for p in network.parameters()])
    exact = np.linalg.eigvalsh(torch.autograd.functional.hessian(of, flat).numpy())[::-1][:3]
    assert np.allclose(top_eigenvalues(network, loss, rounds=26), exact, rtol=1e-2, atol=1e-3)
    assert all(p.grad is None for p in network.parameters())


def test_a_loss_without_a_second_slope_has_no_eigenvalues():
    network, x = nn.Linear(3, 1), torch.randn(5, 3)
    assert np.isnan(top_eigenvalues(network, lambda: network(x).mean())).all()


def test_a_way_in_a_plane_is_found_whole():
    a, b = torch.randn(2, 3), torch.randn(2, 3)
    path = [[k * a + (k - 2) ** 2 * b] for k in range(4)]
    directions, places, share = on_plane(path)
    assert abs(share.sum() - 1) < 1e-9
    assert np.allclose(places[-1], 0, atol=1e-6)
    for point, place in zip(path, places):
        back = path[-1][0] + sum(float(p) * d[0] for p, d in zip(place, directions))
        torch.testing.assert_close(back, point[0], rtol=1e-4, atol=1e-4)


def test_weights_put_into_a_network_are_its_own():
    network = nn.Linear(2, 2)
    new = [torch.zeros(2, 2), torch.ones(2)]
    put(network, new)
    assert torch.equal(network(torch.randn(1, 2)), torch.ones(1, 2))
