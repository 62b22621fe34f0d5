"""Repetitions summed up: the median, and how far the others were from it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Median, smallest and largest of the repetitions."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{figure(self.median)} ({figure(self.low)}-{figure(self.high)})"


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def figure(value: float) -> str:
    """Three digits that matter, thousands apart: 12,345 / 123 / 12.3 / 1.23 / 0.123."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


class Row(msgspec.Struct, frozen=True):
    """One line of a table: what was measured and what came of it."""

    what: str
    rate: Spread | None = None
    """A second."""
    p50_ms: Spread | None = None
    p99_ms: Spread | None = None
    cpu_us: Spread | None = None
    """Processor microseconds of the server for one answer."""
    server_cpu: float | None = None
    client_cpu: float | None = None
    note: str = ""


class Section(msgspec.Struct, frozen=True):
    """One measurement: how it was done, its rows, and the ratios that follow from them."""

    key: str
    title: str
    method: str
    unit: str
    rows: list[Row]
    ratios: dict[str, float] = {}
    text: str = ""
    """Figures of a tool of its own, already as Markdown."""
