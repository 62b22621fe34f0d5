from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from stdnum import ean

from actors.messages.pricing import TIERS
from core.accounts.models import User
from core.catalogue import media
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import (
    Category,
    LabelLayout,
    PriceRule,
    Product,
    ProductImage,
    Promotion,
    Variant,
    Voucher,
)
from core.checks import DEMO_USERNAMES
from core.config.production import DEMO_PASSWORD
from core.demo import load, many, people, shelves
from core.fleet.directory import Directory
from core.fleet.models import Controller, Trolley
from core.fleet.trolleys import qr
from core.progress import ProgressBar
from core.tax import presets
from core.tax.models import TaxRate
from core.tenancy.models import Branch, Chain
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


def test_each_chain_has_its_country_and_the_taxes_of_it(demo: None) -> None:
    many.load(4, 4, 1, ProgressBar(io.StringIO()))
    countries = dict(Chain.objects.values_list("slug", "country"))
    assert countries == {
        "demo-chain": "IN", "demo-berlin": "DE",
        "many-1": "IN", "many-2": "DE", "many-3": "US", "many-4": "JP",
    }  # fmt: skip
    taxed = Chain.objects.filter(pk__in=TaxRate.objects.values("chain")).values_list("country", flat=True)
    assert {each for each in countries.values() if each in presets.PRESETS} == set(taxed)


@pytest.mark.parametrize("code", load.BRANCHES)
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
    products = list(Product.objects.filter(chain__slug=load.CHAIN).select_related("category"))
    assert len(products) >= 200
    assert len({product.category_id for product in products}) == 12
    plain = [product for product in products if product.barcode == "123456789"]
    assert [product.price for product in plain] == [100]
    everywhere = Product.objects.select_related("category")
    assert all(ean.is_valid(product.barcode) for product in everywhere if product not in plain)
    for model in (Chain, Branch, Category, Product, Variant, PriceRule, Voucher, LabelLayout, User):
        for row in model.objects.all():
            row.full_clean()


def test_every_product_has_a_picture_that_is_there(demo: None, nobody: Api) -> None:
    pictures = set(Product.objects.values_list("image", flat=True))
    assert "" not in pictures
    assert len(pictures) > 60
    assert {nobody.get(picture)["Content-Type"] for picture in pictures} == {"image/webp"}


def test_products_of_before_there_were_pictures_get_theirs_and_lost_files_come_back(demo: None) -> None:
    ProductImage.objects.all().delete()
    Product.objects.update(image="")
    load.load()
    assert not Product.objects.filter(image="").exists()
    lost = media.path_of(ProductImage.objects.all()[0].file)
    lost.unlink()
    load.load()
    assert lost.exists()


def test_prices_show_quantity_tier_and_season(demo: None) -> None:
    rules = PriceRule.objects.filter(chain__slug=load.CHAIN)
    assert set(rules.values_list("kind", flat=True)) == {"sale", "quantity", "tier"}
    assert rules.filter(kind="sale").exclude(season_from="").exists()
    rules.filter(name="Mango season").update(name="Mangoes")
    before = rules.count()
    load.load()
    assert rules.count() == before


def test_promotions_show_in_a_cart(demo: None) -> None:
    rows = Promotion.objects.filter(chain__slug=load.CHAIN)
    assert set(rows.values_list("kind", flat=True)) == {"n_for_m", "nth", "spend"}
    for row in rows:
        row.full_clean()
    load.load()
    assert rows.count() == 3


def test_the_counters_scale_labels_what_is_weighed(demo: None) -> None:
    code = shelves.WEIGHED[:7] + "00450"
    shelf = Catalogue(load.CHAIN)
    shelf.reload()
    product, label, _ = shelf.scan(code + ean.calc_check_digit(code))
    assert product is not None
    assert label is not None
    assert (product.barcode, label.weight_g) == (shelves.WEIGHED, 450)


def test_the_second_chain_has_its_own_currency_time_and_people(demo: None) -> None:
    branch = Branch.objects.select_related("chain").get(code=load.BRANCH_ABROAD)
    assert (branch.chain.currency, branch.timezone) == ("EUR", "Europe/Berlin")
    assert Product.objects.filter(chain=branch.chain).count() >= 20
    assert Trolley.objects.filter(branch=branch).count() == 8


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("shopper", []),
        ("staff", [("staff", "BRANCH-001")]),
        ("manager", [("manager", "BRANCH-001"), ("manager", "BRANCH-002")]),
        ("chain-admin", [("chain_admin", None)]),
        ("manager-berlin", [("manager", "BRANCH-101")]),
    ],
)
def test_the_people_can_log_in_and_have_their_roles(
    demo: None, name: str, roles: list[tuple[str, str | None]]
) -> None:
    pair = Api().post("/api/auth/token", {"username": name, "password": DEMO_PASSWORD}).json()
    me = Api(token=pair["access"]).get("/api/me").json()
    assert [(role["role"], role["branch"]) for role in me["roles"]] == roles
    assert me["is_platform_admin"] is False


def test_the_admin_the_tiers_and_somebody_by_phone(demo: None) -> None:
    pair = Api().post("/api/auth/token", {"username": "admin", "password": DEMO_PASSWORD}).json()
    assert Api(token=pair["access"]).get("/api/me").json()["is_platform_admin"] is True
    tiers = dict(User.objects.exclude(tier=TIERS[0]).values_list("username", "tier"))
    assert tiers == {"gold": "GOLD", "silver": "SILVER"}
    assert User.objects.filter(phone=people.PHONE, is_active=True).exists()
    assert not User.objects.get(phone=people.PHONE).has_usable_password()


def test_the_command_prints_addresses_and_logins(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo")
    said = capsys.readouterr().out
    address = next(word for word in said.split() if "/t/" in word)
    assert qr.parse(address) == "TROLLEY_01"
    assert ", ".join(DEMO_USERNAMES) in said
    assert people.PHONE in said
    assert DEMO_PASSWORD in said


def test_the_login_page_hears_of_the_accounts_in_a_demonstration_only(
    demo: None, nobody: Api, settings: Any
) -> None:
    accounts = nobody.get("/api/demo").json()["accounts"]
    assert {account["username"] for account in accounts} == set(DEMO_USERNAMES)
    settings.PRODUCTION = True
    assert nobody.get("/api/demo").json() == {"accounts": []}
    settings.PRODUCTION = False
    User.objects.all().delete()
    assert nobody.get("/api/demo").json() == {"accounts": []}
