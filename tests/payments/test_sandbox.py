"""The built-in provider keeps the port's promises, with books of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from core.payments.models import SandboxNotice
from core.payments.providers import (
    BadSignature,
    Charge,
    Created,
    Declined,
    NeedsAction,
    NotKnown,
    Paid,
    Pending,
    ProviderDown,
    Refunded,
    RefundOrder,
    RefundRefused,
    Unheard,
)
from core.payments.providers.sandbox import CARDS, SIGNATURE, Sandbox
from core.problems import Problem

pytestmark = pytest.mark.django_db
CARD = {card.outcome: {"card": card.number} for card in CARDS}


class Door:
    """Where webhooks are delivered; may be shut."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, Mapping[str, str]]] = []
        self.shut = False

    def __call__(self, name: str, body: bytes, headers: Mapping[str, str]) -> None:
        if self.shut:
            raise Problem(503, "unavailable", "Come again.")
        self.taken.append((body, headers))


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(door: Door, clock: Clock) -> Sandbox:
    return Sandbox(b"key", 305.0, door, clock)


def charge(amount: str = "420.75", currency: str = "INR") -> Charge:
    return Charge(str(uuid4()), Decimal(amount), currency)


def begun(sandbox: Sandbox, amount: str = "420.75", currency: str = "INR") -> Charge:
    owed = charge(amount, currency)
    assert isinstance(sandbox.create(owed), Created)
    return owed


def test_a_creation_asked_for_again_is_the_same_and_says_how_it_stands(sandbox: Sandbox) -> None:
    owed = charge()
    first = sandbox.create(owed)
    assert isinstance(first, Created)
    assert sandbox.create(owed) == first
    paid = sandbox.confirm(owed, CARD["paid"])
    assert isinstance(paid, Paid)
    assert sandbox.create(owed) == paid == sandbox.look_up(owed) == sandbox.confirm(owed, CARD["declined"])


@pytest.mark.parametrize(("amount", "currency"), [("3500", "JPY"), ("34.90", "INR"), ("34.905", "KWD")])
def test_amounts_keep_their_currencys_decimals(sandbox: Sandbox, amount: str, currency: str) -> None:
    owed = begun(sandbox, amount, currency)
    paid = sandbox.confirm(owed, CARD["paid"])
    assert isinstance(paid, Paid)
    assert (str(paid.amount), paid.currency) == (amount, currency)
    made = sandbox.refund(RefundOrder("f1", owed, paid.capture, Decimal(1), "torn"))
    assert isinstance(made, Refunded)
    assert made.amount == 1
    assert made.amount.as_tuple().exponent == Decimal(amount).as_tuple().exponent


def test_what_was_never_made_known_is_not_known(sandbox: Sandbox) -> None:
    assert sandbox.look_up(charge()) == NotKnown() == sandbox.confirm(charge(), CARD["paid"])
    assert isinstance(sandbox.refund(RefundOrder("f1", charge(), "c", Decimal(1), "torn")), RefundRefused)


@pytest.mark.parametrize(
    "words", [{}, {"card": "4242"}, {"card": "4242424242424241"}, {"card": "x" * 16}, {"approve": True}]
)
def test_words_without_a_card_make_no_sense(sandbox: Sandbox, words: dict[str, Any]) -> None:
    with pytest.raises(Unheard):
        sandbox.confirm(begun(sandbox), words)


def test_any_other_card_is_declined(sandbox: Sandbox) -> None:
    owed = begun(sandbox)
    said = sandbox.confirm(owed, {"card": "5555 5555 5555 4444"})
    assert isinstance(said, Declined)
    assert (said.reason, sandbox.confirm(owed, CARD["paid"])) == ("card_declined", said)


@pytest.mark.parametrize(("approve", "end"), [(True, Paid), (False, Declined)])
def test_a_card_that_asks_for_approval(sandbox: Sandbox, approve: bool, end: type) -> None:
    owed = begun(sandbox)
    assert isinstance(sandbox.confirm(owed, CARD["needs_action"]), NeedsAction)
    assert isinstance(sandbox.confirm(owed, CARD["paid"]), NeedsAction), "another card does not help"
    said = sandbox.confirm(owed, {"approve": approve})
    assert isinstance(said, end)
    assert sandbox.confirm(owed, {"approve": not approve}) == said


def test_an_answer_that_is_lost_was_a_payment_all_the_same(sandbox: Sandbox) -> None:
    owed = begun(sandbox)
    with pytest.raises(ProviderDown):
        sandbox.confirm(owed, CARD["times_out"])
    assert isinstance(sandbox.look_up(owed), Paid)


def test_a_late_payment_is_paid_when_its_time_has_come_and_says_so(
    sandbox: Sandbox, clock: Clock, door: Door
) -> None:
    owed = begun(sandbox)
    assert sandbox.confirm(owed, CARD["paid_late"]) == Pending(f"sb_{owed.payment_id}", processing=True)
    assert sandbox.deliver_due() == 305.0
    clock.now += timedelta(seconds=304)
    assert isinstance(sandbox.look_up(owed), Pending)
    clock.now += timedelta(seconds=1)
    assert isinstance(sandbox.look_up(owed), Paid)
    assert (sandbox.deliver_due(), len(door.taken)) == (None, 1)


def test_its_webhooks_are_its_own_and_come_as_often_as_the_card_says(sandbox: Sandbox, door: Door) -> None:
    owed = begun(sandbox)
    paid = sandbox.confirm(owed, CARD["webhook_twice"])
    door.shut = True
    assert (sandbox.deliver_due(), door.taken) == (1.0, [])
    door.shut = False
    assert sandbox.deliver_due() is None
    notices = [sandbox.read_webhook(body, headers) for body, headers in door.taken]
    assert [each.said for each in notices if each] == [paid, paid]
    assert len({each.event_id for each in notices if each}) == 1
    assert not SandboxNotice.objects.filter(delivered_at=None).exists()


def test_one_card_speaks_before_it_answers(sandbox: Sandbox, door: Door) -> None:
    owed = begun(sandbox)
    sandbox.confirm(owed, CARD["webhook_first"])
    assert len(door.taken) == 1


def test_a_webhook_that_was_tampered_with_is_refused(sandbox: Sandbox, door: Door) -> None:
    sandbox.confirm(begun(sandbox), CARD["webhook_first"])
    [(body, headers)] = door.taken
    other = json.dumps({**json.loads(body), "amount": 1}).encode()
    for forged in ((other, headers), (body, {SIGNATURE: "0" * 64}), (body, {SIGNATURE: "é"}), (body, {})):
        with pytest.raises(BadSignature):
            sandbox.read_webhook(*forged)
    with pytest.raises(Unheard):
        sandbox.read_webhook(b"[]", {SIGNATURE: sandbox.sign(b"[]")})


def test_a_refund_is_made_once_and_never_more_than_was_paid(sandbox: Sandbox) -> None:
    owed = begun(sandbox, "100.00")
    paid = sandbox.confirm(owed, CARD["paid"])
    assert isinstance(paid, Paid)

    def back(refund_id: str, amount: str) -> Any:
        return sandbox.refund(RefundOrder(refund_id, owed, paid.capture, Decimal(amount), "torn"))

    first = back("f1", "60.00")
    assert back("f1", "60.00") == first == Refunded("f1", Decimal("60.00"), "sbr_f1")
    assert isinstance(back("f2", "40.01"), RefundRefused)
    assert isinstance(back("f3", "40.00"), Refunded)
