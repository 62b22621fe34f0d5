"""The app's name for Django."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from core.outbox.senders.port import Sender


class NotificationsConfig(AppConfig):
    """Notifications, the preferences for them, and browsers that take web push."""

    name = "core.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the messages' texts, the web push sender and the notices about roles."""
        from core.accounts import signals
        from core.notifications import composing, preferences, roles
        from core.outbox.letters import composer
        from core.outbox.models import Channel
        from core.outbox.senders import registry

        composer(composing.KIND, composing.compose)
        registry.register(Channel.PUSH, _push)
        signals.role_given.connect(roles.given, dispatch_uid="notifications")
        signals.preferences_shown.connect(preferences.shown, dispatch_uid="notifications")


def _push() -> Sender | None:
    # pywebpush is slow to import, and most processes send nothing.
    from core.notifications import push_sender

    return push_sender.make()
