"""Play a script bare or under the doctor, and write down bit for bit what its training did.

    python recorded.py bare|watched MARKS.json SCRIPT.py

Both ways the same two hooks, put on before anything else: each loss whose backward is called, and each optimizer that
steps. MARKS.json holds marks (SHA-256) of all losses, of all parameters when the script ends, and of the states of the
random generators of torch, numpy and Python then (which start from 0 both ways, so that a script that seeds none can be
compared); `watched` is `wellfit doctor --no-trials`, as the command line runs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

LOSSES: list[torch.Tensor] = []
OPTIMIZERS: dict[int, torch.optim.Optimizer] = {}
STEPS = [0]
INSIDE: list[bool] = []
WRITTEN: list[bool] = []


def main(how: str, marks: str, script: str) -> None:
    """Play it; the exit status is the script's."""
    out = Path(marks).absolute()
    hook()
    torch.manual_seed(0)
    random.seed(0)
    numpy.random.seed(0)
    leave = os._exit

    def exit_at_once(status: int) -> None:
        write(out)
        leave(status)

    os._exit = exit_at_once  # type: ignore[assignment]
    sys.argv = [script]
    if how == "bare":
        sys.path[0] = str(Path(script).absolute().parent)
        try:
            runpy.run_path(script, run_name="__main__")
        finally:
            write(out)
        return
    from wellfit.jobs import doctor as job

    play = job.play

    def then_write(*args: Any, **kwargs: Any) -> None:
        play(*args, **kwargs)
        write(out)

    job.play = then_write
    job.main(["--no-trials", "--json", str(out.with_name("found.json")), script])


def hook() -> None:
    """The two hooks, the same in both ways of playing."""
    backward = torch.Tensor.backward

    def recorded(loss: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if INSIDE:  # under a function mode torch comes here a second time
            return backward(loss, *args, **kwargs)
        with torch._C.DisableTorchFunction():  # the doctor's function mode shall not see this copy
            LOSSES.append(loss.detach().clone())
        INSIDE.append(True)
        try:
            return backward(loss, *args, **kwargs)
        finally:
            INSIDE.pop()

    torch.Tensor.backward = recorded  # type: ignore[method-assign]

    def stepped(optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        OPTIMIZERS[id(optimizer)] = optimizer
        STEPS[0] += 1

    register_optimizer_step_post_hook(stepped)


def write(out: Path) -> None:
    """The marks, once."""
    if WRITTEN:
        return
    WRITTEN.append(True)
    held = [p for o in OPTIMIZERS.values() for group in o.param_groups for p in group["params"]]
    states = repr((random.getstate(), [str(part) for part in numpy.random.get_state()]))
    out.write_text(
        json.dumps({
            "backwards": len(LOSSES),
            "steps": STEPS[0],
            "losses": mark(LOSSES),
            "parameters": mark(held),
            "random": mark([torch.get_rng_state()]) + hashlib.sha256(states.encode()).hexdigest()[:16],
        }),
        encoding="utf-8",
    )  # fmt: skip


def mark(tensors: list[torch.Tensor]) -> str:
    """A mark of the very bits of some tensors."""
    bits = hashlib.sha256()
    for tensor in tensors:
        bits.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
        bits.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return bits.hexdigest()[:16]


if __name__ == "__main__":
    main(*sys.argv[1:4])
