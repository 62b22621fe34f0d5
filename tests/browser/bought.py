"""Orders that the demo's shopper2 has placed before the tests begin, by name."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from typing import Any

from tests.browser.people import tokens
from tests.system.store import Store

WRITTEN_WITHIN_S = 120.0
NAMES = ("paper", "gate", "camera", "given-back", "elsewhere")
"""``elsewhere`` is of BRANCH-002; the others are of BRANCH-001, each of 2 and 3 units."""
_PLACE = """
import sys, uuid, django
django.setup()
from decimal import Decimal
from actors.messages.cart import Line, PriceStep
from actors.messages.money.order import PlaceOrder, RefundMade
from actors.messages.money.purchase import Purchase
from actors.runtime import Address
from core.accounts.models import User
from core.catalogue.models import Product
from core.host import Host
user = str(User.objects.get(username="shopper2").pk)
products = list(Product.objects.filter(chain__slug="demo-chain", is_active=True).order_by("name")[:2])
host = Host()
host.start()
def place(order_id, branch):
    lines = []
    for number, product in enumerate(products, 2):
        base = product.price.quantize(Decimal("0.01"))
        unit = (base * Decimal("0.9")).quantize(Decimal("0.01"))
        trace = (PriceStep("base", base), PriceStep("tier:GOLD", unit))
        what = (str(uuid.uuid4()), str(product.pk), product.barcode, product.name)
        lines.append(Line(*what, number, unit, unit * number, trace, 1.0))
    total = sum((line.line_total for line in lines), Decimal("0.00"))
    purchase = Purchase(
        reservation_id=str(uuid.uuid4()),
        branch=branch,
        chain="demo-chain",
        session_id=None,
        trolley_id="TROLLEY_07",
        lines=tuple(lines),
        total=total,
        currency="INR",
    )
    host.system.tell(Address("order", order_id), PlaceOrder(user, purchase), order_id)
    host.system.quiesce()
    return total
for pair in sys.argv[1:]:
    name, order_id = pair.split("=")
    total = place(order_id, "BRANCH-002" if name == "elsewhere" else "BRANCH-001")
    if name == "given-back":
        host.system.tell(Address("order", order_id), RefundMade("of-the-bank", total))
host.system.quiesce()
host.stop()
"""


def id_of(name: str) -> str:
    """The id of the order of that name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def place_orders(store: Store) -> None:
    """Place them all, in a store that does not run yet."""
    store.run("-c", _PLACE, *(f"{name}={id_of(name)}" for name in NAMES))


def order(store: Store, name: str) -> dict[str, Any]:
    """What the API says of the order."""
    return call(store, "shopper2", "GET", f"/api/orders/{id_of(name)}")


def change_chain(store: Store, **settings: Any) -> None:
    """Let the demo's chain be as it was loaded, but for these settings."""
    path = "/api/chains/demo-chain"
    known = call(store, "chain-admin", "GET", path)
    kept = {name: known[name] for name in ("name", "currency", "languages")}
    body = {"branch_managers_edit_catalogue": True, **kept, **settings}
    call(store, "chain-admin", "PUT", path, body)


def call(store: Store, username: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """Call the API as somebody, whatever version it changes; return what it answers."""
    headers = {"Authorization": f"Bearer {tokens(store, username)['access']}", "If-Match": "*"}
    request = urllib.request.Request(
        f"{store.url}{path}",
        None if body is None else json.dumps(body).encode(),
        {**headers, "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=90) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def buy(store: Store, username: str, barcode: str, quantity: int) -> str:
    """Let somebody buy in BRANCH-002 with the sandbox's good card; return the order's id once it is there."""
    found = call(store, username, "GET", f"/api/products?barcode={barcode}")
    product = found["results"][0]["id"]
    call(store, username, "POST", "/api/cart/items", {"product_id": product, "quantity": quantity})
    body = {"payment_method": "sandbox", "branch": "BRANCH-002"}
    payment = call(store, username, "POST", "/api/payments/create-from-cart", body)["payment_id"]
    card = {"card": "4242424242424242"}
    assert call(store, username, "POST", f"/api/payments/{payment}/confirm", card)["status"] == "paid"
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while not _written(store, username, payment):
        assert time.monotonic() < deadline, "the order was not written in time"
        time.sleep(0.05)
    return str(payment)


def _written(store: Store, username: str, order_id: str) -> bool:
    rows = call(store, username, "GET", "/api/orders")["results"]
    return any(row["id"] == order_id and row["number"] for row in rows)
