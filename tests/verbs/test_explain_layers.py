"""Layers looked into: dead units, reach and likeness, on networks where they are known."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from wellfit.nouns.look import Look
from wellfit.verbs.explain.layers import answers, layers, reach
from wellfit.verbs.explain.similar import cka


def test_likeness_is_that_of_the_formula_without_rotation_and_scale():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(40, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    assert abs(cka(a, 3 * a @ turn + 1) - 1) < 1e-6
    assert abs(cka(a, rng.normal(size=(40, 400)))) < 0.1  # unrelated, though wide
    assert 0.2 < cka(a, np.concatenate([a[:, :3], rng.normal(size=(40, 3))], 1)) < 0.9


def test_unbiased_hsic_is_the_slow_sum():
    rng = np.random.default_rng(1)
    a, b, n = rng.normal(size=(7, 2)), rng.normal(size=(7, 3)), 7

    def slow(k, m):
        total = sum(k[i, j] * m[i, j] for i in range(n) for j in range(n))
        total += k.sum() * m.sum() / ((n - 1) * (n - 2))
        total -= 2 / (n - 2) * sum(k[i, j] * m[j, q] for i in range(n) for j in range(n) for q in range(n))
        return total / (n * (n - 3))

    grams = []
    for x in (a, b):
        x = x - x.mean(0)
        k = x @ x.T
        np.fill_diagonal(k, 0)
        grams.append(k)
    k, m = grams
    assert abs(cka(a, b) - slow(k, m) / np.sqrt(slow(k, k) * slow(m, m))) < 1e-9


def test_dead_units_are_counted():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    with torch.no_grad():
        network[0].bias[:3] = -1e3
    seen = {s.name: s for s in answers(network, torch.randn(20, 4))}
    assert (seen["1"].dead, seen["1"].units) == (3, 8)
    assert seen["2"].dead == 0


def test_reach_of_two_convolutions_is_five_cells():
    layers_ = [nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 2, 3, padding=1)]
    seen = reach(nn.Sequential(*layers_), torch.randn(2, 1, 11, 11), "2")
    rows, columns = torch.nonzero(seen > 0, as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (3, 7, 3, 7)


def test_layers_of_a_network_without_data_and_beside_another():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(144, 3))
    part = layers(Look("own", network, (1, 8, 8), against=("itself", network)))
    assert [f["name"] for f in part.facts["layers"]] == ["0", "1", "4"]
    assert np.allclose(np.diag(part.arrays["cka_against"]), 1, atol=1e-6)
    assert network.training
    for figure in part.figures:
        if hasattr(figure, "draw"):
            figure.draw()
