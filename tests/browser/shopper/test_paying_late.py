"""What the shopper sees when the time to pay runs out, on a server that keeps goods for seconds only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit, open_store
from tests.browser.shopping import MILK, check_out, pay, take, thanked, total, type_barcode
from tests.browser.watch import Watch
from tests.system.store import Store

OVER_MS = 40_000


@pytest.fixture(scope="module")
def store(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A server that keeps goods for some seconds."""
    store = open_store(furnished, tmp_path_factory.mktemp("hasty"), CHECKOUT_HOLD_S="12")
    yield store
    store.close()


def _at_the_checkout(visit: Visit, user: str, number: int) -> Page:
    page = visit(f"/t/TROLLEY_{number}", user)
    take(page)
    type_barcode(page, MILK.barcode)
    check_out(page)
    return page


@pytest.mark.timeout(150)  # it waits for real seconds to pass, twice
def test_when_the_time_is_over_the_cart_is_back_and_money_that_comes_then_still_buys_what_lies_in_it(
    visit: Visit, watches: list[Watch]
) -> None:
    slow = _at_the_checkout(visit, "slow", 68)
    late = _at_the_checkout(visit, "late-payer", 69)
    watches[1].allow_refusals()  # the order is asked for a moment before it is written
    pay(late, "Pays when the time is over")
    expect(late.get_by_text("We are asking your bank")).to_be_visible()

    expect(slow.get_by_role("dialog", name="Pay")).to_be_hidden(timeout=OVER_MS)
    expect(slow.get_by_text("The time to pay ran out. Your products are back in the cart")).to_be_visible()
    expect(late.get_by_text("Your time ran out before your bank answered.")).to_be_visible(timeout=OVER_MS)
    slow.get_by_role("button", name=f"One more {MILK.name}").click()
    expect(total(slow)).to_have_text("₹136.00")
    expect(late.get_by_role("heading", name="Thank you!")).to_be_visible(timeout=OVER_MS)
    thanked(late)
