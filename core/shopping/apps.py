"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class ShoppingConfig(AppConfig):
    """Read models of the shoppers' carts."""

    name = "core.shopping"
    label = "shopping"
    default_auto_field = "django.db.models.BigAutoField"
