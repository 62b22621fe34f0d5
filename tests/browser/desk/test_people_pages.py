"""A chain's people, invited on the page and in by the link; and what one sees of one's own account."""

from __future__ import annotations

import email
import re
import time
from email import policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk.test_office_pages import look
from tests.browser.people import Visit
from tests.browser.shopper.test_by_phone import code_for
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

TOUCH = 44
_WITHIN_S = 30.0


def link_for(store: Store, address: str, path: str) -> str:
    """The link that was mailed to the address."""
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        for file in sorted((Path(store.environ["DATA_DIR"]) / "mail").glob("*")):
            letter = file.read_bytes().rpartition(b"\n---")[0]
            message = email.message_from_bytes(letter, policy=policy.default)
            body = message.get_body()
            if message["To"] == address and body is not None:
                found = re.search(rf"/{path}\?token=\S+", body.get_content())
                if found is not None:
                    return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no link came to {address}")


def rows(page: Page) -> list[str]:
    """Who is on the list, with role and place."""
    return [" ".join(text.split()) for text in page.locator(".member").all_inner_texts()]


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_a_manager_invites_somebody_who_comes_in_by_the_link(
    visit: Visit, store: Store, watches: list[Watch], lang: str, desk: bool
) -> None:
    address = f"clerk-{lang}@mail.example"
    manager = visit("/#branches", "manager", lang=lang, desk=desk)
    manager.locator("a[href^='/people/']").click()
    expect(manager.locator(".member").first).to_be_visible()
    found = flaws(manager, least_touch=TOUCH)
    manager.locator(".people-head .btn").click()
    dialog = manager.locator("dialog")
    roles = dialog.locator("#role option").evaluate_all("each => each.map(one => one.value)")
    assert roles == ["staff", "manager"]
    dialog.locator("#who").fill(address)
    dialog.locator("#branch").select_option("BRANCH-001")
    found += flaws(manager, least_touch=TOUCH)
    dialog.locator(".btn-primary").click()
    entry = manager.locator(".member", has_text=address)
    expect(entry.locator(".badge")).to_be_visible()

    newcomer = visit(link_for(store, address, "invitation"), lang=lang)
    watches[1].allow_refusals()
    newcomer.locator("#username").fill(f"clerk-{lang}")
    newcomer.locator("#password").fill("12345")
    found += flaws(newcomer, least_touch=TOUCH)
    newcomer.locator(".signin .btn-primary").click()
    expect(newcomer.locator("#password-error")).to_be_visible()
    newcomer.locator("#password").fill("seven wild geese")
    newcomer.locator(".signin .btn-primary").click()
    newcomer.locator("[role=status] a").click()
    expect(newcomer.locator("a[href='/branch/BRANCH-001']")).to_be_visible()
    newcomer.goto(store.url + link_for(store, address, "invitation"))
    newcomer.locator(".signin .btn-primary").click()
    expect(newcomer.get_by_role("alert")).to_be_visible()
    found += flaws(newcomer, least_touch=TOUCH)

    manager.reload()
    manager.locator(".member", has_text=f"clerk-{lang}").click()
    dialog.locator("#role").select_option("manager")
    save(manager)
    manager.locator(".member", has_text=f"clerk-{lang}").click()
    expect(dialog.locator("#role")).to_have_value("manager")
    dialog.locator(".btn-danger").click()
    found += flaws(manager, least_touch=TOUCH)
    dialog.locator(".btn-danger").click()
    expect(manager.locator(".member", has_text=f"clerk-{lang}")).to_have_count(0)
    assert found == []


def save(manager: Page) -> None:
    """Save what the sheet says; it stays until the list is read anew."""
    dialog = manager.locator("dialog")
    late: list[Route] = []
    manager.route("**/members?*", lambda route: late.append(route), times=1)
    with manager.expect_request("**/members?*"):
        dialog.locator(".btn-primary").click()
    expect(dialog).to_be_visible()  # until the list is read anew
    late[0].continue_()
    expect(dialog).to_be_hidden()


def test_who_manages_nobody_is_told_so(visit: Visit) -> None:
    page = visit("/people/demo-chain", "staff", desk=True)
    expect(page.get_by_role("alert")).to_contain_text("may not do that here")


@pytest.mark.parametrize("lang", ["en", "he"])
def test_ones_account_shows_what_is_new_and_keeps_how_one_is_told(
    visit: Visit, store: Store, watches: list[Watch], lang: str
) -> None:
    name = f"account-{lang}"
    admin = visit("/people/demo-chain", "chain-admin", desk=True)
    page = visit("/account", name, lang=lang)
    expect(page.locator(".ways")).to_be_visible()
    admin.locator(".people-head .btn").click()
    dialog = admin.locator("dialog")
    dialog.locator("#who").fill(name)
    dialog.locator("#role").select_option("manager")
    dialog.locator("#branch").select_option("BRANCH-002")
    dialog.locator(".btn-primary").click()
    expect(admin.locator(".member", has_text=name)).to_be_visible()
    page.reload()
    expect(page.locator(".told").first.locator("li")).to_have_count(1)
    found = flaws(page, least_touch=TOUCH)
    page.locator(".told .btn-icon").click()
    expect(page.locator(".told .btn-icon")).to_have_count(0)
    box = page.locator(".ways tbody tr").first.locator("input").nth(1)
    expect(box).not_to_be_checked()
    box.check()
    page.reload()
    expect(page.locator(".ways tbody tr").first.locator("input").nth(1)).to_be_checked()
    page.locator("#email").fill(f"{name}@mail.example")
    page.locator("form:has(#email) .btn-quiet").click()
    expect(page.locator(".toast")).to_contain_text(f"{name}@mail.example")
    page.goto(store.url + link_for(store, f"{name}@mail.example", "confirm"))
    expect(page.locator("[role=status].signin")).to_contain_text(f"{name}@mail.example")
    page.goto(f"{store.url}/account")
    with page.expect_download() as saved:
        page.locator("section .btn-quiet", has=page.locator(".icon")).click()
    assert f"{name}@mail.example" in Path(saved.value.path()).read_text()
    page.locator(".account > section > .btn-danger").click()
    watches[1].allow_refusals()
    page.locator("dialog #password").fill("not it")
    page.locator("dialog .btn-danger").click()
    expect(page.locator("dialog").get_by_role("alert")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    page.locator("dialog #password").fill("trolley-demo")
    page.locator("dialog .btn-danger").click()
    expect(page).to_have_url(f"{store.url}/")
    assert page.evaluate("localStorage['st.tokens'] ?? null") is None
    assert found == []


@pytest.mark.usefixtures("browser")
def test_what_is_pushed_is_shown_though_no_page_is_open(visit: Visit) -> None:
    page = visit("/account", "pushed")
    page.context.grant_permissions(["notifications"])
    session = page.context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(one["registrationId"] for one in said["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.evaluate(
        """async () => {
          await navigator.serviceWorker.register("/static/js/account/push-worker.js");
          const found = await navigator.serviceWorker.getRegistration("/static/js/account/");
          while (!found.active) await new Promise((on) => setTimeout(on, 20));
        }"""
    )
    message = {
        "origin": page.url.removesuffix("/account"),
        "registrationId": registrations[-1],
        "data": '{"title": "Late", "text": "Bring it back", "link": "/shop"}',
    }
    shown = None
    deadline = time.monotonic() + 60
    # The browser drops what comes before it has written the worker down, and says nothing.
    while shown is None and time.monotonic() < deadline:
        session.send("ServiceWorker.deliverPushMessage", message)
        shown = page.evaluate(
            """async () => {
              const found = await navigator.serviceWorker.getRegistration("/static/js/account/");
              for (let tries = 0; tries < 50; tries += 1) {
                const [shown] = await found.getNotifications();
                if (shown) return [shown.title, shown.body, shown.data.link];
                await new Promise((on) => setTimeout(on, 20));
              }
              return null;
            }"""
        )
    assert shown == ["Late", "Bring it back", "/shop"]


@pytest.mark.parametrize(("lang", "desk"), [("en", False), ("he", True)])
def test_one_gives_ones_account_a_phone_number_and_takes_it_away(
    visit: Visit, store: Store, watches: list[Watch], lang: str, desk: bool
) -> None:
    phone = "+919845077001" if lang == "en" else "+919845077002"
    page = visit("/account", f"phone-{lang}", lang=lang, desk=desk)
    watches[0].allow_refusals()
    form = page.locator("form:has(#phone)")
    form.locator("#phone").fill(phone)
    form.locator("#phone").press("Enter")
    form.locator("#code").fill("00000")
    form.locator("#code").press("Enter")
    expect(form.get_by_role("alert")).to_be_visible()
    look(page, f"phone-{lang}-{'desk' if desk else 'phone'}")
    found = flaws(page)
    form.locator("#code").fill(code_for(store, phone))
    form.locator("#code").press("Enter")
    # Whoever only has the browser in their hands does not get further.
    form.locator("#proof-phone").fill("not it")
    form.locator("#proof-phone").press("Enter")
    expect(form.get_by_role("alert")).to_be_visible()
    form.locator("#proof-phone").fill("trolley-demo")
    look(page, f"proof-{lang}-{'desk' if desk else 'phone'}")
    found += flaws(page)
    form.locator("#proof-phone").press("Enter")
    expect(form.locator("#code")).to_have_count(0)
    page.reload()
    expect(form.locator("#phone")).to_have_value(phone)
    form.locator(".btn-bare").click()
    form.locator("#proof-phone").fill("trolley-demo")
    form.locator(".btn-bare").click()
    expect(form.locator("#phone")).to_have_value("")
    page.reload()
    expect(form.locator("#phone")).to_have_value("")
    assert found == []
