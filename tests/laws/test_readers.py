"""What every reader promises: names, values and units kept, nothing dropped in silence, and data prepared at
prediction as they were in training, with statistics of the training rows alone."""

from __future__ import annotations

import gzip
import inspect
import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

from wellfit.nouns import shelf
from wellfit.nouns.data import Raw
from wellfit.nouns.grid import Fields, Grid
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.symbols import coded
from wellfit.nouns.times import times_of
from wellfit.verbs.load import load, read

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (40, 3, 6, 5)).astype(np.uint8)
NUMBERS = RNG.normal(size=(40, 4))
LABELS = np.arange(40) % 2


def frame() -> pd.DataFrame:
    n = 60
    return pd.DataFrame(
        {
            "length (cm)": np.where(np.arange(n) % 7 == 0, np.nan, RNG.normal(5, 2, n)),
            "mass_g": RNG.lognormal(3, 2, n),
            "site": np.array(["north", "south", None, "west"], dtype=object)[RNG.integers(0, 4, n)],
            "wet": RNG.integers(0, 2, n).astype(bool),
            "when": pd.date_range("2020-01-01", periods=n, freq="11D").astype(str)[RNG.permutation(n)],
            "price": RNG.normal(100, 20, n),
        }
    )


def table_file(folder: Path):
    frame().to_csv(folder / "t.csv", index=False)
    return str(folder / "t.csv"), None


def picture_folder(folder: Path):
    for i, picture in enumerate(PICTURES):
        (folder / "ab"[LABELS[i]]).mkdir(exist_ok=True)
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / "ab"[LABELS[i]] / f"{i}.png")
    return str(folder), None


def mask_folder(folder: Path):
    for i, picture in enumerate(PICTURES):
        for part, x in (("images", picture.transpose(1, 2, 0)), ("masks", (picture[0] > 120).astype(np.uint8))):
            (folder / part).mkdir(exist_ok=True)
            Image.fromarray(x).save(folder / part / f"{i}.png")
    return str(folder), None


def idx_folder(folder: Path):
    for name, x in (("train-images-idx3-ubyte", PICTURES[:, 0]), ("train-labels-idx1-ubyte", LABELS)):
        head = struct.pack(f">BBBB{x.ndim}I", 0, 0, 8, x.ndim, *x.shape)
        (folder / f"{name}.gz").write_bytes(gzip.compress(head + x.astype(np.uint8).tobytes()))
    return str(folder), None


def edges_and_nodes(folder: Path):
    n = len(NUMBERS)
    nodes = pd.DataFrame(NUMBERS, columns=list("abcd")).assign(id=np.arange(n), label=LABELS)
    nodes.to_csv(folder / "nodes.csv", index=False)
    pd.DataFrame({"source": np.arange(n), "target": (np.arange(n) * 3 + 1) % n}).to_csv(
        folder / "edges.csv", index=False
    )
    return str(folder), None


def array_file(folder: Path):
    np.savez(folder / "a.npz", x=NUMBERS, y=LABELS)
    return str(folder / "a.npz"), None


def text_file(folder: Path):
    (folder / "verse.txt").write_text("Who has seen the wind?\nNeither I nor you.\n" * 60, encoding="utf-8")
    return str(folder / "verse.txt"), None


def fields_over_time(_: Path):
    values = RNG.normal(280, 5, (60, 1, 2, 4, 6))
    values[..., 1, 1] = np.nan
    moments = np.datetime64("2001-01-01") + np.arange(60) * np.timedelta64(6, "h")
    grid = Grid(("t", "p"), ("K", "hPa"), np.linspace(60, 30, 4), np.arange(6) * 60.0, on_globe=True)
    return Fields(grid, times_of(moments, "time", "made up"), lambda a, b: values[a:b]), None


# word of the reader -> a source that it reads, with targets where the source has none
SOURCES = {
    "arrays": array_file,
    "bundled": lambda _: ("iris", None),
    "edges": edges_and_nodes,
    "grid": fields_over_time,  # files: tests/readers/test_grid.py
    "idx": idx_folder,
    "masks": mask_folder,
    "memory": lambda _: (NUMBERS, LABELS),
    "pictures": picture_folder,
    "table": table_file,
    "text": text_file,
    "torch_dataset": lambda _: (TensorDataset(torch.tensor(NUMBERS), torch.tensor(LABELS)), None),
}


def test_every_reader_is_under_these_laws():
    assert set(shelf.names("readers")) == set(SOURCES), "give each reader a source above"


@pytest.fixture(params=SOURCES)
def word(request):
    return request.param


@pytest.fixture
def source(word, tmp_path):
    return SOURCES[word](tmp_path)


def test_its_function_takes_what_every_reader_takes(word):
    taken = inspect.signature(shelf.get("readers", word)).parameters
    assert list(taken)[:3] == ["source", "target", "skip_bad"]
    assert all(p.kind is p.KEYWORD_ONLY for name, p in taken.items() if name != "source")


def test_it_says_that_it_can_read_its_source_and_nobody_else_does(word, source):
    assert [w for w in shelf.names("readers") if shelf.module("readers", w).can_read(source[0])] == [word]


@pytest.mark.parametrize("other", [None, 3, 3.5, object(), "no/such/file.csv", "no-such-name", b"bytes", set()])
def test_it_turns_down_what_it_cannot_read_without_failing(word, other):
    assert not shelf.module("readers", word).can_read(other)


def test_it_gives_a_raw_of_whole_examples(source):
    raw = read(source[0], targets=source[1])
    assert isinstance(raw, Raw)
    assert len(raw.inputs) == len(raw) > 0
    for beside in (raw.targets, raw.given, raw.ids):
        assert beside is None or len(beside) == len(raw)
    if raw.kind == "pictures":
        assert raw.inputs.ndim == 4


def test_reading_twice_gives_the_same_fingerprint_and_other_values_another(word, source):
    first = read(source[0], targets=source[1])
    assert len(first.fingerprint) == 32
    assert read(source[0], targets=source[1]).fingerprint == first.fingerprint
    if first.targets is not None and word != "bundled":
        assert read(source[0], targets=np.roll(first.targets, 1)).fingerprint != first.fingerprint


def test_preparation_of_raw_rows_equals_the_tensors_of_every_split(source):
    data = load(source[0], DataChoices(target="price" if str(source[0]).endswith(".csv") else None), source[1])
    raw = data.raw
    if raw.kind == "text":
        return windows_are_the_text(data)
    for split in (data.train, data.valid, data.test):
        rows = raw.inputs.iloc[split.rows] if hasattr(raw.inputs, "iloc") else raw.inputs[split.rows]
        assert torch.equal(data.preparation.inputs(rows), split.x)
    rows = np.sort(np.concatenate([s.rows for s in (data.train, data.valid, data.test)]))
    assert np.array_equal(rows, np.arange(len(raw))), "every row is in one split"


def windows_are_the_text(data):
    """Each window is the text at its place, its answers what follows, and no symbol of one part is in another."""
    codes = coded(data.raw.inputs.tobytes().decode("utf-32-le"), data.classes)
    length, end = data.shape_in[0], 0
    for name, split in (("train", data.train), ("valid", data.valid), ("test", data.test)):
        first, last = data.facts["bounds"][name]
        assert first == end
        end = last
        for x, y, row in zip(split.x, split.y, first + split.rows):
            assert x.tolist() == codes[row : row + length].tolist()
            asked = y >= 0
            assert y[asked].tolist() == codes[row + 1 : row + 1 + length][asked].tolist()
            assert row + length < last
    assert end == len(codes)


def test_a_preparation_that_was_kept_prepares_alike(source):
    data = load(source[0], None if not str(source[0]).endswith(".csv") else DataChoices(target="price"), source[1])
    plain, tensors = data.preparation.state()
    again = Preparation.of(json.loads(json.dumps(plain)), tensors)
    assert torch.equal(again.inputs(data.raw.inputs), data.preparation.inputs(data.raw.inputs))


def test_a_complete_recipe_loads_the_same_data_again(source):
    first = load(source[0], None if not str(source[0]).endswith(".csv") else DataChoices(target="price"), source[1])
    assert "auto" not in first.choices.values()
    again = load(source[0], DataChoices(**first.choices), source[1])
    assert again.choices == first.choices
    for a, b in zip((first.train, first.valid, first.test), (again.train, again.valid, again.test)):
        assert torch.equal(a.x, b.x)
        assert torch.equal(a.y.nan_to_num(-1), b.y.nan_to_num(-1))


def test_facts_are_plain_json(source):
    data = load(source[0], None if not str(source[0]).endswith(".csv") else DataChoices(target="price"), source[1])
    assert json.loads(json.dumps(data.facts)) == data.facts
    assert {"class_counts", "missing", "duplicates"} <= set(data.facts)


def test_names_values_and_units_are_kept(tmp_path):
    wanted = frame()
    wanted.to_csv(tmp_path / "t.csv", index=False)
    raw = read(str(tmp_path / "t.csv"))
    pd.testing.assert_frame_equal(raw.inputs, wanted, check_dtype=False, check_exact=False)
    assert raw.units == {"length (cm)": "cm", "mass_g": "g"}


def test_missing_values_are_counted_and_never_dropped_in_silence():
    given = frame()
    data = load(given, DataChoices(target="price"))
    assert data.facts["missing"] == {c: int(n) for c, n in given.isna().sum().items() if n}
    assert len(data) == len(given)
    said = " ".join(f.evidence for f in data.findings)
    assert all(column in said for column in data.facts["missing"])


@pytest.mark.parametrize("normalise", ["standardise", "minmax", "robust", "quantile", "pca", "whiten", "centre"])
def test_statistics_are_those_of_the_training_rows_alone(normalise):
    given = frame()
    choices = DataChoices(target="price", normalise=normalise)
    first = load(given, choices)
    changed = given.copy()
    held_out = np.concatenate([first.valid.rows, first.test.rows])
    changed.loc[held_out, "mass_g"] = 1e6 * np.arange(1, len(held_out) + 1)
    changed.loc[held_out, "site"] = "elsewhere"
    changed.loc[held_out, "price"] += 1e4
    again = load(changed, choices)
    assert np.array_equal(again.train.rows, first.train.rows)
    assert torch.equal(again.train.x, first.train.x)
    assert torch.equal(again.train.y, first.train.y)
    assert not torch.equal(again.test.x, first.test.x)
