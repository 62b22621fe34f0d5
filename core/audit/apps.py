"""The app's name for Django; its tables are the trail's."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """What of a retailer's business is noted, and how it is read and sealed."""

    name = "core.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
