"""REST of firmware releases: taking them in, listing them, and the download."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoError
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.accounts.principals import PERMISSIONS, Principal, may
from core.firmware import releases
from core.firmware.download import serve
from core.firmware.models import Release
from core.fleet.devices.authentication import DeviceAuthentication
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, Moment, StrictText, checked
from core.rest.idempotency import once
from core.rest.views import ListView, View


class ReleaseAnswer(serializers.ModelSerializer[Release]):
    """A firmware release."""

    created_at = Moment()

    class Meta:
        model = Release
        fields = ("id", "version", "size", "sha256", "signature", "notes", "is_withdrawn", "created_at")


class ReleaseBody(ClosedSerializer):
    """A new release; ``signature`` is Ed25519 over version, size and digest (``sign_firmware`` makes it)."""

    file = serializers.FileField()
    version = StrictText(min_length=1, max_length=40)
    signature = StrictText(min_length=1, max_length=88)
    notes = StrictText(required=False, max_length=4000, allow_blank=True)


def principal(request: Request) -> Principal:
    """Return the caller."""
    return cast(Principal, request.auth)


def find_release(**by: Any) -> Release:
    """Return the release; raises the 404."""
    release = Release.objects.filter(**by).first()
    if release is None:
        raise Problem(404, "release_not_found", "There is no such firmware.")
    return release


def require_manager(who: Principal) -> None:
    """Raise the 403 unless the caller manages devices somewhere."""
    if who.is_platform_admin or any(grant.role in PERMISSIONS["device.manage"] for grant in who.grants):
        return
    raise Problem(403, "forbidden", "Your role does not allow this.")


class ReleasesView(ListView[Release]):
    """Firmware releases, newest first."""

    refuses = ("unfit",)

    queryset = Release.objects.all()
    serializer_class = ReleaseAnswer
    parser_classes = (MultiPartParser,)
    keeps = "by_hand"

    @extend_schema(operation_id="firmware_releases")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of them, for those who manage devices."""
        require_manager(principal(request))
        return self.list(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": ReleaseBody},
        responses={201: ReleaseAnswer},
        operation_id="firmware_release_upload",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Take a new release in, for the platform's staff; a wrong signature is refused."""
        if not may(principal(request), "firmware.release", ""):
            raise Problem(403, "forbidden", "Your role does not allow this.")
        body = checked(ReleaseBody, request)
        try:
            release = releases.measured(body.pop("file"), cast(User, request.user), **body)
        except DjangoError as error:
            raise _broken(error) from None
        return once(request, lambda: _taken(release))


def _broken(error: DjangoError) -> Exception:
    return rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()})


def _taken(release: Release) -> Response:
    try:
        release.full_clean()
    except DjangoError as error:
        raise _broken(error) from None
    release.save()
    return Response(ReleaseAnswer(release).data, 201)


class ReleaseView(View):
    """One release."""

    @extend_schema(responses=ReleaseAnswer, operation_id="firmware_release")
    def get(self, request: Request, release_id: str) -> Response:
        """Return it."""
        require_manager(principal(request))
        return Response(ReleaseAnswer(find_release(pk=release_id)).data)


class ReleaseFileView(View):
    """The file of a release."""

    authentication_classes = (DeviceAuthentication,)

    @extend_schema(
        operation_id="firmware_file",
        parameters=[OpenApiParameter("Range", str, "header", description="bytes=FIRST-: from there on")],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, release_id: str) -> HttpResponseBase:
        """Return it to a device, whole or from where its download broke off."""
        if principal(request).kind != "device":
            require_manager(principal(request))
        release = find_release(pk=release_id)
        return serve(request._request, Path(release.file.path), release.sha256, f"{release.version}.bin")
