"""What the port promises, kept by all SDKs against a peer that speaks their API."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from msgspec.structs import replace

from core.payments.providers import (
    BadSignature,
    Created,
    Declined,
    NotKnown,
    Paid,
    Pending,
    ProviderDown,
    ProviderRefused,
    Refunded,
    RefundPending,
    RefundRefused,
    Unheard,
    WebhookNotice,
)
from tests.payments.peers import DROP, HANG, LOSE, Answer
from tests.payments.shops import ACCOUNTS, PAYMENT, REFUND, Shop

AT_ONCE = {"Stripe-Should-Retry": "false"}
DOWN = [
    Answer(
        500, {"error": {"message": "It is us.", "code": "SERVER_ERROR"}}, {"Stripe-Should-Retry": "false"}
    ),
    Answer(502, b"<html>Bad gateway</html>", {"Stripe-Should-Retry": "false"}),
    Answer(429, {"error": {"message": "Too many requests", "code": "BAD_REQUEST_ERROR"}}),
    Answer(200, b"<html>Maintenance</html>"),
    Answer(200, {}),
]


# --- payments ---------------------------------------------------------------------------


def test_a_payment_is_made_known_and_paid(shop: Shop) -> None:
    made = shop.account.create(shop.charge())
    assert isinstance(made, Created)
    charge = shop.charge(reference=made.reference)
    assert shop.account.look_up(charge) == Pending(made.reference)
    shop.pay(made.reference)
    said = shop.account.look_up(charge)
    assert isinstance(said, Paid)
    assert (said.reference, said.amount, said.currency) == (made.reference, Decimal("420.75"), "INR")
    assert str(said.amount) == "420.75"
    assert said.at == 1_700_000_100
    assert shop.account.confirm(charge, {}) == said


def test_the_page_is_given_what_it_needs_and_no_secret_of_the_account(shop: Shop) -> None:
    made = shop.account.create(shop.charge())
    assert isinstance(made, Created)
    assert {
        "stripe": {"publishable_key", "client_secret"},
        "razorpay": {"key_id", "order_id"},
        "paypal": {"approve_url"},
    }[shop.account.name] == made.client.keys()
    assert not [secret for secret in shop.secrets[:2] if secret in str(made.client)]


def test_a_creation_that_is_asked_for_again_is_the_same_payment(shop: Shop) -> None:
    first = shop.account.create(shop.charge())
    assert shop.account.create(shop.charge()) == first
    assert shop.account.create(shop.charge(reference=first.reference)) == first  # type: ignore[union-attr]


def test_a_creation_whose_answer_was_lost_is_the_same_payment(shop: Shop) -> None:
    skip = int(shop.account.name == "razorpay")  # Razorpay is asked for the order first.
    shop.peer.fail(*[Answer(200, {"items": []})] * skip, LOSE, DROP)
    with pytest.raises(ProviderDown):
        shop.account.create(shop.charge())
    shop.peer._faults.clear()
    made = shop.account.create(shop.charge())
    assert isinstance(made, Created)
    assert len(shop.peer.intents if shop.account.name == "stripe" else shop.peer.orders) == 1


def test_one_that_was_paid_meanwhile_is_said_to_be_paid_when_it_is_created_again(shop: Shop) -> None:
    charge, paid = shop.paid()
    assert shop.account.create(charge) == paid


def test_a_payment_is_found_by_our_own_id(shop: Shop) -> None:
    _, paid = shop.paid()
    # PayPal finds nothing by an id of ours; whose reference was lost, nobody can have paid.
    assert shop.account.look_up(shop.charge()) == (NotKnown() if shop.account.name == "paypal" else paid)


def test_an_unknown_payment_is_not_known(shop: Shop) -> None:
    assert shop.account.look_up(shop.charge()) == NotKnown()
    unknown = {"stripe": "pi_999999", "razorpay": "order_999999", "paypal": "ORDER999999"}[shop.account.name]
    assert shop.account.look_up(shop.charge(reference=unknown)) == NotKnown()


def test_a_refused_card_declines_the_payment_when_somebody_asks(shop: Shop) -> None:
    made = shop.account.create(shop.charge())
    charge = shop.charge(reference=made.reference)  # type: ignore[union-attr]
    shop.decline(charge.reference)
    said = shop.account.confirm(charge, {})
    assert isinstance(said, Declined)
    assert (said.reason, said.reference) == ("card_declined", charge.reference)
    assert said.detail in ("Your card was declined.", "The bank has refused it.")


def test_a_refused_card_declines_nothing_by_itself_while_another_may_be_tried(shop: Shop) -> None:
    made = shop.account.create(shop.charge())
    charge = shop.charge(reference=made.reference)  # type: ignore[union-attr]
    shop.decline(charge.reference, time.time())
    assert shop.account.look_up(charge) == Pending(charge.reference)
    shop.decline(charge.reference, time.time() - 600)
    if shop.account.name == "stripe":
        assert isinstance(shop.account.look_up(charge), Declined)
    else:
        assert shop.account.look_up(charge) == Pending(charge.reference), "the last try counts"
    assert isinstance(shop.account.confirm(charge, {}), Declined)


def test_words_for_the_sandbox_are_not_understood(shop: Shop) -> None:
    with pytest.raises(Unheard):
        shop.account.confirm(shop.charge(), {"card": "4242424242424242"})
    assert shop.peer.requests == []


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("420.75", "INR", 42075), ("1.70", "USD", 170), ("500", "JPY", 500), ("29.990", "KWD", 29990),
        ("1.100", "BHD", 1100), ("4207.50", "INR", 420750), ("9999999.99", "EUR", 999999999),
    ],
)  # fmt: skip
def test_amounts_of_every_currency_go_and_come_to_the_last_unit(
    shop: Shop, amount: str, currency: str, units: int
) -> None:
    if shop.account.name == "paypal" and currency in ("KWD", "BHD"):
        assert isinstance(shop.account.create(shop.charge(amount, currency)), Declined), "PayPal has none"
        return
    _, paid = shop.paid(amount, currency)
    assert str(paid.amount) == amount
    known = shop.peer.intents if shop.account.name == "stripe" else shop.peer.orders
    assert [each["amount"] for each in known.values()] == [units]


@pytest.mark.parametrize(("amount", "currency"), [("1.234", "KWD"), ("0.05", "INR"), ("0.00", "USD")])
def test_an_amount_that_cannot_be_taken_exactly_is_declined_and_never_rounded(
    shop: Shop, amount: str, currency: str
) -> None:
    said = shop.account.create(shop.charge(amount, currency))
    if shop.account.name == "paypal" and amount == "0.05":
        assert isinstance(said, Created), "PayPal takes less than the others"
        return
    assert isinstance(said, Declined)
    assert said.reason == "refused"
    assert f"{amount} {currency}" in said.detail


# --- refunds -------------------------------------------------------------------------------


def test_a_refund_is_given_once_however_often_it_is_asked_for(shop: Shop) -> None:
    charge, paid = shop.paid()
    order = shop.refund(charge, paid, "20.75")
    said = shop.account.refund(order)
    assert isinstance(said, Refunded)
    assert (said.refund_id, said.amount) == (REFUND, Decimal("20.75"))
    assert shop.account.refund(order) == said
    rest = shop.refund(charge, paid, "400.00", "another-refund-of-ours")
    assert isinstance(shop.account.refund(rest), Refunded)
    assert [each["amount"] for each in shop.peer.refunds.values()] == [2075, 40000]


def test_more_than_is_left_is_refused_with_a_sentence(shop: Shop) -> None:
    charge, paid = shop.paid()
    said = shop.account.refund(shop.refund(charge, paid, "420.76"))
    assert isinstance(said, RefundRefused)
    assert "greater" in said.detail
    rest = shop.refund(charge, paid, "420.75", "another-refund-of-ours")
    assert isinstance(shop.account.refund(rest), Refunded)


def test_a_refund_whose_answer_was_lost_is_found_again(shop: Shop) -> None:
    charge, paid = shop.paid()
    order = shop.refund(charge, paid, "420.75")
    listed = {"object": "list", "items": [], "data": [], "has_more": False, "url": "/v1/refunds"}
    shop.peer.fail(Answer(200, listed), LOSE, DROP)
    with pytest.raises(ProviderDown):
        shop.account.refund(order)
    shop.peer._faults.clear()
    assert isinstance(shop.account.refund(order), Refunded)
    assert len(shop.peer.refunds) == 1


@pytest.mark.parametrize(("status", "kind"), [("pending", RefundPending), ("failed", RefundRefused)])
def test_a_refund_that_is_not_certain_says_so(shop: Shop, status: str, kind: type) -> None:
    charge, paid = shop.paid()
    shop.peer.refund_status = status
    order = shop.refund(charge, paid, "1.00")
    assert isinstance(shop.account.refund(order), kind)
    assert isinstance(shop.account.refund(order), kind)


# --- trouble -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", DOWN, ids=["500", "502", "429", "no JSON", "no order"])
def test_an_answer_that_says_nothing_leaves_everything_open(shop: Shop, fault: Answer) -> None:
    charge, paid = shop.paid()
    for ask in (shop.account.look_up, shop.account.create):
        shop.peer.fail(fault)
        with pytest.raises(ProviderDown):
            ask(charge)
    shop.peer.fail(fault)
    with pytest.raises(ProviderDown):
        shop.account.refund(shop.refund(charge, paid, "1.00"))
    assert shop.account.look_up(charge) == paid


def test_no_answer_in_time_leaves_everything_open(shop: Shop) -> None:
    make = ACCOUNTS[shop.account.name]
    hasty = make(shop.peer, timeout_s=0.2)
    shop.peer.fail(HANG)
    with pytest.raises(ProviderDown):
        hasty.look_up(shop.charge(reference="any"))


def test_nobody_listening_leaves_everything_open(shop: Shop) -> None:
    make = ACCOUNTS[shop.account.name]
    nobody = type(shop.peer)()
    nobody.url = "http://127.0.0.1:9"
    with pytest.raises(ProviderDown):
        make(nobody, timeout_s=5).create(shop.charge())


def test_a_wrong_key_is_ours_to_repair_and_is_not_repeated_in_the_error(shop: Shop) -> None:
    make = ACCOUNTS[shop.account.name]
    wrong = make(shop.peer, "a wrong and secret key")
    with pytest.raises(ProviderRefused) as caught:
        wrong.create(shop.charge())
    assert "wrong and secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_threads_do_not_get_in_each_others_way(shop: Shop) -> None:
    charges = [replace(shop.charge(), payment_id=f"{PAYMENT[:-2]}{number:02}") for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(shop.account.create, charges))
    assert len({each.reference for each in made}) == 12  # type: ignore[union-attr]


def test_nothing_secret_is_logged_or_printed(
    shop: Shop, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("stripe").setLevel(logging.WARNING)  # as core/config/logs.py has it
    with caplog.at_level(logging.DEBUG):
        charge, paid = shop.paid()
        shop.peer.fail(Answer(500, {"error": {}}, {"Stripe-Should-Retry": "false"}))
        with pytest.raises(ProviderDown):
            shop.account.refund(shop.refund(charge, paid, "1.00"))
    out, err = capfd.readouterr()
    assert not [secret for secret in shop.secrets if secret in caplog.text + out + err]
    assert out == ""


# --- webhooks -----------------------------------------------------------------------------------


def test_a_signed_notice_tells_what_was_paid(shop: Shop) -> None:
    charge = shop.charge(reference=shop.account.create(shop.charge()).reference)  # type: ignore[union-attr]
    body, headers = shop.webhook(shop.pay(charge.reference))
    notice = shop.account.read_webhook(body, headers)
    looked_up = shop.account.look_up(charge)
    assert isinstance(notice, WebhookNotice)
    assert isinstance(notice.said, Paid)
    assert isinstance(looked_up, Paid)
    assert replace(notice.said, at=looked_up.at) == looked_up
    assert notice.event_id.startswith(("evt_", "WH-"))
    assert notice.reference == charge.reference
    assert notice.payment_id in ("", PAYMENT)
    assert shop.account.read_webhook(body, headers) == notice


def test_a_failed_try_declines_nothing_while_the_shopper_may_try_again(shop: Shop) -> None:
    charge = shop.charge(reference=shop.account.create(shop.charge()).reference)  # type: ignore[union-attr]
    body, headers = shop.unpaid_webhook(shop.decline(charge.reference))
    notice = shop.account.read_webhook(body, headers)
    assert isinstance(notice, WebhookNotice)
    # At PayPal what comes first is that the payer has approved, and it is captured when it is looked up.
    assert notice.said == Pending(charge.reference, processing=shop.account.name == "paypal")
    late, later_headers = shop.webhook(shop.pay(charge.reference))
    assert isinstance(shop.account.read_webhook(late, later_headers), WebhookNotice)
    assert isinstance(shop.account.read_webhook(body, headers), WebhookNotice), "out of order"


@pytest.mark.parametrize("change", ["forged", "body", "none", "empty", "garbage", "not ASCII", "not text"])
def test_a_notice_without_a_good_signature_is_refused(shop: Shop, change: str) -> None:
    made = shop.account.create(shop.charge())
    body, headers = shop.webhook(shop.pay(made.reference))  # type: ignore[union-attr]
    name = next(name for name in headers if name.endswith(("signature", "-sig")))
    match change:
        case "forged":
            headers = {**headers, **shop.forged(body)}
        case "body":
            body = body.replace(b"42075", b"1").replace(b"420.75", b"1.00")
        case "none":
            headers.pop(name)
        case "empty":
            headers[name] = ""
        case "garbage":
            headers[name] = "t=x,v1=é"
        case "not ASCII":
            headers[name] = "é"
        case _:
            body = b"\xff\xfe" + body
    with pytest.raises(BadSignature) as caught:
        shop.account.read_webhook(body, headers)
    assert not [secret for secret in shop.secrets[:2] if secret in str(caught.value)]


def test_a_body_that_was_written_differently_does_not_fit_its_signature(shop: Shop) -> None:
    made = shop.account.create(shop.charge())
    body, headers = shop.webhook(shop.pay(made.reference))  # type: ignore[union-attr]
    with pytest.raises(BadSignature):
        shop.account.read_webhook(body.replace(b"\n", b""), headers)
