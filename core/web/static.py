"""Static files by WhiteNoise: under names with their content's hash, compressed, and sent whole.

``collectstatic`` copies them into ``STATIC_ROOT``; ``make run`` does so when a file of ours has changed.
Under ASGI a file that is read bit by bit costs a thread hop a bit, so each is read at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
"""The end of a name that its content's hash is part of."""

# An import of a module by one of ours: a statement, or a call whose value is used; not a type in a comment.
_STATEMENT = (
    r"""(?m)(?P<matched>(?P<head>(?:^|;)\s*(?:import\s*|(?:import|export)\b[^'"`;()]*?\bfrom\s*))"""
    r"""["'](?P<url>[./][^"']*)["'])""",
    '%(head)s"%(url)s"',
)
_CALL = (
    r"""(?P<matched>(?P<head>(?:= |await |return )import\()["'](?P<url>[./][^"']*)["'])""",
    '%(head)s"%(url)s"',
)


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with hashes, in the modules' imports too, once the files are collected; till then plain ones."""

    max_post_process_passes = 30
    """A change goes from a module to those that import it, one step a pass."""
    patterns = (
        *(each for each in ManifestFilesMixin.patterns if each[0] == "*.css"),
        *((ours, (_STATEMENT, _CALL)) for ours in ("js/*.js", "i18n/*.js", "vendor/*.js", "cart-manager.js")),
    )

    def stored_name(self, name: str) -> str:
        """Return the name with its hash; as it is where it has none."""
        return self.names_of((name,))[name]

    def names_of(self, names: Iterable[str]) -> dict[str, str]:
        """Return each name with its hash; as it is where it has none, or once a source is newer."""
        if settings.DEBUG and self.is_stale():
            return {name: name for name in names}
        return {name: self.hashed_files.get(self.hash_key(name), name) for name in names}

    def is_stale(self) -> bool:
        """Return whether a file of ours is newer than what was collected, or nothing was."""
        manifest = Path(self.path(self.manifest_name))
        return not manifest.is_file() or newest(sources()) > manifest.stat().st_mtime

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for; a plain name is for those who wrote it down, and small."""
        yield from super().compress_files([path for path in paths if HASHED.search(path)])


def sources() -> Iterator[Path]:
    """Yield the files of the front end."""
    for folder in settings.STATICFILES_DIRS:
        yield from (path for path in Path(folder).rglob("*") if path.is_file())


def newest(files: Iterable[Path]) -> float:
    """Return when the last of them was changed, in seconds since 1970."""
    return max((path.stat().st_mtime for path in files), default=0.0)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise's middleware with answers that do not stream; the largest file is some 2 MB."""

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Return whether the name changes with the content."""
        return HASHED.search(url) is not None

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Return the file, a part of it, or 304."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        response = HttpResponse(body, status=int(found.status))
        del response.headers["Content-Type"]
        for name, value in found.headers:
            response.headers[name] = value
        return response
