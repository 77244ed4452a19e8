"""Opinion: the doctor's words for the terminal."""

from __future__ import annotations

from pathlib import Path

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Trials
from wellfit.nouns.units import count, duration, figure


def opinion(program: Program, tried: Trials, status: str, findings: list[Finding]) -> str:
    """What was understood, each finding with line, evidence, remedy, and what was tried."""
    lines = ["", f"wellfit doctor · {Path(program.script).name} · {status}", *_understood(program), ""]
    for f in findings:
        lines += _finding(program, f)
    if not any(f.severity in ("error", "warning") for f in findings):
        lines.append("nothing found that keeps it from learning")
    if tried.omnibus:
        reached = figure(tried.reached, 2) if tried.reached is not None else "?"
        lines.append(
            f"tried {len(tried.tried) + 1 + len(tried.asis)} trainings on copies in {duration(tried.seconds)}: skill reached by "
            f"the script {reached}, all the usual cures at once {figure(tried.omnibus[0].skill, 2)}"
        )
    elif tried.why:
        lines.append(f"no trials: {tried.why}")
    lines.append(f"watching took {duration(program.spent_s)} of {duration(program.seconds)}")
    return "\n".join(lines + [f"trouble: {t}" for t in program.trouble[:3]])


def _understood(program: Program) -> list[str]:
    if not program.steps:
        return [f"no optimizer stepped; saw {program.backwards} backward passes, {len(program.networks)} networks"]
    main, loss = program.main, program.loss
    said = [f"{count(program.steps)} steps"]
    said += [n.name for n in program.networks[:3]]
    if main is not None:
        said.append(f"{main.kind} at {figure(main.lr)}" + (f" with {main.schedule}" if main.schedule else ""))
    if loss is not None:
        target = loss.look(loss.target)
        said.append(
            f"{loss.name or 'a loss by hand'} on {f'targets {list(target.shape)}' if target else 'no targets seen'}"
        )
        said += [f"fed {list(k.shape)}" for i in loss.inputs[:1] if (k := loss.look(i))]
    return [" · ".join(said)]


def _finding(program: Program, f: Finding) -> list[str]:
    place = f"{Path(f.file).name}:{f.line}" if f.file and f.line else "no line"
    source = program.sources.get(f.file or "")
    text = source.line(f.line) if source and f.line else ""
    rows = [f"{f.severity} · {f.fault} · {place}" + (f"    {text}" if text else ""), f"    {f.summary}"]
    rows += [f"    {f.evidence}"] if f.evidence else []
    rows += [f"    remedy: {' '.join(f.remedy.split())}"] if f.remedy else []
    return [*rows, ""]
