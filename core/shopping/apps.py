"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class ShoppingConfig(AppConfig):
    """Read models of the shoppers' carts."""

    name = "core.shopping"
    label = "shopping"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let a session end with its shopper's account."""
        from core.accounts import signals
        from core.shopping import closing

        signals.account_closing.connect(closing.end_session, dispatch_uid="shopping")
