"""The receipt as a file: what it says in each language, for whom, and for which business."""

from __future__ import annotations

import re
import zlib
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail as django_mail
from django.utils import timezone

from core.accounts.models import User
from core.orders import pdf, receipts
from core.orders.models import ExitCheck, Order, OrderBuyer
from core.orders.tasks import send_receipt
from core.payments.models import Payment, TillPayment
from core.tenancy.models import Branch
from tests.core.support import Api, World, order

BUYER = {"name": "Mango & Sons", "tax_number": "27aapfu0939f1zv", "address": "1 Hill Road, Mumbai"}


def bought(user: User, **fields: Any) -> Order:
    return order(user.pk, **fields)


def at_the_till(row: Order) -> None:
    now = timezone.now()
    Payment.objects.create(
        payment_id=row.pk, user_id=row.user_id, branch_code=row.branch_code, chain_slug=row.chain_slug,
        provider="till", status="paid", amount=row.total, refunded=0, currency=row.currency,
        reservation_id=row.reservation_id, unsettled=False, refunds_refused=0, started_at=now, expires_at=now,
        updated_at=now,
    )  # fmt: skip
    TillPayment.objects.create(
        payment_id=row.pk, method="cash", due=25, received=50, taken_by=row.user_id, at=now
    )


def page(row: Order, lang: str = "en", *, mine: bool = True) -> pdf.Page:
    return receipts.page_of(row, lang, mine=mine)


def test_a_receipt_says_how_it_was_paid_at_the_till_and_at_the_exit(
    people: dict[str, User], world: World
) -> None:
    row = bought(people["shopper"])
    at_the_till(row)
    ExitCheck.objects.create(
        order_id=row.pk, branch_code="OWN", chain_slug="own-chain", user_id=row.user_id,
        checked_by=row.user_id, begun_at=row.placed_at, finished_at=row.placed_at,
        outcome="differences", unpaid_units=1, unpaid_amount=Decimal("12.50"), currency="INR",
        settled_at=row.placed_at, settled_method="card",
    )  # fmt: skip
    answer = Api(people["shopper"]).get(f"/api/orders/{row.pk}").json()
    payment = {name: answer["payment"][name] for name in ("method", "due", "received", "change")}
    assert payment == {"method": "cash", "due": 25.0, "received": 50.0, "change": 25.0}
    assert (answer["exit_check"]["paid"], answer["exit_check"]["method"]) == (12.5, "card")
    assert [(line.text, line.amount) for line in page(row).after] == [
        ("Paid in cash", "50.00 INR"),
        ("Change", "25.00 INR"),
        ("Paid at the exit check", "12.50 INR"),
    ]


@pytest.mark.parametrize(("who", "word"), [("shopper", ""), ("staff", "Copy"), ("manager", "Copy")])
def test_the_file_is_there_for_the_buyer_and_as_a_copy_for_staff(
    who: str, word: str, people: dict[str, User], world: World
) -> None:
    row = bought(people["shopper"])
    answer = Api(people[who]).get(f"/api/orders/{row.pk}/receipt.pdf?language=en")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert 'filename="receipt-OWN-7.pdf"' in answer["Content-Disposition"]
    assert page(row, mine=not word).copy == word
    assert Api(people["stranger"]).get(f"/api/orders/{row.pk}/receipt.pdf").status_code == 404


def test_a_long_receipt_goes_on_on_the_next_page(people: dict[str, User], world: World) -> None:
    many = page(bought(people["shopper"]))
    data = pdf.made(many._replace(lines=[pdf.Line("Basmati rice " * 12, "12.50 INR", "1 × 12.50 INR")] * 60))
    assert len(re.findall(rb"/Type /Page\b", data)) > 2
    assert all(zlib.crc32(pdf.made(many)) == zlib.crc32(pdf.made(many)) for _ in range(2))


def test_hebrew_is_written_from_the_right(people: dict[str, User], world: World) -> None:
    assert pdf.seen("סך הכול", True) == "לוכה ךס"
    assert pdf.seen("חלב 3% ליטר 1", True) == "1 רטיל 3% בלח"
    assert pdf.seen("לחם (750 גר׳)", True) == "(׳רג 750) םחל"
    assert pdf.seen("Milk", True) == "Milk"
    row = bought(people["shopper"])
    answer = Api(people["shopper"]).get(f"/api/orders/{row.pk}/receipt.pdf?language=he")
    assert answer.status_code == 200
    assert (page(row, "he").title, page(row, "he").rtl) == ("קבלה", True)


def test_a_business_has_its_receipt_with_its_tax_number(people: dict[str, User], world: World) -> None:
    row = bought(people["shopper"])
    world.chain.country = "IN"
    world.chain.save()
    api, path = Api(people["shopper"]), f"/api/orders/{row.pk}/buyer"
    answer = api.put(path, BUYER)
    assert answer.json() == {**BUYER, "tax_number": "27AAPFU0939F1ZV"}
    assert api.get(f"/api/orders/{row.pk}").json()["buyer"]["name"] == "Mango & Sons"
    shown = page(row)
    assert shown.title == "Invoice receipt"
    assert ("Tax number", "27AAPFU0939F1ZV") in shown.facts
    assert api.get("/api/me/export").json()["order_buyers"][0]["name"] == "Mango & Sons"
    assert api.change("DELETE", path, {}).status_code == 204
    assert not OrderBuyer.objects.exists()


def test_the_sellers_tax_number_is_on_the_page_the_file_and_the_mail(
    people: dict[str, User], world: World
) -> None:
    row = bought(people["shopper"], number=1043)
    assert not [word for word, _ in page(row).facts if "tax number" in word]
    admin = Api(people["chain_admin"])
    path = f"/api/chains/{world.chain.slug}"
    assert admin.change("PATCH", path, {"tax_number": "27AAPFU0939F1ZV"}).status_code == 200
    assert admin.get(path).json()["tax_number"] == "27AAPFU0939F1ZV"
    shop = Api(people["shopper"]).get(f"/api/orders/{row.pk}").json()["shop"]
    assert shop["tax_number"] == "27AAPFU0939F1ZV"
    assert ("Seller’s tax number", "27AAPFU0939F1ZV") in page(row).facts
    assert ("מספר העוסק של המוכר", "27AAPFU0939F1ZV") in page(row, "he").facts
    assert send_receipt(str(row.pk))
    [message] = django_mail.outbox
    for part in (message.body, message.alternatives[0][0]):
        assert "27AAPFU0939F1ZV" in part


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("IN", "27AAPFU0939F1ZX", None), ("IL", "516179157", "516179157"), ("IL", "516179150", None),
        ("DE", "DE 136,695 976", "136695976"), ("DE", "12", None), ("US", "12-3456789", "12-3456789"),
        ("", "anything", "anything"),
    ],
)  # fmt: skip
def test_a_tax_number_is_one_of_the_country(
    country: str, number: str, kept: str | None, people: dict[str, User], world: World
) -> None:
    row = bought(people["shopper"])
    world.chain.country = country
    world.chain.save()
    answer = Api(people["shopper"]).put(f"/api/orders/{row.pk}/buyer", {**BUYER, "tax_number": number})
    if kept is None:
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["tax_number"])
    else:
        assert answer.json()["tax_number"] == kept


def test_nobody_names_the_buyer_of_anothers_order(people: dict[str, User], world: World) -> None:
    row = bought(people["shopper"])
    assert Branch.objects.filter(code=row.branch_code).exists()
    assert Api(people["stranger"]).put(f"/api/orders/{row.pk}/buyer", BUYER).status_code == 404
    assert Api(people["staff"]).put(f"/api/orders/{row.pk}/buyer", BUYER).status_code == 200
