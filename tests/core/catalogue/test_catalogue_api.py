from __future__ import annotations

from typing import Any

import pytest

from core.accounts.models import User
from core.catalogue.models import Product
from tests.core.support import Api, World


@pytest.fixture
def shopper(people: dict[str, User]) -> Api:
    return Api(people["shopper"])


def found(api: Api, query: str) -> list[str]:
    return [row["name"] for row in api.get(f"/api/products?{query}").json()["results"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Green tea", "Red apple", "Red wine"]),
        ("search=red", ["Red apple", "Red wine"]),
        ("search=red+WINE", ["Red wine"]),
        ("search=40063", ["Red apple"]),
        ("barcode=4006381333931", ["Red apple"]),
        ("barcode=04006381333931", ["Red apple"]),
        ("barcode=4006381333932", []),
        ("category=fruit", ["Red apple"]),
        ("category=food", ["Red apple", "Red wine"]),
        ("chain=other-chain", ["Green tea"]),
        ("min_price=12.5&max_price=12.5", ["Red apple"]),
        ("is_active=false", []),
        ("ordering=-price", ["Red wine", "Red apple", "Green tea"]),
    ],
)
def test_products_are_filtered_searched_and_sorted(
    shopper: Api, world: World, query: str, names: Any
) -> None:
    food = world.inactive.category
    Product.objects.create(chain=world.chain, category=food, barcode="2", name="Red wine", price=99)
    Product.objects.create(chain=world.foreign.chain, barcode="1", name="Green tea", price=3)
    assert found(shopper, query) == names


def test_lists_come_in_pages(shopper: Api, world: World) -> None:
    for number in range(4):
        Product.objects.create(chain=world.chain, barcode=f"{number}", name=f"Tea {number}", price=1)
    first = shopper.get("/api/products?page_size=2").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
    last = shopper.get("/api/v1/products/?page_size=2&page=3").json()
    assert (len(last["results"]), last["next"]) == (1, None)
    assert shopper.get("/api/products?page=9").status_code == 404


def test_money_is_a_number_with_the_currencys_decimals(shopper: Api, world: World) -> None:
    body = shopper.get(f"/api/products/{world.product.pk}").content
    assert b'"price":12.50,"currency":"INR"' in body
    dinar = Product.objects.create(chain=world.foreign.chain, barcode="1", name="Dates", price="1.5")
    assert b'"price":1.500,"currency":"KWD"' in shopper.get(f"/api/products/{dinar.pk}").content


def test_a_product_shows_what_stands_in_for_its_picture(shopper: Api, world: World) -> None:
    product = shopper.get(f"/api/products/{world.product.pk}").json()
    assert (product["image"], product["emoji"], product["category"]) == ("", "🍎", "fruit")


def test_managers_of_the_chain_see_inactive_products_too(people: dict[str, User]) -> None:
    assert found(Api(people["manager"]), "is_active=false") == ["Old apple"]
    assert found(Api(people["stranger"]), "is_active=false") == []


@pytest.mark.parametrize(
    ("query", "slugs"), [("", ["food"]), ("?chain=own-chain", ["food"]), ("?chain=nowhere", [])]
)
def test_categories_are_a_tree(shopper: Api, query: str, slugs: list[str]) -> None:
    tree = shopper.get(f"/api/categories{query}").json()
    assert [node["slug"] for node in tree] == slugs
    assert [[child["slug"] for child in node["children"]] for node in tree] == [["fruit"]] * len(slugs)


def test_a_filter_that_makes_no_sense_is_named(shopper: Api) -> None:
    assert "min_price" in shopper.get("/api/products?min_price=cheap").json()["errors"]
