"""Tell: each stage of a fit in one short line, with the same facts as JSON types beside it."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wellfit.nouns import units
from wellfit.nouns.augment import ways
from wellfit.nouns.carried import in_runs
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data
from wellfit.nouns.finding import Finding
from wellfit.nouns.run import Run
from wellfit.nouns.stage import Stage
from wellfit.nouns.step import Rest, Step
from wellfit.nouns.summary import parameters, summary

SCALED = {
    "none": "as they are",
    "centre": "centred",
    "standardise": "standardised",
    "minmax": "scaled to 0..1",
    "robust": "scaled by median and quartiles",
    "quantile": "mapped to a normal distribution by quantiles",
    "pca": "rotated to principal components",
    "whiten": "whitened",
    "each": "each by its own range, then standardised",
    "kept": "scaled as those that the weights were learnt from",
}


def data(data: Data) -> Iterator[Stage]:
    """What was read and how it is split; then the inputs and how they were scaled."""
    n = {s: len(getattr(data, s)) for s in ("train", "valid", "test")}
    words = {"table": "rows", "pictures": "pictures", "graphs": "nodes" if data.raw.centred else "graphs"}
    words |= dict.fromkeys(("text", "series", "grid"), "windows")
    what = words.get(data.raw.kind, "examples")
    if data.classes:
        aim = (
            f" of {data.facts['n_rows']:,} {data.facts['unit']}"
            if data.symbolic
            else f" of {len(data.classes)} {data.form}"
        )
    elif data.form == "density":
        aim = f", {data.task}, no target"
    else:
        aim = f", {data.task} of {', '.join(_with_unit(n, data) for n in data.target_names)}"
    whole = data.raw.tiles
    if whole is not None and len(whole) < len(data):
        what = f"{units.count(len(whole))} pictures in {units.count(len(data))} tiles"
    else:
        what = f"{units.count(len(data))} {what}"
    line = (
        f"{data.raw.name}: {what}{aim}; {units.count(n['train'])} train, "
        f"{units.count(n['valid'])} validation, {units.count(n['test'])} test ({data.choices.get('split', '')})"
    )
    yield Stage("data", line, data, {**dict(data.facts), "reasons": dict(data.reasons)})
    for finding in data.findings:
        yield check(finding)
    missing = sum(dict(data.facts.get("missing", {})).values())
    scaling = SCALED.get(str(data.choices.get("normalise")), str(data.choices.get("normalise")))
    by = "" if data.choices.get("normalise") == "kept" else " by the training rows"
    line = f"{'×'.join(map(str, data.shape_in))} inputs, {scaling}{by}"
    if data.raw.kind == "graphs":
        line = f"graphs of up to {data.shape_in[0]} nodes, {units.many(data.raw.edge_kinds, 'kind')} of edges"
    if data.symbolic:
        line = f"{data.shape_in[0]:,} {data.facts['unit']} a window, of {data.facts['symbols']:,} different"
    if data.raw.kind == "series":
        f, (variables, history) = data.facts, data.shape_in
        line = f"{units.many(variables, 'variable')} in steps of {f['step']}, {history:,} seen, {data.shape_out[1]:,} ahead"
        line += f"; validation from {f['begins']['valid']}, test from {f['begins']['test']} to {f['ends']}"
    if data.raw.kind == "grid":
        line = _of_fields(data)
    if missing:
        line += f"; {units.count(missing)} missing cells filled"
    yield Stage(
        "inputs",
        line,
        data,
        {"shape_in": list(data.shape_in), "normalise": data.choices.get("normalise"), "missing": missing},
    )


def _of_fields(data: Data) -> str:
    """What is seen of fields over time, what is asked for, and where the parts begin."""
    f, n = data.facts, data.choices["history"]
    cells = f"{f['grid']['rows']} × {f['grid']['columns']} cells"
    aim = f"{n:,} seen, {f['ahead']} ahead" if f["ahead"] else f"from the means of {f['coarsen']} × {f['coarsen']}"
    line = f"{units.many(len(data.raw.names), 'field')} of {cells} in steps of {f['step']}, {aim}"
    return line + f"; validation from {f['begins']['valid']}, test from {f['begins']['test']} to {f['ends']}"


def _with_unit(name: str, data: Data) -> str:
    unit = data.raw.units.get(name, "")
    return f"{name} in {unit}" if unit and unit not in name else name


def network(case: Case, reasons: Mapping[str, str]) -> Iterator[Stage]:
    """The network, its size, and how it will be trained; then what it takes over of an earlier training, if anything."""
    rows, r = summary(case.network, case.data.shape_in), case.recipe
    fields = [row.receptive_field for row in rows if row.receptive_field]
    n = parameters(case.network)
    widths = " " + "-".join(map(str, r.network.widths)) if r.network.widths and ":" not in r.network.name else ""
    line = f"{r.network.name}{widths}, {units.count(n)} parameters"
    if fields:
        seen = fields[-1] if not isinstance(fields[-1], list | tuple) else "×".join(map(str, fields[-1]))
        line += f", receptive field {seen}"
    t = r.training
    line += f"; {t.optimizer} at {units.figure(float(t.lr), 2)}, {t.schedule}, batch {t.batch_size}, "
    line += f"{t.epochs} epochs, {t.loss}"
    line += "".join(f", {word} {strength}" for word, strength in ways(r.augment.model_extra or {}))
    facts = {"parameters": n, "layers": [asdict(row) for row in rows], "recipe": r.model_dump(mode="json")}
    facts |= {"reasons": dict(reasons)}
    yield Stage("network", line, (case, rows), facts)
    if case.carried:
        yield carried(case)


def carried(case: Case) -> Stage:
    """What is taken over of an earlier training, what is new, and what learns."""
    rows, choices = case.carried, case.recipe.transfer
    size = lambda of: sum(math.prod(r.shape) for r in rows if r.what in of)
    new = list(dict.fromkeys(r.layer for r in rows if r.what == "new"))
    source = case.recipe.network.name if choices.weights == "own" else choices.weights
    line = f"{units.count(size(('taken', 'adapted')))} of {units.count(size(('taken', 'adapted', 'new')))} weights of {source}"
    line += f"; new: {', '.join(new[:3])}{f' and {len(new) - 3} more' if len(new) > 3 else ''}" if new else "; none new"
    line += "".join(f"; {r.name}: {r.why}" for r in rows if r.what == "adapted")
    learning = {"frozen": "the rest stays frozen", "gradual": "layer after layer learns"}.get(choices.mode, "all learn")
    table = [asdict(r) for r in rows]
    facts = {"weights": choices.weights, "mode": choices.mode, "carried": table, "in_runs": in_runs(table)}
    return Stage("transfer", f"{line}; {learning}", rows, facts)


def checks(found: Iterable[Finding]) -> Generator[Stage, None, list[Finding]]:
    """Each check as it comes; all of them are returned."""
    kept = []
    for finding in found:
        kept.append(finding)
        yield check(finding)
    return kept


def check(finding: Finding) -> Stage:
    """A finding before training."""
    line = finding.summary + (f" ({finding.evidence})" if finding.evidence else "")
    return Stage("check" if finding.stage == "check" else finding.stage, line, finding, finding.to_dict())


def moment(moment: Step | Rest, case: Case, stopping: bool = False) -> Stage:
    """A moment of training: the curves at an epoch's end, else how far it is. stopping: has Ctrl-C been pressed?"""
    facts: dict[str, Any] = {
        "epoch": moment.epoch,
        "step": moment.index,
        "epochs": case.recipe.training.epochs,
        "stopping": stopping,
    }
    if isinstance(moment, Rest):
        facts |= {r.name: r.value for r in moment.readings} | {"best": moment.best, "why_stop": moment.why_stop}
    return Stage("moment", f"epoch {moment.epoch:.1f}", moment, facts)


def noticed(found: Iterable[Finding]) -> Iterator[Stage]:
    """What is wrong already while training goes on."""
    for finding in found:
        yield Stage("noticed", finding.summary, finding, finding.to_dict())


def verdict(final: Finding, findings: list[Finding]) -> Stage:
    """The verdict in a sentence."""
    line = f"{final.fault}: {final.summary}"
    return Stage("verdict", line, (final, findings), final.to_dict() | {"findings": [f.to_dict() for f in findings]})


def test(detail: Any, judged: Mapping[str, Any], run: Run, page: Path) -> Stage:
    """The one test, and where the report is."""
    metrics = judged["metrics"]
    name, m = next(iter(metrics.items()))
    unit = f" {m['unit']}" if m.get("unit") else ""
    low, high = units.figure(m["low"], 4), units.figure(m["high"], 4)
    line = f"{name} {units.figure(m['value'], 4)}{unit} (95 % interval {low} to {high}, n = {units.count(m['n'])})"
    if m.get("baseline") is not None:
        line += f"; {units.figure(m['baseline'], 4)}{unit} for {judged['baseline']}"
    facts = {"test": metrics, "run": str(run.path), "report": str(page), "baseline": judged.get("baseline")}
    return Stage("test", line, detail, facts | {"status": run.result["status"], "verdict": run.result["verdict"]})


def ended(detail: Any, run: Run) -> Stage:
    """That a run has ended already, and how."""
    result = run.result
    facts = {"test": result.get("test"), "run": str(run.path), "report": str(run.path / "report.html")}
    line = f"{run.path} has ended: {result['verdict']}; nothing is left to do"
    return Stage("resume", line, detail, facts | {"status": result["status"], "verdict": result["verdict"]})


def resumed(run: Run, state: Mapping[str, Any] | None) -> Stage:
    """Where a run goes on."""
    at = "from the start, for nothing had been kept"
    if state:
        progress = state["plain"]["progress"]
        at = f"in epoch {progress['epoch'] + 1}, after {units.count(progress['index'])} steps"
    return Stage("resume", f"{run.path} goes on {at}", run, {"run": str(run.path)})
