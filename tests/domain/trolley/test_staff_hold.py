"""A trolley in the hands of staff: they opened its lock, and may have it out of its slot for a while."""

from __future__ import annotations

from typing import Any

from actors import branch, trolley
from actors.kit.decider import TimeReached
from actors.messages.alarms import RaiseAlarm
from actors.messages.trolley import (
    LockClosed,
    LockOpened,
    LockReported,
    SetMaintenance,
    StaffHoldEnded,
    TrolleyAssigned,
    TrolleyLeft,
    TrolleyReturned,
    Unlock,
    UnlockFinished,
    UnlockRequested,
)
from actors.trolley.state import StaffHold
from tests.domain.given import Given, Then, given
from tests.domain.things import REF
from tests.domain.trolley.test_trolley_lock import ASSIGNED, DOCKED, LEFT, OPENED, REQUESTED, T

UNLOCKED = UnlockRequested(REF, "u1", "cleaning", 60.0, "mia", 960.0)
SEEN_OPEN = LockOpened(True, 61.0)
PULLED = TrolleyLeft(None, 62.0)


def in_hand(*more: Any) -> Given:
    return given(trolley, T, DOCKED, UNLOCKED, SEEN_OPEN, PULLED, *more)


def standing(state: Given) -> str | None:
    shown = trolley.card(state.state)
    assert shown is not None
    return branch.standing(shown, {})


def raised(then: Then) -> list[RaiseAlarm]:
    return [each.command for each in then.told if isinstance(each.command, RaiseAlarm)]


def test_whoever_opens_a_lock_has_the_trolley_in_hand_for_a_quarter_of_an_hour() -> None:
    then = given(trolley, T, DOCKED).when(Unlock(REF, "cleaning"), at=60.0, principal="user:mia")
    assert then.state.staff == StaffHold("mia", 960.0)
    assert then.state.lock.desired == "open"
    assert given(trolley, T, DOCKED).when(Unlock(REF, "x"), principal="device:d1").state.staff is None


def test_out_in_the_hands_of_staff_it_is_in_use_and_its_alarm_waits_until_their_time_is_over() -> None:
    state = given(trolley, T, DOCKED, UNLOCKED, SEEN_OPEN)
    left = state.when(LockReported("closed", False, 62.0), at=62.0)
    left.names("LockClosed", "TrolleyLeft")
    assert [(each.kind, each.due) for each in raised(left)] == [("stray", 960.0)]
    assert standing(left.and_then()) == "held"


def test_when_their_time_is_over_it_is_out_without_a_session() -> None:
    assert trolley.DECIDER.deadline(in_hand().state) == 960.0
    in_hand().when(TimeReached(), at=900.0).nothing()
    over = in_hand().when(TimeReached(), at=960.0)
    over.then(StaffHoldEnded(960.0))
    assert standing(over.and_then()) == "stray"


def test_it_is_nobodys_once_it_is_back_or_was_never_pulled() -> None:
    back = in_hand(LockClosed(True, 70.0), TrolleyReturned(None, 70.0))
    never_pulled = given(trolley, T, DOCKED, UNLOCKED, SEEN_OPEN, LockClosed(True, 70.0))
    assert back.state.staff is never_pulled.state.staff is None
    polled_shut = given(trolley, T, DOCKED, UNLOCKED, LockClosed(True, 60.5))
    assert polled_shut.state.staff is not None, "it has not opened yet"


def test_a_lock_that_did_not_open_leaves_it_in_nobodys_hands() -> None:
    failed = given(trolley, T, DOCKED, UNLOCKED).when(UnlockFinished("u1", "not_opened"), at=65.0)
    assert failed.names("LockFailed").state.staff is None


def test_a_shopper_who_takes_it_over_ends_the_hold() -> None:
    over = in_hand(REQUESTED, TrolleyAssigned("s1", "alice", None, 100.5))
    assert over.state.staff is None
    assert trolley.DECIDER.deadline(over.state) == trolley.expires_at(over.state)


def test_a_trolley_that_somebody_holds_or_that_is_out_already_is_not_taken_in_hand() -> None:
    held = given(trolley, T, DOCKED, REQUESTED, ASSIGNED)
    assert held.when(Unlock(REF, "stuck"), principal="user:mia").state.staff is None
    out = given(trolley, T, DOCKED, REQUESTED, ASSIGNED, OPENED, LEFT)
    assert out.when(Unlock(REF, "stuck"), principal="user:mia").state.staff is None


def test_an_unlock_of_before_holds_were_known_still_raises_the_alarm_at_once() -> None:
    state = given(trolley, T, DOCKED, UnlockRequested(REF, "u1", "cleaning", 60.0), SEEN_OPEN)
    left = state.when(LockReported("closed", False, 62.0), at=62.0)
    assert [(each.kind, each.due) for each in raised(left)] == [("stray", 62.0)]


def test_in_maintenance_it_is_not_waited_for() -> None:
    state = given(trolley, T, DOCKED, UNLOCKED, SEEN_OPEN).after(SetMaintenance(REF, True, "wheel"), at=61.5)
    assert raised(state.when(LockReported("closed", False, 62.0), at=62.0)) == []
