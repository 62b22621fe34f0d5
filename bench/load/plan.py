"""What every load client is told, and what it says at the end."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """One connection: who it is and the commands it sends over and over, one at a time."""

    headers: dict[str, str]
    bodies: list[str]
    """JSON objects. Over a websocket ``@ID@`` becomes a fresh command id."""


class Plan(msgspec.Struct, frozen=True):
    """Read from standard input."""

    host: str
    port: int
    path: str
    callers: list[Caller]
    warmup_s: float
    measure_s: float
    method: str = "POST"
    """Over HTTP; a GET has bodies of nothing."""
    subprotocols: list[str] = []
    good: str = '"ok":true'
    """What an answer that counts contains."""


class Outcome(msgspec.Struct, frozen=True):
    """Written to standard output."""

    rate: float
    """Answers a second."""
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    answers: int
    all_answers: int
    """Those of the warm-up and after the end too: all the server's work."""
    failures: int
    first_failure: str
    client_cpu: float
    """Share of one core the client used; near 1 it was the bottleneck, not the server."""


def read_plan() -> Plan:
    """The plan on standard input."""
    return msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)


class Tally:
    """Collects answers between the end of the warm-up and the end of the measurement."""

    def __init__(self, warmup_s: float, measure_s: float) -> None:
        self._warmup_s = warmup_s
        self._measure_s = measure_s
        self.start()
        self.latencies: list[float] = []
        self.all_answers = 0
        self.failures = 0
        self.first_failure = ""
        self.cpu_at_begin: float | None = None

    def start(self) -> None:
        """The connections are open: the warm-up begins now."""
        self.begin = time.perf_counter() + self._warmup_s
        self.end = self.begin + self._measure_s

    def note(self, sent: float, received: float) -> bool:
        """Count an answer; returns whether to go on sending."""
        self.all_answers += 1
        if received >= self.end:
            return False
        if received >= self.begin:
            if self.cpu_at_begin is None:
                self.cpu_at_begin = cpu_seconds()
            self.latencies.append(received - sent)
        return True

    def fail(self, what: bytes | str) -> None:
        """Count an answer that is not what was asked for, and keep the first."""
        self.failures += 1
        if not self.first_failure:
            self.first_failure = what.decode(errors="replace") if isinstance(what, bytes) else what
            self.first_failure = self.first_failure[:500]

    def outcome(self) -> Outcome:
        """Sum up; call it when the last connection is done."""
        used = cpu_seconds() - (self.cpu_at_begin if self.cpu_at_begin is not None else cpu_seconds())
        ordered = sorted(self.latencies)
        return Outcome(
            rate=len(ordered) / (self.end - self.begin),
            p50_ms=1000 * quantile(ordered, 0.50),
            p95_ms=1000 * quantile(ordered, 0.95),
            p99_ms=1000 * quantile(ordered, 0.99),
            max_ms=1000 * (ordered[-1] if ordered else 0.0),
            answers=len(ordered),
            all_answers=self.all_answers,
            failures=self.failures,
            first_failure=self.first_failure,
            client_cpu=used / (self.end - self.begin),
        )


def write_outcome(outcome: msgspec.Struct) -> None:
    """The outcome on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
    sys.stdout.flush()


def cpu_seconds() -> float:
    """CPU time this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the sorted values lie (nearest rank); 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
