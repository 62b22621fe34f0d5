"""A new password for who has forgotten theirs, by a link to their address.

Django's own tokens: keyed digests of what the account is like, so one is over with the password that
it was for, with a new address, and after ``settings.PASSWORD_RESET_TIMEOUT`` seconds.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction

from core.accounts import people
from core.accounts.contact import emails
from core.accounts.contact.texts import WORDS
from core.accounts.models import User
from core.outbox.letters import Letter, language_of
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.posting import post
from core.problems import Problem
from core.wire import ids

KIND = "accounts.reset_password"
_tokens = PasswordResetTokenGenerator()


def ask(address: str, language: str) -> None:
    """Have a link sent, if the address is anybody's: that is looked up when it is sent. Blocking."""
    post(
        Channel.EMAIL, address.lower(), KIND,
        key=f"reset:{uuid.uuid4()}",
        data={"language": language},
        good_for=timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
        an_hour=emails.AN_HOUR,
    )  # fmt: skip


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the mail with the link; None if no account has the address."""
    user = emails.proven(message.to)
    if user is None:
        return None
    words = WORDS.get(user.language, WORDS[language_of(message)])
    link = f"{settings.PUBLIC_URL}/reset?{urlencode({'token': token_of(user)})}"
    name = people.shown_name(user.username, user.phone)
    return Letter(words["reset.text"].format(name=name, link=link), words["reset.subject"])


def token_of(user: User) -> str:
    """Return a token that lets its holder choose a new password once."""
    return f"{user.pk}.{_tokens.make_token(user)}"


def holder(token: str) -> User:
    """Return whose password a token may change; raises Problem. Blocking."""
    user_id, _, digest = token.partition(".")
    try:
        user = User.objects.filter(pk=ids.parse(user_id), is_active=True).first()
    except ids.InvalidId:
        user = None
    if user is None or not _tokens.check_token(user, digest):
        raise _void()
    return user


def change(user: User, before: str) -> None:
    """Keep the new password that was set on the account; all its logins end. Raises Problem. Blocking.

    ``before``: the password's hash until then. Of two with the same link at the same moment one is first.
    """
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, password=before).update(password=user.password):
            raise _void()
        user.save(update_fields=["password"])
        if user.unconfirmed_email and not user.email:
            emails.confirm(emails.token_of(user, user.unconfirmed_email))


def _void() -> Problem:
    return Problem(400, "token_invalid", "This link was used, or is too old. Please ask for a new one.")
