"""Orders that the demo's shopper2 has placed before the tests begin, by name."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

from tests.browser.people import tokens
from tests.system.store import Store

NAMES = ("paper", "gate", "camera", "given-back", "elsewhere")
"""``elsewhere`` is of BRANCH-002; the others are of BRANCH-001, each of 2 and 3 units."""
_PLACE = """
import sys, uuid, django
django.setup()
from decimal import Decimal
from actors.messages.cart import Line, PriceStep
from actors.messages.order import PlaceOrder, RefundMade
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
    where = (str(uuid.uuid4()), branch, "demo-chain", None, "TROLLEY_07")
    order = PlaceOrder(user, *where, tuple(lines), total, "INR")
    host.system.tell(Address("order", order_id), order, order_id)
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
    token = tokens(store, "shopper2")["access"]
    request = urllib.request.Request(
        f"{store.url}/api/orders/{id_of(name)}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
