"""Laws of widening: a wider copy takes the same inputs and gives outputs of the same shape; what cannot be widened is left."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from wellfit.nouns.widening import hidden, units, widen


class Tagger(nn.Module):
    """Embedding, recurrent layer of one's own sizes, norm and head."""

    def __init__(self, kind):
        super().__init__()
        self.embed, self.body = nn.Embedding(7, 3), kind(3, 2, batch_first=True)
        self.norm, self.head = nn.LayerNorm(2), nn.Linear(2, 5)

    def forward(self, x):
        return self.head(self.norm(self.body(self.embed(x))[0][:, -1]))


class Branches(nn.Module):
    """Two inputs that meet, and a skip past the middle."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.middle, self.head = nn.Linear(4, 3), nn.Linear(2, 2), nn.Linear(5, 5), nn.Linear(9, 1)

    def forward(self, x, z):
        h = torch.cat([self.a(x), self.b(z)], 1).relu()
        return self.head(torch.cat([self.middle(h), x], 1))


CASES = {
    "rnn": (Tagger(nn.RNN), (torch.randint(7, (6, 4)),)),
    "gru": (Tagger(nn.GRU), (torch.randint(7, (6, 4)),)),
    "lstm": (Tagger(nn.LSTM), (torch.randint(7, (6, 4)),)),
    "branches": (Branches(), (torch.randn(6, 4), torch.randn(6, 2))),
    "autoencoder": (nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 1), nn.Linear(1, 8)), (torch.randn(6, 8),)),
    "pictures": (
        nn.Sequential(
            nn.Conv2d(1, 2, 3, 2, 1), nn.BatchNorm2d(2), nn.ReLU(), nn.ConvTranspose2d(2, 2, 2, 2), nn.GroupNorm(2, 2),
            nn.Conv2d(2, 1, 1),
        ),
        (torch.randn(6, 1, 8, 8),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_hidden_layers_are_wider_and_the_ends_fit(name):
    network, args = CASES[name]
    want, before = network(*args).shape, sum(p.numel() for p in network.parameters())
    assert min(units(m) for m in hidden(network)) <= 3
    given = widen(network, args, {}, 4)
    assert given.shape == want == network(*args).shape
    assert min(units(m) for m in hidden(network)) >= 4
    assert sum(p.numel() for p in network.parameters()) > 3 * before


def test_parts_with_weights_of_their_own_are_left():
    assert hidden(nn.Sequential(nn.Linear(4, 4), nn.MultiheadAttention(4, 2), nn.Linear(4, 1))) == []


class Factors(nn.Module):
    """Two tables whose rows are multiplied: there is no layer after them."""

    def __init__(self, rank):
        super().__init__()
        self.a, self.b = nn.Embedding(9, rank), nn.Embedding(8, rank)

    def forward(self, i, j):
        return (self.a(i) * self.b(j)).sum(-1)


def test_tables_alone_are_all_widened():
    network, args = Factors(1), (torch.randint(9, (6,)), torch.randint(8, (6,)))
    assert [units(m) for m in hidden(network)] == [1, 1]
    assert widen(network, args, {}, 8).shape == (6,)
    assert [units(m) for m in (network.a, network.b)] == [8, 8]
