"""Rentals that staff closes, changes and notes; trolleys missing and found; new settings meanwhile."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors import trolley
from actors.messages.alarms import ClearAlarm, RaiseAlarm
from actors.messages.returns import NoteCustody
from actors.messages.trolley import (
    ChangeRental,
    Claim,
    CloseRental,
    ConfirmClaim,
    LockClosed,
    LockReported,
    MissingSet,
    Release,
    RentalClosed,
    RentalExtended,
    RentalKept,
    RentalNoted,
    RentalOver,
    ResumeSession,
    SessionEnded,
    SessionExpired,
    SessionResumed,
    SetMissing,
    TermsChanged,
    TrolleyAssigned,
    TrolleyFound,
    TrolleyLeft,
    TrolleyMissing,
    TrolleyReturned,
    UseTerms,
)
from tests.domain.given import Given, given
from tests.domain.things import BARE, REF
from tests.domain.trolley.test_trolley_lock import ASSIGNED, DOCKED, LEFT, OPENED, REQUESTED, T

ENDED = SessionEnded("s1", "alice", "abandoned", 110.0)
MISSING = TrolleyMissing(REF, "not seen since Monday", 120.0)


def out(*more: Any) -> Given:
    return given(trolley, T, DOCKED, REQUESTED, ASSIGNED, OPENED, LEFT, ENDED, *more)


def told(then: Any, kind: type) -> list[Any]:
    return [each.command for each in then.told if isinstance(each.command, kind)]


def test_staff_closes_the_rental_of_a_trolley_that_no_slot_sees_again() -> None:
    closed = out().when(CloseRental(REF, "pushed back by hand"), at=200.0)
    closed.then(RentalClosed("returned", "pushed back by hand", 200.0))
    assert closed.decision.answer == RentalOver(T, "returned", 200.0)
    assert (closed.state.custody, closed.state.rental_id, closed.state.taken_by) == ("unknown", None, None)
    (cleared,) = told(closed, ClearAlarm)
    assert cleared.kinds == ("stray", "overdue", "unpaid")
    (noted,) = told(closed, NoteCustody)
    assert noted.out is False


def test_a_trolley_that_is_not_out_has_no_rental_to_close() -> None:
    given(trolley, T, DOCKED).when(CloseRental(REF, "why not"), at=200.0).refused(409, "not_out")
    out().when(CloseRental(REF, " "), at=200.0).refused(400, "reason_required")


def test_nobody_claims_a_trolley_that_is_missing() -> None:
    missing = out().when(SetMissing(REF, True, "not seen since Monday"), at=120.0)
    missing.then(MISSING)
    claim = Claim(ref=REF, user_id="bob", session_id="s2")
    out(MISSING).when(claim, at=130.0).refused(409, "trolley_missing")
    again = out(MISSING).when(SetMissing(REF, True, "not seen since Monday"), at=140.0)
    again.then()
    assert again.decision.answer == MissingSet(T, True, "not seen since Monday")


def test_what_is_found_in_somebodys_hands_ends_its_rental() -> None:
    found = out(MISSING).when(SetMissing(REF, False, "in the car park"), at=150.0)
    found.then(TrolleyFound("in the car park", 150.0), RentalClosed("found", "in the car park", 150.0))
    docked = given(trolley, T, DOCKED, MISSING).when(SetMissing(REF, False, "was in its slot"), at=150.0)
    docked.then(TrolleyFound("was in its slot", 150.0))


def test_a_missing_trolley_that_a_slot_sees_is_found() -> None:
    seen = out(MISSING).when(LockReported("closed", True, 160.0), at=160.0)
    seen.then(LockClosed(True, 160.0), TrolleyFound("", 160.0), TrolleyReturned("alice", 160.0))
    assert (seen.state.custody, seen.state.missing) == ("docked", False)


def test_a_rental_is_expected_back_later_and_its_alarm_waits_for_that() -> None:
    changed = out().when(ChangeRental(REF, "s1", "asked at the desk", 9000.0), at=170.0)
    changed.then(RentalExtended("s1", 9000.0, 170.0), RentalNoted("s1", "asked at the desk", 170.0))
    assert changed.decision.answer == RentalKept("s1", "asked at the desk", 9000.0)
    (cleared,), (raised,) = told(changed, ClearAlarm), told(changed, RaiseAlarm)
    assert (cleared.kinds, raised.kind, raised.due, raised.about.user_id) == (
        ("overdue",), "overdue", 9000.0, "alice",
    )  # fmt: skip
    out().when(ChangeRental(REF, "s1", None, 7303.0), at=170.0).then()


def test_a_rental_that_is_over_takes_notes_and_no_other_end() -> None:
    back = out(TrolleyReturned("alice", 180.0))
    back.when(ChangeRental(REF, "s1", "late", None), at=190.0).then(RentalNoted("s1", "late", 190.0))
    back.when(ChangeRental(REF, "s1", None, 9000.0), at=190.0).refused(409, "rental_over")


def test_a_rental_without_a_session_has_an_id_of_its_own() -> None:
    stray = given(trolley, T, DOCKED, TrolleyLeft(None, 60.0))
    rental_id = stray.state.rental_id
    assert rental_id == trolley.rental_without_session(T, 2)
    stray.when(ChangeRental(REF, rental_id, None, 99.0), at=70.0).then(RentalExtended(rental_id, 99.0, 70.0))


def test_a_session_that_goes_on_goes_by_the_branchs_new_settings() -> None:
    held = given(trolley, T, DOCKED, REQUESTED, ASSIGNED)
    longer = replace(REF, session_timeout_s=300.0, place=None)
    told_so = held.when(UseTerms(longer), at=101.0)
    kept = replace(REF, session_timeout_s=300.0)
    told_so.then(TermsChanged(kept, 101.0))
    assert trolley.expires_at(told_so.state) == 100.5 + 300.0
    held.when(UseTerms(REF), at=101.0).then()


BARE_CLAIM = replace(REQUESTED, ref=BARE, resume_s=60.0)
BARE_ASSIGNED = TrolleyAssigned("s1", "alice", None, 101.0, 7301.0)
BARE_RENTAL = trolley.rental_of_session("s1")


def slotless(*more: Any) -> Given:
    return given(trolley, T, BARE_CLAIM, BARE_ASSIGNED, *more)


def test_a_trolley_that_no_slot_sees_leave_is_due_from_the_beginning_of_its_session() -> None:
    begun = given(trolley, T, BARE_CLAIM).when(ConfirmClaim("s1", "alice"), at=101.0)
    begun.then(BARE_ASSIGNED)
    (raised,) = told(begun, RaiseAlarm)
    assert (raised.kind, raised.due, raised.about.user_id) == ("overdue", 7301.0, "alice")


def test_its_alarm_is_taken_back_when_the_session_ends() -> None:
    ended = slotless().when(Release("s1", "paid"), at=200.0)
    (cleared,) = [each for each in told(ended, ClearAlarm) if "overdue" in each.kinds]
    assert cleared.subject == f"trolley/{T}"


def test_its_rental_is_extended_for_who_has_it() -> None:
    later = slotless().when(ChangeRental(BARE, BARE_RENTAL, None, 9000.0), at=200.0)
    (raised,) = told(later, RaiseAlarm)
    assert (raised.due, raised.about.user_id) == (9000.0, "alice")


def test_a_session_that_goes_on_is_due_when_it_was_before() -> None:
    silent = slotless(RentalExtended(BARE_RENTAL, 9000.0, 110.0), SessionExpired("s1", "alice", 131.0))
    assert silent.state.due_at is None
    resumed = silent.when(ResumeSession("s1", "alice"), at=140.0)
    resumed.then(SessionResumed("s1", "alice", 101.0, 140.0))
    assert (resumed.state.rental_id, resumed.state.due_at) == (BARE_RENTAL, 9000.0)
    (raised,) = told(resumed, RaiseAlarm)
    assert (raised.kind, raised.due, raised.about.user_id) == ("overdue", 9000.0, "alice")


def test_a_trolley_that_has_a_slot_is_due_from_leaving_it() -> None:
    begun = given(trolley, T, DOCKED, REQUESTED).when(ConfirmClaim("s1", "alice"), at=101.0)
    assert told(begun, RaiseAlarm) == []
    ended = given(trolley, T, DOCKED, REQUESTED, ASSIGNED).when(Release("s1", "paid"), at=110.0)
    assert [each for each in told(ended, ClearAlarm) if "overdue" in each.kinds] == []
