"""doctor: why does this training script not learn? The whole procedure; read it from top to bottom."""

from __future__ import annotations

import argparse
import ast
import atexit
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from wellfit.jobs.verdict import Verdict, attempt, glimpses, others, verdicts
from wellfit.nouns.collector import still
from wellfit.nouns.errors import RunError
from wellfit.nouns.finding import Finding
from wellfit.nouns.opinion import Opinion, Patched
from wellfit.nouns.program import Program
from wellfit.nouns.spoken import text
from wellfit.verbs.ranks import hand_in, ranks
from wellfit.verbs.spy import Watcher, after, die, now_and_then, play

Show = Callable[[Opinion, str], None]
"""Shows an opinion, or the part of it that is asked for: "all", or "patch" when that has been made."""


@dataclass(frozen=True)
class Wanted:
    """What the user asked for. out: a file for the findings as JSON; budget_s: seconds for trials, 0 for none, None: as
    long as the script itself ran, 60 at most; fix: a file for the repair as a diff, tried before it is written; steps:
    optimizer steps after which the report is given and nothing is watched any more; page: a file for the report as
    HTML; show: how the opinion, or its part "patch", is shown (default: as plain text on standard error); loaded_s:
    seconds that it took to load the doctor, which count in what the watching cost."""

    out: Path | None = None
    budget_s: float | None = None
    fix: Path | None = None
    steps: int | None = None
    page: Path | None = None
    show: Show | None = None
    loaded_s: float = 0.0


def doctor(script: str, argv: list[str], wanted: Wanted = Wanted(), module: bool = False) -> Watcher:
    """Play `script` (with `module`: the module of that name) with `argv` unchanged, say what is wrong with its training
    on standard error, and give what was seen, with the script's own exit status."""
    watcher = Watcher(_file_of(script) if module else script)
    program = watcher.program
    program.spent_s = wanted.loaded_s
    repair = _repairing(script, argv, wanted.fix, module, wanted.out) if wanted.fix is not None else None
    said: list[Verdict] = []

    def report() -> None:  # also where the script leaves by os._exit, or is told to by a signal
        if not said:
            said.append(_report(watcher, wanted))
        elif said[0].status != "faulty" and program.crash:
            said[0].status = "crashed"
            _write(wanted.out, said[0])
        if repair is not None and not program.signal:
            said[0].opinion().patch = repair(program, said[0].findings)
            _show(said[0], wanted, "patch")
        _page(said[0], wanted)

    if wanted.steps is not None:
        after(watcher, wanted.steps, lambda: said.append(_report(watcher, wanted)))
    now_and_then(watcher, glimpses(watcher))
    play(watcher, script, argv, module, at_exit=report)
    report()
    return watcher


def _repairing(
    script: str, argv: list[str], fix: Path, module: bool, out: Path | None
) -> Callable[[Program, list[Finding]], Patched]:
    """What writes the patch afterwards; it notes now, before the script runs, how and where it was started."""
    from wellfit.jobs.patched import patched  # loaded only where a patch is asked for
    from wellfit.verbs.patch import Started

    name = script if module else str(Path(script).absolute())
    started = Started(name, argv, module, os.getcwd(), time.time())
    return lambda program, findings: patched(program, findings, started, fix, out)


def _report(watcher: Watcher, wanted: Wanted) -> Verdict:
    """The findings on the terminal and in the file: first what stands without trials, so that it is kept whatever
    comes; no trials where a signal leaves no time for them, nor on ranks behind the first."""
    program, mine = watcher.program, ranks()
    hurried = program.signal and not program.interrupted
    told = Verdict(program)
    try:
        for told in verdicts(watcher, 0.0 if hurried or (mine and mine.number) else wanted.budget_s):
            if mine and mine.number:
                facts = told.facts() | {"crash": program.crash}
                attempt(partial(hand_in, mine, facts), None, program, "handing in")
                return told
            _write(wanted.out, told)
    except KeyboardInterrupt:
        told.tried.why = "stopped by Ctrl-C"
    if mine:
        others(told, mine, 1.0 if hurried else 5.0)
        _write(wanted.out, told)
    _show(told, wanted, "all")
    return told


def _show(told: Verdict, wanted: Wanted, part: str) -> None:
    """On standard error; a view that fails is a line of the plain text."""
    show = wanted.show
    with still():
        told.opinion()
        if (
            show is None
            or attempt(lambda: show(told.opinion(), part) or True, False, told.program, "the view") is False
        ):
            print(text(told.opinion(), part=part), file=sys.stderr, flush=True)


def _page(told: Verdict, wanted: Wanted) -> None:
    """The report as HTML, by rank 0; where it cannot be written a line says so."""
    mine, page = ranks(), wanted.page
    if page is None or (mine and mine.number):
        return
    try:
        from wellfit.verbs.report import doctors_report

        doctors_report(told.opinion(), page)
    except Exception as error:
        print(f"wellfit doctor: {page.name} was not written ({type(error).__name__}: {error})", file=sys.stderr)


def _write(out: Path | None, told: Verdict) -> None:
    """The JSON file; where it cannot be written (a full disk) a line says so."""
    if out is not None:
        attempt(lambda: out.write_text(json.dumps(told.facts(), indent=1)), None, told.program, f"writing {out.name}")


def seconds(text: str) -> float:
    """ "30", "30s" -> 30.0; what else is refused by argparse."""
    value = float(text.removesuffix("s"))
    if not value >= 0:
        raise ValueError
    return value


def positive(text: str) -> int:
    """ "500" -> 500; what else is refused by argparse."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _file_of(module: str) -> str:
    """The file that `-m module` runs. Raises RunError where there is none."""
    sys.path.insert(0, os.getcwd())
    try:
        spec = find_spec(module)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{module}.__main__")
    except (ImportError, ValueError) as error:
        raise RunError(f"the module {module}", str(error), "name a module as `python -m` takes it") from None
    finally:
        sys.path.pop(0)
    if spec is None or not spec.origin:
        raise RunError(f"the module {module}", "there is none of that name", "name a module as `python -m` takes it")
    return spec.origin


def must_be_python(script: Path) -> None:
    """Raise RunError where the script is not there or does not parse: there is nothing to watch."""
    try:
        ast.parse(script.read_bytes(), str(script))
    except OSError as error:
        raise RunError(f"the script {script}", error.strerror or str(error), "name an existing Python file") from None
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise RunError(f"the script {script}", f"it does not parse: {where}", "mend that line") from None


def must_be_writable(file: Path | None) -> Path | None:
    """The file's absolute path (the script may change directory). Raise RunError where it could not be written: a run
    of days must not end in that."""
    if file is None:
        return None
    file = file.absolute()
    why = "there is no such folder" if not file.parent.is_dir() else "that is a folder" if file.is_dir() else ""
    if why or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise RunError(f"to write {file}", why or "permission denied", "name a file in a folder that you may write to")
    return file


def main(argv: list[str] | None = None, show: Show | None = None, loaded_s: float = 0.0) -> None:
    """`wellfit doctor [--json OUT] [--report PAGE] [--patch FIX] [--budget 30s] [--no-trials] [--steps N] [--with FILE]
    [-m] SCRIPT ITS OWN ARGUMENTS`; its exit status is kept, and where a signal ended it, that.

    Raises RunError where the script is not there or is no Python, or a file cannot be written, ShelfError where a
    plug-in cannot be taken.
    """
    said = _options().parse_args(argv)
    if said.plugins:
        from wellfit.jobs.given import add_plugin  # loaded only where there are any

        for file in said.plugins:
            add_plugin(file)
    if not said.module:
        must_be_python(Path(said.script))
    budget = 0.0 if said.no_trials else said.budget
    out, fix, page = (must_be_writable(file) for file in (said.json, said.patch, said.report))
    wanted = Wanted(out, budget, fix, said.steps, page, show, loaded_s)
    ended: list[int] = []
    atexit.register(lambda: [die(number) for number in ended])  # the first registered is the last to be called
    program = doctor(said.script, said.argv, wanted, said.module).program
    ended += [program.signal] if program.signal else []
    sys.exit(program.status)


def _options() -> argparse.ArgumentParser:
    ask = argparse.ArgumentParser(
        prog="wellfit doctor",
        description="Why does this training script not learn? It runs unmodified; findings follow on standard error.",
    )
    ask.add_argument("--json", type=Path, metavar="OUT", help="a file for the findings as JSON")
    ask.add_argument("--report", type=Path, metavar="PAGE", help="a file for the report as one HTML page")
    ask.add_argument(
        "--budget",
        type=seconds,
        metavar="30s",
        help="time for trials on copies (default: the script's own, 60 s at most)",
    )
    ask.add_argument("--no-trials", action="store_true", help="watch alone")
    ask.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        help="report after N optimizer steps and watch no further (long programs)",
    )
    ask.add_argument(
        "--patch", type=Path, metavar="FIX", help="a file for the repair as a diff, run before it is offered"
    )
    ask.add_argument(
        "--with", dest="plugins", action="append", metavar="FILE", help="a clue or remedy of your own, a Python file"
    )
    ask.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
    ask.add_argument("script", metavar="SCRIPT")
    ask.add_argument("argv", nargs=argparse.REMAINDER, metavar="ITS OWN ARGUMENTS")
    return ask


if __name__ == "__main__":
    main()
