"""Razorpay through its official SDK: a payment is an order, which the shopper pays in Razorpay's form.

Sources: razorpay.com/docs/api/orders, /api/payments, /api/refunds/normal-refunds-idempotent,
/docs/webhooks/validate-test, /docs/webhooks/payments.

- An order is ours by its ``receipt``, the payment's id. Razorpay knows no idempotency key for orders, so
  one is looked for before it is made.
- An order lets the shopper try as often as they like and cannot be ended. If every attempt has failed it
  is declined when the shopper is done with the form, or has had ``ANOTHER_TRY_S`` for the next attempt; a
  webhook of a failed attempt alone says nothing yet.
  What is paid afterwards (by UPI even minutes later) is told as paid, and given back.
- A notice is not dated in what is signed, and its id is only a header. So an old one that comes again is
  taken once more if its id was changed; that does no harm, because what it tells is a fact and stays one.
- What is authorised but not captured is captured here; orders are made so that Razorpay does it itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import razorpay
import requests
from django.conf import settings
from razorpay.errors import BadRequestError, GatewayError, ServerError, SignatureVerificationError

from core.payments.providers import (
    BadSignature,
    Charge,
    Created,
    Declined,
    Disputed,
    NotKnown,
    Paid,
    Pending,
    Provider,
    ProviderDown,
    ProviderRefused,
    Refunded,
    RefundOrder,
    RefundPending,
    RefundRefused,
    RefundSaid,
    Said,
    Unheard,
    WebhookNotice,
)
from core.payments.providers.units import RAZORPAY, NotPayable
from core.payments.providers.wire import PerThread, ProviderSession

T = TypeVar("T")
ANOTHER_TRY_S = 180.0
"""So long after a failed attempt somebody may still make another one."""
_CAPTURE = {
    "capture": "automatic",
    # Minutes, Razorpay's least: what the bank confirms later than that goes back by itself.
    "capture_options": {
        "automatic_expiry_period": 12,
        "manual_expiry_period": 7200,
        "refund_speed": "normal",
    },
}
_EVENTS = {"payment.authorized", "payment.captured", "payment.failed", "order.paid"}
_DISPUTE_EVENTS = {
    f"payment.dispute.{what}"
    for what in ("created", "action_required", "under_review", "won", "lost", "closed")
}
_REFUND_EVENTS = {"refund.created", "refund.processed", "refund.failed", "refund.speed_changed"}


class _Http(ProviderSession):
    """Judges an answer by its status first: the SDK reads every error as JSON, and prints what it cannot."""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        try:
            response = super().request(*args, **options)
        except requests.RequestException as error:
            raise ProviderDown(type(error).__name__) from None
        status = response.status_code
        if status in (409, 429) or status >= 500:
            raise ProviderDown(f"HTTP {status}")
        if status in (401, 403):
            raise ProviderRefused(f"Razorpay does not accept RAZORPAY_KEY_ID and its secret: HTTP {status}")
        try:
            response.json()
        except ValueError:
            raise ProviderDown(f"HTTP {status} without JSON") from None
        return response


class RazorpayAccount:
    """One account at Razorpay."""

    name = "razorpay"

    def __init__(
        self, *, key_id: str, key_secret: str, webhook_secret: str, api_base: str, timeout_s: float
    ) -> None:
        self._key_id = key_id
        self._webhook_secret = webhook_secret
        self._timeout_s = timeout_s

        def make() -> tuple[_Http, razorpay.Client]:
            session = _Http()
            base = {"base_url": api_base} if api_base else {}
            return session, razorpay.Client(session=session, auth=(key_id, key_secret), **base)

        self._clients = PerThread(make)

    # --- payments ---------------------------------------------------------------------

    def create(self, charge: Charge) -> Said:
        """Find the order or make it, or say how it stands."""
        return self._call(lambda client: self._create(client, charge))

    def _create(self, client: Any, charge: Charge) -> Said:
        order = _order(client, charge)
        if order is None:
            try:
                order = client.order.create(
                    {
                        "amount": RAZORPAY.units(charge.amount, charge.currency),
                        "currency": charge.currency,
                        "receipt": charge.payment_id,
                        "notes": {"payment_id": charge.payment_id},
                        "payment": _CAPTURE,
                    }
                )
            except NotPayable as error:
                return Declined("refused", str(error))
            except BadRequestError:
                # Of all that is sent only the amount and its currency are not always the same.
                return Declined("refused", f"Razorpay cannot take {charge.amount} {charge.currency}.")
        if order["status"] == "created":
            return Created(order["id"], {"key_id": self._key_id, "order_id": order["id"]})
        return _stands(client, order, ANOTHER_TRY_S)

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Look it up: the shopper has paid, or given up, in Razorpay's form."""
        if words:
            raise Unheard("This payment is confirmed on the provider's own form.")
        return self._call(lambda client: self._look_up(client, charge, 0.0))

    def look_up(self, charge: Charge) -> Said:
        """Say how the order stands by the payments that were tried."""
        return self._call(lambda client: self._look_up(client, charge, ANOTHER_TRY_S))

    def _look_up(self, client: Any, charge: Charge, patience_s: float) -> Said:
        order = _order(client, charge)
        return NotKnown() if order is None else _stands(client, order, patience_s)

    # --- refunds ------------------------------------------------------------------------

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Give back, unless a refund of this id is there already."""
        return self._call(lambda client: self._refund(client, order))

    def _refund(self, client: Any, order: RefundOrder) -> RefundSaid:
        made = client.payment.fetch_multiple_refund(order.capture, {"count": 100})["items"]
        found = next((each for each in made if _notes(each).get("refund_id") == order.refund_id), None)
        if found is not None:
            return _refund_said(found, order.refund_id)
        try:
            refund = client.payment.refund(
                order.capture,
                {
                    "amount": RAZORPAY.units(order.amount, order.charge.currency),
                    "speed": "normal",
                    "receipt": order.refund_id,
                    "notes": {
                        "refund_id": order.refund_id,
                        "payment_id": order.charge.payment_id,
                        "reason": order.reason[:250],
                    },
                },
                headers={"X-Refund-Idempotency": order.refund_id},
            )
        except NotPayable as error:
            return RefundRefused(order.refund_id, str(error))
        except BadRequestError as error:
            return RefundRefused(order.refund_id, str(error)[:200] or "Razorpay refused the refund.")
        return _refund_said(refund, order.refund_id)

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Go through the refunds and disputes since then; Razorpay keeps no list of events."""
        return self._call(lambda client: _missed(client, int(since)))

    # --- webhooks ---------------------------------------------------------------------------

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Verify ``X-Razorpay-Signature`` over the body as it came, then read the event."""
        signature = headers.get("x-razorpay-signature", "")
        try:
            razorpay.Utility().verify_webhook_signature(body.decode(), signature, self._webhook_secret)
        except (SignatureVerificationError, UnicodeDecodeError, TypeError) as error:
            raise BadSignature("X-Razorpay-Signature: expected a valid one") from error
        try:
            event = json.loads(body)
            things = {name: each["entity"] for name, each in event["payload"].items()}
            return _notice(
                headers.get("x-razorpay-event-id", ""), event["event"], things, event["created_at"]
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unheard("The body is no event that we can read.") from error

    # --- calls --------------------------------------------------------------------------------

    def _call(self, what: Callable[[Any], T]) -> T:
        session, client = self._clients.get()
        with session.within(self._timeout_s):
            try:
                return what(client)
            except (ServerError, GatewayError) as error:
                raise ProviderDown(type(error).__name__) from None
            except BadRequestError:
                raise ProviderRefused("Razorpay takes our request for a wrong one") from None
            except (KeyError, TypeError, AttributeError) as error:
                raise ProviderDown(f"an answer that cannot be read: {type(error).__name__}") from None


def make() -> Provider | None:
    """Return the account that the settings name, or None."""
    if not settings.RAZORPAY_KEY_ID:
        return None
    return RazorpayAccount(
        key_id=settings.RAZORPAY_KEY_ID,
        key_secret=settings.RAZORPAY_KEY_SECRET,
        webhook_secret=settings.RAZORPAY_WEBHOOK_SECRET,
        api_base=settings.RAZORPAY_API_BASE,
        timeout_s=settings.PAYMENT_TIMEOUT_S,
    )


# --- reading what Razorpay gives ------------------------------------------------------------------


def _order(client: Any, charge: Charge) -> dict[str, Any] | None:
    """Return the order by its id, or by ours; of several, one that somebody has tried to pay."""
    if charge.reference:
        try:
            found: dict[str, Any] = client.order.fetch(charge.reference)
            return found
        except BadRequestError as error:
            if "does not exist" in str(error):
                return None
            raise
    made = client.order.all({"receipt": charge.payment_id})["items"]
    return max(made, key=lambda order: ("created", "attempted", "paid").index(order["status"]), default=None)


def _stands(client: Any, order: Mapping[str, Any], patience_s: float) -> Pending | Paid | Declined:
    tried = client.order.payments(order["id"])["items"]
    tried.sort(key=lambda payment: payment["created_at"])
    for payment in tried:
        if payment["status"] in ("captured", "refunded"):
            return _paid(payment)
    for payment in tried:
        if payment["status"] == "authorized":
            return _captured(client, payment)
    if any(payment["status"] == "created" for payment in tried):
        return Pending(order["id"], processing=True)
    if not tried or time.time() - tried[-1]["created_at"] < patience_s:
        return Pending(order["id"])
    return _refused(tried[-1], order["id"])


def _captured(client: Any, payment: Mapping[str, Any]) -> Pending | Paid:
    """Take the money; if Razorpay has done so in this moment, the next question finds it."""
    try:
        taken = client.payment.capture(payment["id"], payment["amount"], {"currency": payment["currency"]})
    except BadRequestError:
        return Pending(payment["order_id"], processing=True)
    return _paid(taken) if taken["status"] == "captured" else Pending(payment["order_id"], processing=True)


def _paid(payment: Mapping[str, Any], at: float | None = None) -> Paid:
    currency = payment["currency"]
    amount = RAZORPAY.amount(payment["amount"], currency)
    return Paid(payment["order_id"], payment["id"], amount, currency, float(at or payment["created_at"]))


def _refused(payment: Mapping[str, Any], reference: str) -> Declined:
    said = f"{payment.get('error_reason')} {payment.get('error_step')}"
    if "cancel" in said:
        reason = "cancelled"
    elif "timed_out" in said or "expired" in said:
        reason = "expired"
    else:
        reason = "authentication_failed" if "authentication" in said else "card_declined"
    return Declined(reason, (payment.get("error_description") or "The payment was refused.")[:200], reference)


def _refund_said(refund: Mapping[str, Any], refund_id: str) -> RefundSaid:
    match refund["status"]:
        case "processed":
            amount = RAZORPAY.amount(refund["amount"], refund["currency"])
            return Refunded(refund_id, amount, refund["id"], refund.get("payment_id") or "")
        case "failed":
            return RefundRefused(refund_id, "Razorpay could not give the money back.", refund["id"])
        case _:
            return RefundPending(refund_id, refund["id"])


def _notes(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the notes, which are an empty list when there are none."""
    return thing["notes"] if isinstance(thing.get("notes"), dict) else {}


def _of_refund(event_id: str, refund: Mapping[str, Any], payment: Mapping[str, Any] | None) -> WebhookNotice:
    """Made on Razorpay's dashboard it has no note of ours, and is known by what it gives back."""
    notes = _notes(refund)
    reference = (payment or {}).get("order_id") or refund.get("payment_id") or ""
    said = _refund_said(refund, str(notes.get("refund_id", "")))
    return WebhookNotice(event_id, str(notes.get("payment_id", "")), reference, said)


_DECIDED = {"open": "needs_response", "closed": "won"}
"""A dispute that is closed without a loser took nothing."""


def _of_dispute(
    event_id: str, dispute: Mapping[str, Any], payment: Mapping[str, Any] | None
) -> WebhookNotice:
    status = _DECIDED.get(dispute["status"], dispute["status"])
    due = dispute.get("respond_by")
    said = Disputed(
        reference=dispute["id"],
        amount=RAZORPAY.amount(dispute["amount"], dispute["currency"]),
        status=status,
        detail=dispute.get("reason_code") or "",
        due_by=float(due) if due and status == "needs_response" else None,
    )
    return WebhookNotice(event_id, "", (payment or {}).get("order_id") or dispute["payment_id"], said)


_PAGE = 100
_REFUND_LASTS_S, _DISPUTE_LASTS_S = 30 * 86_400, 180 * 86_400
"""So long a refund, a dispute may still change; both are listed by when they began."""


def _missed(client: Any, since: int) -> list[WebhookNotice]:
    told = [
        *((each, _of_refund) for each in _since(client.refund.all, since - _REFUND_LASTS_S)),
        *((each, _of_dispute) for each in _since(client.dispute.all, since - _DISPUTE_LASTS_S)),
    ]
    told.sort(key=lambda one: one[0]["created_at"])
    return [notice(f"{each['id']}:{each['status']}", each, None) for each, notice in told]


def _since(listing: Callable[[Any], Any], since: int) -> list[Any]:
    """Return all that a listing has from then on, page by page."""
    found: list[Any] = []
    while True:
        page = listing({"from": since, "count": _PAGE, "skip": len(found)})["items"]
        found += page
        if len(page) < _PAGE:
            return found


def _notice(event_id: str, kind: str, things: Mapping[str, Any], at: float) -> WebhookNotice | None:
    if not event_id:
        raise KeyError("x-razorpay-event-id")
    payment = things.get("payment")
    if kind in _REFUND_EVENTS:
        refund = things["refund"]
        return _of_refund(event_id, refund, payment)
    if kind in _DISPUTE_EVENTS:
        return _of_dispute(event_id, things["dispute"], payment)
    if kind not in _EVENTS or payment is None or not payment.get("order_id"):
        return None
    noted = _notes(things.get("order", {})).get("payment_id") or _notes(payment).get("payment_id", "")
    ours = str(noted)
    if payment["status"] == "captured":
        return WebhookNotice(event_id, ours, payment["order_id"], _paid(payment, at))
    tried = payment["status"] in ("authorized", "created")
    return WebhookNotice(event_id, ours, payment["order_id"], Pending(payment["order_id"], processing=tried))
