"""The Django app that owns the journal's tables."""

from __future__ import annotations

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Its models exist so that ``migrate`` makes the tables; nothing reads them through the ORM."""

    name = "core.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
