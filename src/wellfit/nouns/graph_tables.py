"""Graph tables: nodes, edges and whole graphs as three tables, told apart, checked, and laid out as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.columns import missing_column, numbers, series_of, texts
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.units import many

if TYPE_CHECKING:
    import pandas as pd

ENDS = (
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
    ("u", "v"),
    ("node1", "node2"),
    ("id1", "id2"),
    ("head", "tail"),
)
WEIGHTS, IDS, GRAPHS = ("weight", "w", "strength"), ("id", "node", "node_id", "name"), ("graph", "graph_id")
ANSWERS = ("target", "label", "class", "y", "outcome")
MOST_LEVELS = 64


@dataclass(frozen=True)
class Links:
    """Nodes and what joins them. ids [N]: names of the nodes; edges [E, 2]: places of both ends; weight [E];
    findings: what was left out."""

    ids: np.ndarray
    edges: np.ndarray
    weight: np.ndarray
    findings: tuple[Finding, ...] = ()

    def neighbours(self) -> list[list[tuple[int, float]]]:
        """Of each node, the nodes it is joined with and the weights, both ways."""
        found: list[list[tuple[int, float]]] = [[] for _ in self.ids]
        for (a, b), w in zip(self.edges.tolist(), self.weight.tolist()):
            found[a].append((b, w))
            found[b].append((a, w))
        return found


def column(columns: Sequence[Any], known: Sequence[str]) -> str | None:
    """The column of one of the known names, in any case."""
    named = {str(c).strip().casefold(): c for c in columns}
    return next((named[k] for k in known if k in named), None)


def links(edges: pd.DataFrame, nodes: pd.DataFrame, name: str) -> Links:
    """Both tables joined. Raises DataError for columns that are not there, nodes that are named twice, edges to nodes that
    are not in the table of nodes, and weights that are no numbers."""
    ends = next((pair for pair in ENDS if all(column(list(edges.columns), (word,)) for word in pair)), None)
    if ends is None:
        found = f"columns {', '.join(map(str, edges.columns[:8]))}"
        raise DataError(f"both ends of each edge in the edges of {name}", found, "name two columns source and target")
    key = column(list(nodes.columns), IDS)
    if key is None:
        found = f"columns {', '.join(map(str, nodes.columns[:8]))}"
        raise DataError(f"a name for each of the nodes of {name}", found, "name a column id")
    ids = texts(series_of(nodes, key))[0]
    place = {word: i for i, word in enumerate(ids.tolist())}
    if len(place) < len(ids):
        twice = next(w for w in ids if (ids == w).sum() > 1)
        found = f"{str(twice)!r} in {int((ids == twice).sum())} rows"
        raise DataError(f"each of the nodes of {name} once, in {key!r}", found, "leave one row for each node")
    both = [texts(series_of(edges, str(column(list(edges.columns), (word,)))))[0] for word in ends]
    unknown = np.array([a not in place or b not in place for a, b in zip(*both)], dtype=bool)
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        word = next(str(end[row]) for end in both if end[row] not in place)
        found = f"{word!r} in row {row + 1:,} of the edges, in {many(int(unknown.sum()), 'row')} in all"
        do = "add it to the nodes, or leave these edges out"
        raise DataError(f"the nodes that the edges of {name} join", f"{found} is not in {key!r}", do)
    pairs = np.array([[place[a], place[b]] for a, b in zip(*both)], dtype=np.int64).reshape(-1, 2)
    return _tidied(ids, pairs, _weight(edges, name), name)


def _weight(edges: pd.DataFrame, name: str) -> np.ndarray:
    key = column(list(edges.columns), WEIGHTS)
    if key is None:
        return np.ones(len(edges), dtype=np.float32)
    values, _ = numbers(series_of(edges, key))
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        found = f"{str(edges[key].iloc[bad[0]])!r} in row {bad[0] + 1:,}"
        raise DataError(f"a number for each edge of {name}, in {key!r}", found, "mend or leave out these edges")
    return values.astype(np.float32)


def _tidied(ids: np.ndarray, pairs: np.ndarray, weight: np.ndarray, name: str) -> Links:
    """Without edges of a node to itself and edges given twice, which are counted."""
    own = pairs[:, 0] == pairs[:, 1]
    pairs, weight = pairs[~own], weight[~own]
    _, first = np.unique(np.sort(pairs, 1), axis=0, return_index=True)
    again = len(pairs) - len(first)
    first = np.sort(first)
    if not len(first):
        raise DataError(f"edges between nodes of {name}", "none", "give edges that join two different nodes")
    alone = len(ids) - len(np.unique(pairs))
    said = [f"{many(int(own.sum()), 'edge')} of a node to itself left out"] * bool(own.sum())
    said += [f"{many(again, 'edge')} given again (or the other way round) counted once"] * bool(again)
    said += [f"{many(alone, 'node')} without an edge"] * bool(alone)
    notes = (Finding("edges-mended", "info", "; ".join(said), stage="data"),) if said else ()
    return Links(ids, pairs[first], weight[first], notes)


def answer(frame: pd.DataFrame, target: Any, apart: Sequence[str | None], name: str) -> str:
    """The column to predict: as asked, else one named like an answer, else the last. Raises DataError."""
    known = [str(c) for c in frame.columns if c not in apart]
    if target:
        wanted = target if isinstance(target, str) else next(iter(target))
        if wanted not in known:
            raise missing_column(wanted, known, f"the target column of {name},")
        return wanted
    if not known:
        raise DataError(f"the column of {name} to predict", "none besides the names", "add a column with the answers")
    return column(known, ANSWERS) or known[-1]


def features(
    frame: pd.DataFrame, names: Sequence[str], learnt: Sequence[str] = ()
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(numbers [N, F] float32, what each is): numbers as they are, of text a 0 or 1 for each level, 64 at most; learnt: what
    they were in training, which stays so. Raises DataError for missing numbers."""
    held, said = [], []
    for name in names:
        if learnt and name not in learnt and not any(n.startswith(f"{name} = ") for n in learnt):
            continue
        series = series_of(frame, name)
        values, bad = numbers(series)
        if name in learnt if learnt else not bad.any():
            lost = np.flatnonzero(~np.isfinite(values))
            if len(lost):
                found = f"none in {many(len(lost), 'row')}, first {lost[0] + 1:,}"
                raise DataError(f"a number for each node in {name!r}", found, "fill them in, or leave the column out")
            held.append(values[:, None])
            said.append(str(name))
            continue
        words, _ = texts(series)
        levels, counts = np.unique(words.astype(str), return_counts=True)
        levels = [w.removeprefix(f"{name} = ") for w in learnt if w.startswith(f"{name} = ")] or levels[
            np.sort(np.argsort(-counts, kind="stable")[:MOST_LEVELS])
        ].tolist()
        held.append((words.astype(str)[:, None] == np.array(levels)[None]).astype(np.float32))
        said += [f"{name} = {level}" for level in levels]
    if learnt and tuple(said) != tuple(learnt):
        lost = [n for n in learnt if n not in said]
        asked = f"the features of nodes as in training, {len(learnt)} in all"
        raise DataError(asked, f"without {', '.join(lost[:4])}", "give the same columns")
    x = np.concatenate(held, 1) if held else np.zeros((len(frame), 0))
    return x.astype(np.float32), tuple(said)
