"""How every benchmark prints: what was run, on what data, medians, and a ratio to a yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header, the first column to the left and the others to the right."""
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}")
    for line in [header, ["-" * width for width in widths], *rows]:
        first, *rest = line
        cells = [
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:.1f} ms"


def p99(values: Sequence[float]) -> float:
    """The 99th percentile; the largest of fewer than a hundred."""
    return quantiles(values, n=100)[98] if len(values) >= 100 else max(values)


def spread(values: Sequence[float]) -> str:
    """Seconds: median, and the least and most, in milliseconds."""
    return f"{ms(median(values))} ({ms(min(values))}–{ms(max(values))})"
