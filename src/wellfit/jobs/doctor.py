"""doctor: why does this training script not learn? The whole procedure; read it from top to bottom."""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
import time
from pathlib import Path
from time import perf_counter

from wellfit.jobs.patched import patched
from wellfit.nouns.errors import RunError
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Trials
from wellfit.verbs.conclude import conclude
from wellfit.verbs.examine import examine
from wellfit.verbs.opinion import opinion
from wellfit.verbs.patch import Started
from wellfit.verbs.spy import Watcher, play, understand
from wellfit.verbs.trials import trials

MOST_S = 60.0
"""Seconds that trials may take at most where the user sets no budget."""
LEAST_S = 3.0
"""Seconds that they may take in any case: a script of half a second deserves more than half a second of thought."""


def doctor(
    script: str,
    argv: list[str],
    *,
    module: bool = False,
    out: Path | None = None,
    budget_s: float | None = None,
    fix: Path | None = None,
) -> int:
    """Play `script` with `argv` unchanged, say what is wrong with its training on stderr and in `out` (JSON), and
    return the script's own exit status. budget_s: seconds for trials, 0 for none, None: as long as the script itself
    ran, 60 at most. fix: a file for the repair as a diff, tried before it is written."""
    watcher = Watcher(script)
    started = Started(script if module else str(Path(script).absolute()), argv, module, os.getcwd(), time.time())

    def report() -> None:  # also where the script leaves by os._exit
        try:
            begun, program = perf_counter(), understood(watcher)
            clues = examine(program)  # what can be seen without a trial
            program.spent_s += perf_counter() - begun
            limit = min(MOST_S, max(program.seconds, LEAST_S)) if budget_s is None else budget_s
            tried = trials(program, limit, [c.fault for c in clues]) if limit > 0 else Trials(why="no trials asked for")
            status, findings = conclude(program, clues, tried)
            tell(program, tried, status, findings, out)
            if fix is not None:
                patched(program, findings, started, fix, out)
        except Exception as error:
            print(f"wellfit doctor: {type(error).__name__}: {error}", file=sys.stderr)
            write(out, "crashed" if watcher.program.crash else "healthy", watcher.program.steps, [])

    play(watcher, script, argv, module, at_exit=report)
    report()
    return watcher.program.status


def understood(watcher: Watcher) -> Program:
    """What the spy saw, as a Program."""
    watcher.sources()
    return understand(watcher.program)


def tell(program: Program, tried: Trials, status: str, findings: list[Finding], out: Path | None) -> None:
    """On the terminal and in the file."""
    write(out, status, program.steps, findings)
    print(opinion(program, tried, status, findings), file=sys.stderr)


def write(out: Path | None, status: str, steps: int, findings: list[Finding]) -> None:
    """The JSON form that a fault corpus asks for."""
    if out is None:
        return
    keys = ("fault", "severity", "file", "line", "step", "evidence", "remedy", "summary", "confidence")
    rows = [{k: f.to_dict()[k] for k in keys} for f in findings]
    out.write_text(json.dumps({"status": status, "steps": steps, "findings": rows}, indent=1))


def seconds(text: str) -> float:
    """ "30", "30s" -> 30.0; what else is refused by argparse."""
    return float(text.removesuffix("s"))


def must_be_python(script: Path) -> None:
    """Raise RunError where the script is not there or does not parse: there is nothing to watch."""
    try:
        ast.parse(script.read_bytes(), str(script))
    except OSError as error:
        raise RunError(f"the script {script}", error.strerror or str(error), "name an existing Python file") from None
    except (SyntaxError, ValueError) as error:
        where = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise RunError(f"the script {script}", f"it does not parse: {where}", "mend that line") from None


def main(argv: list[str] | None = None) -> None:
    """`wellfit doctor [--json OUT] [--patch FIX] [--budget 30s] [--no-trials] [-m] SCRIPT ITS OWN ARGUMENTS`; its exit
    status is kept.

    Raises RunError where the script is not there or is no Python.
    """
    ask = argparse.ArgumentParser(
        prog="wellfit doctor",
        description="Why does this training script not learn? It runs unmodified; findings follow on standard error.",
    )
    ask.add_argument("--json", type=Path, metavar="OUT", help="a file for the findings as JSON")
    ask.add_argument(
        "--budget",
        type=seconds,
        metavar="30s",
        help="time for trials on copies (default: the script's own, 60 s at most)",
    )
    ask.add_argument("--no-trials", action="store_true", help="watch alone")
    ask.add_argument(
        "--patch", type=Path, metavar="FIX", help="a file for the repair as a diff, run before it is offered"
    )
    ask.add_argument("-m", dest="module", action="store_true", help="SCRIPT is the name of a module")
    ask.add_argument("script", metavar="SCRIPT")
    ask.add_argument("argv", nargs=argparse.REMAINDER, metavar="ITS OWN ARGUMENTS")
    said = ask.parse_args(argv)
    if not said.module:
        must_be_python(Path(said.script))
    out = said.json.absolute() if said.json else None  # the script may change directory
    fix = said.patch.absolute() if said.patch else None
    budget = 0.0 if said.no_trials else said.budget
    sys.exit(doctor(said.script, said.argv, module=said.module, out=out, budget_s=budget, fix=fix))


if __name__ == "__main__":
    main()
