"""The state of a device, and how its events change it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    Events,
    Move,
    counted,
)
from actors.messages.branch import DeviceCard
from actors.messages.device import (
    BoardAnswered,
    BoardSilent,
    DeviceConnected,
    DeviceDisconnected,
    DeviceExpected,
    DeviceRetired,
    FirmwareImage,
    FirmwareOffered,
    FirmwareProgressed,
    FirmwareState,
    FirmwareWithdrawn,
    SendFirmware,
    SendUnlock,
    SlotChanged,
    SlotReading,
    SlotsAssigned,
    SlotSeen,
    SlotTaken,
    SlotVacated,
    UnlockDone,
    UnlockQueued,
)

Phase = Literal["offline", "online", "retired"]

STEP_S = 0.001
"""Least distance of two readings of one slot, so that later ones are known as later."""
DONE_KEPT = 64
"""How many finished unlocks are remembered, so that a repeated order does nothing."""


class QueuedUnlock(msgspec.Struct, frozen=True):
    """An unlock that the Pi has not yet answered."""

    unlock_id: str
    slot: int
    trolley_id: str
    expires_at: float


class FirmwareJob(msgspec.Struct, frozen=True):
    """The last firmware that the device was offered, and how far it is."""

    rollout_id: str
    image: FirmwareImage
    state: FirmwareState = "offered"
    detail: str = ""

    @property
    def open(self) -> bool:
        """Whether the device has yet to bring it to an end."""
        return self.state not in ("updated", "failed")


class State(msgspec.Struct, frozen=True):
    """One Raspberry Pi."""

    device_id: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: Phase = "offline"
    branch: str = ""
    """Empty until the Pi or an unlock has named it."""
    boot_id: str = ""
    firmware: str = ""
    connected_at: float | None = None
    known: bool = False
    """Whether it was ever heard of, or is missed already."""
    changed_seq: int = 0
    """The highest report that changed a slot."""
    slots: dict[int, SlotReading] = {}
    """What the hardware last said, by slot."""
    occupants: dict[int, str] = {}
    """Who stands in a slot, where that is not the trolley that belongs there; empty: nobody knows."""
    silent: tuple[int, ...] = ()
    """Boards that cannot be read."""
    queue: dict[str, QueuedUnlock] = {}
    """Unlocks under way, by id, oldest first."""
    done: tuple[str, ...] = ()
    """Ids of the last finished unlocks."""
    firmware_job: FirmwareJob | None = None
    heard_at: float = 0.0
    """Last word of the Pi (memory only)."""
    idle_seq: int = 0
    """The highest report that changed nothing (memory only: seen again, it changes nothing again)."""

    health: dict[str, Any] = {}
    """The latest telemetry (memory only)."""

    @property
    def last_seq(self) -> int:
        """The highest report that was dealt with."""
        return max(self.changed_seq, self.idle_seq)

    @property
    def online(self) -> bool:
        """Whether the Pi's link is up."""
        return self.phase == "online"


def card(state: State) -> DeviceCard:
    """Return what the map shows of the device."""
    last_seen = state.heard_at or None
    return DeviceCard(
        state.device_id, state.online, state.firmware, state.seq, last_seen, tuple(sorted(state.silent))
    )


def send(unlock: QueuedUnlock | UnlockQueued, now: float) -> SendUnlock:
    """Return the unlock for the wire, with the time to live that is left."""
    return SendUnlock(unlock.unlock_id, unlock.slot, max(0, int((unlock.expires_at - now) * 1000)))


def pending(state: State, now: float) -> tuple[SendUnlock, ...]:
    """Return the unlocks that the Pi has yet to answer and may still carry out."""
    return tuple(send(each, now) for each in state.queue.values() if each.expires_at > now)


def offer(state: State) -> SendFirmware | None:
    """Return the firmware for the wire: nothing while a lock is being opened."""
    job = state.firmware_job
    if job is None or not job.open or state.queue:
        return None
    return SendFirmware(job.rollout_id, job.image)


def desired(state: State) -> dict[int, Literal["open", "closed"]]:
    """Return what is wanted of each slot that is known: open while an unlock is under way."""
    wanted = {each.slot for each in state.queue.values()}
    return {slot: "open" if slot in wanted else "closed" for slot in sorted({*state.slots, *wanted})}


def _connected(state: State, event: DeviceConnected) -> State:
    return replace(
        state,
        phase="online",
        branch=event.branch,
        boot_id=event.boot_id,
        firmware=event.firmware,
        connected_at=event.at,
        heard_at=event.at,
        known=True,
    )


def _expected(state: State, event: DeviceExpected) -> State:
    return replace(state, branch=event.branch, known=True)


def _disconnected(state: State, event: DeviceDisconnected) -> State:
    return replace(state, phase="offline", connected_at=None)


def _retired(state: State, event: DeviceRetired) -> State:
    return replace(state, phase="retired", connected_at=None, silent=())


def _queued(state: State, event: UnlockQueued) -> State:
    queued = QueuedUnlock(event.unlock_id, event.slot, event.trolley_id, event.expires_at)
    return replace(state, branch=state.branch or event.branch, queue={**state.queue, event.unlock_id: queued})


def _done(state: State, event: UnlockDone) -> State:
    queue = {key: each for key, each in state.queue.items() if key != event.unlock_id}
    return replace(state, queue=queue, done=(*state.done, event.unlock_id)[-DONE_KEPT:])


def _slot_changed(state: State, event: SlotChanged) -> State:
    slots, occupants = dict(state.slots), state.occupants
    for seen in event.seen:
        reading = slots[seen.slot] = _reading(slots.get(seen.slot), seen)
        if reading.free and not reading.present:
            occupants = {**occupants, reading.slot: ""}
    return replace(state, slots=slots, occupants=occupants, changed_seq=max(state.changed_seq, event.seq))


def _reading(before: SlotReading | None, seen: SlotSeen) -> SlotReading:
    if seen.same and before is not None:
        return SlotReading(seen.slot, seen.hook, seen.present, seen.at, before.ref, before.free)
    return SlotReading(seen.slot, seen.hook, seen.present, seen.at, seen.ref, seen.free)


def occupant(occupants: dict[int, str], reading: SlotReading) -> str | None:
    """Return who stands in the slot as far as is known, or has left it last."""
    known = occupants.get(reading.slot)
    return reading.trolley_id if known is None else known or None


def _assigned(state: State, event: SlotsAssigned) -> State:
    """A slot with unknown content is assumed to hold the trolley assigned to it."""
    slots, occupants = dict(state.slots), dict(state.occupants)
    for owner in event.owners:
        before = slots[owner.slot]
        at = max(event.at, before.at + STEP_S)
        slots[owner.slot] = replace(before, ref=owner.ref, free=owner.free, at=at)
        if owner.ref is not None and before.present and occupants.get(owner.slot) == "":
            del occupants[owner.slot]
    return replace(state, slots=slots, occupants=occupants)


def _taken(state: State, event: SlotTaken) -> State:
    return replace(state, occupants={**state.occupants, event.slot: event.trolley_id})


def _vacated(state: State, event: SlotVacated) -> State:
    return replace(state, occupants={**state.occupants, event.slot: ""})


def _silent(state: State, event: BoardSilent) -> State:
    return replace(state, silent=(*state.silent, event.board))


def _answered(state: State, event: BoardAnswered) -> State:
    return replace(state, silent=tuple(each for each in state.silent if each != event.board))


def _firmware_offered(state: State, event: FirmwareOffered) -> State:
    return replace(state, firmware_job=FirmwareJob(event.rollout_id, event.image))


def _firmware_progressed(state: State, event: FirmwareProgressed) -> State:
    job = state.firmware_job
    if job is None:
        return state
    return replace(state, firmware_job=replace(job, state=event.state, detail=event.detail))


def _firmware_withdrawn(state: State, event: FirmwareWithdrawn) -> State:
    return replace(state, firmware_job=None)


def _beside(phase: Phase) -> dict[type, Move]:
    """Events that every phase may meet and none changes by."""
    to = (phase,)
    return {
        UnlockQueued: Move(_queued, to),
        UnlockDone: Move(_done, to),
        SlotChanged: Move(_slot_changed, to),
        SlotsAssigned: Move(_assigned, to),
        SlotTaken: Move(_taken, to),
        SlotVacated: Move(_vacated, to),
        BoardSilent: Move(_silent, to),
        BoardAnswered: Move(_answered, to),
        FirmwareOffered: Move(_firmware_offered, to),
        FirmwareProgressed: Move(_firmware_progressed, to),
        FirmwareWithdrawn: Move(_firmware_withdrawn, to),
    }


EVENTS = Events[State](
    {
        "offline": {
            DeviceExpected: Move(_expected, ("offline",)),
            DeviceConnected: Move(_connected, ("online",)),
            DeviceRetired: Move(_retired, ("retired",)),
            **_beside("offline"),
        },
        "online": {
            DeviceConnected: Move(_connected, ("online",)),
            DeviceDisconnected: Move(_disconnected, ("offline",)),
            DeviceRetired: Move(_retired, ("retired",)),
            **_beside("online"),
        },
        "retired": {DeviceConnected: Move(_connected, ("online",)), **_beside("retired")},
    },
    counted,
)
evolve = EVENTS.evolve
