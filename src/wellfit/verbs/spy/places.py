"""Places: which line of the user's own files is running."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache

import torch

from wellfit.nouns.tape import Site

OURS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
_FOREIGN = tuple(
    {
        os.path.realpath(p) + os.sep
        for k in ("stdlib", "platstdlib", "purelib", "platlib")
        if (p := sysconfig.get_path(k))
    }
    | {os.path.dirname(os.path.realpath(torch.__file__)) + os.sep}
)
MOST_MODULES = 60
CELLS = ("<ipython-input-", "<python-input-")
"""How IPython and Python 3.13 call what is typed in; a Jupyter cell has the name of a file that is not there."""


@cache
def is_users(file: str) -> bool:
    """Is this a file of the user's, not Python's, a package's or ours?"""
    if file.startswith(CELLS):
        return True
    if file.startswith("<") or not file:
        return False
    real = os.path.realpath(file)
    return not real.startswith((OURS, *_FOREIGN)) and "site-packages" not in real and "dist-packages" not in real


def whole(file: str) -> str:
    """Its absolute path; a cell's name as it is."""
    return file if file.startswith("<") else os.path.abspath(file)


def here(skip: int = 2) -> Site | None:
    """The innermost line of the user's that is running, `skip` frames up from here at least."""
    frame = sys._getframe(skip)
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return _site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return None


def making(thing: object, skip: int = 2) -> Site | None:
    """The same outside of the constructors of `thing` itself: where one of the user's own classes is called."""
    frame = sys._getframe(skip)
    inside = None
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            site = _site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            if frame.f_code.co_name != "__init__" or next(iter(frame.f_locals.values()), None) is not thing:
                return site
            inside = inside or site
        frame = frame.f_back
    return inside


@cache
def _site(file: str, line: int, function: str) -> Site:
    return Site(whole(file), line, function)


def called_by_user(skip: int = 2) -> bool:
    """Was the caller (`skip` frames up) the user's own code?"""
    return is_users(sys._getframe(skip).f_code.co_filename)


def imported(script: str) -> set[str]:
    """The user's modules that were imported, of those at the script's side or below: settings are written in files that
    no call is made from."""
    home = os.path.dirname(whole(script)) + os.sep
    found = {f for m in list(sys.modules.values()) if isinstance(f := getattr(m, "__file__", None), str)}
    near = sorted(whole(f) for f in found if f.endswith(".py") and whole(f).startswith(home) and is_users(f))
    return set(near[:MOST_MODULES])
