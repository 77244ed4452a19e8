"""idx files as MNIST and its kin ship: a folder of images and labels, gzipped or not, or one of the files in it."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError
from wellfit.nouns.pictures import are_pictures, channels_first

NAME = re.compile(r"^(?P<part>.*?)[-_.]?(?P<what>images|labels)[-_.]idx(?P<axes>\d)[-_.]ubyte(\.gz)?$", re.IGNORECASE)
# third byte of the magic number -> type of the values, big-endian (LeCun, "The MNIST database", file format)
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def can_read(source: Any) -> bool:
    """A folder of idx files, or one of them."""
    return isinstance(source, str) and bool(_images(Path(source).expanduser()))


def _images(path: Path) -> list[Path]:
    """The image files that a path names: itself, those in a folder, or those in its only deeper folder that has any."""
    if path.is_file():
        return [path] if _role(path) else []
    for pattern in ("*ubyte*", "*/*ubyte*", "*/*/*ubyte*"):
        found = sorted(p for p in path.glob(pattern) if _role(p) == "images") if path.is_dir() else []
        if found:
            unpacked = {p.name for p in found}
            return [p for p in found if not (p.suffix == ".gz" and p.name.removesuffix(".gz") in unpacked)]
    return []


def _role(path: Path) -> str:
    match = NAME.match(path.name)
    return match["what"].lower() if match else ""


def idx(source: str, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """Images [N, 1, H, W] and labels [N] of all parts in a folder; given where file names say train and t10k or test.

    Raises DataError for a damaged or truncated file, a missing companion, and labels of another number.
    """
    path = Path(source).expanduser()
    images = [_sibling(p, "images") if _role(p) == "labels" else p for p in _images(path)]
    parts = [(_split(p), *_pair(p)) for p in images]
    shapes = {x.shape[1:] for _, x, _ in parts}
    if len(shapes) > 1:
        raise DataError(
            f"images of one size in {path}", f"sizes {' and '.join(map(str, sorted(shapes)))}", "name one file"
        )
    x = np.concatenate([x for _, x, _ in parts]) if len(parts) > 1 else parts[0][1]
    y = np.concatenate([y for _, _, y in parts])
    given = np.concatenate([np.full(len(y), part) for part, _, y in parts])
    if not {"train", "test"} <= set(given.tolist()) and not {"train", "valid"} <= set(given.tolist()):
        given = None
    name = path.name if path.is_dir() else images[0].parent.name
    return Raw(
        name,
        "pictures" if are_pictures(x) else "array",
        channels_first(x) if are_pictures(x) else x,
        y,
        ("label",),
        given,
    )


def _split(path: Path) -> str:
    match = NAME.match(path.name)
    words = re.split(r"[-_.]", match["part"]) if match else []
    return next((s for w in reversed(words) if (s := split_word(w))), "")


def _pair(images: Path) -> tuple[np.ndarray, np.ndarray]:
    labels = _sibling(images, "labels")
    x, y = read_idx(images), read_idx(labels)
    if len(x) != len(y):
        raise DataError(
            f"a label for each image of {images}",
            f"{len(x):,} images, {len(y):,} labels in {labels.name}",
            "get the files that belong together",
        )
    return x, y


def _sibling(path: Path, what: str) -> Path:
    """The file of labels beside one of images, or the other way round. Raises DataError where there is none."""
    mine = NAME.match(path.name)
    part = mine["part"].lower() if mine else ""
    for other in sorted(path.parent.iterdir()):
        match = NAME.match(other.name)
        if match and match["what"].lower() == what and match["part"].lower() == part:
            return other
    raise DataError(
        f"the {what} that belong to {path}", "no such file beside it", f"put the {what} file into the same folder"
    )


def read_idx(path: Path) -> np.ndarray:
    """One idx file. Raises DataError where it is damaged or cut short."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the idx file {path}", f"unreadable: {error}", "get the file anew") from None
    if len(content) < 4 or content[0] or content[1] or content[2] not in TYPES:
        raise DataError(
            f"the idx file {path}",
            f"it begins with {content[:4].hex() or 'nothing'}, not with 0000 and a type",
            "get the file anew",
        )
    kind, axes = np.dtype(TYPES[content[2]]), content[3]
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4)) if len(content) >= 4 + 4 * axes else (0,)
    wanted = 4 + 4 * axes + int(np.prod(shape)) * kind.itemsize
    if len(content) != wanted:
        raise DataError(
            f"the idx file {path}",
            f"{len(content):,} bytes where its header {shape} asks for {wanted:,}",
            "get the file anew",
        )
    return np.frombuffer(content, kind, offset=4 + 4 * axes).reshape(shape).astype(kind.newbyteorder("="), copy=False)
