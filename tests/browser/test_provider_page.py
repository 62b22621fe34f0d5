"""The page with a provider's own form: a few lines play the provider's script, a local peer its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visit, open_store
from tests.browser.shopping import MILK, check_out, pay, take, thanked, type_barcode
from tests.browser.watch import Watch, flaws
from tests.payments.stripe_peer import KEY, PUBLISHABLE, WEBHOOK_SECRET, StripePeer
from tests.system.store import Store

_STRIPE_JS = "https://js.stripe.com/v3/"
_FORM = """
globalThis.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    secret: clientSecret,
    create: () => ({
      on: (name, heard) => name === "ready" && setTimeout(heard),
      mount: (place) => (place.textContent = `Form of ${key}`),
    }),
  }),
  confirmPayment: async ({ elements }) => {
    const refused = await cardPays(elements.secret);
    return refused ? { error: { message: refused } } : { paymentIntent: {} };
  },
});
"""


@pytest.fixture(scope="module")
def peer() -> Iterator[StripePeer]:
    """Stripe's API."""
    peer = StripePeer()
    with peer.running():
        yield peer


@pytest.fixture(scope="module")
def store(furnished: Path, peer: StripePeer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A server with an account at Stripe beside the sandbox."""
    account = {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": peer.url,
        "PAYMENT_PROVIDER": "stripe",
    }
    store = open_store(furnished, tmp_path_factory.mktemp("stripe"), **account)
    yield store
    store.close()


def _to_the_form(page: Page) -> None:
    """Fill the cart and go to the provider's form."""
    take(page)
    type_barcode(page, MILK.barcode)
    check_out(page).locator(".pay-foot button").click()
    page.wait_for_url("**/pay/stripe/*")


def test_the_form_is_on_its_own_page_a_refused_card_is_said_there_and_another_one_pays(
    visit: Visit, watches: list[Watch], peer: StripePeer
) -> None:
    page = visit("/t/TROLLEY_71", "card-holder")
    watches[0].allow_host("js.stripe.com")
    watches[0].allow_refusals()  # the order is asked for a moment before it is written
    said = ["Your card was declined.", ""]

    def card_pays(secret: str) -> str:
        refused = said.pop(0)
        if not refused:
            peer.pay(secret.partition("_secret")[0])
        return refused

    page.expose_function("cardPays", card_pays)
    page.route(_STRIPE_JS, lambda route: route.fulfill(body=_FORM, content_type="text/javascript"))
    _to_the_form(page)
    expect(page.get_by_text(f"Form of {PUBLISHABLE}")).to_be_visible()
    assert flaws(page) == []
    page.get_by_role("button", name="Pay ₹68.00").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    page.get_by_role("button", name="Pay ₹68.00").click()
    thanked(page)
    # Nothing of the provider is let in anywhere else.
    assert "stripe" not in page.request.get(f"{page.url}").headers["content-security-policy"]


def test_a_form_that_cannot_be_loaded_is_said_and_one_can_pay_another_way(
    visit: Visit, watches: list[Watch]
) -> None:
    page = visit("/t/TROLLEY_72", "card-blocked")
    watches[0].allow_host("js.stripe.com")
    watches[0].allow_refusals()
    page.route(_STRIPE_JS, lambda route: route.fulfill(status=404))
    _to_the_form(page)
    expect(page.get_by_role("alert")).to_contain_text("The payment form cannot be loaded right now.")
    page.get_by_role("link", name="Other ways to pay").click()
    sheet = page.get_by_role("dialog", name="Pay")
    expect(sheet.get_by_role("link", name="Go to payment")).to_be_visible()
    sheet.get_by_text("Other ways to pay").click()
    pay(page)
    thanked(page)
