"""Pictures in class folders, or a zip of them: CLASS/x.jpg, or {train,valid,test}/CLASS/x.jpg, under any one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.mask_files import have_masks
from wellfit.nouns.picture_files import ENDINGS, bytes_of, decoded, files_of, is_broken, names_in, none_bad, picture
from wellfit.nouns.pictures import fitted
from wellfit.nouns.units import many

LARGEST_SIDE = 128  # of pictures of many sizes, which are brought to one


def can_read(source: Any) -> bool:
    """A folder with pictures somewhere under it, or a zip with some in it, but none with masks; or one picture."""
    if not isinstance(source, str):
        return False
    path = Path(source).expanduser()
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return path.suffix.lower() in ENDINGS and path.is_file()
    names = names_in(source)
    if not names and path.is_file():
        return is_broken(path)  # so that `pictures` can say what is wrong with it
    return bool(names) and not have_masks(names)


def pictures(source: str, *, target: Any = None, skip_bad: bool = False, size: tuple[int, int] | None = None) -> Raw:
    """Pictures [N, C, H, W] uint8 (uint16 where the files hold 16 bits), targets the names of their class folders,
    given where a folder above says train, valid or test; targets None where there are no class folders.

    size: height and width to bring all to. Without it, pictures of differing sizes are scaled to cover the most
    common one (or a square of at most 128 pixels where none is common), cut about their centre, and this is said.
    Raises DataError for a picture that cannot be read (named), unless skip_bad leaves it out and counts it.
    """
    path = Path(source).expanduser()
    with files_of(path) as (names, load):
        return _read(path, names, load, skip_bad, size)


def _read(path: Path, names: list[str], load: Callable[[str], bytes], skip_bad: bool, size: Any) -> Raw:
    classes, given = _places(path, names)
    found, why = decoded(names, load, lambda content: picture(content, size))
    notes = none_bad(path, names, why, skip_bad)
    keep = np.array([n not in why for n in names])
    notes = (*notes, *_empty(path, names, classes))
    stacked, said = _stacked([found[n] for n in names if n not in why], size)
    return Raw(
        path.name.removesuffix(".zip"),
        "pictures",
        stacked,
        None if classes is None else classes[keep],
        () if classes is None else ("class",),
        given=None if given is None else given[keep],
        ids=np.array(names, dtype=object)[keep],
        findings=(*notes, *said),
    )


def _places(path: Path, names: list[str]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(class of each picture, its split) from the folders above it. Raises DataError for loose ones."""
    folders = [PurePosixPath(n).parts[:-1] for n in names]
    depth = min(map(len, folders), default=0)
    level = next((i for i in range(depth) if all(split_word(f[i]) for f in folders)), None)
    given = None
    if level is not None:
        given = np.array([split_word(f[level]) for f in folders])
        folders = [f[level + 1 :] for f in folders]
    else:
        while depth > 1 and len({f[0] for f in folders}) == 1:  # one folder around all
            folders, depth = [f[1:] for f in folders], depth - 1
    if not all(folders):
        if any(folders) or given is not None:
            loose = next(n for n, f in zip(names, folders) if not f)
            raise DataError(
                f"pictures of {path} in class folders",
                f"{loose} is in none",
                "put each picture into the folder of its class",
            )
        return None, None
    classes = np.array([f[0] for f in folders], dtype=object)
    return classes, given


def _empty(path: Path, names: list[str], classes: np.ndarray | None) -> tuple[Finding, ...]:
    """A note on folders beside those of classes that hold no picture."""
    if classes is None or not path.is_dir():
        return ()
    known = set(classes.tolist())
    parts = [PurePosixPath(n).parts for n in names]
    above = {path.joinpath(*p[: p.index(c)]) for p, c in zip(parts, classes.tolist())}
    empty = sorted({d.name for a in above for d in a.iterdir() if d.is_dir() and d.name[0] not in "._"} - known)
    if not empty or all(split_word(e) for e in empty):
        return ()
    said = f"no picture in the folder{'s' * (len(empty) > 1)} {', '.join(empty[:5])}: no class"
    return (Finding("classes-empty", "warning", said, remedy="add pictures, or remove the folder", stage="data"),)


def _stacked(found: list[np.ndarray], size: Any) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """All pictures as [N, C, H, W] of one size and number of channels, and what had to be done for it."""
    notes: tuple[Finding, ...] = ()
    channels = Counter(p.shape[0] for p in found)
    if len(channels) > 1:
        said = f"{many(channels[1], 'grey picture')} among {channels[3]:,} in colour: given three equal channels"
        notes += (Finding("pictures-grey", "info", said, stage="data"),)
        found = [p if len(p) == 3 else np.repeat(p, 3, axis=0) for p in found]
    kinds = {p.dtype for p in found}
    if len(kinds) > 1:
        found = [bytes_of(p) for p in found]
    sizes = Counter(p.shape[1:] for p in found)
    if len(sizes) == 1:
        return np.stack(found), notes
    (height, width), n = sizes.most_common(1)[0]
    common: tuple[int, int] = (int(height), int(width))
    if n < len(found) / 2:
        side = min(LARGEST_SIDE, int(np.median([min(p.shape[1:]) for p in found])))
        common = (max(8, side // 8 * 8), max(8, side // 8 * 8))
    changed = sum(k for s, k in sizes.items() if s != common)
    small, large = min(sizes, key=lambda s: s[0] * s[1]), max(sizes, key=lambda s: s[0] * s[1])
    notes += (
        Finding(
            "pictures-resized",
            "info",
            f"pictures of {len(sizes):,} sizes; {changed:,} of {len(found):,} scaled, and cut about their"
            f" centre, to {common[0]}x{common[1]}",
            evidence=f"from {small[0]}x{small[1]} to {large[0]}x{large[1]} pixels (height x width)",
            remedy="bring them to one size yourself, where the cut matters",
            stage="data",
        ),
    )
    return np.stack([p if p.shape[1:] == common else fitted(p, common) for p in found]), notes
