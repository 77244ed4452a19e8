"""A network of the user's own, handed in, or named in the recipe as `module:factory` or `FILE.py:factory`."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from wellfit.nouns.data import Data
from wellfit.nouns.errors import NetworkError, nearest
from wellfit.nouns.module import as_module
from wellfit.nouns.recipe import NetworkChoices


def own(choices: NetworkChoices, data: Data, given: Any = None) -> nn.Module:
    """The user's module, a copy of what was `given` or what `given` makes; without it, what choices.name says.

    A factory gets choices.options as keywords. Raises NetworkError where it cannot be had.
    """
    found = _named(choices.name) if given is None else given
    if isinstance(found, nn.Module):
        return copied(found)
    factory = partial(found, **choices.options) if choices.options and callable(found) else found
    return as_module(factory, data.shape_in, data.shape_out)


def copied(network: nn.Module) -> nn.Module:
    """A copy to train on. Raises NetworkError where the module cannot be copied."""
    try:
        return copy.deepcopy(network)
    except Exception as error:
        raise NetworkError(
            f"a copy of {type(network).__name__} to train on",
            f"{type(error).__name__}: {str(error).strip()}",
            "keep no computed tensors, locks or open files in the module, or give the function that makes it",
        ) from error


def _named(text: str) -> Any:
    """What `module:name` or `FILE.py:name` stands for; the file is run."""
    place, _, name = text.rpartition(":")
    asked = f"network.name = {text!r}"
    if place == "own":
        found = f"a network of your own, {name}, that was handed in and is not in the recipe"
        raise NetworkError(asked, found, "hand it in again: network=..., or --network FILE.py:factory")
    if not place or not name.isidentifier():
        raise NetworkError(asked, "no module and name", "write module:factory or FILE.py:factory")
    is_file = place.endswith(".py") or "/" in place
    if is_file and not Path(place).expanduser().is_file():
        raise NetworkError(asked, f"there is no file {place}", "name an existing Python file")
    try:
        loaded = _run(Path(place).expanduser()) if is_file else _imported(place)
    except Exception as error:
        said = f"loading {place} fails: {type(error).__name__}: {str(error).strip()}"
        raise NetworkError(asked, said, "mend the file" if is_file else "name a module that can be imported") from error
    if not hasattr(loaded, name):
        close = nearest(name, [n for n in vars(loaded) if not n.startswith("_")])
        do = f"write {place}:{close}" if close else f"define {name} there"
        raise NetworkError(asked, f"{place} defines no {name}", do)
    return getattr(loaded, name)


def _run(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError("no Python file")
    loaded = importlib.util.module_from_spec(spec)
    with _importable(file.parent):  # it may import what lies beside it
        spec.loader.exec_module(loaded)
    return loaded


def _imported(module: str) -> Any:
    with _importable(Path.cwd()):  # as `python -m` does
        return importlib.import_module(module)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    path = str(folder.resolve())
    sys.path.insert(0, path)
    try:
        yield
    finally:
        if path in sys.path:
            sys.path.remove(path)
