"""The same Idempotency-Key again gives the first answer again, for every command."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.credentials import tokens
from core.accounts.models import User
from core.catalogue.models import Category
from core.fleet.models import ClaimCode, Device
from core.models import KeptAnswer
from tests.core.support import Api, World

KEY = {"Idempotency-Key": "k-1"}


def test_a_new_token_asked_for_twice_is_the_same(people: dict[str, User], world: World) -> None:
    manager, path = Api(people["manager"]), f"/api/devices/{world.device.pk}/rotate-token"
    first, second = (manager.post(path, {}, **KEY) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Device.objects.get(pk=world.device.pk).token_version == 2


def test_a_device_that_asks_twice_with_a_key_gets_one_new_token(world: World) -> None:
    device = Api(token=tokens.issue_device(world.device.pk, 1))
    path = f"/api/devices/{world.device.pk}/rotate-token"
    first, second = (device.post(path, {}, **KEY) for _ in range(2))
    assert first.json() == second.json()
    stored = Device.objects.get(pk=world.device.pk)
    assert (stored.token_version, list(stored.older_tokens)) == (2, ["1"])


def test_a_claim_code_asked_for_twice_is_one(people: dict[str, User]) -> None:
    manager = Api(people["manager"])
    codes = {manager.post("/api/branches/OWN/claim-codes", {}, **KEY).json()["code"] for _ in range(2)}
    assert (len(codes), ClaimCode.objects.count()) == (1, 1)


def test_registering_twice_with_a_key_is_one_account(nobody: Api) -> None:
    body = {"username": "mia", "password": "seven wild geese"}
    first, second = (nobody.post("/api/auth/register", body, **KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = nobody.post("/api/auth/register", {**body, "password": "eight wild geese"}, **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_a_kept_answer_tells_no_secret(nobody: Api) -> None:
    body = {"username": "mia", "password": "seven wild geese"}
    answer = nobody.post("/api/auth/register", body, **KEY).json()
    kept = KeptAnswer.objects.get()
    assert answer["refresh"].encode() not in bytes(kept.body)
    assert answer["access"].encode() not in bytes(kept.body)


def test_a_refresh_whose_answer_was_lost_may_be_repeated(people: Any, nobody: Api) -> None:
    login = {"username": "shopper", "password": "correct horse battery"}
    body = {"refresh": nobody.post("/api/auth/token", login).json()["refresh"]}
    first, second = (nobody.post("/api/auth/token/refresh", body, **KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (200, second.json())
    assert nobody.post("/api/auth/token/refresh", body).status_code == 401


@pytest.mark.parametrize(
    "other", [{"name": 7}, {"name": "Nuts", "nonsense": 1}, {"slug": "nuts", "name": "N"}]
)
def test_another_body_under_a_used_key_is_looked_at_no_further(
    people: dict[str, User], world: World, other: dict[str, Any]
) -> None:
    manager = Api(people["manager"])
    assert manager.post("/api/categories", {"slug": "nuts", "name": "Nuts"}, **KEY).status_code == 201
    answer = manager.post("/api/categories", other, **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Category.objects.filter(slug="nuts").count() == 1


def test_a_key_counts_for_its_route_and_its_caller(people: dict[str, User], world: World) -> None:
    body = {"slug": "nuts", "name": "Nuts", "chain": "own-chain"}
    assert Api(people["manager"]).post("/api/categories", body, **KEY).status_code == 201
    again = Api(people["chain_admin"]).post("/api/categories", body, **KEY)
    assert (again.status_code, list(again.json()["errors"])) == (400, ["slug"])
    renamed = {"Idempotency-Key": "x" * 256}
    wrong = Api(people["manager"]).post("/api/categories", body, **renamed)
    assert list(wrong.json()["errors"]) == ["Idempotency-Key"]
