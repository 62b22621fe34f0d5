"""Razorpay's API as far as a shop uses it: orders, payments, captures, refunds, signed events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

from tests.payments.peers import Answer, Peer, Request

KEY_ID, KEY_SECRET = "rzp_test_peer", "secret_for_a_local_peer_only"
WEBHOOK_SECRET = "webhook_secret_for_a_local_peer_only"
ORDER_FIELDS = {"amount", "currency", "receipt", "notes", "payment"}
REFUND_FIELDS = {"amount", "speed", "receipt", "notes"}
AUTHORISATION = "Basic " + base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()


class RazorpayPeer(Peer):
    """An account at Razorpay."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refund_status = "processed"
        self.disputes: dict[str, dict[str, Any]] = {}
        self._kept: dict[str, tuple[bytes, Answer]] = {}

    # --- HTTP ----------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != AUTHORISATION:
            return error("The api key provided is invalid", 401)
        if request.method == "GET":
            return self._read(request.path, request.query)
        if request.headers.get("content-type") != "application/json":
            return self.refuse(f"{request.path} with {request.headers.get('content-type')}")
        data = json.loads(request.body)
        if request.path == "/v1/orders":
            return self._create(data)
        if found := re.fullmatch(r"/v1/payments/(pay_\w+)/capture", request.path):
            return self._capture(self.payments[found[1]], data)
        if found := re.fullmatch(r"/v1/payments/(pay_\w+)/refund", request.path):
            return self._refund_once(request, self.payments[found[1]], data)
        return self.refuse(f"{request.method} {request.path}")

    def _read(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/v1/orders":
            if query.keys() != {"receipt"}:
                return self.refuse(f"orders by {query}")
            return items([each for each in self.orders.values() if each["receipt"] == query["receipt"]])
        if found := re.fullmatch(r"/v1/orders/(order_\w+)", path):
            order = self.orders.get(found[1])
            return error("The id provided does not exist") if order is None else Answer(200, order)
        if found := re.fullmatch(r"/v1/orders/(order_\w+)/payments", path):
            return items([each for each in self.payments.values() if each["order_id"] == found[1]])
        if found := re.fullmatch(r"/v1/payments/(pay_\w+)/refunds", path):
            return items([each for each in self.refunds.values() if each["payment_id"] == found[1]])
        listed = {"/v1/refunds": self.refunds, "/v1/disputes": self.disputes}.get(path)
        if listed is None or query.keys() != {"from", "count", "skip"}:
            return self.refuse(f"GET {path} by {query}")
        since, count, skip = (int(query[name]) for name in ("from", "count", "skip"))
        found_since = [each for each in listed.values() if each["created_at"] >= since]
        return items(found_since[::-1][skip : skip + count][::-1])

    # --- what it does -----------------------------------------------------------------------

    def _create(self, data: dict[str, Any]) -> Answer:
        if data.keys() != ORDER_FIELDS or not isinstance(data["amount"], int) or len(data["receipt"]) > 40:
            return self.refuse(f"an order of {data}")
        if data["amount"] < 100:
            return error("Order amount less than minimum amount allowed")
        if data["currency"] in ("KWD", "BHD", "OMR") and data["amount"] % 10:
            return self.refuse("a third decimal")
        order = {
            "id": f"order_{len(self.orders) + 1:06}",
            "entity": "order",
            "amount": data["amount"],
            "currency": data["currency"],
            "receipt": data["receipt"],
            "status": "created",
            "notes": data["notes"],
            "created_at": 1_700_000_000,
        }
        self.orders[str(order["id"])] = order
        return Answer(200, dict(order))

    def _capture(self, payment: dict[str, Any], data: dict[str, Any]) -> Answer:
        if data != {"amount": payment["amount"], "currency": payment["currency"]}:
            return self.refuse(f"a capture of {data}")
        if payment["status"] != "authorized":
            return error("This payment has already been captured")
        payment["status"] = "captured"
        return Answer(200, dict(payment))

    def _refund_once(self, request: Request, payment: dict[str, Any], data: dict[str, Any]) -> Answer:
        key = request.headers.get("x-refund-idempotency", "")
        if not re.fullmatch(r"[\w-]{10,}", key):
            return self.refuse(f"a refund with the idempotency key {key!r}")
        if key in self._kept:
            known, answer = self._kept[key]
            return answer if known == request.body else self.refuse(f"the key {key} with another body")
        answer = self._refund(payment, data)
        self._kept[key] = (request.body, answer)
        return answer

    def _refund(self, payment: dict[str, Any], data: dict[str, Any]) -> Answer:
        if data.keys() != REFUND_FIELDS:
            return self.refuse(f"a refund of {data}")
        if payment["amount_refunded"] + data["amount"] > payment["amount"]:
            return error("The total refund amount is greater than the refund payment amount")
        payment["amount_refunded"] += data["amount"]
        if payment["amount_refunded"] == payment["amount"]:
            payment["status"] = "refunded"
        refund = {
            "id": f"rfnd_{len(self.refunds) + 1:06}",
            "entity": "refund",
            "amount": data["amount"],
            "currency": payment["currency"],
            "payment_id": payment["id"],
            "receipt": data["receipt"],
            "notes": data["notes"],
            "status": self.refund_status,
            "created_at": int(time.time()),
        }
        self.refunds[str(refund["id"])] = refund
        return Answer(200, dict(refund))

    # --- what happens at Razorpay itself ----------------------------------------------------------

    def desk_refund(self, reference: str, amount: int) -> bytes:
        """Somebody gives money back on the dashboard; returns the body of its webhook."""
        payment = self._of(reference)
        refund = {
            "id": f"rfnd_{len(self.refunds) + 1:06}",
            "entity": "refund",
            "amount": amount,
            "currency": payment["currency"],
            "payment_id": payment["id"],
            "receipt": None,
            "notes": [],
            "status": "processed",
            "created_at": int(time.time()),
        }
        payment["amount_refunded"] += amount
        self.refunds[str(refund["id"])] = refund
        return event("refund.processed", refund=refund, payment=payment)

    def bounce(self) -> bytes:
        """The bank sends the last refund back."""
        refund = self.refunds[max(self.refunds)]
        refund["status"] = "failed"
        payment = self.payments[refund["payment_id"]]
        payment |= {"status": "captured", "amount_refunded": payment["amount_refunded"] - refund["amount"]}
        return event("refund.failed", refund=refund)

    def dispute(self, reference: str, amount: int) -> bytes:
        """The buyer's bank wants money back."""
        payment = self._of(reference)
        dispute = {
            "id": f"disp_{len(self.disputes) + 1:06}",
            "entity": "dispute",
            "payment_id": payment["id"],
            "amount": amount,
            "currency": payment["currency"],
            "reason_code": "fraudulent",
            "respond_by": 1_900_000_000,
            "status": "open",
            "phase": "chargeback",
            "created_at": int(time.time()),
        }
        self.disputes[str(dispute["id"])] = dispute
        return event("payment.dispute.created", payment=payment, dispute=dispute)

    def decide(self, status: str) -> bytes:
        """The bank decides about the last dispute, ``won`` or ``lost``."""
        dispute = self.disputes[max(self.disputes)]
        dispute["status"] = status
        return event(f"payment.dispute.{status}", dispute=dispute)

    def _of(self, reference: str) -> dict[str, Any]:
        return next(
            each for each in self.payments.values()
            if each["order_id"] == reference and each["status"] in ("captured", "refunded")
        )  # fmt: skip

    # --- what shoppers and banks do -------------------------------------------------------------

    def attempt(
        self, order_id: str, status: str = "captured", at: int = 1_700_000_100, **more: Any
    ) -> dict[str, Any]:
        """Somebody tries to pay; returns the payment as it is then."""
        order = self.orders[order_id]
        order["status"] = "paid" if status == "captured" else "attempted"
        payment = {
            "id": f"pay_{len(self.payments) + 1:06}",
            "entity": "payment",
            "amount": order["amount"],
            "amount_refunded": 0,
            "currency": order["currency"],
            "order_id": order_id,
            "status": status,
            "notes": [],
            "error_code": None,
            "error_description": None,
            "error_reason": None,
            "error_step": None,
            "created_at": at,
            **more,
        }
        self.payments[str(payment["id"])] = payment
        return payment


def items(found: list[dict[str, Any]]) -> Answer:
    """Return a collection as Razorpay writes it, newest first."""
    return Answer(200, {"entity": "collection", "count": len(found), "items": found[::-1]})


def error(text: str, status: int = 400) -> Answer:
    """Return an error as Razorpay writes it."""
    return Answer(status, {"error": {"code": "BAD_REQUEST_ERROR", "description": text}})


def event(kind: str, at: int = 1_700_000_200, **things: dict[str, Any]) -> bytes:
    """Return the body of a webhook."""
    payload = {name: {"entity": thing} for name, thing in things.items()}
    body = {"entity": "event", "event": kind, "contains": list(things), "payload": payload, "created_at": at}
    return json.dumps(body, indent=1).encode()


def signature(body: bytes, event_id: str = "evt_1", secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """Return the headers of a webhook: HMAC-SHA256 over the raw body."""
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-razorpay-signature": signed, "x-razorpay-event-id": event_id}
