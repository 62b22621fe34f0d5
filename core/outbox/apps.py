"""The app's name for Django."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from core.outbox.senders.port import Sender


class OutboxConfig(AppConfig):
    """Mail and text messages that are to be sent."""

    name = "core.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register who sends mail and text messages."""
        from core.outbox.models import Channel
        from core.outbox.senders import registry

        registry.register(Channel.EMAIL, _mail)
        registry.register(Channel.SMS, _sms)


def _mail() -> Sender | None:
    from core.outbox.senders import mail

    return mail.make()


def _sms() -> Sender | None:
    # Twilio's SDK is slow to import, and most processes send nothing.
    from core.outbox.senders import sms

    return sms.make()
