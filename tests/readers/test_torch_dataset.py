"""torch Datasets and DataLoaders are taken into memory once, in the order of the dataset."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from wellfit.nouns.errors import DataError
from wellfit.readers.torch_dataset import can_read, torch_dataset

X, Y = torch.arange(24.0).reshape(8, 3), torch.arange(8) % 2


class Pairs(Dataset):
    """Items by index: whatever `item` makes of it."""

    def __init__(self, item, n: int = 8):
        self.item, self.n = item, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.item(i)


class Stream(IterableDataset):
    def __iter__(self):
        while True:
            yield X[0], 0


@pytest.mark.parametrize(
    "source",
    [
        TensorDataset(X, Y),
        Pairs(lambda i: (X[i], int(Y[i]))),
        Pairs(lambda i: [X[i].tolist(), Y[i]]),
        Subset(TensorDataset(X, Y), range(8)),
        DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True),
        DataLoader(Pairs(lambda i: (X[i].numpy(), Y[i])), batch_size=3, drop_last=True),
        [(X[i].numpy(), int(Y[i])) for i in range(8)],
    ],
    ids=lambda s: type(s).__name__,
)
def test_every_example_is_taken_in_the_datasets_order(source):
    raw = torch_dataset(source)
    assert can_read(source)
    assert np.array_equal(raw.inputs, X)
    assert raw.targets.tolist() == Y.tolist()


def test_transforms_of_the_users_own_are_applied():
    raw = torch_dataset(Pairs(lambda i: (Image.new("RGB", (6, 4), (i, 0, 0)), "ab"[i % 2])))
    assert raw.kind == "pictures"
    assert raw.inputs.shape == (8, 3, 4, 6)
    assert raw.inputs[:, 0, 0, 0].tolist() == list(range(8))
    assert raw.targets.tolist() == list("abababab")


def test_a_collate_function_of_the_users_own_is_used():
    loader = DataLoader(TensorDataset(X, Y), batch_size=3, collate_fn=lambda items: (
        torch.stack([x for x, _ in items]) + 100, torch.stack([y for _, y in items])))  # fmt: skip
    assert np.array_equal(torch_dataset(loader).inputs, X + 100)


def test_inputs_without_targets_have_none():
    assert torch_dataset(TensorDataset(X)).targets is None


def refused(source) -> str:
    with pytest.raises(DataError) as error:
        torch_dataset(source)
    return str(error.value)


@pytest.mark.parametrize("source", [Stream(), DataLoader(Stream(), batch_size=2)], ids=["stream", "loader"])
def test_an_endless_stream_is_refused_before_it_is_read(source):
    assert "its length is unknown, so it may never end" in refused(source)


def test_an_empty_dataset_is_refused():
    assert "found: none" in refused(Pairs(lambda i: (X[i], 0), n=0))


def test_items_that_are_no_pairs_are_refused():
    assert "found: 3 values an item" in refused(Pairs(lambda i: (1, 2, 3)))
    assert "found: a dict an item" in refused(Pairs(lambda i: {"x": 1}))


def test_inputs_of_differing_shapes_are_refused():
    assert "found: 8 shapes: (1,), (2,), (3,), (4,)" in refused(Pairs(lambda i: (np.zeros(i + 1), 0)))
