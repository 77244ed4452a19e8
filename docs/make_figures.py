"""Make the figures of these pages by running what they show: `python docs/make_figures.py`.

terminal.svg: what `wellfit fit digits` prints; report.png: the top of its report, where Chromium is installed;
doctor.png: the top of the page that `wellfit doctor --report` makes of examples/doctor/wine.py, whose text goes into
doctor.md and the README too; series.png: forecasts of the report on a series; augmentation.jpg: two photographs that
scikit-learn brings, varied; field.png, field_error.png, downscaled.png: maps of the reports on air temperature;
masks.png: outlines over nuclei;
explain.png, features.png, landscape.png, atlas.png and more: what `wellfit explain` says of digits (`explain`);
explain_field*.png, explain_masks*.png, explain_series*.png: what it says of a field, a segmentation and a series (`looked`);
drawn_vae.png, drawn_gan.png: what runs on digits draw; study.png: the page of a search, whose words go into tune.md.
`make_figures.py fit`, `doctor`, `series`, `augmentation`, `fields`, `downscaled`, `masks`, `explain`, `looked`, `drawn` or
`tune` makes one of them; a run's folder beside the word (`fields runs/air`) is drawn as it is, so that nothing is trained
or explained again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from pathlib import Path

from rich.console import Console
from rich.text import Text

FIGURES = Path(__file__).parent / "figures"
WIDE = 112
WORDS = (
    "fit",
    "doctor",
    "series",
    "augmentation",
    "fields",
    "downscaled",
    "masks",
    "explain",
    "looked",
    "drawn",
    "tune",
)
ROOT = Path(__file__).parents[1]
CO2 = (ROOT / "../shared/data/co2_mauna_loa_weekly.csv").resolve()
AIR = (ROOT / "../shared/data/air_temperature.nc").resolve()
NUCLEI = (ROOT / "../shared/data/nuclei.zip").resolve()
NINO = AIR.with_name("nino34_monthly_anomaly.txt")
WINE = ROOT / "examples" / "doctor" / "wine.py"
EXPLAINED = {
    "digits": {
        "attribution": ("explain.png", 1480),
        "examples": ("explain_examples.png", 900),
        "layers": ("explain_layers.png", 1400),
        "features": ("features.png", 1560),
        "landscape": ("landscape.png", 1480),
        "blocks": ("explain_blocks.png", 1900),
        "atlas": ("atlas.png", 1500),
    },
    "air": {
        "attribution": ("explain_field.png", 1320),
        "examples": ("explain_field_worst.png", 1300),
        "layers": ("explain_field_layers.png", 900),
        "features": ("explain_field_features.png", 1000),
        "landscape": ("explain_field_landscape.png", 760),
        "blocks": ("explain_field_blocks.png", 1150),
        "atlas": ("explain_field_atlas.png", 1100),
    },
    "nuclei": {
        "attribution": ("explain_masks.png", 1000),
        "examples": ("explain_masks_worst.png", 1100),
        "layers": ("explain_masks_layers.png", 1300),
        "features": ("explain_masks_features.png", 1300),
        "landscape": ("explain_masks_landscape.png", 760),
        "blocks": ("explain_masks_blocks.png", 1300),
        "atlas": ("explain_masks_atlas.png", 1100),
    },
    "nino": {
        "attribution": ("explain_series.png", 1300),
        "examples": ("explain_series_worst.png", 1000),
        "layers": ("explain_series_layers.png", 1000),
        "features": ("explain_series_features.png", 1200),
        "landscape": ("explain_series_landscape.png", 760),
    },
}
"""Parts of what `wellfit explain` says of a run: (figure, pixels high at most)."""
FLAGS = "--headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking --no-first-run"


def run(words: list[str], folder: Path, colours: bool = True) -> str:
    """What a command prints to either stream, with its colours, or without them 90 columns wide."""
    env = {**os.environ, "COLUMNS": str(WIDE if colours else 90), "OMP_NUM_THREADS": "1"}
    env |= {"FORCE_COLOR": "1"} if colours else {"NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "wellfit", *words],
        cwd=folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


def picture(command: str, printed: str, name: str) -> None:
    """A terminal with the command and what it printed, as SVG."""
    console = Console(record=True, width=WIDE, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    console.print(Text.from_ansi(f"$ {command}\n{printed.rstrip()}"))
    (FIGURES / name).write_text(console.export_svg(title="wellfit"), encoding="utf-8")


def screenshot(page: Path, name: str, high: int) -> None:
    """The top of an HTML page, 1280 pixels wide, where Chromium is installed."""
    browser = shutil.which("chromium")
    if browser:
        shot = [
            f"--screenshot={FIGURES / name}",
            f"--window-size=1280,{high}",
            f"--user-data-dir={page.parent}/browser",
        ]
        subprocess.run([browser, *FLAGS.split(), *shot, page.as_uri()], check=True, capture_output=True)


def put(page: Path, word: str, text: str) -> None:
    """`text` between the marks `<!-- made: word -->` and `<!-- end -->` of a page."""
    said = page.read_text(encoding="utf-8")
    mark = f"<!-- made: {word} -->\n"
    before, found, rest = said.partition(mark)
    if found:
        page.write_text(f"{before}{mark}{text}<!-- end -->{rest.partition('<!-- end -->')[2]}", encoding="utf-8")


def shortened(said: str) -> str:
    """The heading, the findings, the best cures and the patch: what fits on a first page."""
    parts = said.split("\n\n")
    keep = [p for p in parts if p.startswith(("wellfit doctor", "✗", "patch"))]
    return "\n\n".join(keep)


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```\n"


def doctors(folder: Path) -> None:
    """The doctor's worked case: what it prints, into docs/doctor.md and, shortened, the README; its page as a picture."""
    shutil.copy(WINE, folder / "train.py")
    words = ["doctor", "--report", "found.html", "--patch", "fix.diff", "train.py"]
    printed = run(words, folder, colours=False)
    script, _, said = printed.partition("\nwellfit doctor")
    put(ROOT / "docs" / "doctor.md", "case", fenced("python", WINE.read_text().partition('"""\n\n')[2]))
    put(ROOT / "docs" / "doctor.md", "output", fenced("", f"{script.strip()}\n\nwellfit doctor{said}"))
    put(ROOT / "docs" / "doctor.md", "rule", fenced("python", (WINE.parent / "rows_dropped.py").read_text()))
    put(ROOT / "README.md", "doctor", fenced("", shortened(f"wellfit doctor{said}")))
    screenshot(folder / "found.html", "doctor.png", 1500)


def charts(folder: Path, source: Path, task: str, pictures: dict[str, str], dpi: int = 150) -> None:
    """Charts of the report on a source of the shared data, where those are there: {chart: file}. Of the run of this source
    and task that is named on the command line, else of a new one."""
    from matplotlib import rc_context

    from wellfit.nouns import shelf
    from wellfit.nouns.drawing import STYLE
    from wellfit.nouns.run import Run
    from wellfit.verbs.report.evidence import evidence

    if not source.exists():
        return
    path = folder / source.stem
    for recipe in (Path(word) / "recipe.toml" for word in sys.argv[1:]):
        data = tomllib.loads(recipe.read_text(encoding="utf-8"))["data"] if recipe.is_file() else {}
        if data and (Path(data["source"]).name, data["task"]) == (source.name, task):
            path = recipe.parent
    if not path.exists():
        run(["fit", str(source), "--task", task, "--out", str(path)], folder)
    for word, name in pictures.items():
        chart = shelf.serve(shelf.get("charts", word), evidence(Run.open(path)))
        with rc_context(STYLE):
            chart.draw().savefig(FIGURES / name, dpi=dpi)
    shutil.rmtree(folder / source.stem, ignore_errors=True)  # the next one may be of the same source


def explained(folder: Path) -> None:
    """What `wellfit explain` makes of a run on the digits."""
    run(["fit", "digits", "--out", "other", "--set", "training.seed=1"], folder)
    seen = looked_at(folder, "digits", "digits", ["--against", "other", "--replay"])
    sections(seen, EXPLAINED["digits"])


def looked_into(folder: Path) -> None:
    """What `wellfit explain` says of a field, a segmentation and a series, each fitted shortly, where the shared data are."""
    quick = {"air": (AIR, 3), "nuclei": (NUCLEI, 6), "nino": (NINO, 15)}
    for name, (source, epochs) in quick.items():
        if source.exists():
            few = ["--count", "4"] if name == "air" else []
            sections(looked_at(folder, name, str(source), few, epochs), EXPLAINED[name])


def looked_at(folder: Path, name: str, source: str, more: list[str], epochs: int = 0) -> Path:
    """The page of all that is to be said of a run: of the one of that source that is named on the command line as it is,
    else of a new one."""
    for path in map(Path, sys.argv[1:]):
        recipe = path / "recipe.toml"
        if (
            recipe.is_file()
            and Path(tomllib.loads(recipe.read_text("utf-8"))["data"]["source"]).name == Path(source).name
        ):
            return path.absolute() / "explained" / "explained.html"
    run(["fit", source, "--out", name, *(["--set", f"training.epochs={epochs}"] if epochs else [])], folder)
    run(["explain", name, "--what", "all", *more], folder)
    return folder / name / "explained" / "explained.html"


def sections(page: Path, shown: dict[str, tuple[str, int]]) -> None:
    """Parts of a page, {id: (file, pixels high at most)}, in few colours, where Chromium is installed."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium")
    if not browser or not page.exists():
        return
    with sync_playwright() as playwright:
        view = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(
            viewport={"width": 1180, "height": 900}
        )
        view.goto(page.as_uri())
        for part, (name, high) in shown.items():
            box = view.locator(f"section#{part}").bounding_box() if view.locator(f"section#{part}").count() else None
            if box:
                clip = {
                    "x": box["x"] - 24,
                    "y": box["y"],
                    "width": box["width"] + 48,
                    "height": min(high, box["height"]),
                }
                view.screenshot(path=FIGURES / name, full_page=True, clip=clip)
                few = Image.open(FIGURES / name).convert("RGB").quantize(256, dither=Image.Dither.NONE)
                few.save(FIGURES / name, optimize=True)


def drawn(folder: Path) -> None:
    """Digits as both kinds of network draw them."""
    for word in ("vae", "gan"):
        run(["fit", "digits", "--task", "generation", "--set", f"network.name={word}", "--out", word], folder)
        run(["sample", word, "--count", "32", "--out", str(FIGURES / f"drawn_{word}.png")], folder)


def augmentations() -> None:
    """Two photographs as they are, and as each way of varying pictures shows them, by the code that trains."""
    import matplotlib.pyplot as plt
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_sample_images

    from wellfit.nouns.augment import varied
    from wellfit.verbs.load import load

    small = [np.asarray(Image.fromarray(p).resize((96, 64))) for p in load_sample_images().images]
    x = np.stack(small * 20).transpose(0, 3, 1, 2)  # as many copies as a split into three parts needs
    data = load((x, np.arange(len(x)) % 2))
    scaled = data.preparation.scaling(np.stack(small).transpose(0, 3, 1, 2))
    ways = {"flip": "sideways", "crop": 12, "rotate": 25, "colour": 0.5, "noise": 0.4, "cutout": 24, "mixup": 1.0}
    _, axes = plt.subplots(2 * len(small), len(ways) + 1, figsize=(12, 4.4), squeeze=False)
    for column, (word, strength) in enumerate([("as it is", None), *ways.items()]):
        vary = varied({word: strength} if strength else {}, data, 0)
        for row in range(len(axes)):
            seen = vary(scaled, data.train.y[:2], row).x if vary else scaled
            shown = data.preparation.scaling.back(seen.numpy())[row % len(small)].clip(0, 255) / 255
            axes[row, column].imshow(shown.transpose(1, 2, 0))
            axes[row, column].set_axis_off()
        axes[0, column].set_title(word if strength is None else f"{word} {strength}", fontsize=9)
    plt.subplots_adjust(0, 0, 1, 0.94, 0.03, 0.03)
    plt.savefig(FIGURES / "augmentation.jpg", dpi=80, pil_kwargs={"quality": 82})


def searched(folder: Path) -> None:
    """What a search prints, into docs/tune.md, and the top of its page; by trials, not by time, so that it is the same on
    a machine that is busy."""
    words = "tune digits --trials 64 --workers 1 --set network.name=dense training.epochs=20 --out search"
    printed = run(words.split(), folder, colours=False)
    lines = printed[printed.index("choices ") :].splitlines()
    put(
        ROOT / "docs" / "tune.md",
        "output",
        fenced("", f"$ wellfit {words}\n" + "\n".join(map(folded, lines))),
    )
    screenshot(folder / "search" / "study.html", "study.png", 1900)


def folded(line: str) -> str:
    """A line that is one message, broken as a terminal of 100 columns would show it."""
    return textwrap.fill(line, 100, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    FIGURES.mkdir(exist_ok=True)
    wanted = sys.argv[1:] or list(WORDS)
    if "augmentation" in wanted:
        augmentations()
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        if "fit" in wanted:
            picture("wellfit fit digits --out first", run(["fit", "digits", "--out", "first"], folder), "terminal.svg")
            screenshot(folder / "first" / "report.html", "report.png", 1000)
        if "doctor" in wanted:
            doctors(folder)
        if "series" in wanted:
            charts(folder, CO2, "forecast", {"forecasts": "series.png"}, dpi=220)
        if "fields" in wanted:
            charts(folder, AIR, "field_forecast", {"field_maps": "field.png", "field_error": "field_error.png"})
        if "downscaled" in wanted:
            charts(folder, AIR, "downscaling", {"field_maps": "downscaled.png"})
        if "masks" in wanted:
            charts(folder, NUCLEI, "segmentation", {"mask_outlines": "masks.png"})
        if "explain" in wanted:
            explained(folder)
        if "looked" in wanted:
            looked_into(folder)
        if "drawn" in wanted:
            drawn(folder)
        if "tune" in wanted:
            searched(folder)


if __name__ == "__main__":
    main()
