"""Graphs from lists of edges: a folder with edges and nodes as tables, and graphs where there are several.

Of one graph each node is an example: what lies around it, itself first. Of several graphs each graph is one.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns import graph_tables as tables
from wellfit.nouns.columns import missing_column, series_of, texts
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.units import many

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz")
AROUND, HOPS = (
    32,
    2,
)  # nodes of a neighbourhood at most, and steps away (GraphSAGE: Hamilton et al. 2017, two of 25 and 10)
MOST = 2**29  # numbers of all graphs laid out


def can_read(source: Any) -> bool:
    """A folder with tables named edges and nodes."""
    folder = Path(source).expanduser() if isinstance(source, str) else None
    return folder is not None and folder.is_dir() and bool(_file(folder, "edges")) and bool(_file(folder, "nodes"))


def _file(folder: Path, word: str) -> Path | None:
    return next((folder / f"{word}{e}" for e in ENDINGS if (folder / f"{word}{e}").is_file()), None)


def edges(
    source: str, *, target: Any = None, skip_bad: bool = False, size: int = 0, names: tuple[str, ...] = ()
) -> Raw:
    """edges (source, target, weight where they have one), nodes (id, features, and the column to predict), and for several
    graphs a column graph of the nodes and a table graphs (graph, and the column to predict), as CSV or Parquet.

    Examples [N, V, F + V]: of each of V nodes 1, what is known of it, and its row of the adjacency, both ways. Nodes
    without an answer are no examples, but neighbours. size, names: V and the features of training, for prediction.
    Raises DataError for tables that do not fit each other.
    """
    folder = Path(source).expanduser()
    nodes, joined = _table(folder, "nodes"), _table(folder, "edges")
    found = tables.links(joined, nodes, folder.name)
    key, of = tables.column(list(nodes.columns), tables.IDS), tables.column(list(nodes.columns), tables.GRAPHS)
    if of is not None and not _file(folder, "graphs"):
        asked, seen = f"what is to be predicted of the graphs of {folder.name}", f"a column {of!r}, but no table graphs"
        raise DataError(asked, seen, "add graphs.csv with graph and the answer, or leave the column out")
    graphs = _table(folder, "graphs") if of is not None else None
    apart = [key, of]
    answers = nodes if graphs is None else graphs
    heads = apart if graphs is None else [tables.column(list(graphs.columns), (*tables.GRAPHS, *tables.IDS))]
    unasked = names and not target and not _answered(answers, heads)  # prediction, without the answers
    column = None if unasked else tables.answer(answers, target, heads, folder.name)
    known = [c for c in nodes.columns if c not in (*apart, column if graphs is None else None)]
    x, features = tables.features(nodes, known, names[1:] if names else ())
    x = np.concatenate([np.ones((len(x), 1), np.float32), x], 1)
    kept = {"names": ("node", *features), "units": {}, "edge_kinds": 1, "findings": found.findings}
    if graphs is None:
        return _around(folder.name, found, x, nodes, column, size, kept)
    return _whole(folder.name, found, x, texts(series_of(nodes, str(of)))[0], graphs, column, heads[0], size, kept)


def _answered(frame: pd.DataFrame, apart: list[str | None]) -> bool:
    """Is a column there besides the names, that is named like an answer?"""
    return tables.column([c for c in frame.columns if c not in apart], tables.ANSWERS) is not None


def _table(folder: Path, word: str) -> pd.DataFrame:
    import pandas as pd

    path: Any = _file(folder, word)
    try:
        parquet = path.suffix == ".parquet"
        frame = pd.read_parquet(path) if parquet else pd.read_csv(path, sep=None, engine="python")
    except Exception as error:  # parsers raise types of their own
        raise DataError(f"the table {path}", f"unreadable: {str(error).splitlines()[0]}", "mend the file") from None
    if not len(frame):
        raise DataError(f"the table {path}", "no rows", "name a table with rows in it")
    return frame.rename(columns=lambda c: str(c).strip())


def _around(
    name: str, links: Any, x: np.ndarray, nodes: pd.DataFrame, column: str | None, size: int, kept: dict
) -> Raw:
    """Each node that has an answer, with what lies up to two steps around it, the nearest first."""
    y = None if column is None else nodes[column].to_numpy()
    asked = np.arange(len(x)) if y is None else np.flatnonzero(nodes[column].notna())
    near = links.neighbours()
    groups = [_near(int(start), near) for start in asked]
    room = size or max(map(len, groups))
    notes = kept["findings"]
    if len(asked) < len(x):
        said = f"{many(len(x) - len(asked), 'node')} without {column!r}: neighbours, but no examples"
        notes = (*notes, Finding("answers-missing", "info", said, stage="data"))
    inputs = _laid_out([g[:room] for g in groups], x, near, room, name)
    targets = None if y is None else y[asked]
    kept = kept | {"findings": notes, "ids": links.ids[asked].astype(str), "centred": True}
    return Raw(name, "graphs", inputs, targets, (column,) if column else (), **kept)


def _near(start: int, near: list[list[tuple[int, float]]]) -> list[int]:
    """A node and those around it, step by step, the strongest links of each first; AROUND at most."""
    seen, found, queue = {start}, [start], deque([(start, 0)])
    while queue and len(found) < AROUND:
        node, away = queue.popleft()
        if away == HOPS:
            continue
        for other, _ in sorted(near[node], key=lambda pair: -pair[1]):
            if other not in seen and len(found) < AROUND:
                seen.add(other)
                found.append(other)
                queue.append((other, away + 1))
    return found


def _whole(name: str, links: Any, x, of: np.ndarray, graphs: pd.DataFrame, column, key, size: int, kept: dict) -> Raw:
    """Each graph with all its nodes."""
    if key is None:
        raise missing_column("graph", list(map(str, graphs.columns)), f"the names of the graphs of {name}, the column")
    words = texts(series_of(graphs, key))[0]
    members = {word: np.flatnonzero(of == word).tolist() for word in words.tolist()}
    empty = [w for w, m in members.items() if not m]
    stray = sorted(set(of.tolist()) - set(members))
    if empty or stray:
        seen = f"{empty[0]!r} has no nodes" if empty else f"nodes of {stray[0]!r}, which is not among the graphs"
        raise DataError(
            f"nodes and graphs of {name} that fit each other", seen, "mend the tables of nodes and of graphs"
        )
    across = of[links.edges[:, 0]] != of[links.edges[:, 1]]
    if across.any():
        a, b = links.ids[links.edges[np.flatnonzero(across)[0]]]
        seen = f"{many(int(across.sum()), 'edge')} between two graphs, first {a!r} to {b!r}"
        raise DataError(f"edges within the graphs of {name}", seen, "leave these edges out, or mend the column graph")
    groups = list(members.values())
    room = size or max(map(len, groups))
    if max(map(len, groups)) > room:
        seen = f"one of {max(map(len, groups))} nodes"
        raise DataError(f"graphs of at most {room} nodes, the largest in training", seen, "train with such ones too")
    inputs = _laid_out(groups, x, links.neighbours(), room, name)
    targets = None if column is None else graphs[column].to_numpy()
    return Raw(name, "graphs", inputs, targets, (column,) if column else (), ids=words.astype(str), **kept)


def _laid_out(groups: list[list[int]], x: np.ndarray, near: list, room: int, name: str) -> np.ndarray:
    """[N, V, F + V] float32 of groups of nodes."""
    size = len(groups) * room * (x.shape[1] + room)
    if size > MOST:
        seen = f"{len(groups):,} graphs of up to {room} nodes with {x.shape[1]} features: {size * 4 / 2**30:.1f} GiB"
        raise DataError(f"the graphs of {name} in memory", seen, "give fewer or smaller graphs, or fewer features")
    out = np.zeros((len(groups), room, x.shape[1] + room), np.float32)
    for one, group in zip(out, groups):
        place = {node: i for i, node in enumerate(group)}
        one[: len(group), : x.shape[1]] = x[group]
        for i, node in enumerate(group):
            for other, weight in near[node]:
                if other in place:
                    one[i, x.shape[1] + place[other]] = weight
    return out
