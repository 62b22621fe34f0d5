"""Somebody uploads what is no picture, or one that costs more than it shows; nobody else notices."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import struct
import subprocess
import threading
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.catalogue import media
from realtime.server import Server
from tests.realtime.conftest import World

SCRIPT = b"<script>alert(document.domain)</script>"


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """Return a black RGBA picture of that size, made a row at a time; with fewer rows than its head says."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer, row = zlib.compressobj(9), b"\0" * (1 + 4 * width)
    pixels = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def small(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "#cc2233").save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def upload(http: httpx.AsyncClient, world: World, data: bytes) -> httpx.Response:
    token = await asyncio.to_thread(world.staff, "boss", "manager", True)
    path = f"/api/products/{world.products[0].pk}/images"
    headers = {"Authorization": f"Bearer {token}"}
    return await http.post(path, files={"file": ("apple.png", data, "image/png")}, headers=headers)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that draws is stopped as soon as it is there; the list says which there are."""
    begun: list[subprocess.Popen[bytes]] = []

    class Held(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.send_signal(signal.SIGSTOP)
            begun.append(self)

    monkeypatch.setattr(media.subprocess, "Popen", Held)
    return begun


@pytest.mark.parametrize("side", [6300, 12_000, 30_000], ids=str)
async def test_more_pixels_than_a_picture_needs_are_refused_in_words(
    http: httpx.AsyncClient, world: World, side: int
) -> None:
    # What the head says is enough to refuse it: the largest have one row to show for it.
    answer = await upload(http, world, png(side, side, None if side == 6300 else 1))
    assert answer.status_code == 400
    assert answer.json()["errors"]["file"] == ["Expected at most 24000000 pixels, got more."]


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n" + small("PNG"),
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>",
        b"PK\x03\x04" + small("JPEG"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        small("TIFF"),
        small("PPM"),
        small("PNG")[:45],
        b"RIFF\xff\xff\xff\x7fWEBPVP8L" + b"\xff" * 40,
    ],
    ids=["pdf", "svg", "zip", "eps", "tiff", "ppm", "cut off", "webp of nothing"],
)
async def test_what_another_program_would_run_is_no_picture(
    http: httpx.AsyncClient, world: World, data: bytes
) -> None:
    answer = await upload(http, world, data)
    assert answer.status_code == 400
    [sentence] = answer.json()["errors"]["file"]
    assert sentence.startswith("Expected a picture")


@pytest.mark.parametrize(
    "data",
    [
        small("PNG") + SCRIPT,
        small("GIF", comment=SCRIPT),
        small("JPEG", comment=SCRIPT),
        small("WEBP", xmp=SCRIPT),
        small("JPEG", icc_profile=SCRIPT),
    ],
    ids=["behind a png", "gif comment", "jpeg comment", "webp metadata", "jpeg profile"],
)
async def test_nothing_but_the_pixels_of_a_picture_is_kept(
    http: httpx.AsyncClient, world: World, data: bytes
) -> None:
    made = await upload(http, world, data)
    assert made.status_code == 201
    served = await http.get(made.json()["url"])
    assert served.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(served.content)).size == (8, 8)
    assert b"script" not in served.content


async def test_things_are_scanned_while_a_large_picture_is_drawn(
    http: httpx.AsyncClient, world: World, held: list[subprocess.Popen[bytes]]
) -> None:
    shopper = {"Authorization": f"Bearer {await asyncio.to_thread(world.token)}"}
    uploading = asyncio.create_task(upload(http, world, png(4800, 4800)))
    async with asyncio.timeout(60):
        while not held:
            await asyncio.sleep(0)
    item = {"product_id": str(world.products[0].pk)}
    for number in range(1, 21):
        added = await http.post("/api/cart/add", json=item, headers=shopper)
        assert added.json()["cart"]["total_items"] == number
    # It may not have been drawn by the process that serves: that one is at work all the time.
    assert not uploading.done()
    assert held[0].pid != os.getpid()
    held[0].send_signal(signal.SIGCONT)
    made = await uploading
    assert (made.status_code, made.json()["width"], made.json()["height"]) == (201, 1600, 1600)


def test_a_picture_that_takes_too_long_is_given_up_and_its_process_is_gone(
    monkeypatch: pytest.MonkeyPatch, held: list[subprocess.Popen[bytes]]
) -> None:
    monkeypatch.setattr(media, "MOST_S", 0.01)
    with pytest.raises(media.PictureError, match="too much time or memory"):
        media.store(SimpleUploadedFile("x.png", small("PNG")))
    assert held[0].returncode == -signal.SIGKILL


def test_a_decoder_that_crashes_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os; os.abort()")
    monkeypatch.setattr(media, "DRAWING", crash)
    with pytest.raises(media.PictureError, match="too much time or memory"):
        media.store(SimpleUploadedFile("x.png", small("PNG")))


def test_a_decoder_finds_no_key_of_the_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os; print(json.dumps({'refused': ' '.join(os.environ)}))")
    monkeypatch.setattr(media, "DRAWING", spy)
    monkeypatch.setenv("SIGNING_KEY", "s" * 50)
    with pytest.raises(media.PictureError) as refused:
        media.store(SimpleUploadedFile("x.png", small("PNG")))
    assert "SIGNING_KEY" not in str(refused.value)


def test_pictures_are_drawn_one_at_a_time_and_too_many_are_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn = threading.BoundedSemaphore(1)
    turn.acquire()
    monkeypatch.setattr(media, "_turn", turn)
    monkeypatch.setattr(media, "WAIT_S", 0.0)
    with pytest.raises(media.Busy):
        media.store(SimpleUploadedFile("x.png", small("PNG")))
