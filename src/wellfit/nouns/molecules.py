"""Molecules: SMILES as graphs, by RDKit where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wellfit.nouns.errors import DataError

ELEMENTS = ("C", "N", "O", "S", "F", "Cl", "Br", "P", "I", "B", "Si")
BONDS = ("SINGLE", "DOUBLE", "TRIPLE", "AROMATIC")
DEGREES, HYDROGENS, CHARGES, HYBRIDS = 5, 4, (-1, 0, 1), ("SP", "SP2", "SP3")
FEATURES = len(ELEMENTS) + 1 + DEGREES + 1 + HYDROGENS + 1 + len(CHARGES) + 1 + len(HYBRIDS) + 1 + 2
"""Of an atom, as 0 and 1: its element, bonds to heavy atoms, hydrogens, charge, hybridisation (the last of each: any
other), whether it is aromatic, and whether in a ring: those of Gilmer et al. 2017 (arXiv:1704.01212), table 1."""
INSTALL = "pip install rdkit"


def installed() -> bool:
    """Is RDKit there?"""
    from importlib.util import find_spec

    return find_spec("rdkit") is not None


def graphs(smiles: Sequence[Any], most: int | None = None, named: str = "smiles") -> np.ndarray:
    """SMILES [N] -> [N, V, F + 4 V] uint8: of each atom F = 33 features, then a row for each kind of bond (single, double,
    triple, aromatic) with 1 at the atoms it leads to; hydrogens are counted, not drawn. V: `most`, by default the atoms
    of the largest. Raises DataError for what is no SMILES, and for a molecule of more than `most` atoms."""
    if not installed():
        raise DataError(f"molecules in {named!r}", "RDKit, which reads SMILES, is not installed", INSTALL)
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    found = [Chem.MolFromSmiles(str(s).strip()) for s in smiles]
    bad = [i for i, m in enumerate(found) if m is None or not m.GetNumAtoms()]
    if bad:
        more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
        said = f"{str(smiles[bad[0]])[:40]!r} in row {bad[0] + 1:,}{more}"
        raise DataError(f"molecules as SMILES in {named!r}", said, "mend or leave out these rows")
    sizes = np.array([m.GetNumAtoms() for m in found])
    room = most or int(sizes.max())
    if (sizes > room).any():
        i = int(sizes.argmax())
        asked = f"molecules of at most {room} atoms, the largest in training"
        raise DataError(asked, f"{sizes[i]} in row {i + 1:,}: {str(smiles[i])[:40]!r}", "train with such ones too")
    x = np.zeros((len(found), room, FEATURES + len(BONDS) * room), np.uint8)
    for row, molecule in zip(x, found):
        _fill(row, molecule, room)
    return x


def _fill(row: np.ndarray, molecule: Any, room: int) -> None:
    for atom in molecule.GetAtoms():
        row[atom.GetIdx(), :FEATURES] = _atom(atom)
    for bond in molecule.GetBonds():
        kind = str(bond.GetBondType())
        at = FEATURES + (BONDS.index(kind) if kind in BONDS else 0) * room
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        row[i, at + j] = row[j, at + i] = 1


def _atom(atom: Any) -> list[int]:
    return [
        *_one(atom.GetSymbol(), ELEMENTS),
        *_one(atom.GetDegree(), range(DEGREES)),
        *_one(atom.GetTotalNumHs(), range(HYDROGENS)),
        *_one(atom.GetFormalCharge(), CHARGES),
        *_one(str(atom.GetHybridization()), HYBRIDS),
        int(atom.GetIsAromatic()),
        int(atom.IsInRing()),
    ]


def _one(value: Any, known: Sequence[Any]) -> list[int]:
    """One of `known`, or any other."""
    return [int(value == k) for k in known] + [int(value not in known)]
