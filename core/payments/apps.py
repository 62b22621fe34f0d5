"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments: rows, providers and what was asked of them."""

    name = "core.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Subscribe to changes of accounts, and enable the sandbox's webhooks."""
        from core.accounts import signals
        from core.payments import ledger, webhooks
        from core.payments.providers import sandbox

        signals.account_erased.connect(ledger.forget, dispatch_uid="payments")
        sandbox.deliver_to(webhooks.receive)
