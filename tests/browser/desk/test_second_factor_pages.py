"""A second factor on the pages: turned on, asked for, turned off; the admin opens with the same login."""

from __future__ import annotations

import os
from base64 import b32decode

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from core.config.production import DEMO_PASSWORD
from tests.browser.people import Visit, tokens
from tests.browser.shopper.test_by_phone import code_for
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

TOUCH = 44
_STRICT = """
from core.accounts.models import Grant, User
from core.tenancy.models import Branch, Chain
chain, _ = Chain.objects.get_or_create(
    slug="strict-mart",
    defaults={{"name": "Strict Mart", "currency": "INR", "country": "IN", "demands_second_factor": True}},
)
branch, _ = Branch.objects.get_or_create(chain=chain, code="{code}", defaults={{"name": "Strict Mart"}})
Grant.objects.create(user=User.objects.get(username="{name}"), role="manager", chain=chain, branch=branch)
"""
_FORGET = """
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
TOTPDevice.objects.filter(user__username="{name}").update(last_t=-1, throttling_failure_count=0)
StaticDevice.objects.filter(user__username="{name}").update(throttling_failure_count=0)
"""
"""A wrong code makes the next one wait, and a code counts once."""
_BY_PHONE = """
from core.accounts.models import User
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
user = User.objects.create(username="{phone}", phone="{phone}")
TOTPDevice.objects.create(user=user, confirmed=True)
StaticToken.objects.create(device=StaticDevice.objects.create(user=user), token="recovery01")
"""


def _look(page: Page, name: str) -> None:
    if folder := os.environ.get("FACTOR_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _code(secret: str) -> str:
    """What the app shows now."""
    app = TOTP(b32decode(secret + "=" * (-len(secret) % 8)))
    return f"{app.token():06d}"


def _sign_in(page: Page, name: str) -> None:
    page.locator("#username").fill(name)
    page.locator("#password").fill(DEMO_PASSWORD)
    page.locator(".signin .btn-primary").click()


def _enter_with_a_recovery_code(page: Page, store: Store, name: str, recovery: str) -> list[str]:
    """Sign in anew, with a wrong code first; return what is wrong with the page."""
    page.evaluate("localStorage.removeItem('st.tokens')")
    page.goto(f"{store.url}/login")
    _sign_in(page, name)
    expect(page.locator("#otp")).to_be_focused()
    found = flaws(page, least_touch=TOUCH)
    page.locator("#otp").fill("wrong-code")
    page.locator(".signin .btn-primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _look(page, f"asked-{name}")
    store.manage("shell", "-v0", "-c", _FORGET.format(name=name))
    page.locator("#otp").fill(recovery)
    page.locator(".signin .btn-primary").click()
    return found


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_a_manager_whose_chain_demands_it_turns_it_on_and_gets_to_work(
    visit: Visit, store: Store, watches: list[Watch], lang: str, desk: bool
) -> None:
    name, code = f"careful-{lang}", f"STRICT-{lang.upper()}"
    tokens(store, name)
    store.manage("shell", "-v0", "-c", _STRICT.format(name=name, code=code))
    page = visit("/login", lang=lang, desk=desk)
    watches[0].allow_refusals()
    _sign_in(page, name)
    part = page.locator("#second-factor")
    expect(part.locator(".note")).to_be_visible()
    expect(part).to_be_in_viewport()
    part.locator(".btn-quiet").click()
    expect(part.locator("img")).to_be_visible()
    assert part.locator("img").evaluate("each => each.decode().then(() => each.naturalWidth)") > 0
    found = flaws(page, least_touch=TOUCH)
    _look(page, f"enrol-{lang}")
    secret = part.locator(".secret").inner_text()
    part.locator("#otp").fill("000000")
    part.locator(".btn-primary").click()
    expect(part.get_by_role("alert")).to_be_visible()
    store.manage("shell", "-v0", "-c", _FORGET.format(name=name))
    part.locator("#otp").fill(_code(secret))
    part.locator(".btn-primary").click()
    expect(part.locator(".recovery-codes li")).to_have_count(10)
    recovery = part.locator(".recovery-codes li").first.inner_text()
    found += flaws(page, least_touch=TOUCH)
    _look(page, f"codes-{lang}")
    part.locator(".btn-primary").click()
    expect(part.locator(".note")).to_have_count(0)

    found += _enter_with_a_recovery_code(page, store, name, recovery)
    expect(page).to_have_url(f"{store.url}/branch/{code}")

    page.goto(f"{store.url}/account#second-factor")
    part.locator(".btn-bare").click()
    store.manage("shell", "-v0", "-c", _FORGET.format(name=name))
    part.locator("#otp").fill(_code(secret))
    part.locator(".btn-danger").click()
    expect(part.locator(".note")).to_be_visible()
    assert found == []


def test_a_phones_code_is_followed_by_that_of_the_second_factor(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    phone = "+919812340077"
    store.manage("shell", "-v0", "-c", _BY_PHONE.format(phone=phone))
    page = visit("/t/TROLLEY_55")
    watches[0].allow_refusals()
    page.locator("#phone").fill(phone)
    page.locator(".signin .btn-primary").click()
    page.locator("#code").fill(code_for(store, phone))
    expect(page.locator("#otp")).to_be_focused()
    found = flaws(page, least_touch=TOUCH)
    _look(page, "by-phone")
    page.locator("#otp").fill("recovery01")
    page.locator(".signin .btn-primary").click()
    expect(page.locator(".signin")).to_have_count(0)
    assert found == []


def test_the_admin_opens_with_the_login_that_one_has(visit: Visit, store: Store) -> None:
    page = visit("/#branches", "admin", desk=True)
    page.locator("#branches .choice[href^='/login?next=%2Fadmin']").click()
    expect(page.locator("#site-name")).to_be_visible()
    page.goto(f"{store.url}/admin/tenancy/branch/")
    expect(page.locator("#content h1")).to_be_visible()
    _look(page, "admin")


def test_who_is_not_of_the_platforms_staff_is_told_so_at_the_admins_door(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    page = visit("/admin/", desk=True)
    watches[0].allow_refusals()
    _sign_in(page, "manager")
    expect(page.get_by_role("alert").first).to_contain_text("may not do that here")
    expect(page.locator("#username")).to_be_visible()
    _look(page, "refused")
