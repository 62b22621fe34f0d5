"""What the admin's pages lead to for printing; people come with the admin's login, which opens no API."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.accounts import principals, scopes
from core.accounts.admin_login import signed_in
from core.accounts.models import User
from core.accounts.principals import may
from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from core.fleet.trolleys.api import sheet


@require_safe
@signed_in
def trolley_qr(request: HttpRequest, trolley_id: str) -> HttpResponse:
    """Show a trolley's QR code as SVG."""
    row = get_object_or_404(Trolley.objects.select_related("branch__chain"), trolley_id__iexact=trolley_id)
    who = principals.of(cast(User, request.user))
    if not may(who, "trolley.print_qr", row.branch.chain.slug, row.branch.code):
        raise PermissionDenied
    return HttpResponse(qr.svg(qr.url(row.trolley_id, row.qr_nonce)), content_type="image/svg+xml")


@require_safe
@signed_in
def qr_sheet(request: HttpRequest, branch_id: str) -> HttpResponse:
    """Show the page to print with a branch's QR codes."""
    who = principals.of(cast(User, request.user))
    return sheet(request, scopes.find_branch(who, "trolley.print_qr", branch_id))
