"""Picture files: which names are pictures, where a folder or zip keeps them, and what is in them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.geotiff import INSTALL, bands, is_tiff
from wellfit.nouns.pictures import fitted

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"))
DEEPEST = 5  # folders looked into
AT_A_TIME = 512
ORIENTATION = 0x0112  # of EXIF
KINDS = {"L": (1, np.uint8), "I;16": (1, np.uint16), "I": (1, np.int32), "F": (1, np.float32)}
"""Channels and numbers of a picture by Pillow's mode; of the others three channels of bytes."""


def names_in(source: Any) -> list[str]:
    """Names of the pictures in a folder or zip, as in its paths; [] for anything else, and for a broken zip."""
    if not isinstance(source, str):
        return []
    path = Path(source).expanduser()
    if path.is_dir():
        return [p.relative_to(path).as_posix() for p in walk(path)]
    if path.suffix.lower() == ".zip" and path.is_file():
        try:
            with zipfile.ZipFile(path) as packed:
                return [n for n in packed.namelist() if is_picture(n)]
        except (OSError, zipfile.BadZipFile):
            return []
    return []


@contextmanager
def files_of(path: Path) -> Iterator[tuple[list[str], Callable[[str], bytes]]]:
    """(names of pictures, name -> content) of a folder, a zip or one picture. Raises DataError for a broken zip."""
    with contents_of(path) as load:
        yield names_in(str(path)) if path.is_dir() or path.suffix.lower() == ".zip" else [path.name], load


@contextmanager
def contents_of(path: Path) -> Iterator[Callable[[str], bytes]]:
    """The same without the names: nothing is listed, which of a large tree takes longer than to read a few pictures."""
    if path.suffix.lower() == ".zip":
        with opened(path) as packed:
            yield packed.read
    else:
        yield lambda name: (path.parent / name if path.is_file() else path / name).read_bytes()


def opened(path: Path) -> zipfile.ZipFile:
    """A zip to read from. Raises DataError for a broken one."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"the pictures in {path}", f"no readable zip: {error}", "pack it anew") from None


def is_broken(path: Path) -> bool:
    """Is this a zip, not empty, that cannot be opened?"""
    try:
        with zipfile.ZipFile(path):
            return False
    except (OSError, zipfile.BadZipFile):
        return path.stat().st_size > 0


def is_picture(name: str) -> bool:
    """Does a file's name say that it is a picture?"""
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and "__MACOSX" not in path.parts


def walk(folder: Path) -> Any:
    """Pictures under a folder, in the order of their names."""
    top = len(folder.parts)
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if len(Path(at).parts) - top < DEEPEST else []
        yield from (Path(at) / f for f in sorted(files) if is_picture(f))


def none_bad(path: Path, names: list[str], why: dict[str, str], skip_bad: bool) -> tuple[Finding, ...]:
    """A note on the pictures that cannot be read (name -> why) and are left out. Raises DataError where nobody allowed
    that, and where none can be read."""
    bad = [n for n in names if n in why]
    if bad and not skip_bad:
        more = f"; {len(bad) - 1:,} more cannot be read" if len(bad) > 1 else ""
        raise DataError(
            f"the picture {bad[0]} in {path}",
            f"{why[bad[0]]}{more}",
            "mend or remove it, or go on without it: --skip-bad",
        )
    if len(bad) == len(names):
        raise DataError(
            f"pictures in {path}",
            f"none of {len(names):,} can be read, first {bad[0]}: {why[bad[0]]}",
            "mend the files",
        )
    if not bad:
        return ()
    said = "; ".join(f"{name}: {why[name]}" for name in bad[:5]) + (" ..." if len(bad) > 5 else "")
    return (
        Finding(
            "pictures-skipped",
            "warning",
            f"{len(bad):,} of {len(names):,} pictures left out: they cannot be read",
            said,
            stage="data",
        ),
    )


Decoder = Callable[[bytes], "np.ndarray | str"]


def decoded(
    names: list[str], load: Callable[[str], bytes], decoder: Decoder
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """({name: what `decoder` made of its content}, {name: why it cannot be read}), decoded side by side."""
    found: dict[str, np.ndarray] = {}
    why: dict[str, str] = {}

    def each(item: tuple[str, bytes | str]) -> tuple[str, np.ndarray | str]:
        name, content = item
        return name, content if isinstance(content, str) else decoder(content)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(names), AT_A_TIME):
            batch = [(n, _bytes(n, load)) for n in names[start : start + AT_A_TIME]]
            for name, got in pool.map(each, batch):
                if isinstance(got, str):
                    why[name] = got
                else:
                    found[name] = got
    return found, why


def _bytes(name: str, load: Callable[[str], bytes]) -> bytes | str:
    """A file's content, or in words why there is none."""
    try:
        return load(name)
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError, EOFError) as error:
        return f"unreadable: {error}"


def picture(content: bytes, size: tuple[int, int] | None = None) -> np.ndarray | str:
    """One picture [C, H, W], 1 or 3 channels (of a TIFF all its bands), or in words why it cannot be read."""
    from PIL import Image, ImageOps

    if not content:
        return "an empty file"
    tiff = is_tiff(content)
    if tiff and (x := bands(content)) is not None:
        return x if isinstance(x, str) or size is None or x.shape[1:] == tuple(size) else fitted(x, size)
    try:
        with Image.open(io.BytesIO(content)) as image:
            image = ImageOps.exif_transpose(image)
            if image.mode in ("1", "LA", "La"):
                image = image.convert("L")
            elif image.mode not in ("L", "I;16", "I", "F"):
                image = image.convert("RGB")
            x = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        why = f"unreadable: {error}".replace("<_io.BytesIO object at ", "<").split(" <", 1)[0]
        return f"a TIFF that Pillow cannot read; {INSTALL}" if tiff and "identify" in why else why
    x = x[None] if x.ndim == 2 else np.ascontiguousarray(x.transpose(2, 0, 1))
    return x if size is None or x.shape[1:] == tuple(size) else fitted(x, size)


def header(content: bytes) -> tuple[tuple[int, ...], np.dtype] | None:
    """(shape [C, H, W], kind of its numbers) that `picture` gives for a file, told without decoding it where that is
    possible; None where it cannot be read."""
    from PIL import Image

    if is_tiff(content):
        x = picture(content)
        return None if isinstance(x, str) else (x.shape, x.dtype)
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            told = image.format != "PNG" or "exif" in image.info  # else Pillow decodes all of it to look
            if told and image.getexif().get(ORIENTATION, 1) >= 5:  # lies on its side
                width, height = height, width
            mode = "L" if image.mode in ("1", "LA", "La") else image.mode
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    channels, kind = KINDS.get(mode, (3, np.uint8))
    return (channels, height, width), np.dtype(kind)


def bytes_of(p: np.ndarray) -> np.ndarray:
    """Bytes 0..255 from 16 bits, where only some of the pictures have them."""
    return p if p.dtype == np.uint8 else np.clip(p / 257, 0, 255).astype(np.uint8)
