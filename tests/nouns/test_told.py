"""Laws of what inputs tell: a column that tells the training rows' target alone is seen, by how much, and only then."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from wellfit.nouns import told


@pytest.mark.parametrize(
    ("own", "held", "said"), [(1.0, 0.0, True), (1.0, 1.0, False), (0.0, 0.0, False), (0.0, 1.0, False)]
)
def test_a_column_that_tells_the_training_rows_alone_is_seen(monkeypatch, own, held, said):
    torch.manual_seed(0)

    def batch(share):
        x, y = torch.randn(300, 3), torch.randn(300, 1)
        x[:, 1:2] = share * y + x[:, 1:2]
        return SimpleNamespace(inputs=x, targets=y)

    monkeypatch.setattr(told, "trained", lambda program: [batch(own)])
    monkeypatch.setattr(told, "evaluated", lambda program: [batch(held)])
    found = told.told_apart(SimpleNamespace())  # type: ignore[arg-type]
    assert (found is not None) == said
    assert not said or "number 1" in str(found)


def test_few_rows_say_nothing(monkeypatch):
    few = SimpleNamespace(inputs=torch.randn(20, 3), targets=torch.randn(20))
    monkeypatch.setattr(told, "trained", lambda program: [few])
    monkeypatch.setattr(told, "evaluated", lambda program: [few])
    assert told.told_apart(SimpleNamespace()) is None  # type: ignore[arg-type]
