"""Stripe through its official SDK: a payment is a PaymentIntent, which the shopper's page confirms.

Sources: docs.stripe.com/api/payment_intents, /api/refunds, /api/idempotent_requests, /webhooks, /currencies.

- The idempotency key of a creation is the payment's id. Stripe forgets keys after a day, so a refund
  is looked for before it is made; an intent that was made twice does no harm, for nobody has been
  given the first one's client secret.
- A refused card leaves the intent open for another one. It is ended for good when the shopper is done
  with the form, or has had ``ANOTHER_CARD_S`` to try the next card; a webhook alone ends nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import stripe
from django.conf import settings
from stripe import StripeClient

from core.payments.providers import (
    BadSignature,
    Charge,
    Created,
    Declined,
    Disputed,
    NeedsAction,
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
from core.payments.providers.units import STRIPE, NotPayable
from core.payments.providers.wire import PerThread, ProviderSession

ANOTHER_CARD_S = 180.0
"""So long after a refused card somebody may still be looking for another one."""
TOLERANCE_S = 300
"""How old a webhook's timestamp may be: Stripe's own recommendation."""
_RETRIES = 1
"""By the SDK, with the same idempotency key, within the call's time."""
_EVENTS = {
    "payment_intent.processing", "payment_intent.requires_action", "payment_intent.succeeded",
    "payment_intent.payment_failed", "payment_intent.canceled",
}  # fmt: skip
_REFUND_EVENTS = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
_DISPUTE_EVENTS = {f"charge.dispute.{what}" for what in ("created", "updated", "closed")}
_AMOUNT_CODES = {"amount_too_small", "amount_too_large", "invalid_charge_amount_no_decimal_compatible"}

T = TypeVar("T")

stripe.enable_telemetry = False


class StripeAccount:
    """One account at Stripe."""

    name = "stripe"

    def __init__(
        self, *, secret_key: str, publishable_key: str, webhook_secret: str, api_base: str, timeout_s: float
    ) -> None:
        self._publishable_key = publishable_key
        self._webhook_secret = webhook_secret
        self._timeout_s = timeout_s

        def make() -> tuple[ProviderSession, StripeClient]:
            session = ProviderSession()
            http = stripe.RequestsClient(session=session)
            return session, StripeClient(
                secret_key,
                base_addresses={"api": api_base or stripe.DEFAULT_API_BASE},
                max_network_retries=_RETRIES,
                http_client=http,
            )

        self._clients = PerThread(make)

    # --- payments ----------------------------------------------------------------------

    def create(self, charge: Charge) -> Said:
        """Make the intent, or say how it stands."""
        return self._call(lambda client: self._create(client, charge))

    def _create(self, client: StripeClient, charge: Charge) -> Said:
        if charge.reference:
            return self._created(_retrieve(client, charge.reference))
        try:
            units = STRIPE.units(charge.amount, charge.currency)
            made = client.v1.payment_intents.create(
                {
                    "amount": units,
                    "currency": charge.currency.lower(),
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {"payment_id": charge.payment_id},
                },
                {"idempotency_key": charge.payment_id},
            )
        except NotPayable as error:
            return Declined("refused", str(error))
        except stripe.InvalidRequestError as error:
            if error.code in _AMOUNT_CODES or error.param in ("amount", "currency"):
                return Declined("refused", f"Stripe cannot take {charge.amount} {charge.currency}.")
            raise
        return self._created(made.to_dict())

    def _created(self, intent: Mapping[str, Any]) -> Said:
        if intent["status"] == "requires_payment_method" and not intent.get("last_payment_error"):
            return Created(intent["id"], self._client_data(intent))
        return self._said(intent)

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Look it up: the shopper has left Stripe's form."""
        if words:
            raise Unheard("This payment is confirmed on the provider's own form.")
        return self._call(lambda client: self._look_up(client, charge, 0.0))

    def look_up(self, charge: Charge) -> Said:
        """Say how the intent stands; one whose card was refused a while ago is ended first."""
        return self._call(lambda client: self._look_up(client, charge, ANOTHER_CARD_S))

    def _look_up(self, client: StripeClient, charge: Charge, patience_s: float) -> Said:
        intent = _known(client, charge)
        if intent is None:
            return NotKnown()
        error = intent.get("last_payment_error")
        waiting = intent["status"] == "requires_payment_method"
        if waiting and error and time.time() - _tried_at(intent) >= patience_s:
            try:
                client.v1.payment_intents.cancel(
                    intent["id"], options={"idempotency_key": f"end-{charge.payment_id}"}
                )
            except stripe.InvalidRequestError:
                # It has moved on meanwhile.
                intent = _retrieve(client, intent["id"])
                if intent["status"] == "requires_payment_method":
                    raise
            else:
                return _refused(error, intent["id"])
        return self._said(intent)

    def _said(
        self, intent: Mapping[str, Any], at: float | None = None
    ) -> Pending | NeedsAction | Paid | Declined:
        """Return what an intent's status means; ``at`` is when a webhook says that it happened."""
        reference = intent["id"]
        match intent["status"]:
            case "succeeded":
                return _paid(intent, at)
            case "requires_action":
                return NeedsAction(reference, self._client_data(intent))
            case "processing" | "requires_capture":
                return Pending(reference, processing=True)
            case "canceled":
                return _ended(intent)
            case _:
                return Pending(reference)

    def _client_data(self, intent: Mapping[str, Any]) -> dict[str, Any]:
        return {"publishable_key": self._publishable_key, "client_secret": intent.get("client_secret")}

    # --- refunds ----------------------------------------------------------------------------

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Give back, unless a refund of this id is there already."""
        return self._call(lambda client: self._refund(client, order))

    def _refund(self, client: StripeClient, order: RefundOrder) -> RefundSaid:
        made = client.v1.refunds.list({"payment_intent": order.capture, "limit": 100})
        for each in made.auto_paging_iter():
            found = each.to_dict()
            if found["metadata"].get("refund_id") == order.refund_id:
                return _refund_said(found, order.refund_id)
        try:
            refund = client.v1.refunds.create(
                {
                    "payment_intent": order.capture,
                    "amount": STRIPE.units(order.amount, order.charge.currency),
                    "reason": "requested_by_customer",
                    "metadata": {
                        "refund_id": order.refund_id,
                        "payment_id": order.charge.payment_id,
                        "reason": order.reason[:500],
                    },
                },
                {"idempotency_key": f"refund-{order.refund_id}"},
            )
        except NotPayable as error:
            return RefundRefused(order.refund_id, str(error))
        except stripe.InvalidRequestError as error:
            return RefundRefused(order.refund_id, _sentence(error.user_message))
        return _refund_said(refund.to_dict(), order.refund_id)

    # --- webhooks -------------------------------------------------------------------------------

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Verify ``Stripe-Signature`` (its time and any of its v1 signatures), then read the event."""
        try:
            stripe.WebhookSignature.verify_header(
                body, headers.get("stripe-signature"), self._webhook_secret, TOLERANCE_S
            )
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise BadSignature("Stripe-Signature: expected a valid and recent one") from error
        try:
            event = json.loads(body)
            return self._notice(event["id"], event["type"], event["data"]["object"], event["created"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unheard("The body is no event that we can read.") from error

    def _notice(self, event_id: str, kind: str, thing: Mapping[str, Any], at: float) -> WebhookNotice | None:
        noted = thing.get("metadata") or {}
        ours = str(noted.get("payment_id", ""))
        intent = str(thing.get("payment_intent") or "")
        if kind in _REFUND_EVENTS:
            # Made in Stripe's dashboard it has no note of ours, and is known by the intent alone.
            said = _refund_said(thing, str(noted.get("refund_id", "")))
            return WebhookNotice(event_id, ours, intent, said) if ours or intent else None
        if kind in _DISPUTE_EVENTS:
            return WebhookNotice(event_id, "", intent, _dispute_said(thing)) if intent else None
        if kind not in _EVENTS or not ours:
            return None
        return WebhookNotice(event_id, ours, thing["id"], self._said(thing, at))

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Go through Stripe's own list of events, which it keeps for thirty days."""
        kinds = sorted(_REFUND_EVENTS | _DISPUTE_EVENTS)
        return self._call(lambda client: self._missed(client, kinds, int(since)))

    def _missed(self, client: StripeClient, kinds: list[str], since: int) -> list[WebhookNotice]:
        found = client.v1.events.list({"types": kinds, "created": {"gte": since}, "limit": 100})
        events = [each.to_dict() for each in found.auto_paging_iter()]
        told = (
            self._notice(each["id"], each["type"], each["data"]["object"], each["created"])
            for each in reversed(events)
        )
        return [notice for notice in told if notice is not None]

    # --- calls ------------------------------------------------------------------------------------

    def _call(self, what: Callable[[StripeClient], T]) -> T:
        session, client = self._clients.get()
        with session.within(self._timeout_s):
            try:
                return what(client)
            except stripe.StripeError as error:
                raise _trouble(error) from None
            except (KeyError, TypeError, AttributeError) as error:
                raise ProviderDown(f"an answer that cannot be read: {type(error).__name__}") from None


def make() -> Provider | None:
    """Return the account that the settings name, or None."""
    if not settings.STRIPE_SECRET_KEY:
        return None
    return StripeAccount(
        secret_key=settings.STRIPE_SECRET_KEY,
        publishable_key=settings.STRIPE_PUBLISHABLE_KEY,
        webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        api_base=settings.STRIPE_API_BASE,
        timeout_s=settings.PAYMENT_TIMEOUT_S,
    )


# --- reading what Stripe gives --------------------------------------------------------------------


def _retrieve(client: StripeClient, reference: str) -> dict[str, Any]:
    found = client.v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]})
    return found.to_dict()


def _known(client: StripeClient, charge: Charge) -> dict[str, Any] | None:
    """Return the intent by its id, or by ours, by which Stripe finds it a minute after it was made."""
    if charge.reference:
        try:
            return _retrieve(client, charge.reference)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise
    query = f"metadata['payment_id']:'{charge.payment_id}'"
    try:
        found = client.v1.payment_intents.search({"query": query, "limit": 1})
    except stripe.InvalidRequestError:
        # Stripe offers some countries no search. One whose answer was lost is as good as none: without
        # its client secret nobody can have paid it.
        return None
    return next((_retrieve(client, each.id) for each in found.data), None)


def _tried_at(intent: Mapping[str, Any]) -> float:
    """Return when somebody last tried to pay."""
    charge = intent.get("latest_charge")
    return float(charge["created"] if isinstance(charge, Mapping) else intent["created"])


def _paid(intent: Mapping[str, Any], at: float | None) -> Paid:
    currency = intent["currency"].upper()
    taken = at or _tried_at(intent)
    amount: Decimal = STRIPE.amount(intent["amount_received"], currency)
    return Paid(intent["id"], intent["id"], amount, currency, float(taken))


def _refused(error: Mapping[str, Any], reference: str) -> Declined:
    code = error.get("code") or ""
    reason = "authentication_failed" if "authentication" in code else "card_declined"
    return Declined(reason, _sentence(error.get("message")), reference)


def _ended(intent: Mapping[str, Any]) -> Declined:
    error = intent.get("last_payment_error")
    if error:
        return _refused(error, intent["id"])
    if intent.get("cancellation_reason") in ("abandoned", "automatic"):
        return Declined("expired", "It was not paid in time.", intent["id"])
    return Declined("cancelled", "The payment was cancelled.", intent["id"])


def _refund_said(refund: Mapping[str, Any], refund_id: str) -> RefundSaid:
    match refund["status"]:
        case "succeeded":
            amount = STRIPE.amount(refund["amount"], refund["currency"].upper())
            return Refunded(refund_id, amount, refund["id"], str(refund.get("payment_intent") or ""))
        case "failed" | "canceled":
            why = (refund.get("failure_reason") or refund["status"]).replace("_", " ")
            return RefundRefused(refund_id, f"Stripe could not give the money back: {why}.", refund["id"])
        case _:
            return RefundPending(refund_id, refund["id"])


def _dispute_said(dispute: Mapping[str, Any]) -> Disputed:
    """Return what a dispute's status means; an inquiry that was closed (``warning_closed``) took nothing."""
    status = dispute["status"].removeprefix("warning_")
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return Disputed(
        reference=dispute["id"],
        amount=STRIPE.amount(dispute["amount"], dispute["currency"].upper()),
        status={"closed": "won", "prevented": "won"}.get(status, status),
        detail=dispute["reason"],
        due_by=float(due) if due and status == "needs_response" else None,
    )


def _trouble(error: stripe.StripeError) -> ProviderDown | ProviderRefused:
    """Return what an error means here; its own text stays out, for it repeats what was sent."""
    status = error.http_status
    if (
        isinstance(error, stripe.APIConnectionError | stripe.APIError | stripe.RateLimitError)
        or status == 409
    ):
        return ProviderDown(f"{type(error).__name__}, HTTP {status}")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return ProviderRefused(f"Stripe does not accept STRIPE_SECRET_KEY: HTTP {status}")
    return ProviderRefused(f"{type(error).__name__}, HTTP {status}, {error.code}, {error.request_id}")


def _sentence(text: str | None) -> str:
    return (text or "The payment was refused.")[:200]
