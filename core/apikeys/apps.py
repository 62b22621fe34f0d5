"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class ApiKeysConfig(AppConfig):
    """Keys by which a retailer's own systems call the API."""

    name = "core.apikeys"
    label = "apikeys"
    default_auto_field = "django.db.models.BigAutoField"
