"""One example of every event, and the golden files made of them.

``python -m tests.journal.examples`` writes the files that are missing, and never touches
one that is there: what was released stays in somebody's journal for ever. An event whose
schema changes gets a higher version, an upcaster and a file more.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from actors.messages import alarms, budget, cart, device, needs, pricing, rollout, stock, trolley
from actors.messages import returns as yard
from actors.messages.money import amounts, checkout, exit_check, order, paying, payment, purchase, voucher
from actors.messages.money import order_numbers as till
from core.entities import ENTITIES
from core.journal.codec import JsonCodec, tag_of

GOLDEN = Path(__file__).parent / "golden"

_ID = "6f1d0c1e-8a2b-4a63-9f0e-3d1c5b7a9e2{}".format
_REF = trolley.TrolleyRef(
    "TROLLEY_01", "BRANCH-001", "demo", 1, "INR", place=trolley.Place(_ID(0), 17), one_per_user=False
)
_LINE = cart.Line(
    _ID(1),
    _ID(2),
    "8901234567890",
    "Reis „Basmati“ 5 kg",
    3,
    Decimal("420.75"),
    Decimal("1262.25"),
    (cart.PriceStep("base", Decimal("500.00")), cart.PriceStep("tier:GOLD", Decimal("420.75"))),
    1_700_000_000.125,
    _ID(3),
    "5 kg",
    lots=("L7-2026",),
)
_NEED = needs.Need(
    need_id=_ID(6),
    kind="age",
    line_id=_ID(1),
    product_id=_ID(2),
    name="Kingfisher 0.65 l",
    session_id=_ID(4),
    branch="BRANCH-001",
    raised_at=1_700_000_000.5,
    age=18,
)
_VOUCHER = pricing.Voucher(
    "DIWALI10",
    pricing.Rule(
        _ID(8), "voucher", "percent", Decimal("10.0000"), "voucher:DIWALI10", 3, 0, 1, None, 1_700_009_000.0
    ),
    product_id=_ID(2),
    max_uses=100,
    max_per_person=1,
)
_BUDGET = budget.Budget(Decimal("1500.00"), "INR", "month", budget.ALERTS, "Asia/Kolkata")
_PLACE = trolley.Place(_ID(0), 18)
_AT = 1_700_000_001.25
_TOTAL = Decimal("1262.25")
_WISH = checkout.Wish(_ID(9), "sandbox", "demo")
_UNITS = (stock.Quantity(_ID(2), 3), stock.Quantity(f"{_ID(2)}/{_ID(3)}", 1))
_SESSION, _USER, _UNLOCK = _ID(4), _ID(5), _ID(6)
_PURCHASE = purchase.Purchase(
    reservation_id=_ID(7),
    branch="BRANCH-001",
    chain="demo",
    session_id=_SESSION,
    trolley_id="TROLLEY_01",
    lines=(_LINE,),
    total=_TOTAL,
    currency="INR",
    removed=2,
)
_PROMOTED = amounts.Promoted(
    _ID(4),
    "3 for 2 of all rice",
    "n_for_m",
    1,
    Decimal("420.75"),
    (amounts.PromotedLine(f"{_ID(2)}/{_ID(3)}", 3, Decimal("420.75")),),
)
_AMOUNTS = amounts.Amounts(
    subtotal=_TOTAL,
    savings=(amounts.Saving("promotion:3 for 2 of all rice", Decimal("420.75")),),
    deposits=(),
    taxes=(amounts.Tax("standard", "GST", Decimal(5), Decimal("801.43"), Decimal("40.07")),),
    tax_included=True,
    rounding=Decimal("0.00"),
    total=Decimal("841.50"),
    shares=(amounts.Share(f"{_ID(2)}/{_ID(3)}", Decimal("841.50"), Decimal("0.00"), "standard", ""),),
    promotions=(_PROMOTED,),
)
_SOLD = msgspec.structs.replace(_PURCHASE, total=_AMOUNTS.total, amounts=_AMOUNTS)
_ABOUT = alarms.About("trolley/TROLLEY_01", "TROLLEY_01", _ID(0), 17, _USER, "not_opened")
_ALARM = alarms.Alarm(
    alarm_id=_ID(8),
    kind="lock_failed",
    severity="major",
    about=_ABOUT,
    raised_at=_AT,
    acknowledged_at=_AT + 5,
    acknowledged_by=_ID(9),
    assignee=_ID(9),
)

_IMAGE = device.FirmwareImage(
    version="2.0.1",
    url="https://shop.example/firmware",
    size=1_048_576,
    sha256="ab" * 32,
    signature="c2lnbmVk",
)
_ROLLOUT = _ID(8)

_DISPUTE = order.Dispute(
    dispute_id="dispute-1",
    amount=Decimal("420.75"),
    status="needs_response",
    reason="product_not_received",
    due_by=_AT + 86_400,
)
_DIFFERENCE = exit_check.Difference("", _ID(2), "Reis „Basmati“ 5 kg", 1, Decimal("420.75"))
EXAMPLES: tuple[msgspec.Struct, ...] = (
    exit_check.CheckBegun(
        buyer_id=_USER,
        chain="demo",
        branch="BRANCH-001",
        currency="INR",
        expected=(exit_check.Expected(_ID(1), _ID(2), "Reis „Basmati“ 5 kg", 3, Decimal("420.75")),),
        by=_ID(9),
        at=_AT,
    ),
    exit_check.GoodsScanned(exit_check.Found(_ID(2), "Reis „Basmati“ 5 kg", 2, Decimal("420.75")), _AT),
    exit_check.CheckFinished(outcome="differences", missing=(_DIFFERENCE,), unpaid=(_DIFFERENCE,), at=_AT),
    exit_check.CheckSettled(by=_ID(9), method="card", amount=Decimal("420.75"), at=_AT),
    payment.TillPaid(by=_ID(9), method="cash", due=_TOTAL, received=Decimal("1300.00"), at=_AT),
    needs.NeedsRaised((_NEED,), _AT),
    needs.NeedsWithdrawn((_NEED,), _AT),
    needs.NeedSettled(msgspec.structs.replace(_NEED, state="approved", units=3, by=_ID(9)), _AT, _LINE),
    trolley.ClaimRequested(
        ref=_REF,
        user_id=_USER,
        session_id=_SESSION,
        claim_id="claim-1",
        at=_AT,
        rental_s=3600.0,
        resume_s=900.0,
    ),
    trolley.ClaimDenied(_SESSION, _USER, "user_has_trolley", _AT),
    trolley.ClaimLapsed(_SESSION, _USER, _AT),
    trolley.TrolleyAssigned(_SESSION, _USER, _UNLOCK, _AT, _AT + 3600),
    trolley.SessionEnded(_SESSION, _USER, "paid", _AT),
    trolley.SessionResumed(_SESSION, _USER, _AT - 600, _AT),
    trolley.SessionExpired(_SESSION, _USER, _AT),
    trolley.UnlockRequested(_REF, _UNLOCK, "wheel stuck", _AT, _USER, _AT + 900),
    trolley.StaffHoldEnded(_AT + 900),
    trolley.LockOpened(True, _AT, _REF),
    trolley.LockClosed(True, _AT),
    trolley.LockFailed(_UNLOCK, "not_opened", "hook stayed closed", _AT),
    trolley.TrolleyLeft(_USER, _AT, _AT + 3600),
    trolley.TrolleyReturned(None, _AT),
    trolley.TrolleyPlaced(_PLACE, trolley.Place(_ID(0), 17), trolley.Place(_ID(0), 17), _AT),
    trolley.MaintenanceStarted(_REF, "wheel", _AT),
    trolley.MaintenanceEnded(_AT),
    trolley.TermsChanged(_REF, _AT),
    trolley.RentalClosed("returned", "stood at the bus stop", _AT),
    trolley.TrolleyMissing(_REF, "not seen since Monday", _AT),
    trolley.TrolleyFound("in the car park", _AT),
    trolley.RentalNoted(_SESSION, "left wheel squeaks", _AT),
    trolley.RentalExtended(_SESSION, _AT + 3600, _AT),
    trolley.UnpaidNoted(_SESSION, _USER, 3, _AT),
    device.DeviceExpected("BRANCH-001", _AT),
    device.DeviceConnected("BRANCH-001", "boot-1", "1.4.2", _AT),
    device.DeviceDisconnected("boot-1", _AT, _AT - 90),
    device.UnlockQueued(
        unlock_id=_UNLOCK, slot=17, trolley_id="TROLLEY_01", expires_at=_AT + 10, branch="BRANCH-001", at=_AT
    ),
    device.UnlockDone(
        unlock_id=_UNLOCK, slot=17, trolley_id="TROLLEY_01", outcome="opened", detail="", at=_AT
    ),
    device.SlotChanged(
        9,
        (
            device.SlotSeen(17, "open", False, _AT, "TROLLEY_02", ref=_REF, free=True),
            device.SlotSeen(17, "closed", True, _AT + 1, same=True),
        ),
    ),
    device.SlotsAssigned((device.SlotOwner(17, _REF, True), device.SlotOwner(18, None)), _AT),
    device.SlotTaken(17, "TROLLEY_02"),
    device.SlotVacated(17, "TROLLEY_02"),
    device.BoardSilent(17, _AT),
    device.BoardAnswered(17, _AT),
    yard.CustodyNoted(trolley_id="TROLLEY_01", seq=7, out=True, holder=_USER, taken_by=_USER),
    yard.SlotWaits(_PLACE, _AT),
    yard.SlotDropped(_PLACE, _AT),
    yard.TrolleyMatched("TROLLEY_01", _PLACE, _AT, _USER),
    alarms.AlarmWatched("overdue", _ABOUT, _AT + 60, _AT),
    alarms.AlarmForgone("overdue", _ABOUT.subject, _AT),
    alarms.AlarmRaised(_ALARM),
    alarms.AlarmAcknowledged(_ID(8), _USER, _ID(9), _AT, "bring the spare wheel"),
    alarms.AlarmReleased(_ID(8), _USER, _AT),
    alarms.AlarmSnoozed(_ID(8), _USER, _AT + 900, "the electrician comes at five", _AT),
    alarms.AlarmCleared(_ALARM, _USER, _AT),
    device.FirmwareOffered(_ROLLOUT, _IMAGE, _AT),
    device.FirmwareProgressed(_ROLLOUT, "failed", "The signature is wrong.", _AT),
    device.FirmwareWithdrawn(_ROLLOUT, _AT),
    device.DeviceRetired((0, 17), _AT),
    rollout.RolloutStarted(
        release_id=_ID(9),
        image=_IMAGE,
        chain="demo",
        branch="",
        devices=(_ID(0), _ID(1)),
        batch_size=5,
        max_failure_rate=0.2,
        device_timeout_s=3600.0,
        user_id=_USER,
        at=_AT,
    ),
    rollout.BatchOffered((_ID(0),), _AT),
    rollout.DeviceProgressed(_ID(0), "downloading", "", _AT),
    rollout.DeviceTimedOut(_ID(0), _AT),
    rollout.RolloutPaused("failures", _AT),
    rollout.RolloutResumed(_AT),
    rollout.RolloutAborted((_ID(1),), _AT),
    rollout.RolloutFinished(_AT),
    cart.SessionAttached(
        session_id=_SESSION,
        trolley_id="TROLLEY_01",
        branch="BRANCH-001",
        chain="demo",
        currency="INR",
        restore_s=900.0,
        at=_AT,
    ),
    cart.SessionRefused(
        session_id=_SESSION,
        trolley_id="TROLLEY_02",
        held_trolley_id="TROLLEY_01",
        held_session_id=_ID(7),
        at=_AT,
    ),
    cart.SessionEndRequested(
        session_id=_SESSION, trolley_id="TROLLEY_01", outcome="abandoned", end_id="end-1", at=_AT
    ),
    cart.SessionDetached(
        session_id=_SESSION,
        trolley_id="TROLLEY_01",
        outcome="abandoned",
        items_cleared=1,
        saved_until=_AT + 900,
        at=_AT,
    ),
    cart.ItemAdded(_LINE, 2, _SESSION, "INR", _AT),
    cart.QuantityChanged(_LINE, _AT),
    cart.ItemRemoved(_ID(1), _AT),
    cart.CartCleared(2, _AT),
    cart.LinesRestored((_LINE,), _AT),
    cart.LinesRepriced((_LINE,), _AT),
    checkout.CheckoutRequested(
        reservation_id=_ID(8),
        branch="BRANCH-001",
        request_id="pay-1",
        expires_at=_AT + 300,
        session_id=_SESSION,
        restore_s=900.0,
        at=_AT,
        wish=checkout.Wish(_ID(9), "sandbox", "demo"),
        amounts=_AMOUNTS,
    ),
    checkout.CheckoutReserved(_ID(8), _AT),
    checkout.CheckoutRefused(
        reservation_id=_ID(8),
        shortages=(stock.Shortage(_ID(2), 3, 1),),
        items_cleared=0,
        saved_until=None,
        at=_AT,
    ),
    checkout.CheckoutCancelled(
        reservation_id=_ID(8),
        branch="BRANCH-001",
        reserved=True,
        reason="cancelled",
        items_cleared=0,
        saved_until=None,
        at=_AT,
    ),
    checkout.CheckoutExpired(
        reservation_id=_ID(8), branch="BRANCH-001", items_cleared=2, saved_until=_AT + 900, at=_AT
    ),
    checkout.CheckoutCompleted(_ID(8), "BRANCH-001", _AT),
    checkout.ReservationReturned(_ID(8), "BRANCH-001", _AT),
    checkout.CheckoutVoucherKept(_ID(8), _ID(9), _AT),
    checkout.VouchersFreed(_ID(8), (_ID(9),), _AT),
    checkout.VouchersUsed(_ID(8), (_ID(9),), (_ID(7),), _AT),
    voucher.VoucherHeld(_ID(8), _USER, _AT),
    voucher.VoucherDenied(_ID(8), _USER, _AT),
    voucher.VoucherFreed(_ID(8), _AT),
    voucher.VoucherUsed(_ID(8), _AT),
    stock.StockReceived(_UNITS, "delivery 7", _AT),
    stock.StockAdjusted(sku=_ID(2), delta=-3, low_at=5, reason="counted", at=_AT),
    stock.StockReserved(reservation_id=_ID(8), user_id=_USER, lines=_UNITS, expires_at=_AT + 300, at=_AT),
    stock.ReservationDenied(_ID(8), _USER, (stock.Shortage(_ID(2), 3, 1),), _AT),
    stock.StockReleased(_ID(8), _UNITS, "expired", _AT),
    stock.StockSold(_ID(8), _UNITS, _AT),
    stock.StockRanLow(_ID(2), 4, _AT),
    stock.StockRecovered(_ID(2), 40, _AT),
    cart.VouchersChanged((_VOUCHER,), (_LINE,), _AT),
    budget.BudgetSet(_BUDGET, _AT),
    budget.BudgetDropped(_AT),
    budget.BudgetAlerted(
        Decimal("0.8"),
        _AT - 60,
        budget.Standing(Decimal("1500.00"), Decimal("1262.25"), "INR", "month", Decimal("0.8")),
        _AT,
    ),
    budget.SpendingCorrected(_ID(8), Decimal("420.75"), _AT),
    order.OrderPlaced(_USER, _SOLD, _AT),
    order.OrderNumbered(1042, _AT),
    order.ExitVerified(_ID(9), _AT),
    order.RefundRequested(
        refund_id=_ID(7),
        amount=Decimal("420.75"),
        reason="torn bag",
        user_id=_ID(9),
        returned=(order.GoodsBack(_ID(1), 1),),
        at=_AT,
    ),
    order.OrderRefunded(_ID(7), Decimal("420.75"), _AT),
    order.RefundRefused(_ID(6), "The card was closed.", _AT),
    order.RefundReversed(_ID(7), "The card was closed.", _AT),
    order.OrderDisputed(_DISPUTE, _AT),
    till.NumberTaken(_ID(8), 1042, _AT),
    paying.PaymentRequested(
        payment_id=_ID(8),
        reservation_id=_ID(7),
        provider="sandbox",
        chain="demo",
        trolley_id="TROLLEY_01",
        at=_AT,
    ),
    paying.PaymentDeclined(
        payment_id=_ID(8),
        reservation_id=_ID(7),
        reason="card_declined",
        detail="Your bank said no.",
        at=_AT,
    ),
    paying.CheckoutReopened(
        payment_id=_ID(8),
        reservation_id=_ID(8),
        branch="BRANCH-001",
        chain="demo",
        session_id=_SESSION,
        trolley_id="TROLLEY_01",
        expires_at=_AT + 300,
        restore_s=900.0,
        at=_AT,
        amounts=_AMOUNTS,
    ),
    paying.CheckoutPaid(payment_id=_ID(8), order_id=_ID(8), purchase=_SOLD, at=_AT),
    paying.PaymentReturned(_ID(8), _ID(6), "Sold out.", _AT),
    payment.ChargeStarted(
        user_id=_USER,
        purchase=_PURCHASE,
        provider="sandbox",
        expires_at=_AT + 300,
        cart_revision=7,
        at=_AT,
    ),
    payment.ChargeOpened("sandbox-1", "action", _AT),
    payment.ChargeTaken("sandbox-1", "capture-1", _AT - 1, _AT),
    payment.ChargeDeclined("card_declined", "Your bank said no.", "sandbox-1", _AT),
    payment.ChargeKept(_ID(8), _AT),
    payment.RefundStarted(
        refund_id=_ID(6), capture="capture-1", amount=_TOTAL, reason="Sold out.", order_id=None, at=_AT
    ),
    payment.RefundSettled(
        refund_id=_ID(6),
        made=False,
        amount=_TOTAL,
        detail="The card was closed.",
        reference="refund-1",
        order_id=_ID(8),
        at=_AT,
    ),
    payment.RefundFound(
        refund_id=_ID(5),
        capture="capture-1",
        amount=Decimal("20.75"),
        reference="refund-2",
        order_id=_ID(8),
        at=_AT,
    ),
    payment.ChargeDisputed(dispute=_DISPUTE, order_id=_ID(8), at=_AT),
)


class Golden(msgspec.Struct):
    """An event as it was released: its schema, and one example as the journal has it."""

    entity: str
    name: str
    version: int
    schema: dict[str, Any]
    data: msgspec.Raw


def schema_of(codec: JsonCodec[Any], name: str) -> dict[str, Any]:
    """Return the schema of an event's current version, without prose."""
    [schema] = [schema for known, _, schema in codec.schemas() if known == name]
    plain: dict[str, Any] = _without_prose(schema)
    return plain


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_prose(each) for key, each in value.items() if key != "description"}
    return [_without_prose(each) for each in value] if isinstance(value, list | tuple) else value


def golden_of(example: msgspec.Struct) -> Golden:
    """Return the golden file's content for an event of today."""
    for entity in ENTITIES.values():
        if type(example) in entity.codec.events:
            name, version = entity.codec.event_name(example)
            data = msgspec.Raw(entity.codec.encode_event(example))
            return Golden(entity.name, name, version, schema_of(entity.codec, name), data)
    raise ValueError(f"{tag_of(type(example))} is no event of a durable entity")


class GoldenState(msgspec.Struct):
    """The schema of a state as snapshots have it."""

    entity: str
    version: int
    schema: dict[str, Any]


def golden_states() -> Iterator[tuple[Path, GoldenState]]:
    """Yield where today's states have their golden files, and what they should hold."""
    for entity in ENTITIES.values():
        # To JSON and back, because a default may be a value that JSON has not, e.g. a Decimal.
        schema = msgspec.json.decode(
            msgspec.json.encode(_without_prose(msgspec.json.schema(entity.codec.state)))
        )
        version = entity.codec.state_version
        yield GOLDEN / "states" / f"{entity.name}.v{version}.json", GoldenState(entity.name, version, schema)


def write_missing() -> list[Path]:
    """Write the golden files that are not there; return them."""
    written = []
    (GOLDEN / "states").mkdir(parents=True, exist_ok=True)
    for path, state in golden_states():
        if not path.exists():
            path.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")
            written.append(path)
    for golden in map(golden_of, EXAMPLES):
        path = GOLDEN / f"{golden.name}.v{golden.version}.json"
        if not path.exists():
            path.write_bytes(msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n")
            written.append(path)
    return written


if __name__ == "__main__":
    for each in write_missing():
        print(each)
