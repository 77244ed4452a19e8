"""A run as a notebook shows it, and its report as a PDF."""

from __future__ import annotations

import stat

import pytest
from fake_run import bare_run, pictures_run, table_run

import wellfit as wf
from wellfit.nouns.errors import RunError
from wellfit.nouns.reading import Reading
from wellfit.verbs.report.card import card
from wellfit.verbs.report.pdf import printed

FAKE = """#!/bin/sh
for word in "$@"; do case "$word" in --print-to-pdf=*) printf '%s' "$*" > "${word#--print-to-pdf=}";; esac; done
"""


def test_a_run_shows_its_verdict_test_curves_and_findings(tmp_path):
    shown = wf.open(table_run(tmp_path / "a").path)._repr_html_()
    for words in ("overfitted", "RMSE", "95 % interval", "<svg", "Data leak", "Part the rows by group."):
        assert words in shown


def test_a_run_without_a_test_shows_what_there_is(tmp_path):
    assert "Stop earlier" not in card(pictures_run(tmp_path / "a", upto=5, test=False))
    shown = card(bare_run(tmp_path / "b", Reading("train_loss", 1.0, 10, 1.0), Reading("train_loss", 0.5, 20, 2.0)))
    assert "running" in shown
    assert "<svg" in shown


def test_nothing_of_a_users_is_markup(tmp_path):
    assert "<script>" not in card(table_run(tmp_path / "<script>"))


def test_a_damaged_run_says_what_is_wrong(tmp_path):
    run = pictures_run(tmp_path / "a")
    run.write("result.json", b"{")
    assert "unreadable" in card(run)


def browser(folder, text: str):
    """A program called chromium, the only one on the path."""
    folder.mkdir()
    file = folder / "chromium"
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IEXEC)
    return str(folder)


def test_the_report_is_printed_by_the_machines_browser(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", browser(tmp_path / "bin", FAKE))
    run = bare_run(tmp_path / "a")
    words = printed(run, run.write("report.html", b"<p>")).read_text().split()
    assert words[-1] == (run.path / "report.html").as_uri()
    assert "--headless" in words


@pytest.mark.parametrize(
    ("text", "found"), [("#!/bin/sh\necho no display >&2\nexit 1", "no display"), ("", "chromium")]
)
def test_a_browser_that_fails_is_told_in_three_lines(tmp_path, monkeypatch, text, found):
    monkeypatch.setenv("PATH", browser(tmp_path / "bin", text))
    run = bare_run(tmp_path / "a")
    with pytest.raises(RunError, match=found):
        printed(run, run.write("report.html", b"<p>"))
    assert not (run.path / "report.pdf").exists()


def test_a_machine_without_a_browser_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="apt install chromium"):
        printed(bare_run(tmp_path / "a"), tmp_path / "a" / "report.html")
