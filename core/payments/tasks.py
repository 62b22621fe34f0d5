"""The reconciliation: looks up every payment with an unknown outcome at its provider."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from core import owner_jobs
from core.payments.models import Attempt, Payment
from core.payments.providers import registry

RECONCILE = "reconcile_payment"
"""The job; its key is a payment's id."""
CATCH_UP = "catch_up_provider"
"""The job; its key is a provider's name."""
_LONGEST = timedelta(hours=6)
"""The wait before a payment is asked about again doubles up to this."""
_DECLINED = timedelta(days=3)
"""So long a payment that came to nothing is still asked about: somebody may have paid all the same."""
_MOST = 5000


@shared_task(name="payments.reconcile")  # type: ignore[untyped-decorator]
def reconcile() -> int:
    """Have every payment that is due ask its provider; return how many there were."""
    now = timezone.now()
    last = Attempt.objects.filter(payment_id=OuterRef("pk")).order_by("-at").values("at")[:1]
    owed = Q(unsettled=True) | Q(status__in=("declined", "failed"), updated_at__gt=now - _DECLINED)
    rows = Payment.objects.filter(owed).annotate(asked=Subquery(last)).order_by("updated_at")
    due = [
        row.pk
        for row in rows.only("pk", "started_at")[:_MOST]
        if now >= _next(row.started_at, row.asked or row.started_at)
    ]
    for payment_id in due:
        owner_jobs.send(RECONCILE, str(payment_id))
    return len(due)


@shared_task(name="payments.catch_up")  # type: ignore[untyped-decorator]
def catch_up() -> None:
    """Fetch from every provider the events whose webhooks were missed."""
    for name in registry.names():
        owner_jobs.send(CATCH_UP, name)


def _next(started: datetime, asked: datetime) -> datetime:
    """Return when a payment is looked up after ``asked``: the older it is, the less often."""
    wait = max(timedelta(seconds=settings.PAYMENT_RECONCILE_S), asked - started)
    return asked + min(wait, _LONGEST)
