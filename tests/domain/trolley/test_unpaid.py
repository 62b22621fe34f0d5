"""A trolley that is out of its slot after a session whose goods nobody has paid: one alarm, in time."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from actors import trolley
from actors.kit.decider import TimeReached
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.cart import CloseSession
from actors.messages.money.checkout import CheckoutExpired
from actors.messages.trolley import (
    Claim,
    ClaimRequested,
    ConfirmClaim,
    LockReported,
    NoteUnpaid,
    ResumeSession,
    SessionEnded,
    SessionExpired,
    SetMissing,
    TrolleyMissing,
    TrolleyReturned,
    UnpaidNoted,
)
from tests.domain.commerce.test_checkout import reserved
from tests.domain.given import Given, given
from tests.domain.things import REF
from tests.domain.trolley.test_cart_sessions import shopping, with_milk
from tests.domain.trolley.test_trolley_lock import ASSIGNED, DOCKED, LEFT, OPENED, REQUESTED, T

CLAIMED = replace(REQUESTED, unpaid_s=300.0, resume_s=900.0)
EXPIRED = SessionExpired("s1", "alice", 130.0)
NOTE = NoteUnpaid("s1", "alice", 3)
NOTED = UnpaidNoted("s1", "alice", 3, 131.0)


def out(*more: Any, claimed: ClaimRequested = CLAIMED) -> Given:
    return given(trolley, T, DOCKED, claimed, ASSIGNED, OPENED, LEFT, *more)


def told(then: Any, kind: type) -> list[Any]:
    return [each.command for each in then.told if isinstance(each.command, kind)]


def test_goods_that_are_not_paid_are_an_alarm_when_the_trolley_is_not_back_in_time() -> None:
    noted = out(EXPIRED).when(NOTE, at=131.0)
    noted.then(NOTED)
    (raised,) = told(noted, RaiseAlarm)
    assert (raised.kind, raised.due, raised.seq) == ("unpaid", 431.0, noted.state.seq)
    assert isinstance(raised.about, About)
    assert (raised.about.subject, raised.about.user_id) == (f"trolley/{T}", "alice")


def test_it_is_noted_while_somebody_else_only_asks_for_the_trolley() -> None:
    asked = replace(CLAIMED, session_id="s2", user_id="bob")
    out(EXPIRED, asked).when(NOTE, at=131.0).then(NOTED)


@pytest.mark.parametrize(
    "state",
    [
        out(EXPIRED, claimed=REQUESTED),
        out(EXPIRED, TrolleyReturned("alice", 130.5)),
        out(EXPIRED, TrolleyMissing(REF, "gone", 130.5)),
        out(),
        given(trolley, T, CLAIMED, ASSIGNED, SessionEnded("s1", "alice", "abandoned", 130.0)),
    ],
    ids=["the branch wants none", "it is back", "staff knows", "it is held again", "no slot sees it"],
)
def test_it_is_nothing_when(state: Given) -> None:
    state.when(NOTE, at=131.0).then()


def test_it_is_over_with_the_trolleys_return() -> None:
    back = out(EXPIRED, NOTED).when(LockReported("closed", True, 200.0), at=200.0)
    assert [each.kinds for each in told(back, ClearAlarm)] == [("stray", "overdue", "unpaid")]
    missing = out(EXPIRED, NOTED).when(SetMissing(REF, True, "gone"), at=200.0)
    assert [each.kinds for each in told(missing, ClearAlarm)] == [("stray", "overdue", "unpaid")]


def test_whoever_goes_on_may_still_pay() -> None:
    goes_on = out(EXPIRED, NOTED).when(ResumeSession("s1", "alice"), at=140.0)
    assert [each.kinds for each in told(goes_on, ClearAlarm)] == [("unpaid",)]
    claim = Claim(ref=REF, user_id="alice", session_id="s2", unpaid_s=300.0)
    again = out(EXPIRED, NOTED).when(claim, at=140.0).and_then().when(ConfirmClaim("s2", 7), at=141.0)
    assert ("stray", "overdue", "unpaid") in [each.kinds for each in told(again, ClearAlarm)]


# --- the cart's side -------------------------------------------------------------------------


def test_a_cart_says_what_its_session_left_unpaid_and_nothing_of_an_empty_one() -> None:
    closed = with_milk().when(CloseSession("s1", "expired"), at=130.0)
    assert told(closed, NoteUnpaid) == [NoteUnpaid("s1", "alice", 1)]
    assert told(shopping().when(CloseSession("s1", "abandoned"), at=130.0), NoteUnpaid) == []


def test_a_checkout_that_outlives_its_session_is_unpaid_when_its_time_is_over() -> None:
    held = reserved().when(CloseSession("s1", "expired"), at=130.0)
    assert told(held, NoteUnpaid) == [], "it may still be paid"
    over = held.and_then().when(TimeReached(), at=10_000.0)
    assert any(isinstance(each, CheckoutExpired) for each in over.decision.events)
    assert told(over, NoteUnpaid) == [NoteUnpaid("s1", "alice", 1)]
