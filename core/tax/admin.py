"""Admin of tax rates."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from core.admin import ModelAdmin
from core.tax.models import TaxRate


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    """Which taxes a chain's goods have; a date is one of the branch's own calendar."""

    list_display = ("tax_class", "name", "percent", "chain", "branch", "valid_from", "valid_until")
    list_filter = ("chain", "tax_class", "branch")
    search_fields = ("tax_class", "name")
    autocomplete_fields: ClassVar = ("chain", "branch")
    list_select_related = ("chain", "branch")
    readonly_fields = ("version",)
