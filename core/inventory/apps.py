"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Read models of the branches' stock."""

    name = "core.inventory"
    label = "inventory"
    default_auto_field = "django.db.models.BigAutoField"
