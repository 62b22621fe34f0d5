"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    """Preferences of shoppers, and what is suggested to them."""

    name = "core.assistant"
    label = "assistant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Announce changed preferences, and show them as part of the account."""
        from core import reference
        from core.accounts import signals
        from core.assistant.models import Preferences
        from core.assistant.preferences import preferences

        reference.watch(reference.PREFERENCES, Preferences)
        signals.preferences_shown.connect(preferences.shown, dispatch_uid="assistant")
