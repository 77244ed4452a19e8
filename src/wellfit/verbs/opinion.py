"""Opinion: the doctor's findings in words: what was understood, where each stands, what was tried and what it cost."""

from __future__ import annotations

import math

import numpy as np
from torch import nn

from wellfit.nouns.faults import FAULTS
from wellfit.nouns.finding import Finding
from wellfit.nouns.opinion import PROVED, SCALE, Attempt, Excerpt, Opinion, Said
from wellfit.nouns.pace import Pace
from wellfit.nouns.program import NetworkSeen, Program
from wellfit.nouns.reading import Track
from wellfit.nouns.replay import Outcome, Trial, Trials
from wellfit.nouns.shelf import module, names
from wellfit.nouns.source import short_name
from wellfit.nouns.tape import Look, Site
from wellfit.nouns.units import count, duration, figure, many, percent

AROUND = 4
"""Lines of source shown on either side of a finding's."""
EVERY = "all the other cures"
"""What was in place in trials that leave one cure out (`Trial.on`)."""
HELPS = 0.3
"""Share of the gap from which a change counts as a help (as in the conclusion)."""
HEED_MODE = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._NormBase, nn.RNNBase, nn.MultiheadAttention)
"""Layers that do something else in train mode than in eval mode."""
LABELS = list(FAULTS)
"""Labels in the order of their groups: data, loss and output, network, training, loop and evaluation."""


def opinion(program: Program, tried: Trials, status: str, findings: list[Finding]) -> Opinion:
    """What was understood, each finding with line, evidence, remedy, and what was tried."""
    told = [_said(program, f, tried) for f in findings]
    steps, losses = zip(*program.curve) if program.curve else ((), ())
    at = np.asarray(steps, dtype=np.int64)
    return Opinion(
        short_name(program.script), program.script, status, _heading(program, status, findings), _understood(program),
        told, tried.reached, _attempts(tried, findings), tried.why, _checked(),
        _costs(program, tried), list(program.trouble),
        Track("program_loss", at, at.astype(float), np.asarray(losses, dtype=float)) if program.curve else None,
        scale=tried.scale if tried.by_loss else SCALE,
    )  # fmt: skip


def _heading(program: Program, status: str, findings: list[Finding]) -> str:
    wrong = [f for f in findings if f.severity in ("error", "warning")]
    ended = f"the script stopped with {program.crash}; " if program.crash else ""
    if wrong:
        rest = f" ({many(len(wrong) - 1, 'more finding')} below)" if len(wrong) > 1 else ""
        first = wrong[0].summary.strip().rstrip(".")
        return f"{ended}{first}{rest}"
    if status == "untrained" or (ended and not program.steps):
        return f"{ended}nothing was trained: no optimizer stepped"
    if status == "healthy":
        return f"{ended}nothing was found that keeps it from learning"
    return f"{ended}no cause was found in its training"


def _understood(program: Program) -> list[tuple[str, str, str]]:
    """(what, in words, place) of the network, the training, the loss, the order and the evaluations."""
    rows = [("network", _network(n), _place(n.site)) for n in program.networks[:3]]
    if len(program.networks) > 3:
        rows.append(("", f"and {len(program.networks) - 3} more", ""))
    main, loss, pace = program.main, program.loss, Pace(program)
    if main is None or not program.steps:
        seen = f"no optimizer stepped; saw {many(program.backwards, 'backward pass', 'backward passes')}"
        seen += f" and {many(len(program.networks), 'network')}"
        seen += ", whose weights were moved in another way" if program.moved else ""
        seen += f"; processes that it started, not watched: {program.children}" if program.children else ""
        return [*rows, ("training", seen, "")]
    more = f", one of {len(program.optimizers)} optimizers" if len(program.optimizers) > 1 else ""
    schedule = f", {main.schedule}" if main.schedule else ""
    batch = f" of {many(pace.rows, 'example')}" if pace.rows else ""
    kind = f"weights moved by hand, as by {main.kind}" if main.by_hand else main.kind
    words = f"{many(program.steps, 'step')}{batch}, {kind} at a rate of {_short(main.lr)}{schedule}{more}"
    rows.append(("training", words, _place(main.site)))
    if loss is not None:
        rows.append(("loss", _loss(program), _place(loss.site)))
    fed = loss.look(loss.inputs[0]) if loss and loss.inputs else None
    if fed is not None:
        rows.append(("inputs", _look(fed), ""))
    rows.append(("order", _order(program, pace), ""))
    rows.append(("evaluation", _evaluation(program), ""))
    return rows


def _network(n: NetworkSeen) -> str:
    parameters = sum(p.numel() for p in n.module.parameters())
    kinds = [type(m).__name__ for m in n.module.modules() if not any(True for _ in m.children())]
    shown = ", ".join(f"{k} ×{kinds.count(k)}" if kinds.count(k) > 1 else k for k in list(dict.fromkeys(kinds))[:5])
    more = ", …" if len(set(kinds)) > 5 else ""
    inside = f" ({shown}{more})" if shown and shown != n.name else ""
    return f"{n.name}{inside}, {many(parameters, 'parameter')}"


def _loss(program: Program) -> str:
    loss = program.loss
    if loss is None:
        return "none was seen"
    name = loss.name or "written by hand"
    answer, target = loss.look(loss.answer), loss.look(loss.target)
    given = f" of outputs {list(answer.shape)}" if answer else ""
    if target is None:
        return f"{name}{given}; no target was seen"
    return f"{name}{given} and targets {_look(target)}"


def _look(look: Look) -> str:
    low, high = look.low, look.high
    spread = f", {_short(low)} to {_short(high)}" if low is not None and high is not None else ""
    bad = f", {percent(look.bad_frac)} not finite" if look.bad_frac else ""
    return f"{list(look.shape)} {look.dtype}{spread}{bad}"


def _short(value: float) -> str:
    """A figure without needless zeros: 0.0100 -> 0.01."""
    return f"{value:.3g}" if 1e-4 <= abs(value) < 1e4 else figure(value) if value else "0"


def _order(program: Program, pace: Pace) -> str:
    used = [loader for loader in program.loaders if loader.batch_size]
    if not used:
        picked = f" from {count(pace.examples)} examples" if pace.examples else ""
        return f"batches picked by the script itself{picked}"
    kind = {"RandomSampler": "shuffled", "SequentialSampler": "in order"}.get(used[0].sampler, used[0].sampler)
    said = [f"a DataLoader, {kind}, batches of {used[0].batch_size}"]
    if pace.examples:
        said.append(f"{count(pace.examples)} examples to a pass")
    if pace.epoch and program.steps >= 1.5 * pace.epoch:
        said.append(f"about {round(program.steps / pace.epoch)} passes")
    return ", ".join(said)


def _evaluation(program: Program) -> str:
    seen = [p for p in program.passes if p.after or not p.grad]
    if not seen:
        return "none was seen"
    mode, one = sum(p.training for p in seen), len(seen) == 1
    heeds = any(isinstance(m, HEED_MODE) for n in program.networks for m in n.module.modules())
    how = f"{'' if one else 'all '}in {'train' if mode else 'eval'} mode" if mode in (0, len(seen)) else ""
    how = how or f"{mode} in train mode"
    how = how if heeds or mode else "the mode makes no difference"
    rows = sorted({p.batch for p in seen})
    size = f" of {rows[0]} examples" if len(rows) == 1 else f" of {rows[0]} to {rows[-1]} examples"
    compared = sum(bool(p.compared) for p in seen)
    data = "" if not compared else ", compared with data" if one else f", {compared} of them compared with data"
    return f"{many(len(seen), 'watched pass', 'watched passes')}{size}, {how}{data}"


def _place(site: Site | None) -> str:
    return f"{short_name(site.file)}:{site.line}" if site else ""


def _said(program: Program, f: Finding, tried: Trials) -> Said:
    seen, _, proof = f.evidence.partition(PROVED)
    if not proof and f.source.startswith("trials on copies"):
        seen, proof = "", seen
    trial = max((t for t in tried.tried if f.fault in t.faults), key=lambda t: t.closed, default=None)
    if proof and trial is not None and trial.closed >= HELPS and tried.asis and trial.on != EVERY:
        proof = _proof(trial, tried)
    return Said(f, _excerpt(program, f), tuple(s.strip() for s in seen.split("; ") if s.strip()), proof)


def _proof(t: Trial, tried: Trials) -> str:
    """The trial of its cure, in a sentence."""
    have = f"{tried.asis[0].skill:.2f} as it stands"
    reached = (
        f" ({tried.reached:.2f} where it ended)" if tried.reached is not None and tried.reached == tried.reached else ""
    )
    gave, steps = ", ".join(f"{o.skill:.2f}" for o in t.outcomes), t.outcomes[0].steps
    on = f" once {t.on.replace('_', ' ')} is in place" if t.on else ""
    seeds = f", {many(len(t.outcomes), 'seed')}" if len(t.outcomes) > 1 else ""
    what = ("share of the loss's fall" if tried.least else "share of the first loss gone") if tried.by_loss else "skill"
    return f"trained again on copies: {what} {have}{reached}, {gave} with {t.note}{on} ({steps} steps{seeds})"


def _excerpt(program: Program, f: Finding) -> Excerpt:
    source = program.sources.get(f.file or "")
    if not f.file or not f.line:
        return Excerpt(_where(program, f))
    place = f"{short_name(f.file)}:{f.line}"
    if source is None:
        return Excerpt(place, f.line)
    first, last = max(f.line - AROUND, 1), min(f.line + AROUND, len(source.lines))
    rows = tuple((n, source.lines[n - 1].rstrip()) for n in range(first, last + 1))
    return Excerpt(place, f.line, source.line(f.line), rows)


def _where(program: Program, f: Finding) -> str:
    """Where to look for a fault that stands on no single line."""
    at = LABELS.index(f.fault) if f.fault in LABELS else len(LABELS)
    name = short_name(f.file or program.script)
    loss, main = program.loss, program.main
    network = program.networks[0].site if program.networks else None
    parts = (
        (
            "loss-unsuitable",
            "where the data are read and prepared",
            program.loaders[0].site if program.loaders else None,
        ),
        ("activation-unsuitable", "at the loss", loss.site if loss else None),
        ("lr-too-high", "where the network is made", network),
        ("zero-grad-missing", "where the optimizer is made", main.site if main else None),
    )
    for before, words, site in parts:
        if at < LABELS.index(before):
            return f"no single line; look {words}, {_place(site) or name}"
    return f"no single line; look at the training loop and the evaluation in {name}"


def _attempts(tried: Trials, findings: list[Finding]) -> list[Attempt]:
    """Controls, then the changes: those that close a good part of the gap, the others."""
    if not tried.omnibus:
        return []
    proved = {f.fault for f in findings if f.severity == "error"}
    rows = [_attempt("played again as it stands", tried.asis)] if tried.asis else []
    rows.append(_attempt("all the usual cures at once", tried.omnibus))
    return rows + [_trial(t, proved) for t in sorted(tried.tried, key=lambda t: -t.closed)]


def _attempt(note: str, outcomes: tuple[Outcome, ...], verdict: str = "", on: str = "") -> Attempt:
    skills = tuple(o.skill for o in outcomes)
    return Attempt(note, skills, outcomes[0].steps if outcomes else 0, verdict, on, tuple(o.losses for o in outcomes))


def _trial(t: Trial, proved: set[str]) -> Attempt:
    helped = t.closed >= HELPS
    verdict = ("confirmed" if proved & set(t.faults) else "helps") if helped else "no help"
    if t.on == EVERY:
        return _attempt(f"all the usual cures but one: {t.note}", t.outcomes, "" if helped else "no help")
    return _attempt(t.note, t.outcomes, verdict, t.on.replace("_", " "))


def _checked() -> list[str]:
    """Every fault that a clue looks for or a remedy can prove."""
    seen = {word.replace("_", "-") for word in names("clues")}
    seen |= {fault for word in names("remedies") for fault in getattr(module("remedies", word), "FAULTS", ())}
    return [label for label in FAULTS if label in seen] + sorted(seen - set(FAULTS))


def _costs(program: Program, tried: Trials) -> list[tuple[str, str]]:
    share = program.spent_s / program.seconds if program.seconds > 0 else math.nan
    of = f" of {duration(program.seconds)}" + (f" ({percent(share)})" if program.seconds > 1 else "")
    of = of if share <= 1 else f"; the script itself {duration(program.seconds)}"
    runs = len(tried.asis) + len(tried.omnibus) + sum(len(t.outcomes) for t in tried.tried)
    trials = f"; {many(runs, 'training')} on copies {duration(tried.seconds)}" if tried.omnibus else ""
    return [("cost", f"watching {duration(program.spent_s)}{of}{trials}")]
