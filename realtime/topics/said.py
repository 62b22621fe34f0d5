"""What the topics say, for the documents: types of snapshots, names and content of events."""

from __future__ import annotations

from typing import Any

from actors import cart
from actors.messages import trolley as on_trolley
from realtime.views.alarm import AlarmView
from realtime.views.base import View
from realtime.views.branch import CountersView, DeviceView
from realtime.views.cart import CartView
from realtime.views.trolley import SessionView, TrolleyView


class SessionSnapshot(View, frozen=True):
    """Topic ``session``; null without one."""

    session: SessionView | None


class BranchSnapshot(View, frozen=True):
    """Topic ``branch:{code}``."""

    branch: dict[str, Any]
    trolleys: tuple[TrolleyView, ...]
    devices: tuple[DeviceView, ...]
    counters: CountersView
    alarms: tuple[AlarmView, ...]


class ChainSnapshot(View, frozen=True):
    """Topic ``chain:{slug}``."""

    chain: dict[str, Any]
    branches: tuple[dict[str, Any], ...]


class NotificationsSnapshot(View, frozen=True):
    """Topic ``notifications``: the latest notices, oldest first."""

    notices: tuple[dict[str, Any], ...]


TOPICS: dict[str, type[View]] = {
    "cart": CartView,
    "session": SessionSnapshot,
    "branch": BranchSnapshot,
    "chain": ChainSnapshot,
    "notifications": NotificationsSnapshot,
}
"""Topic -> type of its snapshot's data."""

TROLLEY_CHANGED = "TrolleyChanged"
"""Name of the branch's event when an administrator has edited a trolley."""
_TOTALS = "Totals of the cart"
_THAWED = f"{_TOTALS}; `checkout` is null. `saved`, `cleared`."


def _names(union: Any) -> list[str]:
    return [event.__name__ for event in union.__args__]


EVENTS: dict[str, dict[str, str]] = {
    "cart": {
        name: {
            "ItemAdded": f"{_TOTALS} and `item`, the line after the change.",
            "QuantityChanged": f"{_TOTALS} and `item`.",
            "ItemRemoved": f"{_TOTALS} and `item_id`.",
            "LinesRestored": f"{_TOTALS} and `items` to put in; nothing is saved any more.",
            "LinesRepriced": f"{_TOTALS} and `items` to put in.",
            "VouchersChanged": f"{_TOTALS}, `items` to put in, and `vouchers`, all codes held now.",
            "CheckoutRequested": f"{_TOTALS} and `checkout`.",
            "CheckoutReserved": f"{_TOTALS} and `checkout`.",
            "CheckoutRefused": _THAWED,
            "CheckoutCancelled": _THAWED,
            "CheckoutExpired": _THAWED,
            "CheckoutCompleted": f"{_TOTALS}; `checkout` is null.",
            "PaymentRequested": f"{_TOTALS}, `checkout` and `payment_id`.",
            "PaymentDeclined": f"{_TOTALS}, `checkout`, `payment_id`, `reason` and `detail`.",
            "CheckoutReopened": f"{_TOTALS}, `checkout` and `payment_id`: it was paid late.",
            "CheckoutPaid": f"{_TOTALS}, `payment_id`, `order_id`; `checkout` is null, no lines.",
            "PaymentReturned": f"{_TOTALS}, `payment_id` and `detail`: the money goes back.",
            "SessionAttached": f"{_TOTALS}, `session_id` and `trolley_id`.",
            "SessionDetached": f"{_TOTALS}, `session_id`, `trolley_id`, `outcome`, `saved`, `cleared`, "
            "`vouchers`.",
        }.get(name, f"{_TOTALS}.")
        for name in _names(cart.DECIDER.event)
    },
    "session": dict.fromkeys(
        _names(on_trolley.Event), "`session` as it is now, null once it is over (then with `outcome`)."
    ),
    "branch": {
        **dict.fromkeys(_names(on_trolley.Event), "`trolley` and `counters`."),
        TROLLEY_CHANGED: "`trolley` and `counters`; its reference data were edited.",
        "DeviceConnected": "`device`.",
        "DeviceDisconnected": "`device`.",
        "DeviceRetired": "`device`, which the branch has no more.",
        **dict.fromkeys(("AlarmRaised", "AlarmAcknowledged"), "`alarm`, as it stands."),
        "AlarmCleared": "`alarm`, as it was; it is over.",
        "CartTotalChanged": "`trolley_id`, `cart_total`, `cart_units`; at most once a second a trolley.",
    },
    "chain": {"BranchNoted": "`code` and `counters` of a branch."},
    "notifications": dict.fromkeys(
        ("SessionExpired", "LockFailed", "TrolleyReturned", "HelpAnswered", "HelpDone", "ScanWanted"),
        "`kind`, `severity`, `trolley_id`, `at`.",
    )
    | {"AlarmRaised": "To those who run the branch: also `alarm`, its kind, and `branch`."},
}
"""Topic -> name of an event -> what its data has."""
