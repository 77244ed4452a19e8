"""A search on the page: its trials, what mattered, and whatever state its files are in."""

from __future__ import annotations

import html
import json
import math
import re
from pathlib import Path

import pytest
from fake_page import a_run, visitor

SPACE = """
["training.lr"]
low = 0.001
high = 0.1
prior = "log"
["training.optimizer"]
choices = ["sgd", "adamw"]
["network.widths"]
choices = [[32], [64, 64]]
"""


def a_trial(number: int, loss: float | None, whole: bool = True, **more) -> dict:
    values = {"training.lr": 0.01 * (number + 1), "training.optimizer": "sgd", "network.widths": [64, 64]}
    return {"number": number, "values": values, "loss": loss, "whole": whole, "seconds": 1.5, "why": "", **more}


def a_study(folder: Path, trials: list | None = None, **result) -> Path:
    folder.mkdir(parents=True)
    (folder / "space.toml").write_text(SPACE)
    usual = [a_trial(0, 0.5), a_trial(1, 0.25), a_trial(2, 0.125, False, why="behind <b>"), a_trial(3, None)]
    (folder / "trials.json").write_text(json.dumps(usual if trials is None else trials))
    if result:
        (folder / "result.json").write_text(json.dumps(result))
    a_run(folder / "trials" / "0001")
    return folder


def drawn(text: str) -> dict:
    (found,) = re.findall(r'data-drawn="([^"]*)"', text)
    return json.loads(html.unescape(found))


def test_trials_are_drawn_and_listed_the_best_that_came_to_its_end_first(tmp_path):
    a_study(tmp_path / "s")
    client = visitor(tmp_path)
    assert '"/study/s"' in client.get("/").text
    text = client.get("/study/s").text
    found = drawn(text)
    assert [line["number"] for line in found["lines"]] == [1, 0, 3, 2]
    assert found["lines"][0]["values"] == [0.02, "sgd", "64-64"]
    assert found["axes"][0] | {"unit": ""} == {
        "key": "training.lr", "name": "lr", "unit": "", "numbers": True, "low": 0.001, "high": 0.1, "log": True,
    }  # fmt: skip
    assert found["best"] == {"each": [0.5, 0.25, None], "least": [0.5, 0.25, 0.25]}
    assert "behind &lt;b&gt;" in text
    assert client.get(re.findall(r'href="(/run/s/trials/0001)"', text)[0]).status_code == 200


def test_what_mattered_and_the_comparisons_are_told(tmp_path):
    weights = [{"axis": "training.lr", "share": 0.59, "low": 0.002, "high": 0.0098, "best": []}]
    a_study(tmp_path / "s", summary="A better recipe.", importance=weights, comparisons=[{"words": "accuracy 0.9"}])
    text = visitor(tmp_path).get("/study/s").text
    for words in ("A better recipe.", "59 %", "0.00200 to 0.00980", "accuracy 0.9."):
        assert words in text


def test_a_page_on_a_study_is_told_what_is_new(tmp_path):
    folder, client = a_study(tmp_path / "s", []), visitor(tmp_path)
    assert client.get("/study-now/s").json()["drawn"]["lines"] == []
    (folder / "trials.json").write_text(json.dumps([a_trial(0, 0.5)]))
    now = client.get("/study-now/s").json()
    assert len(now["drawn"]["lines"]) == 1
    assert "1 trial<" in now["parts"]["found"]


@pytest.mark.parametrize("file", ["space.toml", "trials.json", "result.json"])
@pytest.mark.parametrize("rubbish", [b"", b"{", b"[3]", b"null", b'{"importance": 3, "comparisons": [4]}', b"\xff"])
def test_a_damaged_file_of_a_study_costs_nothing_but_what_it_held(tmp_path, file, rubbish):
    (a_study(tmp_path / "s") / file).write_bytes(rubbish)
    client = visitor(tmp_path)
    assert {client.get(a).status_code for a in ("/", "/study/s", "/study-now/s")} == {200}


def test_trials_of_another_version_are_shown_as_far_as_they_go(tmp_path):
    odd = [{"values": {}}, {"values": {"training.lr": "many"}, "loss": "x", "number": "y"}, 3, {"values": 4}]
    odd += [a_trial(5, math.inf, finding={"x": 1}), a_trial(6, 0.5, seconds=None, why=None)]
    a_study(tmp_path / "s", odd)
    assert len(drawn(visitor(tmp_path).get("/study/s").text)["lines"]) == 4


def test_the_studys_own_page_is_shown_shut_in_and_no_other_file(tmp_path):
    folder, client = a_study(tmp_path / "runs" / "s"), visitor(tmp_path / "runs")
    assert client.get("/study-page/s").status_code == 404
    (folder / "study.html").write_text("<h1>Own</h1>")
    answer = client.get("/study-page/s")
    assert "Own" in answer.text
    assert answer.headers["content-security-policy"].startswith("sandbox")
    (folder / "study.html").unlink()
    (tmp_path / "secret").write_text("secret-of-another")
    (folder / "study.html").symlink_to(tmp_path / "secret")
    for address in ("/study-page/s", "/study/..", "/study-page/../secret", "/study/nowhere"):
        assert "secret-of-another" not in client.get(address).text
