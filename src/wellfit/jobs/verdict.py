"""verdict: what is to be said of a watched program, before and after trials. Nothing in here may raise: it runs inside
a stranger's process, and a failure of the doctor's is a line of its report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TypeVar

from wellfit.nouns import shelf
from wellfit.nouns.collector import still
from wellfit.nouns.finding import Finding
from wellfit.nouns.opinion import Opinion
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Trials
from wellfit.nouns.source import short_name
from wellfit.verbs.conclude import conclude
from wellfit.verbs.examine import examine
from wellfit.verbs.opinion import opinion
from wellfit.verbs.ranks import Ranks, collected
from wellfit.verbs.spy import Watcher, understand, undisturbed

T = TypeVar("T")

MOST_S = 60.0
"""Seconds that trials may take at most where the user sets no budget."""
OF_THE_END = frozenset(("epochs-too-few", "epochs-too-many", "lr-schedule-unsuitable"))
"""Faults that only the end of a training shows: not asked where it was stopped, or watched no further."""
LEAST_S = 3.0
"""Seconds that they may take in any case: a script of half a second deserves more than half a second of thought."""


@dataclass
class Verdict:
    """status: "healthy", "faulty", "crashed" or "untrained" (nothing was there to judge); findings: by how sure they are;
    tried: the trials, empty before them; notes: lines on other ranks and the like."""

    program: Program
    status: str = "healthy"
    findings: list[Finding] = field(default_factory=list)
    tried: Trials = field(default_factory=Trials)
    notes: list[str] = field(default_factory=list)
    said: Opinion | None = None

    def opinion(self) -> Opinion:
        """In words and figures; only the bare findings where these fail."""
        p = self.program
        if self.said is None:
            self.said = attempt(lambda: opinion(p, self.tried, self.status, self.findings), None, p, "the report")
        if self.said is None:
            found = [f"{f.severity} · {f.fault} · line {f.line}" for f in self.findings]
            name = short_name(p.script)
            self.said = Opinion(name, p.script, self.status, "; ".join(found) or "nothing was found", trouble=p.trouble)
        self.said.notes = list(self.notes)
        return self.said

    def text(self) -> str:
        """As plain text, 80 columns wide."""
        return str(self.opinion())

    def facts(self) -> dict:
        """The JSON form that a fault corpus asks for."""
        keys = ("fault", "severity", "file", "line", "step", "evidence", "remedy", "summary", "confidence")
        rows = [{k: f.to_dict()[k] for k in keys} for f in self.findings]
        status = "healthy" if self.status == "untrained" else self.status  # the form knows three words
        return {"status": status, "trained": self.status != "untrained", "steps": self.program.steps, "findings": rows}


def verdicts(
    watcher: Watcher, budget_s: float | None, more: Callable[[Program], None] = lambda program: None
) -> Iterator[Verdict]:
    """What stands without a trial; then, where there is a budget (None: as long as the program itself ran, 60 s at
    most), what the trials leave of it. The program's random numbers and modes stay as they are. more: what else is
    to be looked up in the sources."""
    p = watcher.program
    begun = perf_counter()
    with undisturbed(), still():
        attempt(watcher.sources, None, p, "reading the sources")
        attempt(lambda: more(p), None, p, "looking up what was made before")
        attempt(lambda: understand(p), None, p, "understanding it")
        clues = attempt(lambda: examine(p), [], p, "the clues")  # what can be seen without a trial
        p.spent_s += perf_counter() - begun
        limit = min(MOST_S, max(p.seconds, LEAST_S)) if budget_s is None else budget_s
        first = _concluded(p, clues, Trials(why="no trials asked for" if limit <= 0 else "they were cut short"))
    yield first
    if limit <= 0:
        return
    with undisturbed():
        tried = attempt(lambda: trials(p, limit, clues), Trials(why="they failed"), p, "the trials")
        last = _concluded(p, clues, tried)
    yield last


def trials(program: Program, limit_s: float, clues: list[Finding]) -> Trials:
    """Trials, loaded only where there are any."""
    from wellfit.verbs.trials import trials as replayed

    return replayed(program, limit_s, [c.fault for c in clues])


def _concluded(program: Program, clues: list[Finding], tried: Trials) -> Verdict:
    clues = _askable(program, clues)
    _, findings = attempt(lambda: conclude(program, clues, tried), ("", clues), program, "the conclusion")
    findings = _askable(program, findings)
    return Verdict(program, _status(program, findings), findings, tried)


def _status(program: Program, findings: list[Finding]) -> str:
    if any(f.severity == "error" for f in findings):
        return "faulty"
    if program.crash:
        return "crashed"
    return "untrained" if attempt(lambda: program.untrained, False, program, "comparing the weights") else "healthy"


def _askable(program: Program, findings: list[Finding]) -> list[Finding]:
    whole = not (program.cut or program.signal)
    return [f for f in findings if whole or f.fault not in OF_THE_END]


def attempt(act: Callable[[], T], otherwise: T, program: Program, what: str) -> T:
    """What `act` gives, or `otherwise` where it fails, with a line in `program.trouble`."""
    try:
        return act()
    except Exception as error:
        text = str(error).partition("\n")[0][:200]
        line = f"{what} failed ({type(error).__name__}: {text})"
        program.trouble += [line] if line not in program.trouble else []
        return otherwise


def glimpses(watcher: Watcher) -> Callable[[], None]:
    """A function that says on standard error, in a line each and once, what can be stated while the program still
    runs: findings of the clues that call themselves EARLY."""
    said: set[tuple] = set()

    def glimpse() -> None:
        with undisturbed():
            now = snapshot(watcher)
            early = [w for w in shelf.names("clues") if getattr(shelf.module("clues", w), "EARLY", False)]
            for f in attempt(lambda: examine(now, early), [], watcher.program, "a look while it runs"):
                if f.severity == "error" and (f.fault, f.line) not in said:
                    said.add((f.fault, f.line))
                    print(f"wellfit doctor · step {now.steps} · {_short(f)}", file=sys.stderr, flush=True)

    return glimpse


def snapshot(watcher: Watcher) -> Program:
    """What was understood so far; the watching goes on."""
    p = watcher.program
    now = replace(p, losses=[], passes=[], curve=watcher.curve(), trouble=[])
    attempt(lambda: watcher.sources(now), None, p, "reading the sources")
    return attempt(lambda: understand(now), now, p, "understanding it")


def others(told: Verdict, mine: Ranks, wait_s: float) -> None:
    """Fold in what the other ranks saw: a finding that rank 0 has not is a warning that names its ranks."""
    program = told.program
    seen = attempt(lambda: collected(mine, wait_s), {}, program, "reading the other ranks")
    known = {f.fault for f in told.findings}
    ranks_of: dict[tuple, list[int]] = {}
    first: dict[tuple, dict] = {}
    for number, facts in sorted(seen.items()):
        if facts.get("crash") and facts["crash"] != program.crash:
            told.notes.append(f"rank {number} crashed: {facts['crash']}")
        for row in facts["findings"]:
            if row["severity"] == "error" and row["fault"] not in known:
                ranks_of.setdefault((row["fault"], row["line"]), []).append(number)
                first.setdefault((row["fault"], row["line"]), row)
    for key, row in first.items():
        where = ", ".join(map(str, ranks_of[key]))
        extra = {"severity": "warning", "evidence": f"{row['evidence']}; seen on rank {where} alone"}
        told.findings.append(Finding.from_dict(row | extra))
    told.notes.append(
        f"ranks seen: {1 + len(seen)} of {mine.of}{'; trials ran on rank 0 alone' if told.tried.omnibus else ''}"
    )


def _short(f: Finding) -> str:
    place = f" · {short_name(f.file)}:{f.line}" if f.file and f.line else ""
    return f"{f.fault}{place} · {f.summary}"
