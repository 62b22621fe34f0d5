"""Tax rates: who has which on which day and where, what countries begin with, and every door to them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.models import User
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Category, Product
from core.tax import live, presets
from core.tax.models import TaxRate
from core.tenancy.models import Chain
from tests.core.catalogue.test_catalogue_import import Imports, imports
from tests.core.catalogue.test_every_door import product_form
from tests.core.support import Api, World

__all__ = ["imports"]
TODAY = date(2026, 11, 29)


def rate(world: World, percent: str, **fields: Any) -> TaxRate:
    fields.setdefault("tax_class", "standard")
    fields.setdefault("name", "VAT")
    return TaxRate.objects.create(chain=world.chain, percent=Decimal(percent), **fields)


def percents(
    chain: Chain, tax_class: str = "", branch: str = "OWN", day: date = TODAY
) -> list[tuple[str, str]]:
    return [(each.name, str(each.percent)) for each in live.load(chain).of(tax_class, branch, day).rates]


# --- which rate holds ---------------------------------------------------------------


def test_a_rate_holds_from_its_first_day_to_its_last(world: World) -> None:
    rate(world, "17", valid_until=date(2024, 12, 31))
    rate(world, "18", valid_from=date(2025, 1, 1))
    assert percents(world.chain, day=date(2024, 12, 31)) == [("VAT", "17")]
    assert percents(world.chain, day=date(2025, 1, 1)) == [("VAT", "18")]


def test_the_rates_of_a_branch_replace_the_chains_there(world: World) -> None:
    rate(world, "4")
    rate(world, "8.875", branch=world.own, name="City tax")
    assert percents(world.chain) == [("City tax", "8.875")]
    assert percents(world.chain, branch="SISTER") == percents(world.chain, branch="") == [("VAT", "4")]


def test_goods_of_a_class_without_rates_are_not_taxed(world: World) -> None:
    assert percents(world.chain, "books") == []


def test_a_product_has_its_own_class_or_that_of_the_nearest_category(world: World) -> None:
    for name in ("standard", "reduced", "zero"):
        rate(world, "7", tax_class=name)
    food = Category.objects.create(chain=world.chain, slug="eating", name="Eating", tax_class="reduced")
    fresh = Category.objects.create(chain=world.chain, slug="fresh", name="Fresh", parent=food)
    made = {
        name: Product.objects.create(
            chain=world.chain, barcode=name, name=name, price=1, category=category, tax_class=own
        )
        for name, category, own in (("a", fresh, ""), ("b", fresh, "zero"), ("c", None, ""))
    }
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    found = {name: catalogue.by_id(str(row.pk)) for name, row in made.items()}
    assert {name: each.tax_class for name, each in found.items() if each} == {
        "a": "reduced",
        "b": "zero",
        "c": "",
    }


# --- countries -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "tax_class", "taxes", "included"),
    [
        ("IN", "", [("CGST", "9"), ("SGST", "9")], True),
        ("DE", "", [("MwSt", "19")], True),
        ("DE", "reduced", [("MwSt", "7")], True),
        ("IL", "", [("VAT", "18")], True),
        ("US", "", [("Sales tax", "0")], False),
    ],
)
def test_a_chain_begins_with_the_taxes_of_its_country(
    country: str, tax_class: str, taxes: Any, included: bool, world: World
) -> None:
    presets.apply(world.chain, country)
    world.chain.refresh_from_db()
    assert (percents(world.chain, tax_class), world.chain.prices_include_tax) == (taxes, included)


def test_a_preset_leaves_alone_what_the_chain_has(world: World, people: dict[str, User]) -> None:
    rate(world, "16")
    answer = Api(people["manager"]).post("/api/tax-rates/presets", {"country": "DE"})
    assert {(row["tax_class"], row["percent"]) for row in answer.json()} == {
        ("standard", 16), ("reduced", 7), ("zero", 0),
    }  # fmt: skip
    again = Api(people["manager"]).post("/api/tax-rates/presets", {"country": "DE"})
    assert again.json() == answer.json()


# --- the API ---------------------------------------------------------------------------

NEW = {"tax_class": "reduced", "name": "MwSt", "percent": 7}


@pytest.fixture
def manager(people: dict[str, User]) -> Api:
    return Api(people["manager"])


def test_a_rate_is_made_read_changed_and_deleted(manager: Api, world: World) -> None:
    made = manager.post("/api/tax-rates", {**NEW, "valid_from": "2026-01-01", "branch": "OWN"})
    assert made.status_code == 201, made.content
    assert (made.json()["percent"], made.json()["branch"]) == (7, "OWN")
    path = made["Location"]
    assert manager.get(path).json() == made.json()
    changed = manager.change("PATCH", path, {"percent": 7.5, "branch": ""}, made["ETag"])
    assert (changed.json()["percent"], changed.json()["branch"]) == (7.5, None)
    assert manager.change("PATCH", path, {"percent": 8}, made["ETag"]).status_code == 412
    assert manager.change("DELETE", path, None).status_code == 204
    assert manager.get("/api/tax-rates").json() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"percent": -1}, "percent"),
        ({"percent": 100.1}, "percent"),
        ({"percent": 8.87512}, "percent"),
        ({"tax_class": "Big Class"}, "tax_class"),
        ({"name": ""}, "name"),
        ({"branch": "FOREIGN"}, "branch"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "valid_until"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"country": "DE"}, "country"),
    ],
    ids=str,
)
def test_what_is_no_rate_is_refused_by_name(
    changed: dict[str, Any], field: str, manager: Api, world: World
) -> None:
    answer = manager.post("/api/tax-rates", {**NEW, **changed})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_no_tax_has_two_rates_on_one_day(manager: Api, world: World) -> None:
    rate(world, "17", valid_until=date(2024, 12, 31))
    same = {"tax_class": "standard", "name": "VAT", "percent": 18}
    answer = manager.post("/api/tax-rates", {**same, "valid_from": "2024-12-31"})
    assert "another rate of VAT" in answer.json()["errors"]["valid_from"][0]
    assert manager.post("/api/tax-rates", {**same, "valid_from": "2025-01-01"}).status_code == 201


def test_the_last_rate_of_a_class_stays_while_goods_are_of_it(manager: Api, world: World) -> None:
    row = rate(world, "5", tax_class="food")
    world.product.tax_class = "food"
    world.product.save()
    answer = manager.change("DELETE", f"/api/tax-rates/{row.pk}", None)
    assert (answer.status_code, answer.json()["code"]) == (409, "tax_class_in_use")
    assert manager.change("PATCH", f"/api/tax-rates/{row.pk}", {"tax_class": "drink"}).status_code == 409
    rate(world, "6", tax_class="food", name="Other")
    assert manager.change("DELETE", f"/api/tax-rates/{row.pk}", None).status_code == 204


def test_a_chain_says_how_it_taxes(people: dict[str, User], world: World) -> None:
    api = Api(people["chain_admin"])
    body = {"prices_include_tax": False, "tax_rounding": "line", "taxes_deposits": True}
    answer = api.change("PATCH", "/api/chains/own-chain", body)
    assert {name: answer.json()[name] for name in body} == body
    found = live.load(Chain.objects.get(slug="own-chain"))
    assert (found.included, found.by_line, found.deposits_taxed) == (False, True, True)
    assert api.change("PATCH", "/api/chains/own-chain", {"tax_rounding": "both"}).status_code == 400


# --- goods, through every door -------------------------------------------------------------

DOORS = ("PATCH", "form", "import")


def put(door: str, world: World, manager: Api, client: Client, jobs: Imports, field: str, value: str) -> str:
    """Return what the door says; empty when it took it."""
    if door == "PATCH":
        answer = manager.change("PATCH", f"/api/products/{world.product.pk}", {field: value})
        return "" if answer.status_code == 200 else str(answer.json()["errors"])
    if door == "form":
        path = reverse("admin:catalogue_product_change", args=[world.product.pk])
        answer = client.post(path, product_form(world, **{field: value}))
        return "" if answer.status_code == 302 else str(answer.context["adminform"].form.errors)
    job = jobs.write(f"barcode;{field}\n{world.product.barcode};{value}\n")
    return " ".join(each["reason"] for line in jobs.lines(job) for each in line["problems"])


@pytest.mark.parametrize("door", DOORS)
def test_goods_are_of_a_class_that_the_chain_has(
    door: str, world: World, manager: Api, people: dict[str, User], client: Client, imports: Imports
) -> None:
    rate(world, "7", tax_class="reduced")
    client.force_login(people["platform"])
    assert "reduced" in put(door, world, manager, client, imports, "tax_class", "luxury")
    assert put(door, world, manager, client, imports, "tax_class", "reduced") == ""
    world.product.refresh_from_db()
    assert world.product.tax_class == "reduced"


@pytest.mark.parametrize("door", DOORS)
def test_a_deposit_is_an_amount_of_the_currency(
    door: str, world: World, manager: Api, people: dict[str, User], client: Client, imports: Imports
) -> None:
    client.force_login(people["platform"])
    assert put(door, world, manager, client, imports, "deposit", "-0.25")
    assert put(door, world, manager, client, imports, "deposit", "0.255")
    assert put(door, world, manager, client, imports, "deposit", "0.25") == ""
    world.product.refresh_from_db()
    assert world.product.deposit == Decimal("0.25")


def test_a_price_that_the_currency_cannot_write_is_refused_when_it_is_set(
    world: World, manager: Api, people: dict[str, User], client: Client, imports: Imports
) -> None:
    client.force_login(people["platform"])
    for door in DOORS:
        assert "decimals" in put(door, world, manager, client, imports, "price", "12.505")


def test_what_is_exported_is_taken_back_as_it_was(world: World, manager: Api, imports: Imports) -> None:
    rate(world, "7", tax_class="reduced")
    body = {"tax_class": "reduced", "deposit": 0.25, "allergens": ["gluten", "milk"]}
    answer = manager.change("PATCH", f"/api/products/{world.product.pk}", body)
    assert {name: answer.json()[name] for name in body} == body
    sheet = manager.get("/api/products/export?chain=own-chain").content
    assert b"gluten milk,reduced,0.25" in sheet
    job = imports.write(sheet)
    assert (job["refused"], job["changed"], job["created"]) == (0, 0, 0)
    whole = {"barcode": world.product.barcode, "name": "Red apple", "price": 12.5}
    answer = manager.change("PUT", f"/api/products/{world.product.pk}", whole)
    assert {name: answer.json()[name] for name in body} == {"tax_class": "", "deposit": None, "allergens": []}


def test_a_category_passes_its_class_on(world: World, manager: Api) -> None:
    rate(world, "7", tax_class="reduced")
    category = world.product.category
    assert category is not None
    path = f"/api/categories/{category.pk}"
    assert manager.change("PATCH", path, {"tax_class": "luxury"}).status_code == 400
    answer = manager.change("PATCH", path, {"tax_class": "reduced"})
    assert json.loads(answer.content)["tax_class"] == "reduced"
