"""The way into Django's admin: the product's own login, second factor included, whose end ends it too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import Login, User
from core.accounts.principals import Principal
from core.rest.views import View

_LOGIN = "login"
"""Where a session names the login that it was begun by."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class AdminSessionView(View):
    """Sessions of Django's admin."""

    # The answer is a cookie, which is no one else's.
    keeps = "never"

    @extend_schema(request=None, responses={204: None}, operation_id="auth_admin")
    def post(self, request: Request) -> Response:
        """Begin a session of the admin, for platform staff; it ends with the caller's login."""
        who, user = cast(Principal, request.auth), cast(User, request.user)
        if who.kind != "user" or not user.is_staff:
            raise PermissionDenied
        login(request._request, user, _BACKEND)
        request._request.session[_LOGIN] = who.login
        return Response(status=204)


class ProductAdminSite(AdminSite):
    """Django's admin, entered by the product's login."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the product's sign-in page, and from there back to where somebody wanted to go."""
        wanted = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"/login?{urlencode({'next': wanted})}")

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the request comes from somebody of the platform's staff whose login goes on."""
        user = cast(User, request.user)
        return user.is_active and user.is_staff and _goes_on(request)


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only those see a page who have a session that goes on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and _goes_on(request):
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"/login?{urlencode({'next': request.get_full_path()})}")

    return guarded


def _goes_on(request: HttpRequest) -> bool:
    began = request.session.get(_LOGIN)
    return began is None or Login.objects.filter(pk=began, user=request.user.pk, ended_at=None).exists()
