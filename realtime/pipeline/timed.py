"""When a command was given, for those that move a lock: none of them may be carried out out of the blue.

A command may wait on its way: in a page that lost its network, in a proxy, in a broker. Whoever gives it says
when, and the server refuses it after its time to live, whichever way it came. From its commit on the device
counts a time of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from realtime.problems import Problem, invalid
from realtime.wire import Body, rfc3339

TTL_S = 60.0
LONGEST_TTL_S = 300.0
AHEAD_S = 5.0
"""So far a clock may be ahead of the server's."""
LATE = ("expired", "clock_ahead")
"""Refusals of what comes after its time, or before it."""


class Timed(Body, kw_only=True):
    """A body that may say when its command was given (RFC 3339), and for how many seconds it holds (60)."""

    given_at: Annotated[datetime, Meta(tz=True)] | None = None
    ttl_s: Annotated[float, Meta(gt=0, le=LONGEST_TTL_S)] | None = None


def refuse_late(body: Timed, now: float) -> None:
    """Raise the 400 for a command whose time is over, or has not come yet; ``now`` is POSIX seconds."""
    if body.given_at is None:
        return
    age, ttl_s = now - body.given_at.timestamp(), body.ttl_s or TTL_S
    given, here = rfc3339(body.given_at.timestamp()), rfc3339(now)
    if age < -AHEAD_S:
        raise invalid("given_at", f"Expected at most {here}, it is {given}.", code="clock_ahead")
    if age > ttl_s:
        raise Problem(400, "expired", f"It was given at {given}, {age:.0f} s ago, and held for {ttl_s:g} s.")
