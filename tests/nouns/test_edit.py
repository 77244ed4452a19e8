"""Laws of edits: only what is named changes; line ends, tabs, encodings and a missing last line end are kept."""

from __future__ import annotations

import ast
import shutil
import subprocess

import pytest

from wellfit.nouns.edit import Edit, applied, decoded, diff, newline_of
from wellfit.nouns.rewrite import after, before, number, removed, replaced, with_argument, with_item, without
from wellfit.nouns.source import Source

TEXT = 'if True:\n\tfor i in range(3):  # dreimal für alle\n\t\tf("ü", i)  # ü\n\t\tg(i)\nh(1)\n'


def source(text: str) -> Source:
    return Source("train.py", text)


def call(src: Source, name: str) -> ast.Call:
    return next(src.calls(name))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_edit_keeps_line_ends_tabs_and_a_missing_last_one(end, last):
    text = (TEXT if last else TEXT.rstrip("\n")).replace("\n", end)
    src = source(TEXT)
    stmt = next(n for n in src.nodes if isinstance(n, ast.Expr) and n.value is call(src, "g"))
    made = applied(
        text, [replaced(src, call(src, "f").args[1], "i + 1"), before(src, stmt, "k()\nm()"), after(src, stmt, "n()")]
    )
    wanted = TEXT.replace('"ü", i', '"ü", i + 1').replace("\t\tg(i)\n", "\t\tk()\n\t\tm()\n\t\tg(i)\n\t\tn()\n")
    assert made == (wanted if last else wanted.rstrip("\n")).replace("\n", end)
    assert newline_of(made) == end


def test_lines_put_behind_the_last_one_begin_on_a_line_of_their_own():
    src = source("a()\nb()")
    assert applied("a()\nb()", [after(src, src.tree.body[1], "c()")]) == "a()\nb()\nc()"


def test_the_encoding_of_the_file_is_kept():
    raw = '# -*- coding: latin-1 -*-\nx = "ü"; y = 1\n'.encode("latin-1")
    text, encoding = decoded(raw)
    src = source(text)
    made = applied(text, [replaced(src, src.tree.body[1].value, "2")])  # type: ignore[attr-defined]
    assert made.encode(encoding) == raw.replace(b"y = 1", b"y = 2")
    assert decoded(b"\xef\xbb\xbfx = 1\n")[0] == "x = 1\n"


def test_edits_that_overlap_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        applied("abc\n", [Edit("t", 1, 0, 1, 2, "x"), Edit("t", 1, 1, 1, 3, "y")])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("for a in b:\n    f()\n    g()\n", "for a in b:\n    g()\n"),
        ("for a in b:\n    f()  # why\ng()\n", "g()\n"),
        ("def d():\n    f()\n", "def d():\n    pass\n"),
        ("f(); g()\n", "g()\n"),
        ("g(); f()\n", "g()\n"),
        ("if a:\n    f()\nelse:\n    g()\n", "if a:\n    pass\nelse:\n    g()\n"),
    ],
)
def test_statement_left_out_leaves_what_parses(text, wanted):
    src = source(text)
    stmt = next(n for n in src.nodes if isinstance(n, ast.Expr) and n.value is call(src, "f"))
    assert applied(text, removed(src, stmt)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("S(a(), f(), b())", "S(a(), b())"),
        ("S(a(), f())", "S(a())"),
        ("S(\n    a(),  # one\n    f(1),  # two\n)", "S(\n    a(),  # one\n)"),
        ("S(\n    a(),\n    f())", "S(\n    a())"),
    ],
)
def test_item_goes_with_its_comma_and_its_line(text, wanted):
    src = source(text)
    assert applied(text, [without(src, call(src, "S").args, call(src, "f"))]) == wanted


def test_item_and_argument_are_added_in_the_style_around_them():
    src = source("S(\n    a(),\n    b(),\n)\nf(x, lr=1)\ng()\n")
    made = applied(src.text, [
        with_item(src, call(src, "S").args, call(src, "a"), "c()"),
        with_argument(src, call(src, "f"), "lr", "2"), with_argument(src, call(src, "g"), "shuffle", "True"),
    ])  # fmt: skip
    assert made == "S(\n    a(),\n    c(),\n    b(),\n)\nf(x, lr=2)\ng(shuffle=True)\n"


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (0.05, "5.0", "0.05"),
        (1e-4, "1e-3", "1e-4"),
        (20, "2", "20"),
        (0.2, "2", "0.2"),
        (2e-6, "0.002", "2e-6"),
        (1.0, "0.1", "1.0"),
    ],
)
def test_number_is_written_like_the_one_it_replaces(value, like, text):
    assert number(value, like) == text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "command", [["git", "apply"], ["patch", "--binary", "-p0", "-i"], ["patch", "--binary", "-p1", "-i"]], ids=" ".join
)
def test_diff_applies_with_the_usual_tools(command, end, tmp_path):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    old = f"a = 1{end}\tb = 2{end}c = 3".encode()
    new = f"a = 1{end}\tb = 20{end}c = 4".encode()
    (tmp_path / "train.py").write_bytes(old)
    (tmp_path / "fix.diff").write_bytes(diff("train.py", old.decode(), new.decode()).encode())
    done = subprocess.run([*command, "fix.diff"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "train.py").read_bytes() == new


def test_nothing_changed_is_no_diff():
    assert diff("train.py", "a\n", "a\n") == ""
