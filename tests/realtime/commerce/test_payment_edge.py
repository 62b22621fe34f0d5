"""The edge in front of providers: room, silence, refusal, and what is written down."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from actors.messages.money import payment as words
from actors.runtime import Address
from core.payments import provider_calls as edges
from core.payments.ledger import client_of
from core.payments.models import Attempt
from core.payments.provider_calls import ProviderCalls
from core.payments.providers import (
    Charge,
    Created,
    ProviderDown,
    ProviderRefused,
    RefundOrder,
    RefundSaid,
    Said,
    Unheard,
    WebhookNotice,
    registry,
)

WITHIN_S = 90.0


class Moody:
    """A provider that does what it is told to."""

    name = "moody"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.trouble: Exception | None = None

    def _answer(self, charge: Charge) -> Said:
        assert self.gate.wait(WITHIN_S)
        if self.trouble is not None:
            raise self.trouble
        return Created(f"ref-{charge.payment_id}", {"client_secret": "for the shopper alone"})

    def create(self, charge: Charge) -> Said:
        return self._answer(charge)

    def confirm(self, charge: Charge, given: Mapping[str, Any]) -> Said:
        return self._answer(charge)

    def look_up(self, charge: Charge) -> Said:
        return self._answer(charge)

    def refund(self, order: RefundOrder) -> RefundSaid:
        self._answer(order.charge)
        raise AssertionError("only its troubles are asked for")

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        return None


_moody = Moody()


def make() -> Moody:
    """As every provider's module has it."""
    return _moody


@pytest.fixture
def provider(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    global _moody
    _moody = Moody()
    monkeypatch.setitem(registry.PROVIDERS, "moody", (__name__, "PAYMENT_SANDBOX"))
    registry.forget()
    yield _moody
    _moody.gate.set()
    registry.forget()


@pytest.fixture
def told() -> queue.Queue[Any]:
    return queue.Queue()


@pytest.fixture
def edge(provider: Moody, told: queue.Queue[Any]) -> Iterator[ProviderCalls]:
    def tell(address: Address, word: Any, command_id: str | None, principal: str) -> None:
        told.put((address.key, word, principal))

    found = ProviderCalls(tell, 1)
    yield found
    provider.gate.set()
    found.stop()


def charge() -> words.ToCharge:
    return words.ToCharge(str(uuid4()), Decimal("12.50"), "INR")


def test_what_the_provider_says_is_told_without_the_shoppers_secret(
    edge: ProviderCalls, told: queue.Queue[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    owed = charge()
    edge.handle("moody", words.Charge(owed))
    opened = words.Opened(f"ref-{owed.payment_id}", "shopper")
    assert told.get(timeout=WITHIN_S) == (owed.payment_id, opened, "provider:moody")
    assert client_of(owed.payment_id) == {"client_secret": "for the shopper alone"}
    [attempt] = Attempt.objects.filter(payment_id=owed.payment_id)
    assert (attempt.asked, attempt.outcome, attempt.reference) == ("create", "Created", opened.reference)
    assert "alone" not in caplog.text


@pytest.mark.parametrize(
    ("trouble", "call", "word", "outcome"),
    [
        (ProviderDown("no answer"), words.Charge, words.Silent("create"), "ProviderDown"),
        (ProviderDown("no answer"), words.LookUp, words.Silent("look_up"), "ProviderDown"),
        (ProviderRefused("the key is wrong"), words.LookUp, words.Silent("look_up"), "ProviderRefused"),
        (RuntimeError("a defect"), words.LookUp, words.Silent("look_up"), None),
    ],
)
def test_trouble_is_silence_and_is_written_down(
    edge: ProviderCalls,
    provider: Moody,
    told: queue.Queue[Any],
    trouble: Exception,
    call: Any,
    word: Any,
    outcome: str | None,
) -> None:
    provider.trouble = trouble
    owed = charge()
    edge.handle("moody", call(owed))
    assert told.get(timeout=WITHIN_S)[1] == word
    found = Attempt.objects.filter(payment_id=owed.payment_id).values_list("outcome", flat=True)
    assert list(found) == ([] if outcome is None else [outcome])


def test_a_payment_that_may_not_be_made_is_refused_to_the_shopper(
    edge: ProviderCalls, provider: Moody, told: queue.Queue[Any]
) -> None:
    provider.trouble = ProviderRefused("the key is wrong")
    edge.handle("moody", words.Charge(charge()))
    assert told.get(timeout=WITHIN_S)[1].reason == "refused"
    edge.handle("nobody", words.Charge(charge()))
    assert told.get(timeout=WITHIN_S)[1].reason == "refused"


def test_an_account_that_was_taken_away_makes_no_payment_undone(
    edge: ProviderCalls, told: queue.Queue[Any]
) -> None:
    edge.handle("nobody", words.LookUp(charge()))
    assert told.get(timeout=WITHIN_S)[1] == words.Silent("look_up")


def test_a_refund_in_trouble_is_named(edge: ProviderCalls, provider: Moody, told: queue.Queue[Any]) -> None:
    provider.trouble = ProviderDown("no answer")
    edge.handle(
        "moody",
        words.GiveBack(charge=charge(), refund_id="f1", capture="capture", amount=Decimal(1), reason="torn"),
    )
    assert told.get(timeout=WITHIN_S)[1] == words.Silent("refund", "f1")


def test_words_that_make_no_sense_answer_whoever_said_them(
    edge: ProviderCalls, provider: Moody, told: queue.Queue[Any]
) -> None:
    provider.trouble = Unheard("Not a card.")
    edge.handle("moody", words.Confirm(charge(), "command-1", "4242"))
    assert told.get(timeout=WITHIN_S)[1] == words.Unheard("command-1", "Not a card.")


def test_only_so_many_calls_wait_and_the_rest_is_silence_at_once(
    edge: ProviderCalls, provider: Moody, told: queue.Queue[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "WAITING_PER_WORKER", 2)
    provider.gate.clear()
    calls = [charge() for _ in range(3)]
    for each in calls:
        edge.handle("moody", words.LookUp(each))
    assert told.get(timeout=WITHIN_S)[:2] == (calls[2].payment_id, words.Silent("look_up"))
    assert told.empty()
    assert not edge.idle
    edge.handle("nobody", words.Charge(charge()))
    assert isinstance(told.get(timeout=WITHIN_S)[1], words.NotTaken), "one that is slow holds nobody else up"
    provider.gate.set()
    heard = {told.get(timeout=WITHIN_S)[0] for _ in range(2)}
    assert heard == {each.payment_id for each in calls[:2]}


def test_a_stopped_edge_takes_no_more(edge: ProviderCalls, told: queue.Queue[Any]) -> None:
    edge.stop()
    edge.handle("moody", words.LookUp(charge()))
    assert told.empty()
