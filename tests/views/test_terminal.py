"""The terminal view on terminals of every kind, and in a pipe."""

from __future__ import annotations

import io
import re

import pytest
from fake import Terminal, checked, moment, story

from wellfit.nouns.stage import Stage
from wellfit.views import terminal
from wellfit.views.terminal import show
from wellfit.views.terminal.screen import screen

ESCAPE = "\x1b["


@pytest.fixture(autouse=True)
def _a_usual_terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "LC_ALL", "LC_CTYPE", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")


def shown(file, stages=None, **options) -> str:
    list(show(story() if stages is None else stages, screen(file), **options))
    return file.getvalue()


def lines(text: str) -> list[str]:
    """What remains to be read when the cursor's movements and colours are taken out."""
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()]


def test_every_stage_is_handed_on_as_it_was():
    stages = list(story())
    assert list(show(stages, screen(io.StringIO()))) == stages


def test_in_a_pipe_one_stage_is_one_plain_line():
    text = shown(io.StringIO())
    assert ESCAPE not in text
    assert "\r" not in text
    said = text.splitlines()
    assert said[0] == "data      digits: 1,797 pictures of 10 classes"
    assert sum(line.startswith("checks") for line in said) == 2
    assert said[-1] == "report    runs/a/report.html"


def test_in_a_pipe_training_is_told_at_its_start_and_end_and_only_then_where_it_is_quick():
    said = [line for line in shown(io.StringIO()).splitlines() if line.startswith("training")]
    assert len(said) == 2
    assert said[0] == "training  epoch 0 of 4"
    assert "4 epochs in" in said[1]
    assert "epoch 4, validation loss 0.275 ± 0.010" in said[1]


def test_in_a_pipe_a_long_training_gets_a_line_every_few_seconds(monkeypatch):
    now = iter(range(0, 1000, 3))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(now))
    stages = (moment(e, epochs=9, train_loss=0.5, valid_loss=0.6, best=False) for e in range(10))
    said = shown(io.StringIO(), stages).splitlines()
    assert 3 <= len(said) <= 6
    assert "loss 0.500, validation 0.600" in said[1]


def test_a_line_in_a_pipe_is_never_broken_however_long():
    text = shown(io.StringIO(), [Stage("data", "word " * 1500 + "end")])
    assert len(text.splitlines()) == 1


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end():
    text = shown(Terminal())
    assert "0/4" in text
    assert "━" in text
    assert "0/4" not in text[text.index("4 epochs in") :]


def test_a_terminal_is_told_what_is_waited_for():
    text = shown(Terminal())
    for what in ("reading the data", "choosing a network", "checking before training", "writing the report"):
        assert what in text


def test_a_terminal_shows_a_label_once_for_lines_that_belong_together():
    text = "\n".join(lines(shown(Terminal(), [checked(), checked(), checked()])))
    assert text.count("checks ") == 1
    assert text.count("First loss 2.31") == 3


@pytest.mark.parametrize("width", [1, 8, 20, 39, 40, 60, 100, 300])
def test_no_line_is_wider_than_its_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")  # where what is written is what is seen
    for line in lines(shown(Terminal(), layers=True)):
        assert len(line) <= max(width, 13), line


@pytest.mark.parametrize("width", [1, 8, 20, 40, 60, 100, 300])
def test_the_bar_fits_every_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    where = screen(Terminal())
    told = terminal._Shown(where, layers=False)
    stages = [moment(e, 90, train_loss=0.123, valid_loss=2.5 / e, examples_s=123456.0) for e in range(1, 80)]
    for stage in stages:
        told.take(stage)
    where.console.print(told.below(stages[-1]))
    (line, *more) = lines(where.console.file.getvalue())
    assert len(more) <= 1  # the small curves, where there is room
    assert all(len(line) <= width for line in more)
    assert len(line) <= max(0, width - 2)
    assert ("79/90" in line) == (width >= 8)
    assert ("loss 0.123" in line) == (width >= 40)
    assert ("examples/s" in line) == (width >= 100)
    assert set("▇█") & set("".join([line, *more])) or width < 100


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    codes = re.findall(r"\x1b\[([0-9;]*)m", shown(Terminal()))
    assert not [c for code in codes for c in code.split(";") if c[:1] in "349" and len(c) == 2]


def test_a_dumb_terminal_gets_no_escapes(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in shown(Terminal())


@pytest.mark.parametrize(
    ("variable", "value", "encoding"),
    [("LANG", "C", "utf-8"), ("LC_ALL", "POSIX", "utf-8"), ("TERM", "dumb", "utf-8"), ("LANG", "en_GB", "ascii")],
)
def test_without_unicode_all_is_said_in_ascii(monkeypatch, variable, value, encoding):
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")  # as Python sets it by itself for LANG=C
    text = shown(Terminal(encoding), layers=True)
    assert text.isascii()
    assert "64x8" in text
    assert "+-" in text


@pytest.mark.parametrize(("severity", "mark"), [("ok", "✓"), ("info", "i"), ("warning", "!"), ("error", "✗")])
def test_every_severity_has_its_mark(severity, mark):
    assert f"checks    {mark} First loss" in shown(io.StringIO(), [checked(severity)])


def test_what_is_wrong_comes_with_its_figures_and_what_to_do():
    wrong = shown(io.StringIO(), [checked("error")])
    assert "(1,024 rows ± 3) → scale the inputs" in wrong
    assert "1,024 rows" not in shown(io.StringIO(), [checked("ok")])


def test_a_check_without_a_figure_in_its_sentence_shows_its_evidence():
    assert "(1,024 rows ± 3)" in shown(io.StringIO(), [checked("ok", "Every parameter gets a gradient.")])


def test_the_verdict_is_said_before_what_is_wrong():
    text = shown(io.StringIO())
    assert text.index("Well fitted: skill 0.99.") < text.index("The batch is small.")
    assert "well-fitted: Well fitted" not in text


def test_an_interrupted_training_says_so_and_which_epoch_is_kept():
    text = shown(io.StringIO(), story(interrupted=True))
    assert "stopped by you at epoch 2.5 of 4" in text
    assert "best (kept): epoch 2" in text


def test_the_summary_shows_every_layer():
    assert re.search(r"0 +Linear +64×8 +4,160", shown(io.StringIO(), layers=True))


def test_an_error_in_the_story_leaves_the_terminal_as_it_was():
    def breaks():
        yield from list(story())[:6]
        raise ValueError("no")

    file = Terminal()
    with pytest.raises(ValueError, match="no"):
        shown(file, breaks())
    assert file.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in file.getvalue()[-40:]


def test_a_path_in_a_terminal_is_whole_on_its_line():
    assert "runs/a/report.html" in "\n".join(lines(shown(Terminal())))


def test_between_two_parts_of_an_explanation_something_says_that_it_goes_on():
    shown_ = terminal._Shown(screen(io.StringIO()), False)
    assert "next part" in str(
        shown_.below(Stage("layers", "11 layers", None, {"part": "layers"})).columns[1]._cells[0].text
    )
    assert shown_.below(Stage("page", "explained.html")) == ""
