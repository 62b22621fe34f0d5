"""Addresses that are given and confirmed, and passwords that are lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail, signing
from django.utils import timezone

from core.accounts.contact import emails, reset
from core.accounts.models import User
from core.orders.models import ReceiptMail
from core.orders.tasks import send_receipt
from core.outbox.models import OutgoingMessage
from tests.core.accounts.phone import has_phone, mails, token_in
from tests.core.support import PASSWORD, Api, World, order

GEESE = "seven wild geese"
NEW = "eight tame ducks"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mailbox(settings: Any, tmp_path: Path) -> None:
    has_phone(settings, tmp_path)


def register(nobody: Api, name: str = "mia", address: str = "mia@mail.example") -> Api:
    answer = nobody.post("/api/auth/register", {"username": name, "password": GEESE, "email": address})
    assert answer.status_code == 201
    return Api(token=answer.json()["access"])


def email_of(api: Api) -> tuple[str, bool]:
    me = api.get("/api/me").json()
    return me["email"], me["email_confirmed"]


def enter(nobody: Api, name: str, password: str) -> int:
    return int(nobody.post("/api/auth/token", {"username": name, "password": password}).status_code)


def confirm(nobody: Api, token: str) -> Any:
    return nobody.post("/api/auth/email/confirm", {"token": token})


# --- addresses --------------------------------------------------------------------------


def test_an_address_is_ones_own_when_its_link_was_followed(nobody: Api) -> None:
    mia = register(nobody)
    assert email_of(mia) == ("mia@mail.example", False)
    assert enter(nobody, "mia@mail.example", GEESE) == 401
    [sent] = mails()
    assert sent.to == ["mia@mail.example"]
    answer = confirm(nobody, token_in(sent.body))
    assert (answer.status_code, answer.json()) == (200, {"email": "mia@mail.example"})
    assert email_of(mia) == ("mia@mail.example", True)
    assert enter(nobody, "Mia@mail.example", GEESE) == 200
    assert confirm(nobody, token_in(sent.body)).status_code == 200, "who taps twice has not failed"


def test_a_known_address_is_answered_as_an_unknown_one_and_its_owner_is_told(
    people: dict[str, User], nobody: Api
) -> None:
    answers = [
        nobody.post("/api/auth/register", {"username": name, "password": GEESE, "email": address})
        for name, address in (("mallory", "Shopper@shop.example"), ("mia", "mia@mail.example"))
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json().keys() == answers[1].json().keys()
    mallory = Api(token=answers[0].json()["access"])
    assert email_of(mallory) == ("shopper@shop.example", False)
    to_owner = next(each for each in mails() if each.to == ["shopper@shop.example"])
    assert "You have an account already" in to_owner.subject
    assert "token" not in to_owner.body
    assert "mallory" not in to_owner.body
    assert enter(nobody, "shopper@shop.example", PASSWORD) == 200


def test_changing_to_a_known_address_sounds_the_same_too(people: dict[str, User], nobody: Api) -> None:
    api = Api(people["staff"])
    answers = [
        api.patch("/api/me", {"email": each, "password": PASSWORD})
        for each in ("shopper@shop.example", "new@x.example")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["email_confirmed"] for answer in answers] == [False, False]
    assert User.objects.get(username="staff").email == "staff@shop.example", "till it is confirmed"


def test_of_two_who_gave_an_address_the_one_who_confirms_it_has_it(nobody: Api) -> None:
    mia, mallory = register(nobody), register(nobody, "mallory")
    letters = mails()
    assert confirm(nobody, token_in(letters[0].body)).status_code == 200
    answer = confirm(nobody, token_in(letters[1].body))
    assert (answer.status_code, answer.json()["code"]) == (409, "address_taken")
    assert email_of(mia) == ("mia@mail.example", True)
    assert email_of(mallory) == ("mia@mail.example", False)


def test_a_link_is_worth_nothing_for_an_address_given_up_since(nobody: Api) -> None:
    mia = register(nobody)
    token = token_in(mails()[0].body)
    mia.patch("/api/me", {"email": "other@mail.example", "password": GEESE})
    assert confirm(nobody, token).json()["code"] == "token_invalid"
    mia.patch("/api/me", {"email": ""})
    assert email_of(mia) == ("", False)


def test_a_link_that_is_none_is_refused(nobody: Api) -> None:
    for token in ("x", "a.b.c", "…", signing.dumps({"user": "x"}, salt="other")):
        answer = confirm(nobody, token)
        assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid")


def test_a_link_gets_old(nobody: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    register(nobody)
    token = token_in(mails()[0].body)
    monkeypatch.setattr(emails, "GOOD_FOR", timedelta(seconds=-1))
    assert confirm(nobody, token).json()["code"] == "token_expired"


def test_nobody_fills_anothers_box(people: dict[str, User], nobody: Api) -> None:
    for number in range(8):
        register(nobody, f"mallory{number}", "shopper@shop.example")
    assert len(mails()) == emails.AN_HOUR


def test_an_address_gets_one_receipt_before_it_is_confirmed(world: World, nobody: Api) -> None:
    mia = register(nobody)
    token = token_in(mails()[0].body)
    mail.outbox.clear()
    buyer = User.objects.get(username="mia")
    first, second = order(buyer.pk, number=1), order(buyer.pk, number=2)
    assert send_receipt(str(first.pk))
    assert mail.outbox[0].to == ["mia@mail.example"]
    assert not send_receipt(str(second.pk))
    assert ReceiptMail.objects.get(pk=second.pk).outcome == "no_address"
    assert confirm(nobody, token).status_code == 200
    assert send_receipt(str(second.pk)), "it is due again"
    assert email_of(mia)[1]


# --- lost passwords ---------------------------------------------------------------------


def ask(nobody: Api, address: str = "shopper@shop.example", **body: str) -> Any:
    return nobody.post("/api/auth/password/reset", {"email": address, **body})


def choose(nobody: Api, token: str, password: str = NEW) -> Any:
    return nobody.post("/api/auth/password/reset/confirm", {"token": token, "password": password})


def test_a_lost_password_is_replaced_by_a_mailed_link_and_all_logins_end(
    people: dict[str, User], nobody: Api
) -> None:
    signed_in = Api(people["shopper"])
    answer = ask(nobody, "Shopper@shop.example")
    assert (answer.status_code, answer.json()) == (202, {"expires_in": 3600})
    [sent] = mails()
    assert "http://localhost:8000/reset?token=" in sent.body
    assert choose(nobody, token_in(sent.body)).status_code == 200
    assert [enter(nobody, "shopper", each) for each in (PASSWORD, NEW)] == [401, 200]
    assert signed_in.get("/api/me").status_code == 401


def test_the_link_is_good_once(people: dict[str, User], nobody: Api) -> None:
    ask(nobody)
    token = token_in(mails()[0].body)
    assert choose(nobody, token).status_code == 200
    answer = choose(nobody, token, "nine wild swans")
    assert (answer.status_code, answer.json()["code"]) == (400, "token_invalid")
    assert enter(nobody, "shopper", NEW) == 200


def test_the_link_is_good_for_an_hour(people: dict[str, User], nobody: Api, settings: Any) -> None:
    token = reset.token_of(people["shopper"])
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert choose(nobody, token).json()["code"] == "token_invalid"


def test_a_weak_password_is_refused_and_the_link_stays_good(people: dict[str, User], nobody: Api) -> None:
    token = reset.token_of(people["shopper"])
    answer = choose(nobody, token, "12345")
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"password"}
    assert choose(nobody, token).status_code == 200


def test_an_unknown_address_is_answered_the_same_and_nothing_is_sent(
    people: dict[str, User], nobody: Api
) -> None:
    known, unknown = ask(nobody), ask(nobody, "nobody@mail.example")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [each.to for each in mails()] == [["shopper@shop.example"]]


def test_a_link_is_for_its_own_account(people: dict[str, User], nobody: Api) -> None:
    token = reset.token_of(people["shopper"])
    other = f"{people['platform'].pk}.{token.partition('.')[2]}"
    for each in (other, "x", f"{people['platform'].pk}", f"{people['shopper'].pk}.", "."):
        assert choose(nobody, each).status_code == 400
    assert enter(nobody, "platform", PASSWORD) == 200


def test_the_mail_proves_the_address(nobody: Api) -> None:
    mia = register(nobody)
    mails()
    mail.outbox.clear()
    ask(nobody, "mia@mail.example")
    assert choose(nobody, token_in(mails()[-1].body)).status_code == 200
    assert User.objects.get(username="mia").email == "mia@mail.example"
    assert mia.get("/api/me").status_code == 401


def test_a_closed_account_gets_no_link(people: dict[str, User], nobody: Api) -> None:
    User.objects.filter(username="shopper").update(is_active=False)
    ask(nobody)
    assert mails() == []


def test_in_hebrew_it_is_hebrew(people: dict[str, User], nobody: Api) -> None:
    ask(nobody, language="he")
    assert mails()[0].subject == "סיסמה חדשה"


def test_a_message_that_waited_too_long_is_not_sent(people: dict[str, User], nobody: Api) -> None:
    ask(nobody)
    OutgoingMessage.objects.update(good_until=timezone.now())
    assert mails() == []
