"""Pictures in class folders: layouts, sizes, channels, damaged files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wellfit.nouns.errors import DataError
from wellfit.readers.pictures import can_read, pictures
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


def drawn(path: Path, size=(6, 8), mode="RGB") -> np.ndarray:
    """A picture of random pixels written to `path`; its pixels [H, W] or [H, W, C]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"L": (), "RGB": (3,), "RGBA": (4,), "I;16": ()}[mode]
    top, number = (65535, np.uint16) if mode == "I;16" else (255, np.uint8)
    x = RNG.integers(0, top, (*size, *shape)).astype(number)
    Image.fromarray(x).save(path)
    return x


def test_class_folders_become_classes_and_pixels_stay(tmp_path):
    x = drawn(tmp_path / "cat" / "1.png")
    drawn(tmp_path / "dog" / "1.png")
    raw = pictures(str(tmp_path))
    assert can_read(str(tmp_path))
    assert raw.targets.tolist() == ["cat", "dog"]
    assert raw.ids.tolist() == ["cat/1.png", "dog/1.png"]
    assert raw.inputs.dtype == np.uint8
    assert np.array_equal(raw.inputs[0], x.transpose(2, 0, 1))


@pytest.mark.parametrize("top", ["", "data/"])
def test_split_folders_above_become_the_given_split(tmp_path, top):
    for split, word in (("train", "train"), ("val", "valid"), ("Test", "test")):
        drawn(tmp_path / f"{top}{split}" / "cat" / f"{word}.png")
    raw = pictures(str(tmp_path))
    assert raw.given.tolist() == [Path(i).stem for i in raw.ids]
    assert set(raw.targets) == {"cat"}


def test_a_zip_of_the_folder_is_the_same(tmp_path):
    for name in ("pets/cat/1.png", "pets/cat/2.png", "pets/dog/1.png"):
        drawn(tmp_path / "pics" / name)
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as packed:
        for file in sorted((tmp_path / "pics").rglob("*.png")):
            packed.write(file, file.relative_to(tmp_path / "pics"))
        packed.writestr("__MACOSX/pets/cat/._1.png", b"junk")
    zipped, plain = pictures(str(tmp_path / "pets.zip")), pictures(str(tmp_path / "pics"))
    assert can_read(str(tmp_path / "pets.zip"))
    assert np.array_equal(zipped.inputs, plain.inputs)
    assert zipped.targets.tolist() == plain.targets.tolist() == ["cat", "cat", "dog"]


def test_pictures_without_class_folders_have_no_targets(tmp_path):
    drawn(tmp_path / "new" / "1.png")
    for source in (tmp_path / "new", tmp_path / "new" / "1.png"):
        raw = pictures(str(source))
        assert raw.targets is None
        assert raw.inputs.shape == (1, 3, 6, 8)


def test_grey_pictures_have_one_channel_and_take_three_among_colour(tmp_path):
    grey = drawn(tmp_path / "a" / "1.png", mode="L")
    assert pictures(str(tmp_path)).inputs.shape == (1, 1, 6, 8)
    drawn(tmp_path / "b" / "1.png")
    raw = pictures(str(tmp_path))
    assert raw.inputs.shape == (2, 3, 6, 8)
    assert np.array_equal(raw.inputs[0], np.stack([grey] * 3))
    assert raw.findings[0].summary == "1 grey picture among 1 in colour: given three equal channels"


def test_transparency_is_left_out_and_16_bits_are_kept(tmp_path):
    drawn(tmp_path / "rgba" / "a" / "1.png", mode="RGBA")
    deep = drawn(tmp_path / "deep" / "a" / "1.png", mode="I;16")
    assert pictures(str(tmp_path / "rgba")).inputs.shape == (1, 3, 6, 8)
    raw = pictures(str(tmp_path / "deep"))
    assert np.array_equal(raw.inputs[0, 0], deep)


def test_pictures_of_other_sizes_are_brought_to_the_common_one_and_it_is_said(tmp_path):
    for i in range(3):
        drawn(tmp_path / "a" / f"{i}.png")
    drawn(tmp_path / "b" / "odd.png", size=(30, 20))
    raw = pictures(str(tmp_path))
    assert raw.inputs.shape == (4, 3, 6, 8)
    assert raw.findings[0].fault == "pictures-resized"
    assert raw.findings[0].summary == "pictures of 2 sizes; 1 of 4 scaled, and cut about their centre, to 6x8"


def test_pictures_of_no_common_size_become_squares(tmp_path):
    for side in (40, 50, 60, 70):
        drawn(tmp_path / "a" / f"{side}.png", size=(side, side + 5))
    assert pictures(str(tmp_path)).inputs.shape == (4, 3, 48, 48)


def test_a_size_that_is_asked_for_is_given(tmp_path):
    drawn(tmp_path / "a" / "1.png")
    assert pictures(str(tmp_path), size=(4, 4)).inputs.shape == (1, 3, 4, 4)


def damage(tmp_path) -> Path:
    for i in range(3):
        drawn(tmp_path / "a" / f"{i}.png", size=(40, 40))
    cut = tmp_path / "a" / "1.png"
    cut.write_bytes(cut.read_bytes()[:500])
    return cut


def test_a_truncated_picture_is_refused_by_name(tmp_path):
    damage(tmp_path)
    with pytest.raises(DataError) as error:
        pictures(str(tmp_path))
    lines = str(error.value).splitlines()
    assert lines[0] == f"asked: the picture a/1.png in {tmp_path}"
    assert lines[1].startswith("found: unreadable: ")
    assert lines[2] == "do:    mend or remove it, or go on without it: --skip-bad"


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path, content):
    damage(tmp_path).write_bytes(content)
    with pytest.raises(DataError, match=r"the picture a/1\.png"):
        pictures(str(tmp_path))


def test_skip_bad_leaves_damaged_pictures_out_and_counts_them(tmp_path):
    damage(tmp_path)
    (tmp_path / "a" / "2.png").write_bytes(b"")
    raw = pictures(str(tmp_path), skip_bad=True)
    assert raw.ids.tolist() == ["a/0.png"]
    assert raw.targets.tolist() == ["a"]
    assert raw.findings[0].summary == "2 of 3 pictures left out: they cannot be read"
    assert "a/2.png: an empty file" in raw.findings[0].evidence


def test_skip_bad_with_nothing_left_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"none of 1 can be read, first a/1\.png: an empty file"):
        pictures(str(tmp_path), skip_bad=True)


def test_a_damaged_zip_is_refused(tmp_path):
    (tmp_path / "p.zip").write_bytes(b"PK no zip")
    assert can_read(str(tmp_path / "p.zip"))
    with pytest.raises(DataError, match="no readable zip"):
        pictures(str(tmp_path / "p.zip"))


def test_pictures_with_masks_are_left_to_their_reader(tmp_path):
    for part in ("images", "masks"):
        drawn(tmp_path / "train" / part / "1.png", mode="L")
    assert not can_read(str(tmp_path))


def test_a_class_may_be_called_mask(tmp_path):
    for part in ("mask", "no_mask"):
        drawn(tmp_path / part / "1.png", mode="L")
    assert set(pictures(str(tmp_path)).targets) == {"mask", "no_mask"}


def test_a_loose_picture_beside_class_folders_is_refused_by_name(tmp_path):
    drawn(tmp_path / "cat" / "1.png")
    drawn(tmp_path / "stray.png")
    with pytest.raises(DataError, match=r"stray\.png is in none"):
        pictures(str(tmp_path))


def test_a_picture_tree_with_one_class_is_refused(tmp_path):
    for i in range(12):
        drawn(tmp_path / "cat" / f"{i}.png")
    with pytest.raises(DataError, match="one class only: 'cat', 12 times"):
        load(str(tmp_path))
