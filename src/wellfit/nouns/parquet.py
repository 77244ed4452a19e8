"""Parquet files read a few rows at a time, through pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.nouns.blocks import Blocks

if TYPE_CHECKING:
    import pandas as pd

TEXT_BYTES = 64  # of a value of text as a Python string


def blocks(path: Path) -> Blocks:
    """The table in a Parquet file, nothing read but its description. Raises pyarrow's errors for a damaged file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        schema, n = file.schema_arrow, file.metadata.num_rows
    columns = tuple(str(name).strip() for name in schema.names)
    each = sum(_width(field.type) for field in schema)

    def read(rows: int, wanted: tuple[str, ...]) -> Iterator[pd.DataFrame]:
        # pages are read as they are needed, not a group of rows (a million, usually) at once
        with pq.ParquetFile(path, buffer_size=1 << 16, pre_buffer=False, memory_map=False) as file:
            named = [schema.names[columns.index(c)] for c in wanted]
            for batch in file.iter_batches(batch_size=rows, columns=named, use_threads=False):
                frame = batch.to_pandas()
                yield frame.set_axis([str(c).strip() for c in frame.columns], axis=1)[list(wanted)].reset_index(
                    drop=True
                )
        pa.default_memory_pool().release_unused()  # what the pages took

    return Blocks((n, len(columns)), n * each, read, columns)


def _width(kind: object) -> int:
    """Bytes of one value in a DataFrame."""
    try:
        return max(1, kind.bit_width // 8)  # type: ignore[attr-defined]
    except ValueError:  # text and lists have no width of their own
        return TEXT_BYTES
