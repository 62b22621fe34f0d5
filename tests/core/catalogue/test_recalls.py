"""Recalled lots: who may call one back, what is said of one that cannot be, and who is told."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Product, ProductCode, RecalledLot
from core.notifications.kinds import words_of
from core.notifications.models import Notification, Preference
from core.orders.models import OrderItem
from core.orders.tasks import notify_of_recalls as notify_buyers
from core.outbox.models import OutgoingMessage
from core.shopping.models import CartItem
from core.shopping.tasks import notify_of_recalls
from core.trail.models import Note
from tests.core.support import Api, World, order

GTIN = "9501101530003"
MESSAGE = f"]C1010{GTIN}10l-7\x1d3103000500"


@pytest.fixture
def steak(world: World) -> Product:
    return Product.objects.create(chain=world.chain, barcode=GTIN, name="Steak", price=100)


def in_cart(product: Product, user: User, lots: str) -> None:
    CartItem.objects.create(
        line_id=uuid.uuid4(), user_id=user.pk, product_id=product.pk, barcode=product.barcode,
        name=product.name, quantity=1, unit_price=100, line_total=100, added_at=timezone.now(), lots=lots,
    )  # fmt: skip


def test_staff_scans_what_is_called_back(people: dict[str, User], world: World, steak: Product) -> None:
    staff = Api(people["staff"])
    answer = staff.post("/api/recalls", {"barcode": MESSAGE, "reason": "Glass  found"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["product_name"], made["lot"], made["reason"]) == ("Steak", "L-7", "Glass found")
    assert [one["id"] for one in staff.get("/api/recalls?search=ste+l-7").json()["results"]] == [made["id"]]
    shelf = Catalogue(world.chain.slug)
    shelf.reload()
    product = shelf.by_id(str(steak.pk))
    assert product is not None
    assert product.has_recalled(("A1", "l-7"))
    assert Note.objects.filter(subject=f"recalled_lot/{made['id']}").exists()
    assert Api(people["staff"]).change("DELETE", f"/api/recalls/{made['id']}", {}).status_code == 204
    shelf.reload()
    product = shelf.by_id(str(steak.pk))
    assert product is not None
    assert not product.has_recalled(("L-7",))


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"barcode": GTIN}, "lot", "Say which lot"),
        ({"barcode": GTIN, "lot": "L 7"}, "lot", "as it is printed"),
        ({"barcode": GTIN, "lot": "L" * 21}, "lot", "20"),
        ({"barcode": "5901234123457", "lot": "L7"}, "barcode", "no product with the code 5901234123457"),
        ({"barcode": "9501101530004", "lot": "L7"}, "barcode", "check digit"),
        ({"barcode": GTIN, "lot": "l7"}, "lot", "recalled already"),
        ({"barcode": GTIN, "lot": "L8", "reason": "a\u202eb"}, "reason", "one line of visible text"),
    ],
)
def test_what_cannot_be_called_back_is_refused_by_name(
    body: dict[str, Any], field: str, says: str, people: dict[str, User], steak: Product
) -> None:
    RecalledLot.objects.create(product=steak, lot="L7")
    answer = Api(people["staff"]).post("/api/recalls", body)
    assert answer.status_code == 400
    assert says in answer.json()["errors"][field][0]
    assert RecalledLot.objects.count() == 1


def test_a_case_is_called_back_by_its_own_code(people: dict[str, User], steak: Product) -> None:
    ProductCode.objects.create(product=steak, code="10012345678902", units=12)
    answer = Api(people["staff"]).post("/api/recalls", {"barcode": "10012345678902", "lot": "A"})
    assert answer.json()["product"] == str(steak.pk)


def test_others_neither_see_nor_call_back(people: dict[str, User], steak: Product) -> None:
    row = RecalledLot.objects.create(product=steak, lot="L7")
    for who in ("shopper", "stranger"):
        api = Api(people[who])
        assert api.get("/api/recalls").json()["results"] == []
        assert api.change("DELETE", f"/api/recalls/{row.pk}", {}).status_code in (403, 404)
    assert RecalledLot.objects.filter(pk=row.pk).exists()


def test_whose_cart_holds_it_is_told_once(people: dict[str, User], steak: Product) -> None:
    in_cart(steak, people["shopper"], "A\nl-7")
    in_cart(steak, people["staff"], "A\nL-71")
    RecalledLot.objects.create(product=steak, lot="L-7")
    assert (notify_of_recalls(), notify_of_recalls()) == (1, 0)
    told = Notification.objects.get(kind="recall")
    assert told.user == people["shopper"]
    assert words_of(told.kind, told.data, "en").title == "Please put it back: Steak"
    assert "L-7" in words_of(told.kind, told.data, "he").text


def bought(product: Product, user: User, lots: str, returned: int = 0, days: int = 1) -> None:
    placed = timezone.now() - timedelta(days=days)
    row = order(user.pk, placed_at=placed)
    OrderItem.objects.filter(order_id=row.pk).update(product_id=product.pk, lots=lots, returned=returned)


def test_whoever_may_have_bought_it_is_told_once_and_led_to_the_order(
    people: dict[str, User], steak: Product, world: World
) -> None:
    bought(steak, people["shopper"], "A\nl-7")
    bought(steak, people["shopper"], "L-7", days=3)
    bought(steak, people["staff"], "")
    bought(steak, people["manager"], "A\nL-71")
    bought(steak, people["chain_admin"], "L-7", returned=2)
    bought(steak, people["stranger"], "L-7", days=200)
    bought(world.product, people["platform"], "L-7")
    latest = OrderItem.objects.get(lots="A\nl-7").order_id
    RecalledLot.objects.create(product=steak, lot="L-7")
    assert (notify_buyers(), notify_buyers()) == (2, 0)
    told = {row.user: row for row in Notification.objects.filter(kind="recall_bought")}
    assert set(told) == {people["shopper"], people["staff"]}
    words = words_of("recall_bought", told[people["shopper"]].data, "en")
    assert (words.title, words.link) == ("Please look at what you bought: Steak", f"/orders/{latest}")
    assert "L-7" in words_of("recall_bought", told[people["staff"]].data, "he").text
    bought(steak, people["manager"], "L-7", days=0)
    assert notify_buyers() == 1


def test_a_buyer_is_told_of_a_recall_in_the_ways_that_they_want(
    people: dict[str, User], steak: Product
) -> None:
    for name, mails in (("shopper", True), ("staff", False)):
        Preference.objects.create(
            user=people[name], kind="recall_bought", socket=True, email=mails, sms=False, push=False
        )
        bought(steak, people[name], "L-7")
    RecalledLot.objects.create(product=steak, lot="L-7")
    assert notify_buyers() == 2
    assert [row.to for row in OutgoingMessage.objects.all()] == ["shopper@shop.example"]


def test_a_recall_of_long_ago_bothers_nobody(people: dict[str, User], steak: Product) -> None:
    bought(steak, people["shopper"], "L-7")
    RecalledLot.objects.create(product=steak, lot="L-7", created_at=timezone.now() - timedelta(days=3))
    assert notify_buyers() == 0
