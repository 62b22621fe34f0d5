"""Alarms on the branch page, handed to a colleague or looked up afterwards; trolleys that are looked for."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.hardware import Hardware
from tests.browser.people import Visit
from tests.browser.shopping import give_back, take
from tests.browser.watch import flaws


def _order(page: Page, number: int) -> None:
    page.get_by_role("searchbox").fill(str(number))
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name=f"Trolley {number}")
    panel.get_by_label("Reason (required)").fill("Looking after it")
    panel.get_by_role("button", name="Open now").click()
    expect(panel).to_contain_text(re.compile(r"Opened \d|Did not open\."))
    page.keyboard.press("Escape")


def test_an_alarm_is_handed_to_a_colleague_with_a_word_and_found_again_when_it_is_over(
    visit: Visit, hardware: Hardware
) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    hardware.jam(11)
    _order(page, 11)
    card = page.locator(".alarm", has_text="The lock of trolley 11 did not open")
    card.get_by_role("button", name="What else can be done").click()
    card.get_by_role("button", name="Hand over").click()
    card.get_by_label("To whom?").select_option("staff")
    card.get_by_label("A word to that").fill("Bring the spare bolt")
    card.get_by_role("button", name="Give").click()
    expect(card).to_contain_text("staff sees to it")
    expect(card).to_contain_text("Bring the spare bolt")
    hardware.free(11)
    _order(page, 11)
    expect(card).to_have_count(0)
    hardware.push_back(11)

    page.locator(".alarms").get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="History")
    history.get_by_label("What").select_option("Lock did not open")
    history.get_by_label("State").select_option("Over")
    row = history.locator(".happening", has_text="trolley 11").first
    expect(row).to_contain_text("Bring the spare bolt")
    expect(row).to_contain_text(re.compile(r"Over .*\d"))
    assert flaws(page) == []


def test_all_that_nobody_sees_to_is_taken_at_once_and_one_of_it_given_back(
    visit: Visit, hardware: Hardware
) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    jammed = (12, 13, 14)
    for number in jammed:
        hardware.jam(number)
        _order(page, number)
    shopper = visit("/t/TROLLEY_15", "caller")
    take(shopper)
    shopper.get_by_role("button", name="Call for help").click()
    call = page.locator(".alarm", has_text="caller")
    expect(call.get_by_role("button", name="I’m coming")).to_be_visible()
    page.get_by_role("button", name=re.compile("see to all")).click()
    expect(page.get_by_role("button", name=re.compile("see to all"))).to_have_count(0)
    for number in jammed:
        expect(page.locator(".alarm", has_text=f"trolley {number} did not open")).to_contain_text(
            "manager sees"
        )
    expect(call).to_contain_text("manager sees to it")
    expect(shopper.locator(".help-note")).to_contain_text("Somebody is on the way")
    call.get_by_role("button", name="What else can be done").click()
    expect(call.get_by_role("button", name="Give it back")).to_have_count(0)

    card = page.locator(".alarm", has_text="trolley 12 did not open")
    card.get_by_role("button", name="What else can be done").click()
    card.get_by_role("button", name="Give it back").click()
    expect(card.get_by_role("button", name="I’ll see to it")).to_be_visible()
    expect(card).not_to_contain_text("sees to it")
    assert flaws(page) == []
    give_back(shopper)
    hardware.push_back(15)
    for number in jammed:
        hardware.free(number)
        _order(page, number)
        hardware.push_back(number)


def test_tiles_and_search_show_those_that_are_meant_and_dim_the_rest_of_the_map(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    total = int(page.locator(".counter-total dd").inner_text())
    page.get_by_role("searchbox").fill("TROLLEY_2")
    expect(page.locator(".find [role=status]")).to_have_text("5 found")
    expect(page.locator(".entry")).to_have_count(5)
    expect(page.locator(".plan-close .spot-dim, .plan:not(.plan-overview) .spot-dim").first).to_be_visible()
    page.get_by_role("searchbox").fill("")
    free = page.get_by_role("button", name="Free", exact=True)
    free.click()
    expect(free).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".entry")).to_have_count(int(page.locator(".counter.is-available dd").inner_text()))
    free.click()
    expect(page.locator(".spot-dim")).to_have_count(0)
    page.get_by_role("button", name="Closer").click()
    expect(page.locator(".plan-zoomed")).to_be_visible()
    assert flaws(page) == []
    assert total == 24
