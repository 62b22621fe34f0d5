"""When a branch is open: ``{"mon": [["08:00", "13:00"], ["15:00", "22:00"]], …}`` in its own time.

A day that is not named is closed. A span may end at 24:00; one that goes on after midnight is
written as two.
"""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_SPANS = 6
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.A)


def check(hours: Any) -> None:
    """Raise ValidationError with what was expected and what came."""
    if not isinstance(hours, dict):
        raise ValidationError(f"Expected an object of days, got {type(hours).__name__}.")
    for day, spans in hours.items():
        if day not in DAYS:
            raise ValidationError(f"Expected days among {', '.join(DAYS)}, got {str(day)[:20]!r}.")
        if not isinstance(spans, list) or len(spans) > _MOST_SPANS:
            raise ValidationError(f"{day}: expected a list of at most {_MOST_SPANS} spans.")
        before = ""
        for span in spans:
            before = _check_span(day, span, before)


def _check_span(day: str, span: Any, before: str) -> str:
    """Return the span's end; it must begin after ``before``."""
    whole = isinstance(span, list) and len(span) == 2 and all(isinstance(each, str) for each in span)
    if not whole or not all(_TIME.fullmatch(each) for each in span):
        raise ValidationError(f'{day}: expected spans such as ["08:00", "22:00"], got {str(span)[:40]}.')
    start, end = span
    if not before <= start < end:
        raise ValidationError(f"{day}: expected spans in order that end after they begin, got {start}-{end}.")
    return str(end)
