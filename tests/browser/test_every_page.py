"""Every page in both languages: names, directions, sizes; nothing in the console, nothing from elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from scripts.fake_camera import Camera
from tests.browser.hardware import Hardware
from tests.browser.people import Visit
from tests.browser.shopping import MANGOES, MILK
from tests.browser.watch import Watch, flaws

LANGUAGES = ["en", "he"]
TOUCH = 44


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_before_shopping_have_no_flaw(visit: Visit, lang: str) -> None:
    page = visit("/", lang=lang)
    found = []
    for path in ("/", "/login", "/login?next=%2Fbranch%2FBRANCH-001", "/shop", "/t/TROLLEY_59"):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        expect(page.locator("main h1")).to_be_visible()
        found += flaws(page, least_touch=TOUCH)
    assert found == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_shoppers_page_has_no_flaw_in_any_of_its_states(
    visit: Visit, hardware: Hardware, camera: Camera, lang: str
) -> None:
    number = 11 + LANGUAGES.index(lang)
    page = visit("/shop", f"tidy-{lang}", lang=lang)
    found = []

    def look() -> None:
        found.extend(flaws(page, least_touch=TOUCH))

    camera.show_nothing()
    page.locator(".claim-hero .btn").click()
    expect(page.locator(".viewfinder[data-phase=looking]")).to_be_visible()
    look()
    page.keyboard.press("Escape")
    look()
    page.locator("#trolley-code").fill(f"TROLLEY_{number}")
    page.locator(".typed-go").click()
    expect(page.locator(".lock-open")).to_be_visible()
    look()
    hardware.pull(number)
    page.locator(".dock-type").click()
    for barcode in (MANGOES.barcode, MILK.barcode, MILK.barcode, "12345"):
        page.locator("#barcode").fill(barcode)
        page.keyboard.press("Enter")
        expect(page.locator(".scan").first).not_to_have_class("scan scan-asking")
    look()
    page.keyboard.press("Escape")
    expect(page.locator(".line")).to_have_count(2)
    look()
    page.locator(".dock-scan").click()
    expect(page.locator(".viewfinder[data-phase=looking]")).to_be_visible()
    look()
    page.keyboard.press("Escape")
    page.locator(".end-button").click()
    look()
    page.locator("dialog .btn-danger").click()
    expect(page.locator(".summary")).to_be_visible()
    look()
    hardware.push_back(number)
    assert found == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_paying_has_no_flaw_in_any_of_its_states(visit: Visit, watches: list[Watch], lang: str) -> None:
    page = visit(f"/t/TROLLEY_{73 + LANGUAGES.index(lang)}", f"payer-{lang}", lang=lang)
    watches[0].allow_refusals()  # a voucher; and the order, which is asked for a moment before it is written
    page.locator(".claim .btn-tag").click()
    page.locator(".dock-type").click()
    page.locator("#barcode").fill(MANGOES.barcode)
    page.keyboard.press("Enter")
    expect(page.locator(".scan-added")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".dock-pay").click()
    expect(page.locator(".pick").first).to_be_visible()
    found = flaws(page, least_touch=TOUCH)

    def see(what: str) -> None:
        expect(page.locator(what)).to_be_visible()
        found.extend(flaws(page, least_touch=TOUCH))

    page.locator(".voucher-open").click()
    page.locator("#voucher").fill("NOTHING")
    page.keyboard.press("Enter")
    see(".pay-sheet .field-error")
    page.keyboard.press("Escape")
    see(".frozen")
    page.locator(".dock-pay").click()
    for place, shown in ((1, ".pay-sheet .note-danger"), (2, ".bank")):
        page.locator(".pick input").nth(place).check()
        page.locator(".pay-foot button").click()
        see(shown)
    page.locator(".bank .btn-primary").click()
    see(".pass .code")
    assert found == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("desk", [True, False], ids=["desk", "phone"])
def test_the_branch_page_has_no_flaw(visit: Visit, hardware: Hardware, lang: str, desk: bool) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=desk, lang=lang)
    entry = page.locator(".entry", has_text="TROLLEY_05")
    found = []
    for tab, shown in enumerate(() if desk else (".alarms", ".plan-close", ".board-list")):
        page.locator(".tabs button").nth(tab).click()
        expect(page.locator(shown)).to_be_visible()
        found += flaws(page)
    expect(entry).to_be_visible()
    found += flaws(page)
    entry.click()
    expect(page.locator("dialog .panel-head")).to_be_visible()
    found += flaws(page)
    page.keyboard.press("Escape")
    page.goto(page.url.replace("BRANCH-001", "BRANCH-002"))
    if not desk:
        page.locator(".tabs button").nth(2).click()
    expect(page.locator(".entry" if not desk else ".tile").first).to_be_visible()
    found += flaws(page)
    assert found == []


def _start_of(page: Page, selector: str) -> float:
    """The middle of something as a share of the screen's width, from the left."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    return (box["x"] + box["width"] / 2) / page.viewport_size["width"]


def test_the_language_switch_turns_the_page_around_at_once_and_for_good(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    expect(page.locator(".board-list")).to_be_visible()
    assert _start_of(page, ".brand") < 0.5 < _start_of(page, ".board-list")
    menu = page.locator("[popovertarget=account-menu]")
    menu.click()
    page.get_by_role("button", name="עברית").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "he")
    expect(page.locator(".counter dt").first).to_have_text("פנויות")
    assert _start_of(page, ".board-list") < 0.5 < _start_of(page, ".brand")
    # Codes stay as they are printed, whatever the page's direction.
    expect(page.locator(".entry .code").first).to_have_css("direction", "ltr")
    page.reload()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    menu.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize("path", ["/t/TROLLEY_999", "/t/TROLLEY_59?k=made.up"])
def test_a_hebrew_shopper_is_refused_in_hebrew(visit: Visit, path: str) -> None:
    page = visit(path, "hebrew", lang="he")
    page.locator(".claim .btn-tag").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_visible()
    words = alert.inner_text().split()
    hebrew = [word for word in words if any("א" <= letter <= "ת" for letter in word)]
    assert len(hebrew) > len(words) / 2, words


_BAD_HABITS = """() => {
  document.head.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
  document.querySelector("main").setAttribute("style", "color: red");
  fetch("https://elsewhere.example/collect").catch(() => {});
  document.querySelector("main").append(Object.assign(new Image(20, 20)), document.createElement("button"));
  document.documentElement.dir = "rtl";
}"""


def test_a_page_with_bad_habits_would_be_noticed(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/login")
    page.get_by_role("heading", name="Sign in").wait_for()
    with page.expect_event("console", lambda said: "connect-src" in said.text or "elsewhere" in said.text):
        page.evaluate(_BAD_HABITS)
    assert page.evaluate("window.ran") is None
    noticed = "\n".join(watches[0].complaints)
    for part in ("script-src", "style-src", "elsewhere.example"):
        assert part in noticed
    said = "\n".join(flaws(page, least_touch=TOUCH))
    for part in ("no name", "no alt", "hard to touch", 'dir is "rtl" in en'):
        assert part in said
    watches.clear()
