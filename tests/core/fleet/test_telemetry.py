"""Telemetry: written once, rolled up the same however often, kept for its time, read by its roles."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection

from core.accounts.models import User
from core.telemetry import rollup, writer
from core.telemetry.models import Bucket, Sample
from core.telemetry.writer import SampleRow
from tests.core.support import Api, World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DEVICE = uuid.UUID("6f1d0c1e-8a2b-4a63-9f0e-3d1c5b7a9e20")


def sample(seq: int, at: datetime, received: datetime | None = None, **data: Any) -> None:
    text = msgspec.json.encode(data).decode()
    Sample.objects.create(device_id=DEVICE, seq=seq, at=at, received_at=received or at, data=text)


def buckets(seconds: int) -> list[tuple[str, int, float, float, float, float]]:
    rows = Bucket.objects.filter(seconds=seconds).order_by("at", "kind")
    return [(row.kind, row.count, row.total, row.least, row.most, row.last) for row in rows]


def test_numbers_are_found_by_their_path_whatever_they_stand_in() -> None:
    data = {"load": 0.5, "bus": [{"timeouts": 3, "name": "a"}], "up": True, "none": None}
    assert dict(rollup.numbers(data)) == {"load": 0.5, "bus.0.timeouts": 3.0, "up": 1.0}


@pytest.mark.django_db
def test_rolling_up_twice_gives_the_same_and_a_late_sample_only_its_own_buckets() -> None:
    first = NOW - timedelta(minutes=50)
    for number, load in enumerate((1.0, 3.0, 2.0)):
        sample(number, first + timedelta(minutes=number), load=load)
    rollup.roll_up(NOW)
    expected = [("load", 3, 6.0, 1.0, 3.0, 2.0)]
    assert (buckets(300), buckets(3600)) == (expected, expected)
    rollup.roll_up(NOW)
    assert buckets(300) == expected
    sample(9, first + timedelta(minutes=2, seconds=30), received=NOW + timedelta(minutes=1), load=9.0)
    rollup.roll_up(NOW + timedelta(minutes=5))
    late = [("load", 4, 15.0, 1.0, 9.0, 9.0)]
    assert (buckets(300), buckets(3600)) == (late, late)


@pytest.mark.django_db
def test_each_resolution_is_kept_for_its_time() -> None:
    for days in (1, 11, 91):
        sample(days, NOW - timedelta(days=days), load=1.0)
        for seconds in (300, 3600):
            at = rollup.begin_of(NOW - timedelta(days=days), seconds)
            Bucket.objects.create(
                device_id=DEVICE,
                kind="load",
                seconds=seconds,
                at=at,
                count=1,
                total=1,
                least=1,
                most=1,
                last=1,
            )
    assert rollup.purge(NOW) == (2, 1)
    assert rollup.purge(NOW) == (0, 0)
    assert (Sample.objects.count(), len(buckets(300)), len(buckets(3600))) == (1, 2, 3)


class Answers:
    """What the writer said of each sample."""

    def __init__(self, expected: int) -> None:
        self.found: list[Exception | None] = []
        self._expected = expected
        self._all = threading.Event()

    def deliver(self, answers: Sequence[tuple[writer.Done, Exception | None]]) -> None:
        for done, error in answers:
            done(error)

    def done(self, error: Exception | None) -> None:
        self.found.append(error)
        if len(self.found) == self._expected:
            self._all.set()

    def wait(self) -> None:
        assert self._all.wait(90)


def written(rows: list[SampleRow]) -> list[Exception | None]:
    answers = Answers(len(rows))
    sink = writer.start(answers.deliver)
    for row in rows:
        sink.offer(row, answers.done)
    answers.wait()
    sink.stop()
    return answers.found


def row(seq: int, data: str = '{"load":1}') -> SampleRow:
    at = NOW.timestamp() + seq
    return SampleRow(device_id=str(DEVICE), seq=seq, at=at, received_at=at, data=msgspec.Raw(data.encode()))


@pytest.mark.django_db(transaction=True)
def test_a_group_is_written_with_each_sample_once_and_all_are_answered() -> None:
    assert written([row(seq % 50) for seq in range(200)]) == [None] * 200
    assert Sample.objects.count() == 50
    stored = Sample.objects.get(seq=7)
    assert (stored.at, msgspec.json.decode(stored.data)) == (NOW + timedelta(seconds=7), {"load": 1})


@pytest.mark.django_db(transaction=True)
def test_a_sample_that_cannot_be_written_keeps_no_other_from_it() -> None:
    poisoned = SampleRow(device_id="no uuid", seq=3, at=1.0, received_at=1.0, data=msgspec.Raw(b"{}"))
    if connection.vendor == "sqlite":
        poisoned = SampleRow(
            device_id=str(DEVICE), seq=None, at=1.0, received_at=1.0, data=msgspec.Raw(b"{}")
        )  # type: ignore[arg-type]
    found = written([row(1), poisoned, row(2)])
    assert [error is None for error in found] == [True, False, True]
    assert set(Sample.objects.values_list("seq", flat=True)) == {1, 2}


def test_a_writer_that_is_full_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST", 0)
    sink = writer.start(lambda answers: None)
    with pytest.raises(writer.SamplesFull):
        sink.offer(row(1), lambda error: None)
    sink.stop()


def test_telemetry_is_read_as_it_came_or_in_buckets(people: dict[str, User], world: World) -> None:
    text = '{"load":0.5,"bus":{"timeouts":2}}'
    Sample.objects.create(device_id=world.device.pk, seq=1, at=NOW, received_at=NOW, data=text)
    rollup.roll_up(NOW + timedelta(minutes=1))
    api, span = Api(people["staff"]), "from=2026-03-01T11:00:00Z&to=2026-03-01T13:00:00Z"
    path = f"/api/telemetry/devices/{world.device.pk}?{span}"
    (point,) = api.get(f"{path}&bucket=raw").json()["points"]
    assert (point["seq"], point["data"]) == (1, {"load": 0.5, "bus": {"timeouts": 2}})
    (point,) = api.get(f"{path}&bucket=raw&type=bus.timeouts").json()["points"]
    assert point["value"] == 2
    (point,) = api.get(f"/api/telemetry/branches/OWN?{span}&bucket=5m&type=load").json()["points"]
    assert (point["count"], point["average"], point["at"]) == (1, 0.5, "2026-03-01T12:00:00.000Z")
    admin = Api(people["chain_admin"]).get(f"/api/telemetry/chains/own-chain?{span}&bucket=1h")
    assert {each["type"] for each in admin.json()["points"]} == {"load", "bus.timeouts"}
    for wrong in ("bucket=2h", "from=yesterday", "from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"):
        assert api.get(f"/api/telemetry/branches/OWN?{wrong}").status_code == 400
