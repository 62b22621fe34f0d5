"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class FirmwareConfig(AppConfig):
    """Releases of the Pis' software, and the read models of their rollouts."""

    name = "core.firmware"
    label = "firmware"
    default_auto_field = "django.db.models.BigAutoField"
