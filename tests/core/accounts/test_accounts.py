from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from core.accounts import principals
from core.accounts.credentials import throttling, tokens
from core.accounts.models import RefreshToken, User
from core.accounts.tasks import purge_refresh_tokens
from core.fleet.devices.principal import load_device
from core.fleet.models import Rental, Session
from core.shopping.models import Cart, CartItem, cart_id_of
from tests.core.support import PASSWORD, Api, World, order


def login(api: Api, username: str, password: str = PASSWORD) -> Any:
    return api.post("/api/auth/token", {"username": username, "password": password})


def refresh(api: Api, token: str) -> Any:
    return api.post("/api/auth/token/refresh", {"refresh": token})


def signed(**claims: Any) -> str:
    now = int(time.time())
    body = {"sub": str(uuid.uuid4()), "aud": tokens.USERS, "iat": now, "exp": now + 60, **claims}
    return jwt.encode(body, django_settings.SIGNING_KEY, algorithm="HS256")


def test_a_new_shopper_is_logged_in_at_once(nobody: Api) -> None:
    answer = nobody.post("/api/auth/register", {"username": "mia", "password": "seven wild geese"})
    assert answer.status_code == 201
    me = Api(token=answer.json()["access"]).get("/api/me").json()
    assert me["username"] == "mia"
    assert me["id"] == answer.json()["id"]
    assert me["roles"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "SHOPPER", "password": "seven wild geese"}, "username"),
        ({"username": "mia", "password": "seven wild geese", "email": "at shop.example"}, "email"),
        ({"username": "mia@shop.example", "password": "seven wild geese"}, "username"),
        ({"username": "+919812345678", "password": "seven wild geese"}, "username"),
        ({"username": "9812345678", "password": "seven wild geese"}, "username"),
        ({"username": "mia", "password": "12345"}, "password"),
        ({"username": "mia", "password": "seven wild geese", "role": "manager"}, "role"),
        ({"username": 7, "password": "seven wild geese"}, "username"),
        ({"password": "seven wild geese"}, "username"),
    ],
)
def test_registering_names_what_is_wrong(people: Any, nobody: Api, body: Any, field: str) -> None:
    answer = nobody.post("/api/auth/register", body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.parametrize("name", ["shopper", "shopper@shop.example", "SHOPPER@shop.example"])
def test_one_logs_in_by_username_or_email(people: dict[str, User], nobody: Api, name: str) -> None:
    pair = login(nobody, name).json()
    assert pair["expires_in"] == 900
    assert Api(token=pair["access"]).get("/api/me").json()["id"] == str(people["shopper"].pk)


@pytest.mark.parametrize("name", ["shopper", "nobody-of-that-name"])
def test_a_wrong_password_and_an_unknown_name_sound_the_same(people: Any, nobody: Api, name: str) -> None:
    answer = login(nobody, name, "wrong")
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_credentials"
    assert answer.json()["detail"] == "The name or the password is wrong."


def test_a_deactivated_account_can_neither_log_in_nor_go_on(people: dict[str, User], nobody: Api) -> None:
    pair = login(nobody, "shopper").json()
    User.objects.filter(username="shopper").update(is_active=False)
    assert login(nobody, "shopper").status_code == 401
    assert Api(token=pair["access"]).get("/api/me").status_code == 401
    assert refresh(nobody, pair["refresh"]).status_code == 401


def test_refreshing_gives_a_new_pair(people: Any, nobody: Api) -> None:
    first = login(nobody, "shopper").json()
    second = refresh(nobody, first["refresh"]).json()
    assert second["refresh"] != first["refresh"]
    assert Api(token=second["access"]).get("/api/me").status_code == 200


def test_using_a_refresh_token_twice_ends_its_whole_family(people: Any, nobody: Api) -> None:
    first = login(nobody, "shopper").json()
    other_login = login(nobody, "shopper").json()
    second = refresh(nobody, first["refresh"]).json()
    assert refresh(nobody, first["refresh"]).json()["code"] == "token_invalid"
    assert refresh(nobody, second["refresh"]).status_code == 401
    assert refresh(nobody, other_login["refresh"]).status_code == 200


def test_logging_out_ends_the_family(people: Any, nobody: Api) -> None:
    pair = login(nobody, "shopper").json()
    assert nobody.post("/api/auth/logout", {"refresh": pair["refresh"]}).status_code == 204
    assert refresh(nobody, pair["refresh"]).status_code == 401


def test_an_old_refresh_token_has_expired_and_is_purged(people: Any, nobody: Api) -> None:
    pair = login(nobody, "shopper").json()
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refresh(nobody, pair["refresh"]).json()["code"] == "token_expired"
    assert purge_refresh_tokens.delay().get() == 1
    assert not RefreshToken.objects.exists()


def test_the_database_does_not_hold_a_usable_refresh_token(people: Any, nobody: Api) -> None:
    pair = login(nobody, "shopper").json()
    assert pair["refresh"] not in str(RefreshToken.objects.values())


def test_an_expired_access_token_says_so() -> None:
    with pytest.raises(tokens.TokenError) as error:
        tokens.verify(signed(exp=int(time.time()) - 1))
    assert error.value.code == "token_expired"


@pytest.mark.parametrize(
    "token",
    [
        "not a token",
        signed(aud=tokens.DEVICES, exp=2**40),
        jwt.encode({"sub": "x"}, "another key of thirty-two bytes and more", algorithm="HS256"),
        jwt.encode({"sub": "x", "aud": tokens.USERS, "iat": 1, "exp": 2**40}, "", algorithm="none"),
    ],
)
def test_a_token_that_is_not_ours_for_users_is_invalid(token: str) -> None:
    with pytest.raises(tokens.TokenError) as error:
        tokens.verify(token)
    assert error.value.code == "token_invalid"


def test_a_devices_token_is_worth_something_until_it_is_rotated(world: World) -> None:
    claims = tokens.verify(tokens.issue_device(world.device.pk, 1), tokens.DEVICES)
    principal = load_device(claims)
    assert (principal.kind, principal.id) == ("device", str(world.device.pk))
    assert principals.may(principal, "session.for_others", "own-chain", "OWN")
    assert not principals.may(principal, "session.for_others", "own-chain", "SISTER")
    world.device.token_version = 2
    world.device.save()
    with pytest.raises(tokens.TokenError):
        load_device(claims)


def test_a_revoked_device_is_refused(world: World) -> None:
    world.device.is_revoked = True
    world.device.save()
    with pytest.raises(tokens.TokenError):
        load_device(tokens.Claims(str(world.device.pk), tokens.DEVICES, 0, 1))


def test_too_many_tries_from_one_address_are_answered_429(people: Any, nobody: Api, settings: Any) -> None:
    settings.AUTH_RATE = "3/minute"
    answers = [login(nobody, "shopper") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit"].startswith('"auth";r=2;t=')
    assert answers[0].headers["RateLimit-Policy"] == '"auth";q=3;w=60'
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].json()["code"] == "too_many_requests"


def test_too_many_wrong_passwords_close_the_name_for_a_while(people: Any, nobody: Api, settings: Any) -> None:
    settings.AUTH_FAILURE_RATE = "2/minute"
    assert [login(nobody, "shopper", "wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert login(nobody, "Shopper").status_code == 429
    assert login(nobody, "manager").status_code == 200


def test_nobody_locks_the_owner_out(people: Any, nobody: Api, settings: Any) -> None:
    settings.AUTH_FAILURE_RATE, settings.AUTH_ACCOUNT_FAILURE_RATE = "2/minute", "3/hour"
    home, thief = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}

    def enter(where: dict[str, str], password: str, name: str = "shopper") -> int:
        body = {"username": name, "password": password}
        return Client(**where).post("/api/auth/token", body, "application/json").status_code

    assert enter(home, PASSWORD) == 200
    assert [enter(thief, "wrong") for _ in range(3)] == [401, 401, 429]
    assert enter(home, PASSWORD) == 200
    assert enter(thief, "wrong", "shopper@shop.example") == 429, "one account, whatever it is called"
    assert enter({"REMOTE_ADDR": "203.0.113.10"}, "wrong") == 401
    assert enter({"REMOTE_ADDR": "203.0.113.11"}, PASSWORD) == 429, "from everywhere else it is closed"
    assert enter(home, PASSWORD) == 200


def test_refreshing_is_limited_by_the_token(people: Any, nobody: Api, settings: Any) -> None:
    pairs = [login(nobody, name).json() for name in ("shopper", "manager", "staff")]
    settings.AUTH_RATE = "1/minute"
    answers = [nobody.post("/api/auth/token/refresh", {"refresh": each["refresh"]}) for each in pairs]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    again = nobody.post("/api/auth/token/refresh", {"refresh": pairs[0]["refresh"]})
    assert again.status_code == 429


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("", "unknown"),
    ],
)
def test_a_customer_of_ipv6_is_one_address(rf: Any, given: str, counted: str) -> None:
    assert throttling.address_of(rf.get("/", REMOTE_ADDR=given)) == counted


def test_pages_of_named_origins_may_call_the_api(nobody: Api, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    preflight = Client().options("/api/cart/add", headers=asked)
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"]
    assert nobody.get("/api/demo", Origin="https://shop.example").headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in nobody.get("/api/demo", Origin="https://x.example").headers


def test_the_export_is_all_about_one_person(people: dict[str, User]) -> None:
    for name in ("shopper", "manager"):
        user_id = people[name].pk
        now = timezone.now()
        Session.objects.create(
            session_id=uuid.uuid4(),
            trolley_code=f"T-{name}",
            branch_code="OWN",
            user_id=user_id,
            started_at=now,
        )
        Rental.objects.create(
            id=uuid.uuid4(), trolley_code=f"T-{name}", branch_code="OWN", user_id=user_id, start_time=now
        )
        Cart.objects.create(user_id=user_id, cart_id=cart_id_of(str(user_id)), currency="INR")
        CartItem.objects.create(
            line_id=uuid.uuid4(),
            user_id=user_id,
            product_id=uuid.uuid4(),
            barcode="1",
            name=f"Tea of {name}",
            quantity=1,
            unit_price=1,
            line_total=1,
            added_at=now,
        )
        order(user_id, number=1 if name == "shopper" else 2)
    answer = Api(people["shopper"]).get("/api/me/export")
    found = answer.json()
    assert found["account"]["email"] == "shopper@shop.example"
    assert [row["trolley_code"] for row in found["sessions"] + found["rentals"]] == ["T-shopper"] * 2
    assert [row["name"] for row in found["cart_items"]] == ["Tea of shopper"]
    assert len(found["cart"]) == len(found["logins"]) == 1
    assert [row["number"] for row in found["orders"]] == [1]
    assert [row["name"] for row in found["order_items"]] == ["Red apple"]
    assert "password" not in found["account"]
    assert "manager" not in answer.content.decode()


def test_an_erased_account_is_gone_at_once(people: dict[str, User], nobody: Api) -> None:
    pair = login(nobody, "shopper").json()
    api = Api(token=pair["access"])
    assert api.change("DELETE", "/api/me", {"password": PASSWORD}, None).status_code == 204
    assert api.get("/api/me").status_code == 401
    assert refresh(nobody, pair["refresh"]).status_code == 401
    assert not User.objects.filter(username="shopper").exists()


def test_a_language_is_noted_once_and_kept(nobody: Api, people: dict[str, User]) -> None:
    body = {"username": "new", "password": PASSWORD, "language": "he"}
    assert nobody.post("/api/auth/register", body).status_code == 201
    assert User.objects.get(username="new").language == "he"
    for said, kept in (("en", "en"), ("he", "en")):
        login = {"username": "shopper", "password": PASSWORD, "language": said}
        assert nobody.post("/api/auth/token", login).status_code == 200
        assert User.objects.get(username="shopper").language == kept
    assert nobody.post("/api/auth/token", {**login, "language": "xx"}).status_code == 400


def test_an_account_is_erased_with_its_password_only(people: dict[str, User], nobody: Api) -> None:
    api = Api(token=login(nobody, "shopper").json()["access"])
    missing = api.delete("/api/me")
    assert (missing.status_code, list(missing.json()["errors"])) == (400, ["password"])
    wrong = api.change("DELETE", "/api/me", {"password": "a wrong one"}, None)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "bad_credentials")
    assert User.objects.filter(username="shopper").exists()
    by_phone = User.objects.create(username="+491700000001", phone="+491700000001")
    assert Api(by_phone).delete("/api/me").status_code == 204


@pytest.mark.parametrize(
    "name",
    [".", "..", "@", "admin", "Admin", "\u0430dmin", "\u0430\u0434m", "r00t", "adm1n", "AdmIn", "adrnin"],
)
def test_names_that_are_taken_for_anothers_are_refused(nobody: Api, name: str) -> None:
    answer = nobody.post("/api/auth/register", {"username": name, "password": "seven wild geese"})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["username"]


@pytest.mark.parametrize("name", ["MlLENA.RN", "rni1ena.m", "m1lena.rn"])
def test_a_name_that_looks_like_that_of_somebody_who_works_here_is_taken(
    people: dict[str, User], nobody: Api, name: str
) -> None:
    person = people["staff"]
    person.username = "milena.rn"
    person.save()
    body = {"username": name, "password": "seven wild geese"}
    answer = nobody.post("/api/auth/register", body)
    assert (answer.status_code, answer.json()["errors"]) == (400, {"username": ["This name is taken."]})
    person.grants.all().delete()
    assert nobody.post("/api/auth/register", body).status_code == 201


def test_shoppers_may_look_alike(people: dict[str, User], nobody: Api) -> None:
    for name in ("ana1", "anal", "anaI1"):
        answer = nobody.post("/api/auth/register", {"username": name, "password": "seven wild geese"})
        assert answer.status_code == 201, answer.json()


@pytest.mark.parametrize(
    "name", ["mia", "\u05de\u05d9\u05d4", "\u041c\u0438\u0448\u0430", "mia+shop", "mia.2"]
)
def test_names_of_every_script_are_taken(people: Any, nobody: Api, name: str) -> None:
    answer = nobody.post("/api/auth/register", {"username": name, "password": "seven wild geese"})
    assert answer.status_code == 201, answer.json()


@pytest.mark.parametrize("password", ["        ", "19851231", "aaaaaaaaaa", "password123", "trolley-demo"])
def test_passwords_that_are_guessed_first_are_refused(
    people: Any, nobody: Api, settings: Any, password: str
) -> None:
    settings.PRODUCTION = True
    answer = nobody.post("/api/auth/register", {"username": "mia", "password": password})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["password"]
