"""The terminal view: listens to the Stages of a job and shows each in one short line, as it comes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from wellfit.nouns.finding import Finding
from wellfit.nouns.stage import Stage
from wellfit.views.terminal import tables, training
from wellfit.views.terminal.screen import Screen
from wellfit.views.terminal.training import Training

LABEL = 10  # columns of the label
NARROW = 40  # a narrower terminal gets the label on a line of its own
EVERY_S = 5.0  # between lines on a training, where no bar can be drawn
NEXT = {
    "": "reading the data",
    "inputs": "choosing a network and trying learning rates",
    "network": "checking before training",
    "check": "checking before training",
    "profile": "checking before training",
    "resume": "going on",
    "verdict": "writing the report",
    "compare": "training both ways with another seed",
    "space": "trying",
    "choices": "training the best and the default with fresh seeds",
    "proof": "training the best and the default with fresh seeds",
}
LABELS = {"check": "checks", "resume": "resumed", "attribution": "answers"}


def show(stages: Iterable[Stage], screen: Screen, *, layers: bool = False) -> Iterator[Stage]:
    """Show each Stage on `screen` as it comes, and hand it on. layers: with the network, a table of its layers."""
    shown = _Shown(screen, layers)
    live = Live(
        console=screen.console, transient=True, refresh_per_second=8, redirect_stdout=False, redirect_stderr=False
    )
    with live if screen.live else nullcontext():
        live.update(shown.waiting(NEXT[""]), refresh=True)
        last = ""
        for stage in stages:
            if stage.name != "moment":
                live.update("", refresh=True)  # what was waited for is here: no stale bar below what is printed now
            shown.take(stage)
            live.update(shown.below(stage), refresh=stage.name != last)
            last = stage.name
            yield stage


class _Shown:
    """What has been shown so far; `take` shows the next."""

    def __init__(self, screen: Screen, layers: bool):
        self.screen, self.layers = screen, layers
        self.training: Training | None = None
        self.told_s = 0.0  # when a line on the training was last written
        self.label = ""

    def take(self, stage: Stage) -> None:
        if stage.name == "moment":
            self._moment(stage)
            return
        if stage.name == "noticed":
            self._finding("training", stage.detail)
            return
        if stage.name == "trial":
            self._trial(stage)
            return
        if self.training is not None:
            self._row("training", Text(self.screen.text(training.ended(self.training))))
            self.training = None
        if stage.name == "verdict":
            self._verdict(stage)
        elif isinstance(stage.detail, Finding):
            self._finding(stage.name, stage.detail)
        else:
            self._row(stage.name, Text(self.screen.text(stage.line)))
        if stage.name == "network" and self.layers:
            self.screen.print(tables.layers(stage.facts.get("layers", []), self.screen))
        if stage.name == "profile":
            self.screen.print(tables.profile(stage.facts, self.screen))
        if stage.name == "transfer":
            self.screen.print(tables.carried(stage.facts.get("in_runs", []), self.screen))
        for name in ("run", "report"):
            if stage.name in ("test", "tuned") and stage.facts.get(name):
                path = str(stage.facts[name])
                self._row(
                    name, Text(path, style=Style(link=Path(path).absolute().as_uri() if self.screen.live else None))
                )

    def _moment(self, stage: Stage) -> None:
        """Into the bar; without one, a plain line at the start and every few seconds."""
        now = time.monotonic()
        first = self.training is None
        self.training = self.training or Training()
        self.training.take(stage.facts)
        if not self.screen.live and (first or now - self.told_s >= EVERY_S):
            self.told_s = now
            self._row("training", Text(self.screen.text(training.said(self.training))))

    def _trial(self, stage: Stage) -> None:
        """A trial that leads or was stopped by a finding; of all others how many they are, every few seconds."""
        now, facts = time.monotonic(), stage.facts
        if facts["best"] or facts["finding"]:
            self._row("trial", Text(self.screen.text(stage.line)), self.screen.mark("ok") if facts["best"] else None)
        elif not self.screen.live and now - self.told_s >= EVERY_S:
            self.told_s = now
            self._row("trials", Text(self.screen.text(facts["so_far"])))

    def _finding(self, name: str, finding: Finding, word: str = "") -> None:
        """A mark and what was found; its figures, and what to do, where something is wrong or no figure was told yet.

        word: said before it in bold, unless it begins with that word anyway.
        """
        text = self.screen.text
        wrong = finding.severity in ("warning", "error")
        said = Text(text(finding.summary))
        if word and said.plain.lower().replace("-", " ").startswith(word.replace("-", " ")):
            said.stylize("bold", 0, len(word))
        elif word:
            said = Text.assemble((f"{word}: ", "bold"), said)
        figures = any(map(str.isdigit, said.plain))
        if finding.evidence and (not figures or (wrong and not word)):
            said.append(text(f" ({finding.evidence})"), style="dim")
        if finding.remedy and wrong:
            said.append(text(f"{chr(10) if self.screen.wrapped else ' '}→ {finding.remedy}"))
        self._row(name, said, self.screen.mark(finding.severity))

    def _verdict(self, stage: Stage) -> None:
        """The verdict, then what is wrong, the weightiest first."""
        final, findings = stage.detail
        self._finding("verdict", final, final.fault)
        for finding in findings:
            if finding.stage not in ("check", "data") and finding.severity in ("warning", "error"):
                self._finding("verdict", finding)

    def _row(self, name: str, words: Text, mark: Text | None = None) -> None:
        """A label (unless it is the last one's still) and words beside it, broken at the terminal's width."""
        label = LABELS.get(name, name)
        again, self.label = label == self.label, label
        print_ = self.screen.console.print
        if not self.screen.wrapped:  # one line is one message
            print_(Text.assemble(f"{label:<{LABEL}}", *([mark, " "] if mark else []), words), soft_wrap=True)
        elif self.screen.width < NARROW:
            if not again:
                print_(Text(label, style="bold"))
            print_(beside(mark or Text(""), words, 2))
        else:
            print_(beside(Text("" if again else label, style="bold"), beside(mark, words, 2) if mark else words))

    def waiting(self, what: str) -> RenderableType:
        """The line at the bottom while something takes its time."""
        if not what:
            return ""
        kind = "dots" if self.screen.unicode else "line"
        return beside(Text(""), Spinner(kind, Text(f"{what} ...", style="dim"), style="cyan"))

    def below(self, stage: Stage) -> RenderableType:
        """What stands below the lines until the next Stage comes."""
        if stage.name == "trial":
            return self.waiting(stage.facts["so_far"])
        if "part" in stage.facts:  # of an explanation
            return self.waiting("looking at the next part")
        if self.training is None:
            return self.waiting(NEXT.get(stage.name, NEXT["inputs"] if stage.name == "data" else ""))
        if self.training.why_stop or self.training.stopping:
            return self.waiting("judging")
        room = self.screen.width - 3  # of which the last are for the ^C that a terminal writes
        if room < NARROW:
            return training.bar(self.training, self.screen, room)
        drawn = training.curves(self.training, self.screen, room - LABEL)
        line = training.bar(self.training, self.screen, room - LABEL, curve=drawn is None)
        return beside(Text("training", style="bold"), line if drawn is None else Group(line, drawn))


def beside(label: Text, what: Any, width: int = LABEL) -> Table:
    """A label in its column, and what belongs to it."""
    grid = Table.grid(padding=(0, 0))
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(label, what)
    return grid
