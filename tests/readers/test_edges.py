"""Graphs from lists of edges: nodes of one graph, several graphs, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wellfit.jobs.fit import fit
from wellfit.jobs.predict import predict
from wellfit.nouns.errors import DataError
from wellfit.readers.edges import can_read, edges
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


def communities(folder: Path, n: int = 240) -> Path:
    """Three communities: links inside are likelier, features of a node alone say little of its community."""
    kind = np.arange(n) % 3
    a, b = np.triu_indices(n, 1)
    kept = np.random.default_rng(1).random(len(a)) < np.where(kind[a] == kind[b], 0.08, 0.005)
    signal = np.random.default_rng(2).normal(size=(n, 3)) + 0.7 * np.eye(3)[kind]
    nodes = pd.DataFrame({"id": [f"n{i}" for i in range(n)], **{f"x{j}": signal[:, j] * 50 + 300 for j in range(3)}})
    folder.mkdir(exist_ok=True)
    nodes.assign(label=np.array(["red", "green", "blue"])[kind]).to_csv(folder / "nodes.csv", index=False)
    pd.DataFrame({"source": nodes["id"][a[kept]].values, "target": nodes["id"][b[kept]].values}).to_csv(
        folder / "edges.csv", index=False
    )
    return folder


def rings(folder: Path) -> Path:
    """Graphs of 4 to 9 nodes, rings or chains; which they are is to be told."""
    nodes, links, graphs = [], [], []
    for g in range(60):
        size, ring = int(RNG.integers(4, 10)), g % 2
        nodes += [(f"{g}-{i}", g, "iron" if i % 2 else "gold") for i in range(size)]
        links += [(f"{g}-{i}", f"{g}-{(i + 1) % size}", 2.0) for i in range(size if ring else size - 1)]
        graphs.append((g, ["chain", "ring"][ring]))
    folder.mkdir(exist_ok=True)
    pd.DataFrame(nodes, columns=["id", "graph", "metal"]).to_parquet(folder / "nodes.parquet")
    pd.DataFrame(links, columns=["from", "to", "weight"]).to_csv(folder / "edges.csv", index=False)
    pd.DataFrame(graphs, columns=["graph", "shape"]).to_csv(folder / "graphs.csv", index=False)
    return folder


def test_each_node_is_an_example_with_what_lies_around_it(tmp_path):
    (tmp_path / "edges.csv").write_text("source,target,weight\na,b,2\nb,c,5\nc,d,1\nd,e,1\na,a,9\nb,a,2\n")
    (tmp_path / "nodes.csv").write_text(
        "id,size,colour,label\na,1,red,x\nb,2,blue,y\nc,3,red,x\nd,4,red,\ne,5,blue,y\n"
    )
    assert can_read(str(tmp_path))
    raw = edges(str(tmp_path))
    assert raw.target_names == ("label",)
    assert raw.targets is not None
    assert raw.targets.tolist() == ["x", "y", "x", "y"]
    assert raw.names == ("node", "size", "colour = blue", "colour = red")
    assert raw.inputs.shape == (4, 5, 4 + 5)  # around c, two steps away, lie all five
    first = np.asarray(raw.inputs)[0]
    assert first[:3, 1].tolist() == [1, 2, 3]  # a, then b one step away, then c
    np.testing.assert_array_equal(first[:3, 4:7], [[0, 2, 0], [2, 0, 5], [0, 5, 0]])
    assert not first[3:].any()
    said = " ".join(f.summary for f in raw.findings)
    assert "1 edge of a node to itself left out; 1 edge given again" in said
    assert "1 node without 'label': neighbours, but no examples" in said


def test_several_graphs_are_one_example_each(tmp_path):
    raw = edges(str(rings(tmp_path)))
    assert raw.inputs.shape[0] == 60
    assert raw.targets is not None
    assert set(raw.targets) == {"ring", "chain"}
    degrees = (np.asarray(raw.inputs)[1, :, 3:] > 0).sum(1)
    assert set(degrees.tolist()) <= {0, 2}  # a ring
    assert not raw.centred


def test_numbers_of_nodes_are_scaled_over_the_nodes_that_are_there(tmp_path):
    data = load(str(communities(tmp_path / "net")))
    there = data.train.x[..., 0] > 0
    assert data.train.x[there][:, 1:4].mean(0).abs().max() < 0.01
    assert data.train.x[there][:, 1:4].std(0) == pytest.approx(1, abs=0.01)
    assert not data.train.x[~there].any()


def test_from_the_folder_to_answers_for_nodes(tmp_path):
    folder = communities(tmp_path / "net")
    run = fit(str(folder), out=tmp_path / "run", epochs=8, lr=5e-3, widths=(16, 16), **{"watch.budget_frac": 0.0})
    assert run.recipe.network.options["read"] == "first"
    assert run.test["accuracy"]["value"] > 0.7  # a node alone tells about 0.5
    table = predict(run.path, str(folder))
    assert table["id"].tolist()[:2] == ["n0", "n1"]
    nodes = pd.read_csv(folder / "nodes.csv")
    assert (table["prediction"] == nodes["label"]).mean() > 0.7
    nodes.drop(columns="label").to_csv(folder / "nodes.csv", index=False)
    pd.testing.assert_frame_equal(predict(run.path, str(folder)), table)


NODES = "id,size,label\na,1,x\nb,2,y\nc,3,x\n"


@pytest.mark.parametrize(
    ("joined", "nodes", "words"),
    [
        ("source,target\na,b\nb,q\n", NODES, "'q' in row 2 of the edges, in 1 row in all is not in 'id'"),
        ("one,two\na,b\n", NODES, "name two columns source and target"),
        ("source,target\na,b\n", NODES.replace("id", "who"), "name a column id"),
        ("source,target\na,b\n", NODES + "a,4,y\n", "'a' in 2 rows"),
        ("source,target,weight\na,b,heavy\n", NODES, "'heavy' in row 1"),
        ("source,target\na,a\n", NODES, "join two different nodes"),
        ("source,target\n", NODES, "no rows"),
        ("source,target\na,b\n", NODES.replace("b,2", "b,"), "none in 1 row, first 2"),
        ("source,target\na,b\n", "id,graph,size\na,1,2\nb,1,3\n", "add graphs.csv"),
    ],
)
def test_tables_that_do_not_fit_each_other_are_refused_with_the_place(tmp_path, joined, nodes, words):
    (tmp_path / "edges.csv").write_text(joined)
    (tmp_path / "nodes.csv").write_text(nodes)
    with pytest.raises(DataError) as error:
        edges(str(tmp_path))
    assert words in str(error.value)
    assert str(error.value).count("\n") == 2


def test_a_target_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(DataError, match="label"):
        edges(str(communities(tmp_path)), target="labell")


def test_edges_between_two_graphs_are_refused(tmp_path):
    folder = rings(tmp_path)
    with (folder / "edges.csv").open("a") as file:
        file.write("0-0,1-0,1\n")
    with pytest.raises(DataError, match="1 edge between two graphs, first '0-0' to '1-0'"):
        edges(str(folder))
