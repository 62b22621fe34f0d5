"""The decider of ``device/<device_id>``: a Raspberry Pi, its slots and the unlocks it has yet to carry out.

An unlock is queued until the Pi says how it went or its time is over; it is put on
the wire at once and again whenever the Pi comes back. Readings are kept as a shadow
a slot (``device_slots.py``); a change goes to the trolley that belongs there. The Pi
numbers its reports, so a repeat is acknowledged and changes nothing. Firmware is in
``device_firmware.py``.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors.device import firmware as device_firmware
from actors.device import slots as device_slots
from actors.device.state import EVENTS, QueuedUnlock, State, pending
from actors.device.tells import tells
from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Handler,
    TimeReached,
    ignored,
)
from actors.messages.device import (
    Acked,
    Answer,
    AssignSlots,
    Beat,
    Command,
    DeskOfDevice,
    DeviceConnected,
    DeviceDisconnected,
    DeviceExpected,
    DeviceRetired,
    Event,
    Expect,
    LinkDown,
    LinkUp,
    Occupy,
    OfferFirmware,
    Poll,
    ProgressFirmware,
    Received,
    Reports,
    Result,
    Retire,
    UnlockDone,
    UnlockQueued,
    UnlockSlot,
    Vacate,
    WithdrawFirmware,
)

OFFLINE_AFTER_S = 90.0
"""Three missed heartbeats of 30 s."""
GRACE_S = 2.0
"""How long after an unlock's time the Pi's own result may still come and win."""


def deadline(state: State) -> float | None:
    """Return when the first queued unlock is given up, or the device counts as lost."""
    times = [each.expires_at + GRACE_S for each in state.queue.values()]
    if state.phase == "online":
        times.append(state.heard_at + OFFLINE_AFTER_S)
    return min(times) if times else None


def awake(state: State, now: float) -> State:
    """Return the state after a load: the Pi has the usual time to report again."""
    return replace(state, heard_at=now) if state.phase == "online" else state


# --- the link -------------------------------------------------------------------


def _link_up(state: State, command: LinkUp, ctx: Context) -> Decision:
    events: list[Any] = []
    who = (command.branch, command.boot_id, command.firmware)
    if state.phase != "online" or who != (state.branch, state.boot_id, state.firmware):
        events.append(DeviceConnected(*who, ctx.now))
    events += device_slots.greeted(state, command.readings, ctx.now)
    events += device_firmware.arrived(state, command.firmware, ctx.now)
    firmware = device_firmware.wanted(state, command.firmware)
    answer = DeskOfDevice(pending(state, ctx.now), state.last_seq, firmware)
    if not events:
        return Decision(answer=answer, memory=replace(state, heard_at=ctx.now))
    return Decision(tuple(events), answer)


def _expect(state: State, command: Expect, ctx: Context) -> Decision:
    """Report a device missing that never connected; of all others its link reports."""
    return NOTHING if state.known else Decision((DeviceExpected(command.branch, ctx.now),))


def _link_down(state: State, command: LinkDown, ctx: Context) -> Decision:
    """A late message of the previous boot must not take the present link down."""
    if command.boot_id != state.boot_id:
        return NOTHING
    return Decision((DeviceDisconnected(command.boot_id, ctx.now, state.heard_at),))


def _beat(state: State, command: Beat, ctx: Context) -> Decision:
    health = state.health if command.health is None else command.health
    return Decision(memory=replace(state, heard_at=max(ctx.now, state.heard_at), health=health))


def _poll(state: State, command: Poll, ctx: Context) -> Decision:
    health = state.health if command.health is None else command.health
    desk = DeskOfDevice(pending(state, ctx.now), state.last_seq)
    return Decision(answer=desk, memory=replace(state, heard_at=max(ctx.now, state.heard_at), health=health))


def _poll_offline(state: State, command: Poll, ctx: Context) -> Decision:
    """A poll counts as a heartbeat, with or without a hello: a device may have nothing but HTTP."""
    connected = DeviceConnected(command.branch, state.boot_id, state.firmware, ctx.now)
    desk = DeskOfDevice(pending(state, ctx.now), state.last_seq)
    health = state.health if command.health is None else command.health
    return Decision((connected,), desk, memory=replace(state, heard_at=ctx.now, health=health))


def _received(state: State, command: Received, ctx: Context) -> Decision:
    return Decision(memory=replace(state, heard_at=max(ctx.now, state.heard_at)))


def _beat_offline(state: State, command: Beat, ctx: Context) -> Decision:
    """It was given up too early: the link is there after all."""
    if not state.boot_id:
        return NOTHING
    return Decision((DeviceConnected(state.branch, state.boot_id, state.firmware, ctx.now),))


def _retire(state: State, command: Retire, ctx: Context) -> Decision:
    """End what waits for the device, by name; a link that goes down afterwards is what was wanted."""
    ends = [_expired(each, ctx.now) for each in state.queue.values()]
    firmware = device_firmware.given_up(state, ctx.now)
    return Decision((*ends, *firmware, DeviceRetired(state.silent, ctx.now)))


# --- unlocks --------------------------------------------------------------------


def _unlock(state: State, command: UnlockSlot, ctx: Context) -> Decision:
    if command.unlock_id in state.queue or command.unlock_id in state.done:
        return NOTHING
    if command.expires_at <= ctx.now:
        late = QueuedUnlock(command.unlock_id, command.slot, command.trolley_id, command.expires_at)
        return Decision((_expired(late, ctx.now),))
    queued = UnlockQueued(
        unlock_id=command.unlock_id,
        slot=command.slot,
        trolley_id=command.trolley_id,
        expires_at=command.expires_at,
        branch=command.branch,
        at=ctx.now,
    )
    return Decision((queued,))


def _unlock_nobody(state: State, command: UnlockSlot, ctx: Context) -> Decision:
    late = QueuedUnlock(command.unlock_id, command.slot, command.trolley_id, command.expires_at)
    return NOTHING if command.unlock_id in state.done else Decision((_expired(late, ctx.now),))


def _result(state: State, command: Result, ctx: Context) -> Decision:
    queued = state.queue.get(command.unlock_id)
    if queued is None:
        return Decision(answer=Acked())
    done = UnlockDone(
        unlock_id=queued.unlock_id,
        slot=queued.slot,
        trolley_id=queued.trolley_id,
        outcome=command.outcome,
        detail=command.detail,
        at=ctx.now,
    )
    return Decision((done,), Acked())


def _expired(queued: QueuedUnlock, now: float) -> UnlockDone:
    detail = "The device did not answer in time."
    return UnlockDone(
        unlock_id=queued.unlock_id,
        slot=queued.slot,
        trolley_id=queued.trolley_id,
        outcome="expired",
        detail=detail,
        at=now,
    )


def _time_reached(state: State, command: TimeReached, ctx: Context) -> Decision:
    events: list[Any] = [
        _expired(each, ctx.now) for each in state.queue.values() if ctx.reached(each.expires_at + GRACE_S)
    ]
    if state.phase == "online" and ctx.reached(state.heard_at + OFFLINE_AFTER_S):
        events.append(DeviceDisconnected(state.boot_id, ctx.now, state.heard_at))
    return Decision(tuple(events)) if events else NOTHING


_ALWAYS: dict[type, Handler] = {
    LinkUp: _link_up,
    Reports: device_slots.reported,
    AssignSlots: device_slots.assigned,
    Result: _result,
    UnlockSlot: _unlock,
    Occupy: device_slots.occupied,
    Vacate: device_slots.vacated,
    Received: _received,
    Poll: _poll,
    OfferFirmware: device_firmware.offered,
    WithdrawFirmware: device_firmware.withdrawn,
    ProgressFirmware: device_firmware.progressed,
    TimeReached: _time_reached,
}

COMMANDS: Commands = {
    "offline": {
        **_ALWAYS,
        LinkDown: ignored,
        Beat: _beat_offline,
        Poll: _poll_offline,
        Retire: _retire,
        Expect: _expect,
    },
    "online": {LinkDown: _link_down, Beat: _beat, Retire: _retire, Expect: ignored, **_ALWAYS},
    "retired": {
        **_ALWAYS,
        LinkDown: ignored,
        Beat: ignored,
        Retire: ignored,
        Expect: ignored,
        AssignSlots: ignored,
        UnlockSlot: _unlock_nobody,
        OfferFirmware: device_firmware.refused,
    },
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State,
    COMMANDS,
    EVENTS,
    tells,
    deadline=deadline,
    awake=awake,
    volatile=("heard_at", "idle_seq", "health"),
    patient=(Reports,),
    command=Command,
    event=Event,
    answer=Answer,
)
