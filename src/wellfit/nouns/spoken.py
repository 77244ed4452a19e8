"""Spoken: an Opinion laid out in lines for a terminal of any width: understood, findings, tried, remedy, cost."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from wellfit.nouns.opinion import Attempt, Opinion, Said

Span = tuple[str, str]
"""Words, and how they look ("bold", "dim", "bold red" ...; "" plain)."""
LABEL = 11
"""Columns of the labels at the left."""
MOST_HELPED, MOST_FAILED = 4, 8
"""Changes that helped, or did not, that are shown; of more, how many."""
GLUE = "\x00"
"""Stands for a space where no line may end."""
MARKS = {"error": ("✗", "bold red"), "warning": ("!", "bold yellow"), "info": ("i", "cyan")}
STATUS = {"healthy": "bold green", "faulty": "bold red", "crashed": "bold red", "untrained": "bold yellow"}
WORDS = {"error": "", "warning": " (learns worse than it could)", "info": " (not proved)"}


def spoken(opinion: Opinion, width: int, plain: Callable[[str], str] = lambda text: text) -> Iterator[list[Span]]:
    """Lines of at most `width` columns, each a list of Spans. plain: puts words in characters that can be shown."""
    width = max(width, 30)
    say = _Say(width, plain)
    yield [(plain(f"wellfit doctor · {opinion.name} · "), "bold"), (opinion.status, STATUS.get(opinion.status, ""))]
    yield from say.row("", f"{opinion.heading[:1].upper()}{opinion.heading[1:]}.", "bold", indent=0)
    yield []
    for what, words, place in opinion.understood:
        yield from say.row(what, words, more=place)
    for said in opinion.findings:
        yield []
        yield from _finding(said, say)
    yield []
    yield from _tried(opinion, say)
    yield []
    for what, words in opinion.costs:
        yield from say.row(what, words, "dim")
    for words in opinion.trouble[:3]:
        yield from say.row("trouble", words)
    for words in opinion.notes:
        yield from say.row("note", words)
    yield from patched(opinion, width, plain)


def patched(opinion: Opinion, width: int, plain: Callable[[str], str] = lambda text: text) -> Iterator[list[Span]]:
    """What came of the patch; nothing where none was asked for."""
    if opinion.patch is None:
        return
    made, say = opinion.patch, _Say(max(width, 30), plain)
    yield []
    if made.diff:
        yield from say.row("patch", f"{made.file} repairs {', '.join(made.faults)}", "bold")
        for row in made.diff.splitlines():
            if row[:1] in "+-" and row[:3] not in ("+++", "---"):
                yield [(" " * LABEL, ""), (plain(row.rstrip()), "green" if row[0] == "+" else "red")]
        yield from say.row("", made.figure) if made.figure else ()
    for text in made.said:
        yield from say.row("" if made.diff else "patch", text)


def text(opinion: Opinion, width: int = 80, part: str = "all") -> str:
    """The whole opinion, or (part "patch") what came of its patch, as plain text."""
    layout = patched if part == "patch" else spoken
    return "\n".join("".join(words for words, _ in line) for line in layout(opinion, width))


class _Say:
    """Rows of a label and words beside it, broken at the width."""

    def __init__(self, width: int, plain: Callable[[str], str]):
        self.width, self.plain = width, plain

    def row(self, label: str, words: str, style: str = "", indent: int = LABEL, more: str = "") -> Iterator[list[Span]]:
        """more: said dim at the end, whole."""
        tail = f" {self.plain(more).replace(' ', GLUE)}" if more else ""
        words = self.plain(" ".join(words.split())) + tail
        rows = textwrap.wrap(words, max(self.width - indent, 20), break_on_hyphens=False) or [""]
        for n, row in enumerate(rows):
            row = row.replace(GLUE, " ")
            last = len(row) - len(tail.strip()) if tail and n == len(rows) - 1 else len(row)
            spans = [(row[:last], style), (row[last:], "dim")]
            yield [(f"{label:<{indent}}", "bold"), *(span for span in spans if span[0])]
            label = ""

    def code(self, text: str, indent: int) -> list[Span]:
        """A line of source, cut where it is too long."""
        text, room = self.plain(text), self.width - indent
        cut = self.plain("…")
        text = text if len(text) <= room else text[: max(room - len(cut), 1)] + cut
        return [(" " * indent, ""), (text, "cyan")]


def _finding(said: Said, say: _Say) -> Iterator[list[Span]]:
    f, spot = said.finding, said.excerpt
    sign, style = MARKS.get(f.severity, MARKS["info"])
    at = spot.place if spot.line else ""
    yield [
        (say.plain(f"{sign} "), style), (f.fault, style),
        *([(say.plain(f"  {at}"), "bold")] if at else []), (WORDS.get(f.severity, ""), "dim"),
    ]  # fmt: skip
    if spot.text:
        yield say.code(spot.text, 6)
    yield from say.row("", f"{f.summary[:1].upper()}{f.summary[1:].rstrip('.')}.", indent=2)
    if not spot.line:
        yield from say.row("  where", spot.place)
    for label, seen in zip(["  seen", *[""] * len(said.seen)], said.seen):
        yield from say.row(label, seen)
    if said.proof:
        yield from say.row("  proof", said.proof)
    if f.remedy:
        yield from say.row("  remedy", f.remedy, "bold" if f.severity == "error" else "")


def _tried(opinion: Opinion, say: _Say) -> Iterator[list[Span]]:
    if not opinion.attempts:
        yield from say.row("tried", f"nothing: {opinion.untried or 'there was nothing to try'}")
        return
    what = f"short trainings on copies; {opinion.scale}:"
    yield from say.row("tried", what)
    if opinion.reached is not None and opinion.reached == opinion.reached:
        yield from _skill(Attempt("the script itself, where it ended", (opinion.reached,)), say)
    for a in opinion.controls:
        yield from _skill(a, say)
    for a in opinion.helped[:MOST_HELPED]:
        yield from _skill(a, say)
    if len(opinion.helped) > MOST_HELPED:
        yield from say.row("", f"and {len(opinion.helped) - MOST_HELPED} more that helped")
    failed = opinion.failed
    if failed:
        named = [f"{a.words} {a.skill:.2f}".replace(" ", GLUE) for a in failed[:MOST_FAILED]]
        more = [f"{len(failed) - MOST_FAILED} more"] if len(failed) > MOST_FAILED else []
        yield from say.row("  no help", " · ".join([*named, *more]), "dim")
    if opinion.untried:
        yield from say.row("", opinion.untried)


def _skill(a: Attempt, say: _Say) -> Iterator[list[Span]]:
    """A figure and what gave it."""
    seeds = f" (seeds: {', '.join(f'{s:.2f}' for s in a.skills)})" if len(a.skills) > 1 else ""
    mark, style = {"confirmed": ("✓", "green"), "helps": ("+", "green")}.get(a.verdict, (" ", ""))
    label = f"{'':<{LABEL}}{say.plain(mark)} {a.skill:5.2f} "
    for line in say.row("", f"{a.words}{seeds}", indent=len(label)):
        yield [(label, style), (line[-1][0], style)]
        label = " " * len(label)
