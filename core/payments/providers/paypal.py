"""PayPal through its official server SDK: a payment is an order that the payer approves on PayPal's own page.

Sources: developer.paypal.com/docs/api/orders/v2, /docs/api/payments/v2, /api/rest/reference/idempotency,
/api/rest/reference/currency-codes, /docs/api/webhooks/v1 (webhooks-events).

- Our page leads to PayPal and PayPal leads back; no script of PayPal's runs in a page of ours. An approved
  order has brought in nothing yet: it is captured here, when the payer is back or when we look it up.
- ``custom_id`` is ours: the payment's id in an order, ``refund:`` and the refund's id in a refund, because a
  refund that is made on PayPal's own pages may repeat what the order says.
- An order is made under the payment's id (``PayPal-Request-Id``). One whose answer was lost is as good as
  none: without its link nobody can have approved it. PayPal finds no order by an id of ours.
- A capture needs no key: an order is captured once, and says so when it is asked again. A refund has one,
  which PayPal keeps for 45 days, and is looked for before it is made.
- If PayPal refuses the payer's card, the order may be approved again with another one. It is declined when
  the payer is back at our page; a look alone declines nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings
from paypalserversdk.configuration import Environment, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from core.payments.providers import (
    Charge,
    Created,
    Declined,
    NotKnown,
    Pending,
    Provider,
    ProviderDown,
    ProviderRefused,
    RefundOrder,
    RefundRefused,
    RefundSaid,
    Said,
    Unheard,
    WebhookNotice,
)
from core.payments.providers import paypal_events as events
from core.payments.providers.paypal_signatures import Signatures
from core.payments.providers.units import PAYPAL, NotPayable
from core.payments.providers.wire import PerThread, ProviderSession

T = TypeVar("T")
BASES = {False: "https://api-m.paypal.com", True: "https://api-m.sandbox.paypal.com"}
"""Where the API is, by whether it is PayPal's sandbox."""
_TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 (a path)
_EVENTS_PATH = "/v1/notifications/webhooks-events"
_PAGE = 300
_WHOLE = "return=representation"
_AMOUNT_ISSUES = {
    "CURRENCY_NOT_SUPPORTED", "CURRENCY_NOT_SUPPORTED_FOR_COUNTRY", "DECIMAL_PRECISION",
    "DECIMALS_NOT_SUPPORTED", "CANNOT_BE_ZERO_OR_NEGATIVE", "MAX_VALUE_EXCEEDED",
}  # fmt: skip
_ANOTHER_CARD = {"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED"}
_REFUSED = {
    "TRANSACTION_REFUSED", "TRANSACTION_BLOCKED_BY_PAYEE", "PAYER_CANNOT_PAY", "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED", "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", "CARD_EXPIRED",
    "COMPLIANCE_VIOLATION",
}  # fmt: skip


class _TokenEnded(Exception):
    """PayPal does not know the token any more that it has given us."""


class _Http(ProviderSession):
    """Judges an answer by its status first, and keeps the token that the SDK was given."""

    token = ""

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        try:
            response = super().request(method, url, *args, **options)
        except requests.RequestException as error:
            raise ProviderDown(type(error).__name__) from None
        status = response.status_code
        if status in (408, 409, 429) or status >= 500:
            raise ProviderDown(f"HTTP {status}")
        if status == 401 and not url.endswith(_TOKEN_PATH):
            raise _TokenEnded
        if status in (401, 403) or (status >= 400 and url.endswith(_TOKEN_PATH)):
            raise ProviderRefused(f"PayPal does not accept PAYPAL_CLIENT_ID and its secret: HTTP {status}")
        try:
            if not isinstance(response.json(), dict):
                raise ValueError
        except ValueError:
            raise ProviderDown(f"HTTP {status} without JSON") from None
        return response


class PayPalAccount:
    """One account at PayPal."""

    name = "paypal"

    def __init__(
        self, *, client_id: str, secret: str, webhook_id: str, api_base: str, back_to: str, timeout_s: float
    ) -> None:
        """``back_to``: our origin, to whose page of a payment PayPal leads back."""
        self._api_base = api_base
        self._back_to = back_to
        self._timeout_s = timeout_s
        self._signatures = Signatures(webhook_id, api_base, timeout_s)

        def make() -> tuple[_Http, Any]:
            session = _Http()
            credentials = ClientCredentialsAuthCredentials(
                client_id,
                secret,
                o_auth_on_token_update=lambda token: setattr(session, "token", token.access_token),
            )
            client = PaypalServersdkClient(
                http_client_instance=session,
                environment=Environment.PRODUCTION,
                client_credentials_auth_credentials=credentials,
            )
            client.config.environments = {Environment.PRODUCTION: {Server.DEFAULT: api_base}}
            return session, client

        self._clients = PerThread(make)

    # --- payments ---------------------------------------------------------------------------

    def create(self, charge: Charge) -> Said:
        """Make the order, or say how it stands."""
        return self._call(lambda session, client: self._create(client, charge))

    def _create(self, client: Any, charge: Charge) -> Said:
        if charge.reference:
            order = _order(client, charge.reference)
            return NotKnown() if order is None else self._stands(client, order, back=False, link=True)
        try:
            made = client.orders.create_order(
                {
                    "body": self._request(charge),
                    "paypal_request_id": charge.payment_id,
                    "prefer": _WHOLE,
                }
            )
        except NotPayable as error:
            return Declined("refused", str(error))
        except ApiException as error:
            if _issue(error) in _AMOUNT_ISSUES:
                return Declined("refused", f"PayPal cannot take {charge.amount} {charge.currency}.")
            raise
        return self._stands(client, json.loads(made.text), back=False, link=True)

    def _request(self, charge: Charge) -> dict[str, Any]:
        """Return an order as PayPal is asked for it. Raises NotPayable."""
        page = f"{self._back_to}/pay/paypal/{charge.payment_id}"
        context = {
            "shipping_preference": "NO_SHIPPING",
            "user_action": "PAY_NOW",
            "return_url": f"{page}?approved=yes",
            "cancel_url": page,
        }
        unit = {
            "amount": _money(charge.amount, charge.currency),
            "custom_id": charge.payment_id,
            "invoice_id": charge.payment_id,
        }
        return {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Capture what the payer has approved: they are back from PayPal's page."""
        if words:
            raise Unheard("This payment is confirmed on the provider's own form.")
        return self._call(lambda session, client: self._look_up(client, charge, back=True))

    def look_up(self, charge: Charge) -> Said:
        """Say how the order stands; one that was approved is captured first."""
        return self._call(lambda session, client: self._look_up(client, charge, back=False))

    def _look_up(self, client: Any, charge: Charge, *, back: bool) -> Said:
        order = _order(client, charge.reference) if charge.reference else None
        return NotKnown() if order is None else self._stands(client, order, back=back, link=False)

    def _stands(self, client: Any, order: Mapping[str, Any], *, back: bool, link: bool) -> Said:
        """Return what an order's status means. ``back``: the payer is; ``link``: say where to approve it."""
        reference = order["id"]
        if order["status"] == "APPROVED" and events.capture_of(order) is None:
            try:
                taken = client.orders.capture_order({"id": reference, "body": {}, "prefer": _WHOLE})
                order = json.loads(taken.text)
            except ApiException as error:
                issue = _issue(error)
                if issue in _ANOTHER_CARD and not back:
                    return Pending(reference)
                if issue in _ANOTHER_CARD | _REFUSED:
                    return Declined("card_declined", _sentence(error), reference)
                if issue == "ORDER_NOT_APPROVED":
                    return Pending(reference)
                if issue != "ORDER_ALREADY_CAPTURED":
                    raise
                order = _order(client, reference) or {}
        capture = events.capture_of(order)
        if capture is not None:
            return events.capture_said(capture, reference)
        match order["status"]:
            case "VOIDED":
                return Declined("cancelled", "The payment was cancelled.", reference)
            case "APPROVED" | "COMPLETED":
                return Pending(reference, processing=True)
        address = _approval(order) if link else None
        return Pending(reference) if address is None else Created(reference, {"approve_url": address})

    # --- refunds ----------------------------------------------------------------------------------

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Give back, unless a refund of this id is there already."""
        return self._call(lambda session, client: self._refund(client, order))

    def _refund(self, client: Any, order: RefundOrder) -> RefundSaid:
        known = _order(client, order.charge.reference) if order.charge.reference else None
        for made in () if known is None else events.refunds_of(known):
            if events.refund_id_of(made) == order.refund_id:
                return events.refund_said(made, order.refund_id, order.capture)
        try:
            answer = client.payments.refund_captured_payment(
                {
                    "capture_id": order.capture,
                    "paypal_request_id": order.refund_id,
                    "prefer": _WHOLE,
                    "body": {
                        "amount": _money(order.amount, order.charge.currency),
                        "custom_id": f"{events.REFUND}{order.refund_id}",
                    },
                }
            )
        except NotPayable as error:
            return RefundRefused(order.refund_id, str(error))
        except ApiException as error:
            if error.response_code != 422:
                raise
            return RefundRefused(order.refund_id, _sentence(error))
        return events.refund_said(json.loads(answer.text), order.refund_id, order.capture)

    # --- webhooks -----------------------------------------------------------------------------------

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Verify PayPal's signature with its certificate, which is fetched once; then read the event."""
        self._signatures.verify(body, headers)
        try:
            return events.notice(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError) as error:
            raise Unheard("The body is no event that we can read.") from error

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Go through PayPal's own list of events, which it keeps for thirty days."""
        return self._call(lambda session, client: self._missed(session, client, since))

    def _missed(self, session: _Http, client: Any, since: float) -> list[WebhookNotice]:
        if not client.oauth_2.is_valid():
            raise ProviderDown("no token")
        now = time.time()
        query = {"page_size": str(_PAGE), "start_time": _written(since), "end_time": _written(now)}
        found: list[Any] = []
        while query:
            answer = session.request(
                "GET",
                f"{self._api_base}{_EVENTS_PATH}",
                params=query,
                headers={"Authorization": f"Bearer {session.token}"},
            )
            if answer.status_code >= 400:
                raise ProviderRefused(f"PayPal does not list its events: HTTP {answer.status_code}")
            page = answer.json()
            found += page["events"]
            query = _next(page)
        told = (events.notice(each) for each in reversed(found) if each["event_type"] in events.MONEY_BACK)
        return [notice for notice in told if notice is not None]

    # --- calls --------------------------------------------------------------------------------------

    def _call(self, what: Callable[[_Http, Any], T]) -> T:
        until = time.monotonic() + self._timeout_s
        try:
            return self._once(what, until)
        except _TokenEnded:
            self._clients.forget()
        try:
            return self._once(what, until)
        except _TokenEnded:
            raise ProviderRefused("PayPal does not accept the token that it has given") from None

    def _once(self, what: Callable[[_Http, Any], T], until: float) -> T:
        session, client = self._clients.get()
        with session.within(until - time.monotonic()):
            try:
                return what(session, client)
            except ApiException as error:
                raise ProviderRefused(f"HTTP {error.response_code}, {_issue(error)}") from None
            except (KeyError, TypeError, AttributeError, ValueError, IndexError, ArithmeticError) as error:
                raise ProviderDown(f"an answer that cannot be read: {type(error).__name__}") from None


def make() -> Provider | None:
    """Return the account that the settings name, or None."""
    if not settings.PAYPAL_CLIENT_ID:
        return None
    return PayPalAccount(
        client_id=settings.PAYPAL_CLIENT_ID,
        secret=settings.PAYPAL_CLIENT_SECRET,
        webhook_id=settings.PAYPAL_WEBHOOK_ID,
        api_base=settings.PAYPAL_API_BASE or BASES[settings.PAYPAL_SANDBOX],
        back_to=settings.PUBLIC_URL,
        timeout_s=settings.PAYMENT_TIMEOUT_S,
    )


# --- reading what PayPal gives --------------------------------------------------------------------


def _order(client: Any, reference: str) -> dict[str, Any] | None:
    """Return an order, None if PayPal has none; one that nobody approves is gone after a few hours."""
    try:
        found: dict[str, Any] = json.loads(client.orders.get_order({"id": reference}).text)
    except ApiException as error:
        if error.response_code == 404:
            return None
        raise
    return found


def _approval(order: Mapping[str, Any]) -> str | None:
    """Return the address of PayPal's page on which the payer approves the order."""
    links = order.get("links") or ()
    return next((each["href"] for each in links if each["rel"] in ("payer-action", "approve")), None)


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"currency_code": currency, "value": PAYPAL.text(amount, currency)}


def _said_wrong(error: ApiException) -> Mapping[str, Any]:
    try:
        details = json.loads(error.response.text)["details"]
    except (ValueError, KeyError, TypeError):
        return {}
    return details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}


def _issue(error: ApiException) -> str:
    """Return PayPal's stable word for what is wrong; its own text stays out, for it repeats what was sent."""
    return str(_said_wrong(error).get("issue", ""))


def _sentence(error: ApiException) -> str:
    return str(_said_wrong(error).get("description") or "The payment was refused.")[:200]


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next(page: Mapping[str, Any]) -> dict[str, str]:
    """Return the query of the next page, none after the last; the host that its link names is not asked."""
    link = next((each["href"] for each in page.get("links") or () if each["rel"] == "next"), "")
    return dict(parse_qsl(urlsplit(link).query))
