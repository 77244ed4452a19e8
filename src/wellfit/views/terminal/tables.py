"""Tables for the terminal: layers of a network, runs in a folder, runs side by side, the first predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from wellfit.nouns.units import count, duration, figure
from wellfit.views.terminal.screen import Screen
from wellfit.views.terminal.training import sparkline

if TYPE_CHECKING:
    from pandas import DataFrame

RIGHT = {"parameters", "mult-adds", "epochs", "time"}
APART, PAIRS = (
    "They were not tested on the same rows: these figures cannot be compared",
    " one by one, the pairs below can.",
)
BESIDE = 38  # characters of a remark beside a profile's figures, so that a row has 80
FIRST = 20  # predictions shown in a terminal


def table(head: Sequence[str], rows: Iterable[Sequence[str]], screen: Screen, right: Iterable[str] = RIGHT) -> Table:
    """Words in columns under a line; numbers to the right."""
    lines = box.SIMPLE_HEAD if screen.unicode else box.ASCII2
    drawn = Table(box=lines, pad_edge=False, show_edge=False, header_style="bold")
    for name in head:
        drawn.add_column(name, justify="right" if name in set(right) else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(screen.text(cell)) for cell in row))
    return drawn


def layers(rows: Iterable[Mapping[str, Any]], screen: Screen) -> Table:
    """name, kind, output shape, parameters, multiply-adds and receptive field of each layer."""
    rows = list(rows)
    seen = any(r.get("receptive_field") for r in rows)
    work = any(r.get("multiply_adds") for r in rows)
    head = ["layer", "kind", "output", "parameters", *(["mult-adds"] if work else []), *(["sees"] if seen else [])]
    cells = [
        [
            str(r["name"]),
            str(r["type"]),
            shape(r["shape_out"]),
            count(r["parameters"]),
            *([count(r["multiply_adds"]) if r["multiply_adds"] else ""] if work else []),
            *([shape(r["receptive_field"]) if r.get("receptive_field") else ""] if seen else []),
        ]
        for r in rows
    ]
    return table(head, cells, screen)


def profile(facts: Mapping[str, Any], screen: Screen) -> Table:
    """Where a step's time goes, part by part, and what is reached beside this machine's own peak."""
    whole = sum(facts["seconds"].values()) or 1.0
    rows = [[name, f"{figure(1e3 * s)} ms", f"{s / whole:.0%}", ""] for name, s in facts["seconds"].items()]
    for name, unit, reached, peak in (
        ("arithmetic", "GFLOP/s", facts["flops_s"], facts["peak_flops"]),
        ("memory", "GB/s", facts["bytes_s"], facts["peak_bytes"]),
    ):
        if reached:
            rows.append(
                [name, f"{figure(reached / 1e9)} {unit}", f"{reached / peak:.0%}", f"of {figure(peak / 1e9)} here"]
            )
    if facts.get("played_s"):
        rows.append(["played", f"{figure(1e3 * facts['played_s'])} ms", "", "from a record, where nobody watches"])
    elif facts.get("why"):
        rows.append(["played", "no", "", fill(facts["why_said"], BESIDE)])
    return table(["step", "each", "share", ""], rows, screen, ("each", "share"))


def carried(rows: Iterable[Mapping[str, Any]], screen: Screen) -> Table:
    """What became of the weights of an earlier training, layers of one fate in a row."""
    cells = [
        [r["layers"], str(r["tensors"]), count(r["weights"]), r["what"] + ", frozen" * r["frozen"], r["why"]]
        for r in rows
    ]
    return table(["layers", "tensors", "weights", "became", "why"], cells, screen, right=("tensors", "weights"))


def shape(sizes: Any) -> str:
    """[32, 8, 8] -> '32×8×8'."""
    return "×".join(map(str, sizes)) if isinstance(sizes, list | tuple) else str(sizes)


def runs(rows: Sequence[Mapping[str, Any]], screen: Screen) -> tuple[RenderableType, ...]:
    """One run a row, as `jobs/runs.listed` gives them."""
    if not rows:
        return ("no runs there: `wellfit fit` makes one",)
    cells = [
        [
            r["name"],
            r["data"],
            r["verdict"] or "",
            scored(r["test"]),
            str(r["epochs"]) if r["epochs"] is not None else "",
            duration(r["seconds"]) if r["seconds"] is not None else "",
            "not ended" if r["status"] == "running" else r["status"],
        ]
        for r in rows
    ]
    return (table(["run", "data", "verdict", "test [95 % interval]", "epochs", "time", "status"], cells, screen),)


def scored(test: Mapping[str, Mapping[str, Any]] | None, name: str | None = None) -> str:
    """'accuracy 0.989 [0.972, 0.996]' for the headline, or one figure without its name."""
    if not test or (name is not None and name not in test):
        return ""
    word = name or next(iter(test))
    m = test[word]
    unit = f" {m['unit']}" if m.get("unit") else ""
    text = f"{number(m['value'])}{unit} [{number(m['low'])}, {number(m['high'])}]"
    return text if name else f"{word} {text}"


def number(value: float | None) -> str:
    """A figure to four digits; an en dash's place where there is none."""
    return "–" if value is None else figure(float(value), 4)


def compared(facts: Mapping[str, Any], screen: Screen) -> tuple[RenderableType, ...]:
    """Runs side by side, as `jobs/runs.compared` gives them: their figures, the choices in which they differ, the
    validation loss of runs that differ in their seeds alone, and tests in pairs."""
    names = facts["runs"]
    figures = [["verdict", *(v or "–" for v in facts["verdict"])]]
    figures += [[f"test {m}", *(scored({m: v}, m) if v else "–" for v in row)] for m, row in facts["test"].items()]
    choices = [[key, *("–" if v is None else str(v) for v in row)] for key, row in facts["recipe"].items()]
    differing = table(["choice", *names], choices, screen) if choices else "The recipes are the same."
    apart = "" if facts["same_data"] else f"\n{APART}{PAIRS if facts['tests'] else '.'}\n"
    curves = [_curve(group, screen) for group in facts["groups"] if group["mean"]]
    lines = [[row[0], *row[1:]] for row in curves]
    losses = ["", table(["validation loss", "lowest", "epoch", "last", "seeds", ""], lines, screen)] if lines else []
    tests = [f"\n{screen.text(test['words'])}." for test in facts["tests"]]
    return table(["", *names], figures, screen), apart, differing, *losses, *tests


def _curve(group: Mapping[str, Any], screen: Screen) -> list[str]:
    """Name, lowest mean with its spread, its epoch, the last, how many seeds, and the curve."""
    best = min(range(len(group["mean"])), key=group["mean"].__getitem__)
    sd = group["sd"][best]
    lowest = figure(group["mean"][best]) + (f" ± {figure(sd, 2)}" if sd is not None else "")
    drawn = sparkline(group["mean"], 24, screen)
    return [
        group["name"],
        lowest,
        f"{group['epochs'][best]:g}",
        figure(group["mean"][-1]),
        str(len(group["runs"])),
        drawn,
    ]


def predictions(answers: DataFrame, screen: Screen) -> Table:
    """The first predictions."""
    shown = answers.head(FIRST)
    head = [str(c) for c in shown.columns]
    cells = [[_cell(name, value) for name, value in zip(head, row)] for row in shown.itertuples(index=False)]
    drawn = table(head, cells, screen)
    if len(answers) > FIRST:
        drawn.caption = f"the first {FIRST} of {count(len(answers))}; --out FILE.csv writes all of them"
    return drawn


def _cell(name: str, value: Any) -> str:
    """A probability to three places, another number to three digits, the rest as it is."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if name.startswith("p(") else figure(value)
