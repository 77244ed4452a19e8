"""molecules: a table with SMILES as graphs, one for each row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wellfit.nouns import molecules
from wellfit.nouns.data import Raw
from wellfit.nouns.finding import Finding
from wellfit.verbs.load.ask import Asked


def as_graphs(raw: Raw, asked: Asked) -> tuple[Raw, Asked]:
    """Both with graphs [N, V, F + 4 V] in place of a table, where it has a column named SMILES; as they are where it has
    none, or where RDKit is not there, which is then said. Raises DataError for a column that holds anything else."""
    if isinstance(asked.inputs, np.ndarray):
        return raw, asked
    named = next((c for c in asked.inputs.columns if "smiles" in str(c).casefold()), None)
    if named is None:
        return raw, asked
    if not molecules.installed():
        what = f"The molecules in {named!r} are not looked at: RDKit, which reads SMILES, is not installed"
        note = Finding("features-missing", "info", what, remedy=molecules.INSTALL, stage="data")
        return raw, replace(asked, findings=(*asked.findings, note))
    x = molecules.graphs(raw.inputs[named].tolist(), named=named)  # type: ignore[index]
    others = [c for c in asked.inputs.columns if c != named]
    notes = asked.findings
    if others:
        what = f"Molecules are learnt from {named!r} alone; left out: {', '.join(others)}"
        do = f"--set data.drop=[{named}] learns from the other columns instead"
        notes = (*notes, Finding("features-missing", "info", what, remedy=do, stage="data"))
    kinds = len(molecules.BONDS)
    graphs = replace(raw, kind="graphs", inputs=x, names=(named,), edge_kinds=kinds)
    return graphs, replace(asked, inputs=x[asked.rows], findings=notes)
