"""Pictures in class folders, or a zip of them: CLASS/x.jpg, or {train,valid,test}/CLASS/x.jpg, under any one folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from wellfit.nouns.blocks import Blocks
from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.mask_files import have_masks
from wellfit.nouns.picture_files import (
    ENDINGS,
    bytes_of,
    contents_of,
    decoded,
    files_of,
    header,
    is_broken,
    names_in,
    none_bad,
    picture,
)
from wellfit.nouns.pictures import fitted
from wellfit.nouns.units import many

LARGEST_SIDE = 128  # of pictures of many sizes, which are brought to one
FEW = 16  # pictures from which it is told how large all are
PIECE = 2**20  # bytes of pictures that are decoded side by side
WIDER = 8  # bytes that are worked with for each byte of a picture


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


def roughly(source: str) -> int:
    """Bytes of all pictures once they are decoded, told from a few of them; 0 where that cannot be told."""
    path = Path(source).expanduser()
    with files_of(path) as (names, load):
        found, _ = decoded(names[:: max(1, len(names) // FEW)][:FEW], load, picture)
    return int(np.mean([p.nbytes for p in found.values()]) * len(names)) if found else 0


def lazily(source: str, *, target: Any = None) -> Raw | None:
    """The same, with the pictures left in their files as Blocks; None where they can only be read as a whole: a single
    one, or some that cannot be read. Every file is opened once for its size and for the fingerprint."""
    path = Path(source).expanduser()
    with files_of(path) as (names, load):
        if path.is_file() and path.suffix.lower() != ".zip":
            return None
        classes, given = _places(path, names)
        seen, shapes, kinds = hashlib.blake2b(digest_size=16), [], set()
        for name in names:
            content = load(name)
            seen.update(f"{name}{len(content)}".encode() + content)
            if (told := header(content)) is None:
                return None
            shapes.append(told[0])
            kinds.add(told[1])
    form, said = _form(shapes, kinds)
    kind = np.dtype(np.uint8) if form.as_bytes else kinds.pop()
    return Raw(
        path.name.removesuffix(".zip"),
        "pictures",
        _blocks(path, names, form, kind),  # type: ignore[arg-type]
        classes,
        () if classes is None else ("class",),
        given=given,
        ids=np.array(names, dtype=object),
        fingerprint=seen.hexdigest(),
        findings=(*_empty(path, names, classes), *said),
    )


def _blocks(path: Path, names: list[str], form: _Form, kind: np.dtype) -> Blocks:
    """The pictures of these files, a few at a time."""
    shape = (form.channels, *form.size)
    each = kind.itemsize * int(np.prod(shape))

    def these(wanted: list[str], load: Callable[[str], bytes]) -> np.ndarray:
        found, few = np.empty((len(wanted), *shape), kind), max(1, PIECE // each)
        for start in range(0, len(wanted), few):
            part = wanted[start : start + few]
            held, why = decoded(part, load, picture)
            none_bad(path, part, why, False)
            found[start : start + few] = [form.of(held[n]) for n in part]
        return found

    def some(rows: np.ndarray) -> np.ndarray:
        with contents_of(path) as load:
            return these([names[i] for i in rows], load)

    def read(rows: int, columns: tuple[str, ...]) -> Iterator[np.ndarray]:
        few = max(1, rows // WIDER)
        with contents_of(path) as load:
            for start in range(0, len(names), few):
                yield these(names[start : start + few], load)

    return Blocks((len(names), *shape), len(names) * each, read, dtype=kind, some=some)


def _read(path: Path, names: list[str], load: Callable[[str], bytes], skip_bad: bool, size: Any) -> Raw:
    classes, given = _places(path, names)
    found, why = decoded(names, load, lambda content: picture(content, size))
    notes = none_bad(path, names, why, skip_bad)
    keep = np.array([n not in why for n in names])
    notes = (*notes, *_empty(path, names, classes))
    stacked, said = _stacked([found[n] for n in names if n not in why])
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


@dataclass(frozen=True)
class _Form:
    """What all pictures of a source are brought to: channels, height and width, bytes where some hold more."""

    channels: int
    size: tuple[int, int]
    as_bytes: bool

    def of(self, p: np.ndarray) -> np.ndarray:
        """One picture [C, H, W] in this form."""
        p = np.repeat(p, self.channels, axis=0) if len(p) == 1 < self.channels else p
        p = bytes_of(p) if self.as_bytes else p
        return p if p.shape[1:] == self.size else fitted(p, self.size)


def _stacked(found: list[np.ndarray]) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """All pictures as [N, C, H, W] of one size and number of channels, and what had to be done for it."""
    form, notes = _form([p.shape for p in found], {p.dtype for p in found})
    return np.stack([form.of(p) for p in found]), notes


def _form(shapes: list[tuple[int, ...]], kinds: set[np.dtype]) -> tuple[_Form, tuple[Finding, ...]]:
    """The form for pictures of these shapes [C, H, W] and kinds of numbers, and what has to be done for it."""
    notes: tuple[Finding, ...] = ()
    channels = Counter(s[0] for s in shapes)
    if len(channels) > 1:
        said = f"{many(channels[1], 'grey picture')} among {channels[3]:,} in colour: given three equal channels"
        notes += (Finding("pictures-grey", "info", said, stage="data"),)
    depth = 3 if len(channels) > 1 else next(iter(channels))
    sizes = Counter(s[1:] for s in shapes)
    (height, width), n = sizes.most_common(1)[0]
    common: tuple[int, int] = (int(height), int(width))
    if len(sizes) == 1:
        return _Form(depth, common, len(kinds) > 1), notes
    if n < len(shapes) / 2:
        side = min(LARGEST_SIDE, int(np.median([min(s[1:]) for s in shapes])))
        common = (max(8, side // 8 * 8), max(8, side // 8 * 8))
    changed = sum(k for s, k in sizes.items() if s != common)
    small, large = min(sizes, key=lambda s: s[0] * s[1]), max(sizes, key=lambda s: s[0] * s[1])
    notes += (
        Finding(
            "pictures-resized",
            "info",
            f"pictures of {len(sizes):,} sizes; {changed:,} of {len(shapes):,} scaled, and cut about their"
            f" centre, to {common[0]}x{common[1]}",
            evidence=f"from {small[0]}x{small[1]} to {large[0]}x{large[1]} pixels (height x width)",
            remedy="bring them to one size yourself, where the cut matters",
            stage="data",
        ),
    )
    return _Form(depth, common, len(kinds) > 1), notes
