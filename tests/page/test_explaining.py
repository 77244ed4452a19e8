"""Explanations started from the page: by its own form alone, one a run at a time, with what went wrong in three lines."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_page import TOKEN, a_run, visitor

from wellfit.nouns.errors import RunError
from wellfit.page import explaining
from wellfit.page.explaining import PARTS, Explaining, Job
from wellfit.page.guard import form_key

OWN = {"key": form_key(TOKEN), "what": "layers"}
PATIENCE_S = 60


@pytest.fixture
def told(monkeypatch):
    """A stand-in for `wellfit explain`: it prints these lines and ends with this status once `go` is written to it."""
    asked: list[list[str]] = []

    def starts(lines: str, status: int = 0, waits: bool = True) -> list[list[str]]:
        code = (
            f"import sys; print({lines!r}, flush=True); {'sys.stdin.readline();' if waits else ''} sys.exit({status})"
        )

        def begun(folder: Path, what: str, layer: str) -> Job:
            asked.append([folder.name, what, layer])
            pipe = subprocess.PIPE
            return Job(what, layer, subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True))

        monkeypatch.setattr(explaining, "_started", begun)
        return asked

    return starts


def ended(jobs: Explaining, name: str = "a") -> dict:
    """What is shown of a job when it has ended and all it said was read."""
    until = time.monotonic() + PATIENCE_S
    while (shown := jobs.shown(name)) is None or shown["status"] == "working":
        assert time.monotonic() < until
        time.sleep(0.01)
    return shown


def let_go(jobs: Explaining, name: str = "a") -> None:
    stdin = jobs._jobs[name].process.stdin
    assert stdin is not None
    stdin.write("go\n")
    stdin.flush()


def test_every_part_has_a_button():
    from wellfit.verbs.explain import PARTS as KNOWN

    assert tuple(PARTS) == tuple(KNOWN)


@pytest.mark.parametrize(
    ("fields", "headers"),
    [({"key": ""}, {}), ({"key": "0" * 64}, {}), ({}, {"origin": "http://example.org"}),
     ({}, {"sec-fetch-site": "cross-site"})],
)  # fmt: skip
def test_no_other_sites_form_starts_anything(tmp_path, told, fields, headers):
    a_run(tmp_path / "a")
    asked = told("layers")
    answer = visitor(tmp_path).post("/explain/a", data={**OWN, **fields}, headers=headers)
    assert answer.status_code == 403
    assert "does not come from this page" in answer.text
    assert asked == []


def test_a_get_and_a_wrong_token_start_nothing(tmp_path, told):
    a_run(tmp_path / "a")
    asked = told("layers")
    assert visitor(tmp_path).get("/explain/a").status_code == 404
    assert visitor(tmp_path, token="wrong").post("/explain/a", data=OWN).status_code == 403
    assert visitor(tmp_path).post("/explain/b", data=OWN).status_code == 404
    assert asked == []


def test_the_pages_own_form_starts_it_and_the_run_says_so(tmp_path, told):
    a_run(tmp_path / "a")
    asked = told("layers    3 layers", waits=False)
    client = visitor(tmp_path)
    assert all(f'value="{word}"' in client.get("/run/a").text for word in PARTS)
    answer = client.post("/explain/a", data={**OWN, "layer": " conv2 "}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/run/a#report-title")
    assert asked == [["a", "layers", "conv2"]]
    until = time.monotonic() + PATIENCE_S
    while "/explained/explained/a#layers" not in (page := client.get("/run/a").text):
        assert time.monotonic() < until
        assert "<progress" in page
    assert "Done" in page


def test_a_run_that_goes_on_has_no_buttons(tmp_path):
    a_run(tmp_path / "a", ended=False)
    assert "/explain/a" not in visitor(tmp_path).get("/run/a").text


@pytest.mark.parametrize(
    ("what", "layer", "words"),
    [("layer", "", "take layers"), ("x;rm", "", "take one of them"), ("layers", "a b", "letters, digits, dots"),
     ("layers", "x" * 300, "letters, digits, dots")],
)  # fmt: skip
def test_a_word_or_a_layer_that_is_none_is_refused_in_three_lines(tmp_path, told, what, layer, words):
    a_run(tmp_path / "a")
    asked = told("layers")
    answer = visitor(tmp_path).post("/explain/a", data={**OWN, "what": what, "layer": layer})
    assert answer.status_code == 409
    assert words in answer.text
    assert asked == []


def test_one_a_run_and_few_at_once(tmp_path, told):
    told("layers")
    jobs = Explaining()
    for name in "ab":
        jobs.begin(name, a_run(tmp_path / name).path, "layers")
    for name in "ac":
        with pytest.raises(RunError, match="going on\ndo:    wait until it has ended"):
            jobs.begin(name, a_run(tmp_path / f"{name}2").path, "layers")
    let_go(jobs)
    assert ended(jobs)["status"] == "done"
    jobs.begin("a", tmp_path / "a", "layers")
    jobs.end()
    assert {ended(jobs, name)["status"] for name in "ab"} == {"failed"}


def test_what_went_wrong_is_shown_in_its_three_lines(tmp_path, told):
    told("a line\nasked: the layer 'konv2'\nfound: no such layer\ndo:    write --layer conv2", 2, waits=False)
    jobs = Explaining()
    jobs.begin("a", a_run(tmp_path / "a").path, "layers", "konv2")
    shown = ended(jobs)
    assert shown["status"] == "failed"
    assert [line.split(":")[0] for line in shown["said"]] == ["asked", "found", "do"]


def test_a_folder_of_explanations_that_leads_out_is_not_written_to(tmp_path, told):
    run, asked = a_run(tmp_path / "runs" / "a"), told("layers")
    (tmp_path / "elsewhere").mkdir()
    (run.path / "explained").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="leads out of the run"):
        Explaining().begin("a", run.path, "layers")
    assert asked == []


def test_parts_of_an_explanation_are_not_listed_as_pages(tmp_path):
    run = a_run(tmp_path / "a")
    (run.path / "explained").mkdir()
    for name in ("layers.html", "layers.json", "explained.html"):
        (run.path / "explained" / name).write_text("<p>")
    page = visitor(tmp_path).get("/run/a").text
    assert "/explained/explained/a" in page
    assert "/explained/layers/a" not in page
