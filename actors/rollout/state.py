"""The state of a rollout, and how its events change it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    Events,
    Move,
    counted,
)
from actors.messages.device import FirmwareImage
from actors.messages.rollout import (
    BatchOffered,
    DeviceProgressed,
    DeviceTimedOut,
    JobState,
    RolloutAborted,
    RolloutFinished,
    RolloutPaused,
    RolloutPhase,
    RolloutResumed,
    RolloutStarted,
)

TIMED_OUT = "The device said nothing new in time."
UNDER_WAY = ("offered", "downloading", "downloaded", "verified", "updating")


class Job(msgspec.Struct, frozen=True):
    """One device in the rollout."""

    state: JobState = "waiting"
    detail: str = ""
    at: float = 0.0
    """When it came into this state."""

    @property
    def under_way(self) -> bool:
        """Whether the device has the offer and has not brought it to an end."""
        return self.state in UNDER_WAY


class State(msgspec.Struct, frozen=True):
    """One rollout."""

    rollout_id: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: RolloutPhase = "new"
    release_id: str = ""
    image: FirmwareImage = FirmwareImage(version="", url="", size=0, sha256="", signature="")
    chain: str = ""
    branch: str = ""
    batch_size: int = 1
    max_failure_rate: float = 0.0
    device_timeout_s: float = 3600.0
    user_id: str = ""
    jobs: dict[str, Job] = {}
    """By device, in the order in which they are offered the firmware."""
    accepted: int = 0
    """Failures that the last resumption has accepted."""
    reason: str = ""
    """Why it is paused."""
    started_at: float = 0.0
    ended_at: float | None = None

    def having(self, *states: str) -> tuple[str, ...]:
        """Return the devices in one of these states."""
        return tuple(device_id for device_id, job in self.jobs.items() if job.state in states)


def _started(state: State, event: RolloutStarted) -> State:
    return replace(
        state,
        phase="running",
        release_id=event.release_id,
        image=event.image,
        chain=event.chain,
        branch=event.branch,
        batch_size=event.batch_size,
        max_failure_rate=event.max_failure_rate,
        device_timeout_s=event.device_timeout_s,
        user_id=event.user_id,
        jobs={device_id: Job(at=event.at) for device_id in event.devices},
        started_at=event.at,
    )


def _with(state: State, devices: tuple[str, ...], job: Job) -> State:
    return replace(state, jobs={**state.jobs, **dict.fromkeys(devices, job)})


def _offered(state: State, event: BatchOffered) -> State:
    return _with(state, event.devices, Job("offered", "", event.at))


def _progressed(state: State, event: DeviceProgressed) -> State:
    return _with(state, (event.device_id,), Job(event.state, event.detail, event.at))


def _timed_out(state: State, event: DeviceTimedOut) -> State:
    return _with(state, (event.device_id,), Job("failed", TIMED_OUT, event.at))


def _paused(state: State, event: RolloutPaused) -> State:
    return replace(state, phase="paused", reason=event.reason)


def _resumed(state: State, event: RolloutResumed) -> State:
    return replace(state, phase="running", reason="", accepted=len(state.having("failed")))


def _aborted(state: State, event: RolloutAborted) -> State:
    left = (*state.having("waiting"), *event.withdrawn)
    after = _with(state, left, Job("aborted", "", event.at))
    return replace(after, phase="aborted", reason="", ended_at=event.at)


def _finished(state: State, event: RolloutFinished) -> State:
    return replace(state, phase="finished", reason="", ended_at=event.at)


def _devices(phase: RolloutPhase) -> dict[type, Move]:
    return {DeviceProgressed: Move(_progressed, (phase,)), DeviceTimedOut: Move(_timed_out, (phase,))}


_ENDS: dict[type, Move] = {
    RolloutAborted: Move(_aborted, ("aborted",)),
    RolloutFinished: Move(_finished, ("finished",)),
}
EVENTS = Events[State](
    {
        "new": {RolloutStarted: Move(_started, ("running",))},
        "running": {
            BatchOffered: Move(_offered, ("running",)),
            RolloutPaused: Move(_paused, ("paused",)),
            **_devices("running"),
            **_ENDS,
        },
        "paused": {RolloutResumed: Move(_resumed, ("running",)), **_devices("paused"), **_ENDS},
        "aborted": _devices("aborted"),
        "finished": {},
    },
    counted,
)
evolve = EVENTS.evolve
