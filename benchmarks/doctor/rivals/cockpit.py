"""Cockpit in a script's loop: `with cockpit(step, info=...)` around backward, its quantities that need no BackPACK graph.

Cockpit draws instruments and gives no verdict; its quantities per example want every module and loss extended where they
are made, which cannot be done from outside. What is read from its instruments here is ours, and mild: a loss that is
not finite, one that ends above where it began, updates of size zero.
"""

from __future__ import annotations

import math
from typing import Any

LABELS = {
    "loss not finite": ["lr-too-high", "data-nonfinite", "gradient-clipping-missing", "loss-unsuitable"],
    "loss rises": ["lr-too-high", "zero-grad-missing", "gradient-clipping-missing"],
    "no update": ["gradients-cleared", "step-missing", "parameters-missing", "graph-detached"],
}
"""What the instruments show -> labels."""


class Adapter:
    """Loss, gradient norm, distance and update size at every step."""

    def begin(self, model: Any, optimizer: Any) -> None:
        from cockpit import Cockpit, quantities
        from cockpit.utils import schedules

        every = schedules.linear(interval=1)
        kinds = (quantities.Loss, quantities.GradNorm, quantities.Distance, quantities.UpdateSize)
        self.optimizer = optimizer
        parameters = [p for p in model.parameters() if p.requires_grad]
        self.cockpit, self.at = Cockpit(parameters, [kind(track_schedule=every) for kind in kinds]), 0

    def forward(self) -> None:
        pass

    def backward(self, run: Any, loss: Any, step: int) -> None:
        info = {"batch_size": 1, "individual_losses": loss.reshape(1), "loss": loss, "optimizer": self.optimizer}
        with self.cockpit(self.at, info=info):
            run(create_graph=self.cockpit.create_graph(self.at))
        self.at += 1

    def step(self, loss: Any) -> None:
        pass

    def end(self, batch: Any) -> list[tuple[str, str, str]]:
        shown = self.cockpit.get_output()
        losses = [row["Loss"] for _, row in sorted(shown.items()) if "Loss" in row]
        moved = [sum(row["UpdateSize"]) for _, row in sorted(shown.items()) if "UpdateSize" in row]
        tenth = max(1, len(losses) // 10)
        if any(not math.isfinite(v) for v in losses):
            return [("loss not finite", "error", "")]
        found = []
        if sum(losses[-tenth:]) > sum(losses[:tenth]):
            found.append(("loss rises", "error", f"{losses[0]:.3g} to {losses[-1]:.3g}"))
        if moved and max(moved) == 0:
            found.append(("no update", "error", ""))
        return found
