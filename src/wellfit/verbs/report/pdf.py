"""PDF: the report printed by a browser of this machine; no other program sets HTML and SVG as well."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from wellfit.nouns.errors import RunError
from wellfit.nouns.run import Run

PDF = "report.pdf"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "brave-browser",
)
MOST_S = 180.0


def printed(run: Run, page: Path) -> Path:
    """report.pdf of the report `page` in the run's folder, whole or not at all.

    Raises RunError where there is no browser that prints, or where it fails.
    """
    browser = next((found for word in BROWSERS if (found := shutil.which(word))), None)
    asked = f"{run.path / PDF}"
    if browser is None:
        do = f"install Chromium (apt install chromium), or print {page} from a browser of yours"
        raise RunError(asked, "no Chromium, Chrome or Edge on this machine, which prints it", do)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / PDF
        words = [browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
        words += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={out}", page.absolute().as_uri()]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            words.insert(1, "--no-sandbox")  # Chromium refuses its sandbox to root; the page has no scripts
        try:
            done = subprocess.run(words, capture_output=True, timeout=MOST_S, text=True, errors="replace")
            why = (
                "" if out.is_file() else (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
            )
        except subprocess.TimeoutExpired:
            why = f"no answer in {MOST_S:.0f} s"
        except OSError as error:
            why = error.strerror or str(error)
        if why:
            raise RunError(asked, f"{browser}: {why}", f"print {page} from a browser of yours")
        return run.write(PDF, out.read_bytes())
