"""The second factor: set up, asked for at every door, and lost."""

from __future__ import annotations

from base64 import b32decode
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import Login, User
from tests.core.support import Api

PASSWORD = "a long enough secret"


@pytest.fixture
def owner(db: None) -> User:
    user: User = User.objects.create_user("owner", password=PASSWORD)
    return user


def code_of(secret: str, step: int = 0) -> str:
    """What an authenticator app shows, ``step`` half minutes from now."""
    padded = secret + "=" * (-len(secret) % 8)
    app = TOTP(b32decode(padded), drift=step)
    return f"{app.token():06d}"


def fresh(user: User) -> None:
    """Let the next code count: each counts once, and a wrong one makes the next wait."""
    TOTPDevice.objects.filter(user=user).update(last_t=-1, throttling_failure_count=0)
    StaticDevice.objects.filter(user=user).update(throttling_failure_count=0)


def set_up(user: User) -> tuple[str, list[str]]:
    me = Api(user)
    begun = me.post("/api/me/totp", {}).json()
    assert begun["otpauth_url"].startswith("otpauth://totp/Smart%20Trolley")
    assert begun["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    codes = me.post("/api/me/totp/confirm", {"otp": code_of(begun["secret"])}).json()["recovery_codes"]
    fresh(user)
    return begun["secret"], codes


def enter(**body: Any) -> Any:
    return Api().post("/api/auth/token", {"username": "owner", "password": PASSWORD, **body})


def test_a_login_needs_the_code_once_it_is_confirmed(owner: User) -> None:
    Api(owner).post("/api/me/totp", {})
    assert enter().status_code == 200
    secret, _ = set_up(owner)
    missing = enter()
    assert (missing.status_code, missing.json()["code"]) == (401, "otp_required")
    wrong = enter(otp="000000")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "otp_wrong")
    fresh(owner)
    right = enter(otp=code_of(secret))
    assert right.status_code == 200
    again = enter(otp=code_of(secret))
    assert (again.status_code, again.json()["code"]) == (401, "otp_wrong")


def test_a_wrong_password_says_nothing_of_the_second_factor(owner: User) -> None:
    set_up(owner)
    answer = Api().post("/api/auth/token", {"username": "owner", "password": "wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")


def test_a_recovery_code_counts_once(owner: User) -> None:
    _, codes = set_up(owner)
    assert len(set(codes)) == 10
    assert enter(otp=codes[0]).status_code == 200
    assert enter(otp=codes[0]).status_code == 401
    fresh(owner)
    assert enter(otp=codes[1].upper()).status_code == 200


def test_new_recovery_codes_make_the_old_ones_void(owner: User) -> None:
    secret, old = set_up(owner)
    answer = Api(owner).post("/api/me/totp/recovery-codes", {"otp": code_of(secret)})
    new = answer.json()["recovery_codes"]
    assert not set(new) & set(old)
    fresh(owner)
    assert enter(otp=old[0]).status_code == 401


def test_it_is_turned_off_with_its_code_only(owner: User) -> None:
    secret, _ = set_up(owner)
    me = Api(owner)
    refused = me.call("DELETE", "/api/me/totp", {"otp": "123456"})
    assert (refused.status_code, refused.json()["code"]) == (400, "otp_wrong")
    fresh(owner)
    assert me.get("/api/me").json()["factors"] == ["password", "totp"]
    assert me.call("DELETE", "/api/me/totp", {"otp": code_of(secret)}).status_code == 204
    assert me.get("/api/me").json()["factors"] == ["password"]
    assert enter().status_code == 200


def test_wrong_codes_are_counted_as_wrong_passwords_are(owner: User, settings: Any) -> None:
    settings.AUTH_FAILURE_RATE = "3/minute"
    set_up(owner)
    answers = [enter(otp="000000").status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]


def test_the_admin_is_entered_by_the_products_own_login_and_left_with_it(owner: User) -> None:
    owner.is_staff = owner.is_superuser = True
    owner.save()
    secret, _ = set_up(owner)
    browser = Client()
    asked = browser.get("/admin/accounts/user/", follow=True)
    assert asked.redirect_chain[-1][0] == "/login?next=%2Fadmin%2Faccounts%2Fuser%2F"
    pair = enter(otp=code_of(secret)).json()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert browser.post("/api/auth/admin", headers=headers).status_code == 204
    assert browser.get("/admin/accounts/user/").status_code == 200
    Api().post("/api/auth/logout", {"refresh": pair["refresh"]})
    assert browser.get("/admin/accounts/user/").status_code == 302
    assert browser.get("/print/branches/OWN/qr-sheet").headers["Location"].startswith("/login?next=%2Fprint")


def test_the_admin_is_nobody_elses(owner: User) -> None:
    browser = Client()
    token = {"Authorization": f"Bearer {enter().json()['access']}"}
    assert browser.post("/api/auth/admin", headers=token).status_code == 403
    assert browser.post("/api/auth/admin").status_code == 401
    assert browser.get("/admin/").status_code == 302
    password = {"username": "owner", "password": PASSWORD}
    assert browser.post("/admin/login/", password).headers["Location"].startswith("/login?")
    assert browser.get("/admin/").status_code == 302


def test_one_sees_where_one_is_logged_in_and_ends_it(owner: User) -> None:
    here, there = enter().json(), enter().json()
    me = Api(token=here["access"])
    logins = me.get("/api/me/logins").json()
    assert [each["is_current"] for each in logins].count(True) == 1
    assert len(logins) == 2
    other = next(each for each in logins if not each["is_current"])
    assert me.delete(f"/api/me/logins/{other['id']}").status_code == 204
    assert Api(token=there["access"]).get("/api/me").status_code == 401
    assert [each["id"] for each in me.get("/api/me").json()["logins"]] == [
        each["id"] for each in logins if each["is_current"]
    ]


def test_nobody_ends_the_login_of_somebody_else(owner: User) -> None:
    enter()
    stranger: User = User.objects.create_user("stranger", password=PASSWORD)
    foreign = Login.objects.get(user=owner)
    answer = Api(stranger).delete(f"/api/me/logins/{foreign.pk}")
    assert (answer.status_code, answer.json()["code"]) == (404, "login_not_found")
    foreign.refresh_from_db()
    assert foreign.ended_at is None
