"""The HTML shells of ``frontend_static/pages``, which name at once all files that they lead to."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from core.web.modules import reached
from core.web.static import HashedFiles, newest, sources

_INLINE_SCRIPT = re.compile(
    rb"<script\b(?![^>]*\bsrc=)[^>]*\btype=[\"']?importmap[\"']?[^>]*>(.*?)</script>", re.S
)
_LED_TO = re.compile(
    r'(?P<indent>[ \t]*)<(?P<what>link|script)\b[^>]*?"/static/(?P<name>[^"]+\.(?:css|js))"[^>]*>'
)
_NAMED = re.compile(r'"/static/([^"]+)"')
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


@functools.lru_cache(maxsize=64)
def _dressed(file: Path, _changed_ns: int, _sources_at: float) -> bytes:
    """Return the page with its files' hashed names, and preload links for what those files import.

    By themselves its modules would be found one import after the other, a round trip each. Made once for each
    state of the page; in development also of whatever else the front end has.
    """
    folder = Path(settings.STATICFILES_DIRS[0])
    storage = cast(HashedFiles, staticfiles_storage)

    def ahead(led: re.Match[str]) -> str:
        if led["what"] == "script" and 'type="module"' not in led[0]:
            return led[0]
        how = 'rel="modulepreload"' if led["what"] == "script" else 'rel="preload" as="style"'
        start = f"{led['indent']}<link {how}"
        lines = [f'{start} href="/static/{name}" />' for name in reached(folder, led["name"])]
        return "\n".join((*lines, led[0]))

    def named(one: re.Match[str]) -> str:
        return f'"{settings.STATIC_URL}{names[one[1]]}"'

    html = _LED_TO.sub(ahead, file.read_text("utf-8"))
    names = storage.names_of(set(_NAMED.findall(html)))
    return _NAMED.sub(named, html).encode()


@require_safe
def page(request: HttpRequest, name: str, **_: str) -> HttpResponse:
    """Serve a page's shell; the browser revalidates each time and mostly gets a 304."""
    file: Path = settings.PAGES_DIR / f"{name}.html"
    if not file.is_file():
        raise Http404(f"The page {name} is not part of this installation.")
    body = _dressed(file, file.stat().st_mtime_ns, newest(sources()) if settings.DEBUG else 0.0)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="text/html; charset=utf-8"
    )
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    return response
