"""Which events tell of a command of staff, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.messages import alarms, cart, needs, returns, rollout, stock, trolley
from actors.messages.money import order, payment
from actors.runtime.journal import Write
from core.trail.projections import Deed


def _reason(event: Any) -> str:
    return str(event.reason)


def _key(write: Write) -> str:
    return write.address.key


def _chain(write: Write, event: Any) -> str:
    return f"chain/{write.state.chain}"


def _trolley_branch(write: Write) -> str:
    ref = write.state.ref
    return "" if ref is None else str(ref.branch)


DEEDS: dict[str, tuple[dict[type, Deed], Callable[[Write], str]]] = {
    "trolley": (
        {
            trolley.UnlockRequested: Deed("trolley.unlock", _reason),
            trolley.MaintenanceStarted: Deed("trolley.maintenance", lambda event: event.notes),
            trolley.MaintenanceEnded: Deed("trolley.in_service"),
            trolley.TrolleyMissing: Deed("trolley.missing", _reason),
            trolley.TrolleyFound: Deed(
                "trolley.found", _reason, lambda write, event, who: bool(event.reason)
            ),
            trolley.RentalClosed: Deed("trolley.close_rental", _reason),
            trolley.RentalNoted: Deed("rental.note", lambda event: event.notes),
            trolley.RentalExtended: Deed("rental.extend"),
            trolley.ClaimRequested: Deed(
                "trolley.assign",
                lambda event: f"user:{event.user_id}",
                lambda write, event, who: event.user_id != who,
            ),
        },
        _trolley_branch,
    ),
    "cart": (
        {
            cart.SessionEndRequested: Deed(
                "session.end",
                by_staff=lambda write, event, who: write.address.key != who,
                on=lambda write, event: f"trolley/{event.trolley_id}",
            ),
            needs.NeedSettled: Deed(
                "approval.settle",
                lambda event: f"{event.need.kind} {event.need.state}: {event.need.reason}".rstrip(": "),
                on=lambda write, event: f"branch/{event.need.branch}/need/{event.need.need_id}",
            ),
        },
        lambda write: "",
    ),
    "yard": (
        {
            returns.TrolleyMatched: Deed(
                "trolley.return", on=lambda write, event: f"trolley/{event.trolley_id}"
            ),
        },
        _key,
    ),
    "alarms": (
        {
            alarms.AlarmAcknowledged: Deed(
                "alarm.acknowledge",
                lambda event: event.note,
                on=lambda write, event: f"alarm/{event.alarm_id}",
            ),
            alarms.AlarmSnoozed: Deed(
                "alarm.snooze",
                lambda event: event.reason,
                on=lambda write, event: f"alarm/{event.alarm_id}",
            ),
            alarms.AlarmCleared: Deed(
                "alarm.clear",
                by_staff=lambda write, event, who: event.by is not None,
                on=lambda write, event: f"alarm/{event.alarm.alarm_id}",
            ),
        },
        _key,
    ),
    "stock": (
        {
            stock.StockReceived: Deed("stock.receive", lambda event: event.note),
            stock.StockAdjusted: Deed(
                "stock.adjust",
                lambda event: f"{event.delta:+d}: {event.reason}",
                on=lambda write, event: f"sku/{event.sku}",
            ),
        },
        _key,
    ),
    "order": (
        {
            order.RefundRequested: Deed("order.refund", _reason),
            order.ExitVerified: Deed("order.verify_exit"),
        },
        lambda write: str(write.state.purchase.branch),
    ),
    "payment": (
        {payment.TillPaid: Deed("till.settle", lambda event: f"{event.method} {event.received}")},
        lambda write: str(write.state.purchase.branch),
    ),
    "rollout": (
        {
            rollout.RolloutStarted: Deed("rollout.start", lambda event: event.image.version, on=_chain),
            rollout.RolloutPaused: Deed("rollout.pause", _reason, on=_chain),
            rollout.RolloutResumed: Deed("rollout.resume", on=_chain),
            rollout.RolloutAborted: Deed("rollout.abort", on=_chain),
        },
        lambda write: str(write.state.branch),
    ),
}
"""By kind of entity: the events, and which branch a write is about (the same however writes are cut)."""
