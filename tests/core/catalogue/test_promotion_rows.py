"""Promotions as rows: every door to them, where and when they are in force, and for which goods."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from actors.messages.cart import Line, PriceStep
from actors.messages.money.promotions import Deal
from core.accounts.models import User
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Category, Product, Promotion, PromotionGoods
from core.trail.models import Note
from tests.core.support import Api, World

THREE = {"name": "3 for 2", "kind": "n_for_m", "buy": 3, "pay": 2}
SATURDAY = datetime(2026, 12, 5, 12, tzinfo=UTC).timestamp()


def deals(world: World, at: float = SATURDAY, branch: str = "OWN", tier: str = "STANDARD") -> list[Deal]:
    catalogue = Catalogue(world.chain.slug)
    catalogue.reload()
    key = str(world.product.pk)
    line = Line(key, key, "1", "a", 1, Decimal(1), Decimal(1), (PriceStep("base", Decimal(1)),), 0.0)
    return list(catalogue.promotions(branch, tier, at).deals({key: line}, catalogue.finder()))


def names(found: list[Deal]) -> list[str]:
    return [each.promotion.name for each in found]


def make(world: World, **fields: Any) -> Promotion:
    whole = {"name": "Ten", "kind": "price", "percent": Decimal(10), **fields}
    return Promotion.objects.create(chain=world.chain, **whole)


# --- where, when and for whom ---------------------------------------------------------


def test_days_are_those_of_the_branch(world: World) -> None:
    """Half an hour before midnight in UTC it is Saturday in India."""
    world.own.timezone = "Asia/Kolkata"
    world.own.save()
    world.sister.timezone = "America/New_York"
    world.sister.save()
    make(world, valid_from=date(2026, 12, 5), valid_until=date(2026, 12, 5))
    friday = datetime(2026, 12, 4, 23, 30, tzinfo=UTC).timestamp()
    assert (names(deals(world, friday)), names(deals(world, friday, "SISTER"))) == (["Ten"], [])
    sunday = datetime(2026, 12, 5, 19, tzinfo=UTC).timestamp()
    assert (names(deals(world, sunday)), names(deals(world, sunday, "SISTER"))) == ([], ["Ten"])


def test_weekdays_and_hours_end_to_the_minute(world: World) -> None:
    world.own.timezone = "UTC"
    world.own.save()
    make(world, weekdays="67", from_time="17:00", until_time="18:30")
    catalogue = Catalogue(world.chain.slug)
    catalogue.reload()

    def held(day: int, hour: int, minute: int, second: int = 0) -> bool:
        at = datetime(2026, 12, day, hour, minute, second, tzinfo=UTC).timestamp()
        return bool(catalogue.promotions("OWN", "STANDARD", at))

    assert [held(5, 16, 59, 59), held(5, 17, 0), held(5, 18, 29, 59), held(5, 18, 30)] == [
        False,
        True,
        True,
        False,
    ]
    assert (held(4, 17, 30), held(6, 17, 30)) == (False, True)


def test_a_promotion_of_branches_is_in_no_other(world: World) -> None:
    make(world).branches.add(world.own)
    assert (names(deals(world)), names(deals(world, branch="SISTER"))) == (["Ten"], [])


def test_a_tier_has_what_lower_ones_have(world: World) -> None:
    make(world, tier="SILVER")
    assert [names(deals(world, tier=tier)) for tier in ("STANDARD", "SILVER", "GOLD")] == [
        [],
        ["Ten"],
        ["Ten"],
    ]


def test_goods_are_products_and_all_that_is_below_a_category(world: World) -> None:
    above = Category.objects.create(chain=world.chain, slug="above", name="Above")
    own = world.product.category
    assert own is not None
    own.parent = above
    own.save()
    other = Product.objects.create(chain=world.chain, barcode="78", name="Other", price=1)
    for name, field, thing in (
        ("by product", "products", world.product),
        ("by category", "categories", above),
        ("another", "products", other),
    ):
        goods = PromotionGoods.objects.create(promotion=make(world, name=name))
        getattr(goods, field).add(thing)
    make(world, name="everything")
    make(world, name="off", is_active=False)
    assert sorted(names(deals(world))) == ["by category", "by product", "everything"]


# --- over REST ----------------------------------------------------------------------------


def test_a_promotion_is_made_read_changed_and_deleted(world: World, people: dict[str, User]) -> None:
    api = Api(people["chain_admin"])
    goods = [{"products": [str(world.product.pk)]}]
    more = {"branches": ["OWN"], "weekdays": [7, 6], "from_time": "09:00", "until_time": "12:00"}
    made = api.post("/api/promotions", {**THREE, "goods": goods, **more})
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["buy"], body["pay"], body["percent"], body["weekdays"]) == (3, 2, None, [6, 7])
    assert body["goods"] == [
        {
            "units": 1,
            "products": [{"id": str(world.product.pk), "name": world.product.name}],
            "categories": [],
        }
    ]
    path = made["Location"]
    changed = api.change("PUT", path, {"name": "Half", "kind": "nth", "buy": 2, "percent": 50})
    assert (changed.status_code, changed.json()["goods"], changed.json()["branches"]) == (200, [], [])
    assert [each["name"] for each in api.get("/api/promotions").json()] == ["Half"]
    assert api.change("DELETE", path, None).status_code == 204
    assert api.get(path).status_code == 404
    told = {each["what"] for each in api.get("/api/audit").json()["results"]}
    assert told >= {"promotion.made", "promotion.changed", "promotion.deleted"}


def reaches() -> list[dict[str, Any]]:
    """What the trail has of goods and branches of promotions, oldest first."""
    notes = Note.objects.filter(what="promotion.changed").order_by("pk")
    found = [json.loads(each.changes) for each in notes if each.changes]
    return [each for each in found if each.keys() & {"goods", "branches"}]


def test_the_audit_trail_says_for_which_goods_and_branches_it_was_and_is(
    world: World, people: dict[str, User]
) -> None:
    api = Api(people["chain_admin"])
    barcode = world.product.barcode
    body = {**THREE, "goods": [{"products": [str(world.product.pk)]}], "branches": ["OWN"]}
    made = api.post("/api/promotions", body)
    assert reaches() == [{"branches": [None, "OWN"], "goods": [None, f"1 × {barcode}"]}]
    path = made["Location"]
    assert api.change("PUT", path, {**body, "buy": 4}).status_code == 200
    assert len(reaches()) == 1, "nothing of it changed"
    wider = {**body, "goods": [{"categories": [str(world.product.category_id)]}], "branches": []}
    assert api.change("PUT", path, wider).status_code == 200
    assert reaches()[1:] == [{"branches": ["OWN", None], "goods": [f"1 × {barcode}", "1 × fruit"]}]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"buy": None}, "buy"),
        ({"pay": 3}, "pay"),
        ({"percent": 5}, "percent"),
        ({"kind": "nth", "percent": 50}, "pay"),
        ({"kind": "bundle", "buy": None, "pay": None}, "amount"),
        ({"kind": "bundle", "buy": None, "pay": None, "amount": 5}, "goods"),
        ({"kind": "price", "buy": None, "pay": None}, "percent"),
        ({"kind": "price", "buy": None, "pay": None, "percent": 5, "amount": 5}, "percent"),
        ({"kind": "price", "buy": None, "pay": None, "amount": "1.234"}, "amount"),
        ({"kind": "spend", "buy": None, "pay": None, "threshold": 10}, "goods"),
        ({"gifts": {"products": []}}, "goods"),
        ({"goods": [{}, {}]}, "goods"),
        ({"goods": [{"units": 2}]}, "goods"),
        ({"goods": [{"products": ["6f1d0c1e-8a2b-4a63-9f0e-3d1c5b7a9e20"]}]}, "goods"),
        ({"branches": ["FOREIGN"]}, "branches"),
        ({"valid_from": "2026-12-02", "valid_until": "2026-12-01"}, "valid_until"),
        ({"from_time": "10:00"}, "until_time"),
        ({"from_time": "10:00", "until_time": "25:00"}, "until_time"),
        ({"weekdays": [8]}, "weekdays.0"),
        ({"tier": "DIAMOND"}, "tier"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    world: World, people: dict[str, User], changed: dict[str, Any], field: str
) -> None:
    answer = Api(people["chain_admin"]).post("/api/promotions", {**THREE, **changed})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Promotion.objects.exists()


# --- in the admin ---------------------------------------------------------------------------


def form(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "chain": world.chain.pk, "name": "Lunch", "kind": "bundle", "amount": "5", "priority": "0",
        "combines": "on", "is_active": "on", "goods-TOTAL_FORMS": "2", "goods-INITIAL_FORMS": "0",
        "goods-0-units": "1", "goods-0-products": [world.product.pk],
        "goods-1-units": "1", "goods-1-products": [world.product.pk], **fields,
    }  # fmt: skip


def test_the_admin_makes_a_bundle_and_refuses_one_of_nothing(admin_client: Any, world: World) -> None:
    path = reverse("admin:catalogue_promotion_add")
    refused = admin_client.post(path, form(world, **{"goods-1-units": "2", "goods-1-products": []}))
    assert b"A bundle says of which goods it is." in refused.content
    assert admin_client.post(path, form(world)).status_code == 302
    [row] = Promotion.objects.all()
    assert [each.units for each in row.goods.all()] == [1, 1]
    barcode = world.product.barcode
    assert reaches() == [{"goods": [None, f"1 × {barcode}; 1 × {barcode}"]}]
    assert admin_client.get(reverse("admin:catalogue_promotion_changelist")).status_code == 200
