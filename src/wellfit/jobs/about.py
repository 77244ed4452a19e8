"""about: what a word means, from the page of a fault or the docstring of the plug-in that it names; none is imported."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from wellfit.nouns import shelf
from wellfit.nouns.errors import ShelfError, nearest
from wellfit.nouns.faults import FAULTS

HOME = Path(__file__).parent.parent
SHELVES = ("rules", "checks", "probes", "tasks", "networks", "losses", "optimizers", "schedules", "charts", "readers")
GROUPS = {
    "data": "inputs-unscaled",
    "loss and output": "loss-unsuitable",
    "network": "activation-unsuitable",
    "training": "lr-too-high",
    "loop and evaluation": "zero-grad-missing",
}
"""Group of faults -> the first label of it in FAULTS."""
WIDTH = 78
PARTS = ("Cause", "Shows itself", "Sees", "Hurts", "Mistaken for", "Remedy", "Proof", "Source")


def about(word: str = "") -> str:
    """The word's explanation; without a word, the faults with a line each. Raises ShelfError for an unknown word."""
    if not word:
        return _listed()
    stem = word.strip().lower().replace("-", "_").replace(" ", "_")
    label = stem.replace("_", "-")
    if label in FAULTS:
        return page(label)
    found = [(s, file) for s in SHELVES if (file := HOME / s / f"{stem}.py").is_file()]
    if not found:
        known = {n.replace("_", "-"): n for s in SHELVES for n in shelf.names(s)} | dict.fromkeys(FAULTS, "")
        close = nearest(label, known)
        raise ShelfError(
            f"what {word!r} means",
            "no fault, check, network, loss, optimizer, schedule, probe or chart has this name",
            f"write {close!r}" if close else "`wellfit about` lists the faults",
        )
    return "\n".join(f"{label} ({s})\n\n{_said(file, stem)}\n" for s, file in found)


def page(label: str) -> str:
    """A fault's page: cause, symptoms, what it is mistaken for, remedy with an example, proof, source; 80 columns."""
    told, code = parts(label)
    lines = [label, *textwrap.wrap(f"{FAULTS[label][0].upper()}{FAULTS[label][1:]}.", WIDTH), ""]
    for name in PARTS:
        if name in told:
            lines += [
                name,
                *textwrap.wrap(
                    told[name][:1].upper() + told[name][1:], WIDTH, initial_indent="  ", subsequent_indent="  "
                ),
                "",
            ]
        if name == "Remedy":
            lines += [*textwrap.indent(code, "    ").splitlines(), ""]
    return "\n".join(lines)


def parts(label: str) -> tuple[dict[str, str], str]:
    """({part: text}, example code): from faults/LABEL.md, the docstring of its clue, and the remedies that try it."""
    prose, code = (HOME / "faults" / f"{label}.md").read_text(encoding="utf-8").split("```python\n")
    stem = label.replace("-", "_")
    clue = HOME / "clues" / f"{stem}.py"
    told = _parted(_said(clue, stem)) if clue.is_file() else {}
    told |= _parted("Cause: " + prose)
    told["Proof"] = _proof(label, clue.is_file())
    return told, code.partition("```")[0].rstrip()


def _parted(text: str) -> dict[str, str]:
    """ "Sees: a. Hurts: b." by part, each in one line."""
    split = re.split(rf"^({'|'.join(PARTS)}): ", text, flags=re.MULTILINE)
    return {name: " ".join(said.split()) for name, said in zip(split[1::2], split[2::2])}


def _proof(label: str, seen: bool) -> str:
    """How wellfit proves it: what the clue sees, which cures are tried, which rule speaks in `fit`."""
    tried = []
    for file in sorted((HOME / "remedies").glob("[!_]*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        cures = next(
            (n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "FAULTS"), None
        )
        if cures is not None and label in ast.literal_eval(cures):
            tried.append(file.stem.replace("_", " "))
    said = ["`wellfit doctor` looks for what stands under Sees in the recorded run and its source"] if seen else []
    if tried:
        said.append(
            f"the doctor trains copies with the cure in place ({', '.join(tried)}) and compares skill on held-out batches"
        )
    if (HOME / "rules" / f"{label.replace('-', '_')}.py").is_file():
        said.append("`wellfit fit` has a rule that reads it from the training's own readings")
    return "; ".join(said or ["not proved by a run alone: a verdict of `wellfit fit` is a lead, not a proof"]) + "."


def _listed() -> str:
    """Every fault in a line, by group."""
    lines, starts = ["wellfit about FAULT explains one of these:"], {first: name for name, first in GROUPS.items()}
    for label, cause in FAULTS.items():
        lines += ["", starts[label]] if label in starts else []
        lines += textwrap.wrap(f"{label:<29}{cause}", WIDTH, initial_indent="  ", subsequent_indent=" " * 31)
    return "\n".join(lines) + "\n"


def _said(file: Path, name: str) -> str:
    """The module's docstring, then the function's where it says more."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    function = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    texts = [ast.get_docstring(tree) or "", (ast.get_docstring(function) or "") if function else ""]
    return "\n\n".join(dict.fromkeys(t for t in texts if t))
