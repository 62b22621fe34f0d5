"""REST of the fleet: a trolley's state, and its QR code for printing."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.fleet.models import Trolley
from core.fleet.trolleys import qr, sheets
from core.problems import Problem
from core.rest.fields import ClosedSerializer, LineText, Moment, checked, rfc3339
from core.rest.views import View
from core.tenancy.models import Branch
from core.trail.notes import RowPlace, note
from core.web.middleware import policy
from core.web.pages import style_hashes


class LockAnswer(serializers.Serializer[Any]):
    """Shadow of the lock: what is wanted and what the hardware says (open, closed, unknown)."""

    desired = serializers.CharField()
    reported = serializers.CharField()
    at = Moment(allow_null=True)


class TrolleyAnswer(serializers.Serializer[Any]):
    """A trolley's state. ``is_locked``: held for its shopper; ``lock`` is the hardware."""

    trolley_id = serializers.CharField()
    qr_code_data = serializers.CharField()
    """What the QR holds, for those who may print it; for others its address without the key."""
    is_active = serializers.BooleanField()
    is_locked = serializers.BooleanField()
    is_assigned = serializers.BooleanField()
    assigned_to = serializers.CharField(allow_null=True)
    assigned_at = Moment(allow_null=True)
    last_seen = Moment(allow_null=True)
    custody = serializers.ChoiceField(("docked", "out", "unknown"))
    lock = LockAnswer()
    branch = serializers.CharField()
    cart_number = serializers.IntegerField()


def find_trolley(trolley_id: str) -> Trolley:
    """Return the trolley with that public code, in whatever case; raises the 404."""
    rows = Trolley.objects.select_related("branch__chain", "assigned_to")
    row = rows.filter(trolley_id__iexact=trolley_id).first()
    if row is None:
        raise unknown_trolley()
    return row


def unknown_trolley() -> Problem:
    """Return the 404; also the answer to another tenant's staff."""
    return Problem(404, "trolley_not_found", "There is no such trolley.")


def shown_holder(row: Trolley, who: Principal) -> str | None:
    """Return the holder's name, for those who work there and for the holder; for others there is none."""
    holder = row.assigned_to
    works_here = may(who, "trolley.operate", row.branch.chain.slug, row.branch.code)
    return None if holder is None or not (works_here or who.id == str(holder.pk)) else holder.username


def refuse_other_tenants(row: Trolley, who: Principal) -> None:
    """Raise the 404 for who works in other chains only, unless they hold the trolley as a shopper."""
    works_elsewhere = bool(who.grants) and not who.is_platform_admin
    chain = row.branch.chain.slug
    works_here = any(grant.chain == chain for grant in who.grants)
    if works_elsewhere and not works_here and who.id != str(row.assigned_to_id):
        raise unknown_trolley()


class TrolleyView(View):
    """One trolley."""

    @extend_schema(responses=TrolleyAnswer, operation_id="trolley")
    def get(self, request: Request, trolley_id: str) -> Response:
        """Return the trolley's state."""
        row, who = find_trolley(trolley_id), cast(Principal, request.auth)
        refuse_other_tenants(row, who)
        prints = may(who, "trolley.print_qr", row.branch.chain.slug, row.branch.code)
        held = row.phase == "held"
        return Response(
            {
                "trolley_id": row.trolley_id,
                "qr_code_data": qr.url(row.trolley_id, row.qr_nonce if prints else None),
                "is_active": row.is_active,
                "is_locked": held,
                "is_assigned": held,
                "assigned_to": shown_holder(row, who),
                "assigned_at": _moment(row.assigned_at),
                "last_seen": _moment(row.last_seen),
                "custody": row.custody,
                "lock": {
                    "desired": row.lock_desired,
                    "reported": row.lock_reported,
                    "at": _moment(row.lock_at),
                },
                "branch": row.branch.code,
                "cart_number": row.cart_number,
            }
        )


class TrolleyQrView(View):
    """A trolley's QR code."""

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.STR}, operation_id="trolley_qr")
    def get(self, request: Request, trolley_id: str) -> HttpResponse:
        """Return it as SVG."""
        row, who = find_trolley(trolley_id), cast(Principal, request.auth)
        refuse_other_tenants(row, who)
        if not may(who, "trolley.print_qr", row.branch.chain.slug, row.branch.code):
            raise Problem(403, "forbidden", "Your role does not allow this.")
        return HttpResponse(qr.svg(qr.url(row.trolley_id, row.qr_nonce)), content_type="image/svg+xml")


class QrSheetView(View):
    """The QR codes of a branch."""

    @extend_schema(
        operation_id="branch_qr_sheet",
        parameters=[
            OpenApiParameter("kind", str, enum=("html", "pdf", "svg"), description="By default html."),
            OpenApiParameter("size", str, enum=tuple(sheets.SIZES), description="Of a label; by default m."),
        ],
        responses={
            (200, "text/html"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "image/svg+xml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, branch_id: str) -> HttpResponse:
        """Return labels to print, one a trolley, on sheets of A4."""
        branch = scopes.find_branch(cast(Principal, request.auth), "trolley.print_qr", branch_id)
        size = sheets.SIZES[request.query_params.get("size", "m")]
        rows = branch.trolleys.filter(is_active=True).order_by("cart_number")
        match request.query_params.get("kind", "html"):
            case "pdf":
                title = f"QR codes of {branch.code}"
                return _file(sheets.pdf(rows, size, title), "application/pdf", f"qr-{branch.code}.pdf")
            case "svg":
                return _file(sheets.svg(rows, size).encode(), "image/svg+xml", f"qr-{branch.code}.svg")
        return sheet(request, branch)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


class NewQrBody(ClosedSerializer):
    """Why the old code is worth nothing any more."""

    reason = LineText(max_length=300)


class NewQrAnswer(serializers.Serializer[Any]):
    """What the new print holds."""

    trolley_id = serializers.CharField()
    qr_code_data = serializers.CharField()


class NewQrView(View):
    """Another QR code for a trolley whose print was damaged or stolen."""

    @extend_schema(request=NewQrBody, responses=NewQrAnswer, operation_id="trolley_new_qr")
    def post(self, request: Request, trolley_id: str) -> Response:
        """Give the trolley another code; every print of the old one is refused within two seconds."""
        row, who = find_trolley(trolley_id), cast(Principal, request.auth)
        refuse_other_tenants(row, who)
        if not may(who, "trolley.print_qr", row.branch.chain.slug, row.branch.code):
            raise Problem(403, "forbidden", "Your role does not allow this.")
        reason = checked(NewQrBody, request)["reason"]
        row.qr_nonce = str(Trolley._meta.get_field("qr_nonce").get_default())
        row.save()
        place = RowPlace(row.branch.chain.slug, row.branch.code)
        note("trolley.new_qr", f"trolley/{row.trolley_id}", place, reason)
        return Response({"trolley_id": row.trolley_id, "qr_code_data": qr.url(row.trolley_id, row.qr_nonce)})


def sheet(request: HttpRequest, branch: Branch) -> HttpResponse:
    """Return the page to print with the QR codes of a branch."""
    labels = [
        {"trolley": row, "svg": qr.svg(qr.url(row.trolley_id, row.qr_nonce))}
        for row in branch.trolleys.filter(is_active=True).order_by("cart_number")
    ]
    page = render_to_string("fleet/qr_sheet.html", {"branch": branch, "labels": labels})
    # The sheet holds its own styles, so that it can be kept as one file; the policy knows them.
    only_its_own = policy(request, {"style-src": style_hashes(page)})
    return HttpResponse(page, headers={"Cache-Control": "no-store", "Content-Security-Policy": only_its_own})


def _moment(value: Any) -> str | None:
    return None if value is None else rfc3339(value)
