"""REST of devices: what they are, how they are, and their heartbeats over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors import device as devices
from actors.messages.device import DeskOfDevice, Poll, SendUnlock
from core import actor_port
from core.accounts.principals import Principal
from core.fleet.devices import enrolment
from core.fleet.devices.answers import (
    DeviceAnswer,
    DeviceDetailAnswer,
    detail,
    find,
    principal,
    shown,
    visible,
)
from core.fleet.devices.authentication import DeviceAuthentication
from core.fleet.devices.registration import LinkAnswer, link
from core.fleet.models import Device
from core.problems import Problem
from core.rest.fields import ClosedSerializer, LineText, Moment, checked, rfc3339
from core.rest.folding import folded
from core.rest.views import ListView, View
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch

_HEALTH_BYTES = 16 * 1024


class RenameBody(ClosedSerializer):
    """What people call the device."""

    name = LineText(min_length=1, max_length=80)


class CommandAnswer(serializers.Serializer[Any]):
    """A command that the device has not answered yet; never to be carried out after ``ttl_ms``."""

    id = serializers.CharField()
    slot = serializers.IntegerField()
    op = serializers.CharField()
    ttl_ms = serializers.IntegerField()


class HeartbeatBody(ClosedSerializer):
    """A sign of life; ``health`` is free form, as in the link's telemetry."""

    health = serializers.DictField(required=False)


class HeartbeatAnswer(serializers.Serializer[Any]):
    """What the server thinks of the device, and what it wants of it."""

    device_id = serializers.UUIDField()
    status = serializers.ChoiceField(("online", "offline"))
    server_time = Moment()
    last_seq = serializers.IntegerField(help_text="The highest numbered message that was dealt with.")
    commands = CommandAnswer(many=True)
    link = LinkAnswer()


class ReportedAnswer(serializers.Serializer[Any]):
    """What the hardware last said of a slot."""

    slot = serializers.IntegerField()
    hook = serializers.ChoiceField(("open", "closed", "unknown"))
    present = serializers.BooleanField()
    at = Moment()


class DesiredAnswer(serializers.Serializer[Any]):
    """What is wanted of a slot's lock."""

    slot = serializers.IntegerField()
    lock = serializers.ChoiceField(("open", "closed"))


class FirmwareJobAnswer(serializers.Serializer[Any]):
    """The firmware that the device was offered last, and how far it is with it."""

    rollout_id = serializers.UUIDField()
    version = serializers.CharField()
    state = serializers.ChoiceField(
        ("offered", "downloading", "downloaded", "verified", "updating", "updated", "failed")
    )
    detail = serializers.CharField(help_text="Why it failed.")


class StatusAnswer(serializers.Serializer[Any]):
    """A device's shadow: wanted and reported, as of ``version``."""

    device_id = serializers.UUIDField()
    status = serializers.ChoiceField(("online", "offline"))
    version = serializers.IntegerField()
    firmware = serializers.CharField()
    boot_id = serializers.CharField()
    connected_at = Moment(allow_null=True)
    last_seen = Moment(allow_null=True)
    desired = DesiredAnswer(many=True)
    reported = ReportedAnswer(many=True)
    pending = CommandAnswer(many=True)
    health = serializers.DictField(help_text="The latest telemetry, as the device sent it.")
    firmware_job = FirmwareJobAnswer(allow_null=True)


class DeviceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``branch`` is a code or an id, ``search`` looks at name, MAC address and serial number."""

    branch = django_filters.CharFilter(method="in_branch")
    search = django_filters.CharFilter(method="found")

    class Meta:
        model = Device
        fields = ()

    def in_branch(self, rows: QuerySet[Device], _: str, text: str) -> QuerySet[Device]:
        """Keep the branch's."""
        return rows.filter(branch__in=Branch.objects.filter(by_id_or("code", text)))

    def found(self, rows: QuerySet[Device], _: str, text: str) -> QuerySet[Device]:
        """Keep what matches."""
        seen = folded(text)
        named = Q(name__folded__contains=seen) | Q(serial__folded__contains=seen)
        return rows.filter(named | Q(mac__folded__contains=seen))


class DevicesView(ListView[Device]):
    """The Pis of the branches in which the caller works."""

    queryset = Device.objects.none()
    serializer_class = DeviceAnswer
    filterset_class = DeviceFilter

    def get_queryset(self) -> QuerySet[Device]:
        """Return what the caller may see."""
        who = cast(Principal | None, self.request.auth)
        return visible(who) if who else Device.objects.none()

    @extend_schema(operation_id="devices")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of them."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown(page or []))


class DeviceView(View):
    """One Pi."""

    @extend_schema(responses=DeviceDetailAnswer, operation_id="device")
    def get(self, request: Request, device_id: str) -> Response:
        """Return it with its boards and slots."""
        return Response(detail(find(request, device_id)))

    @extend_schema(request=RenameBody, responses=DeviceDetailAnswer, operation_id="device_rename")
    def patch(self, request: Request, device_id: str) -> Response:
        """Give it another name; what is left out stays."""
        device = find(request, device_id, "device.manage")
        body = checked(RenameBody, request, partial=True)
        if "name" in body:
            device.name = body["name"]
            device.save(update_fields=["name"])
        return Response(detail(device))

    @extend_schema(responses={204: None}, operation_id="device_remove")
    def delete(self, request: Request, device_id: str) -> Response:
        """Take it down for good: revoke it, cut its link, free its addresses and slots. Its history stays."""
        enrolment.remove(find(request, device_id, "device.manage"))
        return Response(status=204)


class DeviceStatusView(View):
    """How one Pi is."""

    @extend_schema(responses=StatusAnswer, operation_id="device_status")
    def get(self, request: Request, device_id: str) -> Response:
        """Return its shadow, straight from its actor."""
        device = find(request, device_id)
        state = actor_port.look("device", str(device.pk), principal(request))
        now = timezone.now().timestamp()
        desired = devices.desired(state).items()
        return Response(
            {
                "device_id": str(device.pk),
                "status": _status(state),
                "version": state.seq,
                "firmware": state.firmware,
                "boot_id": state.boot_id,
                "connected_at": _at(state.connected_at),
                "last_seen": _at(state.heard_at or None),
                "desired": [{"slot": slot, "lock": lock} for slot, lock in desired],
                "reported": [
                    {"slot": one.slot, "hook": one.hook, "present": one.present, "at": _at(one.at)}
                    for _, one in sorted(state.slots.items())
                ],
                "pending": [_command(each) for each in devices.pending(state, now)],
                "health": state.health,
                "firmware_job": _job(state.firmware_job),
            }
        )


class _HeartbeatView(View):
    """Heartbeats of devices that cannot hold a websocket open."""

    authentication_classes = (DeviceAuthentication,)
    keeps = "after"

    def beat(self, request: Request) -> Response:
        """Tell the device's actor, and the device what is wanted of it."""
        who = _device(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > _HEALTH_BYTES:
            raise Problem(413, "too_large", f"Expected at most {_HEALTH_BYTES} bytes.")
        health = checked(HeartbeatBody, request).get("health")
        branch = who.grants[0].branch or ""
        outcome = actor_port.ask("device", who.id, Poll(branch, health), who)
        desk: DeskOfDevice = outcome.answer
        return Response(
            {
                "device_id": who.id,
                "status": _status(outcome.state),
                "server_time": rfc3339(timezone.now()),
                "last_seq": desk.last_seq,
                "commands": [_command(each) for each in desk.pending],
                "link": link(),
            }
        )


class NamedHeartbeatView(_HeartbeatView):
    """The same, with the device named in the path."""

    @extend_schema(request=HeartbeatBody, responses=HeartbeatAnswer, operation_id="device_heartbeat")
    def post(self, request: Request, device_id: UUID) -> Response:
        """Report that the device is alive; return what it should do."""
        if str(device_id) != _device(request).id:
            raise Problem(404, "device_not_found", "There is no such device.")
        return self.beat(request)


class OwnHeartbeatView(_HeartbeatView):
    """The same; the token says which device it is."""

    @extend_schema(request=HeartbeatBody, responses=HeartbeatAnswer, operation_id="device_heartbeat_own")
    def post(self, request: Request) -> Response:
        """Report that the device is alive; return what it should do."""
        return self.beat(request)


def _device(request: Request) -> Principal:
    who = principal(request)
    if who.kind != "device":
        raise Problem(403, "forbidden", "This is for devices.")
    return who


def _job(job: devices.FirmwareJob | None) -> dict[str, Any] | None:
    if job is None:
        return None
    fields = {"rollout_id": job.rollout_id, "version": job.image.version}
    return {**fields, "state": job.state, "detail": job.detail}


def _command(each: SendUnlock) -> dict[str, Any]:
    return {"id": each.unlock_id, "slot": each.slot, "op": "unlock", "ttl_ms": each.ttl_ms}


def _status(state: devices.State) -> str:
    return "online" if state.online else "offline"


def _at(posix: float | None) -> str | None:
    return None if posix is None else rfc3339(datetime.fromtimestamp(posix, UTC))
