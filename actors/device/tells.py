"""Recipients of a device's events: the Pi's socket, the trolleys in its slots, the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.device.state import State, card, occupant, offer, send
from actors.kit.decider import Tell
from actors.messages.alarms import About, AlarmKind, ClearAlarm, RaiseAlarm
from actors.messages.branch import NoteDevice
from actors.messages.device import (
    BoardAnswered,
    BoardSilent,
    CancelFirmware,
    DeviceConnected,
    DeviceDisconnected,
    DeviceExpected,
    DeviceRetired,
    FirmwareOffered,
    FirmwareProgressed,
    FirmwareWithdrawn,
    SlotChanged,
    SlotReading,
    SlotsAssigned,
    SlotTaken,
    SlotVacated,
    UnlockDone,
    UnlockQueued,
)
from actors.messages.returns import SlotEmptied, SlotFilled, SlotKnown
from actors.messages.rollout import NoteFirmware
from actors.messages.trolley import LockReported, Place, UnlockFinished

OFFLINE_ALARM_S = 90.0
"""How long a Pi may be silent before somebody is told: three missed heartbeats of 30 s."""


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends: durable ones first, then hints."""
    return _EFFECTS[type(event)](state, event)


def _send(state: State, event: UnlockQueued) -> tuple[Tell, ...]:
    """A hint: an offline Pi gets it after its next hello, within its time to live."""
    return (Tell("link", state.device_id, send(event, event.at), durable=False),)


def _finished(state: State, event: UnlockDone) -> tuple[Tell, ...]:
    finished = UnlockFinished(event.unlock_id, event.outcome, event.detail)
    return (Tell("trolley", event.trolley_id, finished), *_offer(state, event))


def _reported(state: State, event: SlotChanged) -> tuple[Tell, ...]:
    told: list[Tell] = []
    for seen in event.seen:
        known = state.slots[seen.slot]
        reading = SlotReading(seen.slot, seen.hook, seen.present, seen.at, known.ref, known.free)
        if seen.trolley_id is not None:
            told.append(_report(state, reading, seen.trolley_id))
        else:
            told += _unknown(state, reading)
    return tuple(told)


def _report(state: State, reading: SlotReading, trolley_id: str) -> Tell:
    """A trolley compares the times of readings, so a repeat needs no sequence number to be recognised."""
    ref = reading.ref if reading.trolley_id == trolley_id else None
    place = Place(state.device_id, reading.slot)
    told = LockReported(reading.hook, reading.present, reading.at, ref, place)
    return Tell("trolley", trolley_id, told, numbered=False)


def _unknown(state: State, reading: SlotReading) -> tuple[Tell, ...]:
    """The branch's returns find out which trolley it is."""
    branch = state.branch or ("" if reading.ref is None else reading.ref.branch)
    place = Place(state.device_id, reading.slot)
    if not branch:
        return ()
    if not reading.present:
        return (Tell("yard", branch, SlotEmptied(place, reading.at)),)
    if reading.hook == "closed":
        return (Tell("yard", branch, SlotFilled(place, reading.at)),)
    return ()


def _assigned(state: State, event: SlotsAssigned) -> tuple[Tell, ...]:
    """What is known of a slot is the news of the trolley that belongs there now."""
    told: list[Tell] = []
    for owner in event.owners:
        reading = state.slots[owner.slot]
        trolley_id = occupant(state.occupants, reading)
        if trolley_id is None:
            told += _unknown(state, reading)
            continue
        told.append(_report(state, reading, trolley_id))
        if state.branch:
            known = SlotKnown(Place(state.device_id, owner.slot), reading.at)
            told.append(Tell("yard", state.branch, known))
    return tuple(told)


def _taken(state: State, event: SlotTaken) -> tuple[Tell, ...]:
    """What has happened in the slot meanwhile is the trolley's."""
    reading = state.slots.get(event.slot)
    return () if reading is None else (_report(state, reading, event.trolley_id),)


def _vacated(state: State, event: SlotVacated) -> tuple[Tell, ...]:
    reading = state.slots.get(event.slot)
    return () if reading is None or not reading.present else _unknown(state, reading)


def _connected(state: State, event: DeviceConnected) -> tuple[Tell, ...]:
    return (*_clear(state, "device_offline", _me(state)), *_noted(state, event))


def _expected(state: State, event: DeviceExpected) -> tuple[Tell, ...]:
    about = About(_me(state), device_id=state.device_id)
    return (*_raise(state, "device_offline", about, event.at + OFFLINE_ALARM_S), *_noted(state, event))


def _disconnected(state: State, event: DeviceDisconnected) -> tuple[Tell, ...]:
    about = About(_me(state), device_id=state.device_id)
    return (*_raise(state, "device_offline", about, event.since + OFFLINE_ALARM_S), *_noted(state, event))


def _retired(state: State, event: DeviceRetired) -> tuple[Tell, ...]:
    """Clear its alarms, and take it off the map."""
    boards = [tell for board in event.boards for tell in _clear(state, "bus_fault", _board(state, board))]
    note = NoteDevice("DeviceRetired", card(state), gone=True)
    hint = (Tell("branch", state.branch, note, durable=False),) if state.branch else ()
    return (*_clear(state, "device_offline", _me(state)), *boards, *hint)


def _silent(state: State, event: BoardSilent) -> tuple[Tell, ...]:
    about = About(_board(state, event.board), device_id=state.device_id, slot=event.board << 4)
    return (*_raise(state, "bus_fault", about, event.at), *_noted(state, event))


def _answered(state: State, event: BoardAnswered) -> tuple[Tell, ...]:
    return (*_clear(state, "bus_fault", _board(state, event.board)), *_noted(state, event))


def _me(state: State) -> str:
    return f"device/{state.device_id}"


def _board(state: State, board: int) -> str:
    return f"board/{state.device_id}:{board}"


def _raise(state: State, kind: AlarmKind, about: About, due: float) -> tuple[Tell, ...]:
    if not state.branch:
        return ()
    return (Tell("alarms", state.branch, RaiseAlarm(kind, about, due, state.seq)),)


def _clear(state: State, kind: AlarmKind, subject: str) -> tuple[Tell, ...]:
    if not state.branch:
        return ()
    return (Tell("alarms", state.branch, ClearAlarm((kind,), subject, state.seq)),)


def _offer(state: State, event: Any) -> tuple[Tell, ...]:
    """A hint: an offline Pi gets it after its next hello."""
    send_it = offer(state)
    return () if send_it is None else (Tell("link", state.device_id, send_it, durable=False),)


def _progressed(state: State, event: FirmwareProgressed) -> tuple[Tell, ...]:
    note = NoteFirmware(state.device_id, event.state, event.detail)
    return (Tell("rollout", event.rollout_id, note), *_noted(state, event))


def _withdrawn(state: State, event: FirmwareWithdrawn) -> tuple[Tell, ...]:
    return (Tell("link", state.device_id, CancelFirmware(event.rollout_id), durable=False),)


def _noted(
    state: State,
    event: DeviceExpected
    | DeviceConnected
    | DeviceDisconnected
    | BoardSilent
    | BoardAnswered
    | FirmwareProgressed,
) -> tuple[Tell, ...]:
    if not state.branch:
        return ()
    note = NoteDevice(type(event).__name__, card(state))
    return (Tell("branch", state.branch, note, durable=False),)


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    UnlockQueued: _send,
    UnlockDone: _finished,
    SlotChanged: _reported,
    DeviceExpected: _expected,
    DeviceConnected: _connected,
    DeviceDisconnected: _disconnected,
    DeviceRetired: _retired,
    SlotsAssigned: _assigned,
    SlotTaken: _taken,
    SlotVacated: _vacated,
    BoardSilent: _silent,
    BoardAnswered: _answered,
    FirmwareOffered: _offer,
    FirmwareProgressed: _progressed,
    FirmwareWithdrawn: _withdrawn,
}
