"""Which devices a caller may see or change, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.fleet.models import Controller, Device, DeviceShadow, SlotShadow
from core.problems import Problem
from core.rest.fields import Moment, rfc3339
from core.tenancy.models import Branch


class ControllerAnswer(serializers.ModelSerializer[Controller]):
    """A lock board. ``polarity``: what a hook bit of 1 means, closed (normal) or open (inverted)."""

    class Meta:
        model = Controller
        fields = ("id", "port", "address", "baudrate", "protocol", "polarity")


class SlotAnswer(serializers.Serializer[Any]):
    """A slot: the trolley that belongs there, and what the hardware last said."""

    slot = serializers.IntegerField(help_text="bus << 8 | board address << 4 | lock number")
    trolley_id = serializers.CharField(allow_null=True)
    hook = serializers.ChoiceField(("open", "closed", "unknown"))
    present = serializers.BooleanField(allow_null=True)
    at = Moment(allow_null=True)


class DeviceAnswer(serializers.Serializer[Any]):
    """A Raspberry Pi."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    branch = serializers.CharField()
    mac_address = serializers.CharField(allow_null=True)
    serial_number = serializers.CharField(allow_null=True)
    firmware = serializers.CharField(help_text="As it said when it last connected.")
    online = serializers.BooleanField()
    connected_at = Moment(allow_null=True)
    is_revoked = serializers.BooleanField()
    previous_token_until = Moment(allow_null=True)
    created_at = Moment()
    controllers = ControllerAnswer(many=True)


class DeviceDetailAnswer(DeviceAnswer):
    """A Raspberry Pi with its slots."""

    slots = SlotAnswer(many=True)


def principal(request: Request) -> Principal:
    """Return the caller."""
    return cast(Principal, request.auth)


def visible(who: Principal) -> QuerySet[Device]:
    """Return the devices of the branches in which the caller works."""
    branches = scopes.branches(who, "device.watch")
    rows = Device.objects.filter(branch__in=branches, removed_at=None).select_related("branch__chain")
    return rows.prefetch_related("controllers").order_by("branch__code", "name", "created_at")


def find(request: Request, device_id: Any, permission: str = "device.watch") -> Device:
    """Return the device; raises the 404 for another tenant's, the 403 for too small a role."""
    device = visible(principal(request)).filter(pk=device_id).first()
    if device is None:
        raise Problem(404, "device_not_found", "There is no such device.")
    require(principal(request), permission, device.branch)
    return device


def require(who: Principal, permission: str, branch: Branch) -> None:
    """Raise the 403 unless the caller has the permission in the branch."""
    if not may(who, permission, branch.chain.slug, branch.code):
        raise Problem(403, "forbidden", "Your role does not allow this.")


def shown(devices: Sequence[Device]) -> list[dict[str, Any]]:
    """Return what DeviceAnswer says of each."""
    shadows = {
        row.device_id: row for row in DeviceShadow.objects.filter(device_id__in=[d.pk for d in devices])
    }
    return [_shown(device, shadows.get(device.pk)) for device in devices]


def _shown(device: Device, shadow: DeviceShadow | None) -> dict[str, Any]:
    return {
        "id": str(device.pk),
        "name": device.name,
        "branch": device.branch.code,
        "mac_address": device.mac,
        "serial_number": device.serial,
        "firmware": (shadow.firmware if shadow else "") or device.firmware,
        "online": bool(shadow and shadow.online),
        "connected_at": moment(shadow.connected_at if shadow else None),
        "is_revoked": device.is_revoked,
        "previous_token_until": moment(device.previous_until),
        "created_at": rfc3339(device.created_at),
        "controllers": ControllerAnswer(device.controllers.all(), many=True).data,
    }


def detail(device: Device) -> dict[str, Any]:
    """Return what DeviceDetailAnswer says."""
    return {**shown([device])[0], "slots": slots(device)}


def slots(device: Device) -> list[dict[str, Any]]:
    """Return the slots that hold or should hold something, by number."""
    trolleys = {row.place_slot: row.trolley_id for row in device.trolleys.all() if row.place_slot is not None}
    seen = {row.slot: row for row in SlotShadow.objects.filter(device_id=device.pk)}
    return [_slot(number, trolleys.get(number), seen.get(number)) for number in sorted({*trolleys, *seen})]


def _slot(number: int, trolley_id: str | None, seen: SlotShadow | None) -> dict[str, Any]:
    return {
        "slot": number,
        "trolley_id": trolley_id,
        "hook": seen.hook if seen else "unknown",
        "present": seen.present if seen else None,
        "at": moment(seen.at if seen else None),
    }


def moment(value: Any) -> str | None:
    """Return a time for the wire."""
    return None if value is None else rfc3339(value)
