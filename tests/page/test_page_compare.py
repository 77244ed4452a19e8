"""Runs side by side on the page, whatever state they are in."""

from __future__ import annotations

import html
import json
import re

import numpy as np
from fake_page import a_run, visitor


def test_marked_runs_are_set_side_by_side(tmp_path):
    rng = np.random.default_rng(0)
    for name, lr in (("a", 0.1), ("b <i>", 0.5)):
        run = a_run(tmp_path / name, **{"training.lr": lr})
        np.savez(run.path / "evidence.npz", test_loss=rng.gamma(1, 1, 30))
    text = visitor(tmp_path).get("/compare", params={"run": ["a", "b <i>"]}).text
    assert "<i>" not in text
    for words in ("0.9000 [0.8000, 0.9500]", "training.lr", "0.5", "test loss of a less that of b &lt;i&gt;"):
        assert words in text
    (chart,) = re.findall(r'data-chart="([^"]*)"', text)
    assert [s["label"] for s in json.loads(html.unescape(chart))] == ["a", "b <i>"]


def test_seeds_are_one_curve_with_its_spread(tmp_path):
    for k in range(2):
        a_run(tmp_path / f"a{k}", **{"training.seed": k})
    text = visitor(tmp_path).get("/compare?run=a0&run=a1").text
    (chart,) = re.findall(r'data-chart="([^"]*)"', text)
    (series,) = json.loads(html.unescape(chart))
    assert series["label"] == "a0 and 1 other seed"
    assert series["low"] == series["y"]


def test_what_is_damaged_or_going_on_is_set_beside_the_others(tmp_path):
    a_run(tmp_path / "whole")
    a_run(tmp_path / "going on", ended=False)
    broken = a_run(tmp_path / "broken").path
    for file in ("recipe.toml", "result.json", "evidence.npz", "environment.json", "readings.jsonl"):
        (broken / file).write_bytes(b"PK\x03\x04{")
    names = ["whole", "going on", "broken"]
    assert visitor(tmp_path).get("/compare", params={"run": names}).status_code == 200


def test_fewer_than_two_or_unknown_runs_are_refused_in_three_lines(tmp_path):
    a_run(tmp_path / "a")
    client = visitor(tmp_path)
    assert "mark two or more" in client.get("/compare?run=a").text
    answer = client.get("/compare?run=a&run=../a")
    assert (answer.status_code, "it is not there" in answer.text) == (404, True)
