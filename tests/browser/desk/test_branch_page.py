"""The branch page for those who use no mouse, and for those who may not see it."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.browser.desk.line import Line
from tests.browser.hardware import Hardware
from tests.browser.people import Visit
from tests.browser.shopping import give_back, take
from tests.browser.watch import Watch, flaws


def _focused(page: Page) -> str:
    """The name of what has the focus."""
    name: str = page.evaluate(
        "() => (({ ariaLabel, textContent }) => (ariaLabel || textContent).trim())(document.activeElement)"
    )
    return name


def _tab_to(page: Page, name: str, within: int = 12) -> None:
    """Press Tab until something called so has the focus."""
    seen = []
    for _ in range(within):
        page.keyboard.press("Tab")
        seen.append(_focused(page))
        if re.match(name, seen[-1]):
            return
    raise AssertionError(f"{name} was not among {seen}")


def _walks_the_frame(page: Page) -> None:
    """A way past all this comes first, then the top bar from its start to its end, and the rail."""
    bar = [
        "To the trolleys",
        "Smart Trolley",
        "Demo Mart Indiranagar",
        "Devices of the branch",
        "Show on a wall screen",
        "Find anything",
    ]
    rail = ["Map", "Orders", "Exit", "Devices", "Office", "Till", "Catalogue", "People"]
    order = []
    for _ in range(len(bar) + 1 + len(rail)):
        page.keyboard.press("Tab")
        order.append(_focused(page))
    assert [name.split(":")[0] for name in order] == [*bar, "Your account and this page", *rail]


def test_with_the_keyboard_alone_a_lock_is_opened_with_a_reason_and_the_focus_comes_back(
    visit: Visit, hardware: Hardware
) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    plan = page.locator(".plan-close, .plan").first
    expect(plan.get_by_role("button", name=re.compile("^Trolley 3, Free, lock closed"))).to_be_visible()
    _walks_the_frame(page)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    # The plan: one stop for all trolleys.
    assert _focused(page).startswith("Trolley 1, ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert _focused(page).startswith("Trolley 3, ")

    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Trolley 3")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(plan.locator("[data-trolley=TROLLEY_03]")).to_be_focused()

    page.keyboard.press("Enter")
    expect(panel).to_contain_text("closed")
    expect(panel.get_by_role("button", name="Open now")).to_be_disabled()
    _tab_to(page, "Trolley is stuck")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("A wheel is caught")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text(re.compile(r"Opened \d"))
    # Its hook says so, and not only what it was told.
    expect(plan.locator("[data-trolley=TROLLEY_03]")).to_have_attribute(
        "aria-label", re.compile("^Trolley 3, Free, .*lock open$")
    )
    expect(page.locator(".latest")).to_contain_text("TROLLEY_03: staff opens the lock")
    page.keyboard.press("Escape")
    expect(plan.locator("[data-trolley=TROLLEY_03]")).to_be_focused()
    hardware.push_back(3)
    expect(plan.get_by_role("button", name=re.compile("^Trolley 3, Free, .*lock closed"))).to_be_visible()


def test_maintenance_takes_a_trolley_from_shoppers_until_it_is_over(visit: Visit, hardware: Hardware) -> None:
    page = visit("/branch/BRANCH-001", "manager")
    page.get_by_role("button", name="List", exact=True).click()
    entry = page.locator(".entry", has_text="TROLLEY_04")
    entry.click()
    panel = page.get_by_role("dialog", name="Trolley 4")
    panel.locator("summary", has_text="Maintenance").click()
    panel.get_by_label("What is wrong?").fill("Squeaks")
    panel.get_by_role("button", name="Take out of service").click()
    expect(panel.get_by_role("button", name="Put back into service")).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_contain_text("Squeaks")
    shopper = visit("/t/TROLLEY_04", "patient")
    shopper.get_by_role("button", name="Take this trolley").click()
    expect(shopper.get_by_role("alert")).to_contain_text("This trolley is being repaired")
    entry.click()
    panel.get_by_role("button", name="Put back into service").click()
    expect(panel).to_contain_text(re.compile(r"Back in service · \d"))
    take(shopper)
    expect(shopper.get_by_text("The lock is open", exact=True)).to_be_visible()
    give_back(shopper)
    hardware.push_back(4)


def _open_lock(page: Page, number: int, why: str) -> Locator:
    page.locator(".entry", has_text=f"TROLLEY_{number}").click()
    panel = page.get_by_role("dialog", name=f"Trolley {number}")
    panel.get_by_label("Reason (required)").fill(why)
    panel.get_by_role("button", name="Open now").click()
    return panel


def test_what_becomes_of_an_order_is_told_where_it_was_given_and_kept_with_the_trolley(
    visit: Visit, hardware: Hardware
) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    hardware.jam(12)
    panel = _open_lock(page, 12, "A bag is caught")
    expect(panel.locator(".note", has_text="Did not open.")).to_contain_text("Push the trolley in")
    hardware.free(12)
    page.keyboard.press("Escape")

    panel = _open_lock(page, 13, "Cleaning the handle")
    expect(panel).to_contain_text(re.compile(r"Opened \d"))
    hardware.pull(13)
    expect(panel).to_contain_text("With manager of the staff until")
    expect(panel.get_by_role("button", name="Open now")).to_be_hidden()
    expect(page.locator(".alarms")).not_to_contain_text("Trolley 13")
    panel.locator("summary", has_text="What happened to it").click()
    # Other tests may have opened it before.
    opened = panel.locator(".happening", has_text="Cleaning the handle")
    expect(opened).to_contain_text("Staff opens the lock")
    expect(opened).to_contain_text("manager")
    hardware.push_back(13)
    expect(panel.locator(".panel-state")).to_have_text("Free")

    panel.locator("summary", has_text="Let it to somebody").click()
    panel.get_by_label("Phone number").fill("+91 98123 45678")
    panel.get_by_role("button", name="Let the trolley").click()
    expect(panel).to_contain_text(re.compile(r"Let to •••• 5678 for \d+ min · \d"))
    panel.locator("summary", has_text="End its use").click()
    panel.get_by_role("button", name="End it now").click()
    expect(panel).to_contain_text(re.compile(r"Ended for •••• 5678 · \d"))
    expect(panel.locator(".panel-state")).to_have_text("Free")
    assert flaws(page) == []
    # Its lock was opened for who it was let to; other tests want it shut.
    lock = page.locator(".plan-close, .plan").first.locator("[data-trolley=TROLLEY_13]")
    expect(lock).to_have_attribute("aria-label", re.compile("lock open"))
    hardware.push_back(13)
    expect(lock).to_have_attribute("aria-label", re.compile("lock closed"))


def test_a_shopper_may_not_see_the_branch_and_a_stranger_has_to_sign_in(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "nosy", desk=True)
    expect(page.get_by_role("heading", name="This branch is not yours to see")).to_be_visible()
    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_text("With your staff account.")).to_be_visible()
    page.get_by_role("button", name="manager", exact=True).click()
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-001$"))
    expect(page.get_by_role("heading", name="Demo Mart Indiranagar")).to_be_visible()


@pytest.mark.parametrize(("lang", "desk"), [("en", True), ("he", False)])
def test_a_board_that_does_not_answer_takes_its_trolleys_from_the_free_ones_and_dims_their_bays(
    visit: Visit, hardware: Hardware, lang: str, desk: bool
) -> None:
    page = visit("/branch/BRANCH-001", "manager", lang=lang, desk=desk)
    silent = page.locator(".counter.is-unreachable dd")
    expect(page.locator(".counters")).to_be_visible()
    free = page.locator(".counter.is-available dd")
    hardware.fault("dead 0")
    if not desk:
        page.locator(".tabs button").first.click()
    try:
        expect(silent).to_be_visible(timeout=20_000)
        numbers = [int(each) for each in page.locator(".counter:not(.counter-total) dd").all_inner_texts()]
        assert sum(numbers) == int(page.locator(".counter-total dd").inner_text())
        listed = page.locator(".entry:has(.is-available)").count()
        assert listed == int(free.inner_text())
        alarm = page.locator(".alarm").first
        alarm.locator("[aria-expanded]").click()
        expect(alarm.locator(".alarm-orders button")).to_have_count(2)
        alarm.locator(".alarm-orders button").first.click()
        alarm.locator(".chip").first.click()
        expect(page.locator(".alarm.alarm-taken")).to_contain_text(":")
        expect(page.locator(".alarms h2 .group-count")).to_have_count(0)
        if desk:
            expect(page.locator(".bay-unheard")).not_to_have_count(0)
        assert flaws(page) == []
    finally:
        hardware.fault("none")
    expect(silent).to_have_count(0, timeout=20_000)


def test_a_page_that_hears_nothing_says_so_within_five_seconds_and_dims_what_it_shows(
    visit: Visit,
) -> None:
    page = visit("/login", "manager", desk=True)
    line = Line()

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: line.carry(partial(server.send, text)))
        server.on_message(lambda text: line.carry(partial(socket.send, text)))

    page.route_web_socket(re.compile("/ws/branch/"), between)
    # The five seconds are the page's own: on a busy machine it may take longer until they have passed.
    page.clock.install()
    page.goto(page.url.replace("/login", "/branch/BRANCH-001"))
    expect(page.locator(".board[data-stale=false]")).to_be_visible()
    page.clock.pause_at(page.evaluate("Date.now() + 50"))
    line.is_silent = True
    page.clock.run_for(5_000)
    expect(page.locator(".board[data-stale=true]")).to_be_visible()
    page.clock.resume()
    expect(page.locator(".offline")).to_be_visible()
    expect(page.locator(".alarms h2")).not_to_have_text("Nothing needs you right now")
    line.mend()
    expect(page.locator(".board[data-stale=false]")).to_be_visible()


def test_a_map_that_cannot_be_drawn_leaves_numbers_alarms_and_list(
    visit: Visit, watches: list[Watch]
) -> None:
    page = visit("/login", "manager", desk=True)
    watches[-1].allow_errors("of the test")

    def broken(route: Route) -> None:
        text = route.fetch().text()
        wrong = 'export const needsCloseUp = (plan) => { throw new Error("of the test"); };'
        route.fulfill(
            content_type="text/javascript", body=re.sub(r"export const needsCloseUp = .*;", wrong, text)
        )

    page.route(re.compile(r"/branch/geometry[^/]*\.js"), broken)
    page.goto(page.url.replace("/login", "/branch/BRANCH-001"))
    expect(page.locator(".board-map [role=alert]")).to_contain_text("Map")
    expect(page.locator(".counter-total dd")).to_have_text("24")
    expect(page.locator(".alarms h2")).to_be_visible()
    expect(page.locator(".entry").first).to_be_visible()
