"""Heavy imports are late: `import wellfit` and `wellfit --help` load neither torch nor pandas nor scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "pandas", "sklearn", "matplotlib", "scipy", "pyarrow", "PIL", "numpy")


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_import_loads_nothing_heavy():
    assert not loaded_by("import wellfit") & set(HEAVY)


def test_help_loads_nothing_heavy():
    code = "import contextlib, sys; sys.argv = ['wellfit', '--help']\nfrom wellfit.cli import main\n"
    code += "with contextlib.suppress(SystemExit):\n    main()"
    assert not loaded_by(code) & set(HEAVY)


def test_every_public_name_loads():
    code = "import wellfit\nfor name in wellfit.__all__:\n    getattr(wellfit, name)"
    assert "torch" in loaded_by(code)


def test_the_public_names_are_those_that_load():
    import wellfit

    assert set(wellfit.__all__) == {"__version__", *wellfit._PUBLIC}


def test_the_doctor_begins_without_what_its_plain_path_does_not_need(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text("import sys; print(*sys.modules)")
    done = subprocess.run(
        [sys.executable, "-m", "wellfit", "doctor", "--no-trials", str(script)],
        capture_output=True,
        text=True,
        check=True,
    )
    late = {
        "cyclopts",
        "rich",
        "pydantic",
        "pandas",
        "sklearn",
        "wellfit.cli",
        "wellfit.verbs.trials",
        "wellfit.verbs.patch",
    }
    assert not late & set(done.stdout.split())
