"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The audit trail."""

    name = "core.trail"
    label = "trail"
    default_auto_field = "django.db.models.BigAutoField"
