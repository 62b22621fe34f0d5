"""Guessing codes, flooding phones, and finding out who has an account: none of it gets anywhere."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.accounts.codes import codes
from core.accounts.codes.codes import Target
from core.accounts.contact import emails
from core.accounts.models import LoginCode, User
from core.outbox.models import Channel, OutgoingMessage
from core.problems import Problem
from tests.core.accounts.phone import PHONE, code, has_phone, mails
from tests.core.conftest import _cheap_and_uncounted, people, world
from tests.core.support import Api

__all__ = ["_cheap_and_uncounted", "people", "world"]
GEESE = "seven wild geese"


@pytest.fixture(autouse=True)
def _phone(settings: Any, tmp_path: Path) -> None:
    has_phone(settings, tmp_path)


def ask(address: str = "198.51.100.7", phone: str = PHONE) -> Any:
    client = Client(HTTP_HOST="localhost", REMOTE_ADDR=address)
    return client.post("/api/auth/otp/request", {"phone": phone}, "application/json")


def verify(digits: str, address: str = "198.51.100.7") -> Any:
    client = Client(HTTP_HOST="localhost", REMOTE_ADDR=address)
    return client.post("/api/auth/otp/verify", {"phone": PHONE, "code": digits}, "application/json")


# --- guessing -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_guessers_at_once_have_five_tries_between_them() -> None:
    target = Target(Channel.SMS, PHONE)
    codes.ask(target, "en")
    together = threading.Barrier(12)

    def guess(number: int) -> str:
        together.wait(60)
        try:
            codes.check(target, f"x{number}")
        except Problem as problem:
            return problem.problem_code
        finally:
            connections.close_all()
        return "right"

    with ThreadPoolExecutor(12) as threads:
        said = sorted(threads.map(guess, range(12)))
    assert said == ["otp_expired"] * 7 + ["otp_wrong"] * 5
    assert LoginCode.objects.get().tries_left == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_right_code_one_gets_in() -> None:
    target = Target(Channel.SMS, PHONE)
    codes.ask(target, "en")
    digits = codes._digits(LoginCode.objects.get())
    rows = [codes.check(target, digits) for _ in range(2)]
    codes.use(rows[0])
    with pytest.raises(Problem):
        codes.use(rows[1])


@pytest.mark.django_db
def test_new_codes_give_a_guesser_few_tries_an_hour(tmp_path: Path) -> None:
    tries = 0
    for _ in range(20):
        if ask().status_code == 429:
            break
        for _ in range(6):
            answer = verify("not it")
            tries += answer.status_code == 400 and answer.json()["code"] == "otp_wrong"
    assert tries <= 25


@pytest.mark.django_db
def test_a_guesser_is_told_to_wait(settings: Any, tmp_path: Path) -> None:
    settings.AUTH_FAILURE_RATE = "3/minute"
    ask()
    answers = [verify("not it") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert verify(code(tmp_path), "203.0.113.9").status_code == 200, "who has the phone gets in elsewhere"


# --- flooding -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_nobody_is_flooded_with_codes(settings: Any) -> None:
    assert [ask().status_code for _ in range(6)] == [202] * 5 + [429]
    many = [ask(f"203.0.113.{number}").status_code for number in range(30)]
    assert many.count(202) == 15
    assert OutgoingMessage.objects.count() == 20


@pytest.mark.django_db
def test_a_flood_from_elsewhere_does_not_keep_the_owner_out(tmp_path: Path) -> None:
    home = "198.51.100.99"
    ask(home)
    assert verify(code(tmp_path), home).status_code == 200
    for number in range(30):
        ask(f"203.0.113.{number}")
    assert ask(home).status_code == 202
    assert verify(code(tmp_path), home).status_code == 200


@pytest.mark.django_db
def test_one_address_does_not_send_to_all_the_world(settings: Any) -> None:
    settings.CODE_ADDRESS_RATE = "10/hour"
    found = [ask(phone=f"+9198123456{number}").status_code for number in range(10, 25)]
    assert found == [202] * 10 + [429] * 5


# --- who has an account -------------------------------------------------------------------


def told(path: str, body: dict[str, Any]) -> tuple[Any, ...]:
    """What a stranger can see of an answer, and what the server did for it."""
    with CaptureQueriesContext(connection) as queries:
        answer = Client(HTTP_HOST="localhost").post(path, body, "application/json")
    seen = answer.json()
    work = [each["sql"].split()[0] for each in queries.captured_queries]
    shown = seen if "access" not in seen else sorted(seen)
    return answer.status_code, sorted(answer.headers), shown, work


@pytest.mark.parametrize(
    ("path", "known", "unknown"),
    [
        ("/api/auth/otp/request", {"phone": PHONE}, {"phone": "+919812345679"}),
        ("/api/auth/otp/request", {"email": "shopper@shop.example"}, {"email": "nobody@shop.example"}),
        ("/api/auth/password/reset", {"email": "shopper@shop.example"}, {"email": "nobody@shop.example"}),
        (
            "/api/auth/register",
            {"username": "mallory1", "password": GEESE, "email": "shopper@shop.example"},
            {"username": "mallory2", "password": GEESE, "email": "nobody@shop.example"},
        ),
    ],
)
def test_a_known_one_is_answered_as_an_unknown_one_with_the_same_work(
    people: dict[str, User], path: str, known: dict[str, Any], unknown: dict[str, Any]
) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    assert told(path, known) == told(path, unknown)


def test_a_wrong_code_says_nothing_of_the_account(people: dict[str, User]) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    found = []
    for phone in (PHONE, "+919812345679"):
        ask(phone=phone)
        found.append(told("/api/auth/otp/verify", {"phone": phone, "code": "not it"}))
    assert found[0] == found[1]


def test_a_password_tried_at_a_phones_account_is_hashed_as_at_any_other(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    by_phone = User(username=PHONE, phone=PHONE)
    by_phone.set_unusable_password()
    by_phone.save()
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    counts = []
    for name in (PHONE, "+919812345679", "shopper", "nobody"):
        hashed.clear()
        Api().post("/api/auth/token", {"username": name, "password": "wrong"})
        counts.append(len(hashed))
    assert counts == [1, 1, 1, 1]


def test_nobodys_box_is_filled_by_strangers(people: dict[str, User]) -> None:
    for number in range(20):
        body = {"username": f"mallory{number}", "password": GEESE, "email": "shopper@shop.example"}
        Api().post("/api/auth/register", body)
        Api().post("/api/auth/password/reset", {"email": "shopper@shop.example"})
    assert len(mails()) == 2 * emails.AN_HOUR
