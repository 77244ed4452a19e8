"""Molecules: SMILES become graphs, alike in training and prediction, whatever the order of their atoms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from wellfit.jobs.fit import fit
from wellfit.jobs.predict import predict
from wellfit.nouns import molecules
from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.load import molecules as loading
from wellfit.verbs.propose import propose

needs_rdkit = pytest.mark.skipif(not molecules.installed(), reason="RDKit is not installed: pip install rdkit")
CHAINS = ["C" * k + end for k in range(1, 13) for end in ("", "O", "N", "Cl", "F", "=O")]


def table() -> pd.DataFrame:
    """Chains whose "log_s" grows with their length and with an oxygen at the end."""
    length = np.array([s.count("C") for s in CHAINS])
    return pd.DataFrame(
        {"SMILES": CHAINS, "mass": length * 14.0, "log_s": 0.3 * length + np.array(["O" in s for s in CHAINS])}
    )


@needs_rdkit
def test_a_molecule_is_its_atoms_and_bonds():
    x = molecules.graphs(["CC=O", "c1ccccc1"])
    f, v = molecules.FEATURES, 6
    assert x.shape == (2, v, f + 4 * v)
    bonds = x[..., f:].reshape(2, v, 4, v).transpose(0, 2, 1, 3)
    assert (bonds == bonds.transpose(0, 1, 3, 2)).all()
    assert bonds[0].sum((1, 2)).tolist() == [2, 2, 0, 0]  # a single and a double one, each from both of its ends
    assert bonds[1].sum((1, 2)).tolist() == [0, 0, 0, 12]
    assert not x[0, 3:].any()
    assert (x[:, :, :f].reshape(-1, f).sum(1) >= 5).sum() == 9


@needs_rdkit
def test_the_order_of_atoms_plays_no_part():
    data = load(table(), Recipe.of({"data.target": "log_s"}).data)
    case = build(propose(Recipe.of({"training.lr": 1e-3}), data)[0], data)
    x = data.preparation.inputs(pd.DataFrame({"SMILES": ["CCCO", "OCCC", "C(O)CC"]}))
    case.network.eval()
    with torch.no_grad():
        out = case.network(x)
    torch.testing.assert_close(out, out[:1].expand_as(out), rtol=1e-4, atol=1e-5)


@needs_rdkit
def test_a_table_of_molecules_is_learnt_and_predicted(tmp_path):
    file = tmp_path / "m.csv"
    table().to_csv(file, index=False)
    run = fit(str(file), target="log_s", out=tmp_path / "run", force=True, epochs=20, lr=3e-3)
    assert run.recipe.network.name == "graph"
    assert run.test["RMSE"]["value"] < 0.5 * run.test["RMSE"]["baseline"]
    assert any("left out: mass" in f.summary for f in run.findings) or "mass" in str(load(str(file)).findings)
    said = predict(run.path, str(file))
    assert len(said) == len(CHAINS)
    np.testing.assert_allclose(run.predict(table().iloc[:3]), said["log_s"][:3], rtol=1e-4)


@needs_rdkit
def test_what_is_no_molecule_and_what_is_too_large_is_refused():
    with pytest.raises(DataError, match="row 2"):
        molecules.graphs(["CC", "not one"])
    data = load(table(), Recipe.of({"data.target": "log_s"}).data)
    with pytest.raises(DataError, match="at most"):
        data.preparation.inputs(pd.DataFrame({"SMILES": ["C" * 40]}))


@needs_rdkit
def test_the_column_can_be_left_out():
    data = load(table(), Recipe.of({"data.target": "log_s", "data.drop": ("SMILES",)}).data)
    assert data.raw.kind == "table"
    assert data.shape_in == (1,)


def test_without_rdkit_the_other_columns_are_learnt_and_it_is_said(monkeypatch):
    monkeypatch.setattr(loading.molecules, "installed", lambda: False)
    data = load(table(), Recipe.of({"data.target": "log_s"}).data)
    assert data.raw.kind == "table"
    assert any("RDKit" in f.summary and "pip install" in f.remedy for f in data.findings)
