"""Parameters that the loss depends on are not in the optimizer."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program


def parameters_missing(program: Program) -> Finding | None:
    """Sees: a loss reaches parameters that ask for a gradient and that no optimizer holds.
    Hurts: those layers stay as they began.
    Mistaken for: fine-tuning of a head on purpose, so this is proof only where the layers are registered nowhere.
    Remedy: nn.ModuleList for lists of layers; the optimizer made after the last layer, over model.parameters().
    Source: a fact of the run; whether it matters is settled by a trial."""
    held = {i for o in program.optimizers for i in o.held}
    lost = program.reached - held
    if not lost or not program.steps:
        return None
    named = [program.parameter_names[i] for i in lost if i in program.parameter_names]
    hidden = len(lost) - len(named)
    known = {id(p) for n in program.networks for p in n.module.parameters()}
    site = optimizer_argument(program, "params")
    if hidden and not (lost & known) and program.networks:
        site = _unregistered(program) or site
    return Finding(
        "parameters-missing", "error" if hidden and not named else "warning",
        "the optimizer does not hold parameters that the loss depends on",
        f"{len(lost)} of {len(program.reached)} parameters reached by the loss: {', '.join(sorted(named)[:4]) or 'in layers no module registers'}",
        "register the layers (nn.ModuleList) and hand all their parameters to the optimizer", 0.9, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip


def _unregistered(program: Program):
    """The line on which a list of layers is put into an attribute."""
    for network in program.networks:
        for name, value in vars(network.module).items():
            if isinstance(value, (list, tuple, dict)) and value and not name.startswith("_"):
                for path, source in program.sources.items():
                    for assignment in source.assignments(name):
                        from wellfit.nouns.tape import Site

                        return Site(path, assignment.lineno, "")
    return None
