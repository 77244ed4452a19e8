"""idx files: MNIST's form, packed or not, whole or damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from wellfit.nouns.errors import DataError
from wellfit.readers.idx import can_read, idx, read_idx

RNG = np.random.default_rng(0)
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def content(x: np.ndarray) -> bytes:
    head = struct.pack(">BBBB", 0, 0, CODES[x.dtype.str[1:]], x.ndim) + struct.pack(f">{x.ndim}I", *x.shape)
    return head + x.astype(x.dtype.newbyteorder(">")).tobytes()


def folder(path: Path, packed: bool = False, form: str = "{}-idx{}-ubyte") -> dict[str, np.ndarray]:
    path.mkdir(parents=True, exist_ok=True)
    parts = {"train-images": (20, 5, 4), "train-labels": (20,), "t10k-images": (8, 5, 4), "t10k-labels": (8,)}
    found = {name: RNG.integers(0, 9, shape).astype(np.uint8) for name, shape in parts.items()}
    for name, x in found.items():
        file = path / (form.format(name, x.ndim) + (".gz" if packed else ""))
        file.write_bytes(gzip.compress(content(x)) if packed else content(x))
    return found


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["{}-idx{}-ubyte", "{}.idx{}-ubyte"])
def test_a_folder_gives_both_parts_and_their_split(tmp_path, packed, form):
    found = folder(tmp_path, packed, form)
    raw = idx(str(tmp_path))
    assert can_read(str(tmp_path))
    assert raw.inputs.shape == (28, 1, 5, 4)
    train, test = raw.given == "train", raw.given == "test"
    assert np.array_equal(raw.inputs[train, 0], found["train-images"])
    assert np.array_equal(raw.targets[test], found["t10k-labels"])


def test_a_folder_further_down_is_found_and_packed_copies_count_once(tmp_path):
    folder(tmp_path / "MNIST" / "raw")
    for file in list((tmp_path / "MNIST" / "raw").iterdir()):
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
    assert len(idx(str(tmp_path))) == 28


def test_one_file_is_read_with_its_companion(tmp_path):
    folder(tmp_path)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        raw = idx(str(tmp_path / name))
        assert len(raw) == 20
        assert raw.given is None


@pytest.mark.parametrize("kind", list(CODES))
def test_every_type_of_value_is_read(tmp_path, kind):
    x = RNG.integers(0, 100, (3, 2)).astype(kind)
    (tmp_path / "x").write_bytes(content(x))
    found = read_idx(tmp_path / "x")
    assert np.array_equal(found, x)
    assert found.dtype.isnative


def refused(path) -> str:
    with pytest.raises(DataError) as error:
        idx(str(path))
    return str(error.value)


def test_a_file_cut_short_is_refused_with_both_lengths(tmp_path):
    folder(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-5])
    assert f"the idx file {file}\nfound: 411 bytes where its header (20, 5, 4) asks for 416" in refused(tmp_path)


def test_damaged_packing_and_wrong_beginnings_are_refused(tmp_path):
    folder(tmp_path, packed=True)
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-9])
    assert f"the idx file {file}\nfound: unreadable" in refused(tmp_path)
    file.write_bytes(gzip.compress(b"hello"))
    assert "it begins with 68656c6c, not with 0000 and a type" in refused(tmp_path)


def test_missing_labels_are_named(tmp_path):
    folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert "the labels that belong to" in refused(tmp_path)


def test_labels_of_another_number_are_refused(tmp_path):
    folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(content(np.zeros(3, dtype=np.uint8)))
    assert "found: 8 images, 3 labels in t10k-labels-idx1-ubyte" in refused(tmp_path)
