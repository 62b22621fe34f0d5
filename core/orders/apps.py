"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Read models of orders, and what is said of them."""

    name = "core.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"
