"""Commands of staff that the audit trail notes, by the events that they led to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.messages import alarms, cart, needs, returns, rollout, stock, trolley
from actors.messages.money import exit_check, order, payment
from actors.runtime.journal import Write
from core.trail.projections import StaffCommand


def _reason(event: Any) -> str:
    return str(event.reason)


def _key(write: Write) -> str:
    return write.address.key


def _chain(write: Write, event: Any) -> str:
    return f"chain/{write.state.chain}"


def _trolley_branch(write: Write) -> str:
    ref = write.state.ref
    return "" if ref is None else str(ref.branch)


STAFF_COMMANDS: dict[str, tuple[dict[type, StaffCommand], Callable[[Write], str]]] = {
    "trolley": (
        {
            trolley.UnlockRequested: StaffCommand("trolley.unlock", _reason),
            trolley.MaintenanceStarted: StaffCommand("trolley.maintenance", lambda event: event.notes),
            trolley.MaintenanceEnded: StaffCommand("trolley.in_service"),
            trolley.TrolleyMissing: StaffCommand("trolley.missing", _reason),
            trolley.TrolleyFound: StaffCommand(
                "trolley.found", _reason, lambda write, event, who: bool(event.reason)
            ),
            trolley.RentalClosed: StaffCommand("trolley.close_rental", _reason),
            trolley.RentalNoted: StaffCommand("rental.note", lambda event: event.notes),
            trolley.RentalExtended: StaffCommand("rental.extend"),
            trolley.ClaimRequested: StaffCommand(
                "trolley.assign",
                lambda event: f"user:{event.user_id}",
                lambda write, event, who: event.user_id != who,
            ),
        },
        _trolley_branch,
    ),
    "cart": (
        {
            cart.SessionEndRequested: StaffCommand(
                "session.end",
                by_staff=lambda write, event, who: write.address.key != who,
                on=lambda write, event: f"trolley/{event.trolley_id}",
            ),
            needs.NeedSettled: StaffCommand(
                "approval.settle",
                lambda event: f"{event.need.kind} {event.need.state}: {event.need.reason}".rstrip(": "),
                on=lambda write, event: f"branch/{event.need.branch}/need/{event.need.need_id}",
            ),
        },
        lambda write: "",
    ),
    "yard": (
        {
            returns.TrolleyMatched: StaffCommand(
                "trolley.return", on=lambda write, event: f"trolley/{event.trolley_id}"
            ),
        },
        _key,
    ),
    "alarms": (
        {
            alarms.AlarmAcknowledged: StaffCommand(
                "alarm.acknowledge",
                lambda event: event.note,
                on=lambda write, event: f"alarm/{event.alarm_id}",
            ),
            alarms.AlarmReleased: StaffCommand(
                "alarm.release", on=lambda write, event: f"alarm/{event.alarm_id}"
            ),
            alarms.AlarmSnoozed: StaffCommand(
                "alarm.snooze",
                lambda event: event.reason,
                on=lambda write, event: f"alarm/{event.alarm_id}",
            ),
            alarms.AlarmCleared: StaffCommand(
                "alarm.clear",
                by_staff=lambda write, event, who: event.by is not None,
                on=lambda write, event: f"alarm/{event.alarm.alarm_id}",
            ),
        },
        _key,
    ),
    "stock": (
        {
            stock.StockReceived: StaffCommand("stock.receive", lambda event: event.note),
            stock.StockAdjusted: StaffCommand(
                "stock.adjust",
                lambda event: f"{event.delta:+d}: {event.reason}",
                on=lambda write, event: f"sku/{event.sku}",
            ),
        },
        _key,
    ),
    "order": (
        {
            order.RefundRequested: StaffCommand("order.refund", _reason),
            order.ExitVerified: StaffCommand("order.verify_exit"),
        },
        lambda write: str(write.state.purchase.branch),
    ),
    "payment": (
        {payment.TillPaid: StaffCommand("till.settle", lambda event: f"{event.method} {event.received}")},
        lambda write: str(write.state.purchase.branch),
    ),
    "check": (
        {
            exit_check.CheckBegun: StaffCommand("check.begin"),
            exit_check.CheckFinished: StaffCommand("check.finish", lambda event: event.outcome),
            exit_check.CheckSettled: StaffCommand(
                "check.settle", lambda event: f"{event.method} {event.amount}"
            ),
        },
        lambda write: str(write.state.branch),
    ),
    "rollout": (
        {
            rollout.RolloutStarted: StaffCommand(
                "rollout.start", lambda event: event.image.version, on=_chain
            ),
            rollout.RolloutPaused: StaffCommand("rollout.pause", _reason, on=_chain),
            rollout.RolloutResumed: StaffCommand("rollout.resume", on=_chain),
            rollout.RolloutAborted: StaffCommand("rollout.abort", on=_chain),
        },
        lambda write: str(write.state.branch),
    ),
}
"""By kind of entity: the events, and which branch a write is about (the same however writes are cut)."""
