"""The decider of a branch's returns (``yard/<branch code>``): which trolley came back into which slot.

Lock hardware sees that a slot holds a trolley, not which one. A return is matched when
only one trolley can be meant; else the manager and the shoppers are asked for a scan.
It asks again by itself whenever it hears more: a session that ends, another
trolley that is found, may leave only one that can be meant.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    Tell,
    TimeReached,
    counted,
    ignored,
    refuse,
)
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.notify import Notice, Notify
from actors.messages.returns import (
    Answer,
    Command,
    CustodyNoted,
    Event,
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
from actors.messages.trolley import Dock, Place


class Out(msgspec.Struct, frozen=True):
    """A trolley that is not in a slot."""

    holder: str | None
    taken_by: str | None


class State(msgspec.Struct, frozen=True):
    """One branch's trolleys that are out, and slots that ask."""

    code: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: str = "open"
    out: dict[str, Out] = {}
    """By trolley."""
    docking: tuple[str, ...] = ()
    """Trolleys that were matched and have not said yet that they are back."""
    heard: dict[str, int] = {}
    """Latest journal place that a trolley spoke from."""
    waiting: dict[str, SlotWaits] = {}
    """Slots that ask, by device and slot, oldest first."""
    emptied: dict[str, float] = {}
    """When a slot was last seen empty (memory only): an older word that it is full comes late."""


def candidate(state: State) -> str | None:
    """Return the one trolley that a slot which has just been filled can hold, or None.

    Of those that are out, one whose session is over is expected back. If all are still held,
    only the last one out is certain.
    """
    out = {code: each for code, each in state.out.items() if code not in state.docking}
    free = [code for code, each in out.items() if each.holder is None]
    if len(free) == 1:
        return free[0]
    return next(iter(out)) if len(out) == 1 else None


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends: to the trolley, the alarms, the shoppers concerned."""
    match event:
        case TrolleyMatched():
            dock = Tell("trolley", event.trolley_id, Dock(event.place, event.at))
            return (dock, _clear(state, event.place))
        case SlotDropped():
            return (_clear(state, event.place),)
        case SlotWaits():
            about = About(_subject(event.place), device_id=event.place.device_id, slot=event.place.slot)
            alarm = Tell("alarms", state.code, RaiseAlarm("slot_unknown", about, event.at, state.seq))
            return (alarm, *_ask(state, event.at))
    return ()


def _ask(state: State, at: float) -> tuple[Tell, ...]:
    asked = [(code, each.holder or each.taken_by) for code, each in state.out.items()]
    return tuple(
        Tell("notify", user_id, Notify(Notice("ScanWanted", "info", code, at)), durable=False)
        for code, user_id in asked
        if user_id is not None
    )


def _clear(state: State, place: Place) -> Tell:
    return Tell("alarms", state.code, ClearAlarm(("slot_unknown",), _subject(place), state.seq))


def _key(place: Place) -> str:
    return f"{place.device_id}:{place.slot}"


def _subject(place: Place) -> str:
    return f"slot/{_key(place)}"


# --- decisions --------------------------------------------------------------------


def _note(state: State, command: NoteCustody, ctx: Context) -> Decision:
    if command.seq <= state.heard.get(command.trolley_id, 0):
        return NOTHING
    known = state.out.get(command.trolley_id)
    if known == (Out(command.holder, command.taken_by) if command.out else None):
        return NOTHING
    noted = CustodyNoted(
        trolley_id=command.trolley_id,
        seq=command.seq,
        out=command.out,
        holder=command.holder,
        taken_by=command.taken_by,
    )
    after = evolve(state, noted)
    return Decision((noted, *_matches(after, ctx.now)))


def _matches(state: State, now: float) -> list[Any]:
    """Return the match of the only waiting slot, if only one trolley can be meant by now."""
    if len(state.waiting) != 1:
        return []
    (waits,) = state.waiting.values()
    code = candidate(state)
    return [] if code is None else [TrolleyMatched(code, waits.place, waits.at, None)]


def _filled(state: State, command: SlotFilled, ctx: Context) -> Decision:
    key = _key(command.place)
    if key in state.waiting or command.at <= state.emptied.get(key, -1.0):
        return NOTHING
    code = None if state.waiting else candidate(state)
    if code is None:
        return Decision((SlotWaits(command.place, command.at),))
    return Decision((TrolleyMatched(code, command.place, command.at, None),))


def _emptied(state: State, command: SlotEmptied, ctx: Context) -> Decision:
    key = _key(command.place)
    memory = replace(state, emptied={**state.emptied, key: command.at})
    waits = state.waiting.get(key)
    if waits is None or command.at < waits.at:
        return Decision(memory=memory)
    dropped = SlotDropped(command.place, command.at)
    return Decision((dropped, *_matches(evolve(state, dropped), ctx.now)), memory=memory)


def _known(state: State, command: SlotKnown, ctx: Context) -> Decision:
    if _key(command.place) not in state.waiting:
        return NOTHING
    dropped = SlotDropped(command.place, command.at)
    return Decision((dropped, *_matches(evolve(state, dropped), ctx.now)))


def _scanned(state: State, command: ReturnScanned, ctx: Context) -> Decision:
    known = state.out.get(command.trolley_id)
    if not command.staff and (known is None or command.by not in (known.holder, known.taken_by)):
        return refuse(403, "not_your_trolley", "Only who took this trolley can give it back.")
    place = command.place
    if place is None:
        if not state.waiting:
            return refuse(409, "no_slot_waits", "No slot has seen a trolley come back: push it in first.")
        if len(state.waiting) > 1:
            slots = [msgspec.to_builtins(each.place) for each in state.waiting.values()]
            return refuse(409, "which_slot", "Several slots ask; say which one.", slots=slots)
        (waits,) = state.waiting.values()
        place = waits.place
    elif not command.staff and _key(place) not in state.waiting:
        return refuse(409, "no_slot_waits", "That slot does not ask which trolley it holds.")
    matched = TrolleyMatched(command.trolley_id, place, ctx.now, command.by)
    more = _matches(evolve(state, matched), ctx.now)
    return Decision((matched, *more), ReturnPlaced(command.trolley_id, place))


# --- changes ----------------------------------------------------------------------


def _on_noted(state: State, event: CustodyNoted) -> State:
    out = {code: each for code, each in state.out.items() if code != event.trolley_id}
    docking = state.docking
    if event.out:
        out[event.trolley_id] = Out(event.holder, event.taken_by)
    else:
        docking = tuple(code for code in docking if code != event.trolley_id)
    return replace(state, out=out, docking=docking, heard={**state.heard, event.trolley_id: event.seq})


def _on_waits(state: State, event: SlotWaits) -> State:
    return replace(state, waiting={**state.waiting, _key(event.place): event})


def _on_dropped(state: State, event: SlotDropped) -> State:
    return replace(state, waiting=_without(state.waiting, event.place))


def _on_matched(state: State, event: TrolleyMatched) -> State:
    docking = state.docking
    if event.trolley_id in state.out and event.trolley_id not in docking:
        docking = (*docking, event.trolley_id)
    return replace(state, docking=docking, waiting=_without(state.waiting, event.place))


def _without(waiting: dict[str, SlotWaits], place: Place) -> dict[str, SlotWaits]:
    return {key: each for key, each in waiting.items() if key != _key(place)}


COMMANDS: Commands = {
    "open": {
        NoteCustody: _note,
        SlotFilled: _filled,
        SlotEmptied: _emptied,
        SlotKnown: _known,
        ReturnScanned: _scanned,
        TimeReached: ignored,
    }
}
EVENTS = Events[State](
    {
        "open": {
            CustodyNoted: Move(_on_noted, ("open",)),
            SlotWaits: Move(_on_waits, ("open",)),
            SlotDropped: Move(_on_dropped, ("open",)),
            TrolleyMatched: Move(_on_matched, ("open",)),
        }
    },
    counted,
)
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State, COMMANDS, EVENTS, tells, volatile=("emptied",), command=Command, event=Event, answer=Answer
)
