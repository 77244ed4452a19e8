"""Seconds until `wellfit --help` has answered and `import wellfit` is done: `python benchmarks/startup.py [--rounds 15]`.

Each is a process of its own; median and range go to benchmarks/results/startup.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import wellfit

HERE = Path(__file__).parent
COMMANDS = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "import wellfit": ([sys.executable, "-c", "import wellfit"], 0.2),
    "wellfit --help": ([sys.executable, "-m", "wellfit", "--help"], 0.3),
    "wellfit fit --help": ([sys.executable, "-m", "wellfit", "fit", "--help"], 0.3),
}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=15)
    rounds = ask.parse_args().rounds
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for i in range(rounds + 1):
        for name, (command, _) in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if i:  # the first round warms the file cache
                taken[name].append(time.perf_counter() - begun)
    rows = [
        {
            "what": name,
            "median_s": round(statistics.median(seconds), 3),
            "range_s": [round(min(seconds), 3), round(max(seconds), 3)],
            "to_reach_s": COMMANDS[name][1],
            "n": rounds,
        }
        for name, seconds in taken.items()
    ]
    for row in rows:
        print(json.dumps(row))
    kept = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "wellfit": wellfit.__version__},
        "rows": rows,
    }
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "startup.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
