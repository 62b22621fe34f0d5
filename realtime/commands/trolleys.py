"""Handlers of what staff does to a trolley: unlock, lock, maintenance."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from actors.messages.trolley import Lock, LockOrdered, MaintenanceSet, SetMaintenance, TrolleyRef, Unlock
from core.accounts.principals import Principal
from realtime.commands.gateway import Answer, Direct, Gateway
from realtime.problems import forbidden, invalid
from realtime.views.base import View
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Body

TrolleyId = Annotated[str, Meta(min_length=1, max_length=300)]


class TrolleyUnlock(Body):
    """Open a trolley's lock; the reason is kept in the journal."""

    trolley_id: TrolleyId
    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class TrolleyLock(Body):
    """Close a trolley's lock, where the hardware can."""

    trolley_id: TrolleyId


class TrolleyMaintenance(Body):
    """Take a trolley out of service, or put it back."""

    trolley_id: TrolleyId
    on: bool
    notes: Annotated[str, Meta(max_length=500)] | None = None


class UnlockView(View, frozen=True):
    """The order is durable; whether the lock opened is told by the branch's topic."""

    trolley_id: str
    unlock_id: str
    lock: LockView


class MaintenanceView(View, frozen=True):
    """Whether the trolley is out of service now, and why."""

    trolley_id: str
    on: bool
    notes: str


def unlock(gateway: Gateway, who: Principal, body: TrolleyUnlock, key: str) -> Direct:
    """Begin ``trolley.unlock``."""
    if not body.reason.strip():
        raise invalid("reason", "Say why the lock is opened.")
    ref = _operated(gateway, who, body.trolley_id)
    return Direct(
        gateway.ask("trolley", ref.trolley_id, Unlock(ref, body.reason.strip()), who, key), _ordered
    )


def lock(gateway: Gateway, who: Principal, body: TrolleyLock, key: str) -> Direct:
    """Begin ``trolley.lock``."""
    ref = _operated(gateway, who, body.trolley_id)
    return Direct(gateway.ask("trolley", ref.trolley_id, Lock(ref), who, key), _ordered)


def _ordered(outcome: Any) -> Answer:
    ordered: LockOrdered = outcome.answer
    view = UnlockView(
        trolley_id=ordered.trolley_id, unlock_id=ordered.unlock_id, lock=lock_view(ordered.lock)
    )
    return Answer(view, outcome=outcome)


def maintenance(gateway: Gateway, who: Principal, body: TrolleyMaintenance, key: str) -> Direct:
    """Begin ``trolley.maintenance``."""
    ref = _operated(gateway, who, body.trolley_id)
    command = SetMaintenance(ref, body.on, body.notes or "")

    def shape(outcome: Any) -> Answer:
        done: MaintenanceSet = outcome.answer
        return Answer(
            MaintenanceView(trolley_id=done.trolley_id, on=done.on, notes=done.notes), outcome=outcome
        )

    return Direct(gateway.ask("trolley", ref.trolley_id, command, who, key), shape)


def _operated(gateway: Gateway, who: Principal, text: str) -> TrolleyRef:
    """Return the trolley if the caller operates trolleys in its branch; shoppers get the 403 for any code."""
    if not who.grants and not who.is_platform_admin:
        raise forbidden()
    ref = gateway.trolley(gateway.trolley_code(text))
    gateway.require(who, "trolley.operate", ref.chain, ref.branch, "trolley_not_found")
    return ref
