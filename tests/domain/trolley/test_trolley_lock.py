"""Locks, custody and maintenance of a trolley."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from actors import trolley
from actors.kit.decider import UnexpectedEvent
from actors.messages.device import UnlockSlot
from actors.messages.notify import Notice, Notify
from actors.messages.trolley import (
    Claim,
    ClaimRequested,
    ConfirmClaim,
    Hook,
    Lock,
    LockClosed,
    LockFailed,
    LockOpened,
    LockReported,
    LockState,
    MaintenanceEnded,
    MaintenanceSet,
    MaintenanceStarted,
    Place,
    Release,
    SessionExpired,
    SetMaintenance,
    TrolleyAssigned,
    TrolleyLeft,
    TrolleyRef,
    TrolleyReturned,
    Unlock,
    UnlockAccepted,
    UnlockFinished,
)
from tests.domain.given import Given, given
from tests.domain.things import BARE, REF

T = "TROLLEY_01"
DOCKED = LockClosed(True, 50.0, REF)
REQUESTED = ClaimRequested(ref=REF, user_id="alice", session_id="s1", claim_id="claim-1", at=100.0)
ASSIGNED = TrolleyAssigned("s1", "alice", "s1", 100.5)
OPENED = LockOpened(True, 101.0)
LEFT = TrolleyLeft("alice", 103.0, 7303.0)


def docked() -> Given:
    return given(trolley, T, DOCKED)


def held() -> Given:
    return given(trolley, T, DOCKED, REQUESTED, ASSIGNED)


def out() -> Given:
    return given(trolley, T, DOCKED, REQUESTED, ASSIGNED, OPENED, LEFT)


def lock(state: Given) -> tuple[str, str]:
    return state.state.lock.desired, state.state.lock.reported


@pytest.mark.parametrize(
    ("hook", "present", "name", "custody"),
    [
        ("closed", True, "LockClosed", "docked"),
        ("open", True, "LockOpened", "docked"),
        ("open", False, "LockOpened", "out"),
        ("closed", False, "LockClosed", "out"),
    ],
)
def test_the_first_report_ever_says_where_the_trolley_is_and_which_branch_has_it(
    hook: Hook, present: bool, name: str, custody: str
) -> None:
    then = given(trolley, T).when(LockReported(hook, present, 50.0, REF), at=50.1).names(name)
    assert then.state.custody == custody
    assert then.state.ref == REF
    assert [note.card.custody for note in then.hints("branch", "BRANCH-001")] == [custody]


def test_a_first_report_of_an_unknown_hook_changes_nothing() -> None:
    given(trolley, T).when(LockReported("unknown", False, 50.0, REF)).nothing()


def test_an_assignment_opens_the_lock_within_its_time_to_live() -> None:
    claimed = docked().after(Claim(ref=REF, user_id="alice", session_id="s1"), at=100.0)
    then = claimed.when(ConfirmClaim("s1", "alice"), at=100.5).then(ASSIGNED)
    then.tells(("device", "device-1", UnlockSlot("s1", 0x13, T, 110.5, "BRANCH-001")))
    assert then.decision.settles[0][1].lock == LockState("open", "closed", 50.0)


def test_no_lock_opens_before_the_assignment() -> None:
    then = docked().when(Claim(ref=REF, user_id="alice", session_id="s1"))
    assert [tell.kind for tell in then.told if tell.durable] == ["cart"]


def test_a_trolley_that_is_out_or_has_no_lock_is_assigned_without_an_unlock() -> None:
    away = given(trolley, T, LockOpened(False, 50.0, REF), REQUESTED)
    away.when(ConfirmClaim("s1", "alice")).tells()
    bare = given(trolley, T, replace(REQUESTED, ref=BARE))
    bare.when(ConfirmClaim("s1", "alice")).tells()


def test_a_trolley_never_seen_by_its_lock_is_unlocked_all_the_same() -> None:
    unseen = given(trolley, T, REQUESTED)
    then = unseen.when(ConfirmClaim("s1", "alice"), at=100.5).then(ASSIGNED)
    assert len([tell for tell in then.told if tell.kind == "device"]) == 1


def test_the_hook_says_when_the_lock_is_open_and_the_empty_slot_when_the_trolley_left() -> None:
    state = held()
    assert lock(state) == ("open", "closed")
    opened = state.after(LockReported("open", True, 101.0, REF), at=101.1)
    assert lock(opened) == ("open", "open")
    opened.when(LockReported("open", False, 103.0, REF), at=103.1).then(LEFT)


def test_one_report_may_say_both() -> None:
    held().when(LockReported("open", False, 103.0, REF), at=103.1).then(LockOpened(False, 103.0), LEFT)


def test_a_trolley_leaving_without_a_session_is_kept_without_a_user() -> None:
    docked().when(LockReported("open", False, 60.0, REF), at=60.0).then(
        LockOpened(False, 60.0), TrolleyLeft(None, 60.0)
    )


def test_a_trolley_is_back_only_when_it_is_present_and_hooked() -> None:
    away = out()
    away.when(LockReported("open", True, 200.0, REF), at=200.0).names("LockOpened")
    away.when(LockReported("closed", False, 200.0, REF), at=200.0).names("LockClosed")
    then = away.when(LockReported("closed", True, 200.0, REF), at=200.0)
    then.then(LockClosed(True, 200.0), TrolleyReturned("alice", 200.0))
    assert then.hints("notify", "alice") == [Notify(Notice("TrolleyReturned", "info", T, 200.0))]
    assert lock(then.and_then()) == ("open", "closed"), "alice may hold it still"


def test_the_rental_outlives_the_session_and_the_lock_shall_close_when_it_is_back() -> None:
    over = given(trolley, T, DOCKED, REQUESTED, ASSIGNED, OPENED, LEFT, SessionExpired("s1", "alice", 140.0))
    assert over.state.custody == "out"
    assert over.state.lock.desired == "open"
    back = over.after(LockReported("closed", True, 200.0, REF), at=200.0)
    assert back.state.custody == "docked"
    assert lock(back) == ("closed", "closed")


def test_a_session_that_ends_in_the_slot_leaves_the_lock_to_be_closed() -> None:
    assert lock(held().after(Release("s1", "abandoned"))) == ("closed", "closed")


def test_an_older_report_that_comes_late_changes_nothing() -> None:
    opened = held().after(LockReported("open", True, 101.0, REF), at=101.1)
    opened.when(LockReported("closed", True, 100.9, REF), at=101.2).nothing()
    opened.when(LockReported("open", True, 101.0, REF), at=101.2).nothing()


@pytest.mark.parametrize("ref", [None, replace(REF, place=Place("d2", 3)), replace(REF, cart_number=9)])
@pytest.mark.parametrize("hook", ["open", "closed"])
@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("before", [docked, held, out])
def test_a_report_that_is_told_again_changes_nothing(
    before: Callable[[], Given], present: bool, hook: Hook, ref: TrolleyRef | None
) -> None:
    told = LockReported(hook, present, 120.0, ref)
    before().after(told, at=120.0).when(told, at=125.0).nothing()


def test_a_report_overtaken_by_one_that_changed_nothing_is_older_too() -> None:
    again = docked().after(LockReported("closed", True, 60.0, REF), at=60.0)
    again.when(LockReported("open", True, 59.0, REF), at=60.1).nothing()


def test_a_trolley_moved_to_another_slot_listens_to_that_one() -> None:
    moved = replace(REF, place=Place("device-2", 0x01))
    then = docked().when(LockReported("open", True, 10.0, moved), at=60.0)
    then.then(LockOpened(True, 10.0, moved))


def test_a_report_from_the_future_is_taken_as_of_now() -> None:
    docked().when(LockReported("open", True, 9_999.0, REF), at=60.0).then(LockOpened(True, 60.0))


def test_a_failed_unlock_is_shown_and_the_shopper_is_told() -> None:
    then = held().when(UnlockFinished("s1", "not_opened", "stuck"), at=105.0)
    then.then(LockFailed("s1", "not_opened", "stuck", 105.0))
    assert then.state.lock_fault == "not_opened"
    assert then.hints("notify", "alice") == [Notify(Notice("LockFailed", "warning", T, 105.0))]
    failed = then.and_then()
    failed.when(UnlockFinished("s1", "not_opened", "stuck")).nothing()
    assert failed.after(LockReported("open", True, 106.0, REF), at=106.0).state.lock_fault == ""


def test_success_is_believed_when_the_hook_says_so() -> None:
    held().when(UnlockFinished("s1", "opened")).nothing()


def test_the_end_of_another_unlock_changes_nothing() -> None:
    held().when(UnlockFinished("older", "expired")).nothing()
    docked().when(UnlockFinished("older", "expired")).nothing()


def test_staff_opens_a_lock_for_a_reason_that_is_kept() -> None:
    then = docked().when(Unlock(REF, "battery"), at=60.0, command_id="order-1").names("UnlockRequested")
    ordered = then.decision.events[0]
    assert (ordered.reason, ordered.at) == ("battery", 60.0)
    then.answers(UnlockAccepted(T, ordered.unlock_id, LockState("open", "closed", 50.0)))
    then.tells(("device", "device-1", UnlockSlot(ordered.unlock_id, 0x13, T, 70.0, "BRANCH-001")))
    expired = then.and_then().when(UnlockFinished(ordered.unlock_id, "expired"), at=72.0).names("LockFailed")
    assert expired.hints("notify", "alice") == []
    assert lock(expired.and_then()) == ("closed", "closed")


def test_the_id_of_a_staff_unlock_depends_on_trolley_and_command_only() -> None:
    def ordered(trolley_id: str, command_id: str) -> str:
        then = given(trolley, trolley_id).when(Unlock(REF, "battery"), command_id=command_id)
        unlock_id: str = then.decision.events[0].unlock_id
        return unlock_id

    assert ordered(T, "a") == ordered(T, "a")
    assert len({ordered(T, "a"), ordered(T, "b"), ordered("TROLLEY_02", "a")}) == 3


def test_an_unlock_wants_a_reason_and_a_lock() -> None:
    docked().when(Unlock(REF, "  ")).refused(400, "reason_required")
    docked().when(Unlock(BARE, "battery")).refused(409, "unsupported")


def test_locking_is_unsupported_because_the_boards_latch_by_themselves() -> None:
    docked().when(Lock(REF)).refused(409, "unsupported")


def test_maintenance_is_set_once_and_its_notes_may_change() -> None:
    serviced = docked().after(SetMaintenance(REF, True, "wheel"), at=60.0)
    assert (serviced.state.maintenance, serviced.state.maintenance_notes) == (True, "wheel")
    again = serviced.when(SetMaintenance(REF, True, "wheel")).nothing()
    again.answers(MaintenanceSet(T, True, "wheel"))
    serviced.when(SetMaintenance(REF, True, "brake"), at=61.0).then(MaintenanceStarted(REF, "brake", 61.0))
    serviced.when(SetMaintenance(REF, False), at=62.0).then(MaintenanceEnded(62.0))
    docked().when(SetMaintenance(REF, False)).nothing().answers(MaintenanceSet(T, False, ""))


def test_a_shopper_keeps_a_trolley_that_is_put_into_maintenance() -> None:
    state = held().after(SetMaintenance(REF, True, "wheel"))
    assert (state.state.phase, state.state.maintenance) == ("held", True)


@pytest.mark.parametrize(
    "event",
    [ASSIGNED, SessionExpired("s1", "alice", 1.0), TrolleyReturned(None, 1.0), TrolleyLeft(None, 1.0)],
)
def test_an_event_that_the_tables_do_not_list_raises(event: object) -> None:
    with pytest.raises(UnexpectedEvent):
        trolley.DECIDER.evolve(trolley.State(T), event)
