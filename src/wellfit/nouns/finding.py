"""Finding: a claim with its proof. Checks before training, rules and the verdict all speak in Findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from wellfit.nouns.reading import Reading

Severity = Literal["ok", "info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info", "ok")


@dataclass(frozen=True)
class Finding:
    """A claim with its proof.

    fault: a label of the shared vocabulary ("inputs-unscaled"), or the name of a check that passed;
    severity: "error" (does not learn), "warning" (learns worse than it could), "info" (not proved, or merely
    worth knowing), "ok" (a check that passed);
    summary: one plain sentence; evidence: the figures with units; remedy: what to do;
    confidence: 0 to 1; step: optimizer steps before it was seen; file, line: where in the user's program;
    readings: the numbers it rests on; limit: the limit they were held against; source: where the limit is from;
    change: the cure as data, an edit of a recipe {"training.lr": 1e-3}, so that it can be tried;
    stage: "data", "check", "training", "verdict" or "test".
    """

    fault: str
    severity: Severity
    summary: str
    evidence: str = ""
    remedy: str = ""
    confidence: float = 1.0
    step: int | None = None
    file: str | None = None
    line: int | None = None
    readings: tuple[Reading, ...] = ()
    limit: float | None = None
    source: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    stage: str = "training"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Finding:
        """The inverse of `to_dict`; keys this version does not know are left out."""
        known = {k: v for k, v in d.items() if k in cls.__dataclass_fields__}
        known["readings"] = tuple(Reading(**r) for r in known.get("readings", ()))
        return cls(**known)


def by_weight(findings: list[Finding] | tuple[Finding, ...]) -> list[Finding]:
    """Most severe first, then most certain first; the order of equals is kept."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.confidence))
