"""Addresses: an account has the one that was confirmed; one that was only given leads nowhere yet.

So whoever registers, or gives an address, is answered the same whether anybody has it or not: it is
the mail to the address that tells its owner.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from core.accounts import names, people, signals
from core.accounts.contact.texts import WORDS
from core.accounts.models import User
from core.outbox.letters import Letter, language_of
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.posting import post
from core.problems import Problem

KIND = "accounts.confirm_email"
GOOD_FOR = timedelta(days=7)
AN_HOUR = 5
"""Mails of a kind that anybody can have sent to one address within an hour."""
_SALT = "accounts.email"


def give(user: User, address: str) -> None:
    """Save the address given, and have it confirmed; an empty one removes the old one.

    In the caller's transaction. Blocking.
    """
    address = address.lower()
    if not address:
        user.email = user.unconfirmed_email = ""
    elif address == user.email.lower():
        user.unconfirmed_email = ""
    else:
        user.unconfirmed_email, user.unconfirmed_used = address, False
    user.save(update_fields=["email", "unconfirmed_email", "unconfirmed_used"])
    if not user.unconfirmed_email:
        return
    post(
        Channel.EMAIL, address, KIND,
        key=f"confirm:{uuid.uuid4()}",
        data={"user": str(user.pk), "language": user.language},
        user_id=user.pk,
        good_for=GOOD_FOR,
        an_hour=AN_HOUR,
    )  # fmt: skip
    signals.address_given.send(User, user_id=user.pk)


def confirm(token: str) -> User:
    """Make the address of a link the account's; a second time changes nothing. Raises Problem. Blocking."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.SignatureExpired:
        raise Problem(400, "token_expired", "This link is too old. Please give your address again.") from None
    except signing.BadSignature:
        raise Problem(400, "token_invalid", "This link is not valid.") from None
    user = User.objects.filter(pk=told["user"], is_active=True).first()
    address = str(told["address"])
    if user is None or address not in (user.unconfirmed_email, user.email):
        raise Problem(400, "token_invalid", "This link is of an address that you have changed since.")
    if user.email == address:
        return user
    user.email, user.unconfirmed_email = address, ""
    if "email" in names.taken(User.objects.exclude(pk=user.pk), user):
        raise _taken()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "unconfirmed_email"])
    except IntegrityError:
        raise _taken() from None
    signals.address_given.send(User, user_id=user.pk)
    return user


def token_of(user: User, address: str) -> str:
    """Return the token that confirms the address as this account's."""
    return signing.dumps({"user": str(user.pk), "address": address}, salt=_SALT)


def owner_of(address: str) -> User | None:
    """Return the account whose confirmed address it is. Blocking."""
    return _active().filter(email__iexact=address).exclude(email="").first()


def proven(address: str) -> User | None:
    """Return the account with this confirmed address, for password recovery. Blocking.

    An address that was only given counts if a single account has given it.
    """
    given = list(_active().filter(unconfirmed_email=address.lower())[:2])
    return owner_of(address) or (given[0] if len(given) == 1 else None)


def receipt_address(user: User) -> str:
    """Return the address for receipts: an unconfirmed one gets a single receipt."""
    return user.email or ("" if user.unconfirmed_used else user.unconfirmed_email)


def note_receipt(user: User, address: str) -> None:
    """Remember that a receipt went to the address. Blocking."""
    if address == user.unconfirmed_email:
        User.objects.filter(pk=user.pk, unconfirmed_email=address).update(unconfirmed_used=True)


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the mail with the confirmation link, or the notice to the owner that their address was given."""
    user = _active().filter(pk=message.data["user"], unconfirmed_email=message.to).first()
    if user is None:
        return None
    words = WORDS[language_of(message)]
    owner = owner_of(message.to)
    if owner is not None:
        words = WORDS.get(owner.language, words)
        link = f"{settings.PUBLIC_URL}/reset?{urlencode({'email': message.to})}"
        name = people.shown_name(owner.username, owner.phone)
        return Letter(words["known.text"].format(name=name, link=link), words["known.subject"])
    link = f"{settings.PUBLIC_URL}/confirm?{urlencode({'token': token_of(user, message.to)})}"
    name = people.shown_name(user.username, user.phone)
    text = words["confirm.text"].format(name=name, link=link, days=GOOD_FOR.days)
    return Letter(text, words["confirm.subject"])


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True)


def _taken() -> Problem:
    return Problem(409, "address_taken", "This address is another account's. Sign in with that one.")
