"""CPU time of a search over 64 trials beside that of a plain PyTorch loop that trains the same trials one by one.

    python benchmarks/tune.py [--trials 64] [--rounds 3] [--network J1 small]

J1 is dense 64-128-128-10 on digits, batch 32; small is 64-32-10. Each trial has its own rate, momentum and weight decay
and 10 epochs. In one process, one thread, in turn; CPU time of the process (time.process_time), so that a shared machine
counts for little. Rows:

stacked   the trials alone, trained together (verbs/stack)
search    the same with all that wellfit tune does besides: Optuna, its journal, cases, run folders
dropped   the same search with successive halving: losers leave the stack
one by one  wellfit's own loop, each trial alone, for the best figure

"same best": is the least validation loss of the row that of the trials trained one by one, and the same trial's?
Medians of the ratios and their range go to benchmarks/results/tune.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import nn

import wellfit
from wellfit.jobs.study import Plan, attempts, planned
from wellfit.jobs.trials import search
from wellfit.nouns.attempt import best_of
from wellfit.nouns.case import Case
from wellfit.verbs.stack import together
from wellfit.verbs.train import train

HERE = Path(__file__).parent
WIDTHS = {"J1": [128, 128], "small": [32]}
SPACE = {
    "training.lr": {"low": 1e-4, "high": 3e-2, "prior": "log"},
    "training.l2": {"low": 1e-4, "high": 0.3, "prior": "log"},
    "training.momentum": [0.85, 0.9, 0.95],
}
FIXED = {"network.name": "dense", "network.dropout": 0.0, "training.batch_size": 32, "training.epochs": 10,
         "training.lr": 2e-3, "training.optimizer": "adamw"}  # fmt: skip


def plan(name: str, trials: int, folder: Path, pruner: str) -> Plan:
    """A study of `trials` random trials."""
    stages = planned("digits", space=SPACE, out=folder, trials=trials, search="random", pruner=pruner,
                     **FIXED, **{"network.widths": WIDTHS[name]})  # fmt: skip
    while True:
        try:
            next(stages)
        except StopIteration as end:
            return end.value


def plain(case: Case) -> float:
    """The hand-written loop: tensors in memory, batches by index, no .item() in the step; the least validation loss."""
    x, y, xv, yv = case.data.train.x, case.data.train.y, case.data.valid.x, case.data.valid.y
    t, net, loss_of, best = case.recipe.training, copy.deepcopy(case.network), nn.CrossEntropyLoss(), float("inf")
    optimizer = torch.optim.AdamW(net.parameters(), lr=float(t.lr), betas=(t.momentum, 0.999), weight_decay=float(t.l2))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, int(t.epochs) * -(-len(x) // int(t.batch_size)))
    for _ in range(int(t.epochs)):
        net.train()
        order = torch.randperm(len(x))
        for i in range(0, len(x), int(t.batch_size)):
            rows = order[i : i + int(t.batch_size)]
            loss = loss_of(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        net.eval()
        with torch.no_grad():
            best = min(best, loss_of(net(xv), yv).item())
    return best


def stacked(cases: list[Case]) -> float:
    """All at once; the least validation loss of any."""
    return min(r.value for told in together(cases) for t in told.values() for r in t.readings if r.name == "valid_loss")


def alone(case: Case) -> float:
    """wellfit's loop."""
    return min(r.value for m in train(case.copy()) for r in getattr(m, "readings", ()) if r.name == "valid_loss")


def cpu(what: Any) -> tuple[float, Any]:
    """(CPU seconds, what came of it)."""
    begun = time.process_time()
    found = what()
    return time.process_time() - begun, found


def searched(name: str, trials: int, pruner: str) -> tuple[float, float, int]:
    """(CPU seconds, least loss, its trial) of the search alone, without the proof and the report."""
    with tempfile.TemporaryDirectory() as place:
        made = plan(name, trials, Path(place) / "study", pruner)
        seconds, _ = cpu(lambda: list(search(made.bench, made.queue, lambda: False)))
        best = best_of(attempts(made.queue, made.bench.space))
        return seconds, best.loss, best.number


def one_round(name: str, trials: int, cases: list[Case]) -> dict[str, tuple[float, Any]]:
    """Each way once: (CPU seconds, least loss)."""
    found: dict[str, tuple[float, Any]] = {"plain": cpu(lambda: min(plain(c) for c in cases))}
    found["stacked"] = cpu(lambda: stacked(cases))
    for row, pruner in (("search", "none"), ("dropped", "halving")):
        seconds, loss, number = searched(name, trials, pruner)
        found[row] = (seconds, (loss, number))
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--trials", type=int, default=64)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--network", nargs="*", default=list(WIDTHS))
    said = ask.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in said.network:
        with tempfile.TemporaryDirectory() as place:
            made = plan(name, said.trials, Path(place) / "study", "none")
            list(search(made.bench, made.queue, lambda: False))
            cases = [made.bench.case_of(dict(a.values)) for a in attempts(made.queue, made.bench.space)]
        seconds, losses = cpu(lambda held=cases: [alone(c) for c in held])
        least = min(losses)
        rounds = [one_round(name, said.trials, cases) for _ in range(said.rounds)]
        by_hand = [r["plain"][0] for r in rounds]
        rows.append(
            {"network": name, "way": "one by one", "ratio": seconds / statistics.median(by_hand), "loss": least}
        )
        for way in ("stacked", "search", "dropped"):
            ratios = [r[way][0] / r["plain"][0] for r in rounds]
            loss = rounds[0][way][1] if way == "stacked" else rounds[0][way][1][0]
            same = abs(loss - least) < 1e-3 * least
            same = same and (way == "stacked" or rounds[0][way][1][1] == losses.index(least))
            rows.append({"network": name, "way": way, "ratio": statistics.median(ratios), "low": min(ratios),
                         "high": max(ratios), "loss": loss, "same_best": same})  # fmt: skip
        for row in rows[-4:]:
            print(row)
        print(f"plain loop: {statistics.median(by_hand):.1f} s for {said.trials} trials")
    about = {"date": str(date.today()), "machine": platform.processor() or platform.machine(), "torch": torch.__version__,
             "wellfit": wellfit.__version__, "trials": said.trials, "rounds": said.rounds, "rows": rows}  # fmt: skip
    (HERE / "results" / "tune.json").write_text(json.dumps(about, indent=1))


if __name__ == "__main__":
    main()
