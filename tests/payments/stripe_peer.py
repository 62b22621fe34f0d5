"""Stripe's API as far as a shop uses it: PaymentIntents, refunds, idempotency keys, signed events."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from typing import Any
from urllib.parse import parse_qsl

from tests.payments.peers import Answer, Peer, Request

KEY = "sk_test_for_a_local_peer_only"
PUBLISHABLE = "pk_test_for_a_local_peer_only"
WEBHOOK_SECRET = "whsec_for_a_local_peer_only"
CREATE_FIELDS = {"amount", "currency", "automatic_payment_methods[enabled]", "metadata[payment_id]"}
REFUND_METADATA = ("refund_id", "payment_id", "reason")
REFUND_FIELDS = {"payment_intent", "amount", "reason", *(f"metadata[{name}]" for name in REFUND_METADATA)}


class StripePeer(Peer):
    """An account at Stripe."""

    def __init__(self) -> None:
        super().__init__()
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refund_status = "succeeded"
        self.disputes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        """Of refunds and disputes, as the account's list of events has them."""
        self._kept: dict[str, tuple[bytes, Answer]] = {}

    # --- HTTP ---------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return error(401, "invalid_request_error", "Invalid API Key provided: sk_test_****nly")
        if request.method == "POST":
            return self._once(request)
        return self._read(request)

    def _once(self, request: Request) -> Answer:
        """Do it once for an idempotency key; the same key with another body is an error."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return self.refuse(f"{request.path} without an idempotency key")
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return self.refuse(f"{request.path} with {request.headers.get('content-type')}")
        content = request.path.encode() + b"?" + request.body
        if key in self._kept:
            known, answer = self._kept[key]
            if known != content:
                self.wrong.append(f"the key {key} with another body")
                return error(400, "idempotency_error", "Keys can only be used with the same parameters.")
            return answer
        answer = self._write(
            request.path, dict(parse_qsl(request.body.decode(), strict_parsing=bool(request.body)))
        )
        self._kept[key] = (content, answer)
        return answer

    def _write(self, path: str, form: dict[str, str]) -> Answer:
        if path == "/v1/payment_intents":
            return self._create(form)
        if path == "/v1/refunds":
            return self._refund(form)
        found = re.fullmatch(r"/v1/payment_intents/(pi_\w+)/cancel", path)
        if found is None:
            return self.refuse(f"POST {path}")
        return self._cancel(self.intents[found[1]])

    def _read(self, request: Request) -> Answer:
        path, query = request.path, request.query
        if path == "/v1/payment_intents/search":
            wanted = re.fullmatch(r"metadata\['payment_id'\]:'([\w-]+)'", query.get("query", ""))
            if wanted is None:
                return self.refuse(f"search for {query}")
            data = [each for each in self.intents.values() if each["metadata"]["payment_id"] == wanted[1]]
            return Answer(200, {"object": "search_result", "url": path, "has_more": False, "data": data})
        if path == "/v1/refunds":
            data = [
                each for each in self.refunds.values() if each["payment_intent"] == query["payment_intent"]
            ]
            return Answer(200, {"object": "list", "url": path, "has_more": False, "data": data})
        if path == "/v1/events":
            return self._listed(query)
        if (found := re.fullmatch(r"/v1/payment_intents/(pi_\w+)", path)) is None:
            return self.refuse(f"GET {path}")
        if found[1] not in self.intents:
            return error(
                404, "invalid_request_error", f"No such payment_intent: '{found[1]}'", "resource_missing"
            )
        return Answer(200, self._shown(self.intents[found[1]], "latest_charge" in query.values()))

    # --- what it does --------------------------------------------------------------------

    def _create(self, form: dict[str, str]) -> Answer:
        if form.keys() != CREATE_FIELDS or not re.fullmatch("[a-z]{3}", form["currency"]):
            return self.refuse(f"an intent of {form}")
        amount = int(form["amount"])
        if amount < 50:
            return error(
                400, "invalid_request_error", "Amount must be at least 50.", "amount_too_small", "amount"
            )
        if form["currency"] in ("isk", "ugx") and amount % 100:
            code = "invalid_charge_amount_no_decimal_compatible"
            return error(400, "invalid_request_error", "It must be divisible by 100.", code, "amount")
        number = len(self.intents) + 1
        intent = {
            "id": f"pi_{number:06}",
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "currency": form["currency"],
            "status": "requires_payment_method",
            "client_secret": f"pi_{number:06}_secret_peer",
            "created": 1_700_000_000,
            "latest_charge": None,
            "last_payment_error": None,
            "cancellation_reason": None,
            "metadata": {"payment_id": form["metadata[payment_id]"]},
        }
        self.intents[str(intent["id"])] = intent
        return Answer(200, dict(intent))

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] in ("succeeded", "processing", "canceled"):
            text = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            return error(400, "invalid_request_error", text, "payment_intent_unexpected_state")
        intent["status"] = "canceled"
        return Answer(200, dict(intent))

    def _refund(self, form: dict[str, str]) -> Answer:
        if form.keys() != REFUND_FIELDS:
            return self.refuse(f"a refund of {form}")
        intent, amount = self.intents[form["payment_intent"]], int(form["amount"])
        made = (each for each in self.refunds.values() if each["status"] != "failed")
        gone = sum(each["amount"] for each in made if each["payment_intent"] == intent["id"])
        if gone == intent["amount_received"]:
            text = f"Charge {intent['latest_charge']} has already been refunded."
            return error(400, "invalid_request_error", text, "charge_already_refunded")
        if gone + amount > intent["amount_received"]:
            text = "Refund amount is greater than unrefunded amount on charge."
            return error(400, "invalid_request_error", text, None, "amount")
        refund = {
            "id": f"re_{len(self.refunds) + 1:06}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": self.refund_status,
            "metadata": {name: form[f"metadata[{name}]"] for name in REFUND_METADATA},
        }
        self.refunds[refund["id"]] = refund
        return Answer(200, dict(refund))

    def _listed(self, query: dict[str, str]) -> Answer:
        kinds = {value for name, value in query.items() if name.startswith("types[")}
        if not kinds or query.keys() - {"created[gte]", "limit"} != {
            name for name in query if "types" in name
        }:
            return self.refuse(f"events by {query}")
        since = int(query["created[gte]"])
        data = [each for each in self.events if each["type"] in kinds and each["created"] >= since]
        return Answer(200, {"object": "list", "url": "/v1/events", "has_more": False, "data": data[::-1]})

    # --- what happens at Stripe itself ---------------------------------------------------------

    def desk_refund(self, reference: str, amount: int) -> bytes:
        """Somebody gives money back in the dashboard; returns the body of its webhook."""
        refund = {
            "id": f"re_{len(self.refunds) + 1:06}",
            "object": "refund",
            "amount": amount,
            "currency": self.intents[reference]["currency"],
            "payment_intent": reference,
            "status": "succeeded",
            "metadata": {},
        }
        self.refunds[str(refund["id"])] = refund
        return self._happens("refund.created", refund)

    def bounce(self) -> bytes:
        """The bank sends the last refund back."""
        refund = self.refunds[max(self.refunds)]
        refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        return self._happens("refund.failed", refund)

    def dispute(self, reference: str, amount: int) -> bytes:
        """The buyer's bank wants money back."""
        dispute = {
            "id": f"dp_{len(self.disputes) + 1:06}",
            "object": "dispute",
            "amount": amount,
            "currency": self.intents[reference]["currency"],
            "payment_intent": reference,
            "charge": self.intents[reference]["latest_charge"],
            "reason": "fraudulent",
            "status": "needs_response",
            "evidence_details": {"due_by": 1_900_000_000},
            "metadata": {},
        }
        self.disputes[str(dispute["id"])] = dispute
        return self._happens("charge.dispute.created", dispute)

    def decide(self, status: str) -> bytes:
        """The bank decides about the last dispute, ``won`` or ``lost``."""
        dispute = self.disputes[max(self.disputes)]
        dispute["status"] = status
        return self._happens("charge.dispute.closed", dispute)

    def _happens(self, kind: str, thing: dict[str, Any]) -> bytes:
        event_id = f"evt_{len(self.events) + 1:06}"
        body = event(kind, dict(thing), event_id, at=int(time.time()))
        self.events.append(json.loads(body))
        return body

    # --- what shoppers and banks do ----------------------------------------------------------

    def pay(self, reference: str, at: int = 1_700_000_100) -> dict[str, Any]:
        """Somebody pays; returns the intent."""
        intent = self.intents[reference]
        intent |= {
            "status": "succeeded", "amount_received": intent["amount"],
            "latest_charge": f"ch_{reference}@{at}",
        }  # fmt: skip
        return intent

    def decline(
        self, reference: str, code: str = "card_declined", at: float = 1_700_000_050
    ) -> dict[str, Any]:
        """Somebody's card is refused; they may try another."""
        intent = self.intents[reference]
        intent["last_payment_error"] = {
            "code": code,
            "type": "card_error",
            "message": "Your card was declined.",
        }
        intent |= {"status": "requires_payment_method", "latest_charge": f"ch_{reference}@{int(at)}"}
        return intent

    def _shown(self, intent: dict[str, Any], expanded: bool) -> dict[str, Any]:
        charge = intent["latest_charge"]
        if not expanded or charge is None:
            return intent
        return {
            **intent,
            "latest_charge": {"id": charge, "object": "charge", "created": int(charge.split("@")[1])},
        }


def error(status: int, kind: str, message: str, code: str | None = None, param: str | None = None) -> Answer:
    """Return an error as Stripe writes it."""
    body = {"error": {"type": kind, "message": message, "code": code, "param": param}}
    return Answer(status, body, {"Request-Id": "req_peer", "Stripe-Should-Retry": "false"})


def event(kind: str, thing: dict[str, Any], event_id: str = "evt_1", at: int = 1_700_000_200) -> bytes:
    """Return the body of a webhook."""
    body = {"id": event_id, "object": "event", "type": kind, "created": at, "data": {"object": thing}}
    return json.dumps(body, indent=2).encode()


def signature(body: bytes, at: float | None = None, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """Return the header that Stripe signs a body with, as its documentation describes it."""
    when = int(time.time() if at is None else at)
    signed = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={when},v1={'0' * 64},v1={signed},v0=ignored"}
