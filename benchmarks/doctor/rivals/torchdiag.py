"""torchdiag in a script's loop: check_gradients after the first and the last backward, check_dead_neurons at the end.

Its verify_step wants the loss as a function of output and target, which a loop seen from outside does not show; the part
of it that can be asked without (do parameters change in a step?) is asked in its words.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

LABELS = {
    "EXPLODE": [
        *("gradient-clipping-missing", "lr-too-high", "zero-grad-missing"),
        *("loss-scale", "inputs-unscaled", "targets-unscaled"),
    ],
    "VANISH": ["activation-unsuitable", "init-unsuitable", "graph-detached", "output-activation-unsuitable"],
    "no_grad": ["graph-detached", "parameters-missing"],
    "dead": ["activation-unsuitable", "lr-too-high", "init-unsuitable", "inputs-unscaled"],
    "unchanged": ["parameters-missing", "gradients-cleared", "step-missing", "graph-detached"],
}
"""A status of check_gradients, or what another check speaks of -> labels."""


class Adapter:
    """Its checks, each told to say nothing on the screen."""

    def begin(self, model: Any, optimizer: Any) -> None:
        self.model, self.first, self.before, self.changed = model, None, None, None

    def forward(self) -> None:
        pass

    def backward(self, run: Any, loss: Any, step: int) -> None:
        run()
        if self.first is None:
            self.first = self._gradients()
            self.before = {n: p.detach().clone() for n, p in self.model.named_parameters() if p.requires_grad}

    def step(self, loss: Any) -> None:
        if self.changed is None and self.before is not None:
            self.changed = any(
                not p.detach().equal(self.before[n]) for n, p in self.model.named_parameters() if n in self.before
            )

    def end(self, batch: Any) -> list[tuple[str, str, str]]:
        import torchdiag

        found = [("unchanged", "error", "No parameters changed")] if self.changed is False else []
        for name, stats in [*(self.first or {}).items(), *self._gradients().items()]:
            if stats["status"] != "OK" and (stats["status"], "error", name) not in found:
                found.append((stats["status"], "error", name))
        with contextlib.redirect_stdout(io.StringIO()):
            dead = torchdiag.check_dead_neurons(self.model, batch) if batch is not None else {}
        for name, layer in sorted(dead.items(), key=lambda item: -item[1]["dead_pct"]):
            if layer["dead_pct"] > 20:
                found.append(
                    (
                        "dead",
                        "error" if layer["dead_pct"] > 50 else "warning",
                        f"{name}: {layer['dead_pct']:.0f} % dead",
                    )
                )
        return found

    def _gradients(self) -> dict[str, dict[str, Any]]:
        import torchdiag

        with contextlib.redirect_stdout(io.StringIO()):
            return torchdiag.check_gradients(self.model)
