"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """Read model of the branches' alarms."""

    name = "core.alarms"
    label = "alarms"
    default_auto_field = "django.db.models.BigAutoField"
