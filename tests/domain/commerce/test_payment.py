"""A payment: opened, paid, declined, kept, given back; given, when, then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors import payment
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.cart import Line
from actors.messages.money.order import Dispute, DisputeStatus, NoteDispute, RefundFailed, RefundMade
from actors.messages.money.paying import PaymentFailed, PaymentSucceeded
from actors.messages.money.payment import (
    Charge,
    ChargeDeclined,
    ChargeKept,
    ChargeOpened,
    ChargeTaken,
    CheckPayment,
    Confirm,
    ConfirmPayment,
    Disputed,
    FindPayment,
    GiveBack,
    GivenBack,
    GivingBack,
    LookUp,
    NeverHeard,
    NotGivenBack,
    NotTaken,
    Opened,
    PaymentKept,
    PaymentStands,
    RefundSettled,
    RefundStarted,
    Silent,
    StartPayment,
    Taken,
    ToCharge,
    Unheard,
)
from actors.messages.money.purchase import Purchase
from actors.messages.money.refund import RefundPayment
from actors.payment.decider import GIVE_UP_S, MAX_JOINERS
from actors.payment.refunds import REFUND_TRIES
from tests.domain.given import Given, given

P = "p1"
LINES = (
    Line("l1", "milk", "bar-milk", "milk", 2, Decimal("12.50"), Decimal("25.00"), (), 1.0),
    Line("l2", "tea", "bar-tea", "tea", 1, Decimal("9.99"), Decimal("9.99"), (), 2.0),
)
AMOUNT = Decimal("34.99")
BOUGHT = Purchase(
    reservation_id="r1",
    branch="B",
    chain="demo",
    session_id="s1",
    trolley_id="TROLLEY_01",
    lines=LINES,
    total=AMOUNT,
    currency="INR",
)
START = StartPayment(user_id="alice", purchase=BOUGHT, provider="sandbox", expires_at=400.0, cart_revision=7)
OPENED = Opened("ref-1", "shopper")
TAKEN = Taken(reference="ref-1", capture="cap-1", amount=AMOUNT, currency="INR", at=119.0)
SUCCEEDED = PaymentSucceeded(P, BOUGHT, 7)
CHARGE = ToCharge(P, AMOUNT, "INR", "ref-1")
STANDS = PaymentStands(P)
BY_ORDER = RefundPayment("f1", Decimal("10.00"), "broken", "p1")
USELESS = RefundPayment("f0", None, "sold out")


def opening() -> Given:
    return given(payment, P).after(START, at=100.0, command_id="start")


def opened() -> Given:
    return opening().after(OPENED, at=101.0, command_id="opened")


def paid() -> Given:
    return opened().after(TAKEN, at=120.0, command_id="taken")


def kept() -> Given:
    return paid().after(PaymentKept("p1"), at=121.0, command_id="kept")


def returning() -> Given:
    return paid().after(USELESS, at=122.0, command_id="useless")


def test_it_asks_its_provider_and_answers_when_that_knows_of_it() -> None:
    asked = given(payment, P).when(FindPayment(), command_id="find").pending()
    started = asked.and_then().when(START, at=100.0, command_id="start").names("ChargeStarted")
    assert started.hints("provider", "sandbox") == [Charge(ToCharge(P, AMOUNT, "INR"))]
    known = started.and_then().when(OPENED, at=101.0).then(ChargeOpened("ref-1", "shopper", 101.0))
    known.settles(("find", STANDS))
    assert (known.state.status, payment.DECIDER.deadline(known.state)) == ("pending", None)
    known.and_then().when(FindPayment(), command_id="later").answers(STANDS)


def test_a_silent_provider_is_asked_three_times_and_then_the_payment_has_failed() -> None:
    state = opening().after(FindPayment(), command_id="find")
    for wait in (0.5, 1.0):
        at = payment.DECIDER.deadline(state.after(Silent("create"), at=200.0, command_id=f"{wait}").state)
        assert at == 200.0 + wait
        state = state.after(Silent("create"), at=200.0, command_id=f"silent-{wait}")
        again = state.when(payment.DECIDER.on_deadline, at=200.0 + wait, command_id=f"again-{wait}").nothing()
        assert again.hints("provider", "sandbox") == [Charge(ToCharge(P, AMOUNT, "INR"))]
        state = again.and_then()
    then = state.when(Silent("create"), at=210.0).names("ChargeDeclined")
    then.settles(("find", "provider_unavailable"))
    [(_, _, told)] = [(tell.kind, tell.key, tell.command) for tell in then.told]
    assert isinstance(told, PaymentFailed)
    assert then.state.status == "failed"


def test_after_a_restart_the_provider_is_asked_again_at_once() -> None:
    state = opening().after_restart(500.0)
    assert payment.DECIDER.deadline(state.state) == 500.0
    then = state.when(payment.DECIDER.on_deadline, at=500.0)
    assert then.hints("provider", "sandbox") == [Charge(ToCharge(P, AMOUNT, "INR"))]
    assert payment.DECIDER.deadline(opened().after_restart(500.0).state) is None


def test_what_the_shopper_did_is_handed_to_the_provider_and_not_kept() -> None:
    asked = opened().when(ConfirmPayment("4242424242424242"), command_id="card").pending()
    call = Confirm(CHARGE, "card", "4242424242424242", None)
    assert asked.hints("provider", "sandbox") == [call]
    assert "4242" not in repr(asked.state)
    then = asked.and_then().when(TAKEN, at=120.0).then(ChargeTaken("ref-1", "cap-1", 119.0, 120.0))
    then.settles(("card", STANDS)).tells(("cart", "alice", SUCCEEDED))


def test_words_that_make_no_sense_answer_only_whoever_said_them() -> None:
    asked = opened().after(ConfirmPayment("4242"), command_id="one").after(ConfirmPayment(), command_id="two")
    then = asked.when(Unheard("one", "Not a card's number.")).nothing().settles(("one", "not_understood"))
    assert then.state.joiners == ("two",)
    then.and_then().when(Unheard("one", "late")).nothing().settles()


def test_a_silent_confirmation_leaves_it_to_the_reconciliation() -> None:
    asked = opened().after(ConfirmPayment("4242"), command_id="card")
    then = asked.when(Silent("confirm"), at=110.0).then(ChargeOpened("ref-1", "bank", 110.0))
    then.settles(("card", STANDS))
    assert then.state.status == "processing"
    found = then.and_then().when(CheckPayment(), command_id="check").nothing()
    assert found.hints("provider", "sandbox") == [LookUp(CHARGE)]
    found.and_then().when(TAKEN, at=300.0).names("ChargeTaken")


def test_a_decline_says_why_to_the_cart_and_the_shopper() -> None:
    word = NotTaken("card_declined", "Your bank said no.")
    asked = opened().after(ConfirmPayment("4000"), command_id="card")
    then = asked.when(word, at=110.0).then(ChargeDeclined("card_declined", "Your bank said no.", "", 110.0))
    then.settles(("card", STANDS))
    then.tells(("cart", "alice", PaymentFailed(P, "card_declined", "Your bank said no.")))
    assert then.state.status == "declined"


def test_money_that_comes_after_a_decline_is_money_all_the_same() -> None:
    declined = opened().after(NotTaken("expired", "Too late."), command_id="no")
    declined.when(TAKEN, at=9000.0).names("ChargeTaken").tells(("cart", "alice", SUCCEEDED))


@pytest.mark.parametrize("state", [opening, opened], ids=["before the answer", "after it"])
def test_a_webhook_may_come_before_the_answer_and_twice(state: Any) -> None:
    taken = state().when(TAKEN, at=120.0, command_id="hook").names("ChargeTaken").and_then()
    taken.when(OPENED, command_id="answer").nothing()
    taken.when(TAKEN, command_id="twice").nothing()
    taken.when(NotTaken("late", "late"), command_id="odd").nothing()
    taken.when(Silent("confirm"), command_id="silent").nothing()


def test_another_amount_than_was_asked_for_goes_back_in_full() -> None:
    wrong = Taken(reference="ref-1", capture="cap-1", amount=Decimal("30.00"), currency="INR", at=119.0)
    then = opened().when(wrong, at=120.0).names("ChargeDeclined", "RefundStarted")
    [call] = then.hints("provider", "sandbox")
    assert (call.capture, call.amount) == ("cap-1", Decimal("30.00"))
    then.and_then().when(wrong, command_id="twice").nothing()
    then.and_then().when(GivenBack(call.refund_id), command_id="back").names("RefundSettled").tells()


@pytest.mark.parametrize("state", [paid, kept, returning])
def test_a_second_capture_of_one_payment_goes_back(state: Any) -> None:
    other = Taken(reference="ref-1", capture="cap-2", amount=AMOUNT, currency="INR", at=130.0)
    then = state().when(other, at=131.0).names("RefundStarted")
    assert then.state.phase == state().state.phase
    [call] = then.hints("provider", "sandbox")
    assert call.capture == "cap-2"
    back = then.and_then().when(GivenBack(call.refund_id), command_id="back").names("RefundSettled")
    assert back.state.phase == state().state.phase
    assert back.state.left == state().state.left


def test_an_order_is_made_of_it_once() -> None:
    then = paid().when(PaymentKept("p1"), at=121.0).then(ChargeKept("p1", 121.0))
    assert (then.state.status, then.state.order_id) == ("paid", "p1")
    then.and_then().when(PaymentKept("p1"), command_id="again").nothing()
    then.and_then().when(USELESS, command_id="odd").nothing()


def test_money_that_nobody_has_a_use_for_goes_back() -> None:
    then = paid().when(USELESS, at=122.0)
    then.then(
        RefundStarted(
            refund_id="f0", capture="cap-1", amount=AMOUNT, reason="sold out", order_id=None, at=122.0
        )
    )
    assert then.hints("provider", "sandbox") == [
        GiveBack(charge=CHARGE, refund_id="f0", capture="cap-1", amount=AMOUNT, reason="sold out")
    ]
    assert then.state.status == "processing"
    back = then.and_then().when(GivenBack("f0", "re-1"), at=123.0)
    back.then(
        RefundSettled(
            refund_id="f0", made=True, amount=AMOUNT, detail="", reference="re-1", order_id=None, at=123.0
        )
    ).tells()
    assert (back.state.status, back.state.phase, back.state.unsettled) == ("refunded", "returned", False)


def test_a_refund_is_asked_for_until_the_provider_has_answered() -> None:
    state = returning()
    for number in range(REFUND_TRIES - 1):
        silent = state.after(Silent("refund", "f0"), at=200.0, command_id=f"silent-{number}")
        due = payment.DECIDER.deadline(silent.state)
        assert due is not None
        again = silent.when(payment.DECIDER.on_deadline, at=due, command_id=f"again-{number}")
        assert len(again.hints("provider", "sandbox")) == 1
        state = again.and_then()
    rests = state.after(Silent("refund", "f0"), at=300.0, command_id="last")
    assert payment.DECIDER.deadline(rests.state) is None
    assert rests.state.unsettled
    assert len(rests.when(CheckPayment(), command_id="check").hints("provider", "sandbox")) == 1
    assert payment.DECIDER.deadline(rests.after_restart(400.0).state) == 400.0


def test_a_refund_that_takes_days_is_left_to_the_reconciliation() -> None:
    then = returning().when(GivingBack("f0", "re-1"), at=200.0).nothing()
    assert (payment.DECIDER.deadline(then.state), then.state.unsettled) == (None, True)


def test_a_refund_that_was_refused_or_bounced_later_is_still_owed() -> None:
    refused = returning().when(NotGivenBack("f0", "account closed"), at=200.0).names("RefundSettled")
    assert (refused.state.status, refused.state.unsettled) == ("failed", True)
    assert len(refused.and_then().when(CheckPayment(), command_id="c").hints("provider", "sandbox")) == 1
    made = refused.and_then().after(GivenBack("f0"), at=300.0, command_id="made")
    assert made.state.status == "refunded"
    bounced = made.when(NotGivenBack("f0", "account closed"), at=400.0).names("RefundSettled")
    assert (bounced.state.status, bounced.state.unsettled) == ("failed", True)


def test_an_order_hears_how_its_refund_ended() -> None:
    asked = kept().when(BY_ORDER, at=130.0)
    asked.then(
        RefundStarted(
            refund_id="f1", capture="cap-1", amount=Decimal("10.00"), reason="broken", order_id="p1", at=130.0
        )
    )
    asked.and_then().when(BY_ORDER, command_id="again").nothing()
    made = asked.and_then().when(GivenBack("f1"), at=131.0).names("RefundSettled")
    made.tells(("order", "p1", RefundMade("f1", Decimal("10.00"))))
    assert (made.state.status, made.state.left) == ("paid", Decimal("24.99"))
    no = asked.and_then().when(NotGivenBack("f1", "too old"), at=131.0)
    no.tells(("order", "p1", RefundFailed("f1", "too old"))).alarms(alarm("f1", "too old", 131.0, no))
    assert (no.state.left, no.state.unsettled) == (AMOUNT, False)


def alarm(refund_id: str, detail: str, at: float, then: Any) -> RaiseAlarm:
    about = About(f"payment/p1/{refund_id}", user_id="alice", detail=detail)
    return RaiseAlarm("refund_failed", about, at, then.state.seq)


def test_a_refund_that_bounced_after_it_was_made_is_told_and_no_longer_counts() -> None:
    made = (
        kept()
        .after(BY_ORDER, at=130.0, command_id="b")
        .after(GivenBack("f1", "re-1"), at=131.0, command_id="m")
    )
    bounced = made.when(NotGivenBack("", "account closed", "re-1"), at=900.0).names("RefundSettled")
    bounced.tells(("order", "p1", RefundFailed("f1", "account closed")))
    bounced.alarms(alarm("f1", "account closed", 900.0, bounced))
    assert (bounced.state.status, bounced.state.left, bounced.state.refunded) == ("paid", AMOUNT, 0)
    after = bounced.and_then().when(GivenBack("f1", "re-1"), at=901.0, command_id="after all")
    after.tells(("order", "p1", RefundMade("f1", Decimal("10.00"))))
    after.alarms(ClearAlarm(("refund_failed",), "payment/p1/f1", after.state.seq))


# --- what happens at the provider itself -------------------------------------------------------

FOUND = GivenBack("", "re-9", Decimal("4.99"), "cap-1")


def test_money_that_somebody_gave_back_at_the_provider_counts_once_and_is_told() -> None:
    found = kept().when(FOUND, at=150.0).names("RefundFound")
    (refund,) = found.state.refunds
    found.tells(("order", "p1", RefundMade(refund.refund_id, Decimal("4.99"))))
    assert found.hints("provider", "sandbox") == [], "it is made already"
    assert (found.state.left, found.state.refunded) == (Decimal("30.00"), Decimal("4.99"))
    found.and_then().when(FOUND, command_id="again").nothing()
    failed = found.and_then().when(NotGivenBack("", "account closed", "re-9"), at=160.0)
    failed.names("RefundSettled")
    assert failed.state.left == AMOUNT


def test_before_anybody_knows_what_was_paid_for_the_provider_has_to_tell_it_again() -> None:
    paid().when(FOUND).refused(503, "payment_settling")
    paid().when(Disputed(dispute())).refused(503, "payment_settling")


def test_a_refund_of_ours_that_takes_its_time_is_no_news_of_a_stranger() -> None:
    kept().when(GivingBack("", "re-9")).nothing()
    kept().when(NotGivenBack("", "no", "re-9")).nothing()
    kept().when(GivenBack("f7", "")).nothing()


def dispute(status: DisputeStatus = "needs_response", amount: str = "34.99") -> Dispute:
    due = 9000.0 if status == "needs_response" else None
    return Dispute(dispute_id="dp-1", amount=Decimal(amount), status=status, reason="fraudulent", due_by=due)


def test_a_dispute_is_told_to_the_order_and_the_branch_until_the_bank_has_decided() -> None:
    asked = kept().when(Disputed(dispute()), at=500.0).names("ChargeDisputed")
    about = About("payment/p1/dp-1", user_id="alice", detail="fraudulent")
    asked.tells(("order", "p1", NoteDispute(dispute())))
    asked.alarms(RaiseAlarm("payment_disputed", about, 500.0, asked.state.seq))
    assert asked.state.left == 0, "a refund on top would pay twice"
    asked.and_then().when(Disputed(dispute()), command_id="again").nothing()
    won = asked.and_then().when(Disputed(dispute("won")), command_id="won", at=600.0)
    won.tells(("order", "p1", NoteDispute(dispute("won"))))
    won.alarms(ClearAlarm(("payment_disputed",), "payment/p1/dp-1", won.state.seq))
    assert won.state.left == AMOUNT
    won.and_then().when(Disputed(dispute()), command_id="late").nothing()


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "35.00"])
def test_no_more_is_given_back_than_was_paid(amount: str) -> None:
    command = RefundPayment("f1", Decimal(amount), "broken", "p1")
    then = kept().when(command, at=130.0).names("RefundSettled")
    assert then.hints("provider", "sandbox") == []
    [(_, _, told)] = [(tell.kind, tell.key, tell.command) for tell in then.told]
    assert isinstance(told, RefundFailed), "whoever asked is told; nobody has to look into it"


def test_all_that_is_left_is_given_back_without_an_amount() -> None:
    part = kept().after(BY_ORDER, command_id="part").after(GivenBack("f1"), command_id="made")
    rest = part.when(RefundPayment("f2", None, "all of it", "p1"), at=140.0)
    rest.then(
        RefundStarted(
            refund_id="f2",
            capture="cap-1",
            amount=Decimal("24.99"),
            reason="all of it",
            order_id="p1",
            at=140.0,
        )
    )
    over = rest.and_then().after(GivenBack("f2"), command_id="made-2")
    assert (over.state.status, over.state.left) == ("refunded", Decimal("0.00"))


def test_what_costs_nothing_is_paid_without_a_provider() -> None:
    free = replace(START, purchase=replace(BOUGHT, lines=(), total=Decimal("0.00")))
    then = given(payment, P).when(free, at=100.0).names("ChargeStarted", "ChargeTaken")
    assert then.hints("provider", "sandbox") == []
    back = then.and_then().when(USELESS, command_id="useless").names("RefundStarted", "RefundSettled")
    assert back.hints("provider", "sandbox") == []
    assert back.state.status == "refunded"


def test_a_payment_that_nobody_makes_is_given_up_after_a_day() -> None:
    checked = opened().after(CheckPayment(), at=200.0, command_id="check")
    checked.when(OPENED, at=200.0).nothing()
    checked.when(NeverHeard(), at=200.0).nothing()
    late = 100.0 + GIVE_UP_S
    for word in (OPENED, NeverHeard()):
        then = checked.when(word, at=late).names("ChargeDeclined")
        assert (then.state.reason, then.state.unsettled) == ("expired", False)


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "3500"), ("INR", "34.99"), ("KWD", "34.995")], ids=["0", "2", "3"]
)
def test_amounts_keep_their_currencys_decimals(currency: str, amount: str) -> None:
    start = replace(START, purchase=replace(BOUGHT, total=Decimal(amount), currency=currency))
    started = given(payment, P).after(start, command_id="start").after(OPENED, command_id="opened")
    taken = Taken(reference="ref-1", capture="cap-1", amount=Decimal(amount), currency=currency, at=119.0)
    paid = started.after(taken, command_id="taken").after(PaymentKept("p1"), command_id="kept")
    assert paid.state.refunded.as_tuple().exponent == Decimal(amount).as_tuple().exponent
    part = paid.after(RefundPayment("f1", Decimal(1), "broken", "p1"), command_id="back")
    assert str(part.state.left) == str(Decimal(amount) - 1)
    assert part.state.refunds[0].amount.as_tuple().exponent == Decimal(amount).as_tuple().exponent


def test_a_payment_that_was_never_asked_for_is_not_there() -> None:
    given(payment, P).when(ConfirmPayment("4242")).refused(404, "payment_not_found")
    given(payment, P).when(TAKEN).nothing()
    opening().when(ConfirmPayment("4242")).refused(409, "payment_opening")


def test_only_so_many_may_wait_for_one_word() -> None:
    state = opened()
    for number in range(MAX_JOINERS):
        state = state.after(ConfirmPayment("4242"), command_id=f"c{number}")
    state.when(ConfirmPayment("4242"), command_id="more").refused(409, "payment_busy")
