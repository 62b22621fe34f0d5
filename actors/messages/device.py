"""Messages of ``device/<device_id>`` (a Raspberry Pi) and of its open socket ``link/<device_id>``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.trolley import Hook, TrolleyRef, UnlockOutcome


class SlotReading(msgspec.Struct, frozen=True, gc=False):
    """What the hardware says of one slot, with the trolley that belongs there (reference data)."""

    slot: int
    hook: Hook
    present: bool
    at: float
    ref: TrolleyRef | None = None
    """The trolley that belongs into this slot; None: no trolley does."""
    free: bool = False
    """Any trolley of the branch may come back into it."""

    @property
    def trolley_id(self) -> str | None:
        """Public code of the trolley that belongs into this slot."""
        return None if self.ref is None else self.ref.trolley_id


class SlotOwner(msgspec.Struct, frozen=True, gc=False):
    """What the branch decides about one slot."""

    slot: int
    ref: TrolleyRef | None
    """The trolley that belongs into it; None: no trolley does."""
    free: bool = False
    """Any trolley of the branch may come back into it."""


FirmwareState = Literal["offered", "downloading", "downloaded", "verified", "updating", "updated", "failed"]
"""How far a device is with a firmware; ``updated`` and ``failed`` are ends."""


class FirmwareImage(msgspec.Struct, frozen=True, kw_only=True):
    """A firmware as a device is offered it."""

    version: str
    url: str
    size: int
    """Bytes."""
    sha256: str
    """In hex."""
    signature: str
    """Ed25519 over version, size and sha256, in base64."""


# --- commands -------------------------------------------------------------


class UnlockSlot(msgspec.Struct, frozen=True, tag="UnlockSlot"):
    """From the trolley, after its assignment (or a request of staff) is durable."""

    unlock_id: str
    slot: int
    trolley_id: str
    expires_at: float
    """Never carried out after this."""
    branch: str


class Occupy(msgspec.Struct, frozen=True, tag="Occupy"):
    """From a trolley: it stands in this slot."""

    slot: int
    trolley_id: str
    branch: str


class Vacate(msgspec.Struct, frozen=True, tag="Vacate"):
    """From a trolley: it stands elsewhere now."""

    slot: int
    trolley_id: str
    branch: str


class AssignSlots(msgspec.Struct, frozen=True, tag="AssignSlots"):
    """From the reference data: which trolley belongs into these slots has changed."""

    owners: tuple[SlotOwner, ...]


class LinkUp(msgspec.Struct, Asked["DeskOfDevice"], frozen=True, tag="LinkUp"):
    """The Pi said hello. Answer: DeskOfDevice with the commands still wanted."""

    branch: str
    boot_id: str
    firmware: str
    readings: tuple[SlotReading, ...]


class LinkDown(msgspec.Struct, Asked[None], frozen=True, tag="LinkDown"):
    """The Pi's socket closed. The edge says so only of the socket that is still the device's link."""

    boot_id: str


class Beat(msgspec.Struct, frozen=True, tag="Beat"):
    """The Pi's heartbeat (memory only). Without one for 90 s the device counts as offline."""

    health: dict[str, Any] | None = None
    """Its telemetry, if it came with any."""


class Poll(msgspec.Struct, Asked["DeskOfDevice"], frozen=True, tag="Poll"):
    """A heartbeat over HTTP: the device is online by it as by a socket's. Answer: DeskOfDevice."""

    branch: str
    """Where the device stands; it may never have said hello."""
    health: dict[str, Any] | None = None


class Report(msgspec.Struct, frozen=True, gc=False):
    """One edge seen by the Pi. ``seq`` grows by the Pi's outbox."""

    seq: int
    reading: SlotReading


class Reports(msgspec.Struct, Asked["Acked"], frozen=True, tag="Reports"):
    """What the Pi has seen since its last report, oldest first; a repeat changes nothing. Answer: Acked."""

    reports: tuple[Report, ...]


class Received(msgspec.Struct, frozen=True, tag="Received"):
    """The Pi has the command; from here its own clock counts the time to live."""

    unlock_id: str


class Result(msgspec.Struct, Asked["Acked"], frozen=True, tag="Result"):
    """How the Pi's try ended. ``unlock_id`` unknown or finished: nothing happens. Answer: Acked."""

    unlock_id: str
    outcome: UnlockOutcome
    detail: str = ""


class OfferFirmware(msgspec.Struct, frozen=True, tag="OfferFirmware"):
    """From a rollout. It goes on the wire when no lock is being opened; an older offer has failed by it."""

    rollout_id: str
    image: FirmwareImage


class WithdrawFirmware(msgspec.Struct, frozen=True, tag="WithdrawFirmware"):
    """From a rollout that is over for this device. One that is updating already goes on."""

    rollout_id: str


class ProgressFirmware(msgspec.Struct, Asked["Acked"], frozen=True, tag="ProgressFirmware"):
    """From the Pi. Going back or going on after an end changes nothing. Answer: Acked."""

    rollout_id: str
    state: FirmwareState
    detail: str = ""


class Retire(msgspec.Struct, frozen=True, tag="Retire"):
    """The device is no longer trusted, or was removed; a hello of it starts over."""


class Expect(msgspec.Struct, frozen=True, tag="Expect"):
    """From the server: the branch has this device, and its first report is expected soon."""

    branch: str


class SendFirmware(msgspec.Struct, frozen=True, tag="SendFirmware"):
    """To ``link/<device_id>``: offer the firmware; the Pi may receive the offer more than once."""

    rollout_id: str
    image: FirmwareImage


class CancelFirmware(msgspec.Struct, frozen=True, tag="CancelFirmware"):
    """To ``link/<device_id>``: the offer does not hold any more."""

    rollout_id: str


class SendUnlock(msgspec.Struct, frozen=True, tag="SendUnlock"):
    """To ``link/<device_id>``: put the command on the wire if the Pi is connected."""

    unlock_id: str
    slot: int
    ttl_ms: int


# --- answers --------------------------------------------------------------


class DeskOfDevice(msgspec.Struct, frozen=True, tag="DeskOfDevice"):
    pending: tuple[SendUnlock, ...]
    last_seq: int
    firmware: SendFirmware | None = None
    """An offer that the Pi has not brought to an end."""


class Acked(msgspec.Struct, frozen=True, tag="Acked"):
    seq: int = 0
    """The highest report that is dealt with, if one was asked about."""


# --- events ---------------------------------------------------------------


class DeviceExpected(msgspec.Struct, frozen=True, tag="DeviceExpected"):
    """The branch has it, and it has never reported."""

    branch: str
    at: float


class DeviceConnected(msgspec.Struct, frozen=True, tag="DeviceConnected"):
    branch: str
    boot_id: str
    firmware: str
    at: float


class DeviceDisconnected(msgspec.Struct, frozen=True, tag="DeviceDisconnected"):
    boot_id: str
    at: float
    since: float
    """The last word of it."""


class DeviceRetired(msgspec.Struct, frozen=True, tag="DeviceRetired"):
    """It is not missed any more, and nothing of it waits."""

    boards: tuple[int, ...]
    """Those that were silent; nobody need look after them now."""
    at: float


class BoardSilent(msgspec.Struct, frozen=True, tag="BoardSilent"):
    """The Pi cannot read a lock board any more: its slots' hooks are unknown."""

    board: int
    """slot >> 4: bus and address."""
    at: float


class BoardAnswered(msgspec.Struct, frozen=True, tag="BoardAnswered"):
    """A board that was silent can be read again."""

    board: int
    at: float


class UnlockQueued(msgspec.Struct, frozen=True, kw_only=True, tag="UnlockQueued"):
    unlock_id: str
    slot: int
    trolley_id: str
    expires_at: float
    branch: str
    at: float


class UnlockDone(msgspec.Struct, frozen=True, kw_only=True, tag="UnlockDone"):
    unlock_id: str
    slot: int
    trolley_id: str
    outcome: UnlockOutcome
    detail: str
    at: float


class SlotSeen(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A reading that differs from the shadow, without what the shadow knows already."""

    slot: int
    hook: Hook
    present: bool
    at: float
    trolley_id: str | None = None
    """Who stands there, or has just left; None: nobody knows."""
    same: bool = False
    """The slot's trolley and ``free`` are as its last reading had them, and left out here."""
    ref: TrolleyRef | None = None
    free: bool = False


class SlotChanged(msgspec.Struct, frozen=True, tag="SlotChanged"):
    """Readings that differ from the shadow, in their order; a slot may be there more than once."""

    seq: int
    """Of the last report that was dealt with; 0 for readings from hello."""
    seen: tuple[SlotSeen, ...]


class SlotsAssigned(msgspec.Struct, frozen=True, tag="SlotsAssigned"):
    """The trolleys that belong into slots which have a reading are others now."""

    owners: tuple[SlotOwner, ...]
    at: float


class SlotTaken(msgspec.Struct, frozen=True, tag="SlotTaken"):
    """It is known which trolley stands in the slot."""

    slot: int
    trolley_id: str


class SlotVacated(msgspec.Struct, frozen=True, tag="SlotVacated"):
    """The trolley that was thought to stand there stands elsewhere."""

    slot: int
    trolley_id: str


class FirmwareOffered(msgspec.Struct, frozen=True, tag="FirmwareOffered"):
    rollout_id: str
    image: FirmwareImage
    at: float


class FirmwareProgressed(msgspec.Struct, frozen=True, tag="FirmwareProgressed"):
    rollout_id: str
    state: FirmwareState
    detail: str
    at: float


class FirmwareWithdrawn(msgspec.Struct, frozen=True, tag="FirmwareWithdrawn"):
    rollout_id: str
    at: float


Command = (
    UnlockSlot
    | Occupy
    | Vacate
    | AssignSlots
    | LinkUp
    | LinkDown
    | Beat
    | Poll
    | Reports
    | Received
    | Result
    | OfferFirmware
    | WithdrawFirmware
    | ProgressFirmware
    | Retire
    | Expect
)
ToLink = SendUnlock | SendFirmware | CancelFirmware
"""What ``link/<device_id>`` is told."""
Answer = DeskOfDevice | Acked
Event = (
    DeviceExpected
    | DeviceConnected
    | DeviceDisconnected
    | UnlockQueued
    | UnlockDone
    | SlotChanged
    | SlotsAssigned
    | SlotTaken
    | SlotVacated
    | BoardSilent
    | BoardAnswered
    | FirmwareOffered
    | FirmwareProgressed
    | FirmwareWithdrawn
    | DeviceRetired
)
