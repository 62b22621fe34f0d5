"""Uploaded pictures: re-encoded in a process of their own, stored by their content.

What comes out is always a WebP that was drawn here, so nothing of the uploaded file reaches
a browser, and no decoder meets it in the process that serves: see ``drawing``. Files are named
by their digest: they never change and are kept once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

DRAWING = Path(__file__).with_name("drawing.py")
MOST_S = 30.0
"""For one picture, from the start of its process."""
WAIT_S = 20.0
"""For the pictures before it: one is drawn at a time, so that pictures never take more than one core."""
_TOO_MUCH = "Expected a picture that can be drawn, got one that takes too much time or memory."
Folder = Literal["products", "plans"]
_NAME = re.compile(r"(?:products|plans)/[0-9a-f]{2}/[0-9a-f]{64}\.webp")
_turn = threading.BoundedSemaphore(1)


class Picture(NamedTuple):
    """A stored picture; ``file`` is its name below the media folder."""

    file: str
    width: int
    height: int


class PictureError(ValueError):
    """The upload is not a picture that can be taken; the text says what was expected and what came."""


class Busy(RuntimeError):
    """Too many pictures wait already."""


def store(upload: Any, folder: Folder = "products") -> Picture:
    """Check and keep an upload (an UploadedFile); raises PictureError and Busy.

    Blocking, for seconds at worst: never to be called inside a transaction.
    """
    size = upload.size or 0
    if size > settings.MEDIA_MAX_BYTES:
        raise PictureError(f"Expected at most {settings.MEDIA_MAX_BYTES} bytes, got {size}.")
    if not _turn.acquire(timeout=WAIT_S):
        raise Busy("Other pictures are being drawn.")
    try:
        width, height, data = _drawn(upload.read())
    finally:
        _turn.release()
    return Picture(keep(data, folder), width, height)


def keep(webp: bytes, folder: Folder = "products") -> str:
    """Keep a picture that was drawn here, once; return its name below the media folder. Blocking."""
    digest = hashlib.sha256(webp).hexdigest()
    file = f"{folder}/{digest[:2]}/{digest}.webp"
    path = path_of(file)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
        part.write_bytes(webp)
        part.replace(path)
    return file


def path_of(file: str) -> Path:
    """Return where a stored picture lies."""
    return Path(settings.MEDIA_DIR) / file


def _drawn(upload: bytes) -> tuple[int, int, bytes]:
    # It gets no environment: a decoder that is taken over finds no key and no password there.
    with subprocess.Popen(
        (sys.executable, "-I", str(DRAWING)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    ) as process:
        try:
            output, _ = process.communicate(upload, MOST_S)
        except BaseException as error:
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise PictureError(_TOO_MUCH) from error
            raise
    head, _, webp = output.partition(b"\n")
    if process.returncode != 0 or not head:
        raise PictureError(_TOO_MUCH)
    answer = json.loads(head)
    if "refused" in answer:
        raise PictureError(answer["refused"])
    return answer["width"], answer["height"], webp


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a picture: for ever the same, never sniffed, never run."""
    if not _NAME.fullmatch(name):
        raise Http404
    try:
        data = (settings.MEDIA_DIR / name).read_bytes()
    except OSError:
        raise Http404 from None
    response = HttpResponse(data, content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
