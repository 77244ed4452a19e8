"""Edges of bins."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.nouns.bins import FEWEST, bin_edges


def test_an_edge_lies_where_the_answer_changes():
    x = torch.rand(2000, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0.3).long()
    edges, of_noise = bin_edges(x, y, 2)
    assert len(edges) == 3
    assert float(edges[1]) == pytest.approx(0.3, abs=0.01)
    assert not 0.29 < float(of_noise[1]) < 0.31


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.sampled_from(["classes", "labels", "values"]), st.integers(0, 9))
def test_edges_rise_within_the_column_and_bins_are_no_more_than_asked(n: int, most: int, task: str, seed: int):
    draw = torch.Generator().manual_seed(seed)
    x = torch.stack([torch.randn(n, generator=draw), torch.zeros(n), torch.randint(0, 3, (n,), generator=draw)], 1)
    y = {
        "classes": torch.randint(0, 3, (n,), generator=draw),
        "labels": torch.randint(0, 2, (n, 2), generator=draw).float(),
        "values": torch.randn(n, 1, generator=draw),
    }[task]
    for column, edges in zip(x.T, bin_edges(x, y, most), strict=True):
        assert 1 <= len(edges) <= most + 1
        assert all(a < b for a, b in itertools.pairwise(edges.tolist()))
        assert float(edges[0]) == float(column.min())
        assert float(edges[-1]) == float(column.max())
        if len(edges) > 2:
            shares = torch.histogram(column, edges)[0]
            assert int(shares.min()) >= FEWEST - 1  # histogram counts an edge's own rows on its right
