"""Queries and ids in paths: whatever the document does not tell of is a 400 that names it."""

from __future__ import annotations

import inspect
import uuid
from typing import Any

import pytest
from rest_framework.views import APIView

from core.accounts.models import User
from core.rest import queries
from core.rest.views import View
from core.urls import api as api_patterns
from tests.core.support import Api, World

BAD = [
    ("/api/products?page_size=null", "page_size"),
    ("/api/products?page_size=0", "page_size"),
    ("/api/products?page_size=201", "page_size"),
    ("/api/products?page=-1", "page"),
    ("/api/products?page=٣", "page"),
    ("/api/products?page=1&page=2", "page"),
    ("/api/products?is_active=maybe", "is_active"),
    ("/api/products?is_active=", "is_active"),
    ("/api/products?min_price=1e9", "min_price"),
    ("/api/products?ordering=colour", "ordering"),
    ("/api/products?ordering=name,-colour", "ordering"),
    ("/api/products?colour=red", "colour"),
    ("/api/products?chain=%00", "chain"),
    ("/api/products/export?chain=%00", "chain"),
    ("/api/variants?product=abc", "product"),
    ("/api/categories?inactive=1", "inactive"),
    ("/api/orders?status=foo", "status"),
    ("/api/orders?from=x", "from"),
    ("/api/orders?to=2026-01-01", "to"),
    ("/api/orders?number=1.5", "number"),
    ("/api/branches/OWN/alarms?severity=loud", "severity"),
    ("/api/branches/OWN/alarms?standing=yes", "standing"),
    ("/api/branches/OWN/carts?phase=lost", "phase"),
    ("/api/branches/OWN/stock/movements?kind=stolen", "kind"),
    ("/api/branches/OWN/rentals/history?from=x&user=x", "from"),
    ("/api/telemetry/branches/OWN?bucket=2d", "bucket"),
    ("/api/telemetry/branches/OWN?type=%00", "type"),
    ("/api/orders?from=0001-01-01T00:00:00%2B14:00", "from"),
    ("/api/orders?from=9999-12-31T23:59:59-14:00", "from"),
    ("/api/telemetry/chains/own-chain?to=9999-12-31T23:59:59-14:00", "to"),
    ("/api/rollouts?status=foo", "status"),
    ("/api/me?x=1", "x"),
    ("/api/me/export?x", "x"),
    ("/api/demo?x=1", "x"),
    ("/api/schema?lang=xx", "lang"),
    ("/api/products/abc", "product_id"),
    ("/api/products/{hex}", "product_id"),
    ("/api/orders/abc", "order_id"),
    ("/api/devices/null,null", "device_id"),
    ("/api/devices/{id}/controllers/x", "controller_id"),
    ("/api/devices/{id}/controllers/99999999999", "controller_id"),
    ("/api/firmware/x", "release_id"),
]


@pytest.mark.parametrize(("path", "name"), BAD)
def test_what_the_document_does_not_tell_of_is_named(people: dict[str, User], path: str, name: str) -> None:
    some = uuid.uuid4()
    answer = Api(people["platform"]).get(path.replace("{hex}", some.hex).replace("{id}", str(some)))
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert name in answer.json()["errors"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/orders?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
        "/api/orders?from=2026-06-30T23:59:60Z&to=2026-07-01t00:00:00.123456789z",
        "/api/telemetry/branches/OWN?to=0001-01-01T00:00:00Z",
        "/api/telemetry/branches/OWN?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z",
        "/api/branches/OWN/rentals/stats?to=0001-01-01T00:00:00Z",
        "/api/audit?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
        "/api/products?ordering=name,-price&is_active=true&page=1&page_size=200&min_price=0.5",
        "/api/categories?inactive=true",
    ],
)
def test_whatever_it_tells_of_is_taken(people: dict[str, User], path: str) -> None:
    assert Api(people["platform"]).get(path).status_code == 200


def test_an_id_in_capitals_is_the_same(people: dict[str, User], world: World) -> None:
    answer = Api(people["shopper"]).get(f"/api/products/{str(world.product.pk).upper()}")
    assert answer.json()["id"] == str(world.product.pk)


def test_a_command_takes_no_query(people: dict[str, User]) -> None:
    answer = Api(people["manager"]).post("/api/products?dry_run=true", {})
    assert list(answer.json()["errors"]) == ["dry_run"]


@pytest.mark.parametrize(
    "path", ["/api/categories", "/api/imports", "/api/devices/register", "/api/products"]
)
def test_options_and_head_are_answered(people: dict[str, User], path: str) -> None:
    manager = Api(people["manager"])
    assert manager.send("OPTIONS", path, b"", "").status_code == 200
    assert manager.send("HEAD", path, b"", "").status_code in (200, 405)


def test_a_stranger_hears_first_that_nobody_knows_them(nobody: Api) -> None:
    assert nobody.get("/api/orders?status=foo").status_code == 401


def _views() -> list[type[APIView]]:
    callbacks: list[Any] = [pattern.callback for pattern in api_patterns]  # type: ignore[union-attr]
    return [callback.cls for callback in callbacks]


def test_every_endpoint_has_the_same_base() -> None:
    others = {view.__name__ for view in _views() if not issubclass(view, View)}
    assert others == {"SpectacularSwaggerSplitView"}


def test_commands_say_how_they_keep_their_answer_and_do_it() -> None:
    for view in _views():
        if getattr(view, "keeps", "") == "by_hand" and hasattr(view, "post"):
            assert "once(request" in inspect.getsource(view.post), view


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 3}, ["1", "3"], ["0", "4", "", "1.0", "+1", " 1"]),
        ({"type": "number"}, ["1", "-0.5", "1e3", "2.5E-07"], ["1.", ".5", "NaN", "1e1000", "e3", "٣"]),
        ({"type": "boolean"}, ["true", "false"], ["True", "1", "", "on"]),
        ({"type": "string", "enum": ["a", "b"]}, ["a"], ["A", "", "a,b"]),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, ["a", "b,a"], ["", "a,", "c"]),
        ({"type": "string"}, ["", "x" * 400], ["x" * 401, "\0"]),
    ],
)
def test_values_are_of_the_type_that_the_document_says(
    schema: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    assert [queries.wrong(schema, text) for text in good] == [None] * len(good)
    assert all(queries.wrong(schema, text) for text in bad)
