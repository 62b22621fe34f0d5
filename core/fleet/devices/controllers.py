"""REST of what hangs on a device: its lock boards, and which trolley belongs into which slot."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.fleet.devices.answers import ControllerAnswer, SlotAnswer, find, slots
from core.fleet.models import Controller, Device, Trolley
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictBoolean, StrictChoice, StrictInteger, StrictText, checked
from core.rest.views import View

_MOST = {Controller.Protocol.KERONG: 15, Controller.Protocol.MODBUS: 247, Controller.Protocol.SIMULATOR: 15}
"""Highest address by protocol."""
_BAUDRATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


class ControllerBody(ClosedSerializer):
    """A lock board; KERONG boards have addresses 0 to 15, Modbus 1 to 247."""

    port = StrictText(min_length=1, max_length=120)
    address = StrictInteger(min_value=0, max_value=247)
    baudrate = StrictChoice(_BAUDRATES, default=19200)
    protocol = StrictChoice(Controller.Protocol.choices, default=Controller.Protocol.KERONG)
    polarity = StrictChoice(Controller.Polarity.choices, default=Controller.Polarity.NORMAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an address that the protocol has not."""
        most = _MOST[attrs["protocol"]]
        least = 1 if attrs["protocol"] == Controller.Protocol.MODBUS else 0
        if not least <= attrs["address"] <= most:
            raise rule("unfit", address=f"Expected {least} to {most} for this protocol.")
        return attrs


class SlotBody(ClosedSerializer):
    """Which trolley belongs into a slot; null: none does. ``replace``: the one that did has none any more."""

    slot = StrictInteger(min_value=0, max_value=0xFFFF)
    trolley_id = StrictText(required=False, max_length=40)
    replace = StrictBoolean(default=False)


class ControllersView(View):
    """The lock boards of a Pi."""

    refuses = ("already_there", "unfit")

    @extend_schema(responses=ControllerAnswer(many=True), operation_id="controllers")
    def get(self, request: Request, device_id: str) -> Response:
        """Return the device's boards by port and address."""
        device = find(request, device_id)
        return Response(ControllerAnswer(device.controllers.all(), many=True).data)

    @extend_schema(request=ControllerBody, responses={201: ControllerAnswer}, operation_id="controller_add")
    def post(self, request: Request, device_id: str) -> Response:
        """Add a board."""
        device = find(request, device_id, "device.manage")
        row = _stored(Controller(device=device, **checked(ControllerBody, request)))
        return Response(ControllerAnswer(row).data, 201)


class ControllerView(View):
    """One lock board."""

    refuses = ("already_there", "unfit")

    @extend_schema(responses=ControllerAnswer, operation_id="controller")
    def get(self, request: Request, device_id: str, controller_id: int) -> Response:
        """Return it."""
        return Response(ControllerAnswer(_board(find(request, device_id), controller_id)).data)

    @extend_schema(request=ControllerBody, responses=ControllerAnswer, operation_id="controller_change")
    def put(self, request: Request, device_id: str, controller_id: int) -> Response:
        """Change it."""
        row = _board(find(request, device_id, "device.manage"), controller_id)
        for name, value in checked(ControllerBody, request).items():
            setattr(row, name, value)
        return Response(ControllerAnswer(_stored(row)).data)

    @extend_schema(responses={204: None}, operation_id="controller_remove")
    def delete(self, request: Request, device_id: str, controller_id: int) -> Response:
        """Remove it, unless trolleys belong into its slots."""
        board = _board(find(request, device_id, "device.manage"), controller_id)
        codes = [trolley.trolley_id for trolley in trolleys_of(board)]
        if codes:
            sentence = f"These trolleys belong into its slots: {', '.join(codes)}. Give them others first."
            raise Problem(409, "board_in_use", sentence, trolleys=codes)
        board.delete()
        return Response(status=204)


class SlotsView(View):
    """The slots of a Pi."""

    refuses = ("already_there", "not_there")

    @extend_schema(responses=SlotAnswer(many=True), operation_id="device_slots")
    def get(self, request: Request, device_id: str) -> Response:
        """Return those that hold or should hold a trolley."""
        return Response(slots(find(request, device_id)))

    @extend_schema(request=SlotBody, responses=SlotAnswer(many=True), operation_id="device_slot_place")
    def post(self, request: Request, device_id: str) -> Response:
        """Say which trolley belongs into a slot; it leaves the slot it belonged into before."""
        device = find(request, device_id, "device.manage")
        body = checked(SlotBody, request)
        if body.get("trolley_id") is None:
            _vacate(device, body["slot"])
        else:
            _place(device, body["slot"], body["trolley_id"], replace=body["replace"])
        return Response(slots(device))


def trolleys_of(board: Controller) -> list[Trolley]:
    """Return the trolleys that belong into a board's slots. Blocking.

    A slot names its board by the address; of two boards with one address on two ports either may be meant.
    """
    placed = Trolley.objects.filter(place_device=board.device).order_by("cart_number")
    return [row for row in placed if row.place_slot is not None and row.place_slot >> 4 & 15 == board.address]


def _board(device: Device, controller_id: int) -> Controller:
    row = device.controllers.filter(pk=controller_id).first()
    if row is None:
        raise Problem(404, "controller_not_found", "There is no such lock board.")
    return row


def _stored(row: Controller) -> Controller:
    there = Controller.objects.filter(device=row.device, port=row.port, address=row.address)
    sentence = "Another board on this port has this address."
    if there.exclude(pk=row.pk).exists():
        raise rule("already_there", address=sentence)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise rule("already_there", address=sentence) from None
    return row


def _vacate(device: Device, slot: int) -> None:
    for row in Trolley.objects.filter(place_device=device, place_slot=slot):
        row.place_device = row.place_slot = None
        row.save()


def _place(device: Device, slot: int, trolley_id: str, *, replace: bool) -> None:
    row = Trolley.objects.filter(trolley_id=trolley_id, branch=device.branch).first()
    if row is None:
        raise rule("not_there", trolley_id="There is no such trolley in this branch.")
    other = Trolley.objects.filter(place_device=device, place_slot=slot).exclude(pk=row.pk).first()
    if other is not None and replace:
        _vacate(device, slot)
    elif other is not None:
        raise rule("already_there", slot=f"{other.trolley_id} belongs into this slot.")
    row.place_device, row.place_slot = device, slot
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise rule("already_there", slot="Another trolley belongs into this slot.") from None
