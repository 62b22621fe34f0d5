"""Alarms of a branch: raised once while they last, watched while there is time, taken on and cleared."""

from __future__ import annotations

from typing import Any

from actors import alarms, branch, device, trolley
from actors.kit.decider import TimeReached
from actors.messages.alarms import (
    About,
    AcknowledgeAlarm,
    Alarm,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmForgone,
    AlarmGone,
    AlarmReleased,
    AlarmSnoozed,
    AlarmStands,
    AlarmWatched,
    CallForHelp,
    ClearAlarm,
    DismissAlarm,
    RaiseAlarm,
    ReleaseAlarm,
    SnoozeAlarm,
)
from actors.messages.branch import AlarmNoted, NoteAlarm
from actors.messages.device import (
    BoardAnswered,
    BoardSilent,
    DeviceConnected,
    DeviceDisconnected,
    LinkUp,
    Report,
    Reports,
    SlotReading,
)
from actors.messages.notify import Notice, Notify
from actors.messages.trolley import (
    ClaimRequested,
    LockClosed,
    LockFailed,
    LockOpened,
    LockReported,
    MaintenanceStarted,
    SessionEnded,
    TrolleyAssigned,
    TrolleyLeft,
    TrolleyReturned,
)
from tests.domain.given import Given, given
from tests.domain.things import PLACE, REF

T = "TROLLEY_01"
B = "BRANCH-001"
ABOUT = About(f"trolley/{T}", T, PLACE.device_id, PLACE.slot)
RAISE = RaiseAlarm("stray", ABOUT, 100.0, 7)


def quiet() -> Given:
    return given(alarms, B)


def raised(command: Any = RAISE) -> tuple[Given, Alarm]:
    then = quiet().when(command, at=100.0).names("AlarmRaised")
    return then.and_then(), then.decision.events[0].alarm


def test_an_alarm_is_raised_once_while_its_cause_lasts() -> None:
    state, alarm = raised()
    assert (alarm.kind, alarm.severity, alarm.raised_at) == ("stray", "critical", 100.0)
    state.when(RaiseAlarm("stray", ABOUT, 105.0, 9), at=105.0).nothing()
    cleared = state.when(ClearAlarm(("stray", "overdue"), ABOUT.subject, 10), at=110.0)
    cleared.then(AlarmCleared(alarm, None, 110.0))
    again = cleared.and_then().when(RaiseAlarm("stray", ABOUT, 120.0, 12), at=120.0).names("AlarmRaised")
    assert again.decision.events[0].alarm.alarm_id != alarm.alarm_id


def test_what_is_cleared_without_having_been_raised_is_nothing() -> None:
    quiet().when(ClearAlarm(("stray",), ABOUT.subject, 3)).nothing()


def test_a_word_that_a_newer_one_has_overtaken_changes_nothing() -> None:
    late = quiet().after(ClearAlarm(("stray",), ABOUT.subject, 8))
    late.when(RAISE, at=100.0).nothing()
    state, _ = raised()
    state.when(ClearAlarm(("stray",), ABOUT.subject, 6)).nothing()


def test_a_cause_that_goes_in_time_is_never_an_alarm() -> None:
    watched = quiet().when(RaiseAlarm("overdue", ABOUT, 200.0, 7), at=100.0)
    watched.then(AlarmWatched("overdue", ABOUT, 200.0, 100.0))
    state = watched.and_then()
    assert alarms.DECIDER.deadline(state.state) == 200.0
    state.when(TimeReached(), at=199.0).nothing()
    state.when(ClearAlarm(("overdue",), ABOUT.subject, 8), at=150.0).then(
        AlarmForgone("overdue", ABOUT.subject, 150.0)
    )


def test_a_watched_cause_is_an_alarm_when_it_is_due_also_after_a_restart() -> None:
    state = quiet().after(RaiseAlarm("overdue", ABOUT, 200.0, 7), at=100.0).after_restart(500.0)
    then = state.when(TimeReached(), at=500.0).names("AlarmRaised")
    assert alarms.DECIDER.deadline(then.state) is None


def test_each_due_cause_gets_an_id_of_its_own() -> None:
    state = quiet().after(RaiseAlarm("overdue", ABOUT, 200.0, 7), at=100.0)
    other = About("trolley/TROLLEY_02", "TROLLEY_02")
    state = state.after(RaiseAlarm("overdue", other, 200.0, 7), at=100.0)
    then = state.when(TimeReached(), at=200.0).names("AlarmRaised", "AlarmRaised")
    assert len({event.alarm.alarm_id for event in then.decision.events}) == 2


def test_a_longer_rental_moves_the_time_that_is_watched() -> None:
    state = quiet().after(RaiseAlarm("overdue", ABOUT, 200.0, 7), at=100.0)
    state = state.after(RaiseAlarm("overdue", ABOUT, 300.0, 9), at=150.0)
    assert alarms.DECIDER.deadline(state.state) == 300.0


def test_acknowledging_names_who_sees_to_it_and_a_repeat_changes_nothing() -> None:
    state, alarm = raised()
    then = state.when(AcknowledgeAlarm(alarm.alarm_id, "mia", "sam"), at=120.0)
    then.then(AlarmAcknowledged(alarm.alarm_id, "mia", "sam", 120.0))
    seen = alarms.find(then.state, alarm.alarm_id)
    assert seen is not None
    assert (seen.acknowledged_at, seen.acknowledged_by, seen.assignee) == (120.0, "mia", "sam")
    then.answers(AlarmStands(seen))
    then.and_then().when(AcknowledgeAlarm(alarm.alarm_id, "mia", "sam"), at=130.0).nothing()
    given_on = AcknowledgeAlarm(alarm.alarm_id, "mia", "bo", "bring the spare wheel")
    handed = then.and_then().when(given_on, at=130.0).names("AlarmAcknowledged")
    (stands,) = handed.state.active.values()
    assert (stands.assignee, stands.note) == ("bo", "bring the spare wheel")
    handed.and_then().when(given_on, at=140.0).nothing()


def test_an_alarm_that_is_given_back_stands_and_waits_for_anybody() -> None:
    state, alarm = raised(RaiseAlarm("lock_failed", ABOUT, 100.0, 7))
    state.when(ReleaseAlarm(alarm.alarm_id, "mia"), at=110.0).nothing().answers(AlarmStands(alarm))
    taken = state.when(AcknowledgeAlarm(alarm.alarm_id, "mia", "sam", "bring the spare wheel"), at=120.0)
    back = taken.and_then().when(ReleaseAlarm(alarm.alarm_id, "sam"), at=130.0)
    back.then(AlarmReleased(alarm.alarm_id, "sam", 130.0)).answers(AlarmStands(alarm))
    assert back.hints("branch", B) == [NoteAlarm("AlarmReleased", alarm, 3)]
    assert alarms.find(back.state, alarm.alarm_id) == alarm


def test_a_shopper_who_was_told_that_somebody_comes_is_handed_on_and_not_given_back() -> None:
    state, alarm = raised(CallForHelp("s1", T, "alice"))
    taken = state.when(AcknowledgeAlarm(alarm.alarm_id, "mia", "mia"), at=120.0)
    taken.and_then().when(ReleaseAlarm(alarm.alarm_id, "mia")).refused(409, "alarm_of_a_person")


def test_clearing_by_hand_answers_the_same_again_and_an_unknown_alarm_is_refused() -> None:
    state, alarm = raised()
    then = state.when(DismissAlarm(alarm.alarm_id, "mia"), at=120.0)
    then.then(AlarmCleared(alarm, "mia", 120.0)).answers(AlarmGone(alarm.alarm_id))
    after = then.and_then()
    after.when(DismissAlarm(alarm.alarm_id, "mia")).nothing().answers(AlarmGone(alarm.alarm_id))
    after.when(AcknowledgeAlarm(alarm.alarm_id, "mia", "mia")).refused(409, "alarm_cleared")
    after.when(DismissAlarm("nothing", "mia")).refused(404, "alarm_not_found")


def test_an_alarm_whose_cause_stands_is_not_done_with_because_somebody_says_so() -> None:
    state, alarm = raised(RaiseAlarm("lock_failed", ABOUT, 100.0, 7))
    refused = state.when(DismissAlarm(alarm.alarm_id, "mia"), at=120.0)
    refused.refused(409, "alarm_stands", alarm_id=alarm.alarm_id, kind="lock_failed")
    over = state.when(ClearAlarm(("lock_failed",), ABOUT.subject, 8), at=130.0)
    over.then(AlarmCleared(alarm, None, 130.0))


def test_a_snoozed_alarm_stands_and_says_who_lets_it_wait_until_when_and_why() -> None:
    state, alarm = raised(RaiseAlarm("lock_failed", ABOUT, 100.0, 7))
    then = state.when(SnoozeAlarm(alarm.alarm_id, "mia", 900.0, "part ordered"), at=120.0)
    then.then(AlarmSnoozed(alarm.alarm_id, "mia", 1020.0, "part ordered", 120.0))
    waits = alarms.find(then.state, alarm.alarm_id)
    assert waits is not None
    assert (waits.snoozed_until, waits.snoozed_by, waits.snooze_reason) == (1020.0, "mia", "part ordered")
    then.answers(AlarmStands(waits))
    assert then.hints("branch", B) == [NoteAlarm("AlarmSnoozed", waits, 2)]
    after = then.and_then()
    after.when(RaiseAlarm("lock_failed", ABOUT, 140.0, 9), at=140.0).nothing()
    over = after.when(ClearAlarm(("lock_failed",), ABOUT.subject, 10), at=150.0)
    over.then(AlarmCleared(waits, None, 150.0))
    over.and_then().when(SnoozeAlarm(alarm.alarm_id, "mia", 60.0, "again")).refused(409, "alarm_cleared")


def test_a_shopper_who_waits_is_not_snoozed() -> None:
    state, alarm = raised(CallForHelp("s1", T, "alice"))
    state.when(SnoozeAlarm(alarm.alarm_id, "mia", 60.0, "busy")).refused(409, "alarm_of_a_person")


def test_the_map_hears_of_every_change() -> None:
    state, alarm = raised()
    then = state.when(DismissAlarm(alarm.alarm_id, "mia"), at=120.0)
    assert then.hints("branch", B) == [NoteAlarm("AlarmCleared", alarm, 2, gone=True)]


def test_a_shopper_calls_once_and_hears_that_somebody_comes_and_that_it_is_done() -> None:
    call = CallForHelp("s1", T, "alice", "the scanner")
    state, alarm = raised(call)
    assert (alarm.kind, alarm.about.subject, alarm.about.detail) == (
        "help_wanted",
        "session/s1",
        "the scanner",
    )
    state.when(call, at=101.0).nothing().answers(AlarmStands(alarm))
    answered = state.when(AcknowledgeAlarm(alarm.alarm_id, "mia", "mia"), at=120.0)
    assert answered.hints("notify", "alice") == [Notify(Notice("HelpAnswered", "info", T, 120.0))]
    done = answered.and_then().when(ClearAlarm(("help_wanted",), "session/s1", 9), at=130.0)
    assert done.hints("notify", "alice") == [Notify(Notice("HelpDone", "info", T, 130.0))]


# --- who tells ----------------------------------------------------------------------


def held(**changed: Any) -> Given:
    asked = ClaimRequested(ref=REF, user_id="alice", session_id="s1", claim_id="claim-1", at=100.0, **changed)
    return given(trolley, T, LockClosed(True, 90.0, REF), asked, TrolleyAssigned("s1", "alice", "s1", 100.0))


def test_a_trolley_taken_in_a_session_is_overdue_after_its_rental_and_one_without_is_astray() -> None:
    then = held(rental_s=600.0).when(LockReported("open", False, 110.0), at=110.0)
    then.then(LockOpened(False, 110.0), TrolleyLeft("alice", 110.0, 710.0))
    overdue = RaiseAlarm("overdue", About(ABOUT.subject, T, *place(), "alice"), 710.0, 5)
    then.alarms(overdue)
    docked = given(trolley, T, LockClosed(True, 90.0, REF))
    gone = docked.when(LockReported("open", False, 110.0), at=110.0)
    gone.alarms(RaiseAlarm("stray", ABOUT, 110.0, 3))


def place() -> tuple[str, int]:
    return PLACE.device_id, PLACE.slot


def test_a_trolley_in_service_may_leave_without_an_alarm() -> None:
    state = given(trolley, T, LockClosed(True, 90.0, REF), MaintenanceStarted(REF, "wheel", 95.0))
    then = state.when(LockReported("open", False, 110.0), at=110.0)
    then.alarms()


def test_a_trolley_that_is_back_is_neither_astray_nor_overdue() -> None:
    out = held().after(LockReported("open", False, 110.0), at=110.0)
    then = out.when(LockReported("closed", True, 120.0), at=120.0)
    then.then(LockClosed(True, 120.0), TrolleyReturned("alice", 120.0))
    then.alarms(ClearAlarm(("stray", "overdue", "unpaid"), ABOUT.subject, 7))


def test_a_lock_that_did_not_open_is_an_alarm_until_it_opens() -> None:
    state = given(trolley, T, *held().history, LockFailed("s1", "not_opened", "stuck", 105.0))
    told = trolley.DECIDER.tells(state.state, state.history[-1])
    about = About(ABOUT.subject, T, *place(), "alice", "not_opened")
    assert [tell.command for tell in told if tell.kind == "alarms"] == [
        RaiseAlarm("lock_failed", about, 105.0, 4)
    ]
    opened = state.when(LockReported("open", True, 110.0), at=110.0)
    opened.alarms(ClearAlarm(("lock_failed",), ABOUT.subject, 5))
    closed = opened.and_then().after(LockReported("closed", True, 111.0), at=111.0)
    closed.when(LockReported("open", True, 112.0), at=112.0).alarms()


def test_nobody_waits_for_help_whose_session_is_over() -> None:
    state = held()
    ended = SessionEnded("s1", "alice", "paid", 130.0)
    after = trolley.DECIDER.evolve(state.state, ended)
    told = [tell.command for tell in trolley.DECIDER.tells(after, ended) if tell.kind == "alarms"]
    assert told == [ClearAlarm(("help_wanted",), "session/s1", 4)]


def online() -> Given:
    return given(device, "d1", DeviceConnected(B, "boot-1", "1.0", 100.0))


def test_a_pi_that_stays_away_is_an_alarm_ninety_seconds_after_its_last_word() -> None:
    event = DeviceDisconnected("boot-1", 120.0, 118.0)
    after = device.DECIDER.evolve(online().state, event)
    told = [tell.command for tell in device.DECIDER.tells(after, event) if tell.kind == "alarms"]
    assert told == [RaiseAlarm("device_offline", About("device/d1", device_id="d1"), 208.0, 2)]
    back = given(device, "d1", *online().history, event).when(LinkUp(B, "boot-1", "1.0", ()), at=130.0)
    back.alarms(ClearAlarm(("device_offline",), "device/d1", 3))


def test_a_board_that_cannot_be_read_is_one_alarm_until_it_answers() -> None:
    dark = [SlotReading(slot, "unknown", False, 101.0) for slot in (0x10, 0x11)]
    first = online().when(Reports((Report(1, dark[0]),)), at=101.0).names("SlotChanged", "BoardSilent")
    about = About("board/d1:1", device_id="d1", slot=0x10)
    first.alarms(RaiseAlarm("bus_fault", about, 101.0, 3))
    second = first.and_then().when(Reports((Report(2, dark[1]),)), at=101.0).names("SlotChanged")
    light = SlotReading(0x11, "closed", True, 105.0)
    then = second.and_then().when(Reports((Report(3, light),)), at=105.0)
    assert then.decision.events[1:] == (BoardAnswered(1, 105.0),)
    then.alarms(ClearAlarm(("bus_fault",), "board/d1:1", 6))


def test_hello_tells_of_silent_boards_too() -> None:
    dark = tuple(SlotReading(slot, "unknown", False, 101.0) for slot in (0x10, 0x11))
    then = given(device, "d1").when(LinkUp(B, "boot-1", "1.0", dark), at=101.0)
    assert then.decision.events[-1] == BoardSilent(1, 101.0)


# --- on the map -----------------------------------------------------------------------


def test_the_branch_shows_the_alarms_that_stand_and_ignores_what_is_old() -> None:
    _, alarm = raised()
    state = branch.State.of(B, "demo", alarms=(alarm,), alarms_seq=4)
    ctx = branch.DECIDER.context(100.0, "c", "p")
    assert branch.DECIDER.decide(state, NoteAlarm("AlarmRaised", alarm, 4), ctx).events == ()
    (event,) = branch.DECIDER.decide(state, NoteAlarm("AlarmCleared", alarm, 5, gone=True), ctx).events
    assert event == AlarmNoted("AlarmCleared", alarm, 5, gone=True)
    assert branch.DECIDER.evolve(state, event).alarms == {}
