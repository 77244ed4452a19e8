"""Make the figures of these pages by running what they show: `python docs/make_figures.py`.

terminal.svg: what `wellfit fit digits` prints; report.png: the top of its report, where Chromium is installed;
doctor.svg: what `wellfit doctor` says of a script whose inputs are not scaled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

FIGURES = Path(__file__).parent / "figures"
WIDE = 112
FORGETFUL = """import torch
from sklearn.datasets import load_wine

x, y = load_wine(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(40):
    for rows in torch.randperm(len(x)).split(16):
        loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print("accuracy", (net(x).argmax(1) == y).float().mean().item())
"""


def run(words: list[str], folder: Path) -> str:
    """What a command prints to either stream, with its colours."""
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDE), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "wellfit", *words],
        cwd=folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


def picture(command: str, printed: str, name: str) -> None:
    """A terminal with the command and what it printed, as SVG."""
    console = Console(record=True, width=WIDE, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    console.print(Text.from_ansi(f"$ {command}\n{printed.rstrip()}"))
    (FIGURES / name).write_text(console.export_svg(title="wellfit"), encoding="utf-8")


def main() -> None:
    FIGURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        picture("wellfit fit digits --out first", run(["fit", "digits", "--out", "first"], folder), "terminal.svg")
        (folder / "train.py").write_text(FORGETFUL)
        picture("wellfit doctor train.py", run(["doctor", "train.py"], folder), "doctor.svg")
        browser = shutil.which("chromium")
        if browser:
            flags = (
                "--headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking --no-first-run"
            )
            shot = [
                f"--screenshot={FIGURES / 'report.png'}",
                "--window-size=1280,1000",
                f"--user-data-dir={tmp}/browser",
            ]
            subprocess.run(
                [browser, *flags.split(), *shot, (folder / "first" / "report.html").as_uri()],
                check=True,
                capture_output=True,
            )


if __name__ == "__main__":
    main()
