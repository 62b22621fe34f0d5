"""The devices page: a Pi comes in by its code, boards are edited, a Pi is revoked."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit
from tests.browser.watch import flaws

TOUCH = 44


def _register(page: Page, code: str, name: str, mac: str) -> None:
    """Do what the agent does with the code."""
    origin = "/".join(page.url.split("/", 3)[:3])
    body = {
        "mac_address": mac, "serial_number": mac.replace(":", ""), "branch_code": "BRANCH-001",
        "claim_code": code, "name": name,
    }  # fmt: skip
    request = urllib.request.Request(
        f"{origin}/api/devices/register",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 201


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("en", False), ("he", True), ("he", False)])
def test_the_page_and_its_sheets_have_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/branch/BRANCH-001/devices", "manager", lang=lang, desk=desk)
    expect(page.locator(".pi").first).to_be_visible()
    found = flaws(page, least_touch=TOUCH)
    for opener in (".devices-head .btn-primary", ".boards .btn", ".pi-actions .btn-warns"):
        page.locator(opener).first.click()
        expect(page.locator("dialog[open] .btn-wide, dialog[open] .claim-code").first).to_be_visible()
        found += flaws(page, least_touch=TOUCH)
        page.keyboard.press("Escape")
    assert found == []


def test_a_pi_comes_in_gets_a_board_and_is_revoked(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    page.locator(".pill-link").click()
    page.locator(".devices-head .btn-primary").click()
    code = page.locator(".claim-code strong").inner_text()
    expect(page.locator(".command code")).to_contain_text(f"--register {code} --branch BRANCH-001")
    _register(page, code, "Pi at the gate", "b8:27:eb:77:00:01")
    expect(page.locator("dialog [role=status]")).to_have_text("Pi at the gate is registered.")
    page.locator("dialog .btn-primary").click()
    card = page.locator(".pi", has_text="Pi at the gate")
    card.get_by_role("button", name="Add a board").click()
    page.locator("#address").fill("4")
    page.locator("dialog .btn-primary").click()
    expect(card.locator(".boards tbody tr")).to_have_count(1)
    card.get_by_role("button", name="Revoke").click()
    page.locator("dialog .btn-danger").click()
    expect(card.locator(".pill")).to_have_text("Revoked")
    expect(card.get_by_role("button", name=re.compile("Revoke|New token"))).to_have_count(0)


def test_staff_without_the_role_only_look(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/devices", "shopper2", desk=True)
    expect(page.locator(".empty h2")).to_have_text("This branch is not yours to see")
