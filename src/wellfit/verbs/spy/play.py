"""Play: run the user's script as Python would, and keep its exit status, whatever way it ends."""

from __future__ import annotations

import builtins
import os
import runpy
import sys
import traceback
import types
from collections.abc import Callable
from time import perf_counter
from typing import Any

from wellfit.nouns.tape import Site
from wellfit.verbs.spy.places import OURS, is_users
from wellfit.verbs.spy.watcher import Watcher


def play(watcher: Watcher, script: str, argv: list[str], module: bool, at_exit: Callable[[], None]) -> None:
    """Run `script` (a path, or a module's name) with `argv` as __main__ under the watcher; fills in its Program's
    status, crash and seconds. `at_exit` is called once more where the script ends the process by `os._exit`."""
    program = watcher.program
    begun, pid, leave = perf_counter(), os.getpid(), os._exit

    def exit_at_once(status: int) -> None:
        if os.getpid() == pid:
            watcher.off()
            program.status, program.seconds = status, perf_counter() - begun
            at_exit()
            sys.stdout.flush()
            sys.stderr.flush()
        leave(status)

    argv_before, path_before = sys.argv, sys.path[:]
    os._exit = exit_at_once  # type: ignore[assignment]
    try:
        watcher.on_()
        _run(script, argv, module)
    except SystemExit as ended:
        program.status = _status(ended.code)
    except KeyboardInterrupt:
        program.status, program.interrupted = 130, True
    except BaseException as error:
        program.status, program.crash = 1, traceback.format_exception_only(error)[-1].strip()
        program.crash_site = _place(error)
        _print(error)
    finally:
        watcher.off()
        os._exit = leave
        program.seconds = perf_counter() - begun
        sys.argv, sys.path[:] = argv_before, path_before


def _run(script: str, argv: list[str], module: bool) -> None:
    if module:
        sys.argv = [script, *argv]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(script, run_name="__main__", alter_sys=True)
        return
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec")
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=script, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv = [script, *argv]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    exec(code, main.__dict__)


def _status(code: Any) -> int:
    """As Python does with what `sys.exit` is given."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


def _place(error: BaseException) -> Site | None:
    site = None
    for frame in traceback.extract_tb(error.__traceback__):
        if is_users(frame.filename):
            site = Site(os.path.abspath(frame.filename), frame.lineno or 0, frame.name)
    return site


def _print(error: BaseException) -> None:
    """The script's own traceback, without frames of ours."""
    shown = traceback.TracebackException.from_exception(error)
    at: Any = shown
    while at is not None:
        at.stack[:] = [f for f in at.stack if not f.filename.startswith(OURS)]
        at = at.__cause__ or at.__context__
    print("".join(shown.format()), end="", file=sys.stderr)
