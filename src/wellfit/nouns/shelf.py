"""Shelf: a folder of plug-ins, one a file. The file's name is the function's name and the command-line word."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from wellfit.nouns.errors import ShelfError, nearest

_added: dict[str, dict[str, Path]] = {}  # shelf -> word -> file, from `--with FILE`


@cache
def _entries(shelf: str) -> tuple[EntryPoint, ...]:
    """What installed packages offer for a shelf; once, since every look reads the metadata of all packages."""
    return tuple(entry_points(group=f"wellfit.{shelf}"))


def names(shelf: str) -> tuple[str, ...]:
    """The words on a shelf ("rules", "networks", ...), listed without importing any of them."""
    folder = Path(__file__).parent.parent / shelf
    own = {p.stem for p in folder.glob("*.py") if not p.stem.startswith("_")}
    foreign = {e.name for e in _entries(shelf)}
    return tuple(sorted(own | foreign | set(_added.get(shelf, {}))))


def add(shelf: str, file: Path) -> str:
    """Put a file of the user's on a shelf for this process (`--with FILE`); the word it is known by is returned."""
    if not file.is_file():
        raise ShelfError(f"a plug-in from {file}", "no such file", "name an existing Python file")
    _added.setdefault(shelf, {})[file.stem] = file
    module.cache_clear()
    return file.stem


@cache
def module(shelf: str, word: str) -> ModuleType:
    """The plug-in's module. Raises ShelfError for an unknown word, with the nearest right one."""
    word = word.replace("-", "_")
    if word in _added.get(shelf, {}):
        spec = importlib.util.spec_from_file_location(f"wellfit_{shelf}_{word}", _added[shelf][word])
        if spec is None or spec.loader is None:
            raise ShelfError(f"the plug-in {word}", f"{_added[shelf][word]} is no Python file", "name a .py file")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded
    for entry in _entries(shelf):
        if entry.name == word:
            return importlib.import_module(entry.module)
    known = names(shelf)
    if word not in known:
        close = nearest(word, known)
        raise ShelfError(
            f"{word!r} from {shelf}",
            f"known are {', '.join(known)}",
            f"write {close!r}" if close else f"take one of them, or add {shelf}/{word}.py",
        )
    return importlib.import_module(f"wellfit.{shelf}.{word}")


def get(shelf: str, word: str) -> Callable[..., Any]:
    """The function `word` of the plug-in `word` on a shelf."""
    loaded, name = module(shelf, word), word.replace("-", "_")
    if not callable(getattr(loaded, name, None)):
        raise ShelfError(f"{word!r} from {shelf}", f"its file defines no function {name}", f"define {name}(...) there")
    return getattr(loaded, name)


def needs(function: Callable[..., Any]) -> tuple[str, ...]:
    """The readings a rule or chart wants: the names of its parameters."""
    return tuple(inspect.signature(function).parameters)


def serve(function: Callable[..., Any], have: Mapping[str, Any]) -> Any:
    """Call a rule or chart with the readings it names; None where one that has no default is missing."""
    wanted = inspect.signature(function).parameters
    if any(p.default is p.empty and n not in have for n, p in wanted.items()):
        return None
    return function(**{n: have[n] for n in wanted if n in have})
