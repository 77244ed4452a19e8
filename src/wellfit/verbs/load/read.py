"""read: a source of any kind to Raw, by the first reader of the shelf that can read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.data import Raw, split_word
from wellfit.nouns.errors import DataError, nearest
from wellfit.nouns.preparation import Preparation, array_of
from wellfit.nouns.recipe import DataChoices

if TYPE_CHECKING:
    import pandas as pd


def read(source: Any, choices: DataChoices | None = None, targets: Any = None, like: Preparation | None = None) -> Raw:
    """What a source holds, untouched: a bundled name, a path, a DataFrame, arrays or tensors (with targets, or as
    (X, y)), {"train": ..., "valid": ..., "test": ...} of any of these, a torch Dataset or DataLoader.

    like: a preparation whose pictures' size the pictures of a folder are brought to (for prediction).
    Raises DataError where nothing can read it.
    """
    choices = choices or DataChoices.model_validate({})
    if isinstance(source, Mapping) and source and all(isinstance(k, str) and split_word(k) for k in source):
        raw = _joined({split_word(k): read(part, choices, like=like) for k, part in source.items()})
    else:
        if isinstance(source, tuple) and len(source) == 2 and targets is None:
            source, targets = source
        raw = _read_one(source, choices, like)
    if targets is not None and raw.kind == "grid":
        found = f"{raw.name} holds fields over time, whose answers are later fields"
        raise DataError("targets beside the data", found, "give the fields alone; name what is predicted: --target")
    if targets is not None:
        raw = with_targets(raw, targets)
    return replace(raw, fingerprint=raw.fingerprint or fingerprint(raw))


def _read_one(source: Any, choices: DataChoices, like: Preparation | None) -> Raw:
    source = str(source) if isinstance(source, Path) else source
    cells = like is not None and like.kind == "pictures" and like.form == "classes" and len(like.shape_out) > 2
    for word in shelf.names("readers"):
        if shelf.module("readers", word).can_read(source):
            word = "masks" if cells and word == "pictures" else word  # cut into tiles, not brought to one size
            size: dict[str, Any] = {}
            if like is not None and word in ("pictures", "masks"):
                size = {"size": like.shape[1:]}
            elif like is not None and word == "edges":
                size = {"size": like.shape[0], "names": like.names}
            return shelf.get("readers", word)(source, target=choices.target, skip_bad=choices.skip_bad, **size)
    if isinstance(source, str):
        raise _no_reader(source)
    raise DataError(
        f"data from a {type(source).__module__}.{type(source).__qualname__}",
        "nothing that can read it",
        "give a path, a DataFrame, arrays or tensors (X, y), or a torch Dataset",
    )


def _no_reader(source: str) -> DataError:
    """Why a name or path cannot be read: not there (with the nearest that is), empty, or of an unknown kind."""
    path = Path(source).expanduser()
    asked = f"the data {source!r}"
    if "://" in source:
        return DataError(asked, "an address; wellfit makes no network calls", "download it and name the file")
    if path.is_dir():
        within = sorted(p.name for p in path.iterdir() if not p.name.startswith("."))
        found = (
            f"a folder with {', '.join(within[:6])}{' ...' if len(within) > 6 else ''}" if within else "an empty folder"
        )
        return DataError(
            asked, found, "name a folder of class folders with pictures, of .npy arrays, of idx files, or a table in it"
        )
    if path.exists():
        kind = (
            "an empty file"
            if path.stat().st_size == 0
            else f"a {path.suffix or 'nameless'} file, which no reader knows"
        )
        do = "name a file with something in it" if path.stat().st_size == 0 else (
            "give CSV, Parquet, .npz, .npy, idx, .nc, .zarr, .grib, or pictures in class folders (or their .zip)")  # fmt: skip
        return DataError(asked, kind, do)
    names = _bundled_names()
    known = {n: n for n in names if path.name == source} | {p.name: str(p) for p in _beside(path)}
    close = nearest(path.name, known)
    if close:
        found = "no such file, folder or bundled set" if close in names else "no such file or folder"
        return DataError(asked, found, f"write {known[close]!r}")
    missing = next((p for p in reversed(path.parents) if not p.exists()), None)
    found = (
        f"no such file; the folder {missing} is not there either" if missing else "no such file, folder or bundled set"
    )
    return DataError(asked, found, f"name an existing file or folder, or one of {', '.join(names)}")


def _beside(path: Path) -> list[Path]:
    """What in its folder `path` may have meant: of a name with a suffix, names with one alone."""
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    return [p for p in beside if not p.name.startswith(".") and bool(p.suffix) == bool(path.suffix)]


def _bundled_names() -> tuple[str, ...]:
    """Names that readers know without a path."""
    modules = [shelf.module("readers", w) for w in shelf.names("readers")]
    return tuple(n for m in modules for n in getattr(m, "NAMES", ()))


def targets_array(targets: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """Targets in the user's form -> ([N] or [N, K], names where they have some)."""
    names: tuple[str, ...] = ()
    if hasattr(targets, "to_pandas"):
        targets = targets.to_pandas()
    if hasattr(targets, "columns"):
        names = tuple(map(str, targets.columns))
    elif isinstance(getattr(targets, "name", None), str):
        names = (targets.name,)
    try:
        y = array_of(targets)
    except DataError:
        y = np.asarray(targets.to_numpy(dtype=object) if hasattr(targets, "to_numpy") else targets, dtype=object)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    return y, names


def with_targets(raw: Raw, targets: Any) -> Raw:
    """raw with targets of the user's beside it. Raises DataError where their number differs."""
    y, names = targets_array(targets)
    if y.ndim == 0 or len(y) != len(raw):
        raise DataError(
            "one target for each example",
            f"{len(raw):,} examples (inputs of shape {raw.inputs.shape}), targets of shape {y.shape}",
            "give inputs and targets of the same length",
        )
    names = names or raw.target_names
    if isinstance(raw.inputs, np.ndarray):
        return replace(raw, targets=y, target_names=names)
    import pandas as pd

    frame = raw.inputs
    names = names or (("target",) if y.ndim == 1 else tuple(f"target {i + 1}" for i in range(y.shape[1])))
    clash = [n for n in names if n in frame.columns]
    if clash:
        raise DataError(
            f"targets named {clash[0]!r}", "the inputs have a column of this name too", "rename one of them"
        )
    beside = pd.DataFrame(y.reshape(len(y), -1), columns=list(names), index=frame.index)
    return replace(raw, inputs=pd.concat([frame, beside], axis=1), target_names=names)


def _joined(parts: Mapping[str, Raw]) -> Raw:
    """The parts of a source that is given split, as one Raw. Raises DataError where they do not fit each other."""
    if "train" not in parts:
        raise DataError("data given in splits", f"only {', '.join(parts)}", 'give a "train" part')
    first = parts["train"]
    if first.kind == "grid":
        found = f"{first.name} holds fields over time, which are parted by time"
        raise DataError("data given in splits", found, "give one file, or a folder of files of one grid")
    for name, part in parts.items():
        same = part.kind == first.kind and part.inputs.shape[1:] == first.inputs.shape[1:]
        if not same or (part.targets is None) != (first.targets is None):
            raise DataError(
                "splits of one kind and shape",
                f"train: {first.kind} of shape {first.inputs.shape}; {name}: {part.kind} of shape {part.inputs.shape}",
                "give all parts in the same form",
            )
    raws = list(parts.values())
    given = np.concatenate([np.full(len(r), name) for name, r in parts.items()])
    if isinstance(first.inputs, np.ndarray):
        inputs: Any = np.concatenate([r.inputs for r in raws])
    else:
        inputs = _stacked([r.inputs for r in raws])
    targets = None if first.targets is None else np.concatenate([r.targets for r in raws if r.targets is not None])
    ids = None if first.ids is None else np.concatenate([r.ids for r in raws if r.ids is not None])
    findings = tuple(f for r in raws for f in r.findings)
    return replace(first, inputs=inputs, targets=targets, given=given, ids=ids, findings=findings, fingerprint="")


def _stacked(frames: list[Any]) -> pd.DataFrame:
    import pandas as pd

    lost = [c for f in frames for c in frames[0].columns if c not in f.columns]
    if lost:
        raise DataError(
            f"the column {lost[0]!r} in every split", "a split without it", "give all splits the same columns"
        )
    return pd.concat([f[frames[0].columns] for f in frames], ignore_index=True)


def fingerprint(raw: Raw) -> str:
    """A hash of names, shapes and values of inputs and targets, the same on every machine."""
    seen = hashlib.blake2b(digest_size=16)
    if isinstance(raw.inputs, np.ndarray):
        seen.update(f"{raw.inputs.dtype}{raw.inputs.shape}".encode())
        seen.update(np.ascontiguousarray(raw.inputs).reshape(-1).view(np.uint8).data)
    else:
        seen.update("\x1f".join(map(str, raw.inputs.columns)).encode())
        seen.update(row_hashes(raw.inputs).tobytes())
    if raw.targets is not None:
        y = raw.targets if raw.targets.dtype.kind in "buif" else raw.targets.astype(str)
        seen.update(np.ascontiguousarray(y).reshape(-1).view(np.uint8).data)
    return seen.hexdigest()


def row_hashes(inputs: pd.DataFrame | np.ndarray) -> np.ndarray:
    """[N] uint64, equal for equal rows."""
    if isinstance(inputs, np.ndarray):
        flat = np.ascontiguousarray(inputs).reshape(len(inputs), -1)
        bytes_each = flat.view(np.uint8).reshape(len(flat), -1)
        found = [hashlib.blake2b(row.data, digest_size=8).digest() for row in bytes_each]
        return np.frombuffer(b"".join(found), dtype=np.uint64)
    from pandas.util import hash_pandas_object as hashed

    hash_rows: Any = hashed
    try:
        hashes = hash_rows(inputs, index=False)
    except TypeError:  # cells that cannot be hashed, such as lists
        hashes = hash_rows(inputs.astype(str), index=False)
    return hashes.to_numpy()
