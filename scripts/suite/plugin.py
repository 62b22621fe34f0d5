"""The pytest plugin of `make test`: lanes, stacks of a test that hangs, and what came out of it all."""

from __future__ import annotations

import faulthandler
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import reorder_items

from scripts.suite import durations, outcome
from scripts.suite.lanes import Lanes
from scripts.suite.shared import FOLDER

OUTCOME = "outcome.json"
"""The file in that folder that tells what came of it all."""
RENEW = "DURATIONS"
"""The variable that asks for ``durations.json`` to be renewed."""
_GRACE_S = 30.0
"""The time limit interrupts Python; a test stuck below it is ended with its process this much
later, or sooner where its limit is shorter."""


def pytest_configure(config: pytest.Config) -> None:
    """Be there once in a process, with the measurements of its run."""
    config.pluginmanager.register(_Run(Path(os.environ[FOLDER])))
    # What is collected stays to the end; to walk it again and again is a third of what collecting costs.
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over the tests, and see to what they make."""
    gc.freeze()
    gc.enable()


class _Run:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._measured: list[tuple[str, float]] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Lanes:
        return Lanes(config, log, durations.known())

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Bring together again what was shuffled and shares a fixture, or a server starts for each test."""
        items[:] = reorder_items(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """End the process, with the stacks of all threads, when even the time limit does not end a test."""
        with self._stacks(os.environ.get("PYTEST_XDIST_WORKER", "")).open("w") as file:
            limit = _limit(item)
            faulthandler.dump_traceback_later(limit + min(limit, _GRACE_S), exit=True, file=file)
            try:
                return (yield)
            finally:
                faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, report: Any) -> None:
        """Show what a lane was doing when it ended."""
        file = self._stacks(report.node.gateway.id)
        if file.exists():
            report.longrepr = f"{report.longrepr}\n{file.read_text(errors='replace')}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._measured.append((report.nodeid, getattr(report, "duration", 0.0)))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        of = terminalreporter.stats
        failed = [report.nodeid for name in ("failed", "error") for report in of.get(name, ())]
        outcome.write(len(of.get("passed", ())), failed, self._folder / OUTCOME)
        if os.environ.get(RENEW):
            durations.renew(self._measured)

    def _stacks(self, lane: str) -> Path:
        return self._folder / f"stacks{lane}.txt"


def _limit(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0] if mark else item.config.getini("timeout"))
