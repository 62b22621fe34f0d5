"""The HTML shells of the front end, served as they lie in ``frontend_static/pages``."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

_INLINE_SCRIPT = re.compile(
    rb"<script\b(?![^>]*\bsrc=)[^>]*\btype=[\"']?importmap[\"']?[^>]*>(.*?)</script>", re.S
)
_INLINE_STYLE = re.compile(r"<style>(.*?)</style>", re.S)


def import_map_hashes(folder: Path) -> tuple[str, ...]:
    """Return the CSP sources of the import maps in the folder's pages, e.g. ``'sha256-...'``."""
    pages = sorted(folder.glob("*.html"))
    return _hashes(tuple((str(page), page.stat().st_mtime_ns) for page in pages))


@functools.lru_cache(maxsize=8)
def _hashes(pages: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    found = set()
    for name, _ in pages:
        for body in _INLINE_SCRIPT.findall(Path(name).read_bytes()):
            found.add(_source(body))
    return tuple(sorted(found))


def style_hashes(html: str) -> str:
    """Return the CSP sources of the ``<style>`` elements in a page that must hold its own styles."""
    return " ".join(_source(body.encode()) for body in _INLINE_STYLE.findall(html))


def _source(body: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}'"


@require_safe
def page(request: HttpRequest, name: str, **_: str) -> HttpResponse:
    """Serve a shell; the browser asks again each time and mostly hears 304."""
    file: Path = settings.PAGES_DIR / f"{name}.html"
    if not file.is_file():
        raise Http404(f"The page {name} is not part of this installation.")
    body = file.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="text/html; charset=utf-8"
    )
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    return response
