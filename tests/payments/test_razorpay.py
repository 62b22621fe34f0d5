"""What only Razorpay has."""

from __future__ import annotations

import pytest

from core.payments.providers import (
    Created,
    Declined,
    Paid,
    Pending,
    ProviderRefused,
    Refunded,
    RefundPending,
    RefundRefused,
    Unheard,
    WebhookNotice,
)
from tests.payments.peers import Answer
from tests.payments.razorpay_peer import error, event, signature
from tests.payments.shops import PAYMENT, REFUND, Shop


def created(shop: Shop) -> str:
    made = shop.account.create(shop.charge())
    assert isinstance(made, Created), made
    return made.reference


def test_an_order_captures_by_itself_and_carries_our_id(at_razorpay: Shop) -> None:
    order = at_razorpay.peer.orders[created(at_razorpay)]
    assert (order["receipt"], order["notes"]) == (PAYMENT, {"payment_id": PAYMENT})
    (request,) = at_razorpay.peer.calls("POST", "/orders")
    assert b'"capture": "automatic"' in request.body


def test_what_is_only_authorised_is_captured(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    payment = at_razorpay.peer.attempt(reference, "authorized")
    said = at_razorpay.account.look_up(at_razorpay.charge(reference=reference))
    assert isinstance(said, Paid)
    assert (said.capture, payment["status"]) == (payment["id"], "captured")


def test_what_razorpay_captures_in_the_same_moment_is_paid_at_the_next_look(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    at_razorpay.peer.attempt(reference, "authorized")
    charge = at_razorpay.charge(reference=reference)
    at_razorpay.peer.payments["pay_000001"]["status"] = "captured"
    stale = {**at_razorpay.peer.payments["pay_000001"], "status": "authorized"}
    at_razorpay.peer.fail(Answer(200, at_razorpay.peer.orders[reference]), Answer(200, {"items": [stale]}))
    assert at_razorpay.account.look_up(charge) == Pending(reference, processing=True)
    assert isinstance(at_razorpay.account.look_up(charge), Paid)


def test_one_capture_is_one_capture_however_many_tries_there_were(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    at_razorpay.decline(reference)
    at_razorpay.peer.attempt(reference, "captured", at=1_700_000_100)
    at_razorpay.peer.attempt(reference, "created", at=1_700_000_050)
    charge = at_razorpay.charge(reference=reference)
    first = at_razorpay.account.look_up(charge)
    assert isinstance(first, Paid)
    assert first.capture == "pay_000002"
    at_razorpay.account.refund(at_razorpay.refund(charge, first, "420.75"))
    assert at_razorpay.account.look_up(charge) == first


def test_a_try_under_way_is_waited_for(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    at_razorpay.decline(reference)
    at_razorpay.peer.attempt(reference, "created", at=1_700_000_200)
    said = at_razorpay.account.look_up(at_razorpay.charge(reference=reference))
    assert said == Pending(reference, processing=True)


@pytest.mark.parametrize(
    ("error_reason", "error_step", "reason"),
    [
        ("payment_cancelled", "payment_authentication", "cancelled"),
        ("payment_timed_out", "payment_authorization", "expired"),
        ("incorrect_otp", "payment_authentication", "authentication_failed"),
        ("insufficient_funds", "payment_authorization", "card_declined"),
        (None, None, "card_declined"),
    ],
)
def test_why_a_payment_failed_has_a_stable_word(
    at_razorpay: Shop, error_reason: str | None, error_step: str | None, reason: str
) -> None:
    reference = created(at_razorpay)
    at_razorpay.peer.attempt(reference, "failed", error_reason=error_reason, error_step=error_step)
    said = at_razorpay.account.look_up(at_razorpay.charge(reference=reference))
    assert isinstance(said, Declined)
    assert (said.reason, said.detail) == (reason, "The payment was refused.")


def test_what_is_paid_after_all_is_said_to_be_paid(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    at_razorpay.decline(reference)
    charge = at_razorpay.charge(reference=reference)
    assert isinstance(at_razorpay.account.look_up(charge), Declined)
    at_razorpay.peer.attempt(reference, "captured")
    assert isinstance(at_razorpay.account.look_up(charge), Paid)


def test_of_two_orders_made_at_once_the_one_that_was_tried_is_meant(at_razorpay: Shop) -> None:
    first = created(at_razorpay)
    order = at_razorpay.peer.orders[first]
    at_razorpay.peer.orders["order_twin"] = {**order, "id": "order_twin"}
    at_razorpay.peer.attempt(first, "captured")
    said = at_razorpay.account.look_up(at_razorpay.charge())
    assert isinstance(said, Paid)
    assert said.reference == first


def test_a_request_that_razorpay_calls_wrong_is_ours_to_repair(at_razorpay: Shop) -> None:
    at_razorpay.peer.fail(error("The receipt field is invalid."))
    with pytest.raises(ProviderRefused):
        at_razorpay.account.look_up(at_razorpay.charge())


def test_a_refund_carries_its_own_idempotency_key(at_razorpay: Shop) -> None:
    charge, paid = at_razorpay.paid()
    at_razorpay.account.refund(at_razorpay.refund(charge, paid, "20.75"))
    (request,) = at_razorpay.peer.calls("POST", "/refund")
    assert request.headers["x-refund-idempotency"] == REFUND


def test_refunds_of_several_threads_never_share_their_data(at_razorpay: Shop) -> None:
    charge, paid = at_razorpay.paid()
    for number, amount in enumerate(("1.00", "2.00", "3.00")):
        at_razorpay.account.refund(at_razorpay.refund(charge, paid, amount, f"refund-number-{number}"))
    assert [each["amount"] for each in at_razorpay.peer.refunds.values()] == [100, 200, 300]


# --- webhooks -------------------------------------------------------------------------------------


def read(shop: Shop, body: bytes) -> WebhookNotice | None:
    return shop.account.read_webhook(body, signature(body))


def test_a_paid_order_names_our_payment(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    payment = at_razorpay.pay(reference)
    order = at_razorpay.peer.orders[reference]
    notice = read(at_razorpay, event("order.paid", payment=payment, order=order))
    assert notice is not None
    assert (notice.payment_id, notice.reference) == (PAYMENT, reference)
    assert isinstance(notice.said, Paid)


def test_an_authorised_payment_is_under_way(at_razorpay: Shop) -> None:
    reference = created(at_razorpay)
    payment = at_razorpay.peer.attempt(reference, "authorized")
    notice = read(at_razorpay, event("payment.authorized", payment=payment))
    assert notice is not None
    assert notice.said == Pending(reference, processing=True)


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("refund.created", "pending", RefundPending),
        ("refund.processed", "processed", Refunded),
        ("refund.failed", "failed", RefundRefused),
    ],
)
def test_a_notice_tells_how_a_refund_went_on(at_razorpay: Shop, kind: str, status: str, said: type) -> None:
    charge, paid = at_razorpay.paid()
    at_razorpay.account.refund(at_razorpay.refund(charge, paid, "20.75"))
    (refund,) = at_razorpay.peer.refunds.values()
    (payment,) = at_razorpay.peer.payments.values()
    notice = read(at_razorpay, event(kind, refund={**refund, "status": status}, payment=payment))
    assert notice is not None
    assert (notice.payment_id, notice.reference) == (PAYMENT, charge.reference)
    assert isinstance(notice.said, said)


def test_what_is_not_ours_or_not_about_payments_is_passed_over(at_razorpay: Shop) -> None:
    payment = at_razorpay.pay(created(at_razorpay))
    assert read(at_razorpay, event("settlement.processed", settlement={"id": "setl_1"})) is None
    assert read(at_razorpay, event("payment.captured", payment={**payment, "order_id": None})) is None
    assert read(at_razorpay, event("payment.captured", payment={})) is None


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"nonsense"])
def test_a_signed_body_that_cannot_be_read_is_said_to_be_so(at_razorpay: Shop, body: bytes) -> None:
    with pytest.raises(Unheard):
        read(at_razorpay, body)


def test_a_notice_without_its_id_cannot_be_remembered_and_is_refused(at_razorpay: Shop) -> None:
    body = event("payment.captured", payment=at_razorpay.pay(created(at_razorpay)))
    headers = signature(body)
    del headers["x-razorpay-event-id"]
    with pytest.raises(Unheard):
        at_razorpay.account.read_webhook(body, headers)
