"""Source: the user's files as syntax trees: which call stands on a line, where an argument is written."""

from __future__ import annotations

import ast
import io
import linecache
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One file of the user's: its absolute path and its text."""

    path: str
    text: str

    @classmethod
    def read(cls, path: str | Path) -> Source | None:
        try:
            return cls(str(path), _text(Path(path).read_bytes()))
        except OSError:  # a cell of a notebook, or a file that is gone
            lines = linecache.getlines(str(path))
            return cls(str(path), "".join(lines)) if lines else None

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):
            return ast.Module([], [])

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def line(self, n: int) -> str:
        """Line n (from 1) without its indent, "" where there is none."""
        return self.lines[n - 1].strip() if 0 < n <= len(self.lines) else ""

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of functions or methods whose last name is one of these (all calls where none is given), by line."""
        found = [n for n in self.nodes if isinstance(n, ast.Call) and (not names or last_name(n.func) in names)]
        yield from sorted(found, key=lambda c: (c.lineno, c.col_offset))

    def call_on(self, line: int, *names: str) -> ast.Call | None:
        """The outermost call of these names that spans this line; of several the one starting nearest."""
        spans = [c for c in self.calls(*names) if c.lineno <= line <= (c.end_lineno or c.lineno)]
        return min(spans, key=lambda c: (abs(c.lineno - line), c.col_offset), default=None)

    def on(self, line: int, *kinds: type) -> list:
        """Nodes of these kinds that span a line, in the order of the text."""
        spans = [n for n in self.nodes if isinstance(n, kinds) and hasattr(n, "lineno")]
        spans = [n for n in spans if n.lineno <= line <= (n.end_lineno or n.lineno)]  # type: ignore[attr-defined]
        return sorted(spans, key=lambda n: (n.lineno, n.col_offset))  # type: ignore[attr-defined]

    def keyword(self, call: ast.Call | None, *names: str) -> ast.expr | None:
        """The value given for one of these keyword arguments."""
        for kw in call.keywords if call else []:
            if kw.arg in names:
                return kw.value
        return None

    def value(self, expr: ast.expr | None) -> object:
        """The constant an expression stands for, through names assigned once to a constant; None where unknown."""
        if expr is None:
            return None
        try:
            return ast.literal_eval(expr)
        except (ValueError, TypeError, SyntaxError):
            pass
        name = expr.id if isinstance(expr, ast.Name) else expr.attr if isinstance(expr, ast.Attribute) else None
        places = list(self.assignments(name)) if name else []
        return self.value(places[0].value) if len(places) == 1 and places[0].value is not expr else None

    def assignments(self, name: str) -> list[ast.Assign | ast.AnnAssign]:
        """Assignments to a plain name or attribute of this name, by line."""
        found = []
        for n in self.nodes:
            targets = n.targets if isinstance(n, ast.Assign) else [n.target] if isinstance(n, ast.AnnAssign) else []
            if any(last_name(t) == name for t in targets):
                found.append(n)
        return sorted(found, key=lambda a: a.lineno)

    def definition(self, function: str) -> ast.FunctionDef | None:
        """The last function or method of this name."""
        found = [n for n in self.nodes if isinstance(n, ast.FunctionDef) and n.name == function]
        return found[-1] if found else None

    def enclosing(self, node: ast.AST, *kinds: type) -> ast.AST | None:
        """The innermost node of these kinds around this one."""
        at = self.parents.get(node)
        while at is not None and not isinstance(at, kinds):
            at = self.parents.get(at)
        return at

    def loop_around(self, line: int, outermost: bool = False) -> ast.For | ast.While | None:
        """The innermost (or outermost) loop around a line."""
        loops = [
            n for n in self.nodes if isinstance(n, (ast.For, ast.While)) and n.lineno <= line <= (n.end_lineno or 0)
        ]
        loops.sort(key=lambda n: n.lineno)
        return (loops[0] if outermost else loops[-1]) if loops else None


def cells() -> dict[str, str]:
    """File name that Python knows a notebook's cell by -> its name for a person ("cell [3]"), in the order they ran;
    empty outside IPython."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return {file: f"cell [{number}]" for file, number in numbers.items()}


def short_name(file: str) -> str:
    """A file's name as a report shows it: without its folders, a notebook's cell by its number."""
    return cells().get(file) or Path(file).name


def _text(raw: bytes) -> str:
    """As Python reads a source file: its own encoding, no mark of byte order, lines ending in "\\n"."""
    try:
        text = raw.decode(tokenize.detect_encoding(io.BytesIO(raw).readline)[0])
    except (SyntaxError, UnicodeError):
        text = raw.decode("utf-8", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def last_name(expr: ast.AST) -> str:
    """`torch.optim.SGD` -> "SGD", `model.eval` -> "eval", `f` -> "f", else ""."""
    if isinstance(expr, ast.Attribute):
        return expr.attr
    return expr.id if isinstance(expr, ast.Name) else ""


def dotted(expr: ast.AST) -> str:
    """`torch.optim.SGD` -> "torch.optim.SGD"; parts that are no names are left out."""
    if isinstance(expr, ast.Attribute):
        return f"{dotted(expr.value)}.{expr.attr}".strip(".")
    return expr.id if isinstance(expr, ast.Name) else ""


def root(expr: ast.AST, *through: type[ast.AST]) -> str:
    """The name that an expression of these kinds (calls, attributes, parts) begins with: `table.loc[rows]` -> "table"."""
    while isinstance(expr, through):
        expr = expr.func if isinstance(expr, ast.Call) else getattr(expr, "value")  # noqa: B009
    return expr.id if isinstance(expr, ast.Name) else ""
