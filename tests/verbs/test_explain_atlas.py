"""Places and the plane: parts add up, cells are means of their answers, labels are the classes they speak for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.nouns.aim import Aim
from wellfit.nouns.look import Look
from wellfit.verbs.explain.atlas import gridded, laid_out
from wellfit.verbs.explain.blocks import places, upright


def test_what_places_do_adds_up_to_the_answer_of_a_linear_head():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 5, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 64, 3, bias=False)
    ).eval()
    x, aim = torch.randn(2, 1, 8, 8), Aim(torch.tensor([0, 2]))
    look = Look("own", network, (1, 8, 8))
    for layer in ("1", "0"):
        found = places(look, layer, x, aim)
        assert found.vectors.shape == (2, 5, 7, 7)
        assert found.parts.shape == (2, 7, 7)
    cells = places(Look("own", network, (1, 8, 8)), "1", x, aim)
    pooled = cells.parts.flatten(1).sum(1)
    small = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 36, 3, bias=False)).eval()
    exact = places(Look("own", small, (1, 8, 8)), "1", x, aim).parts.flatten(1).sum(1)
    torch.testing.assert_close(exact, aim(small(x)), rtol=1e-4, atol=1e-5)
    assert torch.isfinite(pooled).all()


def test_a_cell_is_the_mean_of_its_answers_and_rows_go_down():
    plane = np.concatenate([np.full((5, 2), 0.1), np.full((6, 2), 0.9), [[0.1, 0.9]]]) + np.random.default_rng(
        0
    ).normal(0, 1e-3, (12, 2))
    vectors = torch.arange(12.0)[:, None].expand(12, 3)
    at, means, counts = gridded(plane, vectors, 2)
    assert at == [(0, 1), (1, 0)]  # up on the right, down on the left; the lone one has too few
    assert counts == [6, 5]
    assert means[:, 0].tolist() == [7.5, 2.0]


def test_the_plane_keeps_apart_what_is_apart():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(2, 12))
    vectors = torch.from_numpy(np.concatenate([c + 0.05 * rng.normal(size=(60, 12)) for c in centres])).float()
    plane, _ = laid_out(vectors, 0)
    a, b = plane[:60], plane[60:]
    assert np.linalg.norm(a.mean(0) - b.mean(0)) > 2 * max(a.std(), b.std()) * 0.5
    assert np.array_equal(plane, laid_out(vectors, 0)[0])


@pytest.mark.parametrize(("y", "first"), [([10.0, 20.0, 30.0], 2.0), ([30.0, 20.0, 10.0], 0.0)])
def test_places_of_fields_have_the_north_on_top(y, first):
    fields = SimpleNamespace(grid=SimpleNamespace(y=np.array(y)))
    look: Any = SimpleNamespace(data=SimpleNamespace(preparation=SimpleNamespace(fields=fields)))
    rows = torch.arange(3.0)[:, None].expand(3, 4)
    assert upright(look, rows)[0, 0] == first
    assert upright(look, rows.expand(2, 5, 3, 4))[1, 4, :, 0].tolist() == upright(look, rows)[:, 0].tolist()
