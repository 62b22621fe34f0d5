"""A manager draws a branch's floor plan by mouse, finger and keys, and the map shows it."""

from __future__ import annotations

import io
import os
import re

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.people import Visit
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

_BRANCH = """
from core.fleet.models import Controller, Device, Trolley
from core.tenancy.models import Branch, Chain
chain = Chain.objects.get(slug="demo-chain")
name = {{"name": "Demo Mart Fresh"}}
branch, made = Branch.objects.get_or_create(chain=chain, code="{code}", defaults=name)
if made:
    device = Device.objects.create(branch=branch, name="Pi at the door", serial="PLAN-{code}")
    Controller.objects.create(device=device, port="/dev/ttyS0", address=0)
    for lock in range(4):
        place = {{"place_device": device, "place_slot": lock}}
        Trolley.objects.create(trolley_id=f"{code}-{{lock}}", branch=branch, cart_number=lock + 1, **place)
"""


def _fresh(store: Store, code: str) -> str:
    """A branch with four trolleys in their locks and no plan yet; its editor's address."""
    store.manage("shell", "-v0", "-c", _BRANCH.format(code=code))
    return f"/branch/{code}/office?tab=plan"


def _look(page: Page, name: str) -> None:
    if folder := os.environ.get("PLAN_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _spot(svg: Locator, x: float, y: float) -> tuple[float, float]:
    """Where a place of the plan, in shares of its width and height from above, is on the screen."""
    svg.scroll_into_view_if_needed()
    box = svg.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def _drag(page: Page, svg: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*_spot(svg, *start))
    page.mouse.down()
    page.mouse.move(*_spot(svg, *((a + b) / 2 for a, b in zip(start, end, strict=True))))
    page.mouse.move(*_spot(svg, *end))
    page.mouse.up()


def _figures(page: Page) -> list[float]:
    return [float(page.locator(f"#{name}").input_value()) for name in ("x", "y", "w", "h")]


def _draw_and_move(page: Page) -> None:
    """On a floor of 20 by 14 m."""
    svg = page.locator(".floor-drawing svg")
    page.get_by_role("button", name="Draw a zone").click()
    _drag(page, svg, (0.1, 0.5), (0.3, 0.7))
    page.get_by_label("Name of the zone").fill("Bakery")
    assert _figures(page) == pytest.approx([2, 4.2, 4, 2.8], abs=0.11)
    _drag(page, svg, (0.2, 0.6), (0.5, 0.6))
    assert _figures(page) == pytest.approx([8, 4.2, 4, 2.8], abs=0.11)
    # Its lower right corner.
    _drag(page, svg, (0.6, 0.7), (0.7, 0.8))
    assert _figures(page) == pytest.approx([8, 2.8, 6, 4.2], abs=0.11)
    page.get_by_role("button", name="Undo").click()
    assert _figures(page) == pytest.approx([8, 4.2, 4, 2.8], abs=0.11)
    page.keyboard.press("Control+Shift+Z")
    assert _figures(page) == pytest.approx([8, 2.8, 6, 4.2], abs=0.11)


def _place_a_row(page: Page) -> None:
    row = page.get_by_role("button", name="Place a row of locks")
    row.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("How many").fill("4")
    sheet.get_by_role("button", name="Place 4").click()
    expect(page.locator(".placed.chosen")).to_have_count(4)
    # The sheet gives the focus back when it has closed.
    expect(row).to_be_focused()
    # By keys: the whole row up to the wall, then one of them half a metre back.
    lock = page.get_by_role("button", name="1: board 0, lock 1")
    lock.focus()
    for _ in range(8):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="4: board 0, lock 4").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#y")).to_have_value("13.5")
    page.keyboard.press("r")
    expect(page.locator("#angle")).to_have_value("180")


def _put_a_picture_beneath(page: Page, watched: Page) -> None:
    """An architect's drawing: the open map shows it once it is saved, and no more once it is taken away."""
    drawing = Image.new("RGB", (400, 280), "white")
    ImageDraw.Draw(drawing).rectangle((20, 20, 380, 260), outline="black", width=8)
    out = io.BytesIO()
    drawing.save(out, "PNG")
    page.keyboard.press("Escape")
    file = FilePayload(name="floor.png", mimeType="image/png", buffer=out.getvalue())
    page.locator("#picture").set_input_files(file)
    expect(page.locator(".floor-drawing image")).to_have_attribute("href", re.compile("^/media/plans/"))
    _look(page, "picture-en")
    page.get_by_role("button", name="Save").click()
    expect(watched.locator(".plan-overview image")).to_have_count(1)
    _look(watched, "map-picture-en")
    page.get_by_role("button", name="Take the picture away").click()
    page.get_by_role("button", name="Save").click()
    expect(watched.locator(".plan-overview image")).to_have_count(0)


def test_a_plan_is_drawn_and_the_open_map_shows_it(visit: Visit, store: Store) -> None:
    page = visit(_fresh(store, "BRANCH-021"), "chain-admin", desk=True)
    watched = visit("/branch/BRANCH-021", "chain-admin", desk=True)
    expect(watched.get_by_role("heading", name="Not on a floor plan")).to_be_visible()
    expect(page.locator(".floor-drawing svg")).to_be_visible()
    _draw_and_move(page)
    _place_a_row(page)
    _look(page, "drawn-en")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("The floor plan is saved")
    expect(watched.locator(".plan-overview")).to_contain_text("Bakery")
    expect(watched.locator(".plan-close [data-trolley]")).to_have_count(4)
    _look(watched, "map-en")
    _put_a_picture_beneath(page, watched)
    # It is there for whoever comes next, and can be taken away again.
    page.reload()
    page.get_by_role("button", name="Bakery: zone").focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Save").click()
    expect(watched.locator(".plan-overview")).not_to_contain_text("Bakery")


def test_what_a_colleague_saved_meanwhile_is_not_written_over(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    address = _fresh(store, "BRANCH-022")
    one, other = (visit(address, "chain-admin", desk=True) for _ in range(2))
    watches[1].allow_refusals()
    for page in (one, other):
        page.get_by_role("button", name="Add a zone").click()
    one.get_by_role("button", name="Save").click()
    expect(one.locator(".toast")).to_contain_text("The floor plan is saved")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_be_visible()
    # Another part of the office may be looked at meanwhile.
    other.get_by_role("button", name="Trolleys").click()
    other.get_by_role("button", name="Floor plan").click()
    expect(other.locator(".thing.zone")).to_have_count(1)
    other.get_by_role("button", name="Discard changes").click()
    expect(other.get_by_role("button", name="Save")).to_be_disabled()


@pytest.mark.parametrize("lang", ["en", "he"])
@pytest.mark.parametrize("desk", [True, False])
def test_the_editor_has_no_flaw(visit: Visit, store: Store, lang: str, desk: bool) -> None:
    page = visit("/branch/BRANCH-001/office?tab=plan", "manager", lang=lang, desk=desk)
    size = f"{lang}-{'desk' if desk else 'phone'}"
    expect(page.locator(".placed")).to_have_count(32)
    found = flaws(page)
    _look(page, f"floor-{size}")
    svg = page.locator(".floor-drawing svg")
    if desk:
        page.mouse.click(*_spot(svg, 1.1 / 42, 25 / 28))
    else:
        page.touchscreen.tap(*_spot(svg, 1.1 / 42, 25 / 28))
    expect(page.locator("#w")).to_have_value("3")
    found += flaws(page)
    _look(page, f"zone-{size}")
    page.locator(".floor-tools .btn").nth(3).click()
    expect(page.locator(".thing.zone")).to_have_count(17)
    page.locator(".floor-tools .btn").nth(0).click()
    expect(page.locator(".thing.zone")).to_have_count(16)
    assert found == []
