"""Processes that a run left behind, found by a variable that every child inherits (Linux)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "TEST_RUN"
"""The variable; its value is the run's own."""


def end_all(run: str) -> list[str]:
    """End every process of a run but this one; returns the command lines of those that had to be ended."""
    found = dict(_of(run))
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return list(found.values())


def _of(run: str) -> Iterator[tuple[int, str]]:
    mark = f"{MARK}={run}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        process = int(folder.name)
        with suppress(OSError):
            if process != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                yield process, (folder / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
