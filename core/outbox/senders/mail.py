"""Mail, through Django's own backends: SMTP, a folder, the console."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from core.outbox.letters import Letter
from core.outbox.models import OutgoingMessage
from core.outbox.senders.port import DeliveryRefused, Sender


class Mail:
    """Sends by the mail server of ``EMAIL_URL``."""

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Hand the mail to the server. Raises DeliveryRefused for an address that it will never take."""
        host = urlsplit(settings.PUBLIC_URL).hostname
        mail = EmailMessage(
            " ".join(letter.subject.split()),
            letter.text,
            to=[message.to],
            headers={"Message-ID": f"<message.{message.pk}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            if all(code >= 500 for code in codes):  # RFC 5321: for ever
                raise DeliveryRefused(f"SMTP {codes[0]}") from None
            raise


def make() -> Sender | None:
    """Return the sender, None where no mail server is named."""
    return Mail() if settings.SENDS_MAIL else None
