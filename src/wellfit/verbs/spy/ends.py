"""Ends: the ways a script can end that leave no room for a report: os._exit, a signal, a fork. Each is kept as it is,
only later."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

FATAL = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that end a process at once: the one a batch system sends before it kills, and a closed terminal's."""


@contextmanager
def reported(last_words: Callable[[int, int], None], forked: Callable[[], None]) -> Iterator[None]:
    """While this is open: `last_words(status, signal)` is called where the process is ended by os._exit (signal 0) or
    by a signal that the script left to its default; `forked()` in every child. A handler of the script's own replaces
    ours, and a signal that is ignored stays ignored."""
    pid, leave = os.getpid(), os._exit

    def exit_at_once(status: int) -> None:
        if os.getpid() == pid:
            last_words(status, 0)
            _flush()
        leave(status)

    def ended(number: int, frame: FrameType | None) -> None:
        if os.getpid() == pid:
            last_words(128 + number, number)
            _flush()
        die(number)

    def child() -> None:
        if open_[0]:
            forked()
            _restored(ended)

    os._exit = exit_at_once  # type: ignore[assignment]
    open_ = [True]
    os.register_at_fork(after_in_child=child)
    if threading.current_thread() is threading.main_thread():
        for number in FATAL:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, ended)
    try:
        yield
    finally:
        open_[0] = False
        if os._exit is exit_at_once:
            os._exit = leave
        _restored(ended)


def die(number: int) -> None:
    """End this process by a signal, as if nobody had handled it."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _restored(ours: object) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in FATAL:
            if signal.getsignal(number) is ours:
                signal.signal(number, signal.SIG_DFL)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
