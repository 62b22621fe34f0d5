"""The ledger of attempts, and what is kept of a payment outside the journal. Blocking."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.payments.models import Attempt, PaymentDetails

_REFERENCE, _DETAIL, _OUTCOME = 200, 200, 20


def note(
    payment_id: str, provider: str, asked: str, said: object, took_s: float = 0.0, event_id: str | None = None
) -> None:
    """Write an attempt down, a webhook's notice once. ``said`` is a provider's struct, or the exception."""
    row = Attempt(
        payment_id=payment_id,
        provider=provider,
        asked=asked,
        outcome=type(said).__name__[:_OUTCOME],
        reference=str(getattr(said, "reference", ""))[:_REFERENCE],
        detail=str(said if isinstance(said, Exception) else getattr(said, "detail", ""))[:_DETAIL],
        event_id=event_id,
        at=timezone.now() - timedelta(seconds=took_s),
        took_ms=round(took_s * 1000),
    )
    Attempt.objects.bulk_create([row], ignore_conflicts=event_id is not None)


def has_event(provider: str, event_id: str) -> bool:
    """Return whether a webhook's event has been passed to its payment."""
    return Attempt.objects.filter(provider=provider, event_id=event_id).exists()


def keep_client(payment_id: str, client: dict[str, Any]) -> None:
    """Keep what the provider gave for the shopper's page."""
    _keep(payment_id, client=client)


def keep_addresses(payment_id: str, user_id: str, shipping: Any, billing: Any) -> None:
    """Keep where to send the goods and the bill."""
    _keep(payment_id, user_id=user_id, shipping_address=shipping, billing_address=billing)


def _keep(payment_id: str, **fields: Any) -> None:
    row = PaymentDetails(payment_id=payment_id, **fields)
    PaymentDetails.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["payment_id"], update_fields=list(fields)
    )


def client_of(payment_id: str) -> dict[str, Any]:
    """Return what the shopper's page needs."""
    found = PaymentDetails.objects.filter(pk=payment_id).values_list("client", flat=True).first()
    return found or {}


def forget(user_id: uuid.UUID, **signal: object) -> None:
    """Erase the addresses of a person."""
    PaymentDetails.objects.filter(user_id=user_id).update(shipping_address=None, billing_address=None)
