from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from core.accounts.models import User
from core.fleet.directory import Directory
from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from core.trail.models import Note
from tests.core.support import Api, World


def test_the_address_leads_back_to_the_trolley() -> None:
    address = qr.url("TROLLEY_01", "nonce")
    assert address.startswith("http://localhost:8000/t/TROLLEY_01?k=")
    assert qr.parse(address) == "TROLLEY_01"


@pytest.mark.parametrize("text", ["TROLLEY_01", " TROLLEY_01 ", "http://localhost:8207/t/TROLLEY_01"])
def test_a_code_without_signature_is_as_good_as_a_typed_one(text: str) -> None:
    assert qr.parse(text) == "TROLLEY_01"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (qr.url("TROLLEY_01", "nonce")[:-1], "qr_invalid"),
        (qr.url("TROLLEY_01", "nonce").replace("_01", "_02"), "qr_invalid"),
        (qr.url("TROLLEY_01", "nonce").replace("nonce", "other"), "qr_invalid"),
        ("http://localhost:8000/t/TROLLEY_01?k=x", "qr_invalid"),
        (qr.url("TROLLEY_01", "nonce").replace("localhost", "evil.example"), "qr_invalid"),
        ("https://evil.example/t/TROLLEY_01", "qr_invalid"),
        ("https://shop.example/branch/B", "qr_malformed"),
        ("https://[shop/t/TROLLEY_01", "qr_malformed"),
        ("https://shop.example/t/%2e%2e", "qr_malformed"),
        ("", "qr_malformed"),
        ("two words", "qr_malformed"),
    ],
)
def test_a_wrong_code_is_refused(text: str, code: str) -> None:
    with pytest.raises(qr.QrError) as error:
        qr.parse(text)
    assert error.value.code == code


def test_another_installations_code_is_refused(settings: Any) -> None:
    address = qr.url("TROLLEY_01", "nonce")
    settings.SIGNING_KEY = "another key of another installation"
    with pytest.raises(qr.QrError):
        qr.parse(address)


def test_an_old_print_is_refused_when_its_nonce_was_replaced(world: World) -> None:
    directory = Directory()
    directory.reload()
    address = qr.url("T-1", world.trolley.qr_nonce)
    assert qr.parse(address, directory.nonce) == "T-1"
    world.trolley.qr_nonce = "fresh"
    world.trolley.save()
    directory.reload()
    with pytest.raises(qr.QrError):
        qr.parse(address, directory.nonce)
    assert qr.check("T-1", qr.url("T-1", "fresh").partition("k=")[2], directory.nonce("T-1"))


def test_the_picture_is_svg(world: World, people: dict[str, User]) -> None:
    answer = Api(people["manager"]).get("/api/trolleys/T-1/qr")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    picture = ET.fromstring(answer.content)
    assert picture.tag.endswith("svg")
    assert picture.get("viewBox"), "without it a label of another size would show a corner of the code only"


def test_the_sheet_has_a_label_for_each_active_trolley(world: World, people: dict[str, User]) -> None:
    for number in (2, 3):
        type(world.trolley).objects.create(
            trolley_id=f"T-{number}", branch=world.own, cart_number=number, is_active=number == 2
        )
    page = Api(people["manager"]).get("/api/branches/OWN/qr-sheet").content.decode()
    assert re.findall(r"<small>(T-\d)", page) == ["T-1", "T-2"]
    assert page.count("<svg") == 2


def test_the_admins_login_opens_the_sheet_as_well(world: World, people: dict[str, User], client: Any) -> None:
    client.force_login(people["platform"])
    assert client.get("/print/branches/OWN/qr-sheet").status_code == 200
    assert client.get("/print/trolleys/t-1/qr").headers["Content-Type"] == "image/svg+xml"
    client.force_login(people["shopper"])
    assert client.get("/print/branches/OWN/qr-sheet").status_code == 404
    assert client.get("/print/trolleys/T-1/qr").status_code == 403


def test_the_admins_login_opens_no_api(world: World, people: dict[str, User], client: Any) -> None:
    client.force_login(people["platform"])
    for path in ("/api/branches/OWN/qr-sheet", "/api/trolleys/T-1/qr", "/api/me"):
        assert client.get(path).status_code == 401


@pytest.mark.parametrize("size", ["s", "m", "l"])
def test_the_labels_come_as_pdf_and_svg_in_three_sizes(
    size: str, world: World, people: dict[str, User]
) -> None:
    Trolley.objects.bulk_create(
        Trolley(trolley_id=f"T-{number}", branch=world.own, cart_number=number) for number in range(20, 60)
    )
    manager = Api(people["manager"])
    pdf = manager.get(f"/api/branches/OWN/qr-sheet?kind=pdf&size={size}")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    pages = {"s": 2, "m": 5, "l": 11}[size]
    assert pdf.content.count(b"/Type /Page\n") == pages
    svg = manager.get(f"/api/branches/OWN/qr-sheet?kind=svg&size={size}")
    picture = ET.fromstring(svg.content)
    assert picture.get("height") == f"{pages * 297}mm"
    assert len(picture.findall("{http://www.w3.org/2000/svg}g")) == 41
    assert manager.get("/api/branches/OWN/qr-sheet?kind=png").status_code == 400


def test_a_new_code_makes_the_old_print_worthless(world: World, people: dict[str, User]) -> None:
    old = qr.url("T-1", world.trolley.qr_nonce)
    statuses = {
        name: Api(people[name]).post("/api/trolleys/T-1/new-qr", {"reason": "stolen"}).status_code
        for name in ("shopper", "staff", "stranger", "manager")
    }
    assert statuses == {"shopper": 403, "staff": 403, "stranger": 404, "manager": 200}
    answer = Api(people["manager"]).post("/api/trolleys/T-1/new-qr", {"reason": "scratched"}).json()
    nonce = Trolley.objects.get(pk=world.trolley.pk).qr_nonce
    assert qr.read(answer["qr_code_data"], lambda code: nonce).signed
    with pytest.raises(qr.QrError):
        qr.read(old, lambda code: nonce)
    assert Note.objects.filter(what="trolley.new_qr", reason="scratched").exists()
