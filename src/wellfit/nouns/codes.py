"""Codes: what the values in mask pictures stand for: classes, or one number for each object."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.geotiff import bands, is_tiff
from wellfit.nouns.task import UNKNOWN
from wellfit.nouns.units import many

MOST_CLASSES = 64  # values from which they can hardly be classes
VOID = (255, 65535)  # beside smaller codes: not labelled, as in PASCAL VOC and Cityscapes
SMUDGED = 0.02  # share of cells between black and white that lossy files and smooth outlines have
LOOKED_AT, ONE_PIECE = 20, 0.9  # masks looked at; share of numbers that stand for one connected piece each


@dataclass(frozen=True)
class Codes:
    """masks: int16 [H, W] of each picture, class codes from 0, UNKNOWN where not labelled; classes: their names."""

    masks: list[np.ndarray]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def mask(content: bytes) -> np.ndarray | str:
    """The values [H, W] of one mask file: its numbers, the places in its palette, or 0xRRGGBB; or why it cannot be
    read."""
    from PIL import Image

    if not content:
        return "an empty file"
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.mode in ("LA", "La"):
                image = image.convert("L")
            elif image.mode not in ("1", "L", "P", "I;16", "I", "F"):
                image = image.convert("RGB")
            x = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        found = bands(content) if is_tiff(content) else None
        if isinstance(found, np.ndarray) and len(found) == 1:
            return found[0]
        return f"unreadable: {error}".replace("<_io.BytesIO object at ", "<").split(" <", 1)[0]
    if x.ndim == 3:
        grey = (x[..., 0] == x[..., 1]).all() and (x[..., 0] == x[..., 2]).all()
        return x[..., 0] if grey else x.astype(np.int64) @ np.array([65536, 256, 1])
    return x.astype(np.int64) if x.dtype.kind == "b" else x


def codes_of(values: Sequence[Sequence[np.ndarray]], named: tuple[str, ...] | None, files: Sequence[str]) -> Codes:
    """Class codes from the values of each picture's masks (several: one for each object); files: a mask's name of each,
    for messages. Raises DataError for codes beyond those named, for too many values, and for one value only."""
    if any(len(own) > 1 for own in values):
        many_files = [np.any([v > 0 for v in own], axis=0) for own in values]
        said = f"masks of single objects, {sum(map(len, values)):,} in {len(values):,} pictures, joined"
        return _binary(many_files, said)
    own = [v[0] for v in values]
    found, counts = _counted(own)
    if named is not None:
        return _named(own, found, named, files)
    if len(found) < 2:
        raise DataError("masks with two classes or more", f"{found[0]} in every cell of {len(own):,} masks",
                        "give masks that say which cells are of which class")  # fmt: skip
    if len(found) == 2:
        return _binary([v == found[1] for v in own], "")
    between = counts[(found > found[0]) & (found < found[-1])].sum() / counts.sum()
    if between <= SMUDGED and found[0] == 0 and found[-1] in VOID and len(found) > 8:
        said = f"{between:.1%} of the cells are between 0 and {found[-1]}: what is over the middle taken for object"
        return _binary([v > found[-1] // 2 for v in own], said)
    if _numbered(own):
        n = sum(len(np.unique(v[v > 0])) for v in own)
        return _binary([v > 0 for v in own], f"masks number {many(n, 'object')}: all taken for one class")
    return _classes(own, found, counts)


def _counted(own: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Different values over all masks, and how many cells have each."""
    each = [np.unique(v, return_counts=True) for v in own]
    found, place = np.unique(np.concatenate([v for v, _ in each]), return_inverse=True)
    return found, np.bincount(place, np.concatenate([n for _, n in each])).astype(np.int64)


def _binary(objects: list[np.ndarray], said: str) -> Codes:
    notes = (Finding("masks-joined", "info", said, stage="data"),) if said else ()
    return Codes([o.astype(np.int16) for o in objects], ("background", "object"), notes)


def _numbered(own: list[np.ndarray]) -> bool:
    """Do values number objects: 1, 2, 3 ... without a gap, to another number in each picture, each one piece?"""
    from scipy.ndimage import find_objects, label

    some = [v for v in own[:: max(1, len(own) // LOOKED_AT)] if v.max() > 0]
    if not some or any(v.dtype.kind not in "ui" for v in some):
        return False
    tops = [int(v.max()) for v in some]
    if max(tops) < 4 or (len(some) > 1 and len(set(tops)) == 1):
        return False
    whole = pieces = 0
    for v, top in zip(some, tops):
        if top > v.size // 4 or len(np.unique(v)) < 0.95 * top:
            return False
        for number, place in enumerate(find_objects(v), 1):
            if place is not None:
                whole += label(v[place] == number, np.ones((3, 3)))[1] == 1  # type: ignore[index]
                pieces += 1
    return whole >= ONE_PIECE * pieces


def _named(own: list[np.ndarray], found: np.ndarray, named: tuple[str, ...], files: Sequence[str]) -> Codes:
    """Codes as they are, named from 0."""
    void = [int(v) for v in found if v in VOID and v >= len(named)]
    beyond = [int(v) for v in found if (v >= len(named) or v < 0) and v not in void]
    if beyond:
        where = next(f for f, v in zip(files, own) if (v == beyond[0]).any())
        listed = ", ".join(map(str, beyond[:5]))
        raise DataError(
            f"masks of the {many(len(named), 'class', 'classes')} {', '.join(named[:6])} (codes 0 to {len(named) - 1})",
            f"also {'code' if len(beyond) == 1 else 'codes'} {listed}, first in {where}",
            "name every class in classes.txt, a line each from code 0, or mend the masks",
        )
    masks = [np.where(np.isin(v, void), UNKNOWN, v).astype(np.int16) for v in own]
    return Codes(masks, named, _void_note(void))


def _classes(own: list[np.ndarray], found: np.ndarray, counts: np.ndarray) -> Codes:
    """Each value a class, in their order, named by it."""
    colours = bool(found[-1] > VOID[1])
    void = [int(v) for v in found if v in VOID and not colours and found[0] == 0 and found[-2] <= MOST_CLASSES]
    kept = found[~np.isin(found, void)]
    if len(kept) > MOST_CLASSES or own[0].dtype.kind == "f":
        what = "colours" if colours else "values"
        raise DataError(
            "masks that hold class codes, or number objects",
            f"{len(kept):,} different {what}, the commonest {', '.join(map(str, found[np.argsort(-counts)][:5]))}",
            "save masks without loss (PNG), one value for each class",
        )
    if len(kept) < 2:
        raise DataError("masks with two classes or more", f"{kept[0]} in every labelled cell of {len(own):,} masks",
                        "give masks that say which cells are of which class")  # fmt: skip
    masks = [np.where(np.isin(v, void), UNKNOWN, np.searchsorted(kept, v)).astype(np.int16) for v in own]
    return Codes(masks, tuple(f"#{v:06x}" if colours else str(v) for v in kept.tolist()), _void_note(void))


def _void_note(void: list[int]) -> tuple[Finding, ...]:
    if not void:
        return ()
    said = f"cells of value {', '.join(map(str, void))} are taken for not labelled; they never enter loss and measures"
    return (Finding("cells-masked", "info", said, stage="data"),)
