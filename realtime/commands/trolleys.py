"""What staff does to a trolley: unlock, lock, maintenance, missing."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from actors.messages.trolley import (
    Lock,
    MaintenanceSet,
    MissingSet,
    SetMaintenance,
    SetMissing,
    Unlock,
    UnlockAccepted,
)
from realtime.commands.sessions import trolley_place
from realtime.pipeline.asking import Accepted
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route
from realtime.pipeline.timed import LATE, Timed
from realtime.problems import invalid
from realtime.views.base import View
from realtime.views.trolley import LockView, lock_view
from realtime.wire import ONE_LINE, Body

TrolleyId = Annotated[str, Meta(min_length=1, max_length=300)]


class TrolleyUnlock(Timed, kw_only=True):
    """Open a trolley's lock; the reason is kept in the journal."""

    trolley_id: TrolleyId
    reason: Annotated[str, Meta(min_length=1, max_length=300, extra=ONE_LINE)]


class TrolleyLock(Timed, kw_only=True):
    """Close a trolley's lock, where the hardware can."""

    trolley_id: TrolleyId


class TrolleyMaintenance(Body):
    """Take a trolley out of service, or put it back."""

    trolley_id: TrolleyId
    on: bool
    notes: Annotated[str, Meta(max_length=500, extra=ONE_LINE)] | None = None


class TrolleyMissing(Body):
    """Say that nobody knows where a trolley is, or that it has been found; the reason is kept."""

    trolley_id: TrolleyId
    on: bool
    reason: Annotated[str, Meta(min_length=1, max_length=500, extra=ONE_LINE)]


class MissingView(View, frozen=True):
    """Whether the trolley is missing now, and what is known of it."""

    trolley_id: str
    on: bool
    reason: str


class UnlockView(View, frozen=True):
    """The request is durable; whether the lock opened is told by the branch's topic."""

    trolley_id: str
    unlock_id: str
    lock: LockView


class MaintenanceView(View, frozen=True):
    """Whether the trolley is out of service now, and why."""

    trolley_id: str
    on: bool
    notes: str


def _trolley(call: Call) -> CommandPlace:
    return trolley_place(call.services.fleet.trolley(call.body.trolley_id))


def _unlock(call: Call, found: object) -> Ask:
    reason: str = call.body.reason.strip()
    if not reason:
        raise invalid("reason", "Say why the lock is opened.")
    ref = call.place.thing
    return Ask("trolley", ref.trolley_id, Unlock(ref, reason))


def _lock(call: Call, found: object) -> Ask:
    ref = call.place.thing
    return Ask("trolley", ref.trolley_id, Lock(ref))


def _unlock_shown(call: Call, found: object, outcome: Accepted[UnlockAccepted]) -> UnlockView:
    accepted = outcome.answer
    return UnlockView(
        trolley_id=accepted.trolley_id, unlock_id=accepted.unlock_id, lock=lock_view(accepted.lock)
    )


def _maintain(call: Call, found: object) -> Ask:
    ref, body = call.place.thing, call.body
    return Ask("trolley", ref.trolley_id, SetMaintenance(ref, body.on, body.notes or ""))


def _maintained(call: Call, found: object, outcome: Accepted[MaintenanceSet]) -> MaintenanceView:
    done = outcome.answer
    return MaintenanceView(trolley_id=done.trolley_id, on=done.on, notes=done.notes)


def _miss(call: Call, found: object) -> Ask:
    ref, body = call.place.thing, call.body
    return Ask("trolley", ref.trolley_id, SetMissing(ref, body.on, body.reason))


def _missed(call: Call, found: object, outcome: Accepted[MissingSet]) -> MissingView:
    done = outcome.answer
    return MissingView(trolley_id=done.trolley_id, on=done.on, reason=done.reason)


_PATH = "/branches/{branch_id}/carts/{cart_number}"

ROWS = (
    Command(
        name="trolley.unlock",
        body=TrolleyUnlock,
        answer=UnlockView,
        permission="trolley.operate",
        where=_trolley,
        command=_unlock,
        show=_unlock_shown,
        routes=(Route("POST", f"{_PATH}/unlock", by_number=True),),
        refusals=("invalid", "trolley_not_found", "unsupported", *LATE),
    ),
    Command(
        name="trolley.lock",
        body=TrolleyLock,
        answer=UnlockView,
        permission="trolley.operate",
        where=_trolley,
        command=_lock,
        show=_unlock_shown,
        routes=(Route("POST", f"{_PATH}/lock", by_number=True),),
        refusals=("trolley_not_found", "unsupported", *LATE),
    ),
    Command(
        name="trolley.maintenance",
        body=TrolleyMaintenance,
        answer=MaintenanceView,
        permission="trolley.operate",
        where=_trolley,
        command=_maintain,
        show=_maintained,
        routes=(Route("POST", f"{_PATH}/maintenance", by_number=True),),
        refusals=("trolley_not_found",),
    ),
    Command(
        name="trolley.missing",
        body=TrolleyMissing,
        answer=MissingView,
        permission="trolley.operate",
        where=_trolley,
        command=_miss,
        show=_missed,
        routes=(Route("POST", f"{_PATH}/missing", by_number=True),),
        refusals=("trolley_not_found", "reason_required"),
    ),
)
