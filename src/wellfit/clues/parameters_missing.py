"""Parameters that the loss depends on are not in the optimizer."""

from __future__ import annotations

import ast

from torch import Tensor, nn

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site
from wellfit.nouns.weights import LAYERS, as_made


def parameters_missing(program: Program) -> Finding | None:
    """Sees: a loss reaches parameters that ask for a gradient and that no optimizer holds.
    Hurts: those layers stay as they began.
    Mistaken for: fine-tuning of a head on purpose, so this is proof only where the layers are registered nowhere.
    Remedy: nn.ModuleList for lists of layers; the optimizer made after the last layer, over model.parameters().
    Source: a fact of the run; whether it matters is settled by a trial."""
    held = {id(p) for o in program.optimizers for g in o.optimizer.param_groups for p in g["params"]}
    held |= {i for o in program.optimizers for i in o.held}
    lost = {i for i in program.reached - held if i in program.parameter_names or _lasting(program, i)} - _fed(program)
    if "optimizer got an empty parameter list" in program.crash:
        site = program.crash_site
        return Finding(
            "parameters-missing", "error", "the optimizer was given no parameters", program.crash,
            "list(model.parameters()): a generator is used up once it was walked through", 0.95, program.steps,
            site.file if site else None, site.line if site else None, source="seen in the run",
        )  # fmt: skip
    if not lost or not program.steps:
        return None
    none = not held & program.reached or _fresh(program, lost) or _swapped(program, lost)
    named = [program.parameter_names[i] for i in lost if i in program.parameter_names]
    hidden = len(lost) - len(named)
    known = {id(p) for n in program.networks for p in n.module.parameters()}
    site = optimizer_argument(program, "params")
    if hidden and not (lost & known) and program.networks:
        site = _unregistered(program) or site
    later = _made_later(program, lost)
    if later is not None:
        site, named = later
    return Finding(
        "parameters-missing", "error" if none or (hidden and not named) else "warning",
        "the optimizer does not hold parameters that the loss depends on",
        f"{len(lost)} of {len(program.reached)} parameters reached by the loss: "
        + (", ".join(sorted(named)[:4]) or "in layers no module registers"),
        "register the layers (nn.ModuleList) and hand all their parameters to the optimizer", 0.9, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip


def _fed(program: Program) -> set[int]:
    """Tensors that ask for a gradient because the answers are derived by them: what networks are fed."""
    found: set[int] = set()
    for tape in program.training()[:8]:
        into = {i for n in tape.passes() for i in n.ins}
        found |= {j for n, j in tape.parameters.items() if n in into}
    return found - set(program.parameter_names)


def _made_later(program: Program, lost: set[int]) -> tuple[Site, list[str]] | None:
    """Where a layer of these parameters was put into the network after the optimizer was made, and their names."""
    site = program.main.site if program.main else None
    for network in program.networks:
        for name, module in network.module.named_modules():
            own = [f"{name}.{n}" for n, p in module.named_parameters(recurse=False) if id(p) in lost]
            made = program.made.get(id(module))
            same = made is not None and site is not None and (made.file, made.function) == (site.file, site.function)
            if own and made is not None and site is not None and same and made.line > site.line:
                return made, own
    return None


def _fresh(program: Program, lost: set[int]) -> bool:
    """Are layers among them that are still as PyTorch made them at the end, so that none was ever trained?"""
    modules = {id(m): m for n in program.networks for m in n.module.modules() if isinstance(m, LAYERS)}
    return any(id(m.weight) in lost and as_made(m) for m in modules.values())


def _swapped(program: Program, lost: set[int]) -> bool:
    """Does the main optimizer hold as many parameters, of the same network's making, that no loss reaches?"""
    main = program.main
    asking = {id(p) for g in main.optimizer.param_groups for p in g["params"] if p.requires_grad} if main else set()
    return 0 < len(asking - program.reached) <= len(lost) and bool(asking)


def _lasting(program: Program, i: int) -> bool:
    """Is it a parameter in a layer that no module registers, not a tensor made in each step?"""
    if isinstance(program.memo.get(i), nn.Parameter) or any(
        id(p) == i for n in program.networks for p in n.module.parameters()
    ):
        return True
    tapes = [t for t in program.training() if t.parameters]
    for tape in tapes[1:2] + tapes[-1:]:
        numbers = {n for n, j in tape.parameters.items() if j == i}
        made = {o for node in tape.nodes for o in node.outs} | set(tape.losses)
        if not numbers or numbers & made:
            return False
    return bool(tapes)


def _unregistered(program: Program):
    """The line on which a list of layers, or a tensor that asks for a gradient, is put into an attribute."""
    for network in program.networks:
        for name, value in vars(network.module).items():
            many = isinstance(value, (list, tuple, dict)) and value
            if (many or (isinstance(value, Tensor) and value.requires_grad)) and not name.startswith("_"):
                for path, source in program.sources.items():
                    own = type(network.module).__name__
                    made = source.assignments(name)
                    for assignment in [a for a in made if _of_self(a, name)] or made:
                        around = source.enclosing(assignment, ast.ClassDef)
                        if not isinstance(around, ast.ClassDef) or around.name == own:
                            return Site(path, assignment.lineno, "")
    return None


def _of_self(assignment: ast.Assign | ast.AnnAssign, name: str) -> bool:
    """`self.name = ...`, not a variable of that name."""
    targets = assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]
    return any(isinstance(n, ast.Attribute) and n.attr == name for t in targets for n in ast.walk(t))
