"""Arrays in files: .npz, .npy with a companion, a folder of .npy or a Zarr store; names tell inputs, targets and splits."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns import zarr_files
from wellfit.nouns.blocks import fingerprint_of
from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError, nearest
from wellfit.nouns.npy import blocks
from wellfit.nouns.pictures import are_pictures, channels_first

INPUTS = ("x", "inputs", "input", "images", "image", "imgs", "pictures", "data", "features", "samples", "arr_0")
TARGETS = ("y", "targets", "target", "labels", "label", "classes", "output", "outputs", "arr_1")
NAMES_OF_FEATURES = ("feature_names", "names", "columns")


def can_read(source: Any) -> bool:
    """A .npz or .npy file, or a folder with .npy files, or a Zarr store of plain arrays, whose names tell what they hold."""
    if not isinstance(source, str):
        return False
    path = Path(source).expanduser()
    if path.is_dir():
        told = zarr_files.described(path)
        stored = any(_role(name)[0] == "x" and len(shape) > 1 for name, shape in told.items())
        return stored or any(_role(p.stem)[0] for p in path.glob("*.npy"))
    return path.suffix.lower() in (".npz", ".npy") and path.is_file() and path.stat().st_size > 0


def arrays(source: str, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """Inputs and targets by their names: x and y, X and y, images and labels, inputs and targets, data and target;
    with _train, _valid or _test (or in front) they are the given splits. target: the name of the targets' array.

    Nothing pickled is ever loaded. Raises DataError for pickled or damaged files, names that tell nothing, and
    targets of another number. A .npy without a companion has no targets.
    """
    path = Path(source).expanduser()
    return _raw(path, *_told(path, _contents(path), target), target)


def lazily(source: Any, *, target: Any = None) -> Raw | None:
    """The same of .npy files and Zarr stores, with the inputs left in them as Blocks; None where they can only be read as
    a whole."""
    path = Path(source).expanduser() if isinstance(source, str) else None
    if path is None or not (path.is_dir() or path.suffix.lower() == ".npy"):
        return None
    parts, found = _told(path, _contents(path, mapped=True), target)
    xs = [p["x"] for p in parts.values()]
    if not all(_in_a_file(x) and x.ndim > 1 for x in xs):
        return None
    return _raw(
        path, {s: {"x": p["x"], "y": np.array(p["y"][:])} if "y" in p else p for s, p in parts.items()}, found, target
    )


def _in_a_file(x: Any) -> bool:
    """Is an array left in its file, where its rows lie one after the other?"""
    return x.flags.c_contiguous if isinstance(x, np.memmap) else not isinstance(x, np.ndarray)


def _told(path: Path, found: dict[str, np.ndarray], target: Any) -> tuple[dict[str, dict[str, np.ndarray]], dict]:
    """(inputs and targets by split, all arrays). Raises DataError where they do not fit each other."""
    parts = _sorted_out(path, found, target)
    for split, pair in parts.items():
        _fitting(path, split, pair, found)
    xs, ys = [p["x"] for p in parts.values()], [p.get("y") for p in parts.values()]
    if len({x.shape[1:] for x in xs}) > 1 or len({y is None for y in ys}) > 1:
        shapes = ", ".join(f"{s} {p['x'].shape}{'' if 'y' in p else ' without targets'}" for s, p in parts.items())
        raise DataError(f"splits of {path} in one form", shapes, "give all parts the same form, with targets")
    return parts, found


def _raw(path: Path, parts: dict[str, dict[str, np.ndarray]], found: Mapping[str, np.ndarray], target: Any) -> Raw:
    xs, ys = [p["x"] for p in parts.values()], [p.get("y") for p in parts.values()]
    mapped, stored = isinstance(xs[0], np.memmap), not isinstance(xs[0], np.ndarray)
    pictures = are_pictures(xs[0])
    turned = channels_first if pictures else np.asarray
    held: Any = xs
    x: Any = None
    if stored or mapped:
        x = (zarr_files.blocks if stored else blocks)(held, turned)
    else:
        x = np.concatenate(xs) if len(xs) > 1 else xs[0]
        x = channels_first(x) if pictures else x[:, None] if len(x.shape) == 1 else x
    y = None if ys[0] is None else np.concatenate([v for v in ys if v is not None])
    y = y[:, 0] if y is not None and y.ndim == 2 and y.shape[1] == 1 else y
    kind = "pictures" if pictures else "array"
    names = next((tuple(map(str, found[n][:])) for n in NAMES_OF_FEATURES if n in found and found[n].ndim == 1), ())
    return Raw(
        path.stem,
        kind,
        x,
        y,
        (target,) if isinstance(target, str) and y is not None and y.ndim == 1 else (),
        given=np.concatenate([np.full(p["x"].shape[0], split) for split, p in parts.items()]) if len(xs) > 1 else None,
        names=names if len(names) == x.shape[-1] else (),
        fingerprint=_fingerprint(path, xs) if stored or mapped else "",
    )


def _fingerprint(path: Path, xs: list[Any]) -> str:
    return fingerprint_of(sorted({Path(v.filename) for v in xs}) if isinstance(xs[0], np.memmap) else [path])


def _fitting(path: Path, split: str, pair: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> None:
    """Raises DataError where inputs are missing, hold no numbers, or have another number of targets."""
    if "x" not in pair:
        of = f"the {split} targets" if split else "the targets"
        raise DataError(f"inputs for {of} in {path}", f"arrays {', '.join(found)}", "name the arrays x and y")
    x, y = pair["x"], pair.get("y")
    if x.dtype.kind not in "buif":
        raise DataError(f"inputs of numbers in {path}", f"values of type {x.dtype}", "give numbers")
    if y is not None and x.shape[:1] != y.shape[:1]:
        raise DataError(
            f"a target for each example of {path}",
            f"inputs of shape {x.shape}, targets of shape {y.shape}",
            "give both the same length",
        )


def _contents(path: Path, mapped: bool = False) -> dict[str, np.ndarray]:
    """Every array by name; mapped: left in their files."""
    if path.is_dir() and zarr_files.described(path):
        found = zarr_files.arrays_in(path)
        return found if mapped else {name: np.asarray(array[:]) for name, array in found.items()}
    if path.is_dir():
        return {p.stem: _load(p, mapped) for p in sorted(path.glob("*.npy"))}
    if path.suffix.lower() == ".npy":
        companion = _companion(path)
        return {"x": _load(path, mapped)} | ({"y": _load(companion, mapped)} if companion else {})
    return _load(path)


def _load(path: Path, mapped: bool = False) -> Any:
    """The array of a .npy, {name: array} of a .npz."""
    try:
        if mapped:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return {name: loaded[name] for name in loaded.files} if hasattr(loaded, "files") else loaded
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    if "allow_pickle" in str(error) or "pickled" in str(error):
        return DataError(f"the arrays in {path}", "pickled objects, which could run a stranger's code",
                         "save plain arrays of numbers or text, with np.savez(path, x=..., y=...)")  # fmt: skip
    return DataError(f"the arrays in {path}", f"unreadable: {error}", "write the file anew")


def _companion(path: Path) -> Path | None:
    """The targets' file beside an inputs' .npy: the same name with y for x, labels for images ..."""
    for a, b in zip(
        ("x", "X", "inputs", "images", "data", "features", "data"),
        ("y", "y", "targets", "labels", "target", "labels", "labels"),
    ):
        name = re.sub(rf"(?<![A-Za-z]){a}(?![A-Za-z])", b, path.stem)
        other = path.with_name(name + path.suffix)
        if name != path.stem and other.is_file():
            return other
    return None


def _role(name: str) -> tuple[str, str]:
    """("x" or "y" or "", split or "") that an array's name tells: 'X_train' -> ('x', 'train')."""
    low = name.casefold()
    if low in INPUTS:
        return "x", ""
    if low in TARGETS:
        return "y", ""
    match = re.match(r"^([xy])(train|valid|val|test)$", low)
    words = list(match.groups()) if match else re.split(r"[_\-. ]", low)
    split = next((s for w in words if (s := split_word(w))), "")
    rest = [w for w in words if not split_word(w)]
    if split and len(rest) == 1 and rest[0] in INPUTS + TARGETS:
        return ("x" if rest[0] in INPUTS else "y"), split
    return "", ""


def _sorted_out(path: Path, found: Mapping[str, np.ndarray], target: Any) -> dict[str, dict[str, np.ndarray]]:
    """{split: {"x": ..., "y": ...}}; "" for arrays that are not split. Raises DataError where names tell nothing."""
    if isinstance(target, str) and target not in found:
        close = nearest(target, found)
        raise DataError(
            f"the targets {target!r} in {path}",
            f"arrays {', '.join(found)}",
            f"write {close!r}" if close else "name one of these",
        )
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, array in found.items():
        role, split = ("y", "") if name == target else _role(name)
        if role and array.ndim and not (role == "y" and target and name != target):
            parts.setdefault(split, {}).setdefault(role, array)
    if len(parts) > 1 and "" in parts:
        parts = {k: v for k, v in parts.items() if k}
    if not any("x" in p for p in parts.values()):
        listed = ", ".join(f"{n} {a.shape}" for n, a in found.items()) or "no arrays"
        raise DataError(
            f"inputs and targets in {path}", listed, "name the arrays x and y (or x_train, y_train, x_test, y_test)"
        )
    return {s: parts[s] for s in ("", "train", "valid", "test") if s in parts}
