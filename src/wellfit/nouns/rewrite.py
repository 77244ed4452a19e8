"""Rewrite: edits of Python source by its syntax tree: only the expression changes, the style around it stays."""

from __future__ import annotations

import ast
import math

from wellfit.nouns.edit import Edit, Edits, lines_of
from wellfit.nouns.source import Source

SIMPLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)
"""Expressions that need no parentheses before `.method()` or beside an operator."""
BODIES = ("body", "orelse", "finalbody")


def text_of(source: Source, node: ast.AST) -> str:
    """The source of a node as it is written."""
    return ast.get_source_segment(source.text, node) or ast.unparse(node)


def bracketed(source: Source, node: ast.expr) -> str:
    """The same in parentheses where it needs them."""
    text = text_of(source, node)
    simple = isinstance(node, SIMPLE) and not (isinstance(node, ast.Constant) and isinstance(node.value, (int, float)))
    return text if simple else f"({text})"


def replaced(source: Source, node: ast.AST, text: str) -> Edit:
    """`text` in place of a node."""
    end_line, end_col = getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
    return Edit(source.path, getattr(node, "lineno", 0), getattr(node, "col_offset", 0), end_line, end_col, text)


def renamed(source: Source, func: ast.expr, name: str) -> Edit:
    """Another last name for a function or class: `torch.optim.SGD` -> `torch.optim.Adam`."""
    if isinstance(func, ast.Attribute):
        line, col = func.end_lineno or 0, func.end_col_offset or 0
        return Edit(source.path, line, col - len(func.attr.encode()), line, col, name)
    return replaced(source, func, name)


def put_after(source: Source, node: ast.AST, text: str) -> Edit:
    """`text` right behind a node, on its line."""
    line, col = getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
    return Edit(source.path, line, col, line, col, text)


def _raw(source: Source, line: int) -> bytes:
    lines = lines_of(source.text)
    return lines[line - 1].rstrip("\r\n").encode() if 0 < line <= len(lines) else b""


def _alone(source: Source, stmt: ast.stmt) -> bool:
    """Does a statement begin its line, with nothing but a comment behind it on its last line?"""
    before = _raw(source, stmt.lineno)[: stmt.col_offset]
    behind = _raw(source, stmt.end_lineno or stmt.lineno)[stmt.end_col_offset or 0 :].strip()
    return not before.strip() and (not behind or behind.startswith(b"#"))


def head_line(stmt: ast.stmt) -> int:
    """The first line of a statement, decorators included."""
    decorators = getattr(stmt, "decorator_list", [])
    return min([stmt.lineno, *(d.lineno for d in decorators)])


def indent(source: Source, stmt: ast.stmt) -> str:
    """What stands before a statement on its line."""
    return _raw(source, stmt.lineno)[: stmt.col_offset].decode()


def before(source: Source, stmt: ast.stmt, text: str) -> Edit:
    """One or more lines in front of a statement, indented as it is; on its own line where it shares one."""
    room = indent(source, stmt)
    if room.strip():
        return Edit(source.path, stmt.lineno, stmt.col_offset, stmt.lineno, stmt.col_offset, _inline(text) + "; ")
    line = head_line(stmt)
    return Edit(source.path, line, 0, line, 0, "".join(f"{room}{row}\n" for row in text.split("\n")))


def after(source: Source, stmt: ast.stmt, text: str) -> Edit:
    """One or more lines behind a statement, indented as it is."""
    if not _alone(source, stmt):
        return put_after(source, stmt, "; " + _inline(text))
    room, line = indent(source, stmt), (stmt.end_lineno or stmt.lineno) + 1
    return Edit(source.path, line, 0, line, 0, "".join(f"{room}{row}\n" for row in text.split("\n")))


def _inline(text: str) -> str:
    return "; ".join(text.split("\n"))


def removed(source: Source, *stmts: ast.stmt) -> Edits:
    """These statements left out, with the comments on their lines; a block that they leave empty goes too, or gets
    `pass` where it cannot."""
    gone: set[ast.AST] = set(stmts)
    grown = True
    while grown:
        grown = False
        for node in list(gone):
            parent = source.parents.get(node)
            if parent in gone or not isinstance(parent, (ast.For, ast.If, ast.With)):
                continue
            if not getattr(parent, "orelse", []) and all(child in gone for child in parent.body):
                gone.add(parent)
                grown = True
    top = [n for n in gone if source.parents.get(n) not in gone and isinstance(n, ast.stmt)]
    return tuple(_left_out(source, stmt, gone) for stmt in sorted(top, key=lambda s: (s.lineno, s.col_offset)))


def _left_out(source: Source, stmt: ast.stmt, gone: set[ast.AST]) -> Edit:
    parent = source.parents.get(stmt)
    block = next((b for name in BODIES if stmt in (b := getattr(parent, name, []))), [])
    if all(s in gone for s in block) and not isinstance(parent, ast.Module) and stmt is block[0]:
        return replaced(source, stmt, "pass")
    end = stmt.end_lineno or stmt.lineno
    if _alone(source, stmt):
        return Edit(source.path, head_line(stmt), 0, end + 1, 0, "")
    at = block.index(stmt)
    if at + 1 < len(block) and block[at + 1].lineno == end:  # `a; b` -> `b`
        return Edit(source.path, stmt.lineno, stmt.col_offset, end, block[at + 1].col_offset, "")
    if at and block[at - 1].end_lineno == stmt.lineno:
        start = block[at - 1].end_col_offset or 0
        return Edit(source.path, stmt.lineno, start, end, stmt.end_col_offset or 0, "")
    return replaced(source, stmt, "pass")


def without(source: Source, items: list[ast.expr], item: ast.expr) -> Edit:
    """An item of a call's arguments or of a list left out, with its comma, and with its line where it has its own."""
    at = items.index(item)
    end_line, end_col = item.end_lineno or item.lineno, item.end_col_offset or 0
    behind = _raw(source, end_line)[end_col:].strip()
    own = not _raw(source, item.lineno)[: item.col_offset].strip()
    if own and (behind == b"," or behind.startswith((b",#", b", #", b",  #"))):
        return Edit(source.path, item.lineno, 0, end_line + 1, 0, "")
    if at + 1 < len(items):
        following = items[at + 1]
        return Edit(source.path, item.lineno, item.col_offset, following.lineno, following.col_offset, "")
    if at:
        previous = items[at - 1]
        return Edit(source.path, previous.end_lineno or 0, previous.end_col_offset or 0, end_line, end_col, "")
    return replaced(source, item, "")


def with_item(source: Source, items: list[ast.expr], item: ast.expr, text: str) -> Edit:
    """`text` as the next item after one: on a line of its own where that one has its own."""
    own = not _raw(source, item.lineno)[: item.col_offset].strip() and len({i.lineno for i in items}) == len(items) > 1
    room = _raw(source, item.lineno)[: item.col_offset].decode()
    return put_after(source, item, f",\n{room}{text}" if own else f", {text}")


def given(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """What a call gives for a parameter, by name or by position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    plain = (
        position is not None and position < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args)
    )
    return call.args[position] if plain and position is not None else None


def with_argument(source: Source, call: ast.Call, name: str, text: str, position: int | None = None) -> Edit:
    """The call with this value for a parameter: changed where it is given, else added at the end."""
    value = given(call, name, position)
    if value is not None:
        return replaced(source, value, text)
    everything = [*call.args, *(k.value for k in call.keywords)]
    if not everything:
        line, col = call.end_lineno or 0, (call.end_col_offset or 1) - 1
        return Edit(source.path, line, col, line, col, f"{name}={text}")
    last = max(everything, key=lambda e: (e.end_lineno or 0, e.end_col_offset or 0))
    return put_after(source, last, f", {name}={text}")


def without_argument(source: Source, call: ast.Call, name: str) -> Edit | None:
    """The call without this keyword argument."""
    keyword = next((k for k in call.keywords if k.arg == name), None)
    if keyword is None:
        return None
    everything: list = sorted([*call.args, *call.keywords], key=lambda e: (e.lineno, e.col_offset))
    return without(source, everything, keyword)  # type: ignore[arg-type]


def number(value: float, like: str = "") -> str:
    """A number as a person would write it, in the form of the one it replaces: `0.05`, `5e-2`."""
    if not math.isfinite(value):
        return repr(value)
    if float(value).is_integer() and like and "." not in like and "e" not in like.lower():
        return str(int(value))
    short = f"{value:.3g}"
    if "e" in like.lower() or "e" in short:
        digits, _, power = f"{value:.2e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return short if "." in short or "." not in like else f"{short}.0"


def scaled(source: Source | None, line: int, factor: float) -> Edits | None:
    """The largest whole number on a line times a factor."""
    found = [n for n in source.on(line, ast.Constant) if type(n.value) is int and n.lineno == line] if source else []
    chosen = max(found, key=lambda n: n.value, default=None)
    if source is None or chosen is None or chosen.value <= 0:
        return None
    return (replaced(source, chosen, str(max(1, round(chosen.value * factor)))),)


def statement(source: Source, node: ast.AST) -> ast.stmt | None:
    """The innermost statement around (or at) a node."""
    return node if isinstance(node, ast.stmt) else source.enclosing(node, ast.stmt)  # type: ignore[return-value]


def statement_at(source: Source, line: int) -> ast.stmt | None:
    """The innermost statement that spans a line."""
    spans = [n for n in source.nodes if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    return max(spans, key=lambda s: (s.lineno, s.col_offset), default=None)


def free_name(source: Source, wanted: str) -> str:
    """A name that the file does not use yet."""
    used = {n.id for n in source.nodes if isinstance(n, ast.Name)} | {
        n.arg for n in source.nodes if isinstance(n, ast.arg)
    }
    return wanted if wanted not in used else free_name(source, f"{wanted}_")
