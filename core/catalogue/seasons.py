"""Yearly seasons as moments: the days of a season in a time zone become windows of POSIX seconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = r"^\d{2}-\d{2}$"
_LEAP = 2000

Window = tuple[float | None, float | None]
"""From (inclusive) and until (exclusive), POSIX seconds; None is open."""


def is_day(text: str) -> bool:
    """Return whether ``MM-DD`` is a day of some year; 02-29 is one."""
    try:
        date.fromisoformat(f"{_LEAP}-{text}")
    except ValueError:
        return False
    return True


def windows(first: str, last: str, zone: str, now: datetime, years: int = 2) -> Iterator[tuple[float, float]]:
    """Yield the season's windows from the one that may go on now to ``years`` ahead.

    A season whose last day comes before its first reaches over New Year. Without a
    29th of February it begins or ends on the 28th.
    """
    for year in range(now.year - 1, now.year + years + 1):
        begin = _midnight(year, first, zone)
        until = _midnight(year + (last < first), last, zone, days=1)
        if until > now.timestamp():
            yield begin, until


def within(window: Window, outer: Window) -> Window | None:
    """Return the part of ``window`` that lies in ``outer``, or None."""
    begin = max((each for each in (window[0], outer[0]) if each is not None), default=None)
    until = min((each for each in (window[1], outer[1]) if each is not None), default=None)
    return None if begin is not None and until is not None and begin >= until else (begin, until)


def _midnight(year: int, day: str, zone: str, days: int = 0) -> float:
    month, number = int(day[:2]), int(day[3:])
    if (month, number) == (2, 29) and not _is_leap(year):
        number = 28
    on = date(year, month, number) + timedelta(days=days)
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
