"""What only Stripe has."""

from __future__ import annotations

import time

import pytest

from core.payments.providers import (
    BadSignature,
    Created,
    Declined,
    NeedsAction,
    NotKnown,
    Paid,
    Pending,
    ProviderDown,
    ProviderRefused,
    Refunded,
    RefundRefused,
    Unheard,
    WebhookNotice,
)
from core.payments.providers.stripe import TOLERANCE_S
from tests.payments.peers import DROP, LOSE, Answer
from tests.payments.shops import PAYMENT, REFUND, Shop
from tests.payments.stripe_peer import error, event, signature


def created(shop: Shop, amount: str = "420.75", currency: str = "INR") -> str:
    made = shop.account.create(shop.charge(amount, currency))
    assert isinstance(made, Created), made
    return made.reference


@pytest.mark.parametrize(
    ("amount", "currency", "units"), [("500", "ISK", 50000), ("500", "UGX", 50000), ("500.00", "MGA", 500)]
)
def test_currencies_that_stripe_counts_its_own_way(
    at_stripe: Shop, amount: str, currency: str, units: int
) -> None:
    _, paid = at_stripe.paid(amount, currency)
    assert str(paid.amount) == amount
    assert [each["amount"] for each in at_stripe.peer.intents.values()] == [units]


def test_half_an_ariary_cannot_be_paid(at_stripe: Shop) -> None:
    said = at_stripe.account.create(at_stripe.charge("500.50", "MGA"))
    assert isinstance(said, Declined)
    assert at_stripe.peer.requests == []


def test_the_payments_id_is_the_idempotency_key(at_stripe: Shop) -> None:
    created(at_stripe)
    (request,) = at_stripe.peer.calls("POST", "/payment_intents")
    assert request.headers["idempotency-key"] == PAYMENT


def test_a_broken_connection_is_tried_once_more_with_the_same_key(at_stripe: Shop) -> None:
    at_stripe.peer.fail(LOSE)
    created(at_stripe)
    first, second = at_stripe.peer.calls("POST", "/payment_intents")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert len(at_stripe.peer.intents) == 1


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        ("processing", {}, Pending("pi_000001", processing=True)),
        ("requires_capture", {}, Pending("pi_000001", processing=True)),
        ("requires_confirmation", {}, Pending("pi_000001")),
        ("canceled", {}, Declined("cancelled", "The payment was cancelled.", "pi_000001")),
        (
            "canceled",
            {"cancellation_reason": "abandoned"},
            Declined("expired", "It was not paid in time.", "pi_000001"),
        ),
    ],
)
def test_every_status_of_an_intent_has_its_word(
    at_stripe: Shop, status: str, more: dict[str, str], said: object
) -> None:
    reference = created(at_stripe)
    at_stripe.peer.intents[reference] |= {"status": status, **more}
    charge = at_stripe.charge(reference=reference)
    assert at_stripe.account.look_up(charge) == said
    assert at_stripe.account.create(charge) == said


def test_the_bank_may_want_a_proof_first(at_stripe: Shop) -> None:
    reference = created(at_stripe)
    at_stripe.peer.intents[reference]["status"] = "requires_action"
    said = at_stripe.account.look_up(at_stripe.charge(reference=reference))
    assert isinstance(said, NeedsAction)
    assert said.client["client_secret"] == "pi_000001_secret_peer"


def test_a_declined_intent_is_ended_so_that_no_other_card_pays_it(at_stripe: Shop) -> None:
    reference = created(at_stripe)
    at_stripe.peer.decline(reference, "payment_intent_authentication_failure")
    charge = at_stripe.charge(reference=reference)
    said = at_stripe.account.look_up(charge)
    assert said == Declined("authentication_failed", "Your card was declined.", reference)
    assert at_stripe.peer.intents[reference]["status"] == "canceled"
    assert at_stripe.account.look_up(charge) == said


def test_a_card_that_pays_while_the_intent_is_being_ended_has_paid(at_stripe: Shop) -> None:
    reference = created(at_stripe)
    declined = dict(at_stripe.peer.decline(reference))
    at_stripe.peer.pay(reference)
    at_stripe.peer.fail(Answer(200, declined))
    assert isinstance(at_stripe.account.look_up(at_stripe.charge(reference=reference)), Paid)
    assert at_stripe.peer.calls("POST", "/cancel")


def test_where_there_is_no_search_an_intent_whose_answer_was_lost_is_as_good_as_none(
    at_stripe: Shop,
) -> None:
    created(at_stripe)
    at_stripe.peer.fail(error(400, "invalid_request_error", "Search is not available in your country."))
    assert at_stripe.account.look_up(at_stripe.charge()) == NotKnown()


def test_a_key_that_may_not_do_it_is_ours_to_repair(at_stripe: Shop) -> None:
    at_stripe.peer.fail(error(403, "invalid_request_error", "The key does not have the permissions."))
    with pytest.raises(ProviderRefused, match="STRIPE_SECRET_KEY"):
        at_stripe.account.look_up(at_stripe.charge(reference="pi_1"))
    at_stripe.peer.fail(
        error(400, "invalid_request_error", "Received unknown parameter", "parameter_unknown")
    )
    with pytest.raises(ProviderRefused, match="parameter_unknown"):
        at_stripe.account.create(at_stripe.charge())


def test_a_fully_refunded_charge_is_refused_with_stripes_sentence(at_stripe: Shop) -> None:
    charge, paid = at_stripe.paid()
    assert isinstance(at_stripe.account.refund(at_stripe.refund(charge, paid, "420.75")), Refunded)
    said = at_stripe.account.refund(at_stripe.refund(charge, paid, "1.00", "another-refund"))
    assert isinstance(said, RefundRefused)
    assert "already been refunded" in said.detail


# --- webhooks -------------------------------------------------------------------------------


def test_an_old_notice_is_refused_though_its_signature_is_good(at_stripe: Shop) -> None:
    body = event("payment_intent.succeeded", at_stripe.peer.pay(created(at_stripe)))
    with pytest.raises(BadSignature):
        at_stripe.account.read_webhook(body, signature(body, time.time() - TOLERANCE_S - 60))
    assert at_stripe.account.read_webhook(body, signature(body, time.time() - TOLERANCE_S + 60)) is not None


def test_a_timestamp_of_another_time_does_not_fit_its_signature(at_stripe: Shop) -> None:
    body = event("payment_intent.succeeded", at_stripe.peer.pay(created(at_stripe)))
    old = signature(body, time.time() - 3600)["stripe-signature"]
    renewed = old.replace(old.split(",")[0], f"t={int(time.time())}")
    with pytest.raises(BadSignature):
        at_stripe.account.read_webhook(body, {"stripe-signature": renewed})


def read(shop: Shop, body: bytes) -> WebhookNotice | None:
    return shop.account.read_webhook(body, signature(body))


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [("refund.updated", "succeeded", Refunded), ("refund.failed", "failed", RefundRefused)],
)
def test_a_notice_tells_how_a_refund_went_on(at_stripe: Shop, kind: str, status: str, said: type) -> None:
    charge, paid = at_stripe.paid()
    at_stripe.account.refund(at_stripe.refund(charge, paid, "20.75"))
    (refund,) = at_stripe.peer.refunds.values()
    notice = read(at_stripe, event(kind, {**refund, "status": status}))
    assert notice is not None
    assert (notice.payment_id, notice.reference) == (PAYMENT, charge.reference)
    assert isinstance(notice.said, said)
    assert notice.said.refund_id == REFUND  # type: ignore[union-attr]


def test_what_is_not_ours_or_not_about_payments_is_passed_over(at_stripe: Shop) -> None:
    intent = at_stripe.peer.pay(created(at_stripe))
    assert read(at_stripe, event("payment_intent.created", intent)) is None
    assert read(at_stripe, event("customer.updated", {"id": "cus_1", "metadata": {}})) is None
    assert read(at_stripe, event("payment_intent.succeeded", {**intent, "metadata": {}})) is None
    alone = {"id": "re_1", "amount": 100, "currency": "inr", "status": "succeeded", "metadata": {}}
    assert read(at_stripe, event("refund.updated", alone)) is None, "of a charge without an intent"


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b"nonsense", event("payment_intent.succeeded", {"metadata": 3})]
)  # type: ignore[dict-item]
def test_a_signed_body_that_cannot_be_read_is_said_to_be_so(at_stripe: Shop, body: bytes) -> None:
    with pytest.raises(Unheard):
        read(at_stripe, body)


def test_a_provider_that_keeps_breaking_off_is_given_up(at_stripe: Shop) -> None:
    at_stripe.peer.fail(DROP, DROP)
    with pytest.raises(ProviderDown):
        at_stripe.account.look_up(at_stripe.charge(reference="pi_000001"))
    assert len(at_stripe.peer.requests) == 2
