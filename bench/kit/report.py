"""docs/benchmarks.json into docs/BENCHMARKS.md. The page holds nothing that the result does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.kit.machine import Machine
from bench.kit.process import ROOT
from bench.kit.stats import Row, Section, Spread, figure

RESULT = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "BENCHMARKS.md"


class Result(msgspec.Struct, frozen=True):
    """One run of `make bench`."""

    at: str
    command: str
    machine: Machine
    repetitions: int
    seconds: float
    warmup_s: float
    pinned: bool
    sections: list[Section]


def read(path: Path = RESULT) -> Result:
    """The result as it was written."""
    return msgspec.json.decode(path.read_bytes(), type=Result)


def write(result: Result) -> None:
    """Both files."""
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    PAGE.write_text(page(result))


def page(result: Result) -> str:
    """The whole page."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"Written by `{result.command}` from `docs/benchmarks.json`; not edited by hand."
    yield ""
    yield from _how(result)
    yield ""
    yield "| ratio | |"
    yield "|---|---|"
    for section in result.sections:
        for name, value in section.ratios.items():
            yield f"| {section.title}: {name} | {figure(value)} |"
    for section in result.sections:
        yield ""
        yield from _section(section)


def _how(result: Result) -> Iterator[str]:
    machine = result.machine
    yield (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}; "
        f"{machine.python}; {machine.postgres}. Commit {machine.commit}, {result.at}, "
        f"load average before the run {machine.load_before}."
    )
    yield ""
    pinned = (
        "The server runs on one core, the load client on another" if result.pinned else "Nothing is pinned"
    )
    yield (
        f"{pinned}; PostgreSQL and Redis run wherever the system puts them. Each figure is the median of "
        f"{result.repetitions} repetitions of {figure(result.seconds)} s after {figure(result.warmup_s)} s "
        "of warm-up, with the smallest and largest in parentheses. Server and client columns are "
        "shares of one core; a client near 1 was the bottleneck. Server microseconds are "
        "processor time for one answer, which other work on the machine does not stretch."
    )


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    yield section.method
    if section.rows:
        yield ""
        yield f"| | {section.unit} | p50 ms | p99 ms | server us each | server | client |"
        yield "|---|---|---|---|---|---|---|"
        for row in section.rows:
            yield _row(row)
        for row in section.rows:
            if row.note:
                yield ""
                yield f"{row.what}: {row.note}"
    if section.text:
        yield ""
        yield "```"
        yield section.text.strip("\n")
        yield "```"


def _row(row: Row) -> str:
    cells = [
        row.what,
        *map(_cell, (row.rate, row.p50_ms, row.p99_ms, row.cpu_us)),
        *map(_share, (row.server_cpu, row.client_cpu)),
    ]
    return f"| {' | '.join(cells)} |"


def _cell(value: Spread | None) -> str:
    return "" if value is None else str(value)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
