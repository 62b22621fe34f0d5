"""Headers that every answer of Django carries: content security policy and permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse

from core import problems, reference
from core.web.pages import import_map_hashes


class ApiPaths:
    """Middleware that routes ``/api/v1/x/`` and ``/api/x/`` as ``/api/x``; ``path`` stays as it came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Route by the plain form; what was meant for another host is refused before anything else."""
        try:
            request.get_host()
        except DisallowedHost:
            # Django's own page would show the settings while DEBUG is on.
            detail = "Expected the name of this host in the header Host."
            return problems.respond(request, 400, detail, "invalid_host")
        if request.path_info.startswith("/api/"):
            rest = request.path_info.removeprefix("/api/").removeprefix("v1/")
            request.path_info = f"/api/{rest.rstrip('/')}"
            if "\0" in rest:
                # No name here has one, and PostgreSQL takes the question itself amiss.
                return problems.nothing_here(request)
        return self._get_response(request)


class OwnWrites:
    """Middleware that answers a write once this process has applied it: read-your-writes
    for the next thing that they do, through whichever door."""

    LONGEST_S = 2.0
    """A reload that takes longer is not waited for: the write is done, and soon known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self._get_response(request)
        reference.settle(self.LONGEST_S)
        return response


class MissingPages:
    """Middleware that shows the same page for what a view does not find, in development too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a Http404; None leaves everything else to Django."""
        return problems.page_not_found(request, exception) if isinstance(exception, Http404) else None


_SOURCES = {
    "default-src": "'self'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "media-src": "'self' blob:",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def policy(request: HttpRequest, more: Mapping[str, str] | None = None) -> str:
    """Return the content security policy; ``more`` are further sources by directive, for one page.

    Everything comes from here and goes nowhere else. An import map is inline by nature and is let
    in by its hash; the scanner's WASM needs ``wasm-unsafe-eval``. Not every browser takes our own
    websocket for ``'self'``, so it is named.
    """
    added = {
        "script-src": " ".join(import_map_hashes(settings.PAGES_DIR)),
        "connect-src": _websocket_origin(request),
    }
    parts = ((name, own, added.get(name, ""), (more or {}).get(name, "")) for name, own in _SOURCES.items())
    return "; ".join(" ".join(filter(None, each)) for each in parts)


def _websocket_origin(request: HttpRequest) -> str:
    try:
        return f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
    except DisallowedHost:  # answered with a 400, on which nothing connects
        return ""


class SecurityHeaders:
    """Middleware that adds the policy headers unless the view has set its own.

    They are for pages and workers. A file under a hashed name is neither: half a KiB for each of a page's
    fifty would be a tenth of its first load.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with the headers added."""
        response = self._get_response(request)
        if "immutable" in response.headers.get("Cache-Control", ""):
            return response
        response.headers.setdefault("Content-Security-Policy", policy(request))
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(self), usb=()"
        )
        return response
