"""The durable kinds of entity: decider, codec and projection of each, in one place.

The host makes the runtime's kinds of them; replay and checks walk over them. The order
is that of a replay: what a projection updates has been written by those before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from actors import (
    alarms,
    cart,
    device,
    exit_check,
    order,
    order_numbers,
    payment,
    returns,
    rollout,
    stock,
    trolley,
    voucher,
)
from actors.kit.decider import Decider
from actors.messages import budget as budgets
from actors.messages import cart as carts
from actors.messages import needs as approvals
from actors.messages import rollout as rollouts
from actors.messages import trolley as trolleys
from actors.messages.money import checkout as checkouts
from actors.messages.money import order as orders
from actors.messages.money import paying
from actors.messages.money import payment as payments
from actors.runtime.journal import Write
from core.alarms.projections import AlarmRow, alarm_rows
from core.audit.staff_commands import STAFF_COMMANDS
from core.catalogue import projections as vouchers
from core.firmware import projections as firmware
from core.fleet import projections as fleet
from core.fleet.projections import device_rows, trolley_rows
from core.inventory import projections as inventory
from core.journal.codec import JsonCodec, Upcaster
from core.journal.projector import Projection
from core.journal.tables import Row
from core.orders import projections as order_rows
from core.payments.projections import PaymentRow, TillPaymentRow, payment_rows
from core.shopping import projections as shopping
from core.trail.projections import CommandRow, noted


class DurableKind(NamedTuple):
    """One durable kind."""

    name: str
    decider: Decider[Any, Any, Any, Any]
    codec: JsonCodec[Any]
    project: Projection


def nothing(write: Write) -> list[Row]:
    """Project nothing: the entity is read nowhere but in its own state."""
    return []


def same(fields: dict[str, Any]) -> dict[str, Any]:
    """Upcast to a version that has only gained fields with a default, or lost some."""
    return fields


_PURCHASE = ("reservation_id", "branch", "chain", "session_id", "trolley_id", "lines", "currency")


def _many(fields: dict[str, Any]) -> dict[str, Any]:
    """Upcast a slot's change, which held one whole reading."""
    return {"seq": fields["seq"], "seen": [{**fields["reading"], "trolley_id": fields["trolley_id"]}]}


def _at_home(fields: dict[str, Any]) -> dict[str, Any]:
    """Upcast a slot's change: a slot held none but the trolley that belonged there."""
    ref = fields["reading"]["ref"]
    return {**fields, "trolley_id": None if ref is None else ref["trolley_id"]}


def _with_purchase(total: str) -> Upcaster:
    """Return the upcaster of an event that held a purchase field by field, its sum under that name."""

    def upcast(fields: dict[str, Any]) -> dict[str, Any]:
        rest = dict(fields)
        purchase = {name: rest.pop(name) for name in _PURCHASE}
        return {**rest, "purchase": {**purchase, "total": rest.pop(total)}}

    return upcast


def _codec(decider: Decider[Any, Any, Any, Any], **options: Any) -> JsonCodec[Any]:
    return JsonCodec(
        events=decider.event,
        answers=decider.answer,
        state=decider.initial,
        volatile=decider.volatile,
        **options,
    )


_TROLLEY = _codec(
    trolley.DECIDER,
    state_version=9,
    versions={"ClaimRequested": 4, "TrolleyAssigned": 2, "TrolleyLeft": 2, "UnlockRequested": 2},
    upcasters={
        ("UnlockRequested", 1): same,
        ("ClaimRequested", 1): same,
        ("ClaimRequested", 2): same,
        ("ClaimRequested", 3): same,
        ("TrolleyAssigned", 1): same,
        ("TrolleyLeft", 1): same,
    },
    renamed={"UnlockOrdered": "UnlockRequested"},
    bodies={
        trolleys.Claim: lambda command: (command.ref.trolley_id, command.user_id),
        trolleys.Unlock: lambda command: (command.ref.trolley_id, command.reason),
        trolleys.Lock: lambda command: command.ref.trolley_id,
        trolleys.SetMaintenance: lambda command: (command.ref.trolley_id, command.on, command.notes),
        trolleys.CloseRental: lambda command: (command.ref.trolley_id, command.reason),
        trolleys.SetMissing: lambda command: (command.ref.trolley_id, command.on, command.reason),
        trolleys.ChangeRental: lambda command: (command.rental_id, command.notes, command.due_at),
    },
)
_DEVICE = _codec(
    device.DECIDER,
    state_version=6,
    versions={"DeviceDisconnected": 2, "SlotChanged": 3},
    upcasters={
        ("DeviceDisconnected", 1): lambda fields: {**fields, "since": fields["at"]},
        ("SlotChanged", 1): _at_home,
        ("SlotChanged", 2): _many,
    },
)
_RETURNS = _codec(
    returns.DECIDER,
    state_version=1,
)
_WITH_KIND = ("AlarmWatched", "AlarmForgone", "AlarmRaised", "AlarmCleared")
_WITH_ALARM = ("AlarmRaised", "AlarmCleared")
_ALARMS = _codec(
    alarms.DECIDER,
    state_version=8,
    versions=dict.fromkeys(_WITH_KIND, 6) | dict.fromkeys(_WITH_ALARM, 8) | {"AlarmAcknowledged": 2},
    upcasters={(name, version): same for name in _WITH_KIND for version in (1, 2, 3, 4, 5)}
    | {(name, version): same for name in _WITH_ALARM for version in (6, 7)}
    | {("AlarmAcknowledged", 1): same},
)
_ROLLOUT = _codec(
    rollout.DECIDER,
    state_version=1,
    bodies={
        rollouts.StartRollout: lambda command: (
            command.image.version,
            command.branch,
            command.batch_size,
            command.max_failure_rate,
        ),
    },
)
_GROWN = (
    "ItemAdded", "QuantityChanged", "LinesRestored", "LinesRepriced", "VouchersChanged",
)  # fmt: skip
_CART = _codec(
    cart.DECIDER,
    state_version=12,
    versions={
        **dict.fromkeys(_GROWN, 4),
        **dict.fromkeys(("PaymentRequested", "NeedSettled"), 2),
        "CheckoutReopened": 3,
        "CheckoutRequested": 4,
        "VouchersChanged": 5,
        "CheckoutPaid": 6,
    },
    upcasters={
        **{(name, version): same for name in _GROWN for version in (1, 2, 3)},
        ("VouchersChanged", 4): same,
        ("NeedSettled", 1): same,
        **{("CheckoutRequested", version): same for version in (1, 2, 3)},
        **{("CheckoutReopened", version): same for version in (1, 2)},
        ("PaymentRequested", 1): same,
        ("CheckoutPaid", 1): _with_purchase("total"),
        **{("CheckoutPaid", version): same for version in (2, 3, 4, 5)},
    },
    bodies={
        carts.AddItem: lambda command: (
            command.offer.product_id,
            command.offer.variant_id,
            command.quantity,
            command.session_id,
            *(() if command.offer.label is None else (command.offer.label,)),
        ),
        carts.SetQuantity: lambda command: (command.line_id, command.quantity),
        carts.RestoreLines: lambda command: None,
        carts.Reprice: lambda command: None,
        carts.ApplyVoucher: lambda command: command.voucher.code,
        carts.DropVoucher: lambda command: command.code,
        budgets.SetBudget: lambda command: command.budget,
        checkouts.Checkout: lambda command: None,
        paying.RequestPayment: lambda command: (command.provider, command.currency),
        approvals.SettleNeed: lambda command: (command.need_id, command.approve, command.reason),
    },
)
"""A repeat of a command is known by what its sender said: an offer may have changed since, a new line's or
session's id is made afresh by the edge."""

_STOCK = _codec(
    stock.DECIDER,
    state_version=1,
)
_ORDER = _codec(
    order.DECIDER,
    state_version=7,
    versions={"OrderPlaced": 6},
    upcasters={
        ("OrderPlaced", 1): _with_purchase("total"),
        **{("OrderPlaced", version): same for version in (2, 3, 4, 5)},
    },
    bodies={
        orders.RefundOrder: lambda command: (command.amount, command.reason, command.returned),
        orders.VerifyExit: lambda command: command.branch,
    },
)
_ORDER_NUMBERS = _codec(
    order_numbers.DECIDER,
    state_version=1,
)
_PAYMENT = _codec(
    payment.DECIDER,
    state_version=7,
    versions={"ChargeStarted": 6},
    upcasters={
        ("ChargeStarted", 1): _with_purchase("amount"),
        **{("ChargeStarted", version): same for version in (2, 3, 4, 5)},
    },
    bodies={
        # No digest of a whole card's number is kept: there are few enough of them to try.
        payments.SettleAtTill: lambda command: (command.method, command.received),
        payments.ConfirmPayment: lambda command: ((command.card or "")[-4:], command.approve),
    },
)

_CHECK = _codec(exit_check.DECIDER, state_version=1)
_VOUCHER = _codec(
    voucher.DECIDER,
    state_version=1,
)

ENTITIES: dict[str, DurableKind] = {
    entity.name: entity
    for entity in (
        DurableKind("trolley", trolley.DECIDER, _TROLLEY, trolley_rows),
        DurableKind("device", device.DECIDER, _DEVICE, device_rows),
        DurableKind("cart", cart.DECIDER, _CART, shopping.cart_rows),
        DurableKind("yard", returns.DECIDER, _RETURNS, nothing),
        DurableKind("alarms", alarms.DECIDER, _ALARMS, alarm_rows),
        DurableKind("stock", stock.DECIDER, _STOCK, inventory.stock_rows),
        DurableKind("rollout", rollout.DECIDER, _ROLLOUT, firmware.rollout_rows),
        DurableKind("order", order.DECIDER, _ORDER, order_rows.order_rows),
        DurableKind("till", order_numbers.DECIDER, _ORDER_NUMBERS, nothing),
        DurableKind("check", exit_check.DECIDER, _CHECK, order_rows.check_rows),
        DurableKind("voucher", voucher.DECIDER, _VOUCHER, vouchers.voucher_rows),
        DurableKind("payment", payment.DECIDER, _PAYMENT, payment_rows),
    )
}
for _name, (_commands, _branch) in STAFF_COMMANDS.items():
    ENTITIES[_name] = ENTITIES[_name]._replace(project=noted(ENTITIES[_name].project, _commands, _branch))
PROJECTIONS: dict[str, Projection] = {entity.name: entity.project for entity in ENTITIES.values()}

ROWS: tuple[type[Row], ...] = (
    fleet.TrolleyRow,
    fleet.SessionRow,
    fleet.SessionOverRow,
    fleet.SessionCleared,
    fleet.RentalRow,
    fleet.RentalReturned,
    fleet.RentalLost,
    fleet.RentalOverRow,
    fleet.RentalResumed,
    fleet.RentalDue,
    fleet.RentalNotes,
    fleet.DeviceRow,
    fleet.SlotRow,
    AlarmRow,
    firmware.RolloutRow,
    firmware.RolloutDeviceRow,
    vouchers.UsesRow,
    inventory.LevelRow,
    inventory.MovementRow,
    inventory.ReservationRow,
    inventory.ReservationClosed,
    shopping.CartRow,
    shopping.CartItemRow,
    shopping.ItemGone,
    shopping.ItemsGoneRow,
    shopping.NeedRow,
    order_rows.OrderRow,
    order_rows.OrderItemRow,
    order_rows.RefundRow,
    order_rows.ExitCheckRow,
    PaymentRow,
    TillPaymentRow,
    CommandRow,
)
"""Every type of row that the projections write."""
