"""Bins of a number: edges where the answer changes, for networks that take a number bin by bin."""

from __future__ import annotations

import torch
from torch import Tensor

FEWEST = 32  # rows in a bin: with 16, and twice the bins, adult does no better
ROWS = 50_000  # rows looked at: edges hardly move with more


def bin_edges(x: Tensor, y: Tensor, most: int) -> list[Tensor]:
    """For each column of training inputs x [N, E], edges (rising, 2 to `most` + 1; 1 where the column is constant) of
    bins in which the answers y (classes [N], labels [N, K] of 0 and 1, or values [N, K]) are most alike.

    The edges are the thresholds of a decision tree that predicts y from the column alone (Gorishniy et al. 2022,
    arXiv:2203.05556, section 3.2.2), and the column's least and greatest value.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    every = max(1, len(x) // ROWS)
    x, truth = x[::every].cpu(), y[::every].cpu().numpy()
    make = DecisionTreeRegressor if y.is_floating_point() else DecisionTreeClassifier
    found = []
    for column in x.T:
        tree = make(max_leaf_nodes=max(most, 2), min_samples_leaf=FEWEST, random_state=0)
        inner = tree.fit(column[:, None].numpy(), truth).tree_
        between = torch.from_numpy(inner.threshold[inner.feature >= 0]).to(x)
        found.append(torch.cat([column.min()[None], between[: most - 1], column.max()[None]]).unique())
    return found
