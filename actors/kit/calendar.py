"""Weeks and months as people count them, in a zone of the tz database."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Span = Literal["week", "month"]


def began(span: Span, zone: str, now: float) -> float:
    """Return when the week (ISO 8601: on Monday) or month of ``now`` began, both POSIX seconds.

    ``zone`` is an IANA name. Raises ZoneInfoNotFoundError for one that is none.
    """
    local = datetime.fromtimestamp(now, _zone(zone))
    first = local.replace(day=1) if span == "month" else local - timedelta(days=local.weekday())
    return datetime(first.year, first.month, first.day, tzinfo=local.tzinfo).timestamp()


@lru_cache(1000)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
