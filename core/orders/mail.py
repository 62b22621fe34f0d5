"""The receipt as mail: text and HTML with the exit pass, once for each order.

The order's row is the outbox: whatever was bought lately and has no finished `ReceiptMail` is due.
Who sends takes the claim first, so a task that runs twice sends once. A sender that dies
between the server's yes and its own note leaves a claim that somebody else takes over later;
the mail then goes out again under the same Message-ID.
"""

from __future__ import annotations

import io
import uuid
import zoneinfo
from datetime import datetime, timedelta
from email.mime.image import MIMEImage
from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Exists, F, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import dateformat, timezone, translation

from core.accounts.contact import emails
from core.accounts.models import Receipts, User
from core.orders import passes
from core.orders.answers import OrderAnswer, order_context
from core.orders.models import Order, ReceiptMail
from core.orders.receipt_texts import WORDS
from core.orders.receipts import sums

CLAIM = timedelta(minutes=10)
"""Whoever has not finished by then has died."""
GIVEN_UP = timedelta(days=2)
"""Older orders are not written about any more."""

NO_ADDRESS = "no_address"
UNWANTED = "unwanted"


def due(now: datetime) -> QuerySet[Order]:
    """Return the orders whose receipt is neither sent nor being sent."""
    mails = ReceiptMail.objects.filter(order_id=OuterRef("pk"))
    over = mails.filter(done_at__isnull=False) | mails.filter(claimed_at__gt=now - CLAIM)
    recent = Order.objects.filter(placed_at__gt=now - GIVEN_UP, number__isnull=False)
    return recent.filter(~Exists(over)).order_by("placed_at")


def send(order_id: uuid.UUID) -> bool:
    """Send an order's receipt if it was not sent; return whether it went out now. Blocking.

    Raises what the mail server's refusal raises; it is due again then.
    """
    order = Order.objects.filter(pk=order_id, number__isnull=False).first()
    if order is None or not settings.SENDS_MAIL or not _claimed(order_id, timezone.now()):
        return False
    user = User.objects.filter(pk=order.user_id, is_active=True).first()
    if user is not None and user.receipts != Receipts.EMAIL:
        _done(order_id, UNWANTED)
        return False
    address = "" if user is None else emails.receipt_address(user)
    if user is None or not address:
        _done(order_id, NO_ADDRESS)
        return False
    try:
        message(order, user, address).send()
    except Exception:
        ReceiptMail.objects.filter(pk=order_id).update(claimed_at=timezone.now() - CLAIM)
        raise
    emails.note_receipt(user, address)
    _done(order_id, "sent")
    return True


def address_given(user_id: uuid.UUID, **signal: object) -> None:
    """Let what could not be mailed for want of an address be due again. Blocking."""
    recent = Order.objects.filter(user_id=user_id, placed_at__gt=timezone.now() - GIVEN_UP)
    ReceiptMail.objects.filter(order_id__in=recent.values("pk"), outcome=NO_ADDRESS).delete()


def _claimed(order_id: uuid.UUID, now: datetime) -> bool:
    """Take the claim; False if it is sent, or another worker has claimed it."""
    mail, made = ReceiptMail.objects.get_or_create(pk=order_id, defaults={"claimed_at": now})
    if made:
        return True
    stale = ReceiptMail.objects.filter(pk=mail.pk, done_at=None, claimed_at__lte=now - CLAIM)
    return stale.update(claimed_at=now, attempts=F("attempts") + 1) == 1


def _done(order_id: uuid.UUID, outcome: str) -> None:
    ReceiptMail.objects.filter(pk=order_id).update(done_at=timezone.now(), outcome=outcome)


class _Related(EmailMultiAlternatives):
    """A mail whose attachments are pictures of its page."""

    mixed_subtype = "related"


def message(order: Order, user: User, address: str) -> EmailMultiAlternatives:
    """Return the mail, in the person's language. Blocking: reads lines and branch."""
    lang = user.language if user.language in WORDS else settings.LANGUAGE_CODE
    with translation.override(lang):
        told = _told(order, lang)
        words = told["words"]
        subject = words["subject"].format(shop=told["shop_name"], number=order.number)
        text = render_to_string("orders/receipt.txt", told)
        page = render_to_string("orders/receipt.html", told)
    host = urlsplit(settings.PUBLIC_URL).hostname
    mail = _Related(
        " ".join(subject.split()),
        text,
        to=[address],
        headers={"Message-ID": f"<receipt.{order.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(page, "text/html")
    mail.attach(_picture(told["order"]["exit_pass"]["url"]))
    return mail


def _told(order: Order, lang: str) -> dict[str, Any]:
    answer = OrderAnswer(order, context=order_context(order, mine=True)).data
    shop = answer["shop"] or {"name": order.branch_code, "timezone": "UTC", "address": "", "city": ""}
    words, zone = WORDS[lang], zoneinfo.ZoneInfo(shop["timezone"])
    until = passes.valid_until(order.placed_at).astimezone(zone)
    return {
        "sums": sums(answer, words),
        "lang": lang,
        "direction": "rtl" if lang == "he" else "ltr",
        "start": "right" if lang == "he" else "left",
        "end": "left" if lang == "he" else "right",
        "words": words,
        "hello": words["hello"].format(shop=shop["name"]),
        "order": answer,
        "shop": shop,
        "shop_name": shop["name"],
        "placed": dateformat.format(order.placed_at.astimezone(zone), words["date"]),
        "until": words["until"].format(time=dateformat.format(until, "H:i")),
    }


def _picture(url: str) -> MIMEImage:
    out = io.BytesIO()
    segno.make(url, error="q").save(out, kind="png", scale=6, border=3)
    picture = MIMEImage(out.getvalue())
    picture.add_header("Content-ID", "<exit-pass>")
    picture.add_header("Content-Disposition", "inline", filename="exit-pass.png")
    return picture
