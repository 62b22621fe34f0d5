"""Ids of another tenant in filters, sort keys and bodies, and fields that are not one's own to set."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from core.accounts.models import Grant, Role, User
from core.catalogue.models import Category, Product
from core.catalogue.models.imports import ImportJob
from core.fleet.models import Device, Rental, Trolley
from core.tenancy.models import Branch, Chain
from tests.core.rest.test_permission_matrix import shelf
from tests.core.support import PASSWORD, Api, World, order

MARK = "Zanzibar"
"""In the name of everything of the other tenant that is nobody else's business."""
WHO = ("shopper", "staff", "manager", "chain_admin")


@pytest.fixture
def theirs(world: World, people: dict[str, User]) -> dict[str, str]:
    """What the other tenant has, by the names under which filters and bodies ask for it."""
    chain, branch = world.foreign.chain, world.foreign
    user = User.objects.create_user(f"{MARK}-manager", password=PASSWORD)
    Grant.objects.create(user=user, role=Role.MANAGER, chain=chain, branch=branch)
    device = Device.objects.create(branch=branch, name=f"{MARK} pi")
    category = Category.objects.create(chain=chain, slug="theirs", name="Theirs")
    product = Product.objects.create(
        chain=chain, category=category, barcode="123", name="Dates", price=1, description="nice"
    )
    job = ImportJob(chain=chain, name=f"{MARK}.csv", status=ImportJob.Status.DONE)
    job.data = b"barcode"
    job.save()
    Rental.objects.create(
        id=uuid.uuid4(), trolley_code="T-9", branch_code=branch.code, user_id=user.pk,
        start_time=timezone.now(), notes=MARK,
    )  # fmt: skip
    placed = order(user.pk, branch.code, chain_slug=chain.slug)
    return {
        "chain": chain.slug, "chain_id": str(chain.pk), "branch": branch.code, "branch_id": str(branch.pk),
        "user": user.username, "who": user.username, "device": str(device.pk), "category": str(category.pk),
        "product": str(product.pk), "trolley_id": "T-9", "on": f"device/{device.pk}", "job": str(job.pk),
        "order": str(placed.pk),
    }  # fmt: skip


FILTERS = ("chain", "branch", "user", "who", "device", "category", "product", "trolley_id", "on")


def _filtered(document: Any, ids: dict[str, str]) -> Iterator[str]:
    """Every list of the document with each of its filters that may name what is another's."""
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        url = path.replace("{branch_id}", "OWN").replace("{chain_id}", "own-chain")
        if "{" in url:
            continue
        for parameter in operations["get"].get("parameters", ()):
            name = parameter["name"]
            if parameter["in"] == "query" and name in FILTERS:
                yield from {f"{url}?{name}={ids[name]}", f"{url}?{name}={ids.get(f'{name}_id', ids[name])}"}


def test_no_filter_shows_what_is_another_tenants(
    world: World, people: dict[str, User], nobody: Api, theirs: dict[str, str]
) -> None:
    urls = list(_filtered(nobody.get("/api/schema").json(), theirs))
    assert any("/api/audit?branch=" in url for url in urls)
    assert any("/api/branches/OWN/rentals/history?user=" in url for url in urls)
    assert len(urls) > 20
    for name in WHO:
        api = Api(people[name])
        for url in urls:
            answer = api.get(url)
            assert answer.status_code in (200, 400, 403, 404), (name, url, answer.status_code)
            whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
            shown = whole.decode().replace(theirs["user"], "")
            assert MARK not in shown, (name, url)
            listed = answer.status_code == 200 and answer["Content-Type"] == "application/json"
            if listed and "results" in answer.json():
                rows = str(answer.json()["results"])
                assert theirs["order"] not in rows, (name, url)


def test_no_list_is_sorted_by_what_is_another_tables(people: dict[str, User], nobody: Api) -> None:
    document = nobody.get("/api/schema").json()
    sorted_lists = [
        path.replace("{branch_id}", "OWN").replace("{chain_id}", "own-chain")
        for path, operations in document["paths"].items()
        if any(one["name"] == "ordering" for one in operations.get("get", {}).get("parameters", ()))
    ]
    assert "/api/products" in sorted_lists
    for url in sorted_lists:
        for key in ("chain__members__password", "-chain__slug", "password", "pk", "?"):
            answer = Api(people["chain_admin"]).get(f"{url}?ordering={key}")
            assert answer.status_code == 400, (url, key)


BODIES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("manager", "POST", "/api/products", {"chain": "{chain}", "barcode": "9", "name": "P", "price": 1}),
    ("manager", "POST", "/api/products",
     {"chain": "own-chain", "category": "{category}", "barcode": "9", "name": "P", "price": 1}),
    ("manager", "PATCH", "/api/products/{own_product}", {"category": "{category}"}),
    ("manager", "PATCH", "/api/products/{product}", {"name": "Ours now"}),
    ("manager", "POST", "/api/categories",
     {"chain": "own-chain", "slug": "n", "name": "N", "parent": "{category}"}),
    ("manager", "PATCH", "/api/categories/{own_category}", {"parent": "{category}"}),
    ("manager", "POST", "/api/variants", {"product": "{product}", "name": "Crate"}),
    ("manager", "POST", "/api/tax-rates",
     {"chain": "{chain}", "tax_class": "food", "name": "V", "percent": 7}),
    ("manager", "POST", "/api/imports/{job}/apply", {}),
    ("manager", "POST", "/api/devices/{own_device}/slots", {"slot": 1, "trolley_id": "T-9"}),
    ("manager", "PUT", "/api/branches/OWN/floor-plan",
     {"width_m": 9, "height_m": 9, "zones": [],
      "slots": [{"device_id": "{device}", "slot": 1, "x": 1, "y": 1}]}),
    ("manager", "POST", "/api/branches/{branch}/trolleys", {"count": 2}),
    ("manager", "POST", "/api/chains/own-chain/members",
     {"username": "shopper", "role": "manager", "branch": "{branch}"}),
    ("chain_admin", "POST", "/api/chains/own-chain/members",
     {"username": "shopper", "role": "manager", "branch": "{branch}"}),
    ("chain_admin", "POST", "/api/chains/{chain}/members",
     {"username": "chain_admin", "role": "chain_admin"}),
    ("chain_admin", "POST", "/api/branches", {"chain": "{chain}", "code": "MINE", "name": "Mine"}),
    ("chain_admin", "PATCH", "/api/branches/{branch_id}", {"name": "Mine"}),
    ("chain_admin", "PATCH", "/api/chains/{chain_id}", {"name": "Mine"}),
]  # fmt: skip
"""Who, and what another tenant's id is put into."""
NOT_ONES_OWN: list[tuple[str, str, str, dict[str, Any]]] = [
    ("shopper", "PATCH", "/api/me", {"is_superuser": True}),
    ("shopper", "PATCH", "/api/me", {"roles": [{"role": "manager", "chain": "own-chain", "branch": None}]}),
    ("shopper", "PATCH", "/api/me", {"username": "manager"}),
    ("shopper", "PATCH", "/api/me", {"tier": "GOLD"}),
    ("shopper", "PATCH", "/api/me", {"email_confirmed": True}),
    ("shopper", "POST", "/api/auth/register",
     {"username": "mallory", "password": "seven wild geese", "is_staff": True}),
    ("manager", "PATCH", "/api/products/{own_product}", {"chain": "{chain}"}),
    ("manager", "PATCH", "/api/products/{own_product}", {"id": "{product}"}),
    ("manager", "PATCH", "/api/branches/OWN", {"chain": "{chain}"}),
    ("manager", "PATCH", "/api/branches/OWN", {"version": 77}),
    ("manager", "PATCH", "/api/branches/OWN/trolleys/1", {"branch": "{branch}"}),
    ("manager", "PATCH", "/api/branches/OWN/trolleys/1", {"phase": "available"}),
    ("chain_admin", "PATCH", "/api/chains/own-chain", {"slug": "other-chain"}),
]  # fmt: skip
"""Fields of a row that no body may set."""


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, ids) for each in value]
    return value.format(**ids) if isinstance(value, str) else value


def _rows() -> list[Any]:
    """All that a body could have changed, as it lies in the tables."""
    kinds = (Chain, Branch, Product, Category, Device, Trolley, Grant, User)
    return [sorted(map(str, kind.objects.values_list())) for kind in kinds]


@pytest.mark.parametrize(("name", "method", "path", "body"), [*BODIES, *NOT_ONES_OWN])
def test_a_body_reaches_nothing_that_is_not_the_callers(
    name: str, method: str, path: str, body: dict[str, Any],
    world: World, people: dict[str, User], theirs: dict[str, str],
) -> None:  # fmt: skip
    own = {f"own_{what}": key for what, key in shelf(world).items()}
    ids = {**theirs, **own, "own_device": str(world.device.pk)}
    before = _rows()
    answer = Api(people[name]).change(method, _filled(path, ids), _filled(body, ids))
    assert answer.status_code in (400, 403, 404), answer.content
    assert MARK not in answer.content.decode()
    assert _rows() == before
