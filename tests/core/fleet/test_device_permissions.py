"""Every endpoint of devices, every method, by every kind of caller, in the own and in another tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.accounts.credentials import tokens
from core.accounts.models import User
from core.fleet.models import Controller, Device
from core.fleet.urls import device_api
from tests.core.running import Actors, running_actors
from tests.core.support import Api, World

CALLERS = (
    "anonymous", "device", "sibling", "shopper", "staff", "manager", "chain_admin", "platform", "stranger",
)  # fmt: skip
"""``device`` is the one in the path, ``sibling`` another of the same branch."""
OTHERS = {"anonymous": 401, "device": 401, "sibling": 401, "shopper": 404, "stranger": 404}
MANAGERS = ("manager", "chain_admin", "platform")


def people_only(status: int, staff: int | None = None) -> dict[str, int]:
    """Managers get ``status``; staff may look but not change."""
    return {**OTHERS, "staff": 403 if staff is None else staff, **dict.fromkeys(MANAGERS, status)}


def devices_only(own: int, sibling: int) -> dict[str, int]:
    return {**dict.fromkeys(CALLERS, 403), "anonymous": 401, "device": own, "sibling": sibling}


BOARD = {"port": "/dev/ttyUSB0", "address": 2}
MATRIX: dict[tuple[str, str], tuple[Any, dict[str, int]]] = {
    ("POST", "/api/branches/OWN/claim-codes"): ({}, people_only(201)),
    ("GET", "/api/devices"): (None, {**people_only(200, 200), "shopper": 200, "stranger": 200}),
    ("POST", "/api/devices/register"): ({}, dict.fromkeys(CALLERS, 400)),
    ("POST", "/api/devices/heartbeat"): ({}, devices_only(200, 200)),
    ("GET", "/api/devices/{device}"): (None, people_only(200, 200)),
    ("PATCH", "/api/devices/{device}"): ({"name": "Pi"}, people_only(200)),
    ("DELETE", "/api/devices/{device}"): (None, people_only(204)),
    ("GET", "/api/devices/{device}/status"): (None, people_only(200, 200)),
    ("POST", "/api/devices/{device}/heartbeat"): ({}, devices_only(200, 404)),
    ("POST", "/api/devices/{device}/rotate-token"): ({}, {**people_only(200), "device": 200, "sibling": 404}),
    ("POST", "/api/devices/{device}/revoke"): ({}, people_only(200)),
    ("GET", "/api/devices/{device}/slots"): (None, people_only(200, 200)),
    ("POST", "/api/devices/{device}/slots"): ({"slot": 3, "trolley_id": "T-1"}, people_only(200)),
    ("GET", "/api/devices/{device}/controllers"): (None, people_only(200, 200)),
    ("POST", "/api/devices/{device}/controllers"): (BOARD, people_only(201)),
    ("GET", "/api/devices/{device}/controllers/{controller}"): (None, people_only(200, 200)),
    ("PUT", "/api/devices/{device}/controllers/{controller}"): (BOARD, people_only(200)),
    ("DELETE", "/api/devices/{device}/controllers/{controller}"): (None, people_only(409)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def actors() -> Iterator[Actors]:
    with running_actors() as running:
        yield running


@pytest.fixture
def sibling(world: World) -> Device:
    return Device.objects.create(branch=world.own, name="other pi")


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), MATRIX, ids=[" ".join(row) for row in MATRIX])
def test_each_caller_gets_what_its_role_allows(
    method: str, path: str, caller: str, people: dict[str, User], world: World, sibling: Device
) -> None:
    body, expected = MATRIX[method, path]
    devices = {"device": world.device, "sibling": sibling}
    token = tokens.issue_device(devices[caller].pk, 1) if caller in devices else None
    api = Api(people.get(caller), token)
    controller = Controller.objects.get(device=world.device)
    url = path.format(device=world.device.pk, controller=controller.pk)
    answer = api.get(url) if body is None and method == "GET" else api.call(method, url, body)
    assert answer.status_code == expected[caller], answer.content


def test_the_matrix_leaves_out_nothing() -> None:
    def shape(path: str) -> tuple[str, ...]:
        return tuple("*" if "{" in part or "<" in part or part == "OWN" else part for part in path.split("/"))

    routes = {
        (method.upper(), shape(f"/{pattern.pattern}"))
        for pattern in device_api
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.view_class, method)  # type: ignore[attr-defined]
    }
    assert routes == {(method, shape(path)) for method, path in MATRIX}


@pytest.mark.parametrize("caller", ["shopper", "staff", "manager", "chain_admin", "platform", "stranger"])
def test_the_list_shows_no_other_tenants_devices(caller: str, people: dict[str, User], world: World) -> None:
    for branch in (world.sister, world.foreign):
        Device.objects.create(branch=branch, name=f"pi of {branch.code}")
    rows = Api(people[caller]).get("/api/devices").json()["results"]
    expected = {
        "shopper": [],
        "staff": ["OWN"],
        "manager": ["OWN"],
        "chain_admin": ["OWN", "SISTER"],
        "platform": ["FOREIGN", "OWN", "SISTER"],
        "stranger": ["FOREIGN"],
    }
    assert [row["branch"] for row in rows] == expected[caller]


def test_a_manager_of_the_sister_branch_is_a_stranger_here(people: dict[str, User], world: World) -> None:
    theirs = Device.objects.create(branch=world.sister, name="theirs")
    api = Api(people["manager"])
    assert api.get(f"/api/devices/{theirs.pk}").status_code == 404
    assert api.post(f"/api/devices/{theirs.pk}/revoke", {}).status_code == 404
    assert api.post("/api/branches/SISTER/claim-codes", {}).status_code == 404
    assert api.get("/api/devices?branch=SISTER").json()["results"] == []


@pytest.mark.parametrize("kind", ["forged", "of a person", "of a revoked device", "of an older version"])
def test_a_device_token_is_refused_when_it_is(
    kind: str, people: dict[str, User], world: World, settings: Any
) -> None:
    device = world.device
    if kind == "forged":
        settings.SIGNING_KEY, key = "another key than the server's own, long enough", settings.SIGNING_KEY
        token = tokens.issue_device(device.pk, 1)
        settings.SIGNING_KEY = key
    elif kind == "of a person":
        token = tokens.issue(people["shopper"])["access"]
    else:
        token = tokens.issue_device(device.pk, 1)
        device.token_version, device.is_revoked = 2, "revoked" in kind
        device.save()
    answer = Api(token=token).post("/api/devices/heartbeat", {})
    assert answer.status_code == (403 if kind == "of a person" else 401)
    assert answer["Content-Type"] == "application/problem+json"
