"""A folder of made-up runs and a browser's stand-in, for tests of the page."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette 1.0 would rather have httpx2, which is not of age yet
    from starlette.testclient import TestClient

from wellfit.nouns import living
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.page.app import app

TOKEN = "a-token-for-tests"


def a_run(folder: Path, ended: bool = True, started: float = 1.0, **choices: Any) -> Run:
    """A run with three epochs of losses, a norm by layer and a finding; `ended`: with verdict and test."""
    recipe = Recipe.of({"data.source": "iris", "training.epochs": 3, "training.lr": 0.1, **choices})
    run = Run.create(folder, recipe, {"started": started, "versions": {"wellfit": "0.1.0"}, "fingerprint": "f"})
    living.begin(folder)
    proof = (Reading("update_ratio", 0.5, 20, 2.0, "head"),)
    wrong = Finding(
        "lr-too-high", "error", "The <b>step</b> is too large.", "0.5", "lower it", readings=proof, limit=0.03
    )
    run.write_findings([wrong])
    for e in (1, 2, 3):
        run.append([Reading(n, v / e, 10 * e, float(e)) for n, v in (("train_loss", 0.8), ("valid_loss", 1.0))])
        run.append([Reading("update_ratio", 0.1 * e, 10 * e, float(e), "head")])
    if ended:
        test = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95, "unit": "", "n": 30}}
        run.write_json("data.json", {"name": "iris", "train_s": 1.5})
        run.conclude(Finding("well-fitted", "ok", "Good.", stage="verdict"), [wrong], test)
    return run


def visitor(root: Path, token: str = TOKEN) -> TestClient:
    """A browser that has opened the address with the token."""
    client = TestClient(app(root, TOKEN), base_url="http://127.0.0.1:8642", raise_server_exceptions=False)
    client.get("/", params={"token": token})
    return client
