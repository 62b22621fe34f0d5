"""What PayPal's orders, captures, refunds, disputes and events mean here; no I/O.

Sources: developer.paypal.com/docs/api/orders/v2, /docs/api/payments/v2, /docs/api/customer-disputes/v1,
/api/rest/webhooks/event-names.

A capture that PayPal reverses (``PAYMENT.CAPTURE.REVERSED``) is passed over: it follows from a dispute, whose
own events tell of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from actors.kit import money
from actors.messages.money.order import DisputeStatus
from core.payments.providers import (
    Declined,
    Disputed,
    Paid,
    Pending,
    Refunded,
    RefundPending,
    RefundRefused,
    RefundSaid,
    WebhookNotice,
)

REFUND = "refund:"
"""What a refund of ours has before its id in ``custom_id``."""
_CAPTURE_EVENTS = {f"PAYMENT.CAPTURE.{what}" for what in ("COMPLETED", "PENDING", "DENIED", "DECLINED")}
_REFUND_EVENTS = {
    "PAYMENT.CAPTURE.REFUNDED": "COMPLETED",
    "PAYMENT.REFUND.PENDING": "PENDING",
    "PAYMENT.REFUND.FAILED": "FAILED",
}
"""What each says of a refund that does not say it itself."""
_DISPUTE_EVENTS = {f"CUSTOMER.DISPUTE.{what}" for what in ("CREATED", "UPDATED", "RESOLVED")}
MONEY_BACK = {*_REFUND_EVENTS, *_DISPUTE_EVENTS}
"""Events of refunds and disputes."""
_REASONS = {
    "UNAUTHORISED": "fraudulent",
    "MERCHANDISE_OR_SERVICE_NOT_RECEIVED": "product_not_received",
    "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED": "product_unacceptable",
    "CREDIT_NOT_PROCESSED": "credit_not_processed",
    "DUPLICATE_TRANSACTION": "duplicate",
    "OTHER": "general",
}
"""PayPal's reasons that have a word here."""
_LOST = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}
"""How a dispute ended that took the money; all else left it here."""
_NEEDS_US = {"OPEN", "WAITING_FOR_SELLER_RESPONSE"}


def capture_of(order: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return an order's capture: of several the one that brought in money, else the last."""
    found = [each for unit in _units(order) for each in (unit.get("payments") or {}).get("captures") or ()]
    return next((each for each in found if each["status"] in _TAKEN), found[-1] if found else None)


def refunds_of(order: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return what was given back of an order."""
    for unit in order["purchase_units"]:
        yield from (unit.get("payments") or {}).get("refunds") or ()


def _units(order: Mapping[str, Any]) -> Any:
    return order.get("purchase_units") or ()


_TAKEN = ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")


def capture_said(capture: Mapping[str, Any], reference: str) -> Paid | Pending | Declined:
    """Return what a capture's status means for the payment."""
    match capture["status"]:
        case "DECLINED" | "FAILED":
            return Declined("card_declined", "PayPal could not take the money.", reference)
        case status if status in _TAKEN:
            amount, currency = _amount(capture)
            return Paid(reference, capture["id"], amount, currency, _at(capture["create_time"]))
    return Pending(reference, processing=True)


def refund_id_of(refund: Mapping[str, Any]) -> str:
    """Return our id of a refund; empty if nobody here asked for it."""
    noted = str(refund.get("custom_id") or "")
    return noted.removeprefix(REFUND) if noted.startswith(REFUND) else ""


def refund_said(refund: Mapping[str, Any], refund_id: str, capture: str) -> RefundSaid:
    """Return what a refund's status means."""
    match refund["status"]:
        case "COMPLETED":
            return Refunded(refund_id, _amount(refund)[0], refund["id"], capture)
        case "FAILED" | "CANCELLED":
            why = (refund.get("status_details") or {}).get("reason") or refund["status"]
            words = why.replace("_", " ").lower()
            return RefundRefused(refund_id, f"PayPal could not give the money back: {words}.", refund["id"])
    return RefundPending(refund_id, refund["id"])


def notice(event: Mapping[str, Any]) -> WebhookNotice | None:
    """Return what an event tells, None if that is nothing of ours. Raises KeyError and its like."""
    event_id, kind, thing = event["id"], event["event_type"], event["resource"]
    if kind in _REFUND_EVENTS:
        return _of_refund(event_id, {"status": _REFUND_EVENTS[kind], **thing})
    if kind in _DISPUTE_EVENTS:
        return _of_dispute(event_id, thing)
    if kind == "CHECKOUT.ORDER.APPROVED":
        ours = str(next((each.get("custom_id") or "" for each in _units(thing)), ""))
        return WebhookNotice(event_id, ours, thing["id"], Pending(thing["id"], processing=True))
    if kind not in _CAPTURE_EVENTS:
        return None
    order = _order_of(thing)
    said: Paid | Pending
    if order and kind == "PAYMENT.CAPTURE.COMPLETED":
        amount, currency = _amount(thing)
        said = Paid(order, thing["id"], amount, currency, _at(thing["create_time"]))
    else:
        # A capture that was refused ends nothing by itself: the order is looked up.
        said = Pending(order, processing=True)
    return WebhookNotice(event_id, str(thing.get("custom_id") or ""), order or thing["id"], said)


def _of_refund(event_id: str, refund: Mapping[str, Any]) -> WebhookNotice:
    capture = _linked(refund, "/captures/")
    return WebhookNotice(event_id, "", capture, refund_said(refund, refund_id_of(refund), capture))


def _of_dispute(event_id: str, dispute: Mapping[str, Any]) -> WebhookNotice | None:
    captures = [each.get("seller_transaction_id") for each in dispute.get("disputed_transactions") or ()]
    if not captures or not captures[0]:
        return None
    status: DisputeStatus = "needs_response" if dispute["status"] in _NEEDS_US else "under_review"
    if dispute["status"] == "RESOLVED":
        outcome = (dispute.get("dispute_outcome") or {}).get("outcome_code")
        status = "lost" if outcome in _LOST else "won"
    due = dispute.get("seller_response_due_date")
    said = Disputed(
        reference=dispute["dispute_id"],
        amount=_amount(dispute, "dispute_amount")[0],
        status=status,
        detail=_REASONS.get(dispute["reason"], dispute["reason"].lower()),
        due_by=_at(due) if due and status == "needs_response" else None,
    )
    return WebhookNotice(event_id, "", captures[0], said)


def _order_of(capture: Mapping[str, Any]) -> str:
    """Return the order that a capture belongs to; empty if it does not say so."""
    related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
    return str(related.get("order_id") or "") or _linked(capture, "/orders/")


def _linked(thing: Mapping[str, Any], of: str) -> str:
    """Return the id of what a thing was made of."""
    links = (each["href"] for each in thing.get("links") or () if each["rel"] == "up")
    return next((link.rpartition("/")[2] for link in links if of in link), "")


def _amount(thing: Mapping[str, Any], name: str = "amount") -> tuple[Decimal, str]:
    amount = thing[name]
    currency: str = amount["currency_code"]
    return money.quantize(Decimal(amount["value"]), currency), currency


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
