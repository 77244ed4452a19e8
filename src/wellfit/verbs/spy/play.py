"""Play: run the user's script as Python would, and keep its exit status, whatever way it ends."""

from __future__ import annotations

import builtins
import importlib.machinery
import os
import runpy
import signal
import sys
import traceback
import types
from collections.abc import Callable
from time import perf_counter
from typing import Any

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site
from wellfit.verbs.spy.detours import of_the_script
from wellfit.verbs.spy.ends import reported
from wellfit.verbs.spy.places import is_users, whole
from wellfit.verbs.spy.watcher import Watcher


def play(watcher: Watcher, script: str, argv: list[str], module: bool, at_exit: Callable[[], None]) -> None:
    """Run `script` (a path, or a module's name) with `argv` as __main__ under the watcher; fills in its Program's
    status, crash, seconds and, where a signal ended it, that. `at_exit` is called once more where the script ends the
    process by `os._exit`, or is ended by a signal."""
    program = watcher.program
    begun = perf_counter()

    def last_words(status: int, number: int) -> None:
        watcher.off()
        program.status, program.signal, program.seconds = status, number, perf_counter() - begun
        at_exit()

    source = Source.read(program.script)  # now: it may change or delete itself
    program.sources.update({source.path: source} if source else {})
    argv_before, path_before = sys.argv, sys.path[:]
    with reported(last_words, watcher.forked):
        try:
            watcher.on_()
            _run(script, argv, module)
        except SystemExit as ended:
            program.status = _status(ended.code)
        except KeyboardInterrupt as stopped:
            program.status = 130
            spoiled(program, stopped)
            _show(stopped)
        except BaseException as error:
            program.status = 1
            spoiled(program, error)
            _show(error)
        finally:
            watcher.off()
            program.seconds = program.seconds if program.cut else perf_counter() - begun
            sys.argv, sys.path[:] = argv_before, path_before


def _run(script: str, argv: list[str], module: bool) -> None:
    sys.argv = [script, *argv]
    if module:
        sys.path[0] = os.getcwd()
        runpy.run_module(script, run_name="__main__", alter_sys=True)
        return
    file = os.path.abspath(script)
    with open(script, "rb") as opened:
        code = compile(opened.read(), file, "exec")
    main = types.ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", file)
    main.__dict__.update(__file__=file, __builtins__=builtins, __cached__=None, __loader__=loader, __annotations__={})
    sys.modules["__main__"] = main
    sys.path[0] = os.path.dirname(file)
    exec(code, main.__dict__)


def _status(code: Any) -> int:
    """As Python does with what `sys.exit` is given."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


def spoiled(program: Program, error: BaseException | None) -> None:
    """Note how the program was broken off, and take frames of ours out of its traceback."""
    if isinstance(error, KeyboardInterrupt):
        program.signal, program.interrupted = int(signal.SIGINT), True
    elif error is not None and not isinstance(error, (SystemExit, GeneratorExit)):
        program.crash, program.crash_site = traceback.format_exception_only(error)[-1].strip(), _place(error)
    at, seen = error, set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        at.__traceback__ = _theirs(at.__traceback__)
        at = at.__cause__ or at.__context__


def _place(error: BaseException) -> Site | None:
    site = None
    for frame in traceback.extract_tb(error.__traceback__):
        if is_users(frame.filename):
            site = Site(whole(frame.filename), frame.lineno or 0, frame.name)
    return site


def _show(error: BaseException) -> None:
    """The script's own traceback, by the script's own hook where it set one."""
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException:
        sys.__excepthook__(type(error), error, error.__traceback__)


def _theirs(tb: types.TracebackType | None) -> types.TracebackType | None:
    """Without our frames."""
    frames: list[types.TracebackType] = []
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    linked = None
    for i in reversed(of_the_script([one.tb_frame.f_code for one in frames])):
        one = frames[i]
        linked = types.TracebackType(linked, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return linked
