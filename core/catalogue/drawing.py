"""Re-encodes an uploaded picture. Run as a program: the only place where uploads are decoded.

It reads the upload from its standard input and writes one line of JSON: ``{"width", "height"}``, with the
WebP after it, or ``{"refused": sentence}``. It has no settings, no database and no environment, a bounded
memory, a bounded time, and opens no file. Whoever calls it stops it when it takes too long.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import warnings

from PIL import GifImagePlugin, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

LARGEST_SIDE = 1600
MOST_PIXELS = 24_000_000
"""Looked up before anything is decoded; a picture of that size takes some hundred megabytes meanwhile."""
MOST_MEMORY = 768 * 1024 * 1024
"""Of address space, in bytes."""
MOST_CPU_S = 20
FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        GifImagePlugin.GifImageFile,
    )
)
EXPECTED = "Expected a picture (JPEG, PNG, WebP or GIF)"
NICENESS = 10
"""A picture can wait; the store's other work cannot."""


class PictureRefused(ValueError):
    """The upload is no picture that is taken; the text says what was expected and what came."""


def main() -> int:
    """Draw the picture; a crash or an end without an answer counts as a refusal."""
    _bound()
    try:
        drawn = redrawn(sys.stdin.buffer.read())
    except PictureRefused as refusal:
        _answer({"refused": str(refusal)})
        return 0
    out = io.BytesIO()
    drawn.save(out, "WEBP", quality=82, method=4)
    _answer({"width": drawn.width, "height": drawn.height}, out.getvalue())
    return 0


def _bound() -> None:
    os.nice(NICENESS)
    bounds = {
        resource.RLIMIT_AS: MOST_MEMORY,
        resource.RLIMIT_CPU: MOST_CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        # Not every system knows each of them; the caller's deadline holds everywhere.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _answer(head: dict[str, object], body: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)
    sys.stdout.buffer.flush()


def redrawn(data: bytes) -> Image.Image:
    """Return the picture, upright, small and without anything but its pixels; raises PictureRefused."""
    if not data:
        raise PictureRefused(f"{EXPECTED}, got an empty file.")
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            drawn = _decoded(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(f"Expected at most {MOST_PIXELS} pixels, got more.") from error
    except MemoryError as error:
        raise PictureRefused(f"{EXPECTED}, got one that takes too much memory to draw.") from error
    # Whatever a decoder makes of hostile bytes, the upload is no picture.
    except Exception as error:
        raise PictureRefused(f"{EXPECTED}, got something else.") from error
    drawn.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    return clean


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as found:
        # A large photograph is decoded at about the size that it is shown in.
        found.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        ImageOps.exif_transpose(found, in_place=True)
        has_alpha = found.mode in ("RGBA", "LA", "PA") or "transparency" in found.info
        return found.convert("RGBA" if has_alpha else "RGB")


if __name__ == "__main__":
    sys.exit(main())
