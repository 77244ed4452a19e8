"""given: what a person gave on the command line, in words, as a recipe, a network of their own, and plug-ins."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.errors import NetworkError, ShelfError
from wellfit.nouns.recipe import Recipe, from_words
from wellfit.verbs.settle import settle

# a plug-in's first parameter, or what it gives, says on which shelf it belongs
SHELVES = {
    "shape_in": "networks",
    "outputs": "losses",
    "parameters": "optimizers",
    "progress": "schedules",
    "source": "readers",
    "case": "checks",
    "step": "probes",
    "network": "explainers",
    "program": "clues",
    "replay": "remedies",
    "-> Chart": "charts",
    "-> Finding": "rules",
    "-> Task": "tasks",
    "-> BaseSampler": "searches",
}


def given(
    data: str | None,
    recipe: str | Path | None = None,
    words: Sequence[str] = (),
    target: Sequence[str] = (),
    skip_bad: bool = False,
    network: str | None = None,
    begin: str | None = None,
) -> tuple[str, Recipe]:
    """(source, recipe) from words: data, a recipe's file, `key=value` choices, target columns, FILE.py:factory, and the
    weights to begin with: a run, a .safetensors file, or FILE.py:factory of a module that brings its own.

    Without data, the recipe's source is meant, and without a recipe the bundled digits. Raises RecipeError.
    """
    choices = from_words(words)
    if target:
        choices["data.target"] = target[0] if len(target) == 1 else list(target)
    if skip_bad:
        choices["data.skip_bad"] = True
    if network:
        choices["network.name"] = network
    if begin:
        of_module = ":" in begin and not Path(begin).expanduser().exists()
        choices |= {"transfer.weights": "own", "network.name": begin} if of_module else {"transfer.weights": begin}
    base = Recipe.read(recipe) if recipe is not None else None
    if data is None:
        data = str(choices.get("data.source", base.data.source if base else "digits"))
    return data, settle(data, base, choices)


def own_network(text: str | None) -> Callable[..., Any] | None:
    """The factory that FILE.py:factory names; the file is run. None for None. Raises NetworkError."""
    if text is None:
        return None
    file, colon, name = text.rpartition(":")
    asked = f"the network {text}"
    if not colon or not file:
        raise NetworkError(asked, "no ':' between a file and a name", "write --network FILE.py:factory")
    path = Path(file).expanduser()
    if not path.is_file():
        raise NetworkError(asked, f"there is no file {file}", "name an existing Python file")
    factory = getattr(_module(path, asked), name, None)
    if not callable(factory):
        found = "no such name" if factory is None else f"{name} of type {type(factory).__name__}"
        raise NetworkError(asked, f"{found} in {file}", "name a class or a function that gives an nn.Module")
    return factory


def _module(path: Path, asked: str) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise NetworkError(asked, f"{path} is no Python file", "name a .py file")
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # as if it were run: it may import what lies beside it
    try:
        spec.loader.exec_module(loaded)
    except Exception as error:
        line = _line_in(error, path)
        found = f"running {path} failed{line}: {type(error).__name__}: {error}"
        raise NetworkError(asked, found, "mend the file") from error
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return loaded


def _line_in(error: BaseException, path: Path) -> str:
    """' at line 12' where the error came by a line of `path`."""
    if isinstance(error, SyntaxError):
        return f" at line {error.lineno}"
    trace, line = error.__traceback__, 0
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(path) else line
        trace = trace.tb_next
    return f" at line {line}" if line else ""


def add_plugin(text: str) -> str:
    """Put a file of the user's on its shelf: SHELF=FILE.py, or FILE.py where its function shows where it belongs.

    The shelf is returned. Raises ShelfError.
    """
    named, equals, file = text.rpartition("=")
    path = Path(file).expanduser()
    place = named if equals else _shelf_of(path)
    if not place or place not in SHELVES.values():
        raise ShelfError(
            f"a plug-in from {file}",
            f"{place!r} is no shelf" if place else f"no function {path.stem}(...) there that shows where it belongs",
            f"write --with SHELF={file}; shelves are {', '.join(sorted(SHELVES.values()))}",
        )
    shelf.add(place, path)
    return place


def _shelf_of(path: Path) -> str:
    """The shelf of the function that is named like its file; "" where it cannot be told. Nothing is run."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except OSError:
        raise ShelfError(f"a plug-in from {path}", "no such file", "name an existing Python file") from None
    except (SyntaxError, ValueError) as error:
        raise ShelfError(f"a plug-in from {path}", f"no Python: {error}", "mend the file") from None
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name == path.stem:
            first = node.args.args[0].arg if node.args.args else ""
            gives = ast.unparse(node.returns).split(" ")[0].split(".")[-1].strip("'\"") if node.returns else ""
            return SHELVES.get(first, SHELVES.get(f"-> {gives}", ""))
    return ""
