"""What each trolley of a branch counts as, in the database: the same as ``actors.branch.standing`` in memory.

Every door that counts trolleys, lists them by it, or tells strangers how many are free, goes by this.
"""

from __future__ import annotations

from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from core.fleet.models import Device, DeviceShadow, Trolley

INACTIVE = "inactive"
"""Of a trolley that is no longer in use, and does not count."""


def with_standing(rows: QuerySet[Trolley]) -> QuerySet[Any]:
    """Return the trolleys with ``standing``: one of ``actors.messages.branch.Standing``, or INACTIVE."""
    slot = Coalesce("at_slot", "place_slot", output_field=IntegerField())
    board: Any = ExpressionWrapper(slot.bitrightshift(4), IntegerField())
    bit = ExpressionWrapper(Value(1).bitleftshift(board), IntegerField())
    placed = rows.annotate(lock_device=Coalesce("at_device", "place_device_id"), lock_board=bit)
    return placed.annotate(heard=_heard()).annotate(standing=_standing())


def counted(rows: QuerySet[Trolley]) -> dict[str, dict[str, int]]:
    """Return how many trolleys stand as what, by their branch's code; those no longer in use left out."""
    found: dict[str, dict[str, int]] = {}
    in_use = with_standing(rows.order_by()).exclude(standing=INACTIVE)
    for code, what, number in in_use.values_list("branch__code", "standing").annotate(Count("pk")):
        found.setdefault(code, {})[what] = number
    return found


def _heard() -> Exists:
    """Whether the Pi of the trolley's slot belongs to the branch, is online, and reads the slot's board."""
    ours = Device.objects.filter(pk=OuterRef("device_id"), branch=OuterRef(OuterRef("branch")))
    online = DeviceShadow.objects.filter(Exists(ours), device_id=OuterRef("lock_device"), online=True)
    board: Any = OuterRef("lock_board")
    silent = ExpressionWrapper(F("silent_boards").bitand(board), IntegerField())
    return Exists(online.annotate(silent=silent).filter(silent=0))


def _standing() -> Case:
    found = (
        (Q(is_active=False), INACTIVE),
        (Q(maintenance=True), "maintenance"),
        (Q(missing=True), "missing"),
        (~Q(lock_fault=""), "faults"),
        (~Q(phase="available"), "held"),
        (Q(custody="out", staff_id=None), "stray"),
        (Q(custody="out"), "held"),
        (Q(lock_device=None) | Q(heard=True), "available"),
    )
    whens = [When(test, then=Value(name)) for test, name in found]
    return Case(*whens, default=Value("unreachable"), output_field=CharField())
