"""Lists of trolleys and rentals: as many queries for many as for few, filters, a file for spreadsheets."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.models import User
from core.fleet.models import Rental, Trolley
from tests.core.support import Api, World

OWN = "/api/branches/OWN"


def rent(count: int, **fields: Any) -> list[Rental]:
    """Make rentals of as many people, who are new."""
    people = User.objects.bulk_create(
        User(username=f"u-{uuid.uuid4().hex[:8]}", password="!") for _ in range(count)
    )
    now = timezone.now()
    whole = {"trolley_code": "T-1", "branch_code": "OWN", "start_time": now, **fields}
    return Rental.objects.bulk_create(Rental(id=uuid.uuid4(), user_id=each.pk, **whole) for each in people)


@pytest.mark.parametrize("path", ["/rentals/history", "/rentals/active", "/carts", "/trolleys"])
def test_a_longer_page_takes_no_more_queries(path: str, world: World, people: dict[str, User]) -> None:
    api = Api(people["staff"])

    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as seen:
            answer = api.get(f"{OWN}{path}?page_size=200").json()
        return len(seen), len(answer["results"])

    def more(count: int) -> None:
        rows = rent(count)
        Trolley.objects.bulk_create(
            Trolley(
                trolley_id=f"T-{row.pk.hex[:8]}",
                branch=world.own,
                cart_number=Trolley.objects.count() + 100 + place,
                phase="held",
                assigned_to_id=row.user_id,
            )
            for place, row in enumerate(rows)
        )

    more(2)
    queries()
    few, short = queries()
    more(60)
    many, long = queries()
    assert long >= short + 60
    assert many == few


def test_history_is_filtered_by_time_user_and_status(world: World, people: dict[str, User]) -> None:
    now = timezone.now()
    (late,) = rent(1, expected_return=now - timedelta(minutes=1))
    (back,) = rent(1, status="returned", actual_return=now, start_time=now - timedelta(days=3))
    (lost,) = rent(1, status="lost", trolley_code="T-2")
    rent(1, branch_code="SISTER")
    api = Api(people["staff"])

    def found(query: str = "") -> set[str]:
        return {row["id"] for row in api.get(f"{OWN}/rentals/history{query}").json()["results"]}

    day_ago = f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert found() == {str(each.pk) for each in (late, back, lost)}
    assert found("?status=overdue") == {str(late.pk)}
    assert found("?status=active") == set()
    assert found(f"?to={day_ago}") == {str(back.pk)}
    assert found(f"?from={day_ago}&user={lost.user_id}") == {str(lost.pk)}
    name = User.objects.get(pk=lost.user_id).username
    assert found(f"?from={day_ago}&user={name}") == {str(lost.pk)}
    assert found("?user=nobody-of-this-name") == set()
    assert found("?trolley_id=t-2") == {str(lost.pk)}
    assert api.get(f"{OWN}/rentals/history?status=gone").status_code == 400


def test_the_file_has_every_rental_and_nothing_that_a_spreadsheet_would_run(
    world: World, people: dict[str, User]
) -> None:
    rent(1, notes="=1+1", status="returned", actual_return=timezone.now())
    rent(2, notes="@SUM(A1)")
    rent(1, notes="\uff1d1+1")
    answer = Api(people["staff"]).get(f"{OWN}/rentals/history.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 4
    assert {row["notes"] for row in rows} == {"'=1+1", "'@SUM(A1)", "'\uff1d1+1"}
    assert {row["status"] for row in rows} == {"returned", "active"}
    assert answer["Content-Disposition"] == 'attachment; filename="rentals-OWN.csv"'
