"""REST of telemetry: of a device, a branch or a chain, as it came or in buckets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.fleet.models import Device
from core.problems import Problem, rule
from core.rest.fields import Moment, moment, rfc3339
from core.rest.json import encode
from core.rest.views import View
from core.telemetry.models import Bucket, Sample
from core.telemetry.rollup import FIVE_MINUTES, HOUR, numbers

MOST = 5000
"""Points of one answer."""
BUCKETS = {"5m": FIVE_MINUTES, "1h": HOUR}


class PointAnswer(serializers.Serializer[Any]):
    """A sample (``data``; with ``type`` its ``value``), or a bucket of one number."""

    device_id = serializers.UUIDField()
    at = Moment()
    seq = serializers.IntegerField(required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    value = serializers.FloatField(required=False)
    type = serializers.CharField(required=False)
    count = serializers.IntegerField(required=False)
    average = serializers.FloatField(required=False)
    min = serializers.FloatField(required=False)
    max = serializers.FloatField(required=False)
    last = serializers.FloatField(required=False)


class TelemetryAnswer(serializers.Serializer[Any]):
    """Points by time. ``truncated``: there are more; ask again from the last one's time."""

    bucket = serializers.ChoiceField(("raw", "5m", "1h"))
    truncated = serializers.BooleanField()
    points = PointAnswer(many=True)


_DAY = timedelta(hours=24)
_FIRST = datetime.min.replace(tzinfo=UTC)
"""What ``moment`` returns at least."""


class Window(NamedTuple):
    """Which points are asked for."""

    begin: datetime
    end: datetime
    kind: str | None
    bucket: str


_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="By default 24 hours before `to`."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="By default now."),
    OpenApiParameter("type", OpenApiTypes.STR, description="One number, by its path, e.g. `load`."),
    OpenApiParameter(
        "bucket", OpenApiTypes.STR, enum=("raw", "5m", "1h"), description="By default as fits the stretch."
    ),
]


class _Telemetry(View):
    refuses = ("unfit",)

    def devices(self, who: Principal, key: str) -> list[UUID]:
        """Return the devices in question. Raises the 404."""
        raise NotImplementedError

    def answer(self, request: Request, key: str) -> Response:
        """Answer for the devices of ``key``."""
        devices = self.devices(cast(Principal, request.auth), key)
        return Response(_answer(devices, _window(request.query_params)))


class DeviceTelemetryView(_Telemetry):
    """Telemetry of one device."""

    @extend_schema(parameters=_PARAMETERS, responses=TelemetryAnswer, operation_id="telemetry_device")
    def get(self, request: Request, device_id: UUID) -> Response:
        """Return the device's telemetry."""
        return self.answer(request, str(device_id))

    def devices(self, who: Principal, key: str) -> list[UUID]:
        """Return the one, if the caller watches its branch."""
        allowed = scopes.branches(who, "branch.watch")
        row = generics.get_object_or_404(Device.objects.filter(branch__in=allowed), pk=key)
        return [row.pk]


class BranchTelemetryView(_Telemetry):
    """Telemetry of a branch's devices."""

    @extend_schema(parameters=_PARAMETERS, responses=TelemetryAnswer, operation_id="telemetry_branch")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the branch's telemetry."""
        return self.answer(request, branch_id)

    def devices(self, who: Principal, key: str) -> list[UUID]:
        """Return the branch's devices."""
        branch, _ = scopes.find_branch_key(who, "branch.watch", key)
        return _devices_of(branch)


class ChainTelemetryView(_Telemetry):
    """Telemetry of a chain's devices, for its admins."""

    @extend_schema(parameters=_PARAMETERS, responses=TelemetryAnswer, operation_id="telemetry_chain")
    def get(self, request: Request, chain_id: str) -> Response:
        """Return the chain's telemetry."""
        return self.answer(request, chain_id)

    def devices(self, who: Principal, key: str) -> list[UUID]:
        """Return the chain's devices; 403 for those who only work in one of its branches."""
        chain = scopes.find_chain(who, key)
        if not may(who, "chain.watch", chain.slug):
            raise Problem(403, "forbidden", "Your role does not allow this.")
        return list(Device.objects.filter(branch__chain=chain).values_list("pk", flat=True))


def plain_window(given: Iterable[tuple[str, str]]) -> Window | None:
    """Return which points a query asks for; None for one that is to be looked at closely."""
    pairs = list(given)
    found = dict(pairs)
    if len(found) != len(pairs) or not found.keys() <= {"from", "to", "bucket"}:
        return None
    if found.get("bucket", "raw") not in ("raw", *BUCKETS):
        return None
    try:
        return _window(found)
    except (ValueError, APIException):
        return None


def branch_answer(branch_id: UUID, window: Window) -> bytes:
    """Return the body of a branch's telemetry. Blocking."""
    return encode(_answer(_devices_of(branch_id), window))


def _devices_of(branch_id: UUID) -> list[UUID]:
    return list(Device.objects.filter(branch_id=branch_id).values_list("pk", flat=True))


def _answer(devices: list[UUID], window: Window) -> dict[str, Any]:
    points = _samples(devices, window) if window.bucket == "raw" else _buckets(devices, window)
    found = list(points)
    return {"bucket": window.bucket, "truncated": len(found) > MOST, "points": found[:MOST]}


def _window(given: Any) -> Window:
    end = _moment(given, "to") or timezone.now()
    begin = _moment(given, "from") or end - min(_DAY, end - _FIRST)
    if begin > end:
        raise rule("unfit", **{"from": "Expected a time before `to`."})
    long = end - begin
    fitting = "raw" if long <= timedelta(hours=1) else "5m" if long <= timedelta(days=2) else "1h"
    return Window(begin, end, given.get("type") or None, given.get("bucket", fitting))


def _moment(given: Any, name: str) -> datetime | None:
    return moment(given[name]) if name in given else None


def _samples(devices: list[UUID], window: Window) -> Iterable[dict[str, Any]]:
    rows = Sample.objects.filter(device_id__in=devices, at__gte=window.begin, at__lt=window.end)
    found = rows.order_by("at", "seq").values_list("device_id", "at", "seq", "data")
    for device, at, seq, text in found[: MOST + 1]:
        point = {"device_id": device, "at": rfc3339(at), "seq": seq}
        if window.kind is None:
            # As the writer encoded it: nobody reads it here only to write it anew.
            yield {**point, "data": msgspec.Raw(text)}
            continue
        value = dict(numbers(msgspec.json.decode(text))).get(window.kind)
        if value is not None:
            yield {**point, "type": window.kind, "value": value}


def _buckets(devices: list[UUID], window: Window) -> Iterable[dict[str, Any]]:
    rows = Bucket.objects.filter(
        device_id__in=devices, seconds=BUCKETS[window.bucket], at__gte=window.begin, at__lt=window.end
    )
    if window.kind is not None:
        rows = rows.filter(kind=window.kind)
    columns = ("device_id", "at", "kind", "count", "total", "least", "most", "last")
    found = rows.order_by("at", "kind").values_list(*columns)
    for device, at, kind, count, total, least, most, last in found[: MOST + 1]:
        yield {
            "device_id": device,
            "at": rfc3339(at),
            "type": kind,
            "count": count,
            "average": total / count,
            "min": least,
            "max": most,
            "last": last,
        }
