"""Test figures of wellfit's defaults on fields over time, beside every rival that needs no training.

    python benchmarks/tasks/fields.py [--seeds 3] [--first 0] [--data ../shared/data] [--only air_temperature]
        [--set KEY=VALUE ...]
    python benchmarks/tasks/fields.py --only air_temperature --set data.task=downscaling

A seed sets the first weights and the order of the windows; the test are the latest times. Each run is what `wellfit fit
FILE` does from the data to the test, range test included, without its checks. benchmarks/results/fields.json keeps every
run, fields.md the means; runs of seeds before `--first` stay as they are. `--set` lays choices over the defaults, and is
written beside the figures.
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

from wellfit.nouns import shelf
from wellfit.nouns.recipe import Recipe, from_words
from wellfit.nouns.task import Judged, task_of, truth_of
from wellfit.verbs.build import build
from wellfit.verbs.judge import judge
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.rate import with_tested_rate
from wellfit.verbs.train import train

RESULTS = Path(__file__).parents[1] / "results"
FILES = ("air_temperature", "a1b_north_america", "sst_ersstv5_monthly", "radar_knmi_20100826")


def once(file: Path, seed: int, choices: dict[str, Any]) -> dict[str, Any]:
    """One run: the network's measures, those of each rival, and what it took."""
    given = Recipe.of({"data.source": str(file), "training.seed": seed, "training.threads": 1, **choices})
    data = load(str(file), given.data)
    begun = time.perf_counter(), time.process_time()
    complete, reasons = propose(given, data)
    case, _ = with_tested_rate(build(complete, data), given, reasons)
    epochs = sum(1 for _ in train(case))
    taken = time.perf_counter() - begun[0], time.process_time() - begun[1]
    found = judge(case)
    truth = truth_of(case.data.form, data.test.y, data.preparation)
    rivals = {}
    for name, said in shelf.module("tasks", data.task).rivals(data, "test").items():
        merits, _ = task_of(data.task).merits(Judged(said, truth, data))
        rivals[name.partition(",")[0]] = {k: round(m["value"], 4) for k, m in merits.items()}
    return {
        "wellfit": {k: round(m["value"], 4) for k, m in found["metrics"].items()},
        "rivals": rivals,
        "against": found["baseline"],
        "ahead": f"{data.facts['ahead']} ahead" if data.facts["ahead"] else f"from blocks of {data.facts['coarsen']}",
        "windows": data.facts["n_windows"],
        "widths": list(case.recipe.network.widths),
        "epochs": epochs,
        "lr": case.recipe.training.lr,
        "wall_s": round(taken[0], 1),
        "cpu_s": round(taken[1], 1),
    }


def table(kept: dict[str, Any]) -> str:
    """The runs as Markdown."""
    lines = ["| data | measure | wellfit | rivals | CPU time a run | n |", "| --- | --- | --- | --- | --- | --- |"]
    for name, runs in kept["runs"].items():
        for measure in runs[0]["wellfit"]:
            values = [r["wellfit"][measure] for r in runs]
            spread = f" ± {stdev(values):.3g}" if len(values) > 1 else ""
            beside = ", ".join(f"{k} {v[measure]:.3g}" for k, v in runs[0]["rivals"].items())
            cpu = f"{mean(r['cpu_s'] for r in runs) / 60:.1f} min"
            of = f"{name}, {runs[0]['ahead']}" + (f" ({kept['set'][name]})" if kept["set"].get(name) else "")
            lines.append(f"| {of} | {measure} | {mean(values):.3g}{spread} | {beside} | {cpu} | {len(runs)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is asked for, and write it down beside what is there."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--seeds", type=int, default=3)
    words.add_argument("--first", type=int, default=0)
    words.add_argument("--data", type=Path, default=Path("../shared/data"))
    words.add_argument("--only", nargs="*", default=list(FILES))
    words.add_argument("--set", nargs="*", default=[])
    asked = words.parse_args()
    file = RESULTS / "fields.json"
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"runs": {}, "set": {}}
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, 1 thread"
    kept |= {"date": str(date.today()), "machine": machine, "torch": version("torch")}
    for name in asked.only:
        choices = from_words(asked.set)
        task = choices.pop("data.task", "field_forecast")
        key = name if task == "field_forecast" else f"{name} {task}"
        kept["set"][key] = " ".join(f"{k}={v}" for k, v in choices.items())
        runs = kept["runs"].get(key, [])[: asked.first]
        for seed in range(len(runs), asked.seeds):
            runs.append(once(asked.data / f"{name}.nc", seed, choices | {"data.task": task}))
            print(key, seed, runs[-1], flush=True)
            kept["runs"][key] = runs
            file.write_text(json.dumps(kept, indent=1) + "\n")
            (RESULTS / "fields.md").write_text(f"{kept['date']}, {machine}, torch {kept['torch']}\n\n{table(kept)}")


if __name__ == "__main__":
    main()
