"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class TaxConfig(AppConfig):
    """The taxes of what is sold."""

    name = "core.tax"
    label = "tax"
    default_auto_field = "django.db.models.BigAutoField"
