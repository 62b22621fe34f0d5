"""How each board does, counted where it is seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class BoardHealth:
    """Counters of one board since the start of the agent; times in seconds."""

    requests: int = 0
    answers: int = 0
    timeouts: int = 0
    bad_checksums: int = 0
    garbage_bytes: int = 0
    refused: int = 0
    """Requests that the board understood and declined."""
    bounces: int = 0
    """Changes of a hook or a sensor that did not last long enough to be believed."""
    strays: int = 0
    """Answers that came in another board's turn, or were nobody's."""
    failures_in_a_row: int = 0
    round_trip_s: float = 0.0
    """Of answered requests, from the first byte out to the last in; smoothed over about eight."""
    round_trip_max_s: float = 0.0

    def answered(self, round_trip_s: float) -> None:
        """Count an answer."""
        self.answers += 1
        self.failures_in_a_row = 0
        self.round_trip_max_s = max(self.round_trip_max_s, round_trip_s)
        weight = 1.0 if self.answers == 1 else 0.125
        self.round_trip_s += (round_trip_s - self.round_trip_s) * weight

    def silent(self) -> None:
        """Count a request without a usable answer."""
        self.timeouts += 1
        self.failures_in_a_row += 1

    def declined(self) -> None:
        """Count a request that the board rejected."""
        self.refused += 1
        self.failures_in_a_row += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the counters for telemetry."""
        return asdict(self)
