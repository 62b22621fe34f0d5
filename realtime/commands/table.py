"""The one table of commands: name, schema, permission, who decides, HTTP routes, topics.

Both transports read it, and both API documents are generated from it. Adding a
command is adding a row here, a handler, and a branch of the decider.
"""

from __future__ import annotations

from typing import Any

import msgspec

from core.accounts.principals import Principal
from realtime.commands import alarms, carts, rentals, sessions, trade
from realtime.commands import trolleys as staff
from realtime.commands.gateway import Answer, Gateway
from realtime.commands.row import Command, Route
from realtime.views.base import View
from realtime.views.cart import CartView, ItemView
from realtime.wire import frame_of


class AddedWithCart(carts.Added, frozen=True):
    """000's answer, with the whole cart."""

    cart: CartView


class MessageWithCart(View, frozen=True):
    """001's answer."""

    message: str
    cart: CartView


async def _session_status(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.data


async def _add(gateway: Gateway, who: Principal, body: carts.CartAdd, answer: Answer) -> tuple[int, Any]:
    cart = await carts.view_after(gateway, who, answer.outcome)
    if body.barcode is None:
        return 200, MessageWithCart(message="Item added successfully", cart=cart)
    added: carts.Added = answer.data
    fields = {name: getattr(added, name) for name in added.__struct_fields__}
    return 200, AddedWithCart(cart=cart, **fields)


async def _item(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return 201, answer.data.item


async def _item_or_nothing(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return (204, None) if answer.data.item is None else (200, answer.data.item)


async def _nothing(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return 204, None


async def _cart(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return 200, await carts.view_after(gateway, who, answer.outcome)


_HELD = ("trolley_in_use", "trolley_inactive", "trolley_maintenance", "user_has_trolley", "trolley_not_found")
_PRODUCT = ("product_not_found", "product_unavailable", "variant_not_found", "session_not_found")
_STAFF = "/branches/{code}/carts/{cart_number}"
_ALARM = "/branches/{branch}/alarms/{alarm_id}"
_ALARMS = ("alarm_not_found", "alarm_cleared", "branch_not_found")

TABLE: tuple[Command, ...] = (
    Command(
        "session.start",
        sessions.SessionStart,
        sessions.Started,
        "own",
        "trolley/{trolley_id}",
        sessions.start,
        (Route("POST", "/session/qr-scan", 201, _session_status, also=(200,)),),
        ("session", "cart", "branch"),
        _HELD,
        devices=True,
    ),
    Command(
        "session.heartbeat",
        sessions.SessionHeartbeat,
        sessions.Beat,
        "own",
        "trolley/{trolley_id}",
        sessions.heartbeat,
        (Route("POST", "/session/heartbeat"),),
        (),
        ("session_not_found", "session_ended"),
        devices=True,
    ),
    Command(
        "session.end",
        sessions.SessionEnd,
        sessions.Ended,
        "own",
        "cart/{user_id}",
        sessions.end,
        (Route("POST", "/session/end"),),
        ("session", "cart", "branch"),
        ("session_not_found",),
        devices=True,
    ),
    Command(
        "cart.get",
        carts.CartGet,
        CartView,
        "own",
        "cart/{user_id}",
        carts.get,
        (Route("GET", "/cart", etag=True),),
        (),
        socket=False,
    ),
    Command(
        "cart.add",
        carts.CartAdd,
        carts.Added,
        "own",
        "cart/{user_id}",
        carts.add,
        (
            Route("POST", "/cart/add", 200, _add, answer=(AddedWithCart, MessageWithCart)),
            Route("POST", "/cart/items", 201, _item, answer=ItemView),
        ),
        ("cart", "branch"),
        (*_PRODUCT, "no_session"),
        devices=True,
    ),
    Command(
        "cart.set_quantity",
        carts.CartSetQuantity,
        carts.Changed,
        "own",
        "cart/{user_id}",
        carts.set_quantity,
        (Route("PATCH", "/cart/items/{item_id}", 200, _item_or_nothing, answer=ItemView, also=(204,)),),
        ("cart", "branch"),
        ("item_not_found",),
    ),
    Command(
        "cart.remove",
        carts.CartRemove,
        carts.Removed,
        "own",
        "cart/{user_id}",
        carts.remove,
        (Route("DELETE", "/cart/items/{item_id}", 204, _nothing),),
        ("cart", "branch"),
        ("item_not_found",),
    ),
    Command(
        "cart.clear",
        carts.CartClear,
        carts.Removed,
        "own",
        "cart/{user_id}",
        carts.clear,
        (Route("DELETE", "/cart/items", 204, _nothing),),
        ("cart", "branch"),
    ),
    Command(
        "cart.restore",
        carts.CartRestore,
        carts.RestoredView,
        "own",
        "cart/{user_id}",
        carts.restore,
        (Route("POST", "/cart/restore", 200, _cart, answer=CartView),),
        ("cart", "branch"),
        ("nothing_to_restore",),
    ),
    Command(
        "trolley.unlock",
        staff.TrolleyUnlock,
        staff.UnlockView,
        "trolley.operate",
        "trolley/{trolley_id}",
        staff.unlock,
        (Route("POST", f"{_STAFF}/unlock", by_number=True),),
        ("branch", "session"),
        ("unsupported",),
    ),
    Command(
        "trolley.lock",
        staff.TrolleyLock,
        staff.UnlockView,
        "trolley.operate",
        "trolley/{trolley_id}",
        staff.lock,
        (Route("POST", f"{_STAFF}/lock", by_number=True),),
        ("branch",),
        ("unsupported",),
    ),
    Command(
        "trolley.maintenance",
        staff.TrolleyMaintenance,
        staff.MaintenanceView,
        "trolley.operate",
        "trolley/{trolley_id}",
        staff.maintenance,
        (Route("POST", f"{_STAFF}/maintenance", by_number=True),),
        ("branch",),
    ),
    Command(
        "trolley.assign",
        rentals.TrolleyAssign,
        rentals.Assigned,
        "session.for_others",
        "trolley/{trolley_id}",
        rentals.assign,
        (Route("POST", "/branches/{branch}/carts/assign", 201),),
        ("branch", "session", "cart"),
        (*_HELD, "user_not_found"),
    ),
    Command(
        "trolley.return",
        rentals.TrolleyReturn,
        rentals.Returned,
        "own",
        "yard/{branch}",
        rentals.give_back,
        (Route("POST", "/branches/{branch}/carts/return"),),
        ("branch", "session"),
        ("trolley_not_found", "not_your_trolley", "no_slot_waits", "which_slot", "not_out"),
    ),
    Command(
        "alarm.acknowledge",
        alarms.AlarmAcknowledge,
        alarms.AlarmTaken,
        "trolley.operate",
        "alarms/{branch}",
        alarms.acknowledge,
        (Route("POST", f"{_ALARM}/acknowledge"),),
        ("branch",),
        _ALARMS,
    ),
    Command(
        "alarm.clear",
        alarms.AlarmClear,
        alarms.AlarmCleared,
        "trolley.operate",
        "alarms/{branch}",
        alarms.clear,
        (Route("POST", f"{_ALARM}/clear"),),
        ("branch",),
        _ALARMS,
    ),
    Command(
        "help.call",
        alarms.HelpCall,
        alarms.HelpCalled,
        "own",
        "alarms/{branch}",
        alarms.call,
        (Route("POST", "/help", 201),),
        ("branch",),
        ("session_not_found",),
    ),
    Command(
        "help.answer",
        alarms.HelpAnswer,
        alarms.AlarmTaken,
        "trolley.operate",
        "alarms/{branch}",
        alarms.answer_help,
        (Route("POST", f"{_ALARM}/answer"),),
        ("branch", "notifications"),
        _ALARMS,
    ),
    *trade.ROWS,
)

FRAMES: dict[type[msgspec.Struct], Command] = {
    frame_of(command.name, command.body): command for command in TABLE if command.socket
}
"""Socket frame type -> its command."""

__all__ = ["FRAMES", "TABLE", "Command", "Route"]
