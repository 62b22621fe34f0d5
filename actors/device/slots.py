"""The slots of ``device/<device_id>``: the hardware's readings, and which trolley stands where.

A burst of reports is one command and leads to one event, however many slots it moved;
reports that move none leave no trace but the number of the last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from actors.device.state import STEP_S, State, occupant
from actors.kit.decider import NOTHING, Context, Decision
from actors.messages.device import (
    Acked,
    AssignSlots,
    BoardAnswered,
    BoardSilent,
    Occupy,
    Reports,
    SlotChanged,
    SlotOwner,
    SlotReading,
    SlotsAssigned,
    SlotSeen,
    SlotTaken,
    SlotVacated,
    Vacate,
)


def greeted(state: State, readings: Iterable[SlotReading], now: float) -> list[Any]:
    """Return what a hello changes: readings of one moment, so a board answers if any hook of it is known."""
    seen, boards = _Seen(state, now), dict[int, bool]()
    for reading in readings:
        seen.take(reading)
        board = reading.slot >> 4
        boards[board] = boards.get(board, False) or reading.hook != "unknown"
    changed = [SlotChanged(0, tuple(seen.differing))] if seen.differing else []
    return [*changed, *_boards(state, boards, now)]


def reported(state: State, command: Reports, ctx: Context) -> Decision:
    """Take the reports in their order, each once."""
    last = state.last_seq
    seen = _Seen(state, ctx.now)
    for report in command.reports:
        if report.seq > last:
            last = report.seq
            seen.take(report.reading)
    if seen.differing:
        boards = {each.slot >> 4: each.hook != "unknown" for each in seen.differing}
        events = (SlotChanged(last, tuple(seen.differing)), *_boards(state, boards, ctx.now))
        return Decision(events, Acked(last))
    if last == state.last_seq:
        return Decision(answer=Acked(last))
    memory = replace(state, idle_seq=last, heard_at=max(ctx.now, state.heard_at))
    return Decision(answer=Acked(last), memory=memory)


class _Seen:
    """Readings, one after the other, each against the shadow that those before it have left."""

    def __init__(self, state: State, now: float) -> None:
        self._slots, self._occupants = dict(state.slots), state.occupants
        self._now = now
        self.differing: list[SlotSeen] = []

    def take(self, reading: SlotReading) -> None:
        """Record the reading if it differs from the last one."""
        before = self._slots.get(reading.slot)
        if before is not None and not _differs(before, reading):
            return
        # A Pi has no clock of its own until the network gives it one: its times are not in the future here
        # and grow from change to change.
        at = min(reading.at, self._now)
        if before is not None:
            at = max(at, before.at + STEP_S)
        who = occupant(self._occupants, reading)
        same = before is not None and before.free == reading.free and before.ref == reading.ref
        ref, free = (None, False) if same else (reading.ref, reading.free)
        self.differing.append(
            SlotSeen(
                slot=reading.slot,
                hook=reading.hook,
                present=reading.present,
                at=at,
                trolley_id=who,
                same=same,
                ref=ref,
                free=free,
            )
        )
        self._slots[reading.slot] = replace(reading, at=at)
        if reading.free and not reading.present:
            self._occupants = {**self._occupants, reading.slot: ""}


def _differs(before: SlotReading, reading: SlotReading) -> bool:
    return (before.hook, before.present, before.trolley_id) != (
        reading.hook,
        reading.present,
        reading.trolley_id,
    )


def _boards(state: State, answering: dict[int, bool], now: float) -> list[Any]:
    """Return which boards fell silent or answer again: the Pi knows no hook on one it cannot read."""
    return [
        BoardAnswered(board, now) if known else BoardSilent(board, now)
        for board, known in answering.items()
        if known == (board in state.silent)
    ]


def assigned(state: State, command: AssignSlots, ctx: Context) -> Decision:
    """Note which trolleys belong into slots; one that stands in its new slot is docked by that."""
    news = tuple(owner for owner in command.owners if _other_owner(state.slots.get(owner.slot), owner))
    return Decision((SlotsAssigned(news, ctx.now),)) if news else NOTHING


def _other_owner(known: SlotReading | None, owner: SlotOwner) -> bool:
    """Return whether the slot has a reading, and that names another trolley."""
    trolley_id = None if owner.ref is None else owner.ref.trolley_id
    return known is not None and known.trolley_id != trolley_id


def occupied(state: State, command: Occupy, ctx: Context) -> Decision:
    """Note who stands in a slot."""
    if state.occupants.get(command.slot) == command.trolley_id:
        return NOTHING
    return Decision((SlotTaken(command.slot, command.trolley_id),))


def vacated(state: State, command: Vacate, ctx: Context) -> Decision:
    """Note that the trolley which was thought to stand in a slot stands elsewhere."""
    reading = state.slots.get(command.slot)
    known = state.occupants.get(command.slot) if reading is None else occupant(state.occupants, reading)
    if known not in (None, command.trolley_id) or state.occupants.get(command.slot) == "":
        return NOTHING
    return Decision((SlotVacated(command.slot, command.trolley_id),))
