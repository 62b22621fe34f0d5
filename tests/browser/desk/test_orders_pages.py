"""Receipts, the exit and a branch's orders, as shopper, guard and manager see them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.fake_camera import Camera
from tests.browser.bought import buy, change_chain, id_of, order
from tests.browser.people import Visit
from tests.browser.shopping import MILK
from tests.browser.watch import Watch, flaws
from tests.system.store import Store

TOUCH = 44
BOTH = pytest.mark.parametrize(("lang", "desk"), [("en", True), ("en", False), ("he", True), ("he", False)])

_PLAYS_WHEN_GONE = """
HTMLMediaElement.prototype.play = function () {
  const { dataset } = document.documentElement;
  const [track] = this.srcObject.getTracks();
  const stop = track.stop.bind(track);
  track.stop = () => { dataset.camera = "stopped"; stop(); };
  return new Promise((resolve) => {
    dataset.camera = "waits";
    const seen = () => this.isConnected || (watching.disconnect(), resolve());
    const watching = new MutationObserver(seen);
    watching.observe(document, { childList: true, subtree: true });
  });
};
globalThis.BarcodeDetector = class {
  static getSupportedFormats = async () => ["qr_code"];
  detect = async () => [];
};
"""
"""The camera's picture begins just when its element leaves the page, and the browser reads codes itself."""


@BOTH
def test_history_and_receipt_have_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/orders", "shopper2", lang=lang, desk=desk)
    expect(page.locator(".bought")).to_have_count(5)
    found = flaws(page, least_touch=TOUCH)
    page.locator("#words").fill("no such thing")
    expect(page.locator(".empty h2")).to_be_visible()
    found += flaws(page, least_touch=TOUCH)
    page.locator("#words").fill("")
    page.locator(f".bought[href*='{id_of('paper')}']").click()
    expect(page.locator(".pass-qr")).to_be_visible()
    page.locator(".trace summary").first.click()
    found += flaws(page, least_touch=TOUCH)
    page.goto(page.url.replace(id_of("paper"), id_of("given-back")))
    expect(page.locator(".refund-made")).to_have_count(1)
    expect(page.locator(".pass")).to_have_count(0)
    found += flaws(page, least_touch=TOUCH)
    assert found == []


def test_a_receipt_says_what_was_paid_and_prints_without_the_screens_buttons(
    visit: Visit, store: Store
) -> None:
    bought = order(store, "paper")
    page = visit(f"/orders/{bought['id']}", "shopper2")
    expect(page.locator(".pass-code")).to_have_text(bought["exit_pass"]["code"])
    expect(page.locator(".receipt-number")).to_contain_text(f"Order {bought['number']}")
    expect(page.locator(".label-sum")).to_have_text(f"₹{bought['total']:,.2f}")
    expect(page.locator(".label-count")).to_have_text("5 units")
    page.locator(".trace summary").first.click()
    expect(page.locator(".trace li").nth(1)).to_contain_text("For GOLD members")
    page.emulate_media(media="print")
    expect(page.locator(".receipt-actions")).to_be_hidden()
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".pass-qr")).to_be_visible()
    expect(page.locator(".receipt-lines > li")).to_have_count(2)


def test_one_says_where_receipts_are_mailed_to(visit: Visit) -> None:
    page = visit("/orders", "mailed")
    page.locator("#mail").fill("mailed@shop.example")
    page.locator(".mail .btn").click()
    expect(page.locator(".toast")).to_have_text("Your receipts go to mailed@shop.example.")
    page.reload()
    expect(page.locator("#mail")).to_have_value("mailed@shop.example")
    # Whether it is somebody else's is told to nobody but its owner, by mail.
    other = visit("/orders", "taker")
    other.locator("#mail").fill("mailed@shop.example")
    other.locator(".mail .btn").click()
    expect(other.locator(".toast")).to_have_text("Your receipts go to mailed@shop.example.")


def test_nobody_elses_receipt_is_shown(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/orders", "shopper")
    expect(page.locator(".empty h2")).to_have_text("Nothing bought yet")
    watches[0].allow_refusals()
    page.goto(page.url + f"/{id_of('paper')}")
    expect(page.locator(".empty h2")).to_have_text("There is no such receipt")
    assert flaws(page, least_touch=TOUCH) == []


def test_who_is_not_signed_in_comes_back_to_the_receipt(visit: Visit) -> None:
    page = visit(f"/orders/{id_of('paper')}")
    expect(page).to_have_url(re.compile(rf"/login\?next=%2Forders%2F{id_of('paper')}"))


# --- the exit --------------------------------------------------------------------------


def check(page: Page, code: str) -> None:
    """Type a code and ask."""
    page.locator("#code").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_be_visible()


def test_a_guard_types_a_pass_once_and_twice(visit: Visit, store: Store, watches: list[Watch]) -> None:
    gate = order(store, "gate")
    page = visit("/branch/BRANCH-001/exit", "manager")
    watches[0].allow_refusals()
    check(page, gate["exit_pass"]["code"].lower().replace("-", " "))
    expect(page.locator(".verdict-go h1")).to_have_text("Paid")
    expect(page.locator(".verdict-count strong")).to_have_text("5")
    expect(page.locator(".verdict-facts")).to_contain_text("shopper2")
    expect(page.locator(".verdict-items li")).to_have_count(2)
    assert flaws(page, least_touch=TOUCH) == []
    page.keyboard.press("Enter")
    check(page, gate["exit_pass"]["code"])
    expect(page.locator(".verdict-calm h1")).to_have_text("Same pass again")
    page.reload()
    check(page, gate["exit_pass"]["code"])
    expect(page.locator(".verdict-stop h1")).to_have_text("Already used")
    expect(page.locator(".verdict-why").first).to_contain_text("checked by manager")
    receipt = visit(f"/orders/{gate['id']}", "shopper2")
    expect(receipt.locator(".pass-verified h2")).to_have_text("You are through")


@pytest.mark.parametrize("lang", ["en", "he"])
def test_every_refusal_is_a_big_word_of_its_own(
    visit: Visit, store: Store, watches: list[Watch], lang: str
) -> None:
    real = order(store, "paper")["exit_pass"]["code"]
    page = visit("/branch/BRANCH-001/exit", "manager", lang=lang)
    watches[0].allow_refusals()
    for code, word, tone in (
        (order(store, "given-back")["exit_pass"]["code"], "refunded", "stop"),
        (order(store, "elsewhere")["exit_pass"]["code"], "elsewhere", "warn"),
        (real[:-1] + ("0" if real[-1] != "0" else "1"), "forged", "stop"),
        ("HELLO", "malformed", "calm"),
    ):
        check(page, code)
        expect(page.locator(f".verdict-{tone}[data-word={word}] h1")).to_be_visible()
        assert page.locator(".verdict h1").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 48
        assert flaws(page, least_touch=TOUCH) == []
        page.locator(".verdict-next").click()


def test_a_camera_that_starts_while_the_guard_types_looks_at_nothing_gone(
    visit: Visit, camera: Camera, watches: list[Watch]
) -> None:
    camera.show_nothing()  # what another test held into it must not be read as an exit pass
    page = visit("/branch/BRANCH-001/exit", "manager")
    watches[0].allow_refusals()
    page.add_init_script(_PLAYS_WHEN_GONE)
    page.reload()
    expect(page.locator(".viewfinder[data-phase=starting]")).to_be_visible()
    expect(page.locator("html[data-camera=waits]")).to_be_attached()
    check(page, "HELLO")
    expect(page.locator("html[data-camera=stopped]")).to_be_attached()


def test_the_camera_reads_the_pass_and_a_plain_one_leads_here(
    visit: Visit, store: Store, camera: Camera
) -> None:
    url = order(store, "camera")["exit_pass"]["url"]
    camera.show_qr(url)
    page = visit(f"/x/{url.rsplit('/', 1)[1]}", "manager")
    expect(page).to_have_url(re.compile(r"/branch/BRANCH-001/exit\?code="))
    expect(page.locator(".verdict-go")).to_be_visible()


def test_without_a_connection_the_guard_tries_again_and_it_counts_once(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    code = order(store, "paper")["exit_pass"]["code"]
    page = visit("/branch/BRANCH-001/exit", "manager")
    watches[0].allow_lost_connection()
    expect(page.locator("#code")).to_be_visible()
    page.route(
        "**/exit",
        lambda route: (
            route.abort("connectionrefused") if route.request.method == "POST" else route.continue_()
        ),
    )
    check(page, code[:-1] + ("0" if code[-1] != "0" else "1"))
    expect(page.locator(".verdict-calm h1")).to_have_text("Not checked")
    page.unroute("**/exit")
    watches[0].allow_refusals()
    page.locator(".verdict-again").click()
    expect(page.locator(".verdict-stop h1")).to_have_text("Not genuine")


def test_the_exit_is_for_staff(visit: Visit, watches: list[Watch]) -> None:
    for path in ("exit", "orders"):
        page = visit(f"/branch/BRANCH-001/{path}", "shopper2")
        watches[-1].allow_refusals()
        expect(page.locator(".empty h2")).to_have_text("This branch is not yours to see")


# --- a branch's orders -----------------------------------------------------------------


@BOTH
def test_the_branchs_orders_have_no_flaw(visit: Visit, lang: str, desk: bool) -> None:
    page = visit("/branch/BRANCH-001/orders", "manager", lang=lang, desk=desk)
    expect(page.locator(".bought").first).to_be_visible()
    found = flaws(page, least_touch=TOUCH)
    page.locator("#words").fill("1")
    page.locator(".bought", has=page.locator(".sale-number", has_text=re.compile("^1$"))).click()
    expect(page.locator("dialog .refund")).to_be_visible()
    page.locator("dialog .restock .stepper button").nth(1).click()
    found += flaws(page)
    page.locator("dialog input[type=radio]").nth(2).check()
    page.locator("#amount").fill("1.234,5,6")
    expect(page.locator("#amount-error")).to_be_visible()
    found += flaws(page)
    assert found == []


def test_a_manager_gives_money_back_and_the_shopper_sees_it(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    order_id = buy(store, "returner", MILK.barcode, 3)
    receipt = visit(f"/orders/{order_id}", "returner")
    expect(receipt.locator(".receipt-paid")).to_have_text("Paid: Test card")
    number = receipt.locator(".receipt-number").inner_text().split()[-1]
    desk = visit("/branch/BRANCH-002/orders", "manager", desk=True)
    desk.locator("#words").fill(number)
    desk.locator(".bought", has_text="returner").click()
    desk.locator("dialog input[type=radio]").nth(2).check()
    desk.locator("#amount").fill("1,00,000.00")
    desk.get_by_role("button", name=re.compile("^Refund ₹")).click()
    expect(desk.locator("dialog .field-error")).to_contain_text("Say why")
    desk.get_by_role("button", name="Damaged goods").click()
    desk.get_by_role("button", name="Refund ₹100,000.00").click()
    watches[1].allow_refusals()
    expect(desk.locator("dialog .field-error")).to_contain_text("No more than ₹")
    desk.locator("dialog input[type=radio]").nth(0).check()
    desk.get_by_role("button", name=re.compile("^One .* more$")).click()
    desk.get_by_role("button", name=f"Refund {MILK.price}").click()
    expect(desk.locator("dialog .refund-made strong")).to_have_text("Refunded")
    expect(desk.locator("dialog .refund-made")).to_contain_text("By manager")
    expect(desk.locator("dialog .receipt-lines")).to_contain_text("1 came back")
    desk.get_by_role("button", name="Wrong price").click()
    desk.locator("dialog input[type=radio]").nth(1).check()
    desk.get_by_role("button", name=re.compile("^Refund ₹")).click()
    expect(desk.locator("dialog .refund-made")).to_have_count(2)
    expect(desk.locator("dialog .refund")).to_have_count(0)
    receipt.reload()
    expect(receipt.locator(".receipt-number .badge")).to_have_text("Refunded")
    expect(receipt.locator(".refund-made").first).to_contain_text("Damaged goods")
    expect(receipt.locator(".pass")).to_have_count(0)


def test_a_refund_above_the_chains_limit_is_asked_about_once_more(
    visit: Visit, store: Store, watches: list[Watch]
) -> None:
    order_id = buy(store, "regretter", MILK.barcode, 2)
    change_chain(store, refund_limit="1.00")
    try:
        desk = visit(f"/branch/BRANCH-002/orders?order={order_id}", "manager", desk=True)
        watches[0].allow_refusals()
        desk.locator("dialog input[type=radio]").nth(1).check()
        desk.get_by_role("button", name="Goods came back").click()
        desk.get_by_role("button", name=re.compile("^Refund ₹")).click()
        expect(desk.get_by_role("alertdialog")).to_contain_text("above ₹1.00")
        assert flaws(desk) == []
        desk.get_by_role("button", name="Cancel").click()
        expect(desk.locator("dialog .refund-made")).to_have_count(0)
        desk.get_by_role("button", name=re.compile("^Refund ₹")).click()
        desk.get_by_role("alertdialog").get_by_role("button", name=re.compile("^Refund ₹")).click()
        expect(desk.locator("dialog .refund-made")).to_have_count(1)
    finally:
        change_chain(store)


def test_orders_are_found_summed_and_read_to_their_end(visit: Visit, store: Store) -> None:
    paper = order(store, "paper")
    page = visit("/branch/BRANCH-001/orders", "manager", desk=True)
    page.locator("#words").fill(paper["exit_pass"]["code"])
    expect(page.locator(".bought")).to_have_count(1)
    expect(page.locator(".takings strong")).to_have_text(f"₹{paper['total'] - paper['refunded']:,.2f}")
    expect(page.locator(".list-end")).to_contain_text("That is all: 1.")
    page.reload()
    expect(page.locator("#words")).to_have_value(paper["exit_pass"]["code"])
    expect(page.locator(".bought")).to_have_count(1)
    page.get_by_role("button", name="Days and amounts").click()
    page.locator("#min_total").fill("1.234,5,6")
    expect(page.locator("#min_total-error")).to_have_text("Write an amount such as 1234.50.")
    page.locator("#min_total").fill(f"{paper['total'] + 1:,.2f}")
    expect(page.locator(".empty h2")).to_have_text("Nothing found")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".bought").nth(1)).to_be_visible()
    with page.expect_download() as kept:
        page.get_by_role("button", name="CSV").click()
    assert f"{paper['id']},{paper['number']},paid" in kept.value.path().read_text("utf-8-sig")


def test_show_more_asks_only_for_what_is_new(visit: Visit, store: Store) -> None:
    page = visit("/branch/BRANCH-001/orders", "manager", desk=True)
    page.route(
        re.compile(r"/api/orders\?"),
        lambda route: route.continue_(url=route.request.url.replace("page_size=30", "page_size=2")),
    )
    page.reload()
    expect(page.locator(".bought")).to_have_count(2)
    with page.expect_request(re.compile(r"/api/orders\?.*cursor=")) as asked:
        page.get_by_role("button", name="Show more").click()
    assert "page_size=2" in asked.value.url
    expect(page.locator(".bought")).to_have_count(4)


def test_an_order_that_cannot_be_read_says_so_in_its_place(visit: Visit, watches: list[Watch]) -> None:
    page = visit("/branch/BRANCH-001/orders", "manager", desk=True)
    watches[0].allow_errors("This line:")
    expect(page.locator(".bought").first).to_be_visible()
    before = page.locator(".bought").count()

    def break_one(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["results"][0]["placed_at"] = "no time"
        route.fulfill(response=answer, json=body)

    page.route(re.compile(r"/api/orders\?"), break_one)
    page.reload()
    expect(page.locator(".bought-list .note-danger")).to_have_count(1)
    expect(page.locator(".bought")).to_have_count(before - 1)


def test_staff_see_a_receipt_without_its_pass(visit: Visit, store: Store) -> None:
    page = visit(f"/orders/{id_of('paper')}", "manager")
    expect(page.locator(".receipt-number")).to_be_visible()
    expect(page.locator(".pass")).to_have_count(0)
    expect(page.locator(".note")).to_contain_text("shopper2’s receipt")
    assert flaws(page, least_touch=TOUCH) == []
    page.get_by_role("link", name="The branch’s orders").click()
    expect(page.locator("dialog")).to_contain_text(f"Order {order(store, 'paper')['number']}")


def test_the_branch_page_leads_to_its_orders_and_its_exit(visit: Visit) -> None:
    page = visit("/branch/BRANCH-001", "manager", desk=True)
    page.locator(".rail").get_by_role("link", name="Orders").click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-001/orders$"))
    page.locator(".rail").get_by_role("link", name="Exit").click()
    expect(page).to_have_url(re.compile("/branch/BRANCH-001/exit$"))


@pytest.mark.parametrize("lang", ["en", "he"])
def test_an_order_has_one_time_on_every_page_and_the_page_says_whose_clock_it_is(
    store: Store, visit: Visit, lang: str
) -> None:
    page = visit("/branch/BRANCH-001/orders", "manager", lang=lang, desk=True)
    expect(page.locator(".zone-note")).to_contain_text("GMT+05:30")
    number = f"{order(store, 'paper')['number']}"
    listed = page.locator(".bought").filter(has=page.locator(".sale-number", has_text=number))
    told = listed.locator(".when span").first.inner_text().removesuffix("GMT+05:30").strip()
    listed.click()
    expect(page.locator(".sheet .facts dd.num").first).to_have_text(told)
    page.goto(page.url.replace("/branch/BRANCH-001/orders?order=", "/orders/"))
    expect(page.locator(".receipt-head")).to_contain_text(told)
    expect(page.locator(".receipt-head")).to_contain_text("GMT+05:30")
