"""Drawing: how every chart looks, and how it becomes SVG that lives in a page, in light, in dark and on paper.

Colours are Okabe and Ito's (2008), told apart by colour-blind eyes too; in the SVG each becomes a CSS variable
with that colour as its default, so that a page may lighten them on a dark ground. Text stays text.
"""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER, MIDDLE = "#1f2328", "#69707a", "#dfe2e6", "#fffffe", "#3d8fc4"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
VARIABLES = {
    INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper", MIDDLE: "--middle",
    **{colour: f"--series-{n}" for n, colour in enumerate(SERIES, 1)},
}  # fmt: skip
"""Colour of a drawing -> the CSS variable that may replace it in a page."""

WIDTH_IN, FONT = 4.0, 8.0
STEPS = (1, 2, 2.5, 5, 10)  # between ticks, times a power of ten
STYLE: Any = {
    "svg.fonttype": "none", "font.size": FONT, "font.family": ["DejaVu Sans"], "text.color": INK,
    "axes.edgecolor": MUTED, "axes.labelcolor": MUTED, "axes.linewidth": 0.7, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True,
    "axes.labelsize": FONT, "axes.formatter.useoffset": False, "grid.color": GRID, "grid.linewidth": 0.7,
    "lines.linewidth": 1.5, "lines.solid_capstyle": "round", "xtick.color": MUTED, "ytick.color": MUTED,
    "xtick.labelsize": FONT, "ytick.labelsize": FONT, "xtick.major.width": 0.7, "ytick.major.size": 0.0,
    "xtick.major.size": 3.0, "xtick.minor.size": 0.0, "ytick.minor.size": 0.0, "path.simplify_threshold": 0.4,
    "legend.frameon": False,
}  # fmt: skip


def sheet(
    height_in: float = 2.5, rows: int = 1, columns: int = 1, *, left_in: float = 0.5, right_in: float = 0.12,
    top_in: float = 0.3, bottom_in: float = 0.42, gap_in: float = 0.42,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A figure as wide as one column of the report, and its axes row by row, with margins in inches."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in))
        wide, high = WIDTH_IN - left_in - right_in, height_in - top_in - bottom_in
        cell_w, cell_h = (wide - gap_in * (columns - 1)) / columns, (high - gap_in * (rows - 1)) / rows
        axes = []
        for row in range(rows):
            for column in range(columns):
                x, y = (
                    left_in + column * (cell_w + gap_in),
                    height_in - top_in - cell_h - row * (cell_h + gap_in),
                )
                axes.append(figure.add_axes((x / WIDTH_IN, y / height_in, cell_w / WIDTH_IN, cell_h / height_in)))
    return figure, axes


def name_axes(ax: Axes, x: str, y: str) -> None:
    """Axis labels with units: x below, y level above the axis, where it is read without tilting the head."""
    ax.set_xlabel(x, parse_math=False)
    ax.set_ylabel(y, rotation=0, ha="left", va="bottom", parse_math=False)
    box, whole = ax.get_position(), ax.figure
    wide, high = WIDTH_IN, whole.bbox.height / whole.dpi
    at = 0.04 / wide if box.x0 * wide < 1.95 else box.x0 - 0.42 / wide
    ax.yaxis.set_label_coords(at, box.y1 + 0.07 / high, transform=whole.transFigure)  # type: ignore[union-attr]


def name_rows(ax: Axes, rows: Any, names: Sequence[str], length: int = 18) -> None:
    """Names of a user's on the y axis, shortened."""
    ax.set_yticks(rows, [short(n, length) for n in names], color=INK, parse_math=False)
    ax.tick_params(axis="y", length=0)


def beside(ax: Axes, x: float, y: float, text: str) -> None:
    """A figure just right of the end of a bar."""
    ax.annotate(text, (x, y), (3, 0), textcoords="offset points", va="center_baseline", color=INK, fontsize=7.5)


def number(value: float, _: Any = None) -> str:
    """A tick's label: 0.05, 1,500, 10⁻⁵."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ""
    size = math.floor(math.log10(abs(value)) + 1e-9)
    if -4 < size < 6:
        return f"{value:,.6g}".replace("-", "−")
    lead = round(value / 10.0**size, 3)
    power = f"10{str(size).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    return power if lead == 1 else f"{lead:g}·{power}".replace("-", "−")


def tick(ax: Axes, *, log: bool = False, whole_x: bool = False, ticks: int = 5) -> None:
    """Few, readable ticks; `log`: a logarithmic y axis; `whole_x`: x counts whole things."""
    from matplotlib import ticker

    ax.xaxis.set_major_locator(
        ticker.MaxNLocator(ticks + 1, integer=whole_x, min_n_ticks=1 if whole_x else 2, steps=STEPS)
    )
    ax.xaxis.set_major_formatter(number)
    if log:
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        decades = math.log10(high / low) if low > 0 and high > low else 1
        ax.yaxis.set_major_locator(
            ticker.LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0,), numticks=ticks + 2)
        )
        ax.yaxis.set_minor_locator(ticker.NullLocator())
    else:
        ax.yaxis.set_major_locator(ticker.MaxNLocator(ticks, steps=STEPS))
    ax.yaxis.set_major_formatter(number)


def short(text: Any, length: int = 16) -> str:
    """`text` with its middle left out where it is longer than `length` characters."""
    text = " ".join(str(text).split())
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"


def tint(value: np.ndarray, colours: tuple[str, str] = (BLUE, VERMILION)) -> np.ndarray:
    """Values [H, W] in −1..1 as RGBA [H, W, 4] in 0..1: the sign as colour, the size as opacity, zero as the page."""
    from matplotlib.colors import to_rgb

    value = np.nan_to_num(np.asarray(value, dtype=float), posinf=1.0, neginf=-1.0).clip(-1, 1)
    positive, negative = (np.array(to_rgb(c)) for c in colours)
    rgb = np.where((value >= 0)[..., None], positive, negative)
    return np.concatenate([rgb, np.abs(value)[..., None]], axis=-1)


def svg(chart: Chart, word: str) -> str:
    """The chart as an `<svg>` element for a page: the same for the same chart, named by its caption for those who
    cannot see it, ids made its own by `word`."""
    import matplotlib

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": word}):
        figure, drawn = chart.draw(), io.StringIO()
        figure.savefig(
            drawn,
            format="svg",
            transparent=True,
            metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")),
        )
    wide, high = (float(v) * 72 for v in figure.get_size_inches())
    body = drawn.getvalue().partition("</defs>")[2].rpartition("</svg>")[0]
    label = html.escape(f"{chart.title}. {chart.caption}", quote=True)
    return f'<svg viewBox="0 0 {wide:g} {high:g}" role="img" aria-label="{label}">{_lighten(body, word)}</svg>'


def _lighten(body: str, word: str) -> str:
    """The drawing without what a page does not need: unused ids, fonts, digits under a hundredth of a point."""
    used = set(re.findall(r"(?:url\(#|xlink:href=\"#)([\w.-]+)", body))
    body = re.sub(r' id="([\w.-]+)"', lambda m: f' id="{word}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r"(url\(#|xlink:href=\"#)", rf"\g<1>{word}-", body).replace("xlink:href", "href")
    body = re.sub(r" ?font-family: [^;\"]*;?", "", body).replace(' transform="rotate(-0 ', ' data-x="(')
    body = re.sub(r' data-x="[^"]*"', "", body)
    body = re.sub(
        r' (?:d|x|y|width|height|transform)="[^"]*"',
        lambda m: re.sub(r"-?\d+\.\d+", _brief, m[0].replace("\n", "")),
        body,
    )
    body = re.sub("|".join(VARIABLES), lambda m: f"var({VARIABLES[m[0]]},{m[0]})", body)
    return re.sub(r">\s+<", "><", body).strip()


def _brief(number_: re.Match[str]) -> str:
    return f"{float(number_[0]):.2f}".rstrip("0").rstrip(".")
