"""Every plug-in and command is documented; the reference is made from the code; links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_reference_is_what_the_docstrings_say():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    said = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert said == made.reference(), "run `python docs/make_reference.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_page_is_reached_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "benchmarks.md").read_text(
        encoding="utf-8"
    )
    for page in PAGES[1:]:
        assert page.name in text, f"link docs/{page.name} from the README"


def test_every_command_is_in_the_readme_or_a_page():
    from wellfit.cli import app

    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in app:
        if not command.startswith("-"):
            assert f"wellfit {command}" in text, f"say in the README or a page what `wellfit {command}` does"


def test_no_path_of_a_machine_is_in_the_repository():
    here = {str(ROOT), str(Path.home())} - {"/"}
    for file in [*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py"), *PAGES]:
        text = file.read_text(encoding="utf-8")
        assert not any(f"{path}/" in text for path in here), file


def test_the_page_of_networks_is_what_they_are():
    spec = importlib.util.spec_from_file_location("make_networks", ROOT / "docs" / "make_networks.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    said = (ROOT / "docs" / "networks.md").read_text(encoding="utf-8")
    assert said == made.page(), "run `python docs/make_networks.py`"
