"""Numbers as people read them: counts, durations, bytes, figures with an interval."""

from __future__ import annotations

import math


def count(n: float) -> str:
    """1234567 -> '1,234,567'."""
    return f"{int(n):,}"


def figure(value: float, digits: int = 3) -> str:
    """A figure to `digits` significant digits without needless zeros: 0.98765 -> '0.988', 1.5e-05 -> '1.5e-05'."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -4 or size >= 7:
        return f"{value:.{max(digits - 1, 0)}e}"
    return f"{round(value, digits - 1 - size):,.{max(digits - 1 - size, 0)}f}"


def brief(value: float, digits: int = 3) -> str:
    """A value that somebody chose, without the zeros that say how exact a measurement is: 0.0020 -> '0.002'."""
    return f"{float(f'{value:.{digits}g}'):g}"


def duration(seconds: float) -> str:
    """3725.2 -> '1 h 02 min'; 65 -> '1 min 05 s'; 2.34 -> '2.3 s'; 0.0042 -> '4.2 ms'."""
    if seconds < 1:
        return f"{seconds * 1e3:.1f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"


def size(n_bytes: float) -> str:
    """12_345_678 -> '12.3 MB' (decimal units)."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(n_bytes) < 1000:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"


def percent(frac: float, digits: int = 1) -> str:
    """0.9876 -> '98.8 %'."""
    return f"{frac * 100:.{digits}f} %"


def many(n: int, noun: str, plural: str = "") -> str:
    """many(1, 'row') -> '1 row'; many(2400, 'copy', 'copies') -> '2,400 copies'."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
