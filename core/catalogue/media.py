"""Uploaded pictures: checked, made small and free of what a camera adds, kept by their content.

What comes out is always a WebP that was drawn anew here, so nothing of the uploaded file
reaches a browser. Files are named by their digest: they never change and are kept once.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
import warnings
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps

LARGEST_SIDE = 1600
MOST_PIXELS = 24_000_000
"""Looked up before anything is decoded; a picture of that size takes some hundred megabytes meanwhile."""
_one_at_a_time = threading.Lock()
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_NAME = re.compile(r"products/[0-9a-f]{2}/[0-9a-f]{64}\.webp")


class Picture(NamedTuple):
    """A stored picture; ``file`` is its name below the media folder."""

    file: str
    width: int
    height: int


class PictureError(ValueError):
    """The upload is not a picture that can be taken; the text says what was expected and what came."""


def store(upload: Any) -> Picture:
    """Check and keep an upload (an UploadedFile); raises PictureError. Blocking."""
    size = upload.size or 0
    if size > settings.MEDIA_MAX_BYTES:
        raise PictureError(f"Expected at most {settings.MEDIA_MAX_BYTES} bytes, got {size}.")
    data = upload.read()
    with _one_at_a_time:
        drawn = _redrawn(data)
        out = io.BytesIO()
        drawn.save(out, "WEBP", quality=82, method=4)
    data = out.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    file = f"products/{digest[:2]}/{digest}.webp"
    path = settings.MEDIA_DIR / file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)
    return Picture(file, drawn.width, drawn.height)


def _redrawn(data: bytes) -> Image.Image:
    expected = "Expected a picture (JPEG, PNG, WebP or GIF)"
    if not data:
        raise PictureError(f"{expected}, got an empty file.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise PictureError(
                        f"Expected at most {MOST_PIXELS} pixels, got {found.width} x {found.height}."
                    )
                # A large photograph is decoded at about the size that it is shown in.
                found.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
                upright = ImageOps.exif_transpose(found)
                has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
                drawn = upright.convert("RGBA" if has_alpha else "RGB")
    except PictureError:
        raise
    # Whatever a decoder makes of hostile bytes, the upload is no picture.
    except (
        OSError,
        ValueError,
        SyntaxError,
        ArithmeticError,
        Image.DecompressionBombError,
        Warning,
    ) as error:
        raise PictureError(f"{expected}, got something else.") from error
    drawn.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    return clean


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
