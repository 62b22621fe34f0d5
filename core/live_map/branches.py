"""What the volatile branch and chain actors begin with: the read models, as they stand."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from actors import branch, chain
from actors.kit.money import quantize
from actors.messages.branch import DeviceCard, TrolleyCard
from actors.messages.trolley import LockState, Place
from core.fleet.directory import ref_of
from core.fleet.models import Device, DeviceShadow, Trolley
from core.live_map.alarms import standing
from core.shopping.models import Cart
from core.tenancy.models import Branch

_BOARDS = 16
Total = tuple[Decimal, int]
"""A cart's total price and its units."""


def load_branch(code: str) -> branch.State:
    """Return the state of ``branch/<code>``; a branch that does not exist is empty. Blocking."""
    row = Branch.objects.select_related("chain").filter(code=code).first()
    if row is None:
        return branch.State(code)
    trolleys = list(
        Trolley.objects.filter(branch=row)
        .select_related("branch__chain", "place_device")
        .order_by("cart_number")
    )
    totals = _totals(trolleys)
    return branch.State.of(
        code,
        row.chain.slug,
        [_card(trolley, totals.get(str(trolley.session_id))) for trolley in trolleys],
        _devices(row),
        *standing(code),
    )


def load_chain(slug: str) -> chain.State:
    """Return the state of ``chain/<slug>``: the counters of each of its branches. Blocking."""
    codes = Branch.objects.filter(chain__slug=slug).order_by("code").values_list("code", flat=True)
    return chain.State(slug, {code: load_branch(code).counters for code in codes})


def _totals(trolleys: list[Trolley]) -> dict[str, Total]:
    sessions = [trolley.session_id for trolley in trolleys if trolley.session_id is not None]
    return {
        str(cart.session_id): (quantize(cart.total_price, cart.currency), cart.total_items)
        for cart in Cart.objects.filter(session_id__in=sessions)
    }


def _card(row: Trolley, total: Total | None) -> TrolleyCard:
    ref = ref_of(row)
    price, units = total or (quantize(Decimal(0), ref.currency), 0)
    return TrolleyCard(
        trolley_id=ref.trolley_id,
        cart_number=ref.cart_number,
        seq=row.seq,
        phase=row.phase,  # type: ignore[arg-type]
        custody=row.custody,  # type: ignore[arg-type]
        is_active=ref.is_active,
        maintenance=row.maintenance,
        maintenance_notes=row.maintenance_notes,
        session_id=_text(row.session_id),
        user_id=_text(row.assigned_to_id),
        since=row.assigned_at.timestamp() if row.assigned_at else None,
        lock=LockState(
            row.lock_desired,  # type: ignore[arg-type]
            row.lock_reported,  # type: ignore[arg-type]
            row.lock_at.timestamp() if row.lock_at else None,
        ),
        lock_fault=row.lock_fault,
        place=_place(row, ref.place),
        cart_total=price,
        cart_units=units,
        missing=row.missing,
        staff_id=_text(row.staff_id),
        staff_until=row.staff_until.timestamp() if row.staff_until else None,
    )


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _place(row: Trolley, home: Place | None) -> Place | None:
    """Return where the trolley stands; one without a slot nowhere."""
    if row.at_device is None or row.at_slot is None:
        return home
    return Place(str(row.at_device), row.at_slot)


def _devices(row: Branch) -> list[DeviceCard]:
    devices = list(Device.objects.filter(branch=row, is_revoked=False).order_by("name"))
    shadows = DeviceShadow.objects.in_bulk([device.pk for device in devices])
    return [_device(device, shadows.get(device.pk)) for device in devices]


def _device(device: Device, shadow: DeviceShadow | None) -> DeviceCard:
    if shadow is None:
        return DeviceCard(str(device.pk), False, device.firmware, 0)
    since = shadow.connected_at.timestamp() if shadow.connected_at else None
    silent = tuple(board for board in range(_BOARDS) if shadow.silent_boards >> board & 1)
    return DeviceCard(str(device.pk), shadow.online, shadow.firmware, shadow.seq, since, silent)
