"""Purchases that were journalled field by field, before they were one struct: they replay to the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from actors import cart, order, payment
from actors.messages.cart import AddItem, OpenSession
from actors.messages.money.checkout import Checkout, ReservationMade
from actors.messages.money.order import PlaceOrder
from actors.messages.money.paying import PaymentSucceeded, RequestPayment
from actors.messages.money.payment import Opened, StartPayment, Taken
from core.entities import ENTITIES
from core.journal.codec import encode
from tests.domain.given import Given, Then, fold, given, key_of
from tests.domain.things import offer
from tests.journal.examples import GOLDEN

SUMS = {"ChargeStarted": "amount"}
"""Where a purchase's sum was not called ``total``."""


def told(then: Then, command: type) -> Any:
    """The one command of that type that was told."""
    [found] = [each.command for each in then.told if isinstance(each.command, command)]
    return found


def untaxed(shopper: Given) -> Given:
    """The cart as it was before a checkout said what it amounts to."""
    *before, asked = shopper.history
    return given(cart, "alice", *before, replace(asked, amounts=None))


def sold() -> dict[str, Given]:
    """A cart, its payment and its order, to the end."""
    shopper = given(cart, "alice").after(
        OpenSession(
            session_id="s1",
            trolley_id="T",
            branch="B",
            chain="demo",
            currency="INR",
            exclusive=True,
            restore_s=900.0,
        ),
        100.0,
        "a",
    )
    shopper = shopper.after(AddItem(offer("milk"), 3, "s1", "l1"), 100.0, "b")
    shopper = untaxed(shopper.after(Checkout("r1", "B", 300.0), 100.0, "c"))
    shopper = shopper.after(ReservationMade("r1", "B"), 101.0, "d")
    asked = shopper.when(RequestPayment("p1", "sandbox", "demo"), 102.0, "e")
    start = told(asked, StartPayment)
    owes = given(payment, "p1").after(start, 103.0, "f").after(Opened("ref", "shopper"), 104.0, "g")
    paid = owes.when(
        Taken(reference="ref", capture="cap", amount=start.purchase.total, currency="INR", at=105.0),
        105.0,
        "h",
    )
    gone = asked.and_then().when(told(paid, PaymentSucceeded), 106.0, "i")
    placed = given(order, "p1").when(told(gone, PlaceOrder), 107.0, "j")
    return {"cart": gone.and_then(), "payment": paid.and_then(), "order": placed.and_then()}


def before(name: str, data: bytes, purchase: dict[str, Any]) -> bytes | None:
    """An event's JSON as its first version had it; None if it has told of no purchase."""
    fields = json.loads(data, parse_float=Decimal)
    if name == "PaymentRequested":
        fields |= {field: purchase[field] for field in ("branch", "session_id", "currency")}
        fields |= {"amount": purchase["total"], "expires_at": 400.0}
    elif "purchase" in fields:
        rest = fields.pop("purchase")
        assert (rest.pop("amounts"), rest.pop("removed")) == (None, 0)
        fields |= {SUMS.get(name, "total"): rest.pop("total"), **rest}
    else:
        return None
    return encode(fields)


def test_old_purchases_replay_to_the_same_events_and_states() -> None:
    seen = set()
    entities = sold()
    purchase = json.loads(encode(entities["order"].state.purchase), parse_float=Decimal)
    for kind, now in entities.items():
        codec, events = ENTITIES[kind].codec, []
        for event in now.history:
            name, version = codec.event_name(event)
            data = codec.encode_event(event)
            old = before(name, data, purchase)
            if old is not None:
                released = json.loads((GOLDEN / f"{name}.v1.json").read_bytes())
                assert json.loads(old).keys() == released["data"].keys()
                seen.add(name)
            events.append(codec.decode_event(name, version if old is None else 1, old or data))
        assert events == now.history
        assert codec.encode_state(
            fold(ENTITIES[kind].decider, key_of(now.state), events)
        ) == codec.encode_state(now.state)
    assert seen == {"PaymentRequested", "CheckoutPaid", "ChargeStarted", "OrderPlaced"}


def test_what_was_asked_for_before_is_asked_for_with_the_same_purchase() -> None:
    """A payment that was told to start before an upgrade, and had not heard, is told again after it."""
    shopper = sold()["cart"]
    codec = ENTITIES["cart"].codec
    [asked] = [event for event in shopper.history if type(event).__name__ == "PaymentRequested"]
    upto = shopper.history[: shopper.history.index(asked) + 1]
    state = fold(cart.DECIDER, "alice", upto)
    [start] = [tell.command for tell in cart.DECIDER.tells(state, asked) if tell.kind == "payment"]
    whole = msgspec.to_builtins(start.purchase, builtin_types=(Decimal,))
    old = codec.decode_event("PaymentRequested", 1, before("PaymentRequested", encode(asked), whole) or b"")
    [again] = [tell.command for tell in cart.DECIDER.tells(state, old) if tell.kind == "payment"]
    assert again == start
    assert again.purchase == sold()["order"].state.purchase
