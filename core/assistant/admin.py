"""Admin of experiments."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from core.admin import ModelAdmin
from core.assistant.models import Experiment


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """What is tried out in a chain, and on which shares of its shoppers."""

    list_display = ("name", "chain", "is_active", "created_at")
    list_filter = ("chain", "is_active")
    search_fields = ("name",)
    autocomplete_fields: ClassVar = ("chain",)
    list_select_related = ("chain",)
