"""Firmware offers of a device: what each message of the rollout or the Pi leads to.

An offer never goes on the wire while a lock is being opened; the end of the last
unlock sends it. Progress goes forward only, and after an end nothing follows.
"""

from __future__ import annotations

from typing import Any

from actors.device.state import FirmwareJob, State, offer
from actors.kit.decider import NOTHING, Context, Decision
from actors.messages.device import (
    Acked,
    FirmwareOffered,
    FirmwareProgressed,
    FirmwareState,
    FirmwareWithdrawn,
    OfferFirmware,
    ProgressFirmware,
    SendFirmware,
    WithdrawFirmware,
)

ORDER: tuple[FirmwareState, ...] = ("offered", "downloading", "downloaded", "verified", "updating", "updated")
_REPLACED = "Another rollout has offered another firmware."
_RETIRED = "The device is revoked."
_ALREADY = "The device had this version already."


def offered(state: State, command: OfferFirmware, ctx: Context) -> Decision:
    """Take the rollout's offer on; one that was under way has failed by it."""
    job = state.firmware_job
    if job is not None and job.rollout_id == command.rollout_id:
        return NOTHING
    events: list[Any] = []
    if job is not None and job.open:
        events.append(FirmwareProgressed(job.rollout_id, "failed", _REPLACED, ctx.now))
    events.append(FirmwareOffered(command.rollout_id, command.image, ctx.now))
    if state.firmware == command.image.version:
        events.append(FirmwareProgressed(command.rollout_id, "updated", _ALREADY, ctx.now))
    return Decision(tuple(events))


def refused(state: State, command: OfferFirmware, ctx: Context) -> Decision:
    """Fail at once: the device is not connected."""
    job = state.firmware_job
    if job is not None and job.rollout_id == command.rollout_id:
        return NOTHING
    begun = FirmwareOffered(command.rollout_id, command.image, ctx.now)
    return Decision((begun, _failed(command, ctx.now)))


def given_up(state: State, now: float) -> tuple[FirmwareProgressed, ...]:
    """Return the failure of a job that cannot finish."""
    job = state.firmware_job
    return () if job is None or not job.open else (_failed(job, now),)


def _failed(job: OfferFirmware | FirmwareJob, now: float) -> FirmwareProgressed:
    return FirmwareProgressed(job.rollout_id, "failed", _RETIRED, now)


def withdrawn(state: State, command: WithdrawFirmware, ctx: Context) -> Decision:
    """Forget the offer, unless the Pi is past the point at which it could."""
    job = state.firmware_job
    if job is None or job.rollout_id != command.rollout_id or not job.open or job.state == "updating":
        return NOTHING
    return Decision((FirmwareWithdrawn(command.rollout_id, ctx.now),))


def progressed(state: State, command: ProgressFirmware, ctx: Context) -> Decision:
    """Note how far the Pi is."""
    job = state.firmware_job
    if job is None or job.rollout_id != command.rollout_id or not job.open:
        return Decision(answer=Acked())
    if command.state != "failed" and ORDER.index(command.state) <= ORDER.index(job.state):
        return Decision(answer=Acked())
    progress = FirmwareProgressed(command.rollout_id, command.state, command.detail, ctx.now)
    return Decision((progress,), Acked())


def arrived(state: State, firmware: str, now: float) -> tuple[FirmwareProgressed, ...]:
    """Return the success of the job if the Pi's hello reports the offered version."""
    job = state.firmware_job
    if job is None or not job.open or firmware != job.image.version:
        return ()
    return (FirmwareProgressed(job.rollout_id, "updated", "", now),)


def wanted(state: State, firmware: str) -> SendFirmware | None:
    """Return the offer to send to a Pi with ``firmware`` after its hello."""
    job = state.firmware_job
    return None if job is None or firmware == job.image.version else offer(state)
