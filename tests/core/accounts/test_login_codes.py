"""Logging in with nothing but a phone, or an address."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.codes import codes
from core.accounts.models import LoginCode, User
from core.config import addresses
from core.outbox.models import OutgoingMessage
from tests.core.accounts.phone import PHONE, code, code_in, has_phone, mails, messages
from tests.core.support import Api, World


@pytest.fixture(autouse=True)
def _phone(settings: Any, tmp_path: Path, db: None) -> None:
    has_phone(settings, tmp_path)


def ask(nobody: Api, phone: str = PHONE, **body: Any) -> Any:
    return nobody.post("/api/auth/otp/request", {"phone": phone, **body})


def verify(nobody: Api, digits: str, phone: str = PHONE, **body: Any) -> Any:
    return nobody.post("/api/auth/otp/verify", {"phone": phone, "code": digits, **body})


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


def test_a_phone_is_enough_to_get_in(nobody: Api, tmp_path: Path) -> None:
    answer = ask(nobody)
    assert (answer.status_code, answer.json()) == (202, {"expires_in": 300})
    entered = verify(nobody, code(tmp_path))
    assert entered.status_code == 200
    assert entered.json()["created"] is True
    me = Api(token=entered.json()["access"]).get("/api/me").json()
    assert (me["phone"], me["factors"], me["email"]) == (PHONE, ["code"], "")
    assert nobody.post("/api/auth/token/refresh", {"refresh": entered.json()["refresh"]}).status_code == 200


def test_the_second_time_it_is_the_same_account(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    verify(nobody, code(tmp_path))
    ask(nobody)
    again = verify(nobody, code(tmp_path))
    assert again.json()["created"] is False
    assert User.objects.count() == 1
    assert len({each["text"] for each in messages(tmp_path)}) == 2


def test_the_message_is_in_the_shoppers_language_and_says_whose_code_it_is(
    nobody: Api, tmp_path: Path
) -> None:
    ask(nobody, language="he")
    [sent] = messages(tmp_path)
    assert sent["to"] == PHONE
    assert "תקף ל־5 דקות" in sent["text"]
    assert sent["text"].endswith(f"\n\n@localhost #{code_in(sent['text'])}")
    verify(nobody, code(tmp_path), language="he")
    assert User.objects.get().language == "he"


@pytest.mark.parametrize("written", ["+91 98123 45678", "098123 45678", "9812345678", "+91-98123-45678"])
def test_a_number_is_one_number_however_it_is_written(nobody: Api, tmp_path: Path, written: str) -> None:
    ask(nobody, written)
    assert verify(nobody, code(tmp_path)).status_code == 200
    assert User.objects.get().phone == PHONE


def test_a_national_number_is_of_the_servers_country(nobody: Api, settings: Any, tmp_path: Path) -> None:
    settings.PHONE_COUNTRY = "IL"
    ask(nobody, "052-234-5678")
    assert messages(tmp_path)[0]["to"] == "+972522345678"


def test_at_a_trolley_a_national_number_is_of_the_chains_country(
    world: World, nobody: Api, tmp_path: Path
) -> None:
    type(world.chain).objects.filter(pk=world.chain.pk).update(country="IL")
    ask(nobody, "052-234-5678", trolley_id="T-1")
    assert messages(tmp_path)[0]["to"] == "+972522345678"
    assert verify(nobody, code(tmp_path), "052-234-5678", trolley_id="T-1").status_code == 200
    assert ask(nobody, "052-234-5678", trolley_id="T-9").status_code == 400


@pytest.mark.parametrize("number", ["12", "+91 1", "+999812345678", "call me", "+919812345678 ext. 3", "☎"])
def test_what_is_no_number_is_refused_at_its_field(nobody: Api, number: str) -> None:
    for answer in (ask(nobody, number), verify(nobody, "123456", number)):
        assert answer.status_code == 400
        assert answer.json()["errors"].keys() == {"phone"}
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize("body", [{}, {"phone": PHONE, "email": "mia@shop.example"}])
def test_one_of_phone_and_address_is_named(nobody: Api, body: Any) -> None:
    answer = nobody.post("/api/auth/otp/request", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "which_one")


def test_a_wrong_code_says_how_many_tries_are_left_and_five_are_enough(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    right = code(tmp_path)
    answers = [verify(nobody, wrong(right)) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.json()["code"] for answer in answers} == {"otp_wrong"}
    assert [answer.json()["tries_left"] for answer in answers] == [4, 3, 2, 1, 0]
    answer = verify(nobody, right)
    assert (answer.status_code, answer.json()["code"]) == (400, "otp_expired")
    ask(nobody)
    assert verify(nobody, code(tmp_path)).status_code == 200


def test_a_code_is_good_once(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    digits = code(tmp_path)
    assert verify(nobody, digits).status_code == 200
    assert verify(nobody, digits).json()["code"] == "otp_expired"


def test_a_code_is_good_for_five_minutes(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    digits = code(tmp_path)
    LoginCode.objects.update(expires_at=timezone.now())
    assert verify(nobody, digits).json()["code"] == "otp_expired"


def test_asked_again_the_same_code_comes_so_that_either_message_is_good(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    first = code(tmp_path)
    verify(nobody, wrong(first))
    ask(nobody)
    assert [code_in(each["text"]) for each in messages(tmp_path)] == [first, first]
    assert verify(nobody, wrong(first)).json()["tries_left"] == 3, "it got no new tries"
    assert verify(nobody, first).status_code == 200


def test_a_code_is_for_its_own_phone(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    digits = code(tmp_path)
    assert verify(nobody, digits, "+919812345679").json()["code"] == "otp_expired"
    assert verify(nobody, digits).status_code == 200


def test_one_may_type_it_with_blanks(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    digits = code(tmp_path)
    assert verify(nobody, f" {digits[:3]} {digits[3:]} ").status_code == 200


def test_the_same_key_gives_the_first_answer_again(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    body = {"phone": PHONE, "code": code(tmp_path)}
    headers = {"Idempotency-Key": "one"}
    first, again = (nobody.post("/api/auth/otp/verify", body, **headers) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()


def test_a_code_comes_by_mail_too(people: dict[str, User], nobody: Api) -> None:
    for address, created in (("Shopper@shop.example", False), ("new@mail.example", True)):
        mail.outbox.clear()
        assert nobody.post("/api/auth/otp/request", {"email": address}).status_code == 202
        [sent] = mails()
        assert code_in(sent.body) in sent.subject
        body = {"email": address, "code": code_in(sent.body)}
        entered = nobody.post("/api/auth/otp/verify", body).json()
        me = Api(token=entered["access"]).get("/api/me").json()
        assert (me["email"], me["email_confirmed"]) == (address.lower(), True)
        assert entered["created"] is created


def test_an_address_that_somebody_else_only_gave_leads_to_an_account_of_ones_own(nobody: Api) -> None:
    """Who registers with another's address knows that account's password, and waits for its owner."""
    body = {"username": "mallory", "password": "seven wild geese", "email": "mia@mail.example"}
    assert nobody.post("/api/auth/register", body).status_code == 201
    mails()
    mail.outbox.clear()
    nobody.post("/api/auth/otp/request", {"email": "mia@mail.example"})
    digits = code_in(mails()[-1].body)
    entered = nobody.post("/api/auth/otp/verify", {"email": "mia@mail.example", "code": digits}).json()
    assert entered["created"] is True


def test_the_code_alone_does_not_get_past_a_second_factor(nobody: Api, tmp_path: Path) -> None:
    user = User.objects.create(username="mia", phone=PHONE)
    device = TOTPDevice.objects.create(user=user, name="x", confirmed=True)
    ask(nobody)
    digits = code(tmp_path)
    answer = verify(nobody, digits)
    assert (answer.status_code, answer.json()["code"]) == (401, "otp_required")
    assert verify(nobody, digits, otp="000000").json()["code"] == "otp_wrong"
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert verify(nobody, digits, otp=f"{totp(device.bin_key):06}").status_code == 200


def test_a_closed_account_stays_closed(nobody: Api, tmp_path: Path) -> None:
    User.objects.create(username="mia", phone=PHONE, is_active=False)
    ask(nobody)
    answer = verify(nobody, code(tmp_path))
    assert (answer.status_code, answer.json()["code"]) == (403, "account_closed")


def test_an_erased_account_leaves_neither_codes_nor_messages(nobody: Api, tmp_path: Path) -> None:
    ask(nobody)
    pair = verify(nobody, code(tmp_path)).json()
    assert Api(token=pair["access"]).delete("/api/me").status_code == 204
    assert PHONE not in f"{list(LoginCode.objects.values())}{list(OutgoingMessage.objects.values())}"


def test_a_name_that_somebody_took_does_not_keep_the_phone_out(nobody: Api, tmp_path: Path) -> None:
    """Such rows can be from before, or from the admin's hand."""
    User.objects.create(username=PHONE)
    ask(nobody)
    me = Api(token=verify(nobody, code(tmp_path)).json()["access"]).get("/api/me").json()
    assert me["phone"] == PHONE
    assert me["username"].startswith("shopper-")


def test_where_nothing_sends_text_messages_one_is_told_so(nobody: Api, settings: Any) -> None:
    settings.SMS = addresses.sms("")
    answer = ask(nobody)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_codes_lie_in_no_table_and_in_no_log(
    nobody: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(nobody)
        digits = code(tmp_path)
        verify(nobody, wrong(digits))
    rows = f"{list(LoginCode.objects.values())}{list(OutgoingMessage.objects.values())}"
    assert digits not in rows
    assert digits not in caplog.text
    assert PHONE not in caplog.text


def test_old_codes_are_deleted(nobody: Api) -> None:
    ask(nobody)
    LoginCode.objects.update(expires_at=timezone.now() - timedelta(days=2))
    assert codes.purge() == 1
