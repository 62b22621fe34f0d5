"""Which trolley came back into which slot: matched when only one can be meant, else somebody is asked."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors import returns, trolley
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.device import Occupy, Report, Reports, SlotReading, UnlockSlot, Vacate
from actors.messages.notify import Notice, Notify
from actors.messages.returns import (
    CustodyNoted,
    NoteCustody,
    ReturnPlaced,
    ReturnScanned,
    SlotDropped,
    SlotEmptied,
    SlotFilled,
    SlotKnown,
    SlotWaits,
    TrolleyMatched,
)
from actors.messages.trolley import (
    Claim,
    Dock,
    LockClosed,
    LockReported,
    Place,
    TrolleyPlaced,
    TrolleyReturned,
    Unlock,
)
from tests.domain.given import Given, given
from tests.domain.network import World
from tests.domain.things import PLACE, REF, ref

B = "BRANCH-001"
S1, S2 = Place("d1", 1), Place("d1", 2)


def out(*trolleys: tuple[str, str | None]) -> Given:
    """The returns of a branch in which these trolleys are out: code and present holder."""
    return given(
        returns,
        B,
        *(
            CustodyNoted(trolley_id=code, seq=5, out=True, holder=holder, taken_by="alice")
            for code, holder in trolleys
        ),
    )


def test_the_only_trolley_that_is_out_is_the_one_that_came_back_even_while_it_is_held() -> None:
    for holder in (None, "alice"):
        then = out(("T1", holder)).when(SlotFilled(S2, 100.0), at=100.1)
        then.then(TrolleyMatched("T1", S2, 100.0, None))
        assert ("trolley", "T1", Dock(S2, 100.0)) in [
            (each.kind, each.key, each.command) for each in then.told
        ]


def test_the_only_one_whose_session_is_over_is_meant_while_others_are_still_held() -> None:
    then = out(("T1", "alice"), ("T2", None)).when(SlotFilled(S2, 100.0), at=100.1)
    then.then(TrolleyMatched("T2", S2, 100.0, None))


def test_with_two_that_can_be_meant_manager_and_shoppers_are_asked() -> None:
    then = out(("T1", None), ("T2", None)).when(SlotFilled(S2, 100.0), at=100.1)
    then.then(SlotWaits(S2, 100.0))
    then.alarms(RaiseAlarm("slot_unknown", About("slot/d1:2", device_id="d1", slot=2), 100.0, 3))
    asked = [Notify(Notice("ScanWanted", "info", code, 100.0)) for code in ("T1", "T2")]
    assert then.hints("notify", "alice") == asked
    then.and_then().when(SlotFilled(S2, 100.5)).nothing()


def test_when_all_are_held_the_end_of_one_session_tells_which_it_was() -> None:
    asking = out(("T1", "alice"), ("T2", "bob")).when(SlotFilled(S2, 100.0), at=100.1)
    asking.names("SlotWaits")
    then = asking.and_then().when(
        NoteCustody(trolley_id="T2", seq=9, out=True, holder=None, taken_by="bob"), at=110.0
    )
    assert then.decision.events[-1] == TrolleyMatched("T2", S2, 100.0, None)
    then.alarms(ClearAlarm(("slot_unknown",), "slot/d1:2", 5))


def test_of_two_slots_that_ask_one_scan_answers_both() -> None:
    state = out(("T1", None), ("T2", None)).after(SlotFilled(S1, 100.0)).after(SlotFilled(S2, 101.0))
    state.when(ReturnScanned("T1", None, "mia", staff=True)).refused(409, "which_slot")
    then = state.when(ReturnScanned("T1", S2, "mia", staff=True), at=110.0)
    then.then(TrolleyMatched("T1", S2, 110.0, "mia"), TrolleyMatched("T2", S1, 100.0, None))
    then.answers(ReturnPlaced("T1", S2))


def test_a_trolley_that_was_just_matched_is_not_meant_again() -> None:
    state = out(("T1", None), ("T2", "bob")).after(SlotFilled(S1, 100.0))
    then = state.when(SlotFilled(S2, 101.0)).then(TrolleyMatched("T2", S2, 101.0, None))
    then.and_then().when(NoteCustody(trolley_id="T1", seq=9, out=False)).then(
        CustodyNoted(trolley_id="T1", seq=9, out=False, holder=None, taken_by=None)
    )


def test_a_shopper_says_so_of_the_own_trolley_only() -> None:
    state = out(("T1", None), ("T2", None)).after(SlotFilled(S1, 100.0))
    state.when(ReturnScanned("T1", None, "eve", staff=False)).refused(403, "not_your_trolley")
    state.when(ReturnScanned("T1", S2, "alice", staff=False)).refused(409, "no_slot_waits")
    then = state.when(ReturnScanned("T1", None, "alice", staff=False), at=105.0)
    assert then.decision.events[0] == TrolleyMatched("T1", S1, 105.0, "alice")


def test_nothing_can_be_given_back_where_no_slot_has_seen_anything() -> None:
    out(("T1", None)).when(ReturnScanned("T1", None, "alice", staff=False)).refused(409, "no_slot_waits")


def test_a_slot_that_is_emptied_again_asks_no_more_and_an_older_word_is_not_heeded() -> None:
    state = out(("T1", None), ("T2", None)).after(SlotFilled(S2, 100.0))
    state.when(SlotEmptied(S2, 99.0)).nothing()
    dropped = state.when(SlotEmptied(S2, 103.0)).then(SlotDropped(S2, 103.0))
    dropped.and_then().when(SlotFilled(S2, 102.0)).nothing()


def test_a_slot_asks_no_more_once_a_trolley_belongs_there_and_the_only_other_one_is_matched_then() -> None:
    state = out(("T1", None), ("T2", None)).after(SlotFilled(S2, 100.0))
    state.when(SlotKnown(S1, 103.0)).nothing()
    then = state.when(SlotKnown(S2, 103.0)).then(SlotDropped(S2, 103.0))
    then.alarms(ClearAlarm(("slot_unknown",), "slot/d1:2", 4))
    both = state.after(SlotFilled(S1, 101.0)).after(NoteCustody(trolley_id="T2", seq=9, out=False), at=102.0)
    both.when(SlotKnown(S2, 103.0)).then(SlotDropped(S2, 103.0), TrolleyMatched("T1", S1, 101.0, None))


def test_an_older_note_of_a_trolley_changes_nothing() -> None:
    out(("T1", None)).when(NoteCustody(trolley_id="T1", seq=4, out=False)).nothing()


# --- the trolley -----------------------------------------------------------------------


def docked() -> Given:
    return given(trolley, "TROLLEY_01", LockClosed(True, 90.0, REF))


def test_a_trolley_put_elsewhere_stands_there_and_both_slots_hear_of_it() -> None:
    away = docked().after(LockReported("open", False, 100.0, place=PLACE), at=100.0)
    then = away.when(Dock(S2, 110.0), at=110.1)
    then.then(TrolleyPlaced(S2, PLACE, PLACE, 110.0), LockClosed(True, 110.0), TrolleyReturned(None, 110.0))
    then.tells(
        ("device", "device-1", Vacate(PLACE.slot, "TROLLEY_01", B)),
        ("device", "d1", Occupy(2, "TROLLEY_01", B)),
    )
    then.returns(NoteCustody(trolley_id="TROLLEY_01", seq=6, out=False))
    back = then.and_then()
    assert trolley.card(back.state).place == S2  # type: ignore[union-attr]
    back.when(LockReported("open", False, 120.0, REF, PLACE), at=120.0).nothing()


def test_its_lock_opens_where_it_stands_until_reference_data_gives_it_another_slot() -> None:
    state = docked().after(LockReported("open", False, 100.0), at=100.0).after(Dock(S2, 110.0), at=110.0)
    then = state.when(Unlock(REF, "stuck"), at=120.0)
    (order,) = [tell for tell in then.told if isinstance(tell.command, UnlockSlot)]
    assert (order.key, order.command.slot) == ("d1", 2)  # type: ignore[attr-defined]
    moved = replace(REF, place=Place("d9", 9))
    then = state.when(Unlock(moved, "stuck"), at=120.0)
    (order,) = [tell for tell in then.told if isinstance(tell.command, UnlockSlot)]
    assert (order.key, order.command.slot) == ("d9", 9)  # type: ignore[attr-defined]


# --- all together ------------------------------------------------------------------------


class Bays:
    """Two trolleys in a branch whose slots are free for any of them."""

    def __init__(self) -> None:
        self.world = World()
        self.seq = 0
        self.refs = [ref(number, place=Place("d1", number)) for number in (1, 2)]
        for each in self.refs:
            self.see(each.place.slot, "closed", True)  # type: ignore[union-attr]

    def see(self, slot: int, hook: Any, present: bool) -> None:
        self.seq += 1
        self.world.now += 1.0
        own = next((each for each in self.refs if each.place and each.place.slot == slot), None)
        reading = SlotReading(slot, hook, present, self.world.now, own, free=True)
        self.world.post("device", "d1", Reports((Report(self.seq, reading),)))
        self.world.settle()

    def custody(self) -> list[tuple[str, Place | None]]:
        states = [self.world.actor("trolley", each.trolley_id).state for each in self.refs]
        return [(state.custody, trolley.stands(state)) for state in states]


def test_two_trolleys_that_are_swapped_are_told_apart_by_one_scan() -> None:
    bays = Bays()
    one, two = (each.trolley_id for each in bays.refs)
    bays.see(1, "open", False)
    bays.see(2, "open", False)
    bays.see(1, "closed", True)
    assert [custody for custody, _ in bays.custody()] == ["out", "out"]
    scanned = ReturnScanned(two, None, "mia", staff=True)
    bays.world.ask("yard", B, scanned)
    bays.world.settle()
    bays.see(2, "closed", True)
    assert bays.custody() == [("docked", Place("d1", 2)), ("docked", Place("d1", 1))]
    bays.world.ask("trolley", one, Claim(ref=bays.refs[0], user_id="alice", session_id="s1"))
    bays.world.settle()
    assert [(device, sent.slot) for _, device, sent in bays.world.sent] == [("d1", 2)]
    bays.see(2, "open", False)
    assert bays.custody()[0][0] == "out"
