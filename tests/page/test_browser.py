"""The page in a real browser: a training is started, its curve moves, a finding appears, and a button stops it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_S = 240  # for what other processes are doing; far more than it takes
WILD = ["network.name=dense", "network.widths=[16]", "training.optimizer=adamw", "training.lr=3.0"]
WILD += ["training.epochs=100000", "training.patience=0", "training.schedule=constant"]


@pytest.fixture
def processes():
    """Processes started by a test, ended with it."""
    started: list[subprocess.Popen] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


ATTENTIVE = "from wellfit.verbs import notice; notice.BUDGET_FRAC = 1.0; from wellfit.cli import main; main()"
"""wellfit that takes as much time as it wants to notice what is wrong, so that the test need not wait for its share."""


def start(*words: str, cwd: Path) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", ATTENTIVE, *words],
        cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_training_is_watched_and_stopped_from_a_browser(tmp_path, processes):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    (tmp_path / "runs").mkdir()
    server = start("page", "runs", "--port", "0", cwd=tmp_path)
    processes.append(server)
    assert server.stdout is not None
    address = re.search(r"http://\S+", server.stdout.readline())
    assert address is not None
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address[0])
        sync.expect(page.locator("#rows")).to_contain_text("No runs here yet")
        fit = start("fit", "iris", "--force", "--out", "runs/wild", "--set", *WILD, cwd=tmp_path)
        processes.append(fit)
        page.get_by_role("link", name="wild").click()  # it appears in the list by itself
        curve = page.locator('[data-chart="train_loss"] path.curve').first
        curve.wait_for(state="attached")
        before = curve.get_attribute("d")
        sync.expect(curve).not_to_have_attribute("d", before or "", timeout=PATIENCE_S * 1000)
        page.locator("#findings article h3", has_text="Learning rate too high").wait_for()
        page.locator("#findings .proof path").first.wait_for(state="attached")
        page.reload()
        page.get_by_role("button", name="Stop training").click()
        page.locator("#head .status", has_text="interrupted").wait_for()
        page.get_by_role("link", name="The whole report").wait_for()
        assert wrong == []
        browser.close()
    assert fit.wait(PATIENCE_S) == 130
    assert json.loads((tmp_path / "runs/wild/result.json").read_text())["status"] == "interrupted"
    begun = time.monotonic()
    server.send_signal(2)
    assert server.wait(PATIENCE_S) == 0
    assert time.monotonic() - begun < PATIENCE_S


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_an_explanation_is_asked_for_in_a_browser_and_its_pictures_come(tmp_path, processes):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    quick = ["network.name=dense", "network.widths=[8]", "training.epochs=2", "watch.budget_frac=0"]
    fit = start("fit", "iris", "--force", "--out", "runs/one", "--set", *quick, cwd=tmp_path)
    processes.append(fit)
    assert fit.wait(PATIENCE_S) == 0
    server = start("page", "runs", "--port", "0", cwd=tmp_path)
    processes.append(server)
    assert server.stdout is not None
    address = re.search(r"http://\S+", server.stdout.readline())
    assert address is not None
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(address[0])
        page.get_by_role("link", name="one").click()
        page.get_by_label("of the layer").fill("outptu")
        page.get_by_role("button", name="what units look for").click()
        sync.expect(page.locator(".explaining pre")).to_contain_text("--layer output", timeout=PATIENCE_S * 1000)
        page.get_by_role("button", name="what the layers do").click()
        page.locator(".explaining progress").wait_for(state="attached")
        page.locator(".explaining .ok", has_text="Done").wait_for()
        seen = page.frame_locator("iframe#picture")
        seen.get_by_role("heading", name="How answers are spread").wait_for()
        browser.close()
    assert (tmp_path / "runs/one/explained/layers.json").is_file()
    server.send_signal(2)
    assert server.wait(PATIENCE_S) == 0
