"""Pictures in class folders, or a zip of them: CLASS/x.jpg, or {train,valid,test}/CLASS/x.jpg, under any one folder."""

from __future__ import annotations

import io
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.pictures import fitted
from wellfit.nouns.units import many

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"))
MASKS = frozenset(("mask", "masks", "annotations", "annotation", "segmentation"))
LARGEST_SIDE = 128  # of pictures of many sizes, which are brought to one
DEEPEST = 5  # folders looked into
AT_A_TIME = 512


def can_read(source: Any) -> bool:
    """A folder with pictures somewhere under it, or a zip with some in it."""
    if not isinstance(source, str):
        return False
    path = Path(source).expanduser()
    if path.is_dir():
        return any(True for _ in _walk(path))
    if path.suffix.lower() == ".zip" and path.is_file():
        try:
            with zipfile.ZipFile(path) as packed:
                return any(_is_picture(n) for n in packed.namelist())
        except (OSError, zipfile.BadZipFile):
            return path.stat().st_size > 0  # so that `pictures` can say what is wrong with it
    return path.suffix.lower() in ENDINGS and path.is_file()


def pictures(source: str, *, target: Any = None, skip_bad: bool = False, size: tuple[int, int] | None = None) -> Raw:
    """Pictures [N, C, H, W] uint8 (uint16 where the files hold 16 bits), targets the names of their class folders,
    given where a folder above says train, valid or test; targets None where there are no class folders.

    size: height and width to bring all to. Without it, pictures of differing sizes are scaled to cover the most
    common one (or a square of at most 128 pixels where none is common), cut about their centre, and this is said.
    Raises DataError for a picture that cannot be read (named), unless skip_bad leaves it out and counts it.
    """
    path = Path(source).expanduser()
    if path.suffix.lower() == ".zip":
        with _opened(path) as packed:
            names = [n for n in packed.namelist() if not n.endswith("/")]
            return _read(path, names, packed.read, skip_bad, size)
    if path.is_file():
        return _read(path, [path.name], lambda n: (path.parent / n).read_bytes(), skip_bad, size)
    names = [str(p.relative_to(path).as_posix()) for p in _walk(path)]
    return _read(path, names, lambda n: (path / n).read_bytes(), skip_bad, size)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"the pictures in {path}", f"no readable zip: {error}", "pack it anew") from None


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _walk(folder: Path) -> Any:
    """Pictures under a folder, in the order of their names."""
    top = len(folder.parts)
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".")) if len(Path(at).parts) - top < DEEPEST else []
        yield from (Path(at) / f for f in sorted(files) if _is_picture(f))


def _read(path: Path, names: list[str], load: Callable[[str], bytes], skip_bad: bool, size: Any) -> Raw:
    names = [n for n in names if _is_picture(n)]
    classes, given = _places(path, names)
    found, why = _decoded(names, load, size)
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
    keep = np.array([n not in why for n in names])
    notes = _bad_note(bad, why, len(names))
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


def _bad_note(bad: list[str], why: dict[str, str], n: int) -> tuple[Finding, ...]:
    if not bad:
        return ()
    said = "; ".join(f"{name}: {why[name]}" for name in bad[:5]) + (" ..." if len(bad) > 5 else "")
    return (
        Finding(
            "pictures-skipped",
            "warning",
            f"{len(bad):,} of {n:,} pictures left out: they cannot be read",
            said,
            stage="data",
        ),
    )


def _places(path: Path, names: list[str]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(class of each picture, its split) from the folders above it. Raises DataError for pictures with masks."""
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
    if {c.casefold() for c in classes} & MASKS:
        raise DataError(
            f"class folders in {path}",
            f"folders {', '.join(sorted(set(classes)))}: pictures with masks, not classes",
            "give pictures in one folder for each class; learning masks is not possible yet",
        )
    return classes, given


def _decoded(names: list[str], load: Callable[[str], bytes], size: Any) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """({name: picture [C, H, W]}, {name: why it cannot be read}), decoded side by side."""
    found: dict[str, np.ndarray] = {}
    why: dict[str, str] = {}

    def decode(item: tuple[str, bytes | str]) -> tuple[str, np.ndarray | str]:
        name, content = item
        return name, content if isinstance(content, str) else _picture(content, size)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(names), AT_A_TIME):
            batch = [(n, _bytes(n, load)) for n in names[start : start + AT_A_TIME]]
            for name, got in pool.map(decode, batch):
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


def _picture(content: bytes, size: tuple[int, int] | None) -> np.ndarray | str:
    """One picture [C, H, W], 1 or 3 channels, or in words why it cannot be read."""
    from PIL import Image, ImageOps

    if not content:
        return "an empty file"
    try:
        with Image.open(io.BytesIO(content)) as image:
            image = ImageOps.exif_transpose(image)
            if image.mode in ("1", "LA", "La"):
                image = image.convert("L")
            elif image.mode not in ("L", "I;16", "I", "F"):
                image = image.convert("RGB")
            x = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return f"unreadable: {error}".replace("<_io.BytesIO object at ", "<").split(" <", 1)[0]
    x = x[None] if x.ndim == 2 else np.ascontiguousarray(x.transpose(2, 0, 1))
    return x if size is None or x.shape[1:] == tuple(size) else fitted(x, size)


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
        found = [_bytes_of(p) for p in found]
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


def _bytes_of(p: np.ndarray) -> np.ndarray:
    """Bytes 0..255 from 16 bits, where only some of the pictures have them."""
    return p if p.dtype == np.uint8 else np.clip(p / 257, 0, 255).astype(np.uint8)
