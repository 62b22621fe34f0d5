from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from stdnum import ean

from core.accounts.models import User
from core.catalogue.models import Category, Product
from core.checks import DEMO_PASSWORD
from core.demo import load
from core.fleet.directory import Directory
from core.fleet.models import Controller, Trolley
from core.fleet.trolleys import qr
from core.tenancy.models import Branch
from tests.core.support import Api


@pytest.fixture
def demo(db: None) -> None:
    load.load()


def everything() -> dict[str, list[Any]]:
    models = [model for model in apps.get_models() if model.__module__.startswith("core.")]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


def test_loading_twice_changes_nothing(demo: None) -> None:
    before = everything()
    load.load()
    assert everything() == before


def test_what_was_edited_stays_edited(demo: None) -> None:
    Product.objects.filter(barcode="123456789").update(price=99)
    Trolley.objects.filter(trolley_id="TROLLEY_03").update(is_active=False)
    load.load()
    assert Product.objects.get(barcode="123456789").price == 99
    assert not Trolley.objects.get(trolley_id="TROLLEY_03").is_active


def test_the_trolleys_stand_in_the_slots_of_two_boards_of_one_device(demo: None) -> None:
    directory = Directory()
    directory.reload()
    assert [controller.address for controller in Controller.objects.all()] == [0, 1]
    slots = directory.slots(load.DEVICE_ID)
    assert slots == {number - 1: f"TROLLEY_{number:02d}" for number in range(1, 25)}
    assert Counter(slot >> 4 for slot in slots) == {0: 16, 1: 8}
    assert [ref.trolley_id for ref in directory.trolleys("BRANCH-002")] == [
        f"TROLLEY_{n}" for n in range(51, 61)
    ]
    assert all(ref.place is None for ref in directory.trolleys("BRANCH-002"))


@pytest.mark.parametrize("code", ["BRANCH-001", "BRANCH-002"])
def test_a_floor_plan_lies_within_its_walls_and_no_zone_on_another(demo: None, code: str) -> None:
    plan = Branch.objects.get(code=code).floor_plan
    zones = plan["zones"]
    for zone in zones:
        assert 0 <= zone["x"] < zone["x"] + zone["w"] <= plan["width_m"]
        assert 0 <= zone["y"] < zone["y"] + zone["h"] <= plan["height_m"]
    for place, one in enumerate(zones):
        for other in zones[place + 1 :]:
            apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert apart_x or apart_y, (one["name"], other["name"])


def test_every_slot_of_the_boards_has_a_place_in_the_lock_bays(demo: None) -> None:
    plan = Branch.objects.get(code="BRANCH-001").floor_plan
    bay = next(zone for zone in plan["zones"] if zone["name"] == "Trolley bays")
    assert sorted(slot["slot"] for slot in plan["slots"]) == list(range(32))
    assert len({(slot["x"], slot["y"]) for slot in plan["slots"]}) == 32
    for slot in plan["slots"]:
        assert slot["device_id"] == load.DEVICE_ID
        assert bay["x"] <= slot["x"] <= bay["x"] + bay["w"]
        assert bay["y"] <= slot["y"] <= bay["y"] + bay["h"]


def test_the_catalogue_is_large_and_every_code_is_valid(demo: None) -> None:
    products = list(Product.objects.select_related("category"))
    assert len(products) >= 200
    assert len({product.category_id for product in products}) == 12
    plain = [product for product in products if product.barcode == "123456789"]
    assert [product.price for product in plain] == [100]
    assert all(ean.is_valid(product.barcode) for product in products if product not in plain)
    for product in products:
        product.full_clean()
    for category in Category.objects.all():
        category.full_clean()


def test_the_people_can_log_in_and_the_manager_has_both_branches(demo: None) -> None:
    api = Api()
    pairs = {
        name: api.post("/api/auth/token", {"username": name, "password": DEMO_PASSWORD}).json()
        for name in ("shopper", "shopper2", "manager", "admin")
    }
    manager = Api(token=pairs["manager"]["access"]).get("/api/me").json()
    assert [(role["role"], role["branch"]) for role in manager["roles"]] == [
        ("manager", "BRANCH-001"),
        ("manager", "BRANCH-002"),
    ]
    assert Api(token=pairs["admin"]["access"]).get("/api/me").json()["is_platform_admin"] is True
    assert Api(token=pairs["shopper"]["access"]).get("/api/me").json()["roles"] == []


def test_the_command_prints_addresses_and_logins(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo")
    said = capsys.readouterr().out
    address = next(word for word in said.split() if "/t/" in word)
    assert qr.parse(address) == "TROLLEY_01"
    assert "shopper, shopper2, manager, admin" in said
    assert DEMO_PASSWORD in said


def test_the_login_page_hears_of_the_accounts_in_a_demonstration_only(
    demo: None, nobody: Api, settings: Any
) -> None:
    accounts = nobody.get("/api/demo").json()["accounts"]
    assert {account["username"] for account in accounts} == {"shopper", "shopper2", "manager", "admin"}
    settings.PRODUCTION = True
    assert nobody.get("/api/demo").json() == {"accounts": []}
    settings.PRODUCTION = False
    User.objects.all().delete()
    assert nobody.get("/api/demo").json() == {"accounts": []}
