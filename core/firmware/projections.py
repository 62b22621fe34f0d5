"""Read models of rollouts, made from the state after their events."""

from __future__ import annotations

from actors import rollout
from actors.messages.rollout import (
    BatchOffered,
    DeviceProgressed,
    DeviceTimedOut,
    RolloutAborted,
    RolloutStarted,
)
from actors.runtime.journal import Write
from core.journal.tables import Posix, Row, Uuid

_DETAIL = 500


class RolloutRow(Row, table="firmware_rollout", key="id", mode="upsert"):
    """A rollout."""

    id: Uuid
    release_id: Uuid
    version: str
    chain_slug: str
    branch_code: str
    status: str
    reason: str
    batch_size: int
    max_failure_rate: float
    user_id: Uuid | None
    started_at: Posix
    ended_at: Posix | None
    seq: int


class RolloutDeviceRow(Row, table="firmware_rollout_device", key="id", mode="upsert"):
    """One device in a rollout."""

    id: str
    rollout_id: Uuid
    device_id: Uuid
    place: int
    state: str
    detail: str
    at: Posix


def rollout_rows(write: Write) -> list[Row]:
    """Return the rollout's row, and those of the devices that its events speak of."""
    state: rollout.State = write.state
    rollout_id = write.address.key
    touched: set[str] = set()
    for event in write.decoded:
        match event:
            case RolloutStarted() | BatchOffered():
                touched.update(event.devices)
            case DeviceProgressed() | DeviceTimedOut():
                touched.add(event.device_id)
            case RolloutAborted():
                touched.update(state.having("aborted"))
    row = RolloutRow(
        id=rollout_id,
        release_id=state.release_id,
        version=state.image.version,
        chain_slug=state.chain,
        branch_code=state.branch,
        status=state.phase,
        reason=state.reason,
        batch_size=state.batch_size,
        max_failure_rate=state.max_failure_rate,
        user_id=state.user_id or None,
        started_at=state.started_at,
        ended_at=state.ended_at,
        seq=write.events[-1].seq,
    )
    devices = [
        RolloutDeviceRow(
            id=f"{rollout_id}:{device_id}",
            rollout_id=rollout_id,
            device_id=device_id,
            place=place,
            state=job.state,
            detail=job.detail[:_DETAIL],
            at=job.at,
        )
        for place, (device_id, job) in enumerate(state.jobs.items())
        if device_id in touched
    ]
    return [row, *devices]
