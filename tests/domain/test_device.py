"""A Raspberry Pi: its link, its reports and its queue of unlocks."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from actors import device
from actors.kit.decider import TimeReached
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.branch import DeviceCard, NoteDevice
from actors.messages.device import (
    Acked,
    AssignSlots,
    Beat,
    BoardSilent,
    DeskOfDevice,
    DeviceConnected,
    DeviceDisconnected,
    DeviceExpected,
    DeviceRetired,
    Expect,
    FirmwareImage,
    FirmwareOffered,
    LinkDown,
    LinkUp,
    OfferFirmware,
    Poll,
    Received,
    Report,
    Reports,
    Result,
    Retire,
    SendUnlock,
    SlotChanged,
    SlotOwner,
    SlotReading,
    SlotsAssigned,
    SlotSeen,
    UnlockDone,
    UnlockQueued,
    UnlockSlot,
)
from actors.messages.returns import SlotFilled, SlotKnown
from actors.messages.trolley import LockReported, Place, UnlockFinished
from tests.domain.given import Given, given, rested
from tests.domain.things import REF

T = "TROLLEY_01"
UP = LinkUp("BRANCH-001", "boot-1", "1.0", ())
CONNECTED = DeviceConnected("BRANCH-001", "boot-1", "1.0", 100.0)
UNLOCK = UnlockSlot("u1", 0x13, T, 110.0, "BRANCH-001")
QUEUED = UnlockQueued(
    unlock_id="u1", slot=0x13, trolley_id=T, expires_at=110.0, branch="BRANCH-001", at=100.0
)
CLOSED = SlotReading(0x13, "closed", True, 99.0, REF)
IMAGE = FirmwareImage(version="2.0", url="https://shop/f", size=9, sha256="ab", signature="c2ln")
OPEN = SlotReading(0x13, "open", True, 101.0, REF)


def reports(*numbered: tuple[int, SlotReading]) -> Reports:
    return Reports(tuple(Report(seq, reading) for seq, reading in numbered))


def fresh() -> Given:
    return given(device, "d1")


def online() -> Given:
    return given(device, "d1", CONNECTED)


def test_a_device_that_says_hello_is_online_and_the_map_shows_it() -> None:
    then = fresh().when(UP, at=100.0).then(CONNECTED).answers(DeskOfDevice((), 0))
    card = DeviceCard("d1", True, "1.0", 1, 100.0)
    assert then.hints("branch", "BRANCH-001") == [NoteDevice("DeviceConnected", card)]


def test_the_same_boot_saying_hello_again_changes_nothing_but_a_new_one_does() -> None:
    online().when(UP, at=120.0).nothing().answers(DeskOfDevice((), 0))
    online().when(replace(UP, boot_id="boot-2"), at=120.0).names("DeviceConnected")
    online().when(replace(UP, firmware="1.1"), at=120.0).names("DeviceConnected")


def test_a_closed_link_takes_the_device_off_line_but_not_one_of_the_boot_before() -> None:
    online().when(LinkDown("boot-1"), at=120.0).then(DeviceDisconnected("boot-1", 120.0, 100.0))
    online().when(LinkDown("boot-0"), at=120.0).nothing()
    fresh().when(LinkDown("boot-1"), at=120.0).nothing()


def test_a_device_without_three_heartbeats_is_off_line() -> None:
    state = online()
    assert device.DECIDER.deadline(state.state) == 190.0
    state.when(TimeReached(), at=189.9).nothing()
    state.when(TimeReached(), at=190.0).then(DeviceDisconnected("boot-1", 190.0, 100.0))
    beating = state.after(Beat(), at=130.0)
    assert device.DECIDER.deadline(beating.state) == 220.0
    beating.when(TimeReached(), at=190.0).nothing()


def test_a_device_given_up_too_early_is_back_with_its_next_heartbeat() -> None:
    lost = online().after(TimeReached(), at=190.0)
    lost.when(Beat(), at=191.0).then(DeviceConnected("BRANCH-001", "boot-1", "1.0", 191.0))
    fresh().when(Beat()).nothing()


def test_a_device_that_only_beats_over_http_is_online_by_that_and_off_line_without() -> None:
    beaten = fresh().after(UNLOCK, at=95.0).when(Poll("BRANCH-001", {"load": 1}), at=100.0)
    beaten.then(DeviceConnected("BRANCH-001", "", "", 100.0))
    beaten.answers(DeskOfDevice((SendUnlock("u1", 0x13, 10_000),), 0))
    assert (beaten.state.health, beaten.state.online) == ({"load": 1}, True)
    beaten.alarms(ClearAlarm(("device_offline",), "device/d1", beaten.state.seq))
    later = fresh().after(Poll("BRANCH-001"), at=100.0).after(Poll("BRANCH-001"), at=130.0)
    assert device.DECIDER.deadline(later.state) == 220.0
    lost = later.when(TimeReached(), at=220.0).then(DeviceDisconnected("", 220.0, 130.0))
    lost.alarms(RaiseAlarm("device_offline", About("device/d1", device_id="d1"), 220.0, lost.state.seq))


def test_a_beat_over_http_changes_nothing_for_a_device_whose_link_is_up() -> None:
    online().when(Poll("BRANCH-001"), at=120.0).nothing().answers(DeskOfDevice((), 0))


def test_after_a_restart_the_device_has_the_usual_time_to_come_back() -> None:
    woken = online().after_restart(at=500.0)
    assert device.DECIDER.deadline(woken.state) == 590.0
    woken.when(TimeReached(), at=590.0).names("DeviceDisconnected")


def test_an_unlock_is_queued_and_put_on_the_wire_with_its_time_to_live() -> None:
    then = online().when(UNLOCK, at=100.0).then(QUEUED).tells()
    assert then.hints("link", "d1") == [SendUnlock("u1", 0x13, 10_000)]


def test_an_unlock_ordered_twice_is_queued_once_even_when_it_is_done() -> None:
    queued = online().after(UNLOCK, at=100.0)
    queued.when(UNLOCK, at=101.0).nothing()
    queued.after(Result("u1", "opened"), at=102.0).when(UNLOCK, at=103.0).nothing()


def test_an_unlock_whose_time_is_over_never_reaches_the_wire() -> None:
    then = online().when(UNLOCK, at=110.0).names("UnlockDone")
    assert then.hints("link", "d1") == []
    then.tells(("trolley", T, UnlockFinished("u1", "expired", "The device did not answer in time.")))


def test_a_device_that_comes_back_gets_what_is_pending_with_the_time_that_is_left() -> None:
    away = fresh().after(UNLOCK, at=100.0)
    away.when(UP, at=104.0).answers(DeskOfDevice((SendUnlock("u1", 0x13, 6_000),), 0))
    away.when(UP, at=110.0).answers(DeskOfDevice((), 0))


def test_a_result_ends_the_unlock_and_the_trolley_hears_of_it() -> None:
    queued = online().after(UNLOCK, at=100.0).after(Received("u1"), at=100.1)
    then = queued.when(Result("u1", "not_opened", "stuck"), at=103.0).answers(Acked())
    then.then(
        UnlockDone(unlock_id="u1", slot=0x13, trolley_id=T, outcome="not_opened", detail="stuck", at=103.0)
    )
    then.tells(("trolley", T, UnlockFinished("u1", "not_opened", "stuck")))
    then.and_then().when(Result("u1", "opened"), at=104.0).nothing().answers(Acked())


def test_a_result_of_an_unknown_unlock_is_acknowledged_and_ignored() -> None:
    online().when(Result("u9", "opened")).nothing().answers(Acked())


def test_an_unlock_without_a_result_expires_a_moment_after_its_time_so_that_a_late_result_wins() -> None:
    queued = online().after(UNLOCK, at=100.0)
    assert device.DECIDER.deadline(queued.state) == 112.0
    queued.when(TimeReached(), at=111.9).nothing()
    queued.when(Result("u1", "opened"), at=111.9).names("UnlockDone")
    then = queued.when(TimeReached(), at=112.0).names("UnlockDone")
    assert then.decision.events[0].outcome == "expired"


def test_only_finished_unlocks_leave_the_queue() -> None:
    two = online().after(UNLOCK, at=100.0).after(replace(UNLOCK, unlock_id="u2", expires_at=115.0), at=105.0)
    later = two.after(TimeReached(), at=112.0)
    assert list(later.state.queue) == ["u2"]
    assert device.DECIDER.deadline(later.state) == 117.0


def test_a_report_that_changes_a_slot_goes_to_its_trolley() -> None:
    then = online().when(reports((1, OPEN)), at=101.5).answers(Acked(1))
    then.then(SlotChanged(1, (SlotSeen(0x13, "open", True, 101.0, T, ref=REF),)))
    then.tells(("trolley", T, LockReported("open", True, 101.0, REF, Place("d1", 0x13))))


def test_a_report_of_a_slot_without_a_trolley_is_kept_and_goes_nowhere() -> None:
    empty = replace(OPEN, ref=None)
    assert empty.trolley_id is None
    then = online().when(reports((1, empty)), at=101.5)
    then.then(SlotChanged(1, (SlotSeen(0x13, "open", True, 101.0),))).tells()


def test_a_second_change_of_a_slot_leaves_out_what_is_known_and_its_trolley_hears_it_all() -> None:
    then = online().after(reports((1, OPEN)), at=101.5).when(reports((2, CLOSED)), at=102.0)
    then.then(SlotChanged(2, (SlotSeen(0x13, "closed", True, pytest.approx(101.001), T, same=True),)))
    (told,) = then.told
    assert (told.command.hook, told.command.ref) == ("closed", REF)


def test_a_slot_that_is_given_to_another_trolley_says_so_with_its_next_change() -> None:
    other = replace(REF, trolley_id="TROLLEY_02")
    moved = replace(CLOSED, ref=other)
    then = online().after(reports((1, OPEN)), at=101.5).when(reports((2, moved)), at=102.0)
    then.tells(
        (
            "trolley",
            "TROLLEY_02",
            LockReported("closed", True, pytest.approx(101.001), other, Place("d1", 0x13)),
        )
    )


def test_a_trolley_that_is_placed_into_a_slot_which_is_read_already_hears_of_it_at_once() -> None:
    unknown = online().after(reports((1, replace(CLOSED, ref=None))), at=101.0)
    then = unknown.when(AssignSlots((SlotOwner(0x13, REF), SlotOwner(0x14, REF))), at=150.0)
    then.then(SlotsAssigned((SlotOwner(0x13, REF),), 150.0))
    then.tells(("trolley", T, LockReported("closed", True, 150.0, REF, Place("d1", 0x13))))
    then.returns(SlotKnown(Place("d1", 0x13), 150.0))
    then.and_then().when(AssignSlots((SlotOwner(0x13, REF),)), at=151.0).nothing()
    then.and_then().when(reports((2, replace(CLOSED, at=152.0))), at=152.0).nothing()


def test_a_slot_that_loses_its_trolley_while_it_is_full_asks_which_one_it_holds() -> None:
    state = online().after(reports((1, CLOSED)), at=101.0)
    then = state.when(AssignSlots((SlotOwner(0x13, None),)), at=150.0).names("SlotsAssigned")
    then.tells().returns(SlotFilled(Place("d1", 0x13), 150.0))


def test_a_full_slot_that_asked_is_taken_to_hold_the_trolley_that_is_placed_there() -> None:
    shared = replace(CLOSED, ref=None, free=True)
    emptied = replace(shared, hook="open", present=False, at=100.0)
    state = online().after(reports((1, emptied), (2, shared)), at=101.0)
    then = state.when(AssignSlots((SlotOwner(0x13, REF, True),)), at=150.0)
    then.tells(("trolley", T, LockReported("closed", True, 150.0, REF, Place("d1", 0x13))))
    assert then.state.occupants == {}


def test_a_device_that_is_trusted_no_more_has_no_slots_to_give() -> None:
    retired = online().after(reports((1, CLOSED)), at=101.0).after(Retire(), at=120.0)
    retired.when(AssignSlots((SlotOwner(0x13, None),)), at=150.0).nothing()


def test_a_burst_of_reports_is_one_event_and_every_change_reaches_its_trolley_in_order() -> None:
    gone = replace(OPEN, present=False, at=102.0)
    other = replace(OPEN, slot=0x14, ref=replace(REF, trolley_id="TROLLEY_02"))
    burst = reports((1, OPEN), (2, other), (3, gone), (4, gone))
    then = online().when(burst, at=103.0).names("SlotChanged").answers(Acked(4))
    (event,) = then.decision.events
    assert [(each.slot, each.present) for each in event.seen] == [(0x13, True), (0x14, True), (0x13, False)]
    assert [(tell.key, tell.command.present) for tell in then.told] == [
        (T, True),
        ("TROLLEY_02", True),
        (T, False),
    ]


def test_of_a_burst_that_was_heard_in_part_only_the_rest_counts() -> None:
    heard = online().after(reports((1, OPEN), (2, CLOSED)), at=101.5)
    then = heard.when(reports((1, OPEN), (2, CLOSED), (3, replace(OPEN, at=103.0))), at=104.0)
    then.answers(Acked(3)).then(SlotChanged(3, (SlotSeen(0x13, "open", True, 103.0, T, same=True),)))


def test_a_burst_that_ends_with_a_board_in_the_dark_says_that_it_is_silent() -> None:
    dark = replace(OPEN, hook="unknown", present=False, at=102.0)
    then = online().when(reports((1, OPEN), (2, dark)), at=103.0)
    then.names("SlotChanged", "BoardSilent")
    then.and_then().when(reports((3, dark), (4, OPEN)), at=104.0).names("SlotChanged", "BoardAnswered")


@pytest.mark.parametrize("seq", [1, 2])
def test_a_report_seen_before_is_acknowledged_and_changes_nothing(seq: int) -> None:
    state = online().after(reports((2, OPEN)), at=101.5)
    state.when(reports((seq, replace(CLOSED, at=105.0))), at=106.0).nothing().answers(Acked(2))


def test_a_report_of_what_is_known_changes_nothing_but_counts() -> None:
    state = online().after(reports((1, OPEN)), at=101.5)
    then = state.when(reports((2, replace(OPEN, at=105.0))), at=105.5).nothing().answers(Acked(2))
    assert then.state.last_seq == 2


def test_a_report_that_changed_a_slot_is_known_after_a_restart_too() -> None:
    woken = online().after(reports((2, OPEN)), at=101.5).after_restart(at=500.0)
    assert rested(device.DECIDER, woken.state).last_seq == 2
    woken.when(reports((2, CLOSED)), at=501.0).nothing().answers(Acked(2))


def test_hello_brings_what_the_hardware_says_and_only_changes_count() -> None:
    up = replace(UP, readings=(CLOSED, replace(CLOSED, slot=0x14, ref=None)))
    first = fresh().when(up, at=100.0)
    first.names("DeviceConnected", "SlotChanged")
    again = replace(up, boot_id="boot-2", readings=(replace(OPEN, at=200.0), up.readings[1]))
    first.and_then().when(again, at=201.0).names("DeviceConnected", "SlotChanged")


def test_the_desk_says_from_where_the_device_may_number_its_reports() -> None:
    online().after(reports((7, OPEN)), at=101.5).when(UP, at=120.0).answers(DeskOfDevice((), 7))


def test_the_times_of_a_slots_changes_only_grow_and_never_lie_in_the_future() -> None:
    state = online().after(reports((1, replace(OPEN, at=9_999.0))), at=101.5)
    assert state.state.slots[0x13].at == 101.5
    later = state.after(reports((2, replace(CLOSED, at=5.0))), at=102.0)
    assert later.state.slots[0x13].at == pytest.approx(101.501)


RETIRED = DeviceRetired((), 120.0)


def test_a_device_that_is_retired_is_not_missed_and_the_map_forgets_it() -> None:
    then = online().when(Retire(), at=120.0).then(RETIRED)
    then.alarms(ClearAlarm(("device_offline",), "device/d1", 2))
    card = DeviceCard("d1", False, "1.0", 2, 100.0)
    assert then.hints("branch", "BRANCH-001") == [NoteDevice("DeviceRetired", card, gone=True)]
    retired = given(device, "d1", CONNECTED, RETIRED)
    assert device.DECIDER.deadline(retired.state) is None
    for word in (LinkDown("boot-1"), Beat(), Retire()):
        retired.when(word, at=121.0).nothing()


def test_a_retired_devices_silent_boards_are_nobodys_any_more() -> None:
    then = given(device, "d1", CONNECTED, BoardSilent(17, 110.0)).when(Retire(), at=120.0)
    then.then(DeviceRetired((17,), 120.0))
    then.alarms(ClearAlarm(("device_offline",), "device/d1", 3), ClearAlarm(("bus_fault",), "board/d1:17", 3))


def test_what_waited_for_a_retired_device_ends_by_name() -> None:
    given(device, "d1", CONNECTED, QUEUED, FirmwareOffered("r1", IMAGE, 100.0)).when(
        Retire(), at=105.0
    ).names("UnlockDone", "FirmwareProgressed", "DeviceRetired")
    retired = given(device, "d1", CONNECTED, RETIRED)
    [done] = retired.when(UNLOCK, at=105.0).decision.events
    assert done.outcome == "expired"
    [_, failed] = retired.when(OfferFirmware("r1", IMAGE), at=105.0).decision.events
    assert (failed.state, failed.detail) == ("failed", "The device is revoked.")


def test_a_retired_device_that_is_let_in_again_is_online() -> None:
    given(device, "d1", CONNECTED, RETIRED).when(UP, at=130.0).then(replace(CONNECTED, at=130.0))


def test_a_device_that_was_never_heard_of_is_missed_and_found_when_it_comes() -> None:
    new = given(device, "d1").when(Expect("BRANCH-001"), at=100.0)
    new.then(DeviceExpected("BRANCH-001", 100.0))
    new.alarms(RaiseAlarm("device_offline", About("device/d1", device_id="d1"), 190.0, 1))
    assert [note.card.online for note in new.hints("branch", "BRANCH-001")] == [False]
    new.and_then().when(Expect("BRANCH-001"), at=200.0).nothing()
    came = new.and_then().when(UP, at=300.0)
    came.alarms(ClearAlarm(("device_offline",), "device/d1", 2))


def test_of_a_device_that_was_heard_of_its_link_tells() -> None:
    online().when(Expect("BRANCH-001"), at=101.0).nothing()
    online().after(LinkDown("boot-1"), at=102.0).when(Expect("BRANCH-001"), at=103.0).nothing()
    online().after(Retire(), at=102.0).when(Expect("BRANCH-001"), at=103.0).nothing()
