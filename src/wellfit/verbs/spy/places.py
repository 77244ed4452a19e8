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


@cache
def is_users(file: str) -> bool:
    """Is this a file of the user's, not Python's, a package's or ours?"""
    if file.startswith("<") or not file:
        return False
    real = os.path.realpath(file)
    return not real.startswith((OURS, *_FOREIGN)) and "site-packages" not in real and "dist-packages" not in real


def here(skip: int = 2) -> Site | None:
    """The innermost line of the user's that is running, `skip` frames up from here at least."""
    frame = sys._getframe(skip)
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return _site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return None


@cache
def _site(file: str, line: int, function: str) -> Site:
    return Site(os.path.abspath(file), line, function)


def called_by_user(skip: int = 2) -> bool:
    """Was the caller (`skip` frames up) the user's own code?"""
    return is_users(sys._getframe(skip).f_code.co_filename)
