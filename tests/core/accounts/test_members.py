"""Who gives which role to whom, and invitations: nobody more than they have, nothing twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from core.accounts.members import invitations
from core.accounts.models import Grant, Invitation, Role, User
from core.problems import Problem
from core.trail.models import Note
from tests.core.accounts.phone import PHONE, has_phone, mails, messages, token_in
from tests.core.support import Api, World

PATH = "/api/chains/own-chain/members"
GEESE = "seven wild geese"
CALLERS = ("shopper", "staff", "manager", "chain_admin", "stranger", "platform")


@pytest.fixture(autouse=True)
def _reached(settings: Any, tmp_path: Path) -> None:
    has_phone(settings, tmp_path)


def statuses(people: dict[str, User], call: Any) -> dict[str, int]:
    return {name: call(Api(people[name])).status_code for name in CALLERS}


def grant_of(people: dict[str, User], name: str) -> str:
    return f"{PATH}/{Grant.objects.get(user=people[name]).public_id}"


def invite(people: dict[str, User], by: str = "chain_admin", **body: Any) -> str:
    """Invite somebody by mail, as whoever it is; returns the token."""
    mail.outbox.clear()
    named = {"email": "new@mail.example", "role": "staff", "branch": "OWN", **body}
    answer = Api(people[by]).post(PATH, named)
    assert (answer.status_code, answer.json()["status"]) == (201, "invited")
    return token_in(mails()[-1].body)


def accept(token: str, as_user: User | None = None, **body: str) -> Any:
    return Api(as_user).post("/api/invitations/accept", {"token": token, **body})


# --- members ----------------------------------------------------------------------------


def test_who_manages_people_sees_those_of_where_they_do(people: dict[str, User], nobody: Api) -> None:
    assert nobody.get(PATH).status_code == 401
    assert statuses(people, lambda api: api.get(PATH)) == {
        "shopper": 404, "staff": 403, "manager": 200, "chain_admin": 200, "stranger": 404, "platform": 200,
    }  # fmt: skip
    Api(people["chain_admin"]).post(PATH, {"email": "new@mail.example", "role": "staff", "branch": "SISTER"})
    shown = {
        name: [(row["name"], row["role"], row["branch"], row["status"]) for row in found["results"]]
        for name in ("manager", "chain_admin")
        if (found := Api(people[name]).get(PATH).json())
    }
    here = [("manager", "manager", "OWN", "active"), ("staff", "staff", "OWN", "active")]
    assert shown["manager"] == here
    assert shown["chain_admin"] == [
        ("chain_admin", "chain_admin", None, "active"), *here,
        ("new@mail.example", "staff", "SISTER", "invited"),
    ]  # fmt: skip


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    people: dict[str, User], world: World, django_assert_num_queries: Any
) -> None:
    admin = Api(people["chain_admin"])
    for number in range(20):
        user = User.objects.create(username=f"clerk{number}")
        Grant.objects.create(user=user, role=Role.STAFF, chain=world.chain, branch=world.sister)
    with django_assert_num_queries(5):
        assert admin.get(PATH).json()["count"] == 23


@pytest.mark.parametrize(
    ("role", "branch", "expected"),
    [
        ("staff", "OWN", {"staff": 403, "manager": 201, "chain_admin": 201}),
        ("manager", "OWN", {"staff": 403, "manager": 201, "chain_admin": 201}),
        ("staff", "SISTER", {"staff": 403, "manager": 403, "chain_admin": 201}),
        ("staff", None, {"staff": 403, "manager": 403, "chain_admin": 201}),
        ("manager", None, {"staff": 403, "manager": 403, "chain_admin": 201}),
        ("chain_admin", None, {"staff": 403, "manager": 403, "chain_admin": 201}),
        ("chain_admin", "OWN", {"staff": 403, "manager": 400, "chain_admin": 400, "platform": 400}),
        ("staff", "FOREIGN", {"staff": 403, "manager": 400, "chain_admin": 400, "platform": 400}),
    ],
)
def test_nobody_gives_more_than_they_have(
    people: dict[str, User], role: str, branch: str | None, expected: dict[str, int]
) -> None:
    def give(api: Api) -> Any:
        Grant.objects.filter(user=people["shopper"]).delete()
        return api.post(PATH, {"username": "shopper", "role": role, "branch": branch})

    assert statuses(people, give) == {"shopper": 404, "stranger": 404, "platform": 201, **expected}


@pytest.mark.parametrize("by", [{"username": "shopper"}, {"email": "Shopper@shop.example"}, {"phone": PHONE}])
def test_who_is_known_has_the_role_at_once(people: dict[str, User], by: dict[str, str]) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    answer = Api(people["manager"]).post(PATH, {**by, "role": "staff", "branch": "OWN"})
    assert (answer.status_code, answer.json()["status"]) == (201, "active")
    roles = Api(people["shopper"]).get("/api/me").json()["roles"]
    assert roles == [{"role": "staff", "chain": "own-chain", "branch": "OWN"}]
    again = Api(people["manager"]).post(PATH, {**by, "role": "staff", "branch": "OWN"})
    assert (again.status_code, again.json()["code"]) == (400, "already_there")


def test_nobody_of_another_chain_is_named_without_being_asked(people: dict[str, User]) -> None:
    admin = Api(people["chain_admin"])
    strangers = [
        admin.post(PATH, {"username": name, "role": "staff", "branch": "OWN"}) for name in ("stranger", "x")
    ]
    assert [answer.status_code for answer in strangers] == [400, 400]
    assert strangers[0].json()["errors"] == strangers[1].json()["errors"]
    invited = [
        admin.post(PATH, {"email": address, "role": "staff", "branch": "OWN"}).json()
        for address in ("stranger@shop.example", "unknown@shop.example")
    ]
    assert [each["status"] for each in invited] == ["invited", "invited"]
    assert Grant.objects.filter(user=people["stranger"]).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"role": "staff"},
        {"role": "staff", "username": "shopper", "email": "a@b.example"},
        {"role": "owner", "username": "shopper"},
        {"role": "staff", "username": "shopper", "is_superuser": True},
        {"role": "staff", "phone": "12"},
        {"username": "shopper"},
    ],
)
def test_a_body_that_does_not_fit_is_named(people: dict[str, User], body: Any) -> None:
    answer = Api(people["chain_admin"]).post(PATH, body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_national_number_is_of_the_chains_country(people: dict[str, User], world: World) -> None:
    type(world.chain).objects.filter(pk=world.chain.pk).update(country="IL")
    body = {"phone": "052-234-5678", "role": "staff", "branch": "OWN"}
    assert Api(people["chain_admin"]).post(PATH, body).json()["name"] == "+972522345678"


def test_a_manager_cannot_raise_its_own_role(people: dict[str, User]) -> None:
    manager, own = Api(people["manager"]), grant_of(people, "manager")
    for change in ({"role": "chain_admin"}, {"branch": "SISTER"}, {"role": "manager", "branch": "SISTER"}):
        assert manager.patch(own, change).status_code == 403
    assert manager.patch(own, {"chain": "other-chain"}).status_code == 400
    assert manager.patch(own, {"branch": "FOREIGN"}).status_code == 400
    assert manager.patch(grant_of(people, "chain_admin"), {"role": "staff"}).status_code == 404
    assert manager.delete(grant_of(people, "chain_admin")).status_code == 404
    found = list(Grant.objects.filter(user=people["manager"]).values_list("role", "branch__code"))
    assert found == [("manager", "OWN")]


def test_a_role_is_changed_and_taken_by_who_may_give_it(people: dict[str, User]) -> None:
    path = grant_of(people, "staff")
    assert statuses(people, lambda api: api.patch(path, {"role": "staff"})) == {
        "shopper": 404, "staff": 403, "manager": 200, "chain_admin": 200, "stranger": 404, "platform": 200,
    }  # fmt: skip
    changed = Api(people["chain_admin"]).patch(path, {"role": "manager", "branch": "SISTER"}).json()
    assert (changed["role"], changed["branch"]) == ("manager", "SISTER")
    assert Api(people["manager"]).delete(path).status_code == 404, "it is in another branch now"
    assert Api(people["staff"]).delete(path).status_code == 204
    assert Api(people["staff"]).get("/api/me").json()["roles"] == []
    assert Api(people["chain_admin"]).delete(path).status_code == 404


def test_a_role_of_another_chain_is_not_found_here(people: dict[str, User]) -> None:
    elsewhere = Grant.objects.get(user=people["stranger"]).public_id
    for method in ("PATCH", "DELETE"):
        answer = Api(people["chain_admin"]).change(method, f"{PATH}/{elsewhere}", {"role": "staff"})
        assert answer.status_code == 404
    assert Grant.objects.filter(public_id=elsewhere).exists()


def test_the_last_chain_admin_cannot_go(people: dict[str, User], world: World) -> None:
    admin, own = Api(people["chain_admin"]), grant_of(people, "chain_admin")
    assert admin.delete(own).json()["code"] == "last_chain_admin"
    assert admin.patch(own, {"role": "staff"}).json()["code"] == "last_chain_admin"
    User.objects.filter(username="shopper").update(is_active=False)
    Grant.objects.create(user=people["shopper"], role=Role.CHAIN_ADMIN, chain=world.chain)
    assert admin.delete(own).status_code == 409, "a closed account runs nothing"
    User.objects.filter(username="shopper").update(is_active=True)
    assert admin.delete(own).status_code == 204


# --- invitations ------------------------------------------------------------------------


def test_somebody_new_is_invited_by_mail_and_comes_with_a_password(people: dict[str, User]) -> None:
    token = invite(people, "manager")
    [sent] = mail.outbox
    assert sent.subject == "You are invited to Own"
    assert "manager invites you to Own, OWN as staff" in sent.body
    answer = accept(token, username="newcomer", password=GEESE)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("created", "role", "chain", "branch")} == {
        "created": True, "role": "staff", "chain": "own-chain", "branch": "OWN",
    }  # fmt: skip
    me = Api(token=answer.json()["access"]).get("/api/me").json()
    assert (me["email"], me["email_confirmed"]) == ("new@mail.example", True)
    assert me["roles"] == [{"role": "staff", "chain": "own-chain", "branch": "OWN"}]
    entered = Api().post("/api/auth/token", {"username": "new@mail.example", "password": GEESE})
    assert entered.status_code == 200


def test_somebody_new_is_invited_by_phone_and_needs_no_password(
    people: dict[str, User], tmp_path: Path
) -> None:
    body = {"phone": PHONE, "role": "staff", "branch": "OWN"}
    assert Api(people["manager"]).post(PATH, body).json()["name"] == PHONE
    [sent] = messages(tmp_path)
    assert sent["to"] == PHONE
    answer = accept(token_in(sent["text"]))
    assert Api(token=answer.json()["access"]).get("/api/me").json()["phone"] == PHONE


def test_in_a_hebrew_chain_invitations_are_hebrew(people: dict[str, User], world: World) -> None:
    type(world.chain).objects.filter(pk=world.chain.pk).update(languages=["he", "en"])
    invite(people)
    assert mail.outbox[0].subject == "הוזמנת אל Own"


def test_who_has_an_account_signs_in_first(people: dict[str, User]) -> None:
    token = invite(people, email="stranger@shop.example")
    refused = accept(token, username="thief", password=GEESE)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_first")
    answer = accept(token, people["stranger"])
    assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert Grant.objects.filter(user=people["stranger"]).count() == 2


def test_an_invitation_is_good_once(people: dict[str, User]) -> None:
    token = invite(people)
    assert accept(token, people["shopper"]).status_code == 200
    for who in (people["shopper"], people["stranger"], None):
        again = accept(token, who)
        assert (again.status_code, again.json()["code"]) == (400, "invitation_over")
    assert not Grant.objects.filter(user=people["stranger"], chain__slug="own-chain").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_is_in(people: dict[str, User]) -> None:
    token = invite(people)
    invitation = invitations.find(token)
    together = threading.Barrier(2)

    def take(name: str) -> bool:
        together.wait(60)
        try:
            invitations.accept(invitation, people[name])
        except Problem:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(take, ("shopper", "stranger"))) == [False, True]


def test_an_invitation_gets_old_and_may_be_withdrawn(people: dict[str, User]) -> None:
    old, withdrawn = invite(people), invite(people, email="other@mail.example")
    first, second = Invitation.objects.order_by("made_at")
    Invitation.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Api(people["staff"]).delete(f"{PATH}/{second.pk}").status_code == 403
    assert Api(people["manager"]).delete(f"{PATH}/{second.pk}").status_code == 204
    assert [accept(token).json()["code"] for token in (old, withdrawn)] == ["invitation_over"] * 2
    assert [row["name"] for row in Api(people["manager"]).get(PATH).json()["results"]] == ["manager", "staff"]


def test_an_invitation_is_worth_what_its_sender_may_give_still(people: dict[str, User]) -> None:
    token = invite(people, "manager")
    Grant.objects.get(user=people["manager"]).delete()
    assert accept(token, people["shopper"]).json()["code"] == "invitation_over"
    other = invite(people, "chain_admin", role="chain_admin", branch=None)
    User.objects.filter(username="chain_admin").update(is_active=False)
    assert accept(other, people["shopper"]).json()["code"] == "invitation_over"
    assert not Grant.objects.filter(user=people["shopper"]).exists()


def test_a_link_that_is_made_up_is_none(people: dict[str, User]) -> None:
    token = invite(people)
    body, _, digest = token.partition(":")
    other = f"{people['shopper'].pk!s}:{digest}"
    for made_up in ("x", ":", body, f"{token}x", other, "…"):
        assert accept(made_up, people["shopper"]).status_code == 400
    assert accept(token, people["shopper"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "newcomer"}, "password"),
        ({"password": GEESE}, "username"),
        ({"username": "newcomer", "password": "12345"}, "password"),
        ({"username": "shopper", "password": GEESE}, "username"),
        ({"username": "admin", "password": GEESE}, "username"),
        ({"username": "newcomer", "password": GEESE, "role": "chain_admin"}, "role"),
    ],
)
def test_what_does_not_fit_leaves_the_invitation_good(
    people: dict[str, User], body: dict[str, str], field: str
) -> None:
    token = invite(people)
    answer = accept(token, **body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert accept(token, username="newcomer", password=GEESE).status_code == 200


def test_the_same_invitation_again_is_sent_again_and_is_one(people: dict[str, User]) -> None:
    invite(people)
    Api(people["chain_admin"]).post(PATH, {"email": "new@mail.example", "role": "staff", "branch": "OWN"})
    assert Invitation.objects.count() == 1


def test_who_is_erased_leaves_no_invitation(people: dict[str, User]) -> None:
    accept(invite(people), username="newcomer", password=GEESE)
    entered = Api().post("/api/auth/token", {"username": "newcomer", "password": GEESE}).json()
    gone = Api(token=entered["access"]).change("DELETE", "/api/me", {"password": GEESE})
    assert gone.status_code == 204
    assert not Invitation.objects.exists()


def test_what_is_done_with_roles_and_invitations_is_on_record(people: dict[str, User]) -> None:
    admin = Api(people["chain_admin"])
    body = {"email": "new@mail.example", "role": "staff", "branch": "OWN"}
    invited = admin.post(PATH, body).json()["id"]
    admin.delete(f"{PATH}/{invited}")
    admin.patch(grant_of(people, "staff"), {"role": "manager"})
    admin.delete(grant_of(people, "staff"))
    notes = Note.objects.filter(who=f"user:{people['chain_admin'].pk}").order_by("pk")
    assert list(notes.values_list("what", flat=True)) == [
        "invitation.made", "invitation.changed", "member.changed", "member.deleted",
    ]  # fmt: skip
    assert "new@mail.example" not in str(list(notes.values()))


def test_what_there_is_to_ask_is_told(people: dict[str, User]) -> None:
    for path in (PATH, grant_of(people, "staff")):
        assert Api(people["chain_admin"]).send("OPTIONS", path, b"", "application/json").status_code == 200
