"""Messages go out once, after the commit, and again when they could not be delivered."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from core.config import addresses
from core.outbox import letters, posting, sending, tasks
from core.outbox.letters import Letter
from core.outbox.models import Channel, DeliveryOutcome, OutgoingMessage
from tests.core.outbox.twilio_peer import TwilioPeer
from tests.payments.peers import DROP, LOSE, Answer

PHONE = "+919812345678"
SECRET = "271828"
pytestmark = pytest.mark.django_db


class NoSuchBox(BaseEmailBackend):
    """A mail server that knows none of its addresses."""

    code = 550

    def send_messages(self, messages: Any) -> int:
        """Refuse every recipient."""
        raise SMTPRecipientsRefused({messages[0].to[0]: (self.code, b"no such box")})


class FullBox(NoSuchBox):
    """A mail server whose boxes are full for now."""

    code = 452


@pytest.fixture(autouse=True)
def _kind(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TASKS_IN_THREADS = False
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setitem(letters._composers, "test", compose)


def compose(message: OutgoingMessage) -> Letter | None:
    return None if message.data.get("over") else Letter(f"The code is {SECRET}.", "Your\ncode")


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioPeer]:
    peer = TwilioPeer()
    with peer.running():
        settings.SMS = addresses.sms(peer.sms_url)
        yield peer


def sms(key: str = "k", to: str = PHONE, **data: Any) -> OutgoingMessage:
    posting.post(Channel.SMS, to, "test", key=key, data=data)
    return OutgoingMessage.objects.get(key=key)


def outcome(message: OutgoingMessage) -> str:
    message.refresh_from_db()
    return message.outcome


def due_again(message: OutgoingMessage) -> None:
    OutgoingMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())


def test_a_message_is_handed_over_at_the_commit_and_not_before(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        posting.post(Channel.EMAIL, "mia@shop.example", "test", key="k")
        assert mail.outbox == []
    [sent] = mail.outbox
    message = OutgoingMessage.objects.get()
    assert (sent.to, sent.subject, sent.body) == (["mia@shop.example"], "Your code", f"The code is {SECRET}.")
    assert sent.extra_headers["Message-ID"] == f"<message.{message.pk}@localhost>"
    assert (message.outcome, message.attempts) == (DeliveryOutcome.SENT, 1)


def test_what_is_rolled_back_is_never_sent(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        with transaction.atomic():
            posting.post(Channel.EMAIL, "mia@shop.example", "test", key="k")
            raise ZeroDivisionError
    assert tasks.send_due() == 0
    assert mail.outbox == []


def test_one_occasion_is_one_message() -> None:
    assert posting.post(Channel.EMAIL, "mia@shop.example", "test", key="k")
    assert not posting.post(Channel.EMAIL, "mia@shop.example", "test", key="k")
    assert tasks.send_due() == 1
    assert len(mail.outbox) == 1
    assert tasks.send_due() == 0


def test_what_it_says_lies_in_no_table(twilio: TwilioPeer) -> None:
    message = sms()
    assert SECRET not in str(OutgoingMessage.objects.values())
    assert sending.send(message.pk)
    assert SECRET not in str(OutgoingMessage.objects.values())
    assert [each["body"] for each in twilio.sent] == [f"The code is {SECRET}."]


def test_twilio_gets_each_message_once(twilio: TwilioPeer) -> None:
    message = sms()
    assert [sending.send(message.pk) for _ in range(3)] == [True, False, False]
    assert [(each["to"], each["from"]) for each in twilio.sent] == [(PHONE, "+15005550006")]


def test_after_a_lost_answer_twilio_is_asked_before_it_is_told_again(twilio: TwilioPeer) -> None:
    message = sms()
    twilio.fail(LOSE)
    assert not sending.send(message.pk)
    assert outcome(message) == ""
    due_again(message)
    assert sending.send(message.pk)
    assert len(twilio.sent) == 1


@pytest.mark.parametrize(
    "fault", [DROP, Answer(500, {}), Answer(429, {"code": 20429, "status": 429}), Answer(503, b"busy")]
)
def test_what_twilio_does_not_take_now_is_sent_later(
    twilio: TwilioPeer, fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    message = sms()
    twilio.fail(fault)
    assert not sending.send(message.pk)
    message.refresh_from_db()
    assert message.due_at > timezone.now() + timedelta(seconds=2)
    assert tasks.send_due() == 0, "not yet"
    due_again(message)
    assert tasks.send_due() == 1
    assert outcome(message) == DeliveryOutcome.SENT
    assert len(twilio.sent) == 1
    assert PHONE not in caplog.text
    assert SECRET not in caplog.text


def test_a_number_that_wants_no_messages_is_not_tried_again(
    twilio: TwilioPeer, caplog: pytest.LogCaptureFixture
) -> None:
    twilio.blocked.add(PHONE)
    message = sms()
    assert not sending.send(message.pk)
    assert outcome(message) == DeliveryOutcome.REFUSED
    assert tasks.send_due() == 0
    assert "21610" in caplog.text
    assert PHONE not in caplog.text


def test_a_wrong_token_loses_no_message(twilio: TwilioPeer, settings: Any) -> None:
    settings.SMS = {**settings.SMS, "token": "another"}
    message = sms()
    assert not sending.send(message.pk)
    assert outcome(message) == ""


def test_a_mailbox_that_is_none_is_refused_and_a_full_one_tried_again(settings: Any) -> None:
    found = []
    for name in ("NoSuchBox", "FullBox"):
        settings.EMAIL_BACKEND = f"{__name__}.{name}"
        posting.post(Channel.EMAIL, "mia@shop.example", "test", key=name)
        message = OutgoingMessage.objects.get(key=name)
        sending.send(message.pk)
        found.append(outcome(message))
    assert found == [DeliveryOutcome.REFUSED, ""]


def test_tries_become_rarer_and_end_when_the_message_is_worth_nothing(twilio: TwilioPeer) -> None:
    message = sms()
    waits = []
    for _ in range(3):
        twilio.fail(DROP)
        due_again(message)
        sending.send(message.pk)
        message.refresh_from_db()
        waits.append(round((message.due_at - timezone.now()).total_seconds()))
    assert waits == [5, 20, 80]
    OutgoingMessage.objects.update(good_until=timezone.now(), due_at=timezone.now())
    assert tasks.send_due() == 1
    assert outcome(message) == DeliveryOutcome.GIVEN_UP
    assert twilio.sent == []


def test_who_died_while_sending_is_followed_by_somebody_else(twilio: TwilioPeer) -> None:
    message = sms()
    claimed = timezone.now() + sending.CLAIM
    OutgoingMessage.objects.update(due_at=claimed, attempts=1)
    assert not sending.send(message.pk)
    due_again(message)
    assert sending.send(message.pk)


def test_what_there_is_no_need_to_say_any_more_is_not_said(twilio: TwilioPeer) -> None:
    message = sms(over=True)
    sending.send(message.pk)
    assert outcome(message) == DeliveryOutcome.NOT_WANTED
    assert twilio.requests == []


def test_without_a_sender_a_message_says_so(settings: Any) -> None:
    settings.SMS = addresses.sms("")
    message = sms()
    sending.send(message.pk)
    assert outcome(message) == DeliveryOutcome.NO_SENDER


def test_a_folder_gets_one_private_file_a_message(settings: Any, tmp_path: Path) -> None:
    settings.SMS = addresses.sms(f"file://{tmp_path}/sms")
    sending.send(sms().pk)
    [file] = (tmp_path / "sms").iterdir()
    assert json.loads(file.read_text()) == {"to": PHONE, "text": f"The code is {SECRET}."}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_in_development_it_is_written_to_the_console(
    settings: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    settings.SMS = addresses.sms("console://")
    with caplog.at_level(logging.DEBUG):
        sending.send(sms().pk)
    assert capsys.readouterr().out == f"SMS to {PHONE}: The code is {SECRET}.\n"
    assert SECRET not in caplog.text


def test_what_was_sent_long_ago_is_forgotten(twilio: TwilioPeer) -> None:
    sending.send(sms("old").pk)
    sms("waiting")
    OutgoingMessage.objects.filter(key="old").update(done_at=timezone.now() - sending.KEPT)
    assert tasks.purge() == 1
    assert OutgoingMessage.objects.get().key == "waiting"
