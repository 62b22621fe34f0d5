"""The page with a provider's own form: a few lines play the provider's script, local peers the APIs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.people import Visit, open_store
from tests.browser.shopping import MILK, check_out, pay, take, thanked, type_barcode
from tests.browser.watch import Watch, flaws
from tests.payments import paypal_peer, razorpay_peer, stripe_peer
from tests.payments.paypal_peer import PayPalPeer
from tests.payments.razorpay_peer import RazorpayPeer
from tests.payments.stripe_peer import StripePeer
from tests.system.store import Store

_STRIPE_FORM = """
globalThis.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    secret: clientSecret,
    create: () => ({
      on: (name, heard) => name === "ready" && setTimeout(heard),
      mount: (place) => (place.textContent = `Form of ${key}`),
    }),
  }),
  confirmPayment: async ({ elements }) => {
    const refused = await cardPays(elements.secret.split("_secret")[0]);
    return refused ? { error: { message: refused } } : { paymentIntent: {} };
  },
});
"""
_RAZORPAY_FORM = """
globalThis.Razorpay = class {
  constructor(options) { this.options = options; }
  on(name, heard) { this.refused = heard; }
  async open() {
    const { key, order_id, handler, modal } = this.options;
    const description = await cardPays(key === "rzp_test_peer" ? order_id : key);
    if (!description) return handler({});
    this.refused({ error: { description } });
    modal.ondismiss();
  }
};
"""


class Form(NamedTuple):
    """A provider's form, as far as our page meets it."""

    host: str
    script: str
    method: str
    """What the pay sheet calls it."""


FORMS = {
    "stripe": Form("js.stripe.com", _STRIPE_FORM, "Card"),
    "razorpay": Form("checkout.razorpay.com", _RAZORPAY_FORM, "UPI, card or netbanking"),
    "paypal": Form("www.paypal.com", "", "PayPal"),
}


class Peers(NamedTuple):
    """The providers' APIs."""

    stripe: StripePeer
    razorpay: RazorpayPeer
    paypal: PayPalPeer

    def paying(self, provider: str) -> Callable[[str], object]:
        """Return what pays under a reference of the provider."""
        return self.stripe.pay if provider == "stripe" else self.razorpay.attempt


@pytest.fixture(scope="module")
def peers() -> Iterator[Peers]:
    """The APIs, listening."""
    peers = Peers(StripePeer(), RazorpayPeer(), PayPalPeer())
    with peers.stripe.running(), peers.razorpay.running(), peers.paypal.running():
        yield peers


@pytest.fixture(scope="module")
def store(furnished: Path, peers: Peers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A server with accounts at all of them, beside the sandbox."""
    accounts = {
        "STRIPE_SECRET_KEY": stripe_peer.KEY,
        "STRIPE_PUBLISHABLE_KEY": stripe_peer.PUBLISHABLE,
        "STRIPE_WEBHOOK_SECRET": stripe_peer.WEBHOOK_SECRET,
        "STRIPE_API_BASE": peers.stripe.url,
        "RAZORPAY_KEY_ID": razorpay_peer.KEY_ID,
        "RAZORPAY_KEY_SECRET": razorpay_peer.KEY_SECRET,
        "RAZORPAY_WEBHOOK_SECRET": razorpay_peer.WEBHOOK_SECRET,
        "RAZORPAY_API_BASE": peers.razorpay.url,
        "PAYPAL_CLIENT_ID": paypal_peer.CLIENT_ID,
        "PAYPAL_CLIENT_SECRET": paypal_peer.SECRET,
        "PAYPAL_WEBHOOK_ID": paypal_peer.WEBHOOK_ID,
        "PAYPAL_API_BASE": peers.paypal.url,
    }
    store = open_store(furnished, tmp_path_factory.mktemp("providers"), **accounts)
    yield store
    store.close()


def _to_the_form(page: Page, watch: Watch, provider: str) -> None:
    """Fill the cart and go to the provider's form."""
    watch.allow_host(FORMS[provider].host)
    watch.allow_refusals()  # the order is asked for a moment before it is written
    take(page)
    type_barcode(page, MILK.barcode)
    sheet = check_out(page)
    sheet.get_by_role("radio", name=FORMS[provider].method, exact=True).check()
    sheet.locator(".pay-foot button").click()
    page.wait_for_url(f"**/pay/{provider}/*")


@pytest.mark.parametrize(("provider", "number"), [("stripe", 71), ("razorpay", 77)])
def test_the_form_is_on_its_own_page_a_refused_card_is_said_there_and_another_one_pays(
    visit: Visit, watches: list[Watch], peers: Peers, provider: str, number: int
) -> None:
    page = visit(f"/t/TROLLEY_{number}", f"pays-by-{provider}")
    form = FORMS[provider]
    said = ["Your card was declined.", ""]

    def card_pays(reference: str) -> str:
        refused = said.pop(0)
        if not refused:
            peers.paying(provider)(reference)
        return refused

    page.expose_function("cardPays", card_pays)
    page.route(
        f"https://{form.host}/**",
        lambda route: route.fulfill(body=form.script, content_type="text/javascript"),
    )
    _to_the_form(page, watches[0], provider)
    button = page.get_by_role("button", name="Pay ₹68.00")
    expect(button).to_be_enabled()
    assert flaws(page) == []
    button.click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    button.click()
    thanked(page)
    # Nothing of the provider is let in anywhere else.
    assert provider not in page.request.get(page.url).headers["content-security-policy"]


def test_paypal_is_a_page_of_its_own_from_which_one_comes_back_to_buy(
    visit: Visit, watches: list[Watch], peers: Peers
) -> None:
    page = visit("/t/TROLLEY_73", "pays-by-paypal")
    approves = [False, True]

    def at_paypal(route: Route) -> None:
        order_id = route.request.url.rpartition("=")[2]
        context = peers.paypal.orders[order_id]["context"]
        back = context["cancel_url"]
        if approves.pop(0):
            peers.paypal.approve(order_id)
            back = f"{context['return_url']}&token={order_id}&PayerID=PAYER1"
        path = urlsplit(back)._replace(scheme="", netloc="").geturl()
        there = urljoin(page.url, path)
        route.fulfill(
            body=f'<meta http-equiv="refresh" content="0;url={html.escape(there)}">', content_type="text/html"
        )

    _to_the_form(page, watches[0], "paypal")
    page.route("https://www.paypal.com/**", at_paypal)
    button = page.get_by_role("button", name="Pay ₹68.00")
    expect(button).to_be_enabled()
    assert flaws(page) == []
    button.click()
    page.wait_for_url(re.compile(r"/pay/paypal/[-0-9a-f]+$"))
    expect(button).to_be_enabled()
    button.click()
    thanked(page)


def test_a_form_that_cannot_be_loaded_is_said_and_one_can_pay_another_way(
    visit: Visit, watches: list[Watch]
) -> None:
    page = visit("/t/TROLLEY_72", "card-blocked")
    page.route("https://js.stripe.com/**", lambda route: route.fulfill(status=404))
    _to_the_form(page, watches[0], "stripe")
    expect(page.get_by_role("alert")).to_contain_text("The payment form cannot be loaded right now.")
    page.get_by_role("link", name="Other ways to pay").click()
    sheet = page.get_by_role("dialog", name="Pay")
    expect(sheet.get_by_role("link", name="Go to payment")).to_be_visible()
    sheet.get_by_text("Other ways to pay").click()
    pay(page)
    thanked(page)
