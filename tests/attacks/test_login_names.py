"""Nobody comes into another's account, or keeps them out, by a name that looks like theirs."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounts.contact import emails
from core.accounts.models import User
from tests.core.conftest import _cheap_and_uncounted, people, world
from tests.core.support import PASSWORD, Api

__all__ = ["_cheap_and_uncounted", "people", "world"]
GEESE = "seven wild geese"


@pytest.fixture
def nobody(db: None) -> Api:
    """A client without a token."""
    return Api()


def enter(nobody: Api, name: str, password: str) -> Any:
    return nobody.post("/api/auth/token", {"username": name, "password": password})


def register(nobody: Api, **body: str) -> Any:
    return nobody.post("/api/auth/register", {"password": GEESE, **body})


@pytest.mark.parametrize(
    "name", ["SHOPPER", "Shopper", " shopper ", "ｓｈｏｐｐｅｒ", "𝐬𝐡𝐨𝐩𝐩𝐞𝐫", "\u017fhopper"]
)
def test_a_name_that_looks_like_anothers_is_refused(people: Any, nobody: Api, name: str) -> None:
    answer = register(nobody, username=name)
    assert (answer.status_code, answer.json()["code"]) == (400, "already_there")
    assert "username" in answer.json()["errors"]


def test_letters_beyond_ascii_have_cases_too(db: None, nobody: Api) -> None:
    assert register(nobody, username="ÄNNE-Straße").status_code == 201
    for name in ("änne-strasse", "ÄNNE-STRASSE", "A\u0308nne-straße"):
        assert register(nobody, username=name).status_code == 400


@pytest.mark.parametrize("name", ["Shopper@Shop.Example", "new@mail.example", "+919812345678", "9812345678"])
def test_no_name_is_an_address_or_a_number_known_or_not(
    people: dict[str, User], nobody: Api, name: str
) -> None:
    answer = register(nobody, username=name)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_an_address_that_is_anothers_name_is_not_confirmed(people: dict[str, User], nobody: Api) -> None:
    """Such names can be from before."""
    User.objects.create_user("eve@mail.example", password=GEESE)
    pair = register(nobody, username="mallory", email="Eve@mail.example").json()
    assert enter(nobody, "eve@mail.example", GEESE).status_code == 200
    mallory = User.objects.get(username="mallory")
    token = emails.token_of(mallory, "eve@mail.example")
    assert nobody.post("/api/auth/email/confirm", {"token": token}).status_code == 409
    assert Api(token=pair["access"]).get("/api/me").json()["email_confirmed"] is False


def test_a_name_leads_to_its_owner_whatever_address_others_have(people: Any, nobody: Api) -> None:
    """Such rows can be from before, or from the admin's hand."""
    victim = {"id": str(User.objects.create_user("eve@mail.example", password=GEESE).pk)}
    User.objects.filter(username="shopper").update(email="eve@mail.example")
    pair = enter(nobody, "eve@mail.example", GEESE)
    assert Api(token=pair.json()["access"]).get("/api/me").json()["id"] == victim["id"]
    assert enter(nobody, "eve@mail.example", PASSWORD).status_code == 401


LOOKALIKES = {
    "a Cyrillic a among Latin letters": "p\u0430ypal",
    "Cyrillic through and through, like apple": "\u0430\u0440\u0440\u04cf\u0435",
    "capitals, like BOBA": "\u0412\u041e\u0412\u0410",
    "Greek, like ova": "\u03bf\u03bd\u03b1",
    "Armenian, like oh": "\u0585\u0570",
    "a dotless i in the shop's own name": "adm\u0131n",
    "Cherokee among Latin letters": "\u13a2van",
    "Hebrew and Latin": "mi\u05d4",
}
HONEST = [
    "\u0441\u0430\u0448\u0430", "\u0391\u03bd\u03bd\u03b1\u03ba\u03b1", "\u05e8\u05d5\u05ea",
    "\u592a\u90ce", "\u3086\u3046\u304d\u592a\u90ce", "ken\u592a\u90ce", "j\u00fcrgen", "mia1",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_a_name_of_another_script_that_reads_like_a_latin_one_is_refused(
    db: None, nobody: Api, name: str
) -> None:
    answer = register(nobody, username=name)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["username"])


@pytest.mark.parametrize("name", HONEST)
def test_names_as_languages_write_them_are_taken(db: None, nobody: Api, name: str) -> None:
    answer = register(nobody, username=name)
    assert answer.status_code == 201, answer.json()
