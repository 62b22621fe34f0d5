"""Codes of six digits that prove a phone or an address: few tries, one use, a few minutes.

A code is in no table and in no log: it is derived from a nonce and the signing key (as RFC 4226 derives
one from a counter), when its message is composed and when somebody gives it. Whether the number is an
account's is not looked at before the right code has come, so nothing about asking tells it.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.accounts.contact.texts import WORDS
from core.accounts.models import LoginCode
from core.outbox.letters import Letter, language_of
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.posting import post
from core.problems import Problem
from core.wire.secrets import same

KIND = "accounts.code"
DIGITS = 6
TRIES = 5
_KEPT = timedelta(days=1)


class Target(NamedTuple):
    """What a code proves: a phone number (E.164) or an e-mail address."""

    channel: Channel
    address: str

    @property
    def name(self) -> str:
        """Return under which tries of it are counted."""
        return f"code:{self.channel}:{self.address}"


def ask(target: Target, language: str) -> None:
    """Have a code sent; while one is good the same again, with the tries that it has left. Blocking."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.LOGIN_CODE_S)
    new = {"nonce": secrets.token_hex(16), "tries_left": TRIES, "used_at": None, "expires_at": until}
    rows = LoginCode.objects.filter(channel=target.channel, address=target.address)
    # The same statements for a number that was never here: its row begins as one that is over.
    empty = LoginCode(channel=target.channel, address=target.address, **{**new, "expires_at": now})
    LoginCode.objects.bulk_create([empty], ignore_conflicts=True)
    rows.filter(Q(used_at__isnull=False) | Q(expires_at__lte=now) | Q(tries_left=0)).update(**new)
    rows.update(expires_at=until)
    post(
        target.channel, target.address, KIND,
        key=f"code:{uuid.uuid4()}",
        data={"code": str(rows.get().pk), "language": language},
        good_for=timedelta(seconds=settings.LOGIN_CODE_S),
    )  # fmt: skip


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the message with the code; None if it is used or over by now."""
    row = _good(timezone.now()).filter(pk=message.data["code"]).first()
    if row is None:
        return None
    words, code = WORDS[language_of(message)], _digits(row)
    text = words["code.text"].format(code=code, minutes=max(1, round(settings.LOGIN_CODE_S / 60)))
    if message.channel == Channel.SMS:
        # Browsers offer the code of a message that ends so (WICG, "Origin-bound one-time codes").
        return Letter(f"{text}\n\n@{urlsplit(settings.PUBLIC_URL).hostname} #{code}")
    return Letter(text, words["code.subject"].format(code=code))


def check(target: Target, code: str) -> LoginCode:
    """Return the code if it is the right one; takes one of its tries. Raises Problem. Blocking."""
    row = _good(timezone.now()).filter(channel=target.channel, address=target.address).first()
    taken = row and LoginCode.objects.filter(
        pk=row.pk, nonce=row.nonce, used_at=None, tries_left__gt=0
    ).update(tries_left=F("tries_left") - 1)
    if row is None or not taken:
        raise _expired()
    if not same(code, _digits(row)):
        left = LoginCode.objects.filter(pk=row.pk).values_list("tries_left", flat=True).first() or 0
        raise Problem(400, "otp_wrong", "This is not the code that we sent.", tries_left=left)
    return row


def give_back(row: LoginCode) -> None:
    """Give back the attempt of a right code when something else was missing. Blocking."""
    LoginCode.objects.filter(pk=row.pk, nonce=row.nonce).update(tries_left=F("tries_left") + 1)


def use(row: LoginCode) -> None:
    """Use the code up; of two at the same moment one is first. Raises Problem. Blocking."""
    used = LoginCode.objects.filter(pk=row.pk, nonce=row.nonce, used_at=None)
    if not used.update(used_at=timezone.now()):
        raise _expired()


def forget(*addresses: str | None) -> None:
    """Delete the codes of an erased account. Blocking."""
    LoginCode.objects.filter(address__in=[each for each in addresses if each]).delete()


def purge() -> int:
    """Delete codes that were over long ago; return how many. Blocking."""
    return LoginCode.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()[0]


def _good(now: datetime) -> QuerySet[LoginCode]:
    return LoginCode.objects.filter(used_at=None, expires_at__gt=now, tries_left__gt=0)


def _digits(row: LoginCode) -> str:
    text = f"login-code:{row.channel}:{row.address}:{row.nonce}"
    digest = hmac.digest(settings.SIGNING_KEY.encode(), text.encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"


def _expired() -> Problem:
    detail = "This code was used, or is too old, or was tried too often. Please ask for a new one."
    return Problem(400, "otp_expired", detail)
