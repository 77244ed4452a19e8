"""A network that learnt the digits 0 to 4 carried to 5 to 9 with ten examples a class, beside training from scratch.

    python benchmarks/tasks/transfer.py [--seeds 3] [--each 10] [--anew] [--data ../shared/data]

The source is fitted to MNIST's training digits 0 to 4 (a seed sets split, first weights and order) with the defaults
but for one pass instead of five, which is enough to carry and a fifth of the time.
Then ten pictures of each of 5 to 9, drawn anew for each seed from MNIST's training pictures, are all that is known of
the new task: those that choose the epoch are taken from among them, as `wellfit fit` does. Each way of beginning gets
the same fifty pictures and is tested on MNIST's 4,861 test pictures of 5 to 9. Beside them two public baselines: a
hand-written PyTorch program (the same source digits, two convolutions, the trunk kept, 200 steps of Adam over all
layers) and logistic regression on the pixels, both with all fifty pictures to learn from.
benchmarks/results/transfer.json keeps every run, transfer.md the mean ± standard deviation over seeds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

import wellfit as wf

RESULTS = Path(__file__).parents[1] / "results"
WAYS: dict[str, dict[str, Any]] = {
    "scratch": {},
    "frozen": {"transfer.mode": "frozen"},
    "fine-tune": {"transfer.mode": "fine-tune"},
    "fine-tune, rate_decay 0.4": {"transfer.mode": "fine-tune", "transfer.rate_decay": 0.4},
    "gradual": {"transfer.mode": "gradual"},
}
SOURCE = {"training.epochs": 1}
BESIDE = ("hand-written scratch", "hand-written transfer", "logistic regression")
Pictures = tuple[np.ndarray, np.ndarray]


def mnist(folder: Path, split: str) -> Pictures:
    """(pictures [N, 1, 28, 28] of bytes, digits [N]) of "train" or "t10k"."""

    def read(kind: str, head: int) -> np.ndarray:
        file = next(p for p in folder.iterdir() if p.name.startswith(f"{split}-{kind}"))
        held = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        return np.frombuffer(held, np.uint8, offset=head)

    return read("images", 16).reshape(-1, 1, 28, 28), read("labels", 8).astype(np.int64)


def few(pictures: Pictures, each: int, seed: int) -> Pictures:
    """`each` pictures of each digit, drawn at random."""
    x, y = pictures
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(np.flatnonzero(y == d))[:each] for d in np.unique(y)])
    return x[rows], y[rows]


def fitted(source: Any, out: Path, seed: int, choices: dict[str, Any]) -> dict[str, Any]:
    """One fit: its test accuracy, its time, its run."""
    begun = time.process_time()
    run = wf.fit(source, out=out, **{"data.seed": seed, "training.seed": seed, **choices})
    return {"accuracy": run.test["accuracy"]["value"], "cpu_s": round(time.process_time() - begun, 1)}


class Net(nn.Module):
    """The usual small one of tutorials: two convolutions, two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        second = nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        self.trunk = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(1568, 128), nn.ReLU())
        self.head = nn.Linear(128, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))


def by_hand(net: Net, pictures: Pictures, steps: int) -> Net:
    """Adam at 1e-3 on batches of 64."""
    x, y = _tensors(pictures)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    net.train()
    for _ in range(steps):
        pick = torch.randint(len(x), (64,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[pick]), y[pick]).backward()
        optimizer.step()
    return net


def _tensors(pictures: Pictures) -> tuple[Tensor, Tensor]:
    x, y = pictures
    return (torch.from_numpy(x) / 255 - 0.1307) / 0.3081, torch.from_numpy(y % 5)


@torch.no_grad()
def tested(net: Net, pictures: Pictures) -> float:
    x, y = _tensors(pictures)
    return float((torch.cat([net.eval()(part).argmax(1) for part in x.split(500)]) == y).float().mean())


def beside(low: Pictures, some: Pictures, test: Pictures, seed: int) -> dict[str, float]:
    """Accuracies of what one writes by hand, with all of the few pictures to learn from."""
    torch.manual_seed(seed)
    scratch = tested(by_hand(Net(), some, 200), test)
    net = by_hand(Net(), low, 500)  # a pass over the digits 0 to 4
    net.head = nn.Linear(128, 5)
    carried = tested(by_hand(net, some, 200), test)
    linear = LogisticRegression(max_iter=1000).fit(some[0].reshape(len(some[0]), -1) / 255, some[1])
    pixels = float((linear.predict(test[0].reshape(len(test[0]), -1) / 255) == test[1]).mean())
    return dict(zip(BESIDE, (scratch, carried, pixels)))


def one(seed: int, folder: Path, each: int) -> dict[str, Any]:
    """All ways with one seed."""
    train, test = mnist(folder / "mnist", "train"), mnist(folder / "mnist", "t10k")
    take: Callable[[Pictures, bool], Pictures] = lambda p, low: (p[0][(p[1] < 5) == low], p[1][(p[1] < 5) == low])
    low, some, new = take(train, True), few(take(train, False), each, seed), take(test, False)
    found: dict[str, Any] = {"seed": seed}
    with tempfile.TemporaryDirectory() as place:
        at = Path(place)
        found["source"] = fitted({"train": low, "test": take(test, True)}, at / "source", seed, SOURCE) | {
            "n": len(low[1])
        }
        for way, choices in WAYS.items():
            begin = {"transfer.weights": str(at / "source")} if choices else {}
            given = {"train": some, "test": new}
            found[way] = fitted(given, at / way.replace(" ", ""), seed, begin | choices)
    return found | beside(low, some, new, seed)


def table(runs: list[dict[str, Any]]) -> str:
    """Mean ± standard deviation over seeds, and the gain over scratch seed by seed, as Markdown."""
    lines = ["| begins with | accuracy on 5 to 9 | gain over scratch | CPU s |", "| --- | --- | --- | --- |"]
    spread = lambda v: f"{mean(v):.3f} ± {stdev(v):.3f}" if len(v) > 1 else f"{v[0]:.3f}"
    for way in [*WAYS, *BESIDE]:
        own = way in WAYS
        values = [r[way]["accuracy"] if own else r[way] for r in runs]
        rival = "scratch" if own else BESIDE[0]
        gains = [v - (r[rival]["accuracy"] if own else r[rival]) for v, r in zip(values, runs)]
        gain = "" if way in ("scratch", BESIDE[0], BESIDE[2]) else spread(gains)
        taken = f"{mean(r[way]['cpu_s'] for r in runs):.0f}" if own else ""
        lines.append(f"| {way} | {spread(values)} | {gain} | {taken} |")
    of = [r["source"] for r in runs]
    said = f"\nThe source: {of[0]['n']:,} digits 0 to 4, accuracy {spread([s['accuracy'] for s in of])} on their test"
    return "\n".join(lines) + f"\n{said} digits, {mean(s['cpu_s'] for s in of):.0f} CPU s; {len(runs)} seeds.\n"


def keep(runs: list[dict[str, Any]], each: int) -> None:
    """Write both files of results."""
    about = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} thread(s)",
        "versions": {"python": platform.python_version()} | {p: version(p) for p in ("torch", "wellfit")},
        "examples_a_class": each,
    }
    (RESULTS / "transfer.json").write_text(json.dumps({**about, "runs": runs}, indent=1) + "\n")
    said = ", ".join(f"{k} {v}" for k, v in about["versions"].items())
    text = (
        f"# From the digits 0 to 4 to 5 to 9, {each} examples a class\n\n{about['date']}, {about['machine']}; {said}.\n"
    )
    text += "Mean ± standard deviation over seeds. Made by `benchmarks/tasks/transfer.py`, which says what each is.\n\n"
    (RESULTS / "transfer.md").write_text(text + table(runs))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--each", type=int, default=10, help="examples of each new class")
    ask.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "../shared/data")
    ask.add_argument("--anew", action="store_true", help="measure again the seeds that the results hold already")
    said = ask.parse_args()
    file = RESULTS / "transfer.json"
    held = json.loads(file.read_text()) if file.exists() and not said.anew else {}
    runs: list[dict[str, Any]] = held["runs"] if held.get("examples_a_class") == said.each else []
    for seed in sorted(set(range(said.seeds)) - {r["seed"] for r in runs}):
        runs.append(one(seed, said.data, said.each))
        keep(runs, said.each)
        print(json.dumps(runs[-1]), flush=True)


if __name__ == "__main__":
    main()
