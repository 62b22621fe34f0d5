"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments: rows, providers and what was asked of them."""

    name = "core.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"
