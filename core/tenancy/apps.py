"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    """Tenants: the retail chains and their branches."""

    name = "core.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"
