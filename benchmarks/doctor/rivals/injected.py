"""Play a script with another tool put into its training loop from outside, as that tool's pages say to put it in by hand.

    python injected.py TOOL OUT.json SCRIPT.py

TOOL.py beside this file defines `Adapter` with begin(model, optimizer), forward(), backward(run, loss, steps), step(loss)
and end(batch) -> [(symptom, "error" | "warning" | "info", text)]: the tool's own words and its own severities, in its
own order; and LABELS, symptom -> the labels of the corpus that it could stand for (generously).
The model is the outermost module that is called with gradients on once an optimizer exists; several in turn: the first.
"""

from __future__ import annotations

import importlib.util
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook


def main(tool: str, out: str, script: str) -> None:
    """Play it, then write what the tool says in the corpus's form, with `labels` for each finding."""
    here = Path(__file__).with_name(f"{tool}.py")
    sys.path[0] = str(Path(script).absolute().parent)
    spec = importlib.util.spec_from_file_location(f"adapter_{tool}", here)
    if spec is None or spec.loader is None:
        raise SystemExit(f"no adapter {tool}")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    seen = Injected(made.Adapter())
    seen.inject()
    sys.argv, crashed = [script], False
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        crashed = True
    seen.inside = True
    said = seen.adapter.end(seen.batch) if seen.model is not None else []
    findings = [
        {
            "fault": symptom,
            "severity": severity,
            "line": None,
            "evidence": text[:200],
            "labels": made.LABELS.get(symptom, []),
        }
        for symptom, severity, text in said
    ]
    status = "crashed" if crashed else "faulty" if any(f["severity"] == "error" for f in findings) else "healthy"
    Path(out).write_text(json.dumps({"status": status, "steps": seen.steps, "findings": findings}))


class Injected:
    """The hooks, and what they hand to the adapter."""

    def __init__(self, adapter: Any) -> None:
        self.adapter, self.model, self.optimizer, self.batch = adapter, None, None, None
        self.steps, self.inside, self.loss = 0, False, None

    def inject(self) -> None:
        """Put the hooks in place."""
        called, backward, made = nn.Module.__call__, Tensor.backward, torch.optim.Optimizer.__init__

        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if self.inside or self.optimizer is None or not torch.is_grad_enabled():
                return called(module, *args, **kwargs)
            if self.model is None and any(True for _ in module.parameters()):
                self.model, self.inside = module, True
                self.adapter.begin(module, self.optimizer)
                self.inside = False
            if module is self.model:
                self.adapter.forward()
                self.batch = args[0] if args else None
            self.inside = True
            try:
                return called(module, *args, **kwargs)
            finally:
                self.inside = False

        def back(loss: Tensor, *args: Any, **kwargs: Any) -> None:
            self.loss = loss.detach()
            if self.inside or self.model is None:
                return backward(loss, *args, **kwargs)
            self.inside = True
            try:
                self.adapter.backward(lambda **more: backward(loss, *args, **{**kwargs, **more}), loss, self.steps)
            finally:
                self.inside = False

        def init(optimizer: Any, *args: Any, **kwargs: Any) -> None:
            made(optimizer, *args, **kwargs)
            self.optimizer = self.optimizer or optimizer

        nn.Module.__call__, Tensor.backward, torch.optim.Optimizer.__init__ = call, back, init  # type: ignore
        register_optimizer_step_post_hook(self._stepped)

    def _stepped(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if optimizer is self.optimizer and self.model is not None and not self.inside:
            self.steps += 1
            self.adapter.step(self.loss)


if __name__ == "__main__":
    main(*sys.argv[1:4])
