"""A branch's floor plan, in metres from its lower left corner: one schema at every entry point."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError

from core.shapes import checked_by

LONGEST_M = 2000
MOST = 2000
"""Zones, and slots, on one plan."""
_Metres = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_M)]
PICTURE = r"^/media/plans/[0-9a-f]{2}/[0-9a-f]{64}\.webp$"
"""The address of an uploaded picture of a floor."""
_Length = Annotated[float, msgspec.Meta(ge=0.01, le=LONGEST_M)]


class Zone(msgspec.Struct, forbid_unknown_fields=True):
    """A rectangle with a name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    x: _Metres
    y: _Metres
    w: _Length
    h: _Length


class PlacedSlot(msgspec.Struct, forbid_unknown_fields=True):
    """Where a lock slot is; ``angle``: which way its trolley leaves, counterclockwise from the right."""

    device_id: UUID
    slot: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
    x: _Metres
    y: _Metres
    angle: Annotated[float, msgspec.Meta(ge=0, le=360)] | msgspec.UnsetType = msgspec.UNSET


class FloorPlan(msgspec.Struct, forbid_unknown_fields=True):
    """What lies within a branch's walls; ``picture``: where the drawing is that is shown beneath it."""

    width_m: _Metres
    height_m: _Metres
    zones: Annotated[list[Zone], msgspec.Meta(max_length=MOST)]
    slots: Annotated[list[PlacedSlot], msgspec.Meta(max_length=MOST)]
    picture: Annotated[str, msgspec.Meta(pattern=PICTURE)] | msgspec.UnsetType = msgspec.UNSET


_check_shape = checked_by(FloorPlan)


def check(plan: Any) -> None:
    """Raise ValidationError, by the path of what is wrong, unless it is a plan whose parts fit its walls."""
    _check_shape(plan)
    width, height = plan["width_m"], plan["height_m"]
    within = f"Expected within {width} by {height} m."
    for place, zone in enumerate(plan["zones"]):
        if zone["x"] + zone["w"] > width or zone["y"] + zone["h"] > height:
            raise ValidationError(within, "unfit", {"path": f"zones.{place}"})
    seen: set[tuple[str, int]] = set()
    for place, slot in enumerate(plan["slots"]):
        if slot["x"] > width or slot["y"] > height:
            raise ValidationError(within, "unfit", {"path": f"slots.{place}"})
        if (key := (str(slot["device_id"]), slot["slot"])) in seen:
            raise ValidationError(
                "This slot is on the plan twice.", "already_there", {"path": f"slots.{place}"}
            )
        seen.add(key)
