"""The decider of ``rollout/<id>``: one firmware for many devices, in batches.

A batch is offered when the one before has come to its end on every device. Too many
failures pause it for somebody to look; a device that says nothing new for long has
failed. What a device does with the offer is the device's own affair (device_firmware).
"""

from __future__ import annotations

from typing import Any

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Handler,
    Tell,
    TimeReached,
    ignored,
)
from actors.messages.device import OfferFirmware, WithdrawFirmware
from actors.messages.rollout import (
    AbortRollout,
    Answer,
    BatchOffered,
    Command,
    DeviceProgressed,
    DeviceTimedOut,
    Event,
    NoteFirmware,
    PauseRollout,
    ResumeRollout,
    RolloutAborted,
    RolloutFinished,
    RolloutNow,
    RolloutPaused,
    RolloutResumed,
    RolloutStarted,
    StartRollout,
)
from actors.rollout.state import EVENTS, State, evolve


def deadline(state: State) -> float | None:
    """Return when the first device under way has been silent for too long."""
    times = [job.at + state.device_timeout_s for job in state.jobs.values() if job.under_way]
    return min(times, default=None)


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends: offers to devices, and withdrawals."""
    match event:
        case BatchOffered():
            offer = OfferFirmware(state.rollout_id, state.image)
            return tuple(Tell("device", device_id, offer) for device_id in event.devices)
        case RolloutAborted():
            withdrawal = WithdrawFirmware(state.rollout_id)
            return tuple(Tell("device", device_id, withdrawal) for device_id in event.withdrawn)
        case DeviceTimedOut():
            return (Tell("device", event.device_id, WithdrawFirmware(state.rollout_id)),)
        case _:
            return ()


def _onward(state: State, events: list[Any], ctx: Context) -> Decision:
    """Add what follows of itself after these events: a pause, the next batch or the end."""
    for event in events:
        state = evolve(state, event)
    more: list[Any] = []
    waiting, under_way = state.having("waiting"), any(job.under_way for job in state.jobs.values())
    if state.phase not in ("running", "paused"):
        return Decision(tuple(events), RolloutNow(state.phase))
    if _too_many_failed(state):
        # Also when nothing is left to do: a rollout that failed is not done until somebody has looked.
        if state.phase == "running":
            more.append(RolloutPaused("failures", ctx.now))
    elif not waiting and not under_way:
        more.append(RolloutFinished(ctx.now))
    elif state.phase == "running" and waiting and not under_way:
        more.append(BatchOffered(waiting[: state.batch_size], ctx.now))
    for event in more:
        state = evolve(state, event)
    return Decision((*events, *more), RolloutNow(state.phase))


def _too_many_failed(state: State) -> bool:
    failed = len(state.having("failed")) - state.accepted
    tried = len(state.jobs) - len(state.having("waiting")) - state.accepted
    return failed > 0 and failed > state.max_failure_rate * tried


def _start(state: State, command: StartRollout, ctx: Context) -> Decision:
    started = RolloutStarted(
        release_id=command.release_id,
        image=command.image,
        chain=command.chain,
        branch=command.branch,
        devices=tuple(dict.fromkeys(command.devices)),
        batch_size=max(1, command.batch_size),
        max_failure_rate=command.max_failure_rate,
        device_timeout_s=command.device_timeout_s,
        user_id=command.user_id,
        at=ctx.now,
    )
    return _onward(state, [started], ctx)


def _now(state: State, command: Any, ctx: Context) -> Decision:
    """Nothing to do: it is so already."""
    return Decision(answer=RolloutNow(state.phase))


def _pause(state: State, command: PauseRollout, ctx: Context) -> Decision:
    return Decision((RolloutPaused("asked", ctx.now),), RolloutNow("paused"))


def _resume(state: State, command: ResumeRollout, ctx: Context) -> Decision:
    return _onward(state, [RolloutResumed(ctx.now)], ctx)


def _abort(state: State, command: AbortRollout, ctx: Context) -> Decision:
    withdrawn = state.having("offered", "downloading", "downloaded", "verified")
    return Decision((RolloutAborted(withdrawn, ctx.now),), RolloutNow("aborted"))


def _note(state: State, command: NoteFirmware, ctx: Context) -> Decision:
    job = state.jobs.get(command.device_id)
    if job is None or not job.under_way or job.state == command.state:
        return NOTHING
    progress = DeviceProgressed(command.device_id, command.state, command.detail, ctx.now)
    return _onward(state, [progress], ctx)


def _time_reached(state: State, command: TimeReached, ctx: Context) -> Decision:
    silent: list[Any] = [
        DeviceTimedOut(device_id, ctx.now)
        for device_id, job in state.jobs.items()
        if job.under_way and ctx.reached(job.at + state.device_timeout_s)
    ]
    return _onward(state, silent, ctx) if silent else NOTHING


_DEVICES: dict[type, Handler] = {NoteFirmware: _note, TimeReached: _time_reached}
COMMANDS: Commands = {
    "new": {StartRollout: _start, NoteFirmware: ignored, TimeReached: ignored},
    "running": {
        StartRollout: _now,
        PauseRollout: _pause,
        ResumeRollout: _now,
        AbortRollout: _abort,
        **_DEVICES,
    },
    "paused": {
        StartRollout: _now,
        PauseRollout: _now,
        ResumeRollout: _resume,
        AbortRollout: _abort,
        **_DEVICES,
    },
    "aborted": {StartRollout: _now, AbortRollout: _now, **_DEVICES},
    "finished": {StartRollout: _now, NoteFirmware: ignored, TimeReached: ignored},
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State, COMMANDS, EVENTS, tells, deadline=deadline, command=Command, event=Event, answer=Answer
)
