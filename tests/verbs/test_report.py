"""The report: one page from the run's files alone, whatever became of the run."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fake_run import bare_run, pictures_run, poison, table_run

from wellfit.nouns.errors import RunError
from wellfit.nouns.explained import FOLDER, Atlas, Gallery, Listing, Part, Tile
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.recipe import Recipe, from_words
from wellfit.nouns.run import Run
from wellfit.verbs.explain import write_part
from wellfit.verbs.report import learnt, page, report
from wellfit.verbs.report.findings import snippet
from wellfit.verbs.report.words import breakable, label, plain, prose

VOID = {"meta", "img", "br", "link", "input", "hr", "path", "use", "rect"}
SECTIONS = ["data", "network", "checks", "training", "inside", "findings", "test", "learnt", "recipe", "environment"]


class Page(HTMLParser):
    """The tags of a page with their attributes, its text, and whether every tag is closed."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, name: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("runs")
    runs = {
        "pictures": pictures_run(folder / "a"),
        "table": table_run(folder / "b"),
        "targets": table_run(folder / "c", 3),
        "interrupted": pictures_run(folder / "d", upto=1, test=False),
        "many": pictures_run(folder / "e", classes=tuple(f"class number {k} with a long name" for k in range(1000))),
        "bare": bare_run(folder / "f"),
        "looked": looked_into(bare_run(folder / "g")),
    }
    return {name: report(run).read_text(encoding="utf-8") for name, run in runs.items()}


EVERY = ("pictures", "table", "targets", "interrupted", "many", "bare", "looked")


def looked_into(run: Run) -> Run:
    """With what `wellfit explain` writes, of each kind of figure one."""
    dot = np.zeros((4, 4), np.uint8)
    figures = (
        Listing("A table", "Rows.", ("layer", "units"), (("conv <1>", "8"),)),
        Gallery("A gallery", "Pictures.", (("a", (Tile(dot, "a picture", "note"),)),), ("painted",)),
        Gallery("A wall", "Pictures.", (("first", (Tile(dot, "one"),)),)),
    )
    plane = Atlas("A plane", "Cells.", (2, 2), ((0, 1),), (Tile(dot, "speaks for 7", "7"),), ("7",))
    write_part(run.path / FOLDER, Part("layers", "What the layers do", "said", "A lead.", figures))
    write_part(run.path / FOLDER, Part("atlas", "Everything a layer says", "said", "A lead.", (plane,)))
    return run


@pytest.mark.parametrize("name", EVERY)
def test_every_run_gets_a_whole_page(pages: dict[str, str], name: str):
    read = Page(pages[name])
    assert read.open == [], "every tag is closed"
    assert [a["id"] for a in read.all("section")] == SECTIONS
    assert "could not be drawn" not in read.text
    assert not re.search(r"\bNone\b|\bundefined\b|<built-in|\{\{|\bnan\b", read.text)


@pytest.mark.parametrize("name", EVERY)
def test_the_page_is_light_and_stands_alone(pages: dict[str, str], name: str):
    read = Page(pages[name])
    assert len(pages[name].encode()) < 1_000_000
    assert not read.all("script")
    assert not read.all("link")
    for _, attrs in read.tags:
        for key in ("src", "href", "xlink:href", "srcset"):
            assert attrs.get(key, "#").startswith(("#", "data:image/")), f"{key} fetches {attrs[key][:60]}"
        assert not [key for key in attrs if key.startswith("on")]
    assert not re.search(r"url\((?!#)|@import|https?://", "".join(re.findall(r"<style>.*?</style>", pages[name], re.S)))
    policy = next(a["content"] for a in read.all("meta") if "http-equiv" in a)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.mark.parametrize("name", EVERY)
def test_the_page_can_be_read_by_keyboard_and_ear(pages: dict[str, str], name: str):
    read = Page(pages[name])
    assert read.all("html")[0]["lang"] == "en"
    assert len(read.all("h1")) == len(read.all("main")) == len(read.all("nav")) == 1
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(levels)), "no level of heading is skipped"
    assert all(a.get("scope") in ("row", "col", "colgroup") for a in read.all("th"))
    assert all(a.get("alt") for a in read.all("img"))
    assert all(a.get("role") == "img" and a.get("aria-label") for a in read.all("svg"))
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids)), "no id twice"
    targets = {a["href"][1:] for a in read.all("a")} | {
        a["aria-labelledby"] for _, a in read.tags if "aria-labelledby" in a
    }
    assert targets <= set(ids), "every link and label leads somewhere"
    uses = {a["href"][1:] for a in read.all("use")} | set(re.findall(r"url\(#([^)]+)\)", pages[name]))
    assert uses <= set(ids), "every part of a drawing is there"


def test_the_page_tells_the_verdict_the_figure_and_the_baseline(pages: dict[str, str]):
    text = " ".join(Page(pages["pictures"]).text.split())
    assert "Well fitted" in text
    assert "Training and validation loss agree" in text
    assert re.search(r"0\.9\d\d 0\.956 to 0\.986 Accuracy and its 95 % interval, on 360 test examples", text)
    assert "against 0.103 without a network: always '3', the commonest class in training" in text
    for said in ("3 validation or test rows copy", "MaxPool2d", "Scale kept", "1.5 %", "torch", "2.13.0"):
        assert said in text


def test_the_worst_mistakes_are_pictures_with_what_they_are_and_what_was_said(pages: dict[str, str]):
    worst = [a for a in Page(pages["pictures"]).all("img") if a["alt"].startswith("test picture")]
    assert 1 <= len(worst) <= 24
    assert all(re.fullmatch(r"test picture, row \d+: \d, taken for \d", a["alt"]) for a in worst)


def test_regression_shows_units_and_the_columns_of_the_table(pages: dict[str, str]):
    text = Page(pages["table"]).text
    for said in (
        "USD",
        "median_house_value",
        "ocean_proximity",
        "207",
        "Predicted against true",
        "Residuals",
        "capped",
    ):
        assert said in text
    assert "Confusion" not in text


def test_what_was_explained_stands_in_the_report_below_its_own_chapter(pages: dict[str, str]):
    chapter = pages["looked"].partition('<section id="learnt"')[2].partition("</section>")[0]
    assert re.findall(r"<(h\d)[^>]*>(?:<span.*?</span>)?(.*?)</h\d>", chapter) == [
        ("h2", "What it learnt"),
        ("h3", "What the layers do"),
        ("h4", "A table"),
        ("h4", "A gallery"),
        ("h4", "A wall"),
        ("h5", "first"),
        ("h3", "Everything a layer says"),
        ("h4", "A plane"),
    ]
    assert "conv &lt;1&gt;" in chapter
    assert "--what atlas" in chapter
    assert "Nobody has looked" in pages["bare"]
    assert ".plane" not in pages["bare"], "its style is there only where it is needed"


def test_an_explanation_that_is_too_large_or_damaged_costs_only_itself(tmp_path: Path, monkeypatch):
    run = looked_into(bare_run(tmp_path / "a"))
    monkeypatch.setattr(learnt, "MOST_BYTES", len((run.path / FOLDER / "layers.html").read_bytes()))
    first, second = learnt.explanation(run)
    assert first["body"]
    assert not second["body"], "told, not shown"
    (run.path / FOLDER / "layers.json").write_text("{")
    assert [p["word"] for p in learnt.explanation(run)] == ["atlas"]


def test_an_interrupted_run_says_so_and_that_there_is_no_test(pages: dict[str, str]):
    text = Page(pages["interrupted"]).text
    assert "Training was interrupted after 1 of 60 epochs" in text
    assert "the test rows have not been touched" in text


def test_a_run_killed_at_once_has_a_page(pages: dict[str, str]):
    text = Page(pages["bare"]).text
    assert "This run has not ended" in text
    assert "No epoch has ended yet" in text


def test_a_thousand_classes_are_summed_up(pages: dict[str, str]):
    text = Page(pages["many"]).text
    assert "Most confused classes" in text
    assert "1000 classes" in text


def test_html_in_names_stays_text(tmp_path: Path):
    evil = "<script>alert(1)</script>\"'&"
    run = table_run(tmp_path / "run", 2)
    facts = run.read_json("data.json")
    facts |= {"name": evil, "target_names": [evil, "$x^2$ \\frac"], "input_names": [evil] * 6, "baseline": evil}
    facts |= {"missing": {evil: 3}, "left_out": {evil: evil}, "units": {evil: evil}}
    facts["layers"][0]["name"] = evil
    run.write_json("data.json", facts)
    run.write_json("environment.json", {evil: evil, "machine": {evil: [evil]}})
    stages = (("ok", "check"), ("error", "check"), ("warning", "training"), ("info", "verdict"))
    about = {"source": evil, "limit": 1.0, "change": {f"a.{evil}": evil}}
    run.write_findings([Finding(evil, s, evil, evil, evil, stage=stage, **about) for s, stage in stages])
    run.append([Reading("grad_norm", 1.0, k, float(k), evil) for k in range(5)])
    html = page(run)
    read = Page(html)
    assert not read.all("script")
    assert "could not be drawn" not in html
    assert read.text.count(evil) > 10


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300, -5.0, 0.0])
def test_losses_that_are_not_as_they_should_be_are_shown(tmp_path: Path, value: float):
    run = pictures_run(tmp_path / "run", test=False)
    for name in ("train_loss", "valid_loss", "valid_loss_se", "valid_score", "grad_norm", "loss"):
        poison(run, name, value, after_epoch=0.5 if name in ("grad_norm", "loss") else 30)
    html = page(run)
    assert "could not be drawn" not in html
    if not np.isfinite(value):
        assert "stopped being finite in epoch 30" in html


def test_one_epoch_of_nothing_finite_is_a_page(tmp_path: Path):
    readings = [Reading(name, float("nan"), 10, 1.0) for name in ("train_loss", "valid_loss", "lr", "valid_score")]
    text = Page(page(bare_run(tmp_path / "run", *readings))).text
    assert "the validation loss stopped being finite in epoch 1" in text


def test_a_chart_that_fails_costs_only_itself(tmp_path: Path, monkeypatch):
    import wellfit.charts.confusion as broken

    monkeypatch.setattr(broken, "confusion", lambda task: 1 / 0)
    html = page(pictures_run(tmp_path / "run"))
    assert "The chart <code>confusion</code> could not be drawn: ZeroDivisionError" in html
    assert "Reliability of the probabilities" in html


def test_a_damaged_file_is_named(tmp_path: Path):
    run = pictures_run(tmp_path / "run")
    (run.path / "evidence.npz").write_bytes((run.path / "evidence.npz").read_bytes()[:500])
    with pytest.raises(RunError, match=r"evidence\.npz") as told:
        report(run)
    assert "restore the file" in told.value.do


def test_the_same_run_gives_the_same_page(tmp_path: Path):
    run = table_run(tmp_path / "run")
    assert page(run) == page(run)


def test_a_findings_change_is_a_command_that_the_recipe_takes():
    change = {
        "training.lr": 1e-5,
        "network.widths": (64, 64),
        "network.dropout": 0.2,
        "network.init": "he",
        "data.skip_bad": True,
    }
    words = shlex.split(
        snippet(Finding("x", "warning", "", change=change), {"source": "'my data.csv'", "path": "runs/a"})
    )
    assert words[:5] == ["wellfit", "fit", "my data.csv", "--recipe", "runs/a/recipe.toml"]
    given = from_words([w for w in words[5:] if w != "--set"])
    made = Recipe.of(given).flat()
    assert {k: made[k] for k in change} == change


def test_a_change_that_is_no_recipes_gives_no_command():
    assert (
        snippet(Finding("x", "warning", "", change={"line 12": "loss.backward()"}), {"source": "a", "path": "b"}) == ""
    )


def test_the_report_reads_the_folder_alone(tmp_path: Path):
    run = pictures_run(tmp_path / "run")
    moved = tmp_path / "elsewhere"
    run.path.rename(moved)
    assert report(Run.open(moved)) == moved / "report.html"
    assert json.loads((moved / "result.json").read_text())["status"] == "done"


def test_text_is_set_as_a_typesetter_would():
    assert prose("rate 3.80e-05 in conv1e-5, -2.5 (5 %)") == "rate 3.8·10⁻⁵ in conv1e-5, −2.5 (5\u00a0%)"
    assert label("lr-too-high") == "Learning rate too high"
    assert [plain(v) for v in (0.05, 60.0, None, 123456.0)] == ["0.05", "60", "", "123,000"]
    assert breakable("SeaLake_2") == "Sea\u200bLake_\u200b2"
