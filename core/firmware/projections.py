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
from core.journal.tables import Form, Row

_DETAIL = 500


class RolloutRow(Row):
    """A rollout."""

    form = Form(
        "firmware_rollout",
        "upsert",
        ("id",),
        {
            "id": "uuid",
            "release_id": "uuid",
            "version": "text",
            "chain_slug": "text",
            "branch_code": "text",
            "status": "text",
            "reason": "text",
            "batch_size": "bigint",
            "max_failure_rate": "float",
            "user_id": "uuid",
            "started_at": "time",
            "ended_at": "time",
            "seq": "bigint",
        },
    )
    id: str
    release_id: str
    version: str
    chain_slug: str
    branch_code: str
    status: str
    reason: str
    batch_size: int
    max_failure_rate: float
    user_id: str | None
    started_at: float
    ended_at: float | None
    seq: int


class RolloutDeviceRow(Row):
    """One device in a rollout."""

    form = Form(
        "firmware_rollout_device",
        "upsert",
        ("id",),
        {
            "id": "text",
            "rollout_id": "uuid",
            "device_id": "uuid",
            "place": "bigint",
            "state": "text",
            "detail": "text",
            "at": "time",
        },
    )
    id: str
    rollout_id: str
    device_id: str
    place: int
    state: str
    detail: str
    at: float


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
        rollout_id,
        state.release_id,
        state.image.version,
        state.chain,
        state.branch,
        state.phase,
        state.reason,
        state.batch_size,
        state.max_failure_rate,
        state.user_id or None,
        state.started_at,
        state.ended_at,
        write.events[-1].seq,
    )
    devices = [
        RolloutDeviceRow(
            f"{rollout_id}:{device_id}",
            rollout_id,
            device_id,
            place,
            job.state,
            job.detail[:_DETAIL],
            job.at,
        )
        for place, (device_id, job) in enumerate(state.jobs.items())
        if device_id in touched
    ]
    return [row, *devices]
