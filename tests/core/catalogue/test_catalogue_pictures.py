from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.accounts.models import User
from tests.core.support import Api, World, picture


@pytest.fixture
def manager(people: dict[str, User]) -> Api:
    return Api(people["manager"])


def upload(api: Api, world: World, file: Any, **parts: Any) -> Any:
    return api.upload(f"/api/products/{world.product.pk}/images", {"file": file, **parts})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_anew_and_served_safely(
    manager: Api, nobody: Api, world: World, kind: str
) -> None:
    made = upload(manager, world, picture(kind), alt="An apple")
    assert made.status_code == 201
    assert (made.json()["width"], made.json()["height"], made.json()["alt"]) == (40, 30, "An apple")
    served = nobody.get(made.json()["url"])
    assert served["Content-Type"] == "image/webp"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served["Content-Security-Policy"]
    assert "immutable" in served["Cache-Control"]
    assert Image.open(io.BytesIO(served.content)).size == (40, 30)


def test_what_a_camera_adds_is_gone_and_a_large_picture_is_made_small(
    manager: Api, nobody: Api, world: World
) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Spy camera"
    Image.new("RGB", (3200, 800)).save(out, "JPEG", exif=exif)
    made = upload(manager, world, SimpleUploadedFile("x.jpg", out.getvalue())).json()
    assert (made["width"], made["height"]) == (1600, 400)
    assert b"Spy camera" not in nobody.get(made["url"]).content


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"%PDF-1.4",
        b"\xff\xd8\xff",
    ],
)
def test_what_is_no_picture_is_refused(manager: Api, world: World, data: bytes) -> None:
    answer = upload(manager, world, SimpleUploadedFile("x.png", data, "image/png"))
    assert answer.status_code == 400
    assert "file" in answer.json()["errors"]


def test_too_many_bytes_or_pixels_are_refused(manager: Api, world: World, settings: Any) -> None:
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    answer = upload(manager, world, SimpleUploadedFile("x.png", bomb.getvalue()))
    assert "file" in answer.json()["errors"]
    settings.MEDIA_MAX_BYTES = 10
    assert "at most 10 bytes" in upload(manager, world, picture()).json()["detail"]


def test_the_first_picture_stands_for_the_product(manager: Api, world: World) -> None:
    path = f"/api/products/{world.product.pk}"
    first = upload(manager, world, picture()).json()
    second = upload(manager, world, picture(size=(10, 10))).json()
    shown = manager.get(path).json()
    assert shown["image"] == first["url"]
    assert [one["url"] for one in shown["images"]] == [first["url"], second["url"]]
    assert manager.delete(f"{path}/images/{first['id']}").status_code == 204
    assert manager.get(path).json()["image"] == second["url"]
    assert manager.delete(f"{path}/images/{first['id']}").status_code == 404
    assert manager.delete(f"{path}/images/{second['id']}").status_code == 204
    assert manager.get(path).json()["image"] == ""


def test_a_repeated_upload_is_one_picture(manager: Api, world: World) -> None:
    path = f"/api/products/{world.product.pk}/images"
    key = {"Idempotency-Key": "one"}
    first = manager.upload(path, {"file": picture()}, **key)
    again = manager.upload(path, {"file": picture()}, **key)
    assert first.json() == again.json()
    assert world.product.images.count() == 1
    assert manager.upload(path, {"file": picture(size=(5, 5))}, **key).status_code == 422


def test_a_product_has_so_many_pictures_and_no_more(manager: Api, world: World) -> None:
    codes = [upload(manager, world, picture()).status_code for _ in range(13)]
    assert codes == [201] * 12 + [400]


def test_an_unknown_part_is_named(manager: Api, world: World) -> None:
    assert "size" in upload(manager, world, picture(), size="9").json()["errors"]
    assert "file" in manager.upload(f"/api/products/{world.product.pk}/images", {}).json()["errors"]


@pytest.mark.parametrize(
    "name", ["", "../trolley.sqlite3", "products/ab/x.webp", "products/00/" + "0" * 64 + ".webp", "%00"]
)
def test_nothing_else_is_served_from_the_folder(nobody: Api, db: None, name: str) -> None:
    assert nobody.get(f"/media/{name}").status_code == 404
