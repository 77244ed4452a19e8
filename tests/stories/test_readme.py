"""The README is true: its Python runs, its commands are commands with those options."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        line.split("#")[0].strip().replace("[", "").replace("]", "")
        for page in PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*wellfit [a-z]", line) and "..." not in line and "|" not in line
    }
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_readmes_python_runs(tmp_path: Path):
    code = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_in_the_pages_are_commands_with_those_options(command: str):
    from wellfit.cli import app

    words = shlex.split(command.split(">")[0])[1:]
    words = [w.replace("DATA", "digits").replace("COLUMN", "y").replace("FILE", "mine") for w in words]
    function, _, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert callable(function)


def test_the_files_a_newcomer_is_sent_to_have_under_300_lines():
    files = re.findall(r"`(src/wellfit/[\w/]+\.py)`", README)
    assert len(files) == 3
    assert sum(len((ROOT / f).read_text().splitlines()) for f in files) < 300
