"""Laws of what is kept: whole, checked by hash, no pickle, nothing of a stranger's run."""

from __future__ import annotations

import json
import pickletools

import numpy as np
import pytest
import torch

from wellfit.nouns.case import Case
from wellfit.nouns.errors import RunError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.verbs import keep
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4)).astype(np.float32)
Y = np.where(X[:, 0] > 0, "warm", "cold")


def kept(tmp_path, **choices) -> tuple[Run, Case]:
    given = Recipe.of({"data.source": "made", "training.epochs": 1, **choices})
    data = load((X, Y), given.data)
    case = build(propose(given, data)[0], data)
    run = Run.create(tmp_path / "run", case.recipe, {})
    keep.keep_model(run, case)
    return run, case


def test_a_model_read_back_gives_the_same_outputs_for_raw_data(tmp_path):
    run, case = kept(tmp_path)
    case.network.eval()
    with torch.no_grad():
        expected = case.network(case.data.preparation.inputs(X)).softmax(1).numpy()
    np.testing.assert_array_equal(keep.read_model(run).outputs(X), expected)


def test_a_model_file_holds_no_pickle(tmp_path):
    run, _ = kept(tmp_path)
    content = (run.path / keep.MODEL).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert set(header["__metadata__"]) == {"wellfit", "sha256"}
    with pytest.raises(Exception, match=r"."):
        list(pickletools.genops(content))


@pytest.mark.parametrize("harm", ["cut", "turned", "empty", "text"])
def test_a_damaged_file_is_refused_and_named(tmp_path, harm: str):
    run, _ = kept(tmp_path)
    path = run.path / keep.MODEL
    content = bytearray(path.read_bytes())
    if harm == "turned":
        content[-3] ^= 0xFF
    path.write_bytes({"cut": content[:-10], "turned": content, "empty": b"", "text": b"not a model"}[harm])
    with pytest.raises(RunError, match=keep.MODEL):
        keep.read_model(run)


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    run, _ = kept(tmp_path)
    one = torch.as_strided(torch.ones(1, dtype=torch.float64), (1,), (0,))
    state = {
        "tensors": {"a": one, "b": torch.arange(6).view(2, 3).T, "c": torch.zeros(0)},
        "plain": {"x": [1, 2.5, None]},
    }
    keep.keep_checkpoint(run, state)
    back = keep.read_checkpoint(run)
    assert back is not None
    assert back["plain"] == state["plain"]
    assert all(torch.equal(back["tensors"][k], v) for k, v in state["tensors"].items())


def test_a_network_of_ones_own_must_be_handed_in(tmp_path):
    given = Recipe.of({"data.source": "made", "network.name": "own:Linear"})
    data = load((X, Y), given.data)
    case = build(propose(given, data)[0], data, torch.nn.Linear(4, 2))
    run = Run.create(tmp_path / "run", case.recipe, {})
    keep.keep_model(run, case)
    with pytest.raises(RunError, match="own"):
        keep.read_model(run)
    assert keep.read_model(run, torch.nn.Linear(4, 2)).outputs(X).shape == (120, 2)
    with pytest.raises(RunError, match="do not fit"):
        keep.read_model(run, torch.nn.Linear(4, 3))


def test_tied_weights_are_kept(tmp_path):
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(4, 4)
            self.b = torch.nn.Linear(4, 4)
            self.b.weight = self.a.weight
            self.head = torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.b(self.a(x)))

    given = Recipe.of({"data.source": "made", "network.name": "own:Tied"})
    data = load((X, Y), given.data)
    case = build(propose(given, data)[0], data, Tied())
    run = Run.create(tmp_path / "run", case.recipe, {})
    keep.keep_model(run, case)
    assert keep.read_model(run, Tied()).outputs(X).shape == (120, 2)
