"""A network of the user's own: a module as it is, or what makes one."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from wellfit.nouns.errors import NetworkError, nearest


def as_module(network: Any, shape_in: tuple[int, ...], shape_out: tuple[int, ...]) -> nn.Module:
    """`network` itself where it is an nn.Module, else what it gives when called: with (shape_in, shape_out), or with
    nothing where it takes nothing. Raises NetworkError where that fails or is no nn.Module."""
    if isinstance(network, nn.Module):
        return network
    name = getattr(network, "__name__", type(network).__name__)
    asked = f"the network that {name} makes"
    if not callable(network):
        raise NetworkError(
            f"the network {network!r}", f"a {type(network).__name__}", "give an nn.Module, or a function"
        )
    try:
        made = network(shape_in, shape_out) if takes_two(network) else network()
    except Exception as error:
        called = f"calling it for inputs {shape_in} and outputs {shape_out} failed"
        raise NetworkError(asked, f"{called}: {type(error).__name__}: {error}", "mend the function") from error
    if not isinstance(made, nn.Module):
        raise NetworkError(asked, f"it gave a {type(made).__name__}", "let it return an nn.Module")
    return made


def takes_two(function: Any) -> bool:
    """Can it be called with two values?"""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature
        return True
    return True


def named(text: str, asked: str) -> Any:
    """What `module:name` or `FILE.py:name` stands for; the file is run. Raises NetworkError; asked: its first line."""
    place, _, name = text.rpartition(":")
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
