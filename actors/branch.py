"""The decider of ``branch/<code>``: the manager's map of one store.

Volatile: loaded from the read models at activation and kept up by hints. Each hint
carries the journal place it comes from, so an older one changes nothing. Cart totals
change with every scan and are shown at most once a second a trolley.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from decimal import Decimal
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
)
from actors.messages.alarms import Alarm
from actors.messages.branch import (
    AlarmNoted,
    BranchEdited,
    CartTotalChanged,
    Command,
    Counters,
    DeviceCard,
    DeviceNoted,
    Event,
    NoteAlarm,
    NoteBranch,
    NoteCart,
    NoteDevice,
    NoteEdit,
    NoteTrolley,
    Standing,
    TrolleyCard,
    TrolleyNoted,
)

COALESCE_S = 1.0
"""A trolley's cart total is shown at most once in this time."""


class Total(msgspec.Struct, frozen=True):
    """When a trolley's total was last shown, and the newer one that waits to be."""

    shown_at: float
    waiting: tuple[Decimal, int] | None = None


class State(msgspec.Struct, frozen=True):
    """One store, as the map shows it."""

    code: str
    chain: str = ""
    """Slug of the chain that hears of the counters; empty: none does."""
    phase: str = "open"
    trolleys: dict[str, TrolleyCard] = {}
    devices: dict[str, DeviceCard] = {}
    counters: Counters = Counters()
    totals: dict[str, Total] = {}
    """By trolley; only of trolleys whose total was shown since activation."""
    alarms: dict[str, Alarm] = {}
    """Those that stand, by id."""
    alarms_seq: int = 0
    """Journal seq of the alarms that are shown here."""

    @classmethod
    def of(
        cls,
        code: str,
        chain: str,
        trolleys: Iterable[TrolleyCard] = (),
        devices: Iterable[DeviceCard] = (),
        alarms: Iterable[Alarm] = (),
        alarms_seq: int = 0,
    ) -> State:
        """Return the branch as the read models know it, counted."""
        cards = {each.trolley_id: each for each in trolleys}
        heard = {each.device_id: each for each in devices}
        return cls(
            code,
            chain,
            "open",
            cards,
            heard,
            _counted(cards.values(), heard),
            alarms={each.alarm_id: each for each in alarms},
            alarms_seq=alarms_seq,
        )


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the hint for the chain, when the counters may have changed."""
    if type(event) not in (TrolleyNoted, DeviceNoted, BranchEdited) or not state.chain:
        return ()
    return (Tell("chain", state.chain, NoteBranch(state.code, event.counters), durable=False),)


def deadline(state: State) -> float | None:
    """Return when the next waiting cart total may be shown."""
    due = [each.shown_at + COALESCE_S for each in state.totals.values() if each.waiting is not None]
    return min(due) if due else None


# --- notes ------------------------------------------------------------------------


def _note_trolley(state: State, command: NoteTrolley, ctx: Context) -> Decision:
    known = state.trolleys.get(command.card.trolley_id)
    card = command.card
    if known is not None:
        if card.seq < known.seq:
            return NOTHING
        if card.session_id is not None and card.session_id == known.session_id:
            card = replace(card, cart_total=known.cart_total, cart_units=known.cart_units)
        if card == known:
            return NOTHING
    counters = _count(state.counters, card, state.devices, 1)
    if known is not None:
        counters = _count(counters, known, state.devices, -1)
    return Decision((TrolleyNoted(command.name, card, counters),))


def _note_cart(state: State, command: NoteCart, ctx: Context) -> Decision:
    card = state.trolleys.get(command.trolley_id)
    if card is None or card.session_id != command.session_id:
        return NOTHING
    total = state.totals.get(command.trolley_id)
    if total is None or ctx.reached(total.shown_at + COALESCE_S):
        if (card.cart_total, card.cart_units) == (command.total, command.units):
            return NOTHING
        return _show([(command.trolley_id, (command.total, command.units))], ctx.now)
    waiting = Total(total.shown_at, (command.total, command.units))
    return Decision(memory=replace(state, totals={**state.totals, command.trolley_id: waiting}))


def _show_waiting(state: State, command: TimeReached, ctx: Context) -> Decision:
    due = [
        (trolley_id, each.waiting)
        for trolley_id, each in state.totals.items()
        if each.waiting is not None and ctx.reached(each.shown_at + COALESCE_S)
    ]
    return _show(due, ctx.now) if due else NOTHING


def _show(totals: list[tuple[str, tuple[Decimal, int]]], now: float) -> Decision:
    return Decision(
        tuple(CartTotalChanged(trolley_id, total, units, now) for trolley_id, (total, units) in totals)
    )


def _note_device(state: State, command: NoteDevice, ctx: Context) -> Decision:
    known = state.devices.get(command.card.device_id)
    if known is None and command.gone:
        return NOTHING
    if known is not None and (command.card.seq < known.seq or command.card == known):
        return NOTHING
    devices = _with_device(state.devices, command.card, command.gone)
    counters = _counted(state.trolleys.values(), devices)
    return Decision((DeviceNoted(command.name, command.card, counters, command.gone),))


def _note_alarm(state: State, command: NoteAlarm, ctx: Context) -> Decision:
    # One commit may clear several alarms; each has a place of its own.
    if command.seq <= state.alarms_seq or (command.gone and command.alarm.alarm_id not in state.alarms):
        return NOTHING
    return Decision((AlarmNoted(command.name, command.alarm, command.seq, command.gone),))


def _note_edit(state: State, command: NoteEdit, ctx: Context) -> Decision:
    gone = tuple(code for code in state.trolleys if code not in command.trolleys)
    left = [card for code, card in state.trolleys.items() if code not in gone]
    return Decision((BranchEdited(gone, _counted(left, state.devices)),))


# --- changes ----------------------------------------------------------------------


def _trolley_noted(state: State, event: TrolleyNoted) -> State:
    card = event.card
    known = state.trolleys.get(card.trolley_id)
    totals = state.totals
    if card.trolley_id in totals and (known is None or known.session_id != card.session_id):
        totals = {key: each for key, each in totals.items() if key != card.trolley_id}
    trolleys = {**state.trolleys, card.trolley_id: card}
    return replace(state, trolleys=trolleys, counters=event.counters, totals=totals)


def _total_changed(state: State, event: CartTotalChanged) -> State:
    card = replace(state.trolleys[event.trolley_id], cart_total=event.total, cart_units=event.units)
    return replace(
        state,
        trolleys={**state.trolleys, event.trolley_id: card},
        totals={**state.totals, event.trolley_id: Total(event.at)},
    )


def _device_noted(state: State, event: DeviceNoted) -> State:
    devices = _with_device(state.devices, event.card, event.gone)
    return replace(state, devices=devices, counters=event.counters)


def _with_device(known: dict[str, DeviceCard], card: DeviceCard, gone: bool) -> dict[str, DeviceCard]:
    devices = {key: each for key, each in known.items() if key != card.device_id}
    if not gone:
        devices[card.device_id] = card
    return devices


def _edited(state: State, event: BranchEdited) -> State:
    trolleys = {code: card for code, card in state.trolleys.items() if code not in event.gone}
    totals = {code: total for code, total in state.totals.items() if code not in event.gone}
    return replace(state, trolleys=trolleys, counters=event.counters, totals=totals)


def _alarm_noted(state: State, event: AlarmNoted) -> State:
    alarms = {key: each for key, each in state.alarms.items() if key != event.alarm.alarm_id}
    if not event.gone:
        alarms[event.alarm.alarm_id] = event.alarm
    return replace(state, alarms=alarms, alarms_seq=max(event.seq, state.alarms_seq))


# --- counting ---------------------------------------------------------------------


def standing(card: TrolleyCard, devices: Mapping[str, DeviceCard]) -> Standing | None:
    """Return the one counter that a trolley belongs to; None if it is no longer in use."""
    if not card.is_active:
        return None
    if card.maintenance:
        return "maintenance"
    if card.missing:
        return "missing"
    if card.lock_fault:
        return "faults"
    if card.phase != "available":
        return "held"
    if card.custody == "out":
        return "stray" if card.staff_id is None else "held"
    return "available" if _heard(card, devices) else "unreachable"


def _heard(card: TrolleyCard, devices: Mapping[str, DeviceCard]) -> bool:
    if card.place is None:
        return True
    device = devices.get(card.place.device_id)
    return device is not None and device.hears(card.place.slot)


def _count(counters: Counters, card: TrolleyCard, devices: Mapping[str, DeviceCard], by: int) -> Counters:
    """Return the counters with a trolley more (or less)."""
    what = standing(card, devices)
    if what is None:
        return counters
    return replace(counters, **{"total": counters.total + by, what: getattr(counters, what) + by})


def _counted(cards: Iterable[TrolleyCard], devices: Mapping[str, DeviceCard]) -> Counters:
    found = Tally(standing(card, devices) for card in cards)
    del found[None]
    return Counters(total=found.total(), **{str(what): number for what, number in found.items()})


COMMANDS: Commands = {
    "open": {
        NoteTrolley: _note_trolley,
        NoteCart: _note_cart,
        NoteDevice: _note_device,
        NoteAlarm: _note_alarm,
        NoteEdit: _note_edit,
        TimeReached: _show_waiting,
    }
}
EVENTS = Events[State](
    {
        "open": {
            TrolleyNoted: Move(_trolley_noted, ("open",)),
            CartTotalChanged: Move(_total_changed, ("open",)),
            DeviceNoted: Move(_device_noted, ("open",)),
            AlarmNoted: Move(_alarm_noted, ("open",)),
            BranchEdited: Move(_edited, ("open",)),
        }
    }
)
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, None] = Decider(
    State, COMMANDS, EVENTS, tells, deadline=deadline, command=Command, event=Event
)
"""Nobody asks a branch; it is looked at."""
