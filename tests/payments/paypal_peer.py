"""PayPal's API as far as a shop uses it: tokens, orders, captures, refunds, events and their certificate."""

from __future__ import annotations

import base64
import json
import re
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.payments.peers import Answer, Fault, Peer, Request

CLIENT_ID, SECRET = "paypal_client_of_a_local_peer", "secret_for_a_local_paypal_only"
WEBHOOK_ID = "9XL90610J3647323C"
AUTHORISATION = "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
TOKEN = "A21AA_token_of_a_local_peer"
CERTIFICATE = "/v1/notifications/certs/CERT-360caa42-fca2a594"
WHOLE_UNITS = ("JPY", "HUF", "TWD")
TAKEN = ("INR", "USD", "EUR", "JPY", "HUF", "ILS")
CONTEXT = {"shipping_preference", "user_action", "return_url", "cancel_url"}
_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


class Account(Peer):
    """What an account at PayPal has in it. Amounts are kept in the smallest unit, written as PayPal does."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.refund_status = "completed"
        self.tokens = {TOKEN}
        self.fetched = 0
        """How often the certificate was asked for."""
        self._kept: dict[str, tuple[bytes, str]] = {}

    def _taken(self, order_id: str, status: str = "COMPLETED", at: float = 1_700_000_100) -> None:
        order = self.orders[order_id]
        order["status"] = "COMPLETED"
        capture = {
            "id": f"CAPTURE{order_id.removeprefix('ORDER')}",
            "status": status,
            "at": at,
            "refunded": 0,
        }
        order["captures"].append(capture)

    def _given_back(
        self, order_id: str, capture: dict[str, Any], units: int, custom_id: str, status: str
    ) -> str:
        capture["refunded"] += units
        whole = capture["refunded"] == self.orders[order_id]["amount"]
        capture["status"] = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
        refund_id = f"REFUND{len(self.refunds) + 1:06}"
        self.refunds[refund_id] = {
            "id": refund_id,
            "order_id": order_id,
            "capture_id": capture["id"],
            "amount": units,
            "custom_id": custom_id,
            "status": status,
        }
        return refund_id

    def _captured(self, capture_id: str) -> tuple[str, dict[str, Any]]:
        return next(
            (order_id, capture)
            for order_id, order in self.orders.items()
            for capture in order["captures"]
            if capture["id"] == capture_id
        )

    # --- how it writes -------------------------------------------------------------------

    def _amount(self, units: int, currency: str) -> dict[str, str]:
        whole = currency in WHOLE_UNITS
        return {"currency_code": currency, "value": str(units) if whole else f"{units / 100:.2f}"}

    def _order(self, order_id: str) -> dict[str, Any]:
        order = self.orders[order_id]
        unit: dict[str, Any] = {
            "reference_id": "default",
            "amount": self._amount(order["amount"], order["currency"]),
            "custom_id": order["custom_id"],
        }
        if order["captures"]:
            refunds = [
                self._refund_written(each["id"])
                for each in self.refunds.values()
                if each["order_id"] == order_id
            ]
            captures = [self.capture_written(order_id, each) for each in order["captures"]]
            unit["payments"] = {"captures": captures, **({"refunds": refunds} if refunds else {})}
        links = [{"rel": "self", "href": f"https://api.paypal.com/v2/checkout/orders/{order_id}"}]
        if order["status"] == "PAYER_ACTION_REQUIRED":
            page = f"https://www.paypal.com/checkoutnow?token={order_id}"
            links.append({"rel": "payer-action", "href": page})
        return {"id": order_id, "status": order["status"], "purchase_units": [unit], "links": links}

    def capture_written(self, order_id: str, capture: dict[str, Any]) -> dict[str, Any]:
        """Return a capture as PayPal writes it."""
        order = self.orders[order_id]
        at = datetime.fromtimestamp(capture["at"], UTC).strftime(_WRITTEN)
        return {
            "id": capture["id"],
            "status": capture["status"],
            "amount": self._amount(order["amount"], order["currency"]),
            "custom_id": order["custom_id"],
            "supplementary_data": {"related_ids": {"order_id": order_id}},
            "create_time": at,
            "links": [{"rel": "up", "href": f"https://api.paypal.com/v2/checkout/orders/{order_id}"}],
        }

    def _refund_written(self, refund_id: str) -> dict[str, Any]:
        refund = self.refunds[refund_id]
        href = f"https://api.paypal.com/v2/payments/captures/{refund['capture_id']}"
        return {
            "id": refund_id,
            "status": refund["status"],
            "amount": self._amount(refund["amount"], self.orders[refund["order_id"]]["currency"]),
            "custom_id": refund["custom_id"],
            "links": [{"rel": "up", "href": href}],
        }

    def event(self, kind: str, resource: dict[str, Any]) -> bytes:
        """Return the body of a webhook, which PayPal's list of events has from now on."""
        told = {
            "id": f"WH-{uuid4().hex}",
            "event_version": "1.0",
            "create_time": datetime.now(UTC).strftime(_WRITTEN),
            "event_type": kind,
            "resource": resource,
        }
        self.events.append(told)
        return json.dumps(told, indent=1).encode()

    # --- what payers do, and what happens at PayPal itself ----------------------------------

    def approve(self, order_id: str) -> dict[str, Any]:
        """The payer approves on PayPal's page; returns the order."""
        self.orders[order_id] |= {"status": "APPROVED", "instrument": ""}
        return self._order(order_id)

    def decline(self, order_id: str, issue: str = "INSTRUMENT_DECLINED") -> dict[str, Any]:
        """The payer approves, and their card will be refused; returns the order."""
        self.orders[order_id] |= {"status": "APPROVED", "instrument": issue}
        return self._order(order_id)

    def pay(self, order_id: str, status: str = "COMPLETED") -> dict[str, Any]:
        """The payer approves and we capture, but our side has not heard yet; returns the capture."""
        self.approve(order_id)
        self._taken(order_id, status)
        return self.capture_written(order_id, self.orders[order_id]["captures"][-1])

    def desk_refund(self, reference: str, units: int) -> bytes:
        """Somebody gives money back on PayPal's own pages, which repeat what the order says."""
        order = self.orders[reference]
        refund_id = self._given_back(reference, order["captures"][0], units, order["custom_id"], "COMPLETED")
        return self.event("PAYMENT.CAPTURE.REFUNDED", self._refund_written(refund_id))

    def bounce(self) -> bytes:
        """The bank sends the last refund back."""
        refund = self.refunds[max(self.refunds)]
        refund["status"] = "FAILED"
        self._captured(refund["capture_id"])[1]["refunded"] -= refund["amount"]
        return self.event("PAYMENT.REFUND.FAILED", self._refund_written(refund["id"]))

    def dispute(self, reference: str, units: int) -> bytes:
        """The buyer wants money back."""
        order = self.orders[reference]
        dispute = {
            "dispute_id": f"PP-D-{len(self.disputes) + 1:05}",
            "reason": "UNAUTHORISED",
            "status": "WAITING_FOR_SELLER_RESPONSE",
            "dispute_amount": self._amount(units, order["currency"]),
            "seller_response_due_date": "2030-03-17T17:46:40.000Z",
            "disputed_transactions": [{"seller_transaction_id": order["captures"][0]["id"]}],
        }
        self.disputes[str(dispute["dispute_id"])] = dispute
        return self.event("CUSTOMER.DISPUTE.CREATED", dispute)

    def decide(self, status: str) -> bytes:
        """PayPal decides about the last dispute, ``won`` or ``lost``."""
        dispute = self.disputes[max(self.disputes)]
        outcome = {"won": "RESOLVED_SELLER_FAVOUR", "lost": "RESOLVED_BUYER_FAVOUR"}[status]
        dispute |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": outcome}}
        return self.event("CUSTOMER.DISPUTE.RESOLVED", dispute)


class PayPalPeer(Account):
    """An account at PayPal, as its API answers for it."""

    # --- HTTP ----------------------------------------------------------------------------

    def serve(self, request: Request) -> Fault:
        """Give a token whatever is planned: a fault is meant for what is asked with it."""
        return self._token(request) if request.path == "/v1/oauth2/token" else super().serve(request)

    def _token(self, request: Request) -> Answer:
        if request.headers.get("authorization") != AUTHORISATION:
            said = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return Answer(401, said)
        if request.method != "POST" or request.body != b"grant_type=client_credentials":
            return self.refuse(f"a token for {request.body!r}")
        self.tokens.add(TOKEN)
        return Answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 32400, "scope": ""})

    def answer(self, request: Request) -> Answer:
        if request.path == CERTIFICATE:
            self.fetched += 1
            return Answer(200, certificate(), {"Content-Type": "application/x-pem-file"})
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer(401, {"error": "invalid_token"})
        if request.method == "GET":
            return self._read(request)
        if request.headers.get("content-type") != "application/json":
            return self.refuse(f"{request.path} with {request.headers.get('content-type')}")
        data = json.loads(request.body)
        if request.headers.get("prefer") != "return=representation":
            return self.refuse(f"{request.path} without the representation")
        if request.path == "/v2/checkout/orders":
            return self._once(request, lambda: self._create(data), self._order)
        if found := re.fullmatch(r"/v2/checkout/orders/(ORDER\w+)/capture", request.path):
            return self._capture(found[1], data)
        if found := re.fullmatch(r"/v2/payments/captures/(CAPTURE\w+)/refund", request.path):
            return self._once(request, lambda: self._refund(found[1], data), self._refund_written)
        return self.refuse(f"{request.method} {request.path}")

    def _read(self, request: Request) -> Answer:
        if request.path == "/v1/notifications/webhooks-events":
            return self._events(request.query)
        found = re.fullmatch(r"/v2/checkout/orders/(\w+)", request.path)
        if found is None:
            return self.refuse(f"GET {request.path}")
        return Answer(200, self._order(found[1])) if found[1] in self.orders else problem("NOT_FOUND", 404)

    def _once(self, request: Request, make: Any, written: Any) -> Answer:
        """Do it once for a key: the same key again is the same thing, as it is now."""
        key = request.headers.get("paypal-request-id", "")
        if not re.fullmatch(r"[\w-]{10,108}", key):
            return self.refuse(f"{request.path} with the key {key!r}")
        if key in self._kept:
            known, thing_id = self._kept[key]
            return Answer(200, written(thing_id)) if known == request.body else self.refuse("another body")
        made = make()
        if isinstance(made, str):
            self._kept[key] = (request.body, made)
            return Answer(201, written(made))
        refused: Answer = made
        return refused

    # --- what it does --------------------------------------------------------------------

    def _create(self, data: dict[str, Any]) -> str | Answer:
        unit = data["purchase_units"][0]
        context = data.get("payment_source", {}).get("paypal", {}).get("experience_context", {})
        shape = (data.keys(), unit.keys(), context.keys())
        if shape != (
            {"intent", "purchase_units", "payment_source"}, {"amount", "custom_id", "invoice_id"}, CONTEXT,
        ):  # fmt: skip
            return self.refuse(f"an order of {data}")
        if data["intent"] != "CAPTURE" or any(
            each["custom_id"] == unit["custom_id"] for each in self._ours()
        ):
            return self.refuse(f"an order of {data}")
        currency = unit["amount"]["currency_code"]
        if currency not in TAKEN:
            return problem("CURRENCY_NOT_SUPPORTED")
        units = self._units(unit["amount"])
        if not units:
            return problem("CANNOT_BE_ZERO_OR_NEGATIVE")
        order_id = f"ORDER{len(self.orders) + 1:06}"
        self.orders[order_id] = {
            "amount": units,
            "currency": currency,
            "status": "PAYER_ACTION_REQUIRED",
            "custom_id": unit["custom_id"],
            "captures": [],
            "instrument": "",
            "context": context,
        }
        return order_id

    def _ours(self) -> Any:
        return self.orders.values()

    def _units(self, amount: dict[str, Any]) -> int:
        form = r"\d+" if amount["currency_code"] in WHOLE_UNITS else r"\d+\.\d\d"
        if amount.keys() != {"currency_code", "value"} or not re.fullmatch(form, amount["value"]):
            self.refuse(f"an amount of {amount}")
        return int(amount["value"].replace(".", ""))

    def _capture(self, order_id: str, data: dict[str, Any]) -> Answer:
        order = self.orders[order_id]
        if data:
            return self.refuse(f"a capture of {data}")
        if order["captures"]:
            return problem("ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            return problem("ORDER_NOT_APPROVED")
        if order["instrument"]:
            return problem(order["instrument"])
        self._taken(order_id)
        return Answer(201, self._order(order_id))

    def _refund(self, capture_id: str, data: dict[str, Any]) -> str | Answer:
        if data.keys() != {"amount", "custom_id"} or not data["custom_id"].startswith("refund:"):
            return self.refuse(f"a refund of {data}")
        order_id, capture = self._captured(capture_id)
        units = self._units(data["amount"])
        if capture["refunded"] + units > self.orders[order_id]["amount"]:
            return problem("REFUND_AMOUNT_EXCEEDED")
        return self._given_back(order_id, capture, units, data["custom_id"], self.refund_status.upper())

    def _events(self, query: dict[str, str]) -> Answer:
        if not {"page_size", "start_time", "end_time"} <= query.keys() or query.keys() - {
            "page_size", "start_time", "end_time", "start_index",
        }:  # fmt: skip
            return self.refuse(f"events by {query}")
        since = datetime.strptime(query["start_time"], _WRITTEN).replace(tzinfo=UTC)
        newest = [each for each in self.events[::-1] if datetime.fromisoformat(each["create_time"]) >= since]
        first = int(query.get("start_index", 0))
        page = newest[first : first + 2]
        links = [{"rel": "self", "href": "https://api.paypal.com/"}]
        if first + 2 < len(newest):
            again = "&".join(f"{name}={value}" for name, value in query.items() if name != "start_index")
            path = "/v1/notifications/webhooks-events"
            links.append(
                {"rel": "next", "href": f"https://api.paypal.com{path}?{again}&start_index={first + 2}"}
            )
        return Answer(200, {"events": page, "count": len(page), "links": links})


_SENTENCES = {
    "INSTRUMENT_DECLINED": "Your card was declined.",
    "REFUND_AMOUNT_EXCEEDED": "The refund amount is greater than what has not been refunded yet.",
}


def problem(issue: str, status: int = 422) -> Answer:
    """Return an error as PayPal writes it."""
    details = [{"issue": issue, "description": _SENTENCES.get(issue, f"It is {issue}.")}]
    return Answer(status, {"name": "UNPROCESSABLE_ENTITY", "message": "No.", "details": details})


@cache
def _key(whose: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(whose: str = "paypal", days: int = 30) -> bytes:
    """Return a certificate that began sixty days before its end, in so many days, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
    end = datetime.now(UTC) + timedelta(days=days)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key(whose).public_key())
        .serial_number(77)
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .sign(_key(whose), SHA256())
    )
    return built.public_bytes(Encoding.PEM)


def signature(body: bytes, url: str, webhook_id: str = WEBHOOK_ID, whose: str = "paypal") -> dict[str, str]:
    """Return the headers of a webhook. ``url``: where its certificate is."""
    sent, at = "d938e770-8046-11e6-8103-6b62a8a99ac4", "2023-11-14T22:15:00Z"
    said = f"{sent}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()
    signed = _key(whose).sign(said, PKCS1v15(), SHA256())
    return {
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-cert-url": url,
        "paypal-transmission-id": sent,
        "paypal-transmission-time": at,
        "paypal-transmission-sig": base64.b64encode(signed).decode(),
    }
