"""Pages that are not ours to write keep to the content security policy too."""

from __future__ import annotations

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from core.config.production import DEMO_PASSWORD
from tests.browser.people import Visit
from tests.system.store import Store


def _directives(store: Store, path: str) -> dict[str, str]:
    with urllib.request.urlopen(store.url + path, timeout=10) as answer:
        policy: str = answer.headers["Content-Security-Policy"]
    return {name: sources for name, _, sources in (part.partition(" ") for part in policy.split("; "))}


@pytest.mark.parametrize(
    "path", ["/", "/shop", "/branch/BRANCH-001", "/api/docs", "/docs/asyncapi", "/admin/login/"]
)
def test_the_policy_names_no_other_host_and_lets_nothing_inline_in(store: Store, path: str) -> None:
    directives = _directives(store, path)
    host = store.url.partition("://")[2]
    assert directives["style-src"] == "'self'"
    assert directives["connect-src"] == f"'self' ws://{host}"
    assert "unsafe-inline" not in " ".join(directives.values())
    assert re.findall(r"https?:", " ".join(directives.values())) == []


def test_the_admin_keeps_to_the_policy(visit: Visit, store: Store) -> None:
    page = visit("/admin/", desk=True)
    page.locator("#username").fill("admin")
    page.locator("#password").fill(DEMO_PASSWORD)
    page.locator(".signin .btn-primary").click()
    expect(page.locator("#site-name")).to_be_visible()
    for path in ("tenancy/branch/", "fleet/trolley/", "catalogue/product/", "catalogue/product/add/"):
        page.goto(f"{store.url}/admin/{path}")
        expect(page.locator("#content h1")).to_be_visible()
    page.goto(f"{store.url}/print/branches/BRANCH-001/qr-sheet")
    figure = page.locator("figure").first
    expect(figure).to_be_visible()
    assert figure.evaluate("(each) => getComputedStyle(each).textAlign") == "center", (
        "the sheet has lost its styles"
    )


def test_the_documentation_of_the_api_keeps_to_the_policy(visit: Visit) -> None:
    page = visit("/api/docs", desk=True)
    operation = page.locator(".opblock").first
    expect(operation).to_be_visible(timeout=30_000)
    operation.locator("button").first.click()
    expect(operation.locator(".opblock-body")).to_be_visible()


def test_a_browser_that_asks_for_an_icon_gets_one(store: Store) -> None:
    with urllib.request.urlopen(f"{store.url}/favicon.ico", timeout=10) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
