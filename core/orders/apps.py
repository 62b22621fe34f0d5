"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Read models of orders, and the messages about them."""

    name = "core.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens to accounts."""
        from core.accounts import signals
        from core.orders import mail

        signals.address_given.connect(mail.address_given, dispatch_uid="orders")
