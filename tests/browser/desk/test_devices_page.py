"""The devices pages: a Pi comes in by its code, boards and slots are edited, its bus is watched, it goes."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.hardware import DEVICE_ID, Hardware
from tests.browser.people import Visit, tokens
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

TOUCH = 44
_STAFF = """
from core.accounts.models import Grant, User
from core.tenancy.models import Branch
branch = Branch.objects.get(code="BRANCH-001")
user = User.objects.get(username="floor-staff")
Grant.objects.create(user=user, role="staff", chain=branch.chain, branch=branch)
"""


_RELEASE = """
from django.core.files.base import ContentFile
from core.firmware.models import Release
Release.objects.create(
    version="9.9.9", size=3, sha256="ab" * 32, signature="eA==", file=ContentFile(b"xyz", name="f")
)
"""


def _register(page: Page, code: str, name: str, mac: str, branch: str = "BRANCH-001") -> None:
    """Do what the agent does with the code."""
    origin = "/".join(page.url.split("/", 3)[:3])
    body = {
        "mac_address": mac, "serial_number": mac.replace(":", ""), "branch_code": branch,
        "claim_code": code, "name": name,
    }  # fmt: skip
    request = urllib.request.Request(
        f"{origin}/api/devices/register",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=90) as answer:
        assert answer.status == 201


PI = f"/branch/BRANCH-001/devices/{DEVICE_ID}"


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("en", False), ("he", True), ("he", False)])
def test_the_pages_and_their_sheets_have_no_flaw(
    visit: Visit, hardware: Hardware, lang: str, desk: bool
) -> None:
    page = visit("/branch/BRANCH-001/devices", "manager", lang=lang, desk=desk)
    expect(page.locator(".pi").first).to_be_visible()
    found = flaws(page, least_touch=TOUCH)
    page.locator(".devices-head .btn-primary").click()
    expect(page.locator("dialog[open] .claim-code")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    page.keyboard.press("Escape")
    page.locator(f".pi a[href$='{DEVICE_ID}']").last.click()
    expect(page.locator(".inspect .frames-none")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    for opener in ("button.slot", ".section-head .btn", ".boards .btn", ".pi-actions .btn-warns"):
        page.locator(opener).first.click()
        expect(page.locator("dialog[open] .btn-wide").first).to_be_visible()
        found += flaws(page, least_touch=TOUCH)
        page.keyboard.press("Escape")
    page.locator(".inspect-orders .btn-primary").click()
    expect(page.locator(".frame").first).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    assert found == []


def test_a_pi_comes_in_gets_a_board_and_is_revoked_and_removed(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    page.get_by_role("link", name=re.compile("^Devices of the branch")).click()
    page.locator(".devices-head .btn-primary").click()
    code = page.locator(".claim-code strong").inner_text()
    expect(page.locator(".command code")).to_contain_text(f"--register {code} --branch BRANCH-001")
    _register(page, code, "Pi at the gate", "b8:27:eb:77:00:01")
    expect(page.locator("dialog [role=status]")).to_have_text("Pi at the gate is registered.")
    page.locator("dialog .btn-primary").click()
    page.get_by_role("link", name="Pi at the gate").click()
    head = page.get_by_role("region", name="Pi at the gate")
    page.get_by_role("button", name="Add a board").click()
    address = page.get_by_label("Address on the bus")
    address.fill("99")
    page.locator("dialog .btn-primary").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#address-error")).to_have_text("Expected 0 to 15 for this protocol.")
    address.fill("4")
    page.locator("dialog .btn-primary").click()
    expect(page.locator(".boards tbody tr")).to_have_count(1)
    head.get_by_role("button", name="Revoke").click()
    page.locator("dialog .btn-danger").click()
    expect(head.locator(".pill")).to_have_text("Revoked")
    expect(head.get_by_role("button", name=re.compile("Revoke|New token"))).to_have_count(0)
    head.get_by_role("button", name="Remove from the branch").click()
    page.locator("dialog .btn-danger").click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-001/devices$"))
    expect(page.locator(".pi").first).to_be_visible()
    expect(page.get_by_text("Pi at the gate")).to_have_count(0)
    watches[0].allow_refusals()


def test_a_trolley_gets_another_slot_and_the_one_that_was_there_has_none(
    visit: Visit, hardware: Hardware
) -> None:
    page = visit(PI, "manager", desk=True)
    page.get_by_role("button", name="Lock 7, Trolley 23", exact=False).click()
    sheet = page.get_by_role("dialog", name="Board 1, lock 7")
    sheet.get_by_label("The trolley that belongs here").select_option("TROLLEY_24")
    expect(sheet).to_contain_text("Trolley 24 moves here from its other slot.")
    expect(sheet).to_contain_text("Trolley 23 belongs here now.")
    sheet.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Lock 7, Trolley 24", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Lock 8, No trolley", exact=False).last).to_be_visible()
    for lock, trolley in (("Lock 8, No trolley", "TROLLEY_24"), ("Lock 7, No trolley", "TROLLEY_23")):
        page.get_by_role("button", name=lock, exact=False).last.click()
        page.get_by_label("The trolley that belongs here").select_option(trolley)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Lock 7, Trolley 23", exact=False)).to_be_visible()


def test_the_bus_is_watched_paused_filtered_and_left(visit: Visit, hardware: Hardware) -> None:
    page = visit(PI, "manager", desk=True)
    inspector = page.get_by_role("region", name="Live bus")
    expect(page).to_have_title("Devices · Pi at the entrance · Smart Trolley")
    expect(inspector).to_contain_text("Nobody watches now.")
    inspector.get_by_role("button", name="Watch").click()
    expect(inspector.locator(".frame-meaning", has_text="Status of board 1?").first).to_be_visible()
    # Other tests open locks of this board.
    hooks = re.compile(r"Board 0: (every lock closed|open )")
    expect(inspector.locator(".frame-meaning", has_text=hooks).first).to_be_visible()
    inspector.get_by_label("Show").select_option("1")
    # By whose turn it is: the answer of board 0 may come late, in board 1's.
    expect(inspector.locator(".frame-way", has_text="0")).to_have_count(0)
    frames = inspector.locator(".frames")
    frames.press(" ")
    held = inspector.locator(".frame").count()
    expect(inspector.get_by_role("status")).to_contain_text(re.compile("Paused. [1-9][0-9]* frames"))
    assert inspector.locator(".frame").count() == held
    frames.press(" ")
    expect(inspector.get_by_role("button", name="Pause")).to_be_visible()
    inspector.get_by_label("Show").select_option("")
    hardware.fault("dead 1")
    try:
        inspector.get_by_role("button", name="Only what went wrong").click()
        expect(inspector.locator(".frame-fault", has_text="No answer").first).to_be_visible()
    finally:
        hardware.fault("none")
    # The board is heard again before others need its locks.
    expect(page.get_by_role("button", name="Lock 1, Trolley 17, closed")).to_be_visible(timeout=30_000)
    inspector.get_by_role("button", name="Stop").click()
    expect(inspector.get_by_role("button", name="Watch")).to_be_enabled()
    expect(inspector.get_by_role("timer")).to_have_count(0)


def test_firmware_goes_out_over_a_chain_and_is_paused_resumed_and_aborted(
    visit: Visit, hardware: Hardware, store: Store
) -> None:
    store.manage("shell", "-v0", "-c", _RELEASE)
    page = visit("/branch/BRANCH-002/devices", "admin", desk=True)
    page.locator(".devices-head .btn-primary").click()
    code = page.locator(".claim-code strong").inner_text()
    _register(page, code, "Pi in the back", "b8:27:eb:77:00:02", "BRANCH-002")
    page.locator("dialog .btn-primary").click()
    page.get_by_role("button", name="Update firmware").click()
    sheet = page.get_by_role("dialog", name="Update firmware")
    sheet.get_by_label("Where to").select_option("chain")
    sheet.get_by_label("Pause above this share of failures, %").fill("100")
    sheet.get_by_role("button", name="Begin the update").click()
    rollout = page.get_by_role("region", name="Firmware 9.9.9")
    expect(rollout).to_contain_text("chain demo-chain")
    # The one at the entrance has no key to check a signature with, and says so.
    expect(rollout.locator(".jobs li", has_text="Pi at the entrance")).to_contain_text("firmware.public_key")
    expect(rollout.locator(".jobs li", has_text="Pi in the back")).to_contain_text("Offered")
    # A manager sees how it goes and has no say in it.
    manager = visit("/branch/BRANCH-001/devices", "manager", desk=True)
    seen = manager.get_by_role("region", name="Firmware 9.9.9")
    expect(seen.locator(".jobs li", has_text="Pi at the entrance")).to_contain_text("Failed")
    expect(seen.get_by_role("button")).to_have_count(0)
    expect(manager.locator(".pi", has_text="Pi at the entrance")).to_contain_text("Firmware 9.9.9: Failed")
    rollout.get_by_role("button", name="Pause").click()
    expect(rollout.locator(".pill")).to_have_text("Paused")
    rollout.get_by_role("button", name="Go on").click()
    expect(rollout.locator(".pill")).to_have_text("Under way")
    rollout.get_by_role("button", name="Abort").click()
    rollout.get_by_role("button", name="Abort").click()
    expect(rollout.locator(".pill")).to_have_text("Aborted")
    expect(rollout.locator(".jobs li", has_text="Pi in the back")).to_contain_text("Left out")


def test_a_rollout_in_which_the_only_pi_failed_says_so_and_those_that_failed_are_tried_again(
    visit: Visit, hardware: Hardware, store: Store
) -> None:
    store.manage("shell", "-v0", "-c", _RELEASE.replace("9.9.9", "9.9.8"))
    page = visit(PI, "manager", desk=True)
    page.get_by_role("button", name="Update").click()
    sheet = page.get_by_role("dialog", name="Update Pi at the entrance")
    sheet.get_by_label("Version").select_option("9.9.8")
    sheet.get_by_role("button", name="Begin the update").click()
    expect(sheet).to_have_count(0)
    page.goto(f"{store.url}/branch/BRANCH-001/devices")
    rollout = page.get_by_role("region", name="Firmware 9.9.8")
    # It has no key to check a signature with.
    expect(rollout.locator(".pill")).to_have_text("Failed: 0 updated, 1 failed")
    expect(rollout).to_contain_text("Too many Pis failed.")
    first = page.request.get(f"{store.url}/api/rollouts", headers=_as_manager(store)).json()["results"][0]
    assert (first["status"], first["counts"]) == ("paused", {"failed": 1})

    def tells_that_the_next_one_failed(answer: Response) -> bool:
        if answer.request.method != "GET" or "/api/rollouts" not in answer.url:
            return False
        newest = answer.json()["results"][0]
        return newest["id"] != first["id"] and newest["status"] == "paused"

    with page.expect_response(tells_that_the_next_one_failed, timeout=30_000):
        rollout.get_by_role("button", name="Try the failed ones again").click()
    # It alone is shown: the one before has nothing left to do.
    expect(rollout).to_have_count(1)
    expect(rollout.locator(".pill")).to_have_text("Failed: 0 updated, 1 failed")
    before = page.request.get(f"{store.url}/api/rollouts/{first['id']}", headers=_as_manager(store)).json()
    assert before["status"] == "finished"
    rollout.get_by_role("button", name="Abort").click()
    rollout.get_by_role("button", name="Abort").click()
    expect(rollout.locator(".pill")).to_have_text("Aborted")


def _as_manager(store: Store) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens(store, 'manager')['access']}"}


def test_staff_may_look_but_find_nothing_to_order(visit: Visit, hardware: Hardware, store: Store) -> None:
    tokens(store, "floor-staff")
    store.manage("shell", "-v0", "-c", _STAFF)
    page = visit(PI, "floor-staff", desk=True)
    expect(page.locator(".slot").first).to_be_visible()
    expect(page.get_by_role("region", name="Round trip of a request")).to_be_visible()
    expect(page.locator("main button:not(.chip)")).to_have_count(0)


def test_who_has_no_role_here_sees_nothing(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/devices", "shopper2", desk=True)
    expect(page.locator(".empty h2")).to_have_text("This branch is not yours to see")
