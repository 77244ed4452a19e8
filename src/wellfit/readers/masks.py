"""Pictures with masks, in folders or a zip: what each picture's cells belong to. See nouns/mask_files.py for layouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from wellfit.nouns.codes import Codes, codes_of, mask
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.mask_files import Pair, have_masks, sort_out
from wellfit.nouns.picture_files import bytes_of, decoded, files_of, names_in, none_bad, picture
from wellfit.nouns.tiles import Tiles, cut, owned, places, side_of
from wellfit.nouns.units import many

FEW, BLOCKS, LEAST_BLOCK, MOST_BLOCK = 10, 40, 48, 256  # pictures too few to part; blocks aimed at; their sides
CLASS_FILES = ("classes.txt", "labels.txt", "codes.txt")


def can_read(source: Any) -> bool:
    """A folder or zip in which pictures have masks."""
    names = names_in(source)
    return bool(names) and have_masks(names)


def masks(source: str, *, target: Any = None, skip_bad: bool = False, size: tuple[int, int] | None = None) -> Raw:
    """Pictures as tiles [N, C, h, w] (uint8, uint16 where all files hold 16 bits), class codes of their cells
    [N, h, w], a mask of the cells that count (each once), and the tiles' places.

    Masks hold class codes, or numbers of objects: then an object is one class, and what lies between another. A file
    classes.txt with a name on each line says that they are codes, and names them from 0. size: height and width of
    the tiles; given, pictures need no masks (for prediction). Raises DataError for a mask of another size than its
    picture, for pictures without a mask, for codes beyond those named, and for what cannot be read, unless skip_bad
    leaves such pictures out and says so.
    """
    path = Path(source).expanduser()
    with files_of(path) as (names, load):
        found = sort_out(names)
        pairs, notes = (list(found.pairs), ()) if size else _with_masks(path, found.pairs, skip_bad)
        wanted = [p.image for p in pairs]
        images, why = decoded(wanted, load, picture)
        read, lost = ({}, {}) if size else decoded([m for p in pairs for m in p.masks], load, mask)
        named = None if size else _classes(path, load)
    why |= {p.image: f"its mask {m}: {lost[m]}" for p in pairs for m in p.masks if m in lost}
    notes += none_bad(path, wanted, why, skip_bad)
    pairs = [p for p in pairs if p.image not in why]
    if loose := found.loose:
        said = f"{many(len(loose), 'mask')} without a picture of the same name left out"
        notes += (Finding("masks-loose", "info", said, ", ".join(loose[:5]), stage="data"),)
    if size is None:
        _same_size(path, pairs, images, read)
        codes = codes_of([[read[m] for m in p.masks] for p in pairs], named, [p.masks[0] for p in pairs])
        if len(pairs) < FEW:
            pairs, images, codes, said = _blocks(pairs, images, codes)
            notes += said
        return _raw(path, pairs, images, codes, None, notes)
    return _raw(path, pairs, images, None, size, notes)


def _with_masks(path: Path, pairs: Sequence[Pair], leave_out: bool) -> tuple[list[Pair], tuple[Finding, ...]]:
    """Pairs that can be learnt from."""
    bare = [p.image for p in pairs if not p.masks]
    if not bare:
        return list(pairs), ()
    if not leave_out or len(bare) == len(pairs):
        more = f", {len(bare):,} of {len(pairs):,} pictures have none" if len(bare) > 1 else ""
        do = "give it one of the same name, or go on without such pictures: --skip-bad"
        raise DataError(f"a mask for the picture {bare[0]} in {path}", f"there is none{more}", do)
    said = f"{len(bare):,} of {len(pairs):,} pictures left out: they have no mask"
    note = Finding("pictures-skipped", "warning", said, ", ".join(bare[:5]), stage="data")
    return [p for p in pairs if p.masks], (note,)


def _same_size(path: Path, pairs: Sequence[Pair], images: dict[str, np.ndarray], read: dict[str, np.ndarray]) -> None:
    for p in pairs:
        want = images[p.image].shape[1:]
        for m in p.masks:
            if read[m].shape != want:
                has = "x".join(map(str, read[m].shape))
                raise DataError(
                    f"the mask {m} in {path} for the picture {PurePosixPath(p.image).name}",
                    f"it has {has} cells, the picture {'x'.join(map(str, want))} (height x width)",
                    "bring both to one size, or leave both out",
                )


def _blocks(
    pairs: list[Pair], images: dict[str, np.ndarray], codes: Codes
) -> tuple[list[Pair], dict[str, np.ndarray], Codes, tuple[Finding, ...]]:
    """A few scenes cut into square blocks that do not overlap, each a picture of its own, so that some can train and
    others test; as they are where they are too small for that."""
    area = sum(codes_.size for codes_ in codes.masks)
    side = min(MOST_BLOCK, int((area / BLOCKS) ** 0.5) // 16 * 16)
    if side < LEAST_BLOCK:
        return pairs, images, codes, ()
    parts, found, masks_ = [], {}, []
    for p, y in zip(pairs, codes.masks):
        x = images[p.image]
        for top in range(0, max(1, y.shape[0] - side // 2), side):
            for left in range(0, max(1, y.shape[1] - side // 2), side):
                ends = [n if n - (at + side) < side // 2 else at + side for n, at in zip(y.shape, (top, left))]
                name = f"{p.image} from row {top}, column {left}"
                parts.append(Pair(name, p.masks, p.split))
                found[name] = x[:, top : ends[0], left : ends[1]]
                masks_.append(y[top : ends[0], left : ends[1]])
    said = f"{many(len(pairs), 'scene')} cut into {len(parts):,} blocks of about {side}x{side} cells, to be parted"
    why = "neighbours in a scene resemble each other: the test speaks for scenes like these"
    return parts, found, Codes(masks_, codes.classes, codes.findings), (
        Finding("scenes-blocked", "info", said, why, stage="data"),
    )  # fmt: skip


def _classes(path: Path, load: Callable[[str], bytes]) -> tuple[str, ...] | None:
    """Names of the class codes from a file beside the pictures; None where there is none."""
    for name in CLASS_FILES:
        for place in (name, f"{path.stem}/{name}"):
            try:
                text = load(place).decode("utf-8-sig", "replace")
            except (OSError, KeyError):
                continue
            if names := tuple(line.strip() for line in text.splitlines() if line.strip()):
                return names
    return None


def _raw(
    path: Path,
    pairs: Sequence[Pair],
    images: dict[str, np.ndarray],
    codes: Codes | None,
    size: tuple[int, int] | None,
    notes: tuple[Finding, ...],
) -> Raw:
    found, said = _alike([images[p.image] for p in pairs])
    sizes = [(int(x.shape[1]), int(x.shape[2])) for x in found]
    side = size or side_of(sizes)
    each = [places(s, side) for s in sizes]
    corner = np.array([corner for own in each for corner in own], dtype=np.int64)
    of = np.repeat(np.arange(len(pairs)), [len(own) for own in each])
    names = np.array([p.image for p in pairs], dtype=object)
    tiles = Tiles(of, corner[:, 0], corner[:, 1], np.array(sizes), names)
    counts = np.concatenate([owned(s, side) for s in sizes])
    splits = np.array([p.split for p in pairs])
    return Raw(
        path.name.removesuffix(".zip"),
        "pictures",
        np.concatenate([cut(x, side) for x in found]),
        None if codes is None else np.concatenate([cut(y, side) for y in codes.masks]),
        () if codes is None else ("class of each cell",),
        given=splits[of] if len(set(splits)) > 1 else None,
        ids=names[of],
        findings=(*notes, *said, *(codes.findings if codes else ())),
        task="segmentation",
        classes=codes.classes if codes else (),
        mask=None if counts.all() else counts,
        tiles=tiles,
    )


def _alike(found: list[np.ndarray]) -> tuple[list[np.ndarray], tuple[Finding, ...]]:
    """Pictures with as many channels and the same kind of numbers, and what had to be done for it."""
    notes: tuple[Finding, ...] = ()
    if len({x.dtype for x in found}) > 1:
        found = [bytes_of(x) for x in found]
    grey = sum(len(x) == 1 for x in found)
    if 0 < grey < len(found):
        said = f"{many(grey, 'grey picture')} among {len(found) - grey:,} in colour: given three equal channels"
        notes = (Finding("pictures-grey", "info", said, stage="data"),)
        found = [np.repeat(x, 3, axis=0) if len(x) == 1 else x for x in found]
    return found, notes
