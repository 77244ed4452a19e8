"""What does watching alone cost? Programs bare and under `wellfit doctor --no-trials`, in turn.

    python benchmarks/doctor/cost.py [--pairs 5] [--programs 24] [--corpus ../shared/faults]
                                     [--healthy benchmarks/doctor/healthy]

Toy programs with steps of about 0.3, 1, 5 and 20 ms and a long one, then programs spread evenly over the corpus and the
healthy ones. CPU seconds and peak memory are of the whole process; the loop's seconds are by the program's own clock;
beside them stands what the doctor itself says that the watching took. Bytecode may be written on both sides.
benchmarks/results/doctor-cost.json and .md are written at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from common import FAULTS, HEALTHY, made_with, measured_with, programs, save, table

TOYS = {
    "0.3 ms": (16, 32, 4000), "1 ms": (128, 256, 1500), "5 ms": (768, 160, 300), "20 ms": (1280, 192, 100),
    "0.3 ms, long": (16, 32, 100_000), "5 ms, long": (768, 160, 6000), "20 ms, long": (1280, 192, 1500),
}  # fmt: skip
"""Name -> width, batch, steps."""
TO_REACH = {"0.3 ms, long": 1.15, "5 ms, long": 1.03, "20 ms, long": 1.03}
"""Loop watched / bare."""
OWN = re.compile(rb"watching ([0-9.]+) (ms|s) of")
"""What the doctor's report says that it took."""
SCRIPT = """
import time, torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(4096, 20)
y = (x[:, 0] * x[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(20, {width}), nn.ReLU(), nn.Linear({width}, {width}), nn.ReLU(), nn.Linear({width}, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
loss_of = nn.CrossEntropyLoss()
begun = time.perf_counter()
for step in range({steps}):
    rows = torch.randint(0, 4096, ({batch},))
    optimizer.zero_grad()
    loss = loss_of(model(x[rows]), y[rows])
    loss.backward()
    optimizer.step()
print("loop", time.perf_counter() - begun)
"""


def main() -> None:
    """Measure, then write the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pairs", type=int, default=5)
    ask.add_argument("--programs", type=int, default=24)
    ask.add_argument("--corpus", type=Path, default=FAULTS)
    ask.add_argument("--healthy", type=Path, default=HEALTHY)
    said = ask.parse_args()
    rows = []
    for name, (width, batch, steps) in TOYS.items():
        text = SCRIPT.format(width=width, batch=batch, steps=steps)
        pairs = [pair(text) for _ in range(said.pairs if "long" not in name else 2)]
        rows.append({"name": name, "steps": steps, "pairs": pairs})
        print(name, ratio(pairs, "loop_s"), ratio(pairs, "cpu_s"), file=sys.stderr)
    all_ = programs([said.corpus], said.healthy)
    chosen = [all_[i * len(all_) // said.programs] for i in range(min(said.programs, len(all_)))]
    seen = []
    for program in chosen:
        seen.append({"name": program.key, "pairs": [pair(program.file.read_text(encoding="utf-8"))]})
        print(program.key, ratio(seen[-1]["pairs"], "cpu_s"), file=sys.stderr)
    held = {**measured_with(), "rows": rows, "programs": seen}
    save(
        "doctor-cost", held, f"# What watching alone costs\n\n{made_with(held)}\n\n{tables(held)}\n{each_program(held)}"
    )
    print(tables(held))


def pair(text: str) -> dict[str, dict[str, float]]:
    """One run bare, one watched."""
    watched = ["-m", "wellfit", "doctor", "--no-trials"]
    return {"bare": ran(text, []), "watched": ran(text, watched)}


def ran(text: str, before: list[str]) -> dict[str, float]:
    """Seconds of CPU and of wall time, and peak memory in MiB, of `python BEFORE train.py`; the loop's own seconds."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with (
        tempfile.TemporaryDirectory() as folder,
        (Path(folder) / "out").open("w+b") as out,
        (Path(folder) / "said").open("w+b") as err,
    ):
        (Path(folder) / "train.py").write_text(text, encoding="utf-8")
        begun = perf_counter()
        run = subprocess.Popen([sys.executable, *before, "train.py"], cwd=folder, stdout=out, stderr=err, env=env)
        _, status, used = os.wait4(run.pid, 0)
        wall = perf_counter() - begun
        run.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        own = OWN.findall(err.read())
        loop = [float(line.split()[1]) for line in out.read().splitlines() if line.startswith(b"loop ")]
    made = {"cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall, "peak_mib": used.ru_maxrss / 1024}
    made |= {"loop_s": loop[0]} if loop else {}
    made |= {"own_s": float(own[-1][0]) * (0.001 if own[-1][1] == b"ms" else 1.0)} if own else {}
    return {k: round(v, 4) for k, v in made.items()}


def ratio(pairs: list[dict[str, dict[str, float]]], what: str) -> float:
    """Median over pairs of watched / bare."""
    return round(median(p["watched"][what] / p["bare"][what] for p in pairs), 3)


def extra(pairs: list[dict[str, dict[str, float]]]) -> str:
    """Median over pairs of the CPU seconds more, and what the doctor said itself."""
    more = median(p["watched"]["cpu_s"] - p["bare"]["cpu_s"] for p in pairs)
    own = [p["watched"]["own_s"] for p in pairs if "own_s" in p["watched"]]
    return f"{more:+.2f} · {median(own):.2f}" if own else f"{more:+.2f}"


def figures(pairs: list[dict[str, dict[str, float]]]) -> tuple[str, str]:
    """Ratio of CPU seconds, and `extra`."""
    return f"{ratio(pairs, 'cpu_s'):.3f}", extra(pairs)


def tables(held: dict[str, Any]) -> str:
    """The toy programs as a table, the corpus in a sentence."""
    lines = []
    for row in held["rows"]:
        pairs, name = row["pairs"], row["name"]
        step = 1000 * median(p["bare"]["loop_s"] for p in pairs) / row["steps"]
        loop, limit = ratio(pairs, "loop_s"), TO_REACH.get(name)
        reached = "" if limit is None else f"≤ {limit:.2f}: " + ("yes" if loop <= limit else "**no**")
        memory = median(p["watched"]["peak_mib"] - p["bare"]["peak_mib"] for p in pairs)
        lines.append((name, f"{step:.2f}", f"{row['steps']:,}", f"{loop:.3f}", reached, f"{ratio(pairs, 'cpu_s'):.3f}",
                      f"{ratio(pairs, 'wall_s'):.3f}", extra(pairs), f"{memory:+.0f}", len(pairs)))  # fmt: skip
    head = ("steps of", "ms, bare", "steps", "loop", "to reach", "process, CPU", "process, wall",
            "CPU s more · by its own figure", "peak MiB", "pairs")  # fmt: skip
    ratios = [ratio(r["pairs"], "cpu_s") for r in held["programs"]]
    walls = [ratio(r["pairs"], "wall_s") for r in held["programs"]]
    reached = "reached" if median(walls) <= 1.1 else "**not reached**"
    return table(head, lines) + (
        f"\n{len(ratios)} programs of the corpus, watched / bare, whole processes: CPU median {median(ratios):.3f} (from "
        f"{min(ratios):.3f} to {max(ratios):.3f}), wall time median {median(walls):.3f} (≤ 1.10: {reached}).\n"
    )


def each_program(held: dict[str, Any]) -> str:
    """A row for each program of the corpus."""
    rows = [
        (
            r["name"],
            *(f"{r['pairs'][0][how]['cpu_s']:.2f}" for how in ("bare", "watched")),
            ratio(r["pairs"], "cpu_s"),
            extra(r["pairs"]),
        )
        for r in held["programs"]
    ]
    return table(("program", "bare, CPU s", "watched, CPU s", "ratio", "CPU s more · by its own figure"), rows)


if __name__ == "__main__":
    main()
