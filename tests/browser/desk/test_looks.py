"""What a page looks like where it is seldom looked at: on paper, at night, without a font, without a page."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.people import Visit, tokens
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

_STAFF = ("", "/orders", "/exit", "/devices", "/office", "/till")


def _brightness(page: Page, selector: str) -> float:
    """How light the background is, from 0 to 255."""
    colour = page.locator(selector).first.evaluate("one => getComputedStyle(one).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (red + green + blue) / 3


@pytest.mark.parametrize("where", _STAFF, ids=lambda where: where.strip("/") or "map")
def test_the_first_stop_of_the_keyboard_leads_past_what_stands_on_every_page(
    visit: Visit, where: str
) -> None:
    page = visit(f"/branch/BRANCH-001{where}", "manager", desk=True)
    expect(page.locator("main :is(.btn, .input, .chip, .entry)").filter(visible=True).first).to_be_visible()
    skip = page.locator(".skip")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_map_is_printed_light_and_without_what_can_be_pressed_though_the_screen_is_dark(
    visit: Visit,
) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(page.locator(".plan-close, .plan").first).to_be_visible()
    assert _brightness(page, ".plan") < 60
    page.emulate_media(media="print")
    assert _brightness(page, "html") > 200
    assert _brightness(page, ".plan") > 200
    for unseen in (".rail", ".frame-bar", ".find", ".plan-zoom", ".latest"):
        expect(page.locator(unseen).first).to_be_hidden()
    expect(page.locator(".entry").last).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).overflowY") == "visible"


def test_a_screen_at_the_wall_is_dark_at_night_and_bright_for_whoever_touches_it(
    visit: Visit, store: Store
) -> None:
    # The branch moves to where it is night, for a page whose clock runs ahead has no login any more.
    _change(store, "BRANCH-001", timezone=_zone_where_it_is_night())
    try:
        page = visit("/branch/BRANCH-001?wall=on", "manager", desk=True)
        expect(page.locator("body[data-wall]")).to_be_visible()
        expect(page.locator("body[data-night]")).to_be_visible()
        assert _brightness(page, ".board .plan") < 60
        page.mouse.click(5, 5)
        expect(page.locator("body[data-night]")).to_have_count(0)
        assert _brightness(page, ".board .plan") > 200
    finally:
        _change(store, "BRANCH-001", timezone="Asia/Kolkata")


_ROUND_THE_WORLD = (
    "Pacific/Honolulu", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London",
    "Asia/Dubai", "Asia/Dhaka", "Asia/Shanghai", "Asia/Tokyo", "Pacific/Auckland",
)  # fmt: skip


def _zone_where_it_is_night() -> str:
    """Return a zone where it is before four in the morning, or after eleven in the evening."""
    return next(zone for zone in _ROUND_THE_WORLD if datetime.now(ZoneInfo(zone)).hour in (23, 0, 1, 2, 3))


def test_a_chosen_part_of_the_office_is_in_sight_on_a_phone(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001/office?tab=plan", "manager")
    expect(page.locator(".office-tabs [aria-pressed=true]")).to_be_in_viewport(ratio=0.99)
    page.get_by_role("button", name="Figures").click()
    expect(page.locator(".office-tabs [aria-pressed=true]")).to_be_in_viewport(ratio=0.99)


def test_on_a_phone_alarms_map_and_list_are_a_press_away_wherever_one_is(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager")
    for name, shown in (("List", ".board-list"), ("Map", ".board-map"), ("Alarms", ".alarms")):
        page.locator(".tabs").get_by_role("button", name=name).click()
        expect(page.locator(shown)).to_be_visible()
        assert page.locator(".board-list, .board-map, .alarms").filter(visible=True).count() == 1
        page.mouse.wheel(0, 4000)
        expect(page.locator(".tabs")).to_be_in_viewport(ratio=0.99)
        page.mouse.wheel(0, -8000)
    assert flaws(page) == []


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_a_long_name_stays_in_its_place_and_a_new_one_reaches_the_pages_that_are_open(
    visit: Visit, store: Store, lang: str, desk: bool
) -> None:
    page = visit("/branch/BRANCH-011", "chain-admin", lang=lang, desk=desk)
    title = page.locator(".frame-title h1")
    expect(title).not_to_have_text("BRANCH-011")
    name = f"{'Donaudampfschifffahrtsgesellschaft' * 3} {lang}"
    _change(store, "BRANCH-011", name=name)
    expect(title).to_have_text(name)
    assert flaws(page) == []
    tools = page.locator(".pills").bounding_box()
    box = title.bounding_box()
    assert box is not None
    assert tools is not None
    apart = box["x"] + box["width"] <= tools["x"] + 1 or tools["x"] + tools["width"] <= box["x"] + 1
    assert apart or box["y"] + box["height"] <= tools["y"] + 1
    for where in ("/#branches", "/branch/BRANCH-011/orders"):
        page.goto(f"{store.url}{where}")
        expect(page.locator("main :is(.btn, .choice, .input)").filter(visible=True).first).to_be_visible()
        assert flaws(page) == []
    _change(store, "BRANCH-011", name="Demo Mart Kiosk")


def _change(store: Store, branch: str, **changes: str) -> None:
    """As another manager would, over the API."""
    address = f"{store.url}/api/branches/{branch}"
    headers = {"Authorization": f"Bearer {tokens(store, 'chain-admin')['access']}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
        headers["If-Match"] = answer.headers["ETag"] or f'"{json.load(answer)["version"]}"'
    body = json.dumps(changes).encode()
    headers["Content-Type"] = "application/json"
    urllib.request.urlopen(urllib.request.Request(address, body, headers, method="PATCH"), timeout=60).close()


def test_a_device_without_a_font_for_emoji_sees_a_drawing_and_no_empty_box(visit: Visit) -> None:
    page = visit("/login", desk=True)
    draws = "import('/static/js/parts/picture.js').then(found => found.drawsEmoji())"
    page.evaluate(
        "void (CanvasRenderingContext2D.prototype.fillText = function () { this.fillRect(2, 2, 9, 9) })"
    )
    assert page.evaluate(draws) is False
    page.reload()
    page.evaluate(
        "void (CanvasRenderingContext2D.prototype.fillText = function () {"
        " this.fillStyle = 'red'; this.fillRect(2, 2, 9, 9) })"
    )
    assert page.evaluate(draws) is True


@pytest.mark.parametrize("lang", ["en", "he"])
@pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
def test_an_address_where_there_is_nothing_says_so_and_leads_home(
    visit: Visit, watches: list[Watch], lang: str, desk: bool
) -> None:
    page = visit("/orders/no-such-order/at-all", lang=lang, desk=desk)
    watches[0].allow_refusals()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "There is no page here" if lang == "en" else re.compile("[\u0590-\u05ff]")
    )
    assert flaws(page) == []
    page.locator("main a").first.click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_what_a_form_still_wants_is_said_and_not_guessed_from_a_grey_button(visit: Visit) -> None:
    page = visit("/login", lang="he")
    send = page.locator("form .btn-primary")
    send.click()
    said = page.get_by_role("alert")
    expect(said).to_contain_text(re.compile("[\u0590-\u05ff]"))
    page.locator("#username").fill("manager")
    page.locator("#password").press("Enter")
    expect(said).to_have_text(re.compile("סיסמה"))
    assert flaws(page) == []


def test_what_the_server_refuses_in_a_field_is_said_in_the_language_of_the_page(
    visit: Visit, watches: list[Watch]
) -> None:
    page = visit("/office/demo-chain?tab=branches", "chain-admin", lang="he")
    watches[0].allow_refusals()
    page.locator("main .btn-primary").first.click()
    sheet = page.get_by_role("dialog")
    sheet.locator("input").nth(0).fill("no code!")
    sheet.locator("input").nth(1).fill("קיוסק")
    sheet.locator("form .btn-primary").click()
    expect(sheet.locator("#code-error")).to_have_text("רק אותיות לטיניות, ספרות, מקף וקו תחתון.")
    sheet.locator("input").nth(0).fill("BRANCH-001")
    sheet.locator("form .btn-primary").click()
    expect(sheet.locator(".field-error")).to_have_text(re.compile("^[^A-Za-z]+$"))
    assert flaws(page) == []


@pytest.mark.parametrize(("lang", "other"), [("en", "he"), ("he", "en")])
def test_a_page_reads_its_own_language_and_the_other_when_somebody_turns_to_it(
    visit: Visit, lang: str, other: str
) -> None:
    page = visit("/login", lang=lang)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend(re.findall(r"/i18n/(\w+)\.", request.url))

    page.on("request", note)
    page.reload()
    expect(page.locator("#username")).to_be_visible()
    assert set(asked) == {lang}
    page.locator(f".topbar [lang={other}]").click()
    expect(page.locator("html")).to_have_attribute("lang", other)
    assert set(asked) == {lang, other}
    assert flaws(page) == []
