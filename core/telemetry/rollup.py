"""From samples to five minutes, from five minutes to hours.

Each bucket is made whole from what is below it, so that doing it again changes nothing, and a
sample that comes late only makes its own buckets anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from core.telemetry.models import Bucket, Progress, Sample

FIVE_MINUTES, HOUR = 300, 3600
_MOST_KINDS = 200
"""Numbers of one sample that are kept."""
_PAGE = 2000
_Place = tuple[UUID, datetime]
_Part = tuple[int, float, float, float, float]
"""Count, total, least, most, last."""


def numbers(data: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number in a sample by its path; ``true`` and ``false`` count as 1 and 0."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from numbers(value, f"{path}.{name}" if path else str(name))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from numbers(value, f"{path}.{place}")
    elif isinstance(data, int | float) and path and len(path) <= 120:
        yield path, float(data)


def begin_of(at: datetime, seconds: int) -> datetime:
    """Return when the bucket of a moment begins."""
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def roll_up(now: datetime) -> int:
    """Make the buckets of all samples received since the last time; return how many buckets were made."""
    oldest = now - timedelta(days=settings.TELEMETRY_RAW_DAYS)
    done = Progress.objects.filter(name="samples").first()
    # What is being committed just now may have an earlier time than what can be seen.
    since = max(done.until - timedelta(minutes=2), oldest) if done is not None else oldest
    fresh = Sample.objects.filter(received_at__gte=since, received_at__lt=now, at__gte=oldest)
    places = {
        (device_id, begin_of(at, FIVE_MINUTES))
        for device_id, at in fresh.values_list("device_id", "at").iterator(_PAGE)
    }
    made = 0
    for place in sorted(places, key=str):
        made += _put(place, FIVE_MINUTES, _of_samples(place))
    for place in sorted({(device_id, begin_of(at, HOUR)) for device_id, at in places}, key=str):
        made += _put(place, HOUR, _of_buckets(place))
    Progress.objects.update_or_create(name="samples", defaults={"until": now})
    return made


def _of_samples(place: _Place) -> Iterable[Bucket]:
    device_id, begin = place
    found: dict[str, Bucket] = {}
    rows = Sample.objects.filter(
        device_id=device_id, at__gte=begin, at__lt=begin + timedelta(seconds=FIVE_MINUTES)
    ).order_by("at", "seq")
    for text in rows.values_list("data", flat=True):
        for kind, value in list(numbers(msgspec.json.decode(text)))[:_MOST_KINDS]:
            _add(found, place, FIVE_MINUTES, kind, (1, value, value, value, value))
    return found.values()


def _of_buckets(place: _Place) -> Iterable[Bucket]:
    device_id, begin = place
    found: dict[str, Bucket] = {}
    rows = Bucket.objects.filter(
        device_id=device_id, seconds=FIVE_MINUTES, at__gte=begin, at__lt=begin + timedelta(seconds=HOUR)
    ).order_by("at")
    for row in rows:
        _add(found, place, HOUR, row.kind, (row.count, row.total, row.least, row.most, row.last))
    return found.values()


def _add(
    found: dict[str, Bucket],
    place: _Place,
    seconds: int,
    kind: str,
    part: _Part,
) -> None:
    count, total, least, most, last = part
    known = found.get(kind)
    if known is None:
        found[kind] = Bucket(
            device_id=place[0], kind=kind, seconds=seconds, at=place[1], count=count, total=total,
            least=least, most=most, last=last,
        )  # fmt: skip
        return
    known.count += count
    known.total += total
    known.least, known.most, known.last = min(known.least, least), max(known.most, most), last


def _put(place: _Place, seconds: int, buckets: Iterable[Bucket]) -> int:
    """Put the buckets in the place of those that were there."""
    rows = list(buckets)
    with transaction.atomic():
        Bucket.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["device_id", "seconds", "at", "kind"],
            update_fields=["count", "total", "least", "most", "last"],
        )
    return len(rows)


def purge(now: datetime) -> tuple[int, int]:
    """Delete samples and five-minute buckets that are past their time; return how many of each."""
    raw = now - timedelta(days=settings.TELEMETRY_RAW_DAYS)
    short = now - timedelta(days=settings.TELEMETRY_5M_DAYS)
    samples, _ = Sample.objects.filter(at__lt=raw, received_at__lt=raw).delete()
    buckets, _ = Bucket.objects.filter(seconds=FIVE_MINUTES, at__lt=short).delete()
    return samples, buckets
