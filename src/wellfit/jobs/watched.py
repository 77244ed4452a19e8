"""watch: the doctor in a notebook or in one's own loop, around the code that trains."""

from __future__ import annotations

import html
import json as js
import sys
from pathlib import Path
from types import TracebackType

from torch import nn
from torch.optim import Optimizer

from wellfit.jobs.verdict import Verdict, attempt, glimpses, snapshot, verdicts
from wellfit.nouns.errors import RunError
from wellfit.nouns.finding import Finding
from wellfit.verbs.examine import examine
from wellfit.verbs.spy import Watcher, after, beforehand, here, now_and_then, spoiled, undisturbed


def watch(
    *parts: nn.Module | Optimizer,
    trials: bool = True,
    budget: float | None = None,
    quiet: bool = False,
    steps: int | None = None,
    json: str | Path | None = None,
) -> Health:
    """Watch the training in a `with` block and say, at its end, what is wrong with it.

        with wf.watch(model, optimizer) as health:
            for x, y in loader:
                ...
        health.findings

    Whatever trains inside is watched; parts: networks and optimizers that ought to be trained there, so that it can be
    said where one is not. The training's numbers stay bit for bit what they are without. At the end the findings are
    printed to standard error (`quiet`: not). budget: seconds for trials on copies (default: as long as the block ran,
    60 at most); trials=False: none. steps: optimizer steps after which nothing is watched any more. json: a file for
    the findings. An exception in the block goes on as it is after the findings so far, without trials; so does Ctrl-C.
    """
    return Health(parts, budget if trials else 0.0, quiet, steps, Path(json).absolute() if json else None)


class Health:
    """What `watch` gives. findings: by how sure they are, inside the block those so far; report(): the words."""

    def __init__(self, parts: tuple, budget: float | None, quiet: bool, steps: int | None, out: Path | None):
        self._parts, self._budget, self._quiet, self._steps, self._out = parts, budget, quiet, steps, out
        self._watcher: Watcher | None = None
        self._told: Verdict | None = None

    def __enter__(self) -> Health:
        if self._watcher is not None and self._watcher.active:
            raise RunError("to watch with this object", "it is watching already", "make a second one: wf.watch(...)")
        site = here(2)
        self._told, self._watcher = None, Watcher(site.file if site else "")
        self._watcher.program.script = site.file if site else "the program"
        if self._steps is not None:
            after(self._watcher, self._steps, lambda: None)
        if not self._quiet:
            now_and_then(self._watcher, glimpses(self._watcher))
        self._watcher.on_()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, where: TracebackType | None) -> None:
        if self._watcher is None:
            return
        watcher, p = self._watcher, self._watcher.program
        attempt(watcher.end, None, p, "taking the hooks off")
        spoiled(p, error)
        try:
            for told in verdicts(watcher, self._budget if error is None else 0.0, beforehand):
                self._told = told
        except KeyboardInterrupt:
            if self._told is not None:
                self._told.tried.why = "stopped by Ctrl-C"
        told, out = self._told, self._out
        if told is not None:
            told.notes += self._idle()
            if out is not None:
                attempt(lambda: out.write_text(js.dumps(told.facts(), indent=1)), None, p, "writing the JSON")
            if not self._quiet:
                print(self.report(), file=sys.stderr, flush=True)

    @property
    def findings(self) -> list[Finding]:
        """The findings, surest first; inside the block what can be said so far without trials."""
        if self._told is not None:
            return self._told.findings
        if self._watcher is None:
            return []
        with undisturbed():
            now = snapshot(self._watcher)
            return attempt(lambda: examine(now), [], self._watcher.program, "a look while it runs")

    @property
    def status(self) -> str:
        """ "healthy", "faulty", "crashed", "untrained", or "watching" inside the block."""
        return self._told.status if self._told is not None else "watching"

    def report(self) -> str:
        """What was understood, found and tried, in words."""
        return self._told.text() if self._told is not None else "the report comes at the end of the with block"

    def _repr_html_(self) -> str:
        """In a notebook."""
        return f"<pre>{html.escape(self.report())}</pre>"

    def __repr__(self) -> str:
        return f"<watch: {self.status}, {len(self._told.findings) if self._told else 0} findings>"

    def _idle(self) -> list[str]:
        """Lines on parts that were to be trained and were not."""
        p = self._watcher.program if self._watcher else None
        stepped = {id(o.optimizer) for o in p.optimizers if o.steps} if p else set()
        called = {id(m) for n in p.networks for m in n.module.modules()} if p else set()
        said = []
        for part in self._parts:
            if isinstance(part, Optimizer) and id(part) not in stepped:
                said.append(f"the {type(part).__name__} given to watch() never stepped inside the block")
            elif isinstance(part, nn.Module) and id(part) not in called:
                said.append(f"the {type(part).__name__} given to watch() was never called inside the block")
        return said
