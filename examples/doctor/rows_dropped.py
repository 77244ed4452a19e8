"""A clue of one's own: the same rows are left out of every pass."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program


def rows_dropped(program: Program) -> Finding | None:
    """Sees: a loader that keeps the order of its rows and drops the last batch where that is not full.
    Hurts: the rows at the end are never trained on; where the file is sorted, that may be a whole class.
    Mistaken for: a shuffling loader that drops the last batch: there other rows are left out in each pass.
    Remedy: `shuffle=True`, or `drop_last=False`.
    Source: a fact of the loader; at least one row in twenty."""
    for loader in program.loaders:
        if (
            not loader.drop_last
            or loader.sampler != "SequentialSampler"
            or not loader.batch_size
            or not loader.examples
        ):
            continue
        lost = loader.examples % loader.batch_size
        if lost >= 0.05 * loader.examples:
            return Finding(
                "rows-dropped", "error", "the same rows are left out of every pass",
                f"the last {lost} of {loader.examples} rows do not fill a batch of {loader.batch_size}",
                "shuffle=True, or drop_last=False", 0.9,
                file=loader.site.file if loader.site else None, line=loader.site.line if loader.site else None,
                source="seen in the run",
            )  # fmt: skip
    return None
