"""Make the pictures of docs/page.md: `python docs/make_page.py`. It trains, serves, and looks with Chromium.
`python docs/make_page.py STUDY` makes the picture of a study alone, of a folder that `wellfit tune` has written.

page_run.png: a training with a rate that is too high, seen while it goes on; page_runs.png: the list beside it, with a
run that has ended and one that was killed; page_study.png: a search by `wellfit tune` that has ended.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FIGURES = Path(__file__).parent / "figures"
PATIENCE_MS = 180_000
DENSE = ["network.name=dense", "network.widths=[32,32]", "training.patience=0"]


def start(folder: Path, *words: str) -> subprocess.Popen:
    """A command of wellfit's, under way."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "wellfit", *words], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )


def pictures(folder: Path, browser: Browser, address: str) -> None:
    """The list, and the run that is going wrong, as soon as that is said."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("link", name="wild").click()
    page.locator("#findings .proof path").first.wait_for(state="attached")
    page.locator('[data-chart="update_ratio"] path').first.wait_for(state="attached")
    page.screenshot(path=FIGURES / "page_run.png")
    page.goto(address)
    page.locator("#rows tr").nth(2).wait_for()
    page.set_viewport_size({"width": 1280, "height": 300})
    page.screenshot(path=FIGURES / "page_runs.png")


def of_study(folder: Path, browser: Browser, address: str) -> None:
    """A study's page down to its trials."""
    page = browser.new_page(viewport={"width": 1280, "height": 1060})
    page.goto(address.replace("/?", f"/study/{folder.name}?"))
    page.locator("svg.parallel path").first.wait_for(state="attached")
    page.screenshot(path=FIGURES / "page_study.png")


def served(folder: Path, browser: str, look: Callable[[Path, Browser, str], None]) -> None:
    """Serve the runs or the study in `folder`, and look at it."""
    server = start(folder.parent, "page", folder.name, "--port", "0")
    said = re.search(r"http://\S+", server.stdout.readline()) if server.stdout else None
    try:
        if said:
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
                look(folder, chromium, said[0])
    finally:
        server.terminate()
        server.communicate()


def main() -> None:
    """Runs, a page, and pictures of it."""
    browser = shutil.which("chromium")
    if not browser:
        sys.exit("no Chromium on this machine")
    if len(sys.argv) > 1:
        return served(Path(sys.argv[1]).absolute(), browser, of_study)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        start(here, "fit", "iris", "--out", "runs/flowers", "--set", "training.epochs=30").wait()
        words = ["fit", "digits", "--force", "--out"]
        killed = start(here, *words, "runs/killed", "--set", *DENSE, "training.epochs=100000")
        while not (here / "runs/killed/readings.jsonl").exists():
            killed.poll()
        killed.kill()
        killed.wait()
        wild = ["training.lr=2.0", "training.optimizer=adamw", "training.epochs=3000", "training.schedule=constant"]
        fit = start(here, *words, "runs/wild", "--set", *DENSE, *wild)
        try:
            served(here / "runs", browser, pictures)
        finally:
            fit.terminate()
            fit.communicate()


if __name__ == "__main__":
    main()
