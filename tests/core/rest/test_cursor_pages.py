"""Lists are read to their end by ``next``, whatever they are sorted by and whatever comes meanwhile."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from core.accounts.models import User
from core.catalogue.models import Product
from tests.core.support import Api, World

ROWS = 7


@pytest.fixture
def shopper(people: dict[str, User]) -> Api:
    return Api(people["shopper"])


@pytest.fixture
def goods(world: World) -> None:
    """Equal prices and names, marks that lists are cut by, and no score."""
    names = ["Té", "tea", "Tea", 'a|"b",c', "שוקו", "Tea", "Tea"]
    for place, name in enumerate(names[: ROWS - 1]):
        score = None if place % 2 else place
        Product.objects.create(
            chain=world.chain, barcode=f"{place}", name=name, price=place % 2, sustainability_score=score
        )


def read(api: Api, path: str, between: Any = lambda: None) -> list[str]:
    """Return the ids of all pages."""
    found: list[str] = []
    while path:
        answer = api.get(path).json()
        found += [row["id"] for row in answer["results"]]
        at = urlsplit(answer["next"] or "")
        path = f"{at.path}?{at.query}" if at.path else ""
        between()
    return found


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "ordering", ["", "name", "-name", "price", "-price,name", "sustainability_score", "-sustainability_score"]
)
def test_a_list_is_read_to_its_end_in_its_order(shopper: Api, goods: None, ordering: str, size: int) -> None:
    query = f"/api/products?ordering={ordering}" if ordering else "/api/products?"
    whole = read(shopper, f"{query}&page_size=200")
    assert len(whole) == len(set(whole)) == ROWS
    assert read(shopper, f"{query}&page_size={size}") == whole


def test_what_comes_meanwhile_shifts_nothing(shopper: Api, goods: None, world: World) -> None:
    before = read(shopper, "/api/products?ordering=name&page_size=200")
    numbers = iter(range(100))

    def one_more() -> None:
        Product.objects.create(chain=world.chain, barcode=f"9{next(numbers)}", name="!", price=1)

    assert read(shopper, "/api/products?ordering=name&page_size=2", one_more) == before


def test_a_page_by_its_number_leads_on_by_numbers(shopper: Api, goods: None) -> None:
    second = shopper.get("/api/products?page=2&page_size=3").json()
    assert "page=3" in second["next"]
    assert second["previous"] is not None


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "bnVsbA", "", "%D7%A9", "WyJuYW1lLGlkIixbIkEiXV0", "9" * 1500]
)
def test_what_is_no_cursor_of_the_list_is_not_found(shopper: Api, goods: None, cursor: str) -> None:
    answer = shopper.get(f"/api/products?cursor={cursor}")
    assert answer.status_code == 404, answer.json()


def test_a_cursor_of_another_order_is_not_found(shopper: Api, goods: None) -> None:
    by_name = urlsplit(shopper.get("/api/products?ordering=name&page_size=1").json()["next"]).query
    assert (
        shopper.get(f"/api/products?{by_name.replace('ordering=name', 'ordering=price')}").status_code == 404
    )
