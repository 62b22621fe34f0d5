"""Keys of a chain's own systems: what they open, what they never do, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import Grant, User
from core.apikeys import keys
from core.apikeys.models import ApiKey
from core.trail.models import Note
from tests.core.support import Api, World

PATH = "/api/chains/own-chain/keys"


class Machine(Api):
    """A client with a key."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._headers = {"Authorization": f"Api-Key {secret}"}


def make(people: dict[str, User], *scopes: str, **more: Any) -> tuple[str, str]:
    """Return id and secret of a new key of the chain's admin."""
    answer = Api(people["chain_admin"]).post(PATH, {"name": "ERP", "scopes": scopes, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()["key"]["id"], answer.json()["secret"]


def test_a_key_opens_what_its_scopes_say(people: dict[str, User], world: World) -> None:
    _, secret = make(people, "catalogue.manage")
    machine = Machine(secret)
    price = machine.change("PATCH", f"/api/products/{world.product.pk}", {"price": 13})
    assert price.status_code == 200
    assert machine.get("/api/branches/OWN").status_code == 200
    assert machine.get("/api/branches/FOREIGN").status_code == 404
    for method, path, body in (
        ("PATCH", "/api/branches/OWN", {"city": "Pune"}),
        ("DELETE", "/api/chains/own-chain", {}),
        ("POST", PATH, {"name": "more", "scopes": ["catalogue.manage"]}),
        ("GET", "/api/audit", {}),
        ("GET", "/api/me", {}),
        ("DELETE", "/api/me", {}),
    ):
        answer = machine.get(path) if method == "GET" else machine.change(method, path, body)
        assert answer.status_code == 403, (method, path, answer.content)
    noted = Note.objects.filter(what="product.changed").get()
    assert noted.who == f"key:{ApiKey.objects.get().pk}"


def test_a_key_that_runs_the_chain_makes_no_keys(people: dict[str, User]) -> None:
    _, secret = make(people, "chain.manage")
    assert Machine(secret).post(PATH, {"name": "more", "scopes": ["chain.manage"]}).status_code == 403


def test_a_key_of_one_branch_stays_there(people: dict[str, User], world: World) -> None:
    _, secret = make(people, "branch.manage", branch="OWN")
    machine = Machine(secret)
    assert machine.change("PATCH", "/api/branches/OWN", {"city": "Pune"}).status_code == 200
    assert machine.change("PATCH", "/api/branches/SISTER", {"city": "Pune"}).status_code == 404


@pytest.mark.parametrize("name", ["shopper", "staff", "manager", "stranger"])
def test_only_who_runs_the_chain_has_keys_made(name: str, people: dict[str, User]) -> None:
    api = Api(people[name])
    expected = 403 if name in ("staff", "manager") else 404
    assert api.get(PATH).status_code == expected
    assert api.post(PATH, {"name": "x", "scopes": ["stock.manage"]}).status_code == expected


def test_a_key_is_never_more_than_its_owner(people: dict[str, User], world: World) -> None:
    _, secret = make(people, "branch.manage")
    Grant.objects.filter(user=people["chain_admin"]).delete()
    assert Machine(secret).get("/api/branches/OWN").status_code == 404
    people["chain_admin"].is_active = False
    people["chain_admin"].save()
    assert Machine(secret).get("/api/branches/OWN").status_code == 401


def test_a_key_ends_by_its_time_and_by_hand(people: dict[str, User], world: World) -> None:
    key_id, secret = make(people, "branch.watch", days=1)
    assert Machine(secret).get("/api/branches/OWN").status_code == 200
    assert ApiKey.objects.get().last_used_at is not None
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Machine(secret).get("/api/branches/OWN").status_code == 401
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=1))
    admin = Api(people["chain_admin"])
    assert admin.delete(f"{PATH}/{key_id}").status_code == 204
    assert Machine(secret).get("/api/branches/OWN").status_code == 401
    assert admin.get(PATH).json() == []
    assert admin.delete(f"{PATH}/{key_id}").status_code == 404


def test_a_rotated_key_is_good_beside_the_old_one_for_a_while(people: dict[str, User]) -> None:
    key_id, old = make(people, "branch.watch")
    admin = Api(people["chain_admin"])
    new = admin.post(f"{PATH}/{key_id}/rotate", {"overlap_minutes": 5}).json()["secret"]
    assert [Machine(each).get("/api/branches/OWN").status_code for each in (old, new)] == [200, 200]
    ApiKey.objects.update(older_until=timezone.now())
    assert [Machine(each).get("/api/branches/OWN").status_code for each in (old, new)] == [401, 200]


def test_nothing_keeps_or_shows_a_secret(people: dict[str, User], caplog: pytest.LogCaptureFixture) -> None:
    _, secret = make(people, "branch.watch")
    assert secret not in str(ApiKey.objects.values().get())
    assert secret not in Api(people["chain_admin"]).get(PATH).content.decode()
    assert keys.digest(secret) not in str(list(Note.objects.values_list("changes", flat=True)))
    assert secret not in caplog.text


@pytest.mark.parametrize("secret", ["", "stk_", "stk_nobody", "x" * 5000])
def test_what_is_no_key_opens_nothing(secret: str, world: World) -> None:
    client = Client(HTTP_HOST="localhost")
    answer = client.get("/api/branches", headers={"Authorization": f"Api-Key {secret}"})
    assert answer.status_code == 401
