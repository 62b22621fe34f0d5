"""The page that shows the live messages to people."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.people import Visit
from tests.browser.watch import flaws


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
@pytest.mark.parametrize("lang", ["en", "he"])
def test_the_live_messages_can_be_read_and_searched(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/", lang=lang, desk=desk)
    page.locator(".home-developers a[href$=asyncapi]").click()
    page.locator("#search").fill("cart barcode")
    message = page.locator("details").first
    expect(message).to_contain_text("cart.add")
    message.locator("summary").click()
    expect(message.locator("tbody")).to_contain_text("product_id")
    # A field may be null, and an address has a place in braces for a code: here these are what is meant.
    assert [flaw for flaw in flaws(page) if "unfilled text" not in flaw] == []
    page.locator("#search").fill("no such words")
    expect(page.locator("details")).to_have_count(0)
