"""Mask files: which of the pictures in a tree are masks, and which picture each belongs to, by their names.

Known layouts: images/x.png beside masks/x.png (or x_mask.png), x.png beside x_mask.png, x/images/x.png beside
x/masks/*.png (one file for each object), train/x.jpg beside train_masks/x_mask.gif; train, valid and test may stand
above or below these folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from wellfit.nouns.data import split_word

# fmt: off
MASKS = frozenset(("mask", "masks", "annotation", "annotations", "segmentation", "segmentations", "label", "labels",
                   "groundtruth", "ground_truth", "gt", "target", "targets", "segmentationclass", "labelids"))
IMAGES = frozenset(("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "input", "inputs",
                    "scene", "scenes", "jpegimages", "raw"))
# fmt: on
_WORDS = "mask|masks|label|labels|seg|segmentation|gt|groundtruth|annotation"
_STEM = re.compile(rf"^(.+?)[_\-. ]+(?:{_WORDS})(?:[_\-. ]?\d+)?$", re.IGNORECASE)
_FOLDER = re.compile(rf"^(.+?)[_\-. ]+(?:{_WORDS})$", re.IGNORECASE)
Key = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A picture's name, those of its masks (several: one for each object), and its split's word, "" where none."""

    image: str
    masks: tuple[str, ...]
    split: str


@dataclass(frozen=True)
class Sorted:
    """pairs: every picture, with its masks; loose: masks that belong to no picture."""

    pairs: tuple[Pair, ...]
    loose: tuple[str, ...]


def have_masks(names: Sequence[str]) -> bool:
    """Are some of these masks of others, or do they lie in folders named for pictures and for masks?"""
    found = sort_out(names)
    if any(p.masks for p in found.pairs):
        return True
    folders = {part.casefold() for n in names for part in PurePosixPath(n).parts[:-1]}
    return bool(folders & MASKS and folders & IMAGES and found.pairs)


def sort_out(names: Iterable[str]) -> Sorted:
    """Pictures with their masks, in the order of the pictures' names."""
    images: dict[Key, str] = {}
    masks: list[tuple[Key, str]] = []
    for name in sorted(names):
        is_mask, key = _key(name)
        if is_mask:
            masks.append((key, name))
        else:
            images[key if key not in images else (*key, name)] = name  # x.png beside x.jpg: two pictures
    alone = _alone(images)
    found: dict[str, list[str]] = {name: [] for name in images.values()}
    loose = []
    for key, name in masks:
        image = images.get(key) or alone.get(key[:-1])
        if image is None:
            loose.append(name)
        else:
            found[image].append(name)
    pairs = tuple(Pair(image, tuple(own), _split(image)) for image, own in found.items())
    return Sorted(pairs, tuple(loose))


def _key(name: str) -> tuple[bool, Key]:
    """(is it a mask, what it has in common with its picture): the path without the words for pictures and masks."""
    path = PurePosixPath(name)
    is_mask, kept = False, []
    for part in path.parts[:-1]:
        low, named = part.casefold(), _FOLDER.match(part)
        if low in MASKS or (named and named.group(1)):
            is_mask = True
            kept += [] if low in MASKS or named is None else [named.group(1)]
        elif low not in IMAGES:
            kept.append(part)
    stem = _STEM.match(path.stem)
    return is_mask or stem is not None, (*kept, stem.group(1) if stem else path.stem)


def _alone(images: dict[Key, str]) -> dict[Key, str]:
    """Folder -> the only picture in it, to which all masks in it belong; not the folder above all."""
    folders: dict[Key, list[str]] = {}
    for key, name in images.items():
        folders.setdefault(key[:-1], []).append(name)
    return {folder: own[0] for folder, own in folders.items() if len(own) == 1 and len(folders) > 1}


def _split(name: str) -> str:
    return next((s for part in PurePosixPath(name).parts[:-1] if (s := split_word(part))), "")
