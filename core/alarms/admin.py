"""Admin of alarms, to look at."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from core.alarms.models import Alarm


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    """Alarms, read only."""

    list_display = (
        "kind",
        "severity",
        "subject",
        "branch_code",
        "raised_at",
        "acknowledged_at",
        "cleared_at",
    )
    list_filter = ("severity", "kind", "branch_code")
    search_fields = ("subject", "trolley_code", "branch_code")
    date_hierarchy = "raised_at"
