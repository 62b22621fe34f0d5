"""REST of a device's life: claim codes, registering, new tokens, revoking."""

from __future__ import annotations

from shlex import quote
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.credentials import throttling
from core.accounts.models import User
from core.fleet.devices import claim_codes, enrolment
from core.fleet.devices.answers import DeviceDetailAnswer, detail, find, moment, principal, require
from core.fleet.devices.authentication import DeviceAuthentication, DeviceCaller
from core.fleet.models import Device
from core.problems import Problem
from core.rest.fields import ClosedSerializer, LineText, Moment, StrictInteger, StrictText, checked, rfc3339
from core.rest.views import View


class NoBody(ClosedSerializer):
    """Nothing."""


class ClaimCodeAnswer(serializers.Serializer[Any]):
    """A code for one Pi, told this once; ``command`` is what to type on the Pi."""

    code = serializers.CharField()
    branch = serializers.CharField()
    expires_at = Moment()
    command = serializers.CharField()


@extend_schema_field({"type": "string", "pattern": "^[:.-]*([0-9A-Fa-f][:.-]*){12}$", "maxLength": 20})
class Mac(StrictText):
    """A MAC address, with colons, dashes, dots or nothing between."""


class RegisterDeviceBody(ClosedSerializer):
    """A Pi that wants in."""

    mac_address = Mac(min_length=1, max_length=20, help_text="b8:27:eb:01:02:03")
    serial_number = StrictText(min_length=1, max_length=60)
    branch_code = StrictText(min_length=1, max_length=40)
    claim_code = StrictText(min_length=1, max_length=20)
    name = LineText(required=False, max_length=80)

    def validate_mac_address(self, text: str) -> str:
        """Return it in its one form; raises ValidationError."""
        mac = enrolment.plain_mac(text)
        if mac is None:
            raise serializers.ValidationError("Expected a MAC address such as b8:27:eb:01:02:03.", "unfit")
        return mac


class LinkAnswer(serializers.Serializer[Any]):
    """Where the Pi's websocket goes, with the token as ``Authorization: Bearer``."""

    url = serializers.CharField()
    subprotocol = serializers.CharField()
    heartbeat_s = serializers.IntegerField()
    telemetry_s = serializers.IntegerField()


class MqttAnswer(serializers.Serializer[Any]):
    """The broker, for sites that want one; null where there is none."""

    broker = serializers.CharField(allow_null=True)
    port = serializers.IntegerField(allow_null=True)
    tls = serializers.BooleanField()
    topic = serializers.CharField(help_text="What the device's topics begin with.")


class RegisterDeviceAnswer(serializers.Serializer[Any]):
    """What the Pi keeps."""

    device_id = serializers.UUIDField()
    device_token = serializers.CharField()
    name = serializers.CharField()
    branch = serializers.CharField()
    link = LinkAnswer()
    mqtt_config = MqttAnswer()
    firmware_key = serializers.CharField(
        allow_null=True, help_text="Ed25519 key in base64 that firmware must be signed for."
    )


class RotateBody(ClosedSerializer):
    """How long the token before is still good; 0: not at all. Without it, as the settings say."""

    overlap_s = StrictInteger(required=False, min_value=0, max_value=30 * 24 * 3600)


class RotateAnswer(serializers.Serializer[Any]):
    """The new token."""

    device_id = serializers.UUIDField()
    device_token = serializers.CharField()
    previous_token_until = Moment(allow_null=True)


class ClaimCodesView(View):
    """Claim codes of a branch."""

    @extend_schema(request=NoBody, responses={201: ClaimCodeAnswer}, operation_id="claim_code_make")
    def post(self, request: Request, branch_id: str) -> Response:
        """Make a one-time code with which one Pi may register in the branch."""
        checked(NoBody, request)
        branch = scopes.find_branch(principal(request), "device.watch", branch_id)
        require(principal(request), "device.manage", branch)
        code, row = claim_codes.make(branch, cast(User, request.user))
        typed = f"--register {code} --branch {quote(branch.code)} --server {quote(settings.PUBLIC_URL)}"
        body = {
            "code": code,
            "branch": branch.code,
            "expires_at": rfc3339(row.expires_at),
            "command": f"sudo -u smart-trolley smart-trolley-agent {typed}",
        }
        return Response(body, 201, headers={"Cache-Control": "no-store"})


class RegisterDeviceView(throttling.LimitedView):
    """New devices."""

    refuses = ("unfit",)

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        request=RegisterDeviceBody,
        responses={201: RegisterDeviceAnswer, 200: RegisterDeviceAnswer},
        operation_id="device_register",
    )
    def post(self, request: Request) -> Response:
        """Register a Pi with a claim code; the same Pi again keeps its id, and its older tokens end (200)."""
        body = checked(RegisterDeviceBody, request)
        device, token, is_new = enrolment.register(
            body["mac_address"],
            body["serial_number"],
            body["branch_code"],
            body["claim_code"],
            body.get("name", ""),
        )
        answer = {
            "device_id": str(device.pk),
            "device_token": token,
            "name": device.name,
            "branch": device.branch.code,
            "link": link(),
            "mqtt_config": mqtt(device),
            "firmware_key": settings.FIRMWARE_PUBLIC_KEY or None,
        }
        return Response(answer, 201 if is_new else 200, headers={"Cache-Control": "no-store"})


class RotateTokenView(View):
    """New tokens of a device."""

    authentication_classes = (DeviceAuthentication,)

    @extend_schema(request=RotateBody, responses=RotateAnswer, operation_id="device_rotate_token")
    def post(self, request: Request, device_id: str) -> Response:
        """Give a device a new token, asked by itself or by a manager; the one before works a while still.

        A device that missed the answer may ask again with its old token: it hears the same new version.
        """
        body = checked(RotateBody, request)
        caller: Any = request.user
        if isinstance(caller, DeviceCaller):
            if principal(request).id != str(device_id):
                raise Problem(404, "device_not_found", "There is no such device.")
            device = Device.objects.get(pk=device_id)
            if caller.version != device.token_version:
                return Response(_rotated(device, enrolment.again(device)))
        else:
            device = find(request, device_id, "device.manage")
        return Response(_rotated(device, enrolment.rotate(device, body.get("overlap_s"))))


class RevokeView(View):
    """Devices that are not trusted any more."""

    @extend_schema(request=NoBody, responses=DeviceDetailAnswer, operation_id="device_revoke")
    def post(self, request: Request, device_id: str) -> Response:
        """Refuse the device from now on and cut its link; with a new claim code it may come back."""
        checked(NoBody, request)
        device = find(request, device_id, "device.manage")
        if not device.is_revoked:
            enrolment.revoke(device)
        return Response(detail(device))


def _rotated(device: Device, rotated: enrolment.Rotated) -> dict[str, Any]:
    return {
        "device_id": str(device.pk),
        "device_token": rotated.token,
        "previous_token_until": moment(rotated.previous_until),
    }


def link() -> dict[str, Any]:
    """Return what LinkAnswer says."""
    return {
        "url": f"ws{settings.PUBLIC_URL.removeprefix('http')}/ws/device/",
        "subprotocol": "trolley-device.v1",
        "heartbeat_s": settings.DEVICE_HEARTBEAT_S,
        "telemetry_s": settings.DEVICE_TELEMETRY_S,
    }


def mqtt(device: Device) -> dict[str, Any]:
    """Return what MqttAnswer says."""
    parts = urlsplit(settings.MQTT_URL or "")
    tls = parts.scheme == "mqtts"
    port = (parts.port or (8883 if tls else 1883)) if parts.hostname else None
    topic = f"cartwise/{device.branch.chain.slug}/{device.branch.code}/devices/{device.pk}"
    return {"broker": parts.hostname, "port": port, "tls": tls, "topic": topic}
