"""What the live page costs: time to open, memory, and how soon a new reading is seen.

    python benchmarks/page.py [--runs 200] [--readings 100000]

Made-up runs of so many readings each (40 layers' norms and the losses; the readings' files of the runs are hard links to
four, so that the disk need not hold gigabytes), served by `wellfit page` in a process of its own. Each run is opened
once: its page and all its curves. Kept in benchmarks/results/page.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import httpx
import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import READINGS, Run

HERE = Path(__file__).parent
LAYERS = 40


def readings(path: Path, n: int, seed: int) -> None:
    """A file of `n` readings: an epoch's losses after each round of the layers' norms."""
    rng, lines, step = np.random.default_rng(seed), [], 0
    while len(lines) < n:
        step += 10
        at = [("train_loss", ""), ("valid_loss", ""), *(("grad_norm", f"block{k}.conv") for k in range(LAYERS))]
        for (name, where), value in zip(at, rng.lognormal(-1, 0.3, len(at)).tolist()):
            row = {"name": name, "value": value, "step": step, "epoch": step / 100, "where": where, "unit": ""}
            lines.append(json.dumps(row) + "\n")
    path.write_text("".join(lines[:n]))


def made(root: Path, runs: int, n: int) -> None:
    """So many runs under `root`, a quarter of them still going on by their files."""
    recipe = Recipe.of({"data.source": "digits", "network.name": "conv", "training.epochs": 1000})
    for k in range(4):
        readings(root / f".{k}.jsonl", n, k)
    test = {"accuracy": {"value": 0.9, "low": 0.88, "high": 0.92, "unit": "", "n": 400}}
    for k in range(runs):
        run = Run.create(root / f"run-{k:03d}", recipe, {"started": float(k)})
        os.link(root / f".{k % 4}.jsonl", run.path / READINGS)
        if k % 4:
            run.conclude(Finding("well-fitted", "ok", "Good.", stage="verdict"), [], test)


def memory_mb(pid: int) -> dict[str, float]:
    """Resident memory of a process now and at its highest, MB (Linux)."""
    said = Path(f"/proc/{pid}/status").read_text()
    return {word: int(re.search(rf"{word}:\s+(\d+)", said)[1]) / 1000 for word in ("VmRSS", "VmHWM")}  # type: ignore[index]


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has had (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def delays(client: httpx.Client, run: Path, times: int = 15) -> list[float]:
    """Seconds from a reading written to its arrival at a browser."""
    os.replace(_own_copy(run / READINGS), run / READINGS)
    cursor, found = client.get(f"/curves/{run.name}").json()["cursor"], []
    with client.stream("GET", f"/follow/{run.name}?after={cursor}") as answer:
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: parts")
        for k in range(times):
            time.sleep(0.137)
            with open(run / READINGS, "a") as file:
                file.write(json.dumps({"name": "valid_loss", "value": 0.1, "step": 10**6 + k, "epoch": 1e4 + k}) + "\n")
            begun = time.perf_counter()
            next(line for line in lines if line == "event: readings")
            found.append(time.perf_counter() - begun)
    return found


def _own_copy(file: Path) -> Path:
    """A copy that is no hard link."""
    copy = file.with_suffix(".copy")
    copy.write_bytes(file.read_bytes())
    return copy


def measured(root: Path) -> dict[str, float]:
    """All figures, of a server started for it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "wellfit", "page", str(root), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        address = re.search(r"http://[^/]+/\?token=(\S+)", server.stdout.readline())  # type: ignore[union-attr]
        if address is None:
            sys.exit("the page did not start")
        client = httpx.Client(base_url=address[0].partition("/?")[0], timeout=60, follow_redirects=True)
        before = memory_mb(server.pid)["VmRSS"]
        opened, lists = [], []
        for _ in range(3):
            begun = time.perf_counter()
            client.get("/", params={"token": address[1]}).raise_for_status()
            lists.append(time.perf_counter() - begun)
        cpu = cpu_s(server.pid)
        for run in sorted(p for p in root.iterdir() if p.is_dir()):
            begun = time.perf_counter()
            client.get(f"/run/{run.name}").raise_for_status()
            sent = len(client.get(f"/curves/{run.name}").content)
            opened.append(time.perf_counter() - begun)
        cpu = cpu_s(server.pid) - cpu
        again = time.perf_counter()
        client.get(f"/curves/{run.name}")
        again = time.perf_counter() - again
        late = delays(client, root / "run-000")
        return {
            "list_first_s": round(lists[0], 3),
            "list_again_s": round(lists[-1], 3),
            "run_median_s": round(statistics.median(opened), 3),
            "run_slowest_s": round(max(opened), 3),
            "run_again_s": round(again, 3),
            "run_cpu_s": round(cpu / len(opened), 3),
            "curves_sent_kB": round(sent / 1000),
            "delay_median_s": round(statistics.median(late), 3),
            "delay_slowest_s": round(max(late), 3),
            "memory_before_MB": round(before),
            "memory_highest_MB": round(memory_mb(server.pid)["VmHWM"]),
        }
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--runs", type=int, default=200)
    ask.add_argument("--readings", type=int, default=100_000)
    said = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder), said.runs, said.readings)
        load, found = os.getloadavg()[0], measured(Path(folder))
    kept = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before",
        "python": platform.python_version(),
        "runs": said.runs,
        "readings": said.readings,
        **found,
    }
    print(json.dumps(kept, indent=1))
    (HERE / "results" / "page.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
