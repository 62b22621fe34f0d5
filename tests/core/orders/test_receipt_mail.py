"""The mail with the receipt: right in both languages, once for each order, and never lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from email.message import Message
from typing import Any
from unittest.mock import ANY

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from core.accounts.models import User
from core.orders import mail, passes
from core.orders.models import Order, OrderItem, ReceiptMail
from core.orders.tasks import send_due_receipts, send_receipt
from tests.core.support import PASSWORD, Api, World, order


class Refusing(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, messages: Any) -> int:
        """Refuse."""
        raise ConnectionRefusedError("no mail today")


@pytest.fixture(autouse=True)
def _mail_is_sent(settings: Any) -> None:
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def bought(people: dict[str, User]) -> Order:
    """An order of the shopper's."""
    return order(people["shopper"].pk, number=1042)


def parts(message: Any) -> dict[str, Message]:
    return {part.get_content_type(): part for part in message.message().walk()}


def text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_the_mail_has_the_receipt_as_text_and_as_a_page(bought: Order, world: World) -> None:
    OrderItem.objects.filter(order_id=bought.pk).update(name="Apples <b>& pears</b>", variant_name="1 kg")
    assert send_receipt(str(bought.pk))
    [message] = django_mail.outbox
    assert message.to == ["shopper@shop.example"]
    assert message.subject == "Your receipt from OWN, order 1042"
    found = parts(message)
    assert list(found) == [
        "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
    ]  # fmt: skip
    plain, page = text(found["text/plain"]), text(found["text/html"])
    code = passes.code_of(bought.pk)
    for word in ("25.00 INR", "12.50 INR", "2 ×", code, f"/orders/{bought.pk}"):
        assert word in plain
        assert word in page
    assert "Apples <b>& pears</b>, 1 kg" in plain
    assert "Apples &lt;b&gt;&amp; pears&lt;/b&gt;, 1 kg" in page
    assert found["image/png"]["Content-ID"] == "<exit-pass>"
    assert 'src="cid:exit-pass"' in page
    assert message.message()["Message-ID"] == f"<receipt.{bought.pk}@localhost>"


def test_who_reads_hebrew_gets_hebrew_from_right_to_left(people: dict[str, User], bought: Order) -> None:
    assert Api(people["shopper"]).patch("/api/me", {"language": "he"}).json()["language"] == "he"
    send_receipt(str(bought.pk))
    [message] = django_mail.outbox
    assert message.subject == "הקבלה שלך: OWN, הזמנה 1042"
    page = text(parts(message)["text/html"])
    assert '<html lang="he" dir="rtl">' in page
    assert "Total" not in page
    assert "סך הכול" in page


def test_times_are_the_branchs_own(bought: Order, world: World) -> None:
    type(world.own).objects.filter(pk=world.own.pk).update(timezone="Asia/Kolkata")
    placed = timezone.now().replace(hour=20, minute=5)
    if placed > timezone.now():
        placed -= timedelta(days=1)
    Order.objects.filter(pk=bought.pk).update(placed_at=placed)
    send_receipt(str(bought.pk))
    assert ", 01:35 (GMT+0530)" in text(parts(django_mail.outbox[0])["text/plain"])


def test_what_was_given_back_is_on_it(bought: Order) -> None:
    Order.objects.filter(pk=bought.pk).update(refunded=Decimal("1000.50"), status="partly_refunded")
    send_receipt(str(bought.pk))
    assert "Refunded: 1,000.50 INR" in text(parts(django_mail.outbox[0])["text/plain"])


def test_a_task_that_runs_twice_sends_once(bought: Order) -> None:
    assert [send_receipt(str(bought.pk)) for _ in range(3)] == [True, False, False]
    assert len(django_mail.outbox) == 1
    assert send_due_receipts() == 0
    assert ReceiptMail.objects.values_list("outcome", "attempts").get() == ("sent", 1)


def test_what_a_crash_left_unsent_is_found_and_sent(bought: Order) -> None:
    """The task was never handed over: the order itself says that it is due."""
    assert send_due_receipts() == 1
    assert len(django_mail.outbox) == 1


def test_who_died_while_sending_is_followed_by_somebody_else_later(bought: Order) -> None:
    ReceiptMail.objects.create(order_id=bought.pk, claimed_at=timezone.now())
    assert not send_receipt(str(bought.pk)), "somebody is at it"
    assert send_due_receipts() == 0
    ReceiptMail.objects.update(claimed_at=timezone.now() - mail.CLAIM)
    assert send_due_receipts() == 1
    assert (len(django_mail.outbox), ReceiptMail.objects.get().attempts) == (1, 2)


def test_a_mail_server_that_is_down_costs_a_round_and_no_mail(
    bought: Order, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    assert not send_receipt(str(bought.pk))
    assert "could not be sent: ConnectionRefusedError" in caplog.text
    assert "shopper@" not in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_due_receipts() == 1
    assert len(django_mail.outbox) == 1


def test_nobody_is_written_to_without_an_address_or_an_account(
    people: dict[str, User], bought: Order
) -> None:
    User.objects.filter(pk=people["shopper"].pk).update(email="")
    order(uuid.uuid4())
    assert send_due_receipts() == 2
    assert django_mail.outbox == []
    assert list(ReceiptMail.objects.values_list("outcome", "done_at")) == [("no_address", ANY)] * 2
    assert send_due_receipts() == 0


def test_an_address_that_is_given_later_brings_the_receipt(people: dict[str, User], bought: Order) -> None:
    User.objects.filter(pk=people["shopper"].pk).update(email="")
    order(people["manager"].pk, number=8)
    assert send_due_receipts() == 2
    api = Api(people["shopper"])
    assert api.patch("/api/me", {"email": ""}).status_code == 200
    assert send_due_receipts() == 0
    assert api.patch("/api/me", {"email": "late@shop.example", "password": PASSWORD}).status_code == 200
    assert send_due_receipts() == 1
    assert [message.to for message in django_mail.outbox[1:]] == [["late@shop.example"]]


def test_old_orders_and_those_without_a_number_are_not_due(people: dict[str, User]) -> None:
    order(people["shopper"].pk, placed_at=timezone.now() - mail.GIVEN_UP)
    order(people["shopper"].pk, number=None)
    assert send_due_receipts() == 0


def test_without_a_mail_server_nothing_counts_as_sent(bought: Order, settings: Any) -> None:
    settings.SENDS_MAIL = False
    assert (send_due_receipts(), send_receipt(str(bought.pk))) == (0, False)
    assert not ReceiptMail.objects.exists()


@pytest.mark.parametrize("body", [{"language": "xx"}, {"language": 5}, {"email": "nobody"}, {"tier": "GOLD"}])
def test_one_changes_of_oneself_only_what_makes_sense(people: dict[str, User], body: dict[str, Any]) -> None:
    assert Api(people["shopper"]).patch("/api/me", body).status_code == 400


def test_receipts_go_to_the_old_address_until_the_new_one_is_confirmed(
    people: dict[str, User], bought: Order
) -> None:
    api = Api(people["shopper"])
    new = {"email": "New@shop.example", "password": PASSWORD}
    assert api.patch("/api/me", new).json()["email"] == "new@shop.example"
    assert api.patch("/api/me", {}).json()["email"] == "new@shop.example"
    send_receipt(str(bought.pk))
    assert django_mail.outbox[-1].to == ["shopper@shop.example"]
