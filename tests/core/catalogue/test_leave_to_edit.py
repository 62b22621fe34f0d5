"""Names and prices are the whole chain's: managers of one branch change them only where it lets them."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.models import Grant, Role, User
from core.tenancy.models import Chain
from tests.core.support import Api, World, picture


@pytest.fixture
def closed(world: World) -> World:
    """The world, whose chain keeps its catalogue to itself."""
    Chain.objects.filter(pk=world.chain.pk).update(branch_managers_edit_catalogue=False)
    return world


def doors(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    product, category = f"/api/products/{world.product.pk}", f"/api/categories/{world.product.category.pk}"
    return [
        ("POST", "/api/products", {"barcode": "77", "name": "Pear", "price": 3}),
        ("PATCH", product, {"price": 3}),
        ("PUT", product, {"barcode": "77", "name": "Pear", "price": 3}),
        ("DELETE", product, {}),
        ("POST", "/api/categories", {"slug": "pears", "name": "Pears"}),
        ("PATCH", category, {"name": "Pears"}),
        ("POST", "/api/variants", {"product": str(world.product.pk), "name": "5 kg"}),
    ]


def test_no_door_is_open_to_managers_of_one_branch(closed: World, people: dict[str, User]) -> None:
    manager = Api(people["manager"])
    for method, path, body in doors(closed):
        answer = manager.change(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "catalogue_of_the_chain"), (method, path)
    for path, parts in (
        (f"/api/products/{closed.product.pk}/images", {"file": picture()}),
        ("/api/imports", {"file": picture(name="list.csv")}),
    ):
        assert manager.upload(path, parts).json()["code"] == "catalogue_of_the_chain"
    closed.product.refresh_from_db()
    assert (closed.product.name, closed.product.is_active) == ("Red apple", True)


def test_they_still_read_all_of_it(closed: World, people: dict[str, User]) -> None:
    manager = Api(people["manager"])
    assert manager.get("/api/products?is_active=false").json()["count"] == 1
    assert manager.get("/api/products/export").status_code == 200
    chain = manager.get("/api/chains/own-chain").json()
    assert chain["branch_managers_edit_catalogue"] is False


def test_the_chains_own_people_do_change_it(closed: World, people: dict[str, User]) -> None:
    Grant.objects.create(user=people["staff"], role=Role.MANAGER, chain=closed.chain)
    for name in ("chain_admin", "staff"):
        path = f"/api/products/{closed.product.pk}"
        assert Api(people[name]).change("PATCH", path, {"price": 3}).status_code == 200


def test_the_chain_says_so_itself_and_a_manager_cannot(closed: World, people: dict[str, User]) -> None:
    said = {"branch_managers_edit_catalogue": True, "refund_limit": "12.5"}
    refused = Api(people["manager"]).change("PATCH", "/api/chains/own-chain", said)
    assert refused.status_code == 403
    answer = Api(people["chain_admin"]).change("PATCH", "/api/chains/own-chain", said)
    assert (answer.status_code, answer.json()["refund_limit"]) == (200, 12.5)
    path = f"/api/products/{closed.product.pk}"
    assert Api(people["manager"]).change("PATCH", path, {"price": 3}).status_code == 200
