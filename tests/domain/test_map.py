"""The volatile aggregates: branch, chain and a user's notices."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from actors import branch, chain, notify
from actors.kit.decider import TimeReached, UnexpectedEvent
from actors.messages.branch import (
    BranchEdited,
    BranchNoted,
    CartTotalChanged,
    Counters,
    DeviceCard,
    DeviceNoted,
    NoteBranch,
    NoteCart,
    NoteDevice,
    NoteEdit,
    NoteTrolley,
    TrolleyCard,
    TrolleyNoted,
)
from actors.messages.notify import Notice, Notified, Notify
from actors.messages.trolley import Place
from tests.domain.given import Given, given

FREE = TrolleyCard("TROLLEY_01", 1, seq=5)
HELD = replace(FREE, seq=6, phase="held", session_id="s1", user_id="alice", since=100.0)
DEVICE = DeviceCard("d1", True, "1.0", 4)
PI = Decimal("3.14")


def loaded(*cards: TrolleyCard) -> Given:
    return Given(branch.DECIDER, branch.State.of("BRANCH-001", "demo", cards or (FREE,), (DEVICE,)), [])


def when(state: Given, command: Any, at: float = 100.0) -> tuple[tuple[Any, ...], Given, Any]:
    """The events, the state after them, and the decision; a volatile entity is not replayed from nothing."""
    decision = branch.DECIDER.decide(state.state, command, branch.DECIDER.context(at, "c", "p"))
    after = decision.memory if decision.memory is not None else state.state
    for event in decision.events:
        after = branch.DECIDER.evolve(after, event)
        state.history.extend(branch.DECIDER.tells(after, event))
    again = branch.State.of("BRANCH-001", "demo", after.trolleys.values(), after.devices.values())
    assert again.counters == after.counters
    return decision.events, Given(branch.DECIDER, after, state.history), decision


def test_a_branch_is_counted_when_it_is_loaded() -> None:
    cards = [
        FREE,
        replace(HELD, trolley_id="T2"),
        replace(HELD, trolley_id="T3", phase="claiming"),
        replace(HELD, trolley_id="T4", maintenance=True, lock_fault="not_opened"),
        replace(FREE, trolley_id="T5", lock_fault="expired"),
        replace(FREE, trolley_id="T6", is_active=False, lock_fault="expired"),
    ]
    assert loaded(*cards).state.counters == Counters(total=5, available=1, held=2, maintenance=1, faults=1)


def test_a_note_changes_the_card_and_the_counters_and_the_chain_hears_of_it() -> None:
    counters = Counters(1, 0, 1)
    events, state, _ = when(loaded(), NoteTrolley("TrolleyAssigned", HELD))
    assert events == (TrolleyNoted("TrolleyAssigned", HELD, counters),)
    assert state.state.trolleys == {"TROLLEY_01": HELD}
    (tell,) = state.history
    assert (tell.kind, tell.key, tell.durable) == ("chain", "demo", False)
    assert tell.command == NoteBranch("BRANCH-001", counters)


def test_a_trolley_that_is_new_to_the_branch_is_counted_too() -> None:
    _, state, _ = when(loaded(), NoteTrolley("LockClosed", replace(FREE, trolley_id="T2", seq=1)))
    assert state.state.counters == Counters(2, 2)


def test_an_older_note_and_a_repeated_one_change_nothing() -> None:
    state = loaded(HELD)
    assert when(state, NoteTrolley("SessionEnded", FREE))[0] == ()
    assert when(state, NoteTrolley("TrolleyAssigned", HELD))[0] == ()


def test_new_reference_data_at_the_same_place_in_the_journal_counts() -> None:
    events, state, _ = when(loaded(), NoteTrolley("Reference", replace(FREE, is_active=False)))
    assert len(events) == 1
    assert state.state.counters == Counters()


def test_the_first_total_is_shown_at_once_and_the_next_a_second_later() -> None:
    _, state, _ = when(loaded(HELD), NoteCart("TROLLEY_01", "s1", PI, 1), at=100.0)
    assert state.state.trolleys["TROLLEY_01"].cart_total == PI
    for number in range(2, 6):
        events, state, decision = when(state, NoteCart("TROLLEY_01", "s1", PI * number, number), at=100.1)
        assert events == ()
        assert decision.memory is not None
    assert branch.DECIDER.deadline(state.state) == 101.0
    assert when(state, TimeReached(), at=100.9)[0] == ()
    events, state, _ = when(state, TimeReached(), at=101.0)
    assert events == (CartTotalChanged("TROLLEY_01", PI * 5, 5, 101.0),)
    assert branch.DECIDER.deadline(state.state) is None
    events, state, _ = when(state, NoteCart("TROLLEY_01", "s1", PI, 1), at=102.0)
    assert len(events) == 1


def test_each_trolley_has_a_second_of_its_own() -> None:
    state = loaded(HELD, replace(HELD, trolley_id="T2", session_id="s2"))
    for trolley_id, session_id in (("TROLLEY_01", "s1"), ("T2", "s2")):
        events, state, _ = when(state, NoteCart(trolley_id, session_id, PI, 1), at=100.0)
        assert len(events) == 1


def test_a_total_that_is_shown_already_is_not_shown_again() -> None:
    _, state, _ = when(loaded(HELD), NoteCart("TROLLEY_01", "s1", PI, 1), at=100.0)
    assert when(state, NoteCart("TROLLEY_01", "s1", PI, 1), at=105.0)[0] == ()


def test_a_total_of_another_session_or_of_an_unknown_trolley_is_not_shown() -> None:
    assert when(loaded(HELD), NoteCart("TROLLEY_01", "s0", PI, 1))[0] == ()
    assert when(loaded(HELD), NoteCart("TROLLEY_09", "s1", PI, 1))[0] == ()


def test_the_total_stays_while_the_session_goes_on_and_goes_with_it() -> None:
    _, state, _ = when(loaded(HELD), NoteCart("TROLLEY_01", "s1", PI, 1), at=100.0)
    _, state, _ = when(state, NoteCart("TROLLEY_01", "s1", PI * 2, 2), at=100.1)
    events, state, _ = when(state, NoteTrolley("LockOpened", replace(HELD, seq=7)))
    assert events[0].card.cart_total == PI
    assert branch.DECIDER.deadline(state.state) == 101.0
    _, state, _ = when(state, NoteTrolley("SessionEnded", replace(FREE, seq=8)))
    assert state.state.trolleys["TROLLEY_01"].cart_total == 0
    assert branch.DECIDER.deadline(state.state) is None, "what waited to be shown is gone with the session"


def test_a_device_is_shown_and_an_older_note_of_it_is_not() -> None:
    off = replace(DEVICE, online=False, seq=5)
    events, state, _ = when(loaded(), NoteDevice("DeviceDisconnected", off))
    assert events == (DeviceNoted("DeviceDisconnected", off, Counters(1, 1)),)
    assert state.state.devices == {"d1": off}
    assert when(state, NoteDevice("DeviceConnected", DEVICE))[0] == ()
    assert when(state, NoteDevice("DeviceDisconnected", off))[0] == ()


IN_SLOT = replace(FREE, custody="docked", place=Place("d1", 18))
"""In the third slot of board 1."""


@pytest.mark.parametrize(
    ("card", "device", "what"),
    [
        (IN_SLOT, DEVICE, "available"),
        (IN_SLOT, replace(DEVICE, silent=(0,)), "available"),
        (IN_SLOT, replace(DEVICE, silent=(0, 1)), "unreachable"),
        (IN_SLOT, replace(DEVICE, online=False), "unreachable"),
        (replace(IN_SLOT, place=Place("d2", 0)), DEVICE, "unreachable"),
        (replace(IN_SLOT, lock_fault="not_opened"), DEVICE, "faults"),
        (replace(IN_SLOT, custody="out"), DEVICE, "stray"),
        (replace(IN_SLOT, custody="out", staff_id="mia", staff_until=1.0), DEVICE, "held"),
        (replace(IN_SLOT, missing=True, lock_fault="not_opened"), DEVICE, "missing"),
        (replace(IN_SLOT, phase="held", lock_fault="not_opened"), DEVICE, "faults"),
        (replace(IN_SLOT, phase="held"), replace(DEVICE, online=False), "held"),
        (replace(IN_SLOT, is_active=False), DEVICE, None),
    ],
)
def test_a_trolley_counts_as_one_thing(card: TrolleyCard, device: DeviceCard, what: str | None) -> None:
    assert branch.standing(card, {device.device_id: device}) == what


def test_a_board_that_falls_silent_takes_its_trolleys_from_the_free_ones_and_the_chain_hears_of_it() -> None:
    events, state, _ = when(loaded(IN_SLOT), NoteDevice("BoardSilent", replace(DEVICE, seq=5, silent=(1,))))
    assert events[0].counters == Counters(total=1, unreachable=1)
    (tell,) = state.history
    assert tell.command == NoteBranch("BRANCH-001", Counters(total=1, unreachable=1))
    events, _, _ = when(state, NoteDevice("BoardAnswered", replace(DEVICE, seq=6)))
    assert events[0].counters == Counters(total=1, available=1)


_SEQ = st.integers(0, 8)
_CARDS = st.builds(
    TrolleyCard,
    st.sampled_from(["T1", "T2", "T3"]),
    st.just(1),
    _SEQ,
    st.sampled_from(["available", "claiming", "held"]),
    st.sampled_from(["docked", "out", "unknown"]),
    is_active=st.booleans(),
    maintenance=st.booleans(),
    missing=st.booleans(),
    lock_fault=st.sampled_from(["", "not_opened"]),
    place=st.none() | st.builds(Place, st.sampled_from(["d1", "d2"]), st.integers(0, 31)),
)
_DEVICES = st.builds(
    DeviceCard,
    st.sampled_from(["d1", "d2"]),
    st.booleans(),
    st.just("1.0"),
    _SEQ,
    silent=st.sets(st.integers(0, 1)).map(tuple),
)
_NOTES = st.builds(NoteTrolley, st.just("TrolleyChanged"), _CARDS) | st.builds(
    NoteDevice, st.just("DeviceChanged"), _DEVICES, st.booleans()
)


@hypothesis.given(st.lists(_NOTES, max_size=30))
def test_whatever_is_noted_the_counters_sum_to_all_and_are_those_of_the_list_and_the_chain(
    notes: list[Any],
) -> None:
    state = loaded()
    for note in notes:
        _, state, _ = when(state, note)
        now = state.state
        listed = Counter(branch.standing(card, now.devices) for card in now.trolleys.values())
        del listed[None]
        counted = asdict(now.counters)
        assert counted.pop("total") == sum(counted.values()) == listed.total()
        assert {what: number for what, number in counted.items() if number} == dict(listed)
    if state.history:
        assert state.history[-1].command == NoteBranch("BRANCH-001", state.state.counters)


def test_a_branch_of_no_chain_tells_nobody() -> None:
    alone = branch.State("BRANCH-001")
    assert branch.DECIDER.tells(alone, TrolleyNoted("LockOpened", FREE, Counters())) == ()


def test_a_chain_keeps_the_counters_of_its_branches() -> None:
    then = given(chain, "demo").when(NoteBranch("B1", Counters(1, 1)))
    then.then(BranchNoted("B1", Counters(1, 1))).tells()
    then.and_then().when(NoteBranch("B1", Counters(1, 1))).nothing()
    assert then.state.branches == {"B1": Counters(1, 1)}


def test_a_user_sees_the_latest_notices() -> None:
    state = given(notify, "alice")
    for number in range(notify.KEPT + 3):
        notice = Notice("SessionExpired", "warning", f"T{number}", float(number))
        state = state.when(Notify(notice)).then(Notified(notice)).and_then()
    assert [each.trolley_id for each in state.state.notices] == [f"T{n}" for n in range(3, notify.KEPT + 3)]


@pytest.mark.parametrize("door", [branch, chain, notify])
def test_an_aggregate_refuses_what_its_table_does_not_list(door: Any) -> None:
    decider = door.DECIDER
    given(door, "x").when(Unheard()).refused(409, "not_allowed", phase="open", command="Unheard")
    with pytest.raises(UnexpectedEvent):
        decider.evolve(decider.initial("x"), Unheard())
    assert decider.deadline(decider.initial("x")) is None
    assert decider.awake(decider.initial("x"), 5.0) == decider.initial("x")


class Unheard:
    """A command that no table lists."""


def test_a_trolley_that_is_another_branchs_now_leaves_the_map_and_its_counters() -> None:
    other = replace(FREE, trolley_id="T9", cart_number=9)
    events, state, _ = when(loaded(FREE, other), NoteEdit((FREE.trolley_id,)))
    assert events == (BranchEdited(("T9",), Counters(total=1, available=1)),)
    assert list(state.state.trolleys) == [FREE.trolley_id]
