"""Rentals to a customer who is known by a phone number alone."""

from __future__ import annotations

from typing import NamedTuple

from core.accounts.codes.codes import Target
from core.accounts.codes.holders import account_of
from core.accounts.models import User
from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from core.outbox.letters import Letter, known_language, language_of
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.posting import post
from core.tenancy.models import Chain
from core.wire import phones

KIND = "fleet.let_by_phone"
_WORDS = {
    "en": "Your trolley {trolley} is ready. Open it here, with a code that we send to this number: {link}",
    "he": "העגלה שלך {trolley} מוכנה. אפשר לפתוח אותה כאן, עם קוד שנשלח למספר הזה: {link}",
}


class PhoneOwner(NamedTuple):
    """Whose number it is."""

    user_id: str | None
    """None: a closed account's."""
    is_new: bool
    """Whether the chain's staff made the account, and nobody has been in it yet."""


def find_or_make(phone: str, chain_slug: str) -> PhoneOwner:
    """Return the owner of a number; an unknown one gets an account. Blocking.

    A national number is of the chain's country. Raises ValueError with a sentence for what is no number.
    """
    chain = Chain.objects.get(slug=chain_slug)
    if known := User.objects.filter(phone=phone, is_active=True).first():
        return PhoneOwner(str(known.pk), known.made_in_id == chain.pk and not known.logins.exists())
    target = Target(Channel.SMS, phones.e164(phone, chain.country or None))
    user, made = account_of(target, known_language(next(iter(chain.languages), None)), chain)
    return PhoneOwner(str(user.pk) if user.is_active else None, made)


def send_link(user_id: str, trolley_id: str, session_id: str) -> None:
    """Send the user a text message with a link to the trolley's page. Blocking."""
    user = User.objects.get(pk=user_id)
    post(
        Channel.SMS, str(user.phone), KIND,
        key=f"let:{session_id}",
        data={"trolley": trolley_id, "language": user.language},
        user_id=user.pk,
    )  # fmt: skip


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the message; None for a trolley that no longer exists."""
    trolley = Trolley.objects.filter(trolley_id=message.data["trolley"]).first()
    if trolley is None:
        return None
    link = qr.url(trolley.trolley_id, None)
    return Letter(_WORDS[language_of(message)].format(trolley=trolley.trolley_id, link=link))
