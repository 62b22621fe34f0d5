"""What only PayPal has."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from core.payments.providers import (
    BadSignature,
    Created,
    Declined,
    Disputed,
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
from core.payments.providers.units import not_payable
from tests.payments import paypal_peer
from tests.payments.paypal_peer import CERTIFICATE, certificate, problem
from tests.payments.peers import DROP, Answer
from tests.payments.shops import PAYMENT, REFUND, Shop


def created(shop: Shop) -> str:
    made = shop.account.create(shop.charge())
    assert isinstance(made, Created), made
    return made.reference


def read(shop: Shop, body: bytes) -> WebhookNotice | None:
    return shop.account.read_webhook(body, shop.signed(body))


# --- payments -------------------------------------------------------------------------------


def test_the_payer_is_led_to_paypal_and_back_to_the_page_of_the_payment(at_paypal: Shop) -> None:
    made = at_paypal.account.create(at_paypal.charge())
    assert isinstance(made, Created)
    assert made.client == {"approve_url": f"https://www.paypal.com/checkoutnow?token={made.reference}"}
    context = at_paypal.peer.orders[made.reference]["context"]
    page = f"https://shop.example/pay/paypal/{PAYMENT}"
    assert (context["return_url"], context["cancel_url"]) == (f"{page}?approved=yes", page)


@pytest.mark.parametrize("ask", ["confirm", "look_up", "create"])
def test_what_the_payer_has_approved_is_captured_once(at_paypal: Shop, ask: str) -> None:
    reference = created(at_paypal)
    charge = at_paypal.charge(reference=reference)
    assert at_paypal.account.confirm(charge, {}) == Pending(reference), "nobody has approved it"
    at_paypal.peer.approve(reference)
    calls = {
        "confirm": lambda: at_paypal.account.confirm(charge, {}),
        "look_up": lambda: at_paypal.account.look_up(charge),
        "create": lambda: at_paypal.account.create(charge),
    }
    said = calls[ask]()
    assert isinstance(said, Paid)
    assert (said.reference, said.amount) == (reference, Decimal("420.75"))
    assert calls[ask]() == said
    assert len(at_paypal.peer.calls("POST", "/capture")) == 1


def test_a_capture_whose_answer_was_lost_is_found_again(at_paypal: Shop) -> None:
    reference = created(at_paypal)
    at_paypal.peer.approve(reference)
    stale = at_paypal.peer._order(reference)
    at_paypal.peer.pay(reference)
    at_paypal.peer.fail(Answer(200, stale))
    assert isinstance(at_paypal.account.look_up(at_paypal.charge(reference=reference)), Paid)


@pytest.mark.parametrize(
    ("issue", "asks_again"), [("INSTRUMENT_DECLINED", True), ("PAYER_CANNOT_PAY", False)]
)
def test_a_refused_card_leaves_the_order_for_another_one_until_the_payer_is_back(
    at_paypal: Shop, issue: str, asks_again: bool
) -> None:
    reference = created(at_paypal)
    charge = at_paypal.charge(reference=reference)
    at_paypal.peer.decline(reference, issue)
    said = at_paypal.account.look_up(charge)
    assert said == Pending(reference) if asks_again else isinstance(said, Declined)
    assert isinstance(at_paypal.account.confirm(charge, {}), Declined)
    at_paypal.peer.approve(reference)
    assert isinstance(at_paypal.account.look_up(charge), Paid), "what is paid after all is said to be paid"


@pytest.mark.parametrize(
    ("status", "kind"), [("PENDING", Pending), ("DECLINED", Declined), ("REFUNDED", Paid)]
)
def test_a_capture_says_how_it_stands(at_paypal: Shop, status: str, kind: type) -> None:
    reference = created(at_paypal)
    at_paypal.peer.pay(reference, status)
    said = at_paypal.account.look_up(at_paypal.charge(reference=reference))
    assert isinstance(said, kind)
    assert not isinstance(said, Pending) or said.processing


def test_an_order_that_was_voided_is_cancelled(at_paypal: Shop) -> None:
    reference = created(at_paypal)
    at_paypal.peer.orders[reference]["status"] = "VOIDED"
    said = at_paypal.account.look_up(at_paypal.charge(reference=reference))
    assert isinstance(said, Declined)
    assert said.reason == "cancelled"


def test_a_request_that_paypal_calls_wrong_is_ours_to_repair_and_its_text_is_not_repeated(
    at_paypal: Shop,
) -> None:
    at_paypal.peer.fail(problem("PAYEE_ACCOUNT_RESTRICTED"))
    with pytest.raises(ProviderRefused) as caught:
        at_paypal.account.create(at_paypal.charge())
    assert str(caught.value) == "HTTP 422, PAYEE_ACCOUNT_RESTRICTED"


def test_amounts_have_the_decimals_that_paypal_wants(at_paypal: Shop) -> None:
    charge, paid = at_paypal.paid("4500.00", "HUF")
    assert str(paid.amount) == "4500.00"
    said = at_paypal.account.refund(at_paypal.refund(charge, paid, "10.50"))
    assert isinstance(said, RefundRefused)
    assert not_payable("paypal", Decimal("10.50"), "HUF") == said.detail
    assert not_payable("paypal", Decimal("1.000"), "KWD") is not None
    assert not_payable("paypal", Decimal("10.50"), "EUR") is None


# --- tokens ---------------------------------------------------------------------------------


def test_a_token_that_has_ended_is_asked_for_anew(at_paypal: Shop) -> None:
    reference = created(at_paypal)
    at_paypal.peer.tokens.clear()
    charge = at_paypal.charge(reference=reference)
    assert at_paypal.account.look_up(charge) == Pending(reference)
    at_paypal.peer.fail(Answer(401, {}), Answer(401, {}))
    with pytest.raises(ProviderRefused):
        at_paypal.account.look_up(charge)


# --- refunds --------------------------------------------------------------------------------


def test_a_refund_carries_its_own_key_and_says_nothing_to_the_payer(at_paypal: Shop) -> None:
    charge, paid = at_paypal.paid()
    at_paypal.account.refund(at_paypal.refund(charge, paid, "20.75"))
    (request,) = at_paypal.peer.calls("POST", "/refund")
    assert request.headers["paypal-request-id"] == REFUND
    assert b"broken" not in request.body


def test_a_capture_that_paypal_does_not_know_is_not_taken_for_a_refused_refund(at_paypal: Shop) -> None:
    charge, paid = at_paypal.paid()
    order = at_paypal.refund(charge, paid, "1.00")
    assert isinstance(at_paypal.account.refund(order), Refunded)
    another = at_paypal.refund(charge, paid, "1.00", "another-refund-of-ours")
    at_paypal.peer.fail(problem("NOT_FOUND", 404), problem("NOT_FOUND", 404))
    with pytest.raises(ProviderRefused):
        at_paypal.account.refund(another)


# --- webhooks -------------------------------------------------------------------------------


def test_the_certificate_is_fetched_once(at_paypal: Shop) -> None:
    body, headers = at_paypal.webhook(at_paypal.pay(created(at_paypal)))
    for _ in range(3):
        at_paypal.account.read_webhook(body, headers)
    assert at_paypal.peer.fetched == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "https://[", "https://evil.example/v1/notifications/certs/CERT-1",
        "{base}/v1/other", "{base}/v1/notifications/certs/../../x", "{base}/v1/notifications/certs/CERT-",
        "{base}.evil.example/v1/notifications/certs/CERT-1", "http://api.paypal.com/v1/notifications/certs/CERT-1",
    ],
)  # fmt: skip
def test_a_certificate_from_elsewhere_is_not_asked_for(at_paypal: Shop, url: str) -> None:
    body, headers = at_paypal.webhook(at_paypal.pay(created(at_paypal)))
    headers["paypal-cert-url"] = url.format(base=at_paypal.peer.url)
    with pytest.raises(BadSignature):
        at_paypal.account.read_webhook(body, headers)
    assert at_paypal.peer.fetched == 0


def test_without_the_certificate_nobody_can_say(at_paypal: Shop) -> None:
    body, headers = at_paypal.webhook(at_paypal.pay(created(at_paypal)))
    for fault in (DROP, Answer(503, b"later"), Answer(200, b"no certificate")):
        at_paypal.peer.fail(fault)
        with pytest.raises(ProviderDown):
            at_paypal.account.read_webhook(body, headers)
    at_paypal.peer.fail(Answer(404, b"none"))
    with pytest.raises(BadSignature):
        at_paypal.account.read_webhook(body, headers)
    assert isinstance(at_paypal.account.read_webhook(body, headers), WebhookNotice)


def test_a_certificate_that_is_over_signs_nothing(at_paypal: Shop) -> None:
    body, headers = at_paypal.webhook(at_paypal.pay(created(at_paypal)))
    at_paypal.peer.fail(Answer(200, certificate(days=-1)))
    with pytest.raises(BadSignature):
        at_paypal.account.read_webhook(body, headers)


@pytest.mark.parametrize("wrong", ["webhook", "algorithm", "id"])
def test_what_was_signed_for_somebody_else_is_refused(at_paypal: Shop, wrong: str) -> None:
    body, headers = at_paypal.webhook(at_paypal.pay(created(at_paypal)))
    match wrong:
        case "webhook":
            headers = paypal_peer.signature(body, f"{at_paypal.peer.url}{CERTIFICATE}", "ANOTHERWEBHOOK")
        case "algorithm":
            headers["paypal-auth-algo"] = "none"
        case _:
            headers["paypal-transmission-id"] = "another"
    with pytest.raises(BadSignature):
        at_paypal.account.read_webhook(body, headers)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("PAYMENT.CAPTURE.REFUNDED", Refunded),
        ("PAYMENT.REFUND.PENDING", RefundPending),
        ("PAYMENT.REFUND.FAILED", RefundRefused),
    ],
)
def test_a_notice_tells_how_a_refund_went_on(at_paypal: Shop, kind: str, said: type) -> None:
    charge, paid = at_paypal.paid()
    at_paypal.account.refund(at_paypal.refund(charge, paid, "20.75"))
    (refund,) = at_paypal.peer.refunds
    thing = at_paypal.peer._refund_written(refund)
    del thing["status"]
    notice = read(at_paypal, at_paypal.peer.event(kind, thing))
    assert notice is not None
    assert notice.reference == paid.capture
    assert isinstance(notice.said, said)
    assert notice.said.refund_id == REFUND


def test_a_refund_on_paypals_own_pages_is_nobodys_here(at_paypal: Shop) -> None:
    charge, paid = at_paypal.paid()
    notice = read(at_paypal, at_paypal.peer.desk_refund(charge.reference, 500))
    assert notice is not None
    assert notice.said == Refunded("", Decimal("5.00"), "REFUND000001", paid.capture)


@pytest.mark.parametrize(
    ("status", "outcome", "told"),
    [
        ("OPEN", None, "needs_response"),
        ("WAITING_FOR_BUYER_RESPONSE", None, "under_review"),
        ("UNDER_REVIEW", None, "under_review"),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", "lost"),
        ("RESOLVED", "ACCEPTED", "lost"),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", "won"),
        ("RESOLVED", "CANCELED_BY_BUYER", "won"),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", "won"),
    ],
)
def test_a_dispute_says_how_it_stands(at_paypal: Shop, status: str, outcome: str | None, told: str) -> None:
    charge, paid = at_paypal.paid()
    at_paypal.peer.dispute(charge.reference, 42075)
    (dispute,) = at_paypal.peer.disputes.values()
    dispute |= {"status": status, "dispute_outcome": outcome and {"outcome_code": outcome}}
    notice = read(at_paypal, at_paypal.peer.event("CUSTOMER.DISPUTE.UPDATED", dispute))
    assert notice is not None
    assert notice.reference == paid.capture
    assert isinstance(notice.said, Disputed)
    assert (notice.said.status, notice.said.detail) == (told, "fraudulent")
    assert (notice.said.due_by is None) == (told != "needs_response")


@pytest.mark.parametrize("kind", ["PENDING", "DENIED", "DECLINED"])
def test_a_capture_that_is_not_complete_ends_nothing_by_itself(at_paypal: Shop, kind: str) -> None:
    reference = created(at_paypal)
    notice = read(at_paypal, at_paypal.peer.event(f"PAYMENT.CAPTURE.{kind}", at_paypal.pay(reference)))
    assert notice is not None
    assert notice.said == Pending(reference, processing=True)


def test_a_capture_names_its_order_by_a_link_too(at_paypal: Shop) -> None:
    reference = created(at_paypal)
    capture = at_paypal.pay(reference)
    del capture["supplementary_data"]
    notice = read(at_paypal, at_paypal.peer.event("PAYMENT.CAPTURE.COMPLETED", capture))
    assert notice is not None
    assert isinstance(notice.said, Paid)
    del capture["links"]
    notice = read(at_paypal, at_paypal.peer.event("PAYMENT.CAPTURE.COMPLETED", capture))
    assert notice is not None
    assert (notice.payment_id, notice.reference) == (PAYMENT, capture["id"])
    assert notice.said == Pending("", processing=True)


def test_what_is_not_about_payments_is_passed_over(at_paypal: Shop) -> None:
    for kind in ("BILLING.PLAN.CREATED", "PAYMENT.CAPTURE.REVERSED", "CHECKOUT.ORDER.COMPLETED"):
        assert read(at_paypal, at_paypal.peer.event(kind, {"id": "1"})) is None
    dispute = {"dispute_id": "PP-D-1", "disputed_transactions": [], "status": "OPEN", "reason": "OTHER"}
    assert read(at_paypal, at_paypal.peer.event("CUSTOMER.DISPUTE.CREATED", dispute)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"{}", b"null", b"nonsense", b"\xff",
        b'{"id": "WH-1", "event_type": "PAYMENT.CAPTURE.REFUNDED", "resource": []}',
        b'{"id": "WH-1", "event_type": "CUSTOMER.DISPUTE.CREATED", "resource": {"disputed_transactions": 7}}',
    ],
)  # fmt: skip
def test_a_signed_body_that_cannot_be_read_is_said_to_be_so(at_paypal: Shop, body: bytes) -> None:
    with pytest.raises(Unheard):
        read(at_paypal, body)


def test_the_list_of_events_is_gone_through_page_by_page_oldest_first(at_paypal: Shop) -> None:
    charge, paid = at_paypal.paid()
    at_paypal.webhook(
        at_paypal.peer.capture_written(
            charge.reference, at_paypal.peer.orders[charge.reference]["captures"][0]
        )
    )
    for units in (100, 200, 300):
        at_paypal.peer.desk_refund(charge.reference, units)
    at_paypal.peer.dispute(charge.reference, 42075)
    told = list(at_paypal.account.missed(time.time() - 60))
    amounts = [each.said.amount for each in told if isinstance(each.said, Refunded)]
    assert amounts == [Decimal("1.00"), Decimal("2.00"), Decimal("3.00")]
    assert isinstance(told[-1].said, Disputed)
    assert {each.reference for each in told} == {paid.capture}
    assert [each.event_id for each in told] == [each["id"] for each in at_paypal.peer.events[1:]]
    assert list(at_paypal.account.missed(time.time() + 60)) == []
    at_paypal.peer.fail(Answer(403, {}))
    with pytest.raises(ProviderRefused):
        list(at_paypal.account.missed(0))
