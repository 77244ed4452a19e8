"""Which pictures are masks, and of which picture, in the layouts that people use."""

from __future__ import annotations

import pytest

from wellfit.nouns.mask_files import have_masks, sort_out

LAYOUTS = {
    "images beside masks": ({"d/images/a.png": ["d/masks/a.png"], "d/images/b.jpg": ["d/masks/b_mask.png"]}, ""),
    "split above": ({"d/test/images/a.png": ["d/test/masks/a.png"]}, "test"),
    "split below": ({"images/val/a.png": ["labels/val/a.png"]}, "valid"),
    "a name with mask": ({"a.png": ["a_mask.png"], "b 2.png": ["b 2-mask.png"]}, ""),
    "a file for each object": ({"s/p/images/p.png": ["s/p/masks/u.png", "s/p/masks/v.png"],
                                "s/q/images/q.png": ["s/q/masks/w.png"]}, ""),
    "numbered objects": ({"benign (1).png": ["benign (1)_mask.png", "benign (1)_mask_1.png"]}, ""),
    "train_masks": ({"train/a_01.jpg": ["train_masks/a_01_mask.gif"]}, "train"),
    "VOC": ({"VOC/JPEGImages/a.jpg": ["VOC/SegmentationClass/a.png"]}, ""),
}  # fmt: skip


@pytest.mark.parametrize("word", LAYOUTS)
def test_pictures_find_their_masks(word):
    wanted, split = LAYOUTS[word]
    names = [*wanted, *(m for own in wanted.values() for m in own)]
    found = sort_out(names)
    assert have_masks(names)
    assert {p.image: list(p.masks) for p in found.pairs} == wanted
    assert {p.split for p in found.pairs} == {split}
    assert not found.loose


@pytest.mark.parametrize(
    "names",
    [
        ["cat/1.png", "dog/1.png"],
        ["mask/1.png", "no_mask/2.png"],
        ["with_mask/1.png", "without_mask/1.png"],
        ["images/a/1.png", "images/b/1.png"],
        ["label/1.png", "other/2.png"],
    ],
)
def test_class_folders_have_no_masks(names):
    assert not have_masks(names)


def test_pictures_of_one_name_and_two_endings_both_stay():
    found = sort_out(["images/a.png", "images/a.jpg", "masks/a.png"])
    assert len(found.pairs) == 2


def test_masks_without_a_picture_are_told_apart():
    found = sort_out(["images/a.png", "images/b.png", "masks/a.png", "masks/c.png"])
    assert found.loose == ("masks/c.png",)
    assert have_masks(["images/a.png", "masks/c.png"]), "so that the reader can say what is wrong"
