"""Somebody who has nothing but a phone: scan, number, code, and the lock opens."""

from __future__ import annotations

import email
import json
import re
import time
from email import policy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hardware import Hardware
from tests.browser.people import Visit, tokens
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

TOUCH = 44
_WITHIN_S = 30.0


def arrived(store: Store, folder: str, count: int = 1) -> list[Path]:
    """Wait until so many messages are in the folder; returns them, the oldest first."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        found = sorted((Path(store.environ["DATA_DIR"]) / folder).glob("[!.]*"))
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {count} messages came\n{store.log()}"
        time.sleep(0.05)


def code_for(store: Store, phone: str) -> str:
    """The code of the last text message to that phone."""
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        for file in reversed(arrived(store, "sms")):
            message = json.loads(file.read_text())
            if message["to"] == phone:
                found = re.search(r"#(\d{6})$", message["text"])
                assert found is not None
                return found[1]
        time.sleep(0.05)
    raise AssertionError(f"no message came to {phone}")


def printed(store: Store, number: int) -> str:
    """What the printed code of a trolley opens, with its signature."""
    token = tokens(store, "manager")["access"]
    parts = urlsplit(str(store.get(f"/api/trolleys/TROLLEY_{number}", token)["qr_code_data"]))
    assert parts.query.startswith("k=")
    return f"{parts.path}?{parts.query}"


def a_week_goes_by(page: Page) -> None:
    """Let the access token be old; the refresh token is good for 30 days."""
    page.evaluate(
        """() => {
          const kept = JSON.parse(localStorage["st.tokens"]);
          kept.access = `x.${btoa('{"exp": 1}')}.x`;
          localStorage["st.tokens"] = JSON.stringify(kept);
        }"""
    )


@pytest.mark.parametrize(("lang", "number", "phone"), [("en", 20, "98123 40020"), ("he", 22, "98123 40022")])
def test_a_phone_opens_the_lock_and_next_week_without_a_code(
    visit: Visit, store: Store, hardware: Hardware, watches: list[Watch], lang: str, number: int, phone: str
) -> None:
    page = visit(printed(store, number), lang=lang)
    watches[0].allow_refusals()  # a wrong code
    found = flaws(page, least_touch=TOUCH)
    page.locator("#phone").fill(phone)
    page.locator(".signin .btn-primary").click()
    expect(page.locator("#code")).to_be_focused()
    found += flaws(page, least_touch=TOUCH)
    page.reload()  # whoever looks at the message may find the page dropped
    expect(page.locator("#code")).to_be_visible()
    digits = code_for(store, "+91" + phone.replace(" ", ""))
    page.locator("#code").fill(f"{(int(digits) + 1) % 10**6:06}")
    expect(page.get_by_role("alert")).to_contain_text("4")
    found += flaws(page, least_touch=TOUCH)
    expect(page.locator("#code")).to_have_value("")
    page.locator("#code").press_sequentially(digits)
    expect(page.locator(".lock-open")).to_be_visible()
    expect(page.locator(".holding")).to_contain_text(f"TROLLEY_{number}")
    assert found == []

    hardware.pull(number)
    page.locator(".end-button").click()
    page.locator("dialog .btn-danger").click()
    expect(page.locator(".summary")).to_be_visible()
    hardware.push_back(number)

    a_week_goes_by(page)
    page.goto(store.url + printed(store, number + 1))
    page.locator(".claim .btn-tag").click()
    expect(page.locator(".lock-open")).to_be_visible()
    expect(page.locator(".holding")).to_contain_text(f"TROLLEY_{number + 1}")
    hardware.pull(number + 1)
    page.locator(".end-button").click()
    page.locator("dialog .btn-danger").click()
    hardware.push_back(number + 1)


def test_what_is_no_number_is_said_where_it_was_typed(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/shop")
    watches[0].allow_refusals()
    page.get_by_label("Phone number").fill("12")
    page.get_by_role("button", name="Send me the code").click()
    expect(page.locator("#phone-error")).to_contain_text("Expected a phone number")
    page.get_by_role("button", name="Sign in with a password").click()
    page.get_by_role("button", name="With a code by phone").click()
    expect(page.get_by_label("Phone number")).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "he"])
def test_a_lost_password_is_chosen_anew_by_the_link_in_the_mail(
    visit: Visit, store: Store, watches: list[Watch], lang: str
) -> None:
    before = len(list((Path(store.environ["DATA_DIR"]) / "mail").glob("*")))
    page = visit("/login", lang=lang)
    page.locator("a[href='/reset']").click()
    page.locator("#email").fill("gold@demo.example" if lang == "en" else "silver@demo.example")
    found = flaws(page, least_touch=TOUCH)
    page.locator(".signin .btn-primary").click()
    expect(page.locator("[role=status].signin")).to_be_visible()
    mail = arrived(store, "mail", before + 1)[-1]
    text = email.message_from_bytes(mail.read_bytes().partition(b"\n---")[0], policy=policy.default)
    body = text.get_body()
    assert body is not None
    link = re.search(r"/reset\?token=\S+", body.get_content())
    assert link is not None
    page.goto(store.url + link[0])
    page.locator("#password").fill("a brand new one")
    found += flaws(page, least_touch=TOUCH)
    page.locator(".signin .btn-primary").click()
    expect(page.locator("[role=status].signin a")).to_be_visible()
    watches[0].allow_refusals()  # the link is used now
    page.goto(store.url + link[0])
    page.locator("#password").fill("and another one")
    page.locator(".signin .btn-primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    page.goto(f"{store.url}/confirm?token=x")
    expect(page.get_by_role("alert")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    assert found == []
