"""How long each file of tests takes, as it was last measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("durations.json")
UNKNOWN_S = 5.0
"""Of a file that was never measured."""


def known(file: Path = FILE) -> dict[str, float]:
    """Seconds by test file, as a path from the repository's root."""
    return {path: float(seconds) for path, seconds in json.loads(file.read_text()).items()}


def renew(measured: Iterable[tuple[str, float]], file: Path = FILE) -> None:
    """Write down ``(test id, seconds)`` of a whole run, summed up by file."""
    sums: Counter[str] = Counter()
    for test, seconds in measured:
        sums[test.partition("::")[0]] += seconds  # type: ignore[assignment]  # a Counter adds what one gives it
    found = {path: round(seconds, 1) for path, seconds in sorted(sums.items())}
    file.write_text(json.dumps(found, indent=1) + "\n")
