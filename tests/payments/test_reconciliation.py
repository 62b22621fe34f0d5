"""Which payments the reconciliation asks about, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from core import owner_jobs
from core.payments.models import Attempt, Payment
from core.payments.tasks import RECONCILE, reconcile

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The payments that the owner of the actors is told to ask about."""
    found: list[tuple[str, str]] = []
    keys: list[str] = []

    def run(what: str, key: str) -> None:
        found.append((what, key))
        keys.append(key)

    undo = owner_jobs.subscribe(run)
    yield keys
    undo()
    assert {what for what, _ in found} <= {RECONCILE}


def payment(age: timedelta, status: str = "processing", unsettled: bool = True, **more: Any) -> UUID:
    began = timezone.now() - age
    row = Payment.objects.create(
        payment_id=uuid4(), user_id=uuid4(), branch_code="B", chain_slug="demo", provider="sandbox",
        status=status, amount=Decimal("12.50"), refunded=Decimal(0), currency="INR", reservation_id=uuid4(),
        unsettled=unsettled, refunds_refused=0, started_at=began, expires_at=began, updated_at=began, **more,
    )  # fmt: skip
    return row.pk


def ask(payment_id: UUID, ago: timedelta) -> None:
    Attempt.objects.create(
        payment_id=payment_id, provider="sandbox", asked="look_up", outcome="Pending",
        at=timezone.now() - ago, took_ms=3,
    )  # fmt: skip


def test_whoever_owes_a_word_is_asked_after_a_minute(asked: list[str]) -> None:
    old = payment(timedelta(seconds=61))
    payment(timedelta(seconds=50))
    payment(timedelta(days=2), "paid", unsettled=False)
    assert (reconcile(), asked) == (1, [str(old)])


def test_the_older_it_is_the_less_often_it_is_asked(asked: list[str]) -> None:
    soon, later, old = (payment(timedelta(minutes=each)) for each in (3, 20, 20))
    ask(soon, timedelta(seconds=100))  # asked at 80 s: again after another 80
    ask(later, timedelta(minutes=9))  # asked at 11 minutes: again at 22
    ask(old, timedelta(minutes=11))  # asked at 9 minutes: again at 18
    assert reconcile() == 2
    assert set(asked) == {str(soon), str(old)}


def test_nobody_waits_longer_than_six_hours_for_a_word(asked: list[str]) -> None:
    old = payment(timedelta(days=3))
    ask(old, timedelta(hours=6, minutes=1))
    assert (reconcile(), asked) == (1, [str(old)])


def test_what_came_to_nothing_is_asked_about_for_three_days(asked: list[str]) -> None:
    fresh = payment(timedelta(days=2), "declined", unsettled=False)
    failed = payment(timedelta(hours=2), "failed", unsettled=False)
    payment(timedelta(days=4), "declined", unsettled=False)
    assert reconcile() == 2
    assert set(asked) == {str(fresh), str(failed)}
