"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Mail and text messages on their way out."""

    name = "core.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
