"""The result of a run: how many tests passed, and the names of those that did not, printed last."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunOutcome:
    """Of one part of a run; the sum is of both."""

    status: int
    """0 only when all is well."""
    passed: int = 0
    failed: tuple[str, ...] = ()
    """The tests' names, each once; those that a fixture failed too."""

    def __add__(self, other: RunOutcome) -> RunOutcome:
        failed = dict.fromkeys((*self.failed, *other.failed))
        return RunOutcome(self.status or other.status, self.passed + other.passed, tuple(failed))

    def closing(self, seconds: float, processor_s: float, seed: str) -> str:
        """Return the last lines of a run: every failed test of every part of it, then how it ended.

        ``processor_s`` is what all its processes worked: half of it is the least that a run can take
        on two cores, and it hardly depends on what else the machine does.
        """
        word = "PASSED" if self.status == 0 else "FAILED"
        took = f"{int(seconds) // 60} min {int(seconds) % 60} s"
        names = [f"FAILED {name}" for name in sorted(self.failed)]
        worked = f"{processor_s:.0f} s of processor time"
        last = f"{word}: {self.passed} passed, {len(self.failed)} failed in {took}, {worked}, SEED={seed}"
        return "\n".join([*names, last])


def write(passed: int, failed: Iterable[str], file: Path) -> None:
    """Leave behind what pytest counted, in its own process."""
    file.write_text(json.dumps({"passed": passed, "failed": sorted(set(failed))}))


def read(status: int, file: Path) -> RunOutcome:
    """Return what pytest left behind when it ended with that status; nothing, if it broke off before."""
    if not file.exists():
        return RunOutcome(status, failed=(f"pytest, which ended with status {status} before it told",))
    told = json.loads(file.read_text())
    return RunOutcome(status, told["passed"], tuple(told["failed"]))
