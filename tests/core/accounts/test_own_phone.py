"""The phone number of an account with a password: given with a code, changed, taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.accounts.models import User
from tests.core.accounts.phone import PHONE, code, has_phone, messages
from tests.core.support import PASSWORD, Api

PATH = "/api/me/phone"
OTHER = "+919812345679"


@pytest.fixture(autouse=True)
def _phone(settings: Any, tmp_path: Path, db: None) -> None:
    has_phone(settings, tmp_path)


OWN = {"password": PASSWORD}


def give(api: Api, folder: Path, phone: str = PHONE, proof: dict[str, str] = OWN) -> Any:
    """Ask for a code and give it back, with what shows that the account is one's own."""
    assert api.post(PATH, {"phone": phone}).status_code == 202
    return api.post(f"{PATH}/confirm", {"phone": phone, "code": code(folder), **proof})


def ask_own(nobody: Api, folder: Path, **where: str) -> dict[str, str]:
    """Have a code sent to where the account is reached now."""
    assert nobody.post("/api/auth/otp/request", where).status_code == 202
    return {"current_code": code(folder)}


def test_an_account_has_a_number_once_its_code_came_back(
    people: dict[str, User], nobody: Api, tmp_path: Path
) -> None:
    shopper = Api(people["shopper"])
    assert shopper.post(PATH, {"phone": "98123 45678"}).json() == {"expires_in": 300}
    assert shopper.get("/api/me").json()["phone"] is None
    wrong = shopper.post(f"{PATH}/confirm", {"phone": PHONE, "code": "x"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["tries_left"]) == (400, "otp_wrong", 4)
    given = shopper.post(f"{PATH}/confirm", {"phone": PHONE, "code": code(tmp_path), **OWN})
    assert (given.status_code, given.json()) == (200, {"phone": PHONE})
    assert shopper.get("/api/me").json()["phone"] == PHONE
    nobody.post("/api/auth/otp/request", {"phone": PHONE})
    entered = nobody.post("/api/auth/otp/verify", {"phone": PHONE, "code": code(tmp_path)}).json()
    assert entered["created"] is False
    assert Api(token=entered["access"]).get("/api/me").json()["username"] == "shopper"


def test_another_number_replaces_the_one_before(people: dict[str, User], tmp_path: Path) -> None:
    shopper = Api(people["shopper"])
    give(shopper, tmp_path)
    assert give(shopper, tmp_path, OTHER).json() == {"phone": OTHER}
    assert User.objects.get(username="shopper").phone == OTHER
    assert not User.objects.filter(phone=PHONE).exists()


def test_a_code_counts_once(people: dict[str, User], tmp_path: Path) -> None:
    shopper = Api(people["shopper"])
    body = {"phone": PHONE, "code": (give(shopper, tmp_path), code(tmp_path))[1]}
    again = shopper.post(f"{PATH}/confirm", body)
    assert (again.status_code, again.json()["code"]) == (400, "otp_expired")


def test_the_number_of_another_account_is_told_only_to_who_has_the_phone(
    people: dict[str, User], tmp_path: Path
) -> None:
    User.objects.filter(username="staff").update(phone=PHONE)
    shopper = Api(people["shopper"])
    unknown = shopper.post(PATH, {"phone": OTHER})
    known = shopper.post(PATH, {"phone": PHONE})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    taken = shopper.post(f"{PATH}/confirm", {"phone": PHONE, "code": code(tmp_path), **OWN})
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["phone"])
    assert taken.json()["code"] == "already_there"
    assert User.objects.get(phone=PHONE).username == "staff"


def test_a_number_is_taken_away_where_there_is_another_way_in(
    people: dict[str, User], tmp_path: Path
) -> None:
    shopper = Api(people["shopper"])
    give(shopper, tmp_path)
    assert [shopper.delete(PATH, OWN).status_code, shopper.delete(PATH).status_code] == [204, 204]
    assert User.objects.get(username="shopper").phone is None


def by_phone(nobody: Api, folder: Path) -> Api:
    """Return the client of somebody who has nothing but a phone."""
    nobody.post("/api/auth/otp/request", {"phone": PHONE})
    body = {"phone": PHONE, "code": code(folder)}
    return Api(token=nobody.post("/api/auth/otp/verify", body).json()["access"])


def test_the_only_way_in_is_not_taken_away(nobody: Api, tmp_path: Path) -> None:
    shopper = by_phone(nobody, tmp_path)
    refused = shopper.delete(PATH)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_way_in")
    assert User.objects.get().phone == PHONE


def test_who_is_called_by_the_number_is_called_by_the_new_one(nobody: Api, tmp_path: Path) -> None:
    shopper = by_phone(nobody, tmp_path)
    assert User.objects.get().username == PHONE
    own = ask_own(nobody, tmp_path, phone=PHONE)
    assert give(shopper, tmp_path, OTHER, own).status_code == 200
    assert (User.objects.get().username, User.objects.get().phone) == (OTHER, OTHER)
    User.objects.update(email="me@home.example")
    assert shopper.delete(PATH, ask_own(nobody, tmp_path, phone=OTHER)).status_code == 204
    assert User.objects.get().username.startswith("shopper-")


def test_who_has_but_the_token_of_an_account_does_not_change_how_it_is_reached(
    people: dict[str, User], tmp_path: Path
) -> None:
    thief = Api(people["shopper"])
    for proof, status, said in (({}, 403, "proof_needed"), ({"password": "geese"}, 403, "bad_credentials")):
        refused = give(thief, tmp_path, PHONE, proof)
        assert (refused.status_code, refused.json()["code"]) == (status, said)
        refused = thief.patch("/api/me", {"email": "thief@mail.example", **proof})
        assert (refused.status_code, refused.json()["code"]) == (status, said)
    assert thief.patch("/api/me", {"email": "thief@mail.example"}).json()["by"] == "password"
    row = User.objects.get(username="shopper")
    assert (row.phone, row.email, row.unconfirmed_email) == (None, "shopper@shop.example", "")
    assert thief.patch("/api/me", {"email": "Shopper@shop.example"}).status_code == 200, "no change"
    assert thief.patch("/api/me", {"language": "he"}).status_code == 200
    # The code to the new number is good still.
    assert give(thief, tmp_path).status_code == 200
    refused = thief.delete(PATH)
    assert (refused.status_code, refused.json()["by"]) == (403, "password")
    assert thief.patch("/api/me", {"email": "mine@mail.example", **OWN}).status_code == 200


def test_without_a_password_a_fresh_code_to_the_phone_shows_whose_account_it_is(
    nobody: Api, tmp_path: Path
) -> None:
    shopper = by_phone(nobody, tmp_path)
    refused = shopper.patch("/api/me", {"email": "me@home.example"})
    assert (refused.status_code, refused.json()["code"], refused.json()["by"]) == (403, "proof_needed", "sms")
    own = ask_own(nobody, tmp_path, phone=PHONE)
    wrong = shopper.patch("/api/me", {"email": "me@home.example", "current_code": "x"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["tries_left"]) == (400, "otp_wrong", 4)
    assert shopper.patch("/api/me", {"email": "me@home.example", **own}).status_code == 200
    again = shopper.patch("/api/me", {"email": "you@home.example", **own})
    assert (again.status_code, again.json()["code"]) == (400, "otp_expired"), "it counts once"
    refused = give(shopper, tmp_path, OTHER, {})
    assert (refused.status_code, refused.json()["by"]) == (403, "sms")
    # The number that it has already needs no other proof than its own code.
    assert give(shopper, tmp_path, PHONE, {}).status_code == 200


def test_nobody_without_a_login_and_no_number_that_is_none(
    people: dict[str, User], nobody: Api, tmp_path: Path
) -> None:
    assert nobody.post(PATH, {"phone": PHONE}).status_code == 401
    assert nobody.delete(PATH).status_code == 401
    refused = Api(people["shopper"]).post(PATH, {"phone": "12"})
    assert (refused.status_code, refused.json()["code"]) == (400, "unfit")
    assert messages(tmp_path) == []
