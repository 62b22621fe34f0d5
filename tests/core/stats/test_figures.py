"""Figures of branches and chains: right to the minute, across a change of clocks, in constant queries."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.accounts.models import User
from core.fleet.models import Rental, Trolley
from core.orders.models import ExitCheck
from core.tenancy.models import Branch
from tests.core.support import Api, World, order

UTC_DAY = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rental(start: str, end: str | None, branch: str = "OWN", **fields: Any) -> Rental:
    status = "active" if end is None else "returned"
    whole = {"status": status, "user_id": uuid.uuid4(), "trolley_code": "T-1", **fields}
    return Rental.objects.create(
        id=uuid.uuid4(), branch_code=branch, start_time=at(start), actual_return=end and at(end), **whole
    )


def checked(finished: str | None, **fields: Any) -> ExitCheck:
    return ExitCheck.objects.create(
        order_id=uuid.uuid4(), branch_code="OWN", chain_slug="own-chain", user_id=uuid.uuid4(),
        checked_by=uuid.uuid4(), begun_at=at("2026-03-02T09:00:00Z"), finished_at=finished and at(finished),
        currency="INR", **fields,
    )  # fmt: skip


def test_a_days_figures(people: dict[str, User], world: World) -> None:
    Trolley.objects.create(trolley_id="T-2", branch=world.own, cart_number=2, maintenance=True)
    rental("2026-03-01T23:00:00Z", "2026-03-02T01:00:00Z")
    rental("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z")
    rental("2026-03-02T08:30:00Z", "2026-03-02T10:00:00Z")
    rental("2026-03-02T23:00:00Z", "2026-03-03T02:00:00Z")
    rental("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", "SISTER")
    sold = {"placed_at": at("2026-03-02T09:00:00Z")}
    order(uuid.uuid4(), **sold)
    order(uuid.uuid4(), number=8, refunded=Decimal("5.00"), **sold)
    order(uuid.uuid4(), number=9, placed_at=at("2026-03-01T09:00:00Z"))
    checked("2026-03-02T09:10:00Z", outcome="clean")
    checked(
        "2026-03-02T09:20:00Z", outcome="differences", missing_units=1, unpaid_units=2, unpaid_amount=12.5
    )
    checked("2026-03-03T09:20:00Z", outcome="clean")
    checked(None)
    told = Api(people["staff"]).get(f"/api/branches/OWN/stats?{UTC_DAY}").json()
    assert told["trolleys"] == {
        "total": 2, "free": 0, "in_use": 0, "maintenance": 1, "missing": 0, "out_without_session": 0,
        "faults": 0, "unreachable": 1,
    }  # fmt: skip
    assert told["rentals"] == {"active": 0, "overdue": 0, "started": 3, "returned": 3}
    assert told["mean_minutes"] == 100.0
    assert told["utilisation"] == round((1 + 1.5 + 1.5 + 1) / 48, 4)
    assert told["turns_per_day"] == 1.5
    assert {hour: count for hour, count in enumerate(told["busiest_hours"]) if count} == {8: 2, 23: 1}
    assert told["sales"] == {"orders": 2, "revenue": 45.0, "average_basket": 22.5, "currency": "INR"}
    assert told["checks"] == {
        "made": 2, "clean": 1, "missing_units": 1, "unpaid_units": 2, "unpaid_amount": 12.5,
    }  # fmt: skip
    series = {point["at"][11:16]: point["in_use"] for point in told["series"]}
    assert (len(told["series"]), series["00:00"], series["01:00"], series["09:00"], series["10:00"]) == (
        24, 1, 1, 2, 1,
    )  # fmt: skip


def test_hours_and_days_are_those_of_the_branch(people: dict[str, User], world: World) -> None:
    Branch.objects.filter(code="OWN").update(timezone="Asia/Kolkata")
    rental("2026-03-02T19:00:00Z", "2026-03-02T20:00:00Z")  # half past midnight of the third
    told = Api(people["staff"]).get(
        "/api/branches/OWN/stats?from=2026-02-28T18:30:00Z&to=2026-03-04T18:30:00Z"
    )
    assert told.json()["busiest_hours"][0] == 1
    assert [point["at"] for point in told.json()["series"]] == [
        f"{day}T18:30:00.000Z" for day in ("2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03")
    ]


@pytest.mark.parametrize(
    ("begin", "midnights"),
    [
        ("2026-03-28", ["2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T22:00"]),
        ("2026-10-24", ["2026-10-23T22:00", "2026-10-24T22:00", "2026-10-25T23:00", "2026-10-26T23:00"]),
    ],
)
def test_a_day_that_is_shorter_or_longer_is_still_one(
    begin: str, midnights: list[str], people: dict[str, User], world: World
) -> None:
    Branch.objects.filter(code="OWN").update(timezone="Europe/Berlin")
    first = at(f"{midnights[0]}:00Z")
    for day in range(4):
        # One that stays over each midnight, and is back an hour after.
        begun = at(f"{midnights[day]}:00Z") - timedelta(minutes=30)
        rental(begun.isoformat(), (begun + timedelta(hours=1)).isoformat())
    end = at(f"{midnights[3]}:00Z") + timedelta(hours=1)
    query = f"from={first:%Y-%m-%dT%H:%M:%SZ}&to={end:%Y-%m-%dT%H:%M:%SZ}"
    told = Api(people["staff"]).get(f"/api/branches/OWN/stats?{query}").json()
    assert [(point["at"][:16], point["in_use"]) for point in told["series"]] == [
        (each, 1) for each in midnights
    ]
    assert told["busiest_hours"][23] == 3


def test_a_chain_is_the_sum_of_its_branches(people: dict[str, User], world: World) -> None:
    rental("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z")
    rental("2026-03-02T08:00:00Z", "2026-03-02T08:30:00Z", "SISTER")
    rental("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", "FOREIGN")
    told = Api(people["chain_admin"]).get(f"/api/chains/own-chain/stats?{UTC_DAY}").json()
    assert (told["rentals"]["returned"], told["mean_minutes"], told["busiest_hours"][8]) == (2, 60.0, 2)
    assert [(each["branch"], each["rentals"]["returned"]) for each in told["branches"]] == [
        ("OWN", 1), ("SISTER", 1),
    ]  # fmt: skip


def test_what_is_out_now_counts_up_to_now(people: dict[str, User], world: World) -> None:
    rental("2026-03-02T08:00:00Z", None, expected_return=at("2026-03-02T10:00:00Z"), user_id=None)
    Trolley.objects.filter(trolley_id="T-1").update(custody="out")
    told = Api(people["staff"]).get("/api/branches/OWN/stats").json()
    assert told["rentals"] == {"active": 1, "overdue": 1, "started": 0, "returned": 0}
    assert told["trolleys"]["out_without_session"] == 1
    assert 0 < told["utilisation"] <= 1
    assert told["series"][-1]["in_use"] == 1


def test_many_branches_and_rentals_take_no_more_queries(people: dict[str, User], world: World) -> None:
    admin = Api(people["chain_admin"])

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert admin.get(f"/api/chains/own-chain/stats?{UTC_DAY}").status_code == 200
        return len(seen)

    queries()
    few = queries()
    made = Branch.objects.bulk_create(
        Branch(chain=world.chain, code=f"MANY-{number}", name=f"Branch {number}") for number in range(30)
    )
    for branch in made:
        rental("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", branch.code)
    assert queries() == few


@pytest.mark.parametrize(
    "query", ["from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "from=2020-01-01T00:00:00Z"]
)
def test_a_stretch_that_is_none_is_refused(query: str, people: dict[str, User]) -> None:
    answer = Api(people["staff"]).get(f"/api/branches/OWN/stats?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "unfit")


@pytest.mark.parametrize(("name", "end"), [("to", "9999-12-31T23:59:59Z"), ("from", "0001-01-01T00:00:00Z")])
def test_what_no_calendar_of_the_branch_shows_is_named(name: str, end: str, people: dict[str, User]) -> None:
    for path in ("/api/branches/OWN/stats", "/api/chains/own-chain/stats"):
        answer = Api(people["chain_admin"]).get(f"{path}?{name}={end}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
