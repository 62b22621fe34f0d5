"""Messages of ``rollout/<id>``: one firmware brought to many devices, batch by batch."""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.device import FirmwareImage, FirmwareState

RolloutPhase = Literal["new", "running", "paused", "finished", "aborted"]
JobState = Literal["waiting", FirmwareState, "aborted"]
"""Of a device: ``waiting`` for its batch, then as it says; ``aborted`` if it never began to update."""


# --- commands -------------------------------------------------------------


class StartRollout(msgspec.Struct, Asked["RolloutNow"], frozen=True, kw_only=True, tag="StartRollout"):
    """Begin a rollout. A repeat for a rollout that has begun changes nothing. Answer: RolloutNow."""

    release_id: str
    image: FirmwareImage
    chain: str
    branch: str
    """Empty: devices of the whole chain."""
    devices: tuple[str, ...]
    batch_size: int
    max_failure_rate: float
    """Part of the devices tried so far, 0 to 1; above it the rollout pauses."""
    device_timeout_s: float
    """A device that says nothing new for so long has failed."""
    user_id: str


class PauseRollout(msgspec.Struct, Asked["RolloutNow"], frozen=True, tag="PauseRollout"):
    """Offer no further batch. Answer: RolloutNow."""


class ResumeRollout(msgspec.Struct, Asked["RolloutNow"], frozen=True, tag="ResumeRollout"):
    """Go on; the failures so far are accepted. Answer: RolloutNow."""


class AbortRollout(msgspec.Struct, Asked["RolloutNow"], frozen=True, tag="AbortRollout"):
    """End it; devices that have not begun to update leave it. Answer: RolloutNow."""


class NoteFirmware(msgspec.Struct, frozen=True, tag="NoteFirmware"):
    """From a device: how far it is."""

    device_id: str
    state: FirmwareState
    detail: str = ""


# --- answers --------------------------------------------------------------


class RolloutNow(msgspec.Struct, frozen=True, tag="RolloutNow"):
    phase: RolloutPhase


# --- events ---------------------------------------------------------------


class RolloutStarted(msgspec.Struct, frozen=True, kw_only=True, tag="RolloutStarted"):
    release_id: str
    image: FirmwareImage
    chain: str
    branch: str
    devices: tuple[str, ...]
    batch_size: int
    max_failure_rate: float
    device_timeout_s: float
    user_id: str
    at: float


class BatchOffered(msgspec.Struct, frozen=True, tag="BatchOffered"):
    devices: tuple[str, ...]
    at: float


class DeviceProgressed(msgspec.Struct, frozen=True, tag="DeviceProgressed"):
    device_id: str
    state: FirmwareState
    detail: str
    at: float


class DeviceTimedOut(msgspec.Struct, frozen=True, tag="DeviceTimedOut"):
    """It said nothing new in time and has failed; the offer is withdrawn."""

    device_id: str
    at: float


class RolloutPaused(msgspec.Struct, frozen=True, tag="RolloutPaused"):
    reason: Literal["failures", "asked"]
    at: float


class RolloutResumed(msgspec.Struct, frozen=True, tag="RolloutResumed"):
    at: float


class RolloutAborted(msgspec.Struct, frozen=True, tag="RolloutAborted"):
    withdrawn: tuple[str, ...]
    """Devices that had the offer and not yet begun to update."""
    at: float


class RolloutFinished(msgspec.Struct, frozen=True, tag="RolloutFinished"):
    at: float


Command = StartRollout | PauseRollout | ResumeRollout | AbortRollout | NoteFirmware
Answer = RolloutNow
Event = (
    RolloutStarted
    | BatchOffered
    | DeviceProgressed
    | DeviceTimedOut
    | RolloutPaused
    | RolloutResumed
    | RolloutAborted
    | RolloutFinished
)
