"""Who changes what on Django's own pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.trail.notes import SYSTEM, acting


class Acting:
    """Middleware that sets the acting user of the admin; the API sets its callers itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if not request.path_info.startswith("/admin/"):
            return self._get_response(request)
        with acting(f"user:{request.user.pk}" if request.user.is_authenticated else SYSTEM):
            return self._get_response(request)
