"""A slot that cannot tell which trolley it took asks shopper and manager; what needs somebody is one list."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hardware import Hardware
from tests.browser.people import Visit, open_store
from tests.browser.shopping import give_back, take
from tests.browser.watch import flaws
from tests.system.store import Store

_ANYWHERE = """
from core.tenancy.models import Branch
Branch.objects.filter(code="BRANCH-001").update(returns_anywhere=True)
"""
FREE = 27
"""A slot into which no trolley belongs: bay B11; the next is B12."""


@pytest.fixture(scope="module")
def store(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of its own, in which trolleys may be pushed into any slot."""
    store = open_store(furnished, tmp_path_factory.mktemp("anywhere"), _ANYWHERE)
    yield store
    store.close()


@pytest.fixture(scope="module")
def hardware(store: Store) -> Iterator[Hardware]:
    with tempfile.TemporaryDirectory(prefix="trolley-") as folder:
        hardware = Hardware(store, Path(folder), Path(store.environ["DATA_DIR"]) / "hardware.log")
        yield hardware
        hardware.close()


def _shop_and_end(visit: Visit, hardware: Hardware, number: int, lang: str = "en") -> Page:
    page = visit(f"/t/TROLLEY_{number}", f"returner-{number}-{lang}")
    take(page)
    expect(page.locator(".lock-card.lock-open")).to_be_visible()
    hardware.pull(number)
    expect(page.get_by_text("It’s yours")).to_be_visible()
    give_back(page)
    return page


@pytest.mark.timeout(240)
def test_what_needs_somebody_is_one_list_and_a_slot_that_cannot_tell_is_told(
    visit: Visit, hardware: Hardware
) -> None:
    manager = visit("/branch/BRANCH-001", "manager", desk=True)
    needs = manager.get_by_role("region", name="Needs somebody")
    expect(needs).to_contain_text("Nothing needs you right now")
    first, second = (_shop_and_end(visit, hardware, number) for number in (17, 18))
    # Out without a session: it stands in that list alone, and the list of trolleys has only the others.
    expect(needs).to_contain_text("Trolley 17 is out without a session")
    expect(needs.locator(".alarm")).to_have_count(2)
    expect(manager.locator(".group", has_text="TROLLEY_17")).to_have_count(0)

    hardware.push_back(FREE)
    question = first.get_by_role("alert").filter(has_text="Is TROLLEY_17 back?")
    expect(question).to_be_visible()
    expect(second.get_by_role("alert").filter(has_text="Is TROLLEY_18 back?")).to_be_visible()
    expect(needs).to_contain_text("Which trolley is in bay B11?")
    found = flaws(manager) + flaws(first, least_touch=44)
    question.get_by_role("button", name="Yes, it’s back").click()
    expect(question).to_be_hidden()
    expect(needs).not_to_contain_text("Which trolley is in")
    expect(needs.locator(".alarm")).to_have_count(1)
    second.get_by_role("button", name="No, not yet").click()
    expect(second.locator(".return-ask")).to_have_count(0)

    third = _shop_and_end(visit, hardware, 19)
    hardware.push_back(FREE + 1)
    expect(third.locator(".return-ask")).to_be_visible()
    needs.get_by_role("group", name="Which trolley is it?").get_by_role("button", name="18").click()
    needs.get_by_role("button", name="It is trolley 18").click()
    expect(needs).not_to_contain_text("Which trolley is in")
    expect(needs.locator(".alarm")).to_have_count(1)
    expect(manager.locator(".latest")).to_contain_text(re.compile("TROLLEY_18.*(back|slot)"))
    hardware.push_back(19)
    expect(needs).to_contain_text("Nothing needs you right now")
    assert found == []
