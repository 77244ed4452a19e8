"""Detours: which frames of a call stack are the watching's, so that tracebacks and warnings name the script's own."""

from __future__ import annotations

import os
import runpy
import sys
import warnings
from types import CodeType, FrameType
from typing import Any

from torch.overrides import handle_torch_function

from wellfit.verbs.spy.recorder import Recorder

HIDDEN = (os.path.dirname(os.path.abspath(__file__)) + os.sep, os.path.abspath(runpy.__file__), "<frozen runpy>")
"""Files whose frames are no part of the script."""


def of_the_script(codes: list[CodeType]) -> list[int]:
    """Which of these, the outermost first, are there without the watching too: neither ours, nor torch's way into our
    function mode, from where a function of torch's is begun again."""
    kept: list[int] = []
    for i, code in enumerate(codes):
        if not code.co_filename.startswith(HIDDEN):
            kept.append(i)
        elif code is Recorder.__torch_function__.__code__:
            if kept and codes[kept[-1]] is handle_torch_function.__code__:
                kept.pop()
            if kept and codes[kept[-1]] is (codes[i + 1] if i + 1 < len(codes) else None):
                kept.pop()
    return kept


def warn(original: Any, message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any) -> None:
    """Around warnings.warn: `stacklevel` counts the script's own frames."""
    level = stacklevel
    try:
        frames, own = _stack(sys._getframe(1))
        level = (own[stacklevel - 1] if 0 < stacklevel <= len(own) else len(frames) + stacklevel) + 2
    except Exception:  # it is shown somewhere else, then
        pass
    original(message, category, level, *args, **kwargs)


def shown(original: Any, message: Any, category: Any, filename: str, lineno: int, *args: Any, **kwargs: Any) -> Any:
    """Around warnings.showwarning: those that torch's C++ issues name the innermost Python frame, which may be ours."""
    if filename.startswith(HIDDEN):
        frames, own = _stack(sys._getframe(1))
        inner = [frames[i] for i in own if frames[i].f_code.co_filename != warnings.__file__]
        if inner:
            filename, lineno = inner[0].f_code.co_filename, inner[0].f_lineno
    return original(message, category, filename, lineno, *args, **kwargs)


def _stack(frame: FrameType | None) -> tuple[list[FrameType], list[int]]:
    """The frames from here outwards, and which of them are the script's."""
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    last = len(frames) - 1
    return frames, [last - i for i in reversed(of_the_script([f.f_code for f in reversed(frames)]))]
