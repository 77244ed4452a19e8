"""Card: a run as a notebook shows it: the verdict, the test, the loss curves and what was found, in one box."""

from __future__ import annotations

from hashlib import sha256
from html import escape

from wellfit.nouns import living, shelf
from wellfit.nouns.drawing import svg
from wellfit.nouns.errors import WellfitError
from wellfit.nouns.finding import by_weight
from wellfit.nouns.run import Run
from wellfit.nouns.units import figure
from wellfit.verbs.report.evidence import evidence
from wellfit.verbs.report.words import label, prose

MOST = 5
BOX = (
    "font: 14px/1.5 system-ui, sans-serif; color: #1f2328; background: #fffffe; border: 1px solid #dfe2e6;"
    " border-radius: 6px; padding: 0.8em 1.1em; max-width: 46em"
)


def card(run: Run) -> str:
    """HTML without scripts, everything of the user's escaped; of a damaged run, what is wrong with it."""
    try:
        return f'<div style="{BOX}">{_content(run)}</div>'
    except WellfitError as error:
        return f'<div style="{BOX}"><pre>{escape(str(error))}</pre></div>'


def _content(run: Run) -> str:
    have = evidence(run)
    result, findings = have["result"], by_weight(run.findings)
    final = next((f for f in findings if f.stage == "verdict"), None)
    said = f"<b>{escape(final.fault)}</b>: {escape(prose(final.summary))}" if final else living.status(run.path, result)
    parts = [f"<div><b>{escape(str(run.path))}</b> · {escape(str(have.get('name', '')))}</div><div>{said}</div>"]
    for name, m in list(result.get("test", {}).items())[:1]:
        unit = f" {m['unit']}" if m.get("unit") else ""
        interval = f"95 % interval {figure(m['low'], 4)} to {figure(m['high'], 4)}, n = {m['n']:,}"
        parts.append(f"<div>Test {escape(name)} <b>{figure(m['value'], 4)}{escape(unit)}</b> ({interval})</div>")
    chart = shelf.serve(shelf.get("charts", "loss_curves"), have)
    if chart is not None:
        word = f"card-{sha256(str(run.path).encode(errors='replace')).hexdigest()[:8]}"  # several on one page
        parts.append(f'<div style="max-width: 30em">{svg(chart, word)}</div>')
    wrong = [f for f in findings if f.severity in ("error", "warning") and f.stage != "verdict"][:MOST]
    items = "".join(
        f"<li><b>{escape(label(f.fault))}</b>: {escape(prose(f.summary))}{' → ' + escape(f.remedy) if f.remedy else ''}</li>"
        for f in wrong
    )
    parts.append(f"<ul>{items}</ul>" if items else "")
    return "".join(parts)
