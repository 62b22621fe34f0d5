"""The server goes, by kill -9, and comes back while people shop; answers get lost on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.people import Visit, open_store, tokens
from tests.browser.shopping import (
    BANANAS,
    MANGOES,
    MILK,
    check_out,
    line,
    pay,
    take,
    thanked,
    total,
    type_barcode,
)
from tests.browser.watch import Watch
from tests.system.store import Store


@pytest.fixture(scope="module")
def store(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A server that this module may kill."""
    store = open_store(furnished, tmp_path_factory.mktemp("killed"))
    yield store
    store.close()


def test_a_power_cut_of_the_server_shows_a_banner_and_loses_and_repeats_nothing(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    page = visit("/t/TROLLEY_51", "shopper")
    manager = visit("/branch/BRANCH-002", "manager", desk=True)
    take(page)
    type_barcode(page, MANGOES.barcode, BANANAS.barcode)
    expect(total(page)).to_have_text("₹707.00")
    for watch in watches:
        watch.allow_lost_connection()
    store.kill()

    expect(page.get_by_text("No connection. What you see may be out of date")).to_be_visible()
    expect(manager.get_by_text("Not connected")).to_be_visible()
    page.get_by_role("button", name=f"One more {BANANAS.name}").click()
    page.locator(".dock").get_by_role("button", name="Type a barcode").click()
    sheet = page.get_by_role("dialog", name="Type a barcode")
    sheet.get_by_label("Digits under the barcode").fill(MANGOES.barcode)
    sheet.get_by_role("button", name="Add").click()
    expect(sheet.locator(".scan")).to_contain_text("Adding…")
    # Asked for is not yet bought: the sum is what the server last said.
    expect(total(page)).to_have_text("₹707.00")
    store.start()

    expect(page.locator(".offline")).to_be_hidden(timeout=20_000)
    expect(sheet.locator(".scan-added")).to_contain_text("2 × ₹649.00")
    page.keyboard.press("Escape")
    expect(line(page, MANGOES).locator("output")).to_have_text("2")
    expect(line(page, BANANAS).locator("output")).to_have_text("2")
    expect(total(page)).to_have_text("₹1,414.00")
    expect(page.locator(".holding")).to_contain_text("TROLLEY_51")
    expect(manager.locator(".entry", has_text="TROLLEY_51")).to_contain_text("₹1,414.00")
    expect(manager.get_by_text("Live", exact=True)).to_be_visible()
    cart = store.get("/api/cart", tokens(store, "shopper")["access"])
    # Two typed, one step, one typed without a connection: each exactly once.
    assert {item["product"]["barcode"]: item["quantity"] for item in cart["items"]} == {
        MANGOES.barcode: 2,
        BANANAS.barcode: 2,
    }


def test_an_answer_that_is_lost_on_the_way_does_not_add_twice(visit: Visit, store: Store) -> None:
    page = visit("/shop", "unlucky")
    lost: list[str] = []

    def lose_first_add(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        adds: set[str] = set()

        def sent(text: str | bytes) -> None:
            command = json.loads(text)
            if command["type"] == "cart.add":
                adds.add(command["id"])
            server.send(text)

        def answered(text: str | bytes) -> None:
            frame = json.loads(text)
            if not lost and frame["type"] == "reply" and frame["id"] in adds:
                lost.append(frame["id"])
                server.close()
                socket.close(code=1011)
            elif lost or frame.get("name") != "ItemAdded":
                socket.send(text)

        socket.on_message(sent)
        server.on_message(answered)

    page.route_web_socket(re.compile("/ws/shopper/"), lose_first_add)
    page.goto(f"{store.url}/t/TROLLEY_53")
    take(page)
    type_barcode(page, MANGOES.barcode)
    expect(line(page, MANGOES).locator("output")).to_have_text("1")
    expect(total(page)).to_have_text(MANGOES.price)
    assert len(lost) == 1


def test_a_power_cut_in_the_middle_of_paying_leads_to_the_same_place(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    page = visit("/t/TROLLEY_70", "unplugged")
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    pay(page, "The bank asks you first")
    expect(sheet.get_by_text("Your bank asks: pay ₹68.00?")).to_be_visible()
    watches[0].allow_lost_connection()
    watches[0].allow_refusals()  # the order is asked for a moment before it is written
    store.kill()
    expect(sheet.get_by_text("No connection. Stay here")).to_be_visible()
    expect(sheet.get_by_role("button", name="Approve")).to_be_disabled()
    store.start()
    expect(sheet.get_by_text("No connection. Stay here")).to_be_hidden(timeout=30_000)
    sheet.get_by_role("button", name="Approve").click()
    thanked(page)
    orders = store.get("/api/orders", tokens(store, "unplugged")["access"])
    assert [order["total"] for order in orders["results"]] == [68]
