"""What is shown when a command cannot do what was asked: three short lines on standard error, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

from rich.text import Text

from wellfit.nouns.errors import RoomError, RunError, WellfitError
from wellfit.nouns.ranks import rank
from wellfit.views.terminal import beside
from wellfit.views.terminal.screen import screen

REFUSED, BROKEN, STOPPED, PIPE = 2, 1, 130, 141
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}


def usage(error: Exception, words: Sequence[str]) -> int:
    """A command or option that there is not, in cyclopts' words, with the nearest that there is."""
    said = str(error).strip()
    unused = getattr(error, "unused_tokens", None)
    if unused and said.startswith("Unused"):
        said = f"Nothing is done with {' '.join(map(repr, unused))} here."
    command = next((w for w in words if not w.startswith("-")), "") if "command" not in said else ""
    print(f"{said}\nSee: {' '.join(['wellfit', *([command] if command else []), '--help'])}", file=sys.stderr)
    return REFUSED


def refused(error: BaseException) -> int:
    """Show what stood in the way; the exit status is returned."""
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    if isinstance(error, BrokenPipeError):
        _close_stdout()
        return PIPE
    known = in_words(error)
    if known is not None:
        if rank().number == 0 or isinstance(error, RoomError):  # the others found the same
            _three_lines(known)
        return REFUSED
    return _broken(error)


def in_words(error: BaseException) -> WellfitError | None:
    """The error as three lines where a person can mend it, else None: a full disk, no permission, no memory left."""
    if isinstance(error, WellfitError):
        return error
    if isinstance(error, OSError) and error.errno in DISK:
        if getattr(error, "filename", None) is None:
            _close_stdout()
        where = error.filename or "the output"
        return RunError(f"to use {where}", os.strerror(error.errno), "free some space, or name another place")
    if isinstance(error, RuntimeError) and rank().of > 1 and "peer" in str(error):
        found = "one of the other processes ended"
        return RunError("to train together", found, "start again with torchrun --max-restarts, or `wellfit resume` it")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _no_room(error):
        found = (str(error).splitlines() or ["no memory left"])[0]
        return RunError(
            "memory for this", found or "none left", "take a smaller training.batch_size, network or data set"
        )
    return None


def _no_room(error: BaseException) -> bool:
    """PyTorch's CPU allocator says so in a RuntimeError."""
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def _three_lines(error: WellfitError) -> None:
    shown = screen(sys.stderr)
    lines = {"asked:": error.asked, "found:": error.found, "do:": error.do}
    for label, text in lines.items():
        words = Text(shown.text(" ".join(str(text).split())))
        if shown.wrapped:
            style = "bold red" if label == "found:" else "bold"
            shown.console.print(beside(Text(label, style=style), words, 7))
        else:
            shown.console.print(Text.assemble(f"{label:<7}", words), soft_wrap=True)


def _broken(error: BaseException) -> int:
    """An error of wellfit's own: a line, and a file with the traceback."""
    text = "".join(traceback.format_exception(error))
    if os.environ.get("WELLFIT_DEBUG"):
        sys.stderr.write(text)
        return BROKEN
    first = (str(error).splitlines() or [""])[0]
    print(f"wellfit broke, which it should not: {type(error).__name__}: {first}", file=sys.stderr)
    try:
        with tempfile.NamedTemporaryFile("w", prefix="wellfit-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(f"{sys.argv}\n\n{text}")
        print(f"The traceback is in {file.name}", file=sys.stderr)
    except OSError:
        sys.stderr.write(text)
    return BROKEN


def _close_stdout() -> None:
    """Nobody reads any more: let nothing be written on leaving."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
