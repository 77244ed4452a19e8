"""Test Dice of wellfit's defaults on pictures with masks, beside Otsu's threshold and an obvious program by hand.

    python benchmarks/tasks/segmentation.py [--seeds 3] [--data ../shared/data] [--without-hand]

A seed sets the validation pictures, the first weights and the order; the test pictures are given. `wellfit` is what
`wellfit fit nuclei.zip` does, range test included. `hand` is what one writes first in plain PyTorch: a U-Net with batch
norm of the same widths, whole pictures brought to 256 x 256, cross-entropy, Adam at 1e-3, no augmentation, the last
epoch, seeing as many cells as wellfit does; masks are brought back to the picture's size. Dice is the mean over test
pictures (all; fluorescence; stained). benchmarks/results/segmentation.json keeps every run, segmentation.md the means.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from wellfit.networks.unet import unet
from wellfit.nouns.areas import areas_of, brightness_rival, counted, whole
from wellfit.nouns.data import Data
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.task import Judged
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.train import train

RESULTS = Path(__file__).parents[1] / "results"
SIDE, BATCH, SEEN = 256, 4, 1200 * 4 * 144**2  # of the program by hand; cells that it sees


def by_kind(dices: np.ndarray, data: Data) -> dict[str, float]:
    """Mean Dice of all test pictures, of the fluorescence ones and of the stained ones."""
    tiles = data.raw.tiles
    assert tiles is not None
    names = tiles.names[np.unique(tiles.picture[data.test.rows])]
    stained = np.array(["stained" in str(n) for n in names])
    found = {"all": dices, "fluorescence": dices[~stained], "stained": dices[stained]}
    return {kind: round(float(np.nanmean(d)), 4) for kind, d in found.items()}


def of_wellfit(given: Recipe, data: Data) -> dict[str, Any]:
    """One run with the defaults."""
    begun = time.perf_counter(), time.process_time()
    complete, reasons = propose(given, data)
    case, _ = with_tested_rate(build(complete, data), given, reasons)
    epochs = sum(1 for _ in train(case))
    taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
    found = judge(case)
    judged = Judged(found["outputs"], found["truth"], data, "test", np.arange(len(data.test)))
    c, rival = case.recipe.training, areas_of(judged, brightness_rival(judged)[0])
    return {
        "wellfit": by_kind(areas_of(judged).dice(counted(data.classes)), data),
        "otsu": by_kind(rival.dice(counted(data.classes)), data),
        "mean IoU": round(found["metrics"]["mean IoU"]["value"], 4),
        "wall_s": round(taken[0], 1),
        "cpu_s": round(taken[1], 1),
        "epochs": epochs,
        "lr": c.lr,
        "widths": list(case.recipe.network.widths),
        "parameters": sum(p.numel() for p in case.network.parameters()),
    }


def pictures(data: Data, part: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(picture [3, H, W] in 0..1, mask [H, W]) of a split, whole."""
    split = getattr(data, part)
    judged = Judged(split.y.numpy(), split.y.numpy(), data, part)
    tiles = data.raw.tiles
    assert tiles is not None
    of, found = tiles.picture[split.rows], []
    for k in np.unique(of):
        own = np.flatnonzero(of == k)
        x = whole(judged, own, np.asarray(data.raw.inputs)[split.rows[own]]) / 255
        y = whole(judged, own, split.y.numpy()[own][:, None])[0]
        found.append((torch.tensor(x, dtype=torch.float32), torch.tensor(y)))
    return found


def by_hand(data: Data, seed: int, widths: list[int]) -> dict[str, Any]:
    """The obvious program."""
    torch.manual_seed(seed)
    begun = time.process_time()
    small = lambda x: F.interpolate(x[None].float(), (SIDE, SIDE), mode="nearest")[0]
    train_ = pictures(data, "train")
    xs = torch.stack([small(x) for x, _ in train_])
    ys = torch.stack([small(y[None])[0].long() for _, y in train_])
    network = unet((3, SIDE, SIDE), (2, SIDE, SIDE), widths=widths)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(round(SEEN / (len(xs) * SIDE**2))):
        for rows in torch.randperm(len(xs)).split(BATCH):
            if len(rows) < 2:
                continue
            loss = F.cross_entropy(network(xs[rows]), ys[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval()
    dices = []
    with torch.no_grad():
        for x, y in pictures(data, "test"):
            said = F.interpolate(network(small(x)[None]), y.shape, mode="bilinear")[0].argmax(0)
            dices.append(float(2 * (said * y).sum() / (said + y).sum().clamp_min(1)))
    return {"hand": by_kind(np.array(dices), data), "hand_cpu_s": round(time.process_time() - begun, 1)}


def table(runs: list[dict[str, Any]]) -> str:
    """Mean ± standard deviation over seeds, as Markdown."""
    rows = ["| nuclei, 24 test pictures | all | fluorescence | stained |", "| --- | --- | --- | --- |"]
    names = {"wellfit": "wellfit, defaults", "hand": "U-Net by hand", "otsu": "Otsu's threshold"}
    for key, name in names.items():
        cells = []
        for kind in ("all", "fluorescence", "stained"):
            values = [r[key][kind] for r in runs if key in r]
            spread = f" ± {stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{mean(values):.3f}{spread}" if values else "")
        n = sum(key in r for r in runs)
        rows.append(f"| {name} ({n} {'seed' if n == 1 else 'seeds'}) | {' | '.join(cells)} |")
    cpu, wall = (mean(r[k] for r in runs) / 60 for k in ("cpu_s", "wall_s"))
    said = f"wellfit took {cpu:.1f} minutes of one core ({wall:.1f} of the clock on a machine with other work), "
    said += f"range test included, without the checks; widths {runs[-1]['widths']}, rate {runs[-1]['lr']}"
    return "\n".join(rows) + f"\n\n{said}."


def keep(runs: list[dict[str, Any]]) -> None:
    """Write both files of results."""
    about = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} thread(s)",
        "versions": {"python": platform.python_version()} | {p: version(p) for p in ("torch", "numpy", "wellfit")},
    }
    (RESULTS / "segmentation.json").write_text(json.dumps({**about, "runs": runs}, indent=1) + "\n")
    said = ", ".join(f"{k} {v}" for k, v in about["versions"].items())
    text = (
        f"# Segmentation with the defaults\n\nTest Dice, the mean over pictures. {about['date']}, {about['machine']};\n"
    )
    text += f"{said}. Made by `benchmarks/tasks/segmentation.py`, which says what each row is.\n\n"
    (RESULTS / "segmentation.md").write_text(text + table(runs) + "\n")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "../shared/data")
    ask.add_argument("--without-hand", action="store_true")
    said = ask.parse_args()
    source, runs = str(said.data / "nuclei.zip"), []
    asked = [Recipe.of({"data.source": source, "data.seed": seed, "training.seed": seed}) for seed in range(said.seeds)]
    for given in asked:
        runs.append({"seed": given.training.seed, **of_wellfit(given, load(source, given.data))})
        keep(runs)
        print(json.dumps(runs[-1]), flush=True)
    for given, run in zip(asked, runs):
        if not said.without_hand:
            run |= by_hand(load(source, given.data), given.training.seed, run["widths"])
            keep(runs)
            print(json.dumps(run), flush=True)


if __name__ == "__main__":
    main()
