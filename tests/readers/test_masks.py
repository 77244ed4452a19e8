"""Pictures with masks: read from the usual layouts, refused in three lines where they do not fit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wellfit.nouns.errors import DataError
from wellfit.readers.masks import can_read, masks
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


def save(file: Path, x: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(x).save(file)


def pair(folder: Path, name: str, size=(20, 24), top: int = 1) -> np.ndarray:
    y = RNG.integers(0, top + 1, size).astype(np.uint8)
    save(folder / "images" / name, (y * 50 + RNG.integers(0, 20, size)).astype(np.uint8))
    save(folder / "masks" / name, y)
    return y


@pytest.fixture
def tree(tmp_path):
    for i in range(12):
        pair(tmp_path, f"{i:02d}.png")
    return tmp_path


def test_small_pictures_of_one_size_stay_whole(tree):
    raw = masks(str(tree))
    assert (raw.inputs.shape, raw.targets.shape) == ((12, 1, 20, 24), (12, 20, 24))
    assert raw.mask is None
    assert (raw.task, raw.classes) == ("segmentation", ("background", "object"))
    np.testing.assert_array_equal(raw.targets[3], np.asarray(Image.open(tree / "masks" / "03.png")))
    assert raw.ids[3] == "images/03.png"


def test_a_zip_reads_as_its_folder(tree, tmp_path_factory):
    packed = tmp_path_factory.mktemp("zip") / "p.zip"
    with zipfile.ZipFile(packed, "w") as z:
        for file in sorted(tree.rglob("*.png")):
            z.write(file, f"p/{file.relative_to(tree).as_posix()}")
    assert can_read(str(packed))
    np.testing.assert_array_equal(masks(str(packed)).targets, masks(str(tree)).targets)


def test_pictures_of_many_sizes_become_tiles_whose_cells_count_once(tree):
    y = pair(tree, "large.png", (300, 210))
    raw = masks(str(tree))
    tiles = raw.tiles
    assert len(tiles) == 13
    own = tiles.picture == 12
    assert own.sum() > 4
    assert raw.mask[own].sum() == 300 * 210
    assert raw.targets[own][raw.mask[own]].sum() == y.sum()


def test_tiles_of_a_picture_stay_on_one_side_of_a_split(tree):
    for i in range(6):
        pair(tree, f"large{i}.png", (70, 90))
    data = load(str(tree))
    of = data.raw.tiles.picture
    parts = [set(of[s.rows]) for s in (data.train, data.valid, data.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_a_mask_of_another_size_than_its_picture_is_refused(tree):
    save(tree / "masks" / "05.png", np.ones((20, 20), np.uint8))
    with pytest.raises(DataError) as error:
        masks(str(tree))
    said = str(error.value).splitlines()
    assert len(said) == 3
    assert "masks/05.png" in said[0]
    assert "it has 20x20 cells, the picture 20x24 (height x width)" in said[1]


def test_a_picture_without_a_mask_is_refused_or_left_out(tree):
    (tree / "masks" / "05.png").unlink()
    (tree / "masks" / "07.png").unlink()
    with pytest.raises(DataError) as error:
        masks(str(tree))
    assert "a mask for the picture images/05.png" in str(error.value)
    assert "there is none, 2 of 12 pictures have none" in str(error.value)
    raw = masks(str(tree), skip_bad=True)
    assert len(raw) == 10
    assert raw.findings[0].summary == "2 of 12 pictures left out: they have no mask"


@pytest.mark.parametrize("part", ["images", "masks"])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_truncated_file_is_named(tree, part, ending):
    for p in ("images", "masks"):
        x = np.asarray(Image.open(tree / p / "04.png"))
        (tree / p / "04.png").unlink()
        save(tree / p / f"04.{ending}", x)
    file = tree / part / f"04.{ending}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    with pytest.raises(DataError, match=rf"04\.{ending}"):
        masks(str(tree))
    assert len(masks(str(tree), skip_bad=True)) == 11


def test_more_classes_than_declared_are_refused(tree):
    (tree / "classes.txt").write_text("ground\nhouse\n")
    assert masks(str(tree)).classes == ("ground", "house")
    pair(tree, "99.png", top=3)
    with pytest.raises(DataError, match=r"also codes 2, 3, first in masks/99\.png"):
        masks(str(tree))


def test_masks_without_a_picture_are_left_out_and_said(tree):
    save(tree / "masks" / "zz.png", np.ones((20, 24), np.uint8))
    found = masks(str(tree)).findings
    assert found[0].summary == "1 mask without a picture of the same name left out"


def test_for_prediction_no_masks_are_needed(tree):
    raw = masks(str(tree / "images"), size=(16, 16))
    assert raw.targets is None
    assert raw.inputs.shape[1:] == (1, 16, 16)
    assert len(raw.tiles) == 12


def test_grey_pictures_among_coloured_ones_get_three_channels(tree):
    save(tree / "images" / "03.png", RNG.integers(0, 255, (20, 24, 3)).astype(np.uint8))
    raw = masks(str(tree))
    assert raw.inputs.shape[1] == 3
    assert any(f.fault == "pictures-grey" for f in raw.findings)
