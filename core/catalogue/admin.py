"""Admin of the catalogue."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from core.admin import (
    ModelAdmin,
    ModelForm,
    ReadOnlyAdmin,
    RetiringAdmin,
    TabularInline,
    activate,
    deactivate,
    set_active,
)
from core.catalogue.models import (
    Category,
    ImportJob,
    LabelLayout,
    PriceRule,
    Product,
    ProductCode,
    RecalledLot,
    Variant,
    Voucher,
    VoucherUses,
)
from core.catalogue.promotions_admin import PromotionAdmin

__all__ = ["PromotionAdmin"]


class VariantInline(TabularInline):
    """Variants of a product."""

    model = Variant
    extra = 0
    can_delete = False


class CodeInline(TabularInline):
    """Further codes of a product and its variants; they are checked with the form."""

    model = ProductCode
    extra = 0


class _CategoryForm(ModelForm):
    """A category; while something active is in it, it stays in use."""

    def clean(self) -> Any:
        """Refuse to take out of use what is not empty."""
        values = super().clean() or {}
        retired = "is_active" in self.changed_data and not values.get("is_active")
        if retired and (why := self.instance.what_is_in_it()):
            raise ValidationError({"is_active": why})
        return values


@admin.action(description="Deactivate")
def deactivate_empty(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Category]) -> None:
    """Bulk action: take those out of use in which nothing is, and name the others."""
    full = {row: why for row in rows if (why := row.what_is_in_it())}
    for row, why in full.items():
        model_admin.message_user(request, f"{row}: {why}", messages.ERROR)
    set_active(model_admin, request, rows.exclude(pk__in=[row.pk for row in full]), False)


@admin.register(Category)
class CategoryAdmin(RetiringAdmin):
    """The category tree."""

    list_display = ("name", "emoji", "chain", "parent", "slug", "position", "is_active")
    list_filter = ("chain", "is_active")
    list_editable = ("position",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("chain", "parent")
    prepopulated_fields = {"slug": ("name",)}
    list_select_related = ("chain", "parent")
    actions = (activate, deactivate_empty)
    form = _CategoryForm


@admin.register(Product)
class ProductAdmin(RetiringAdmin):
    """Products with prices to edit in the list."""

    list_display = ("name", "barcode", "category", "price", "is_active", "sustainability_score", "chain")
    list_filter = ("chain", "is_active", "category")
    list_editable = ("price", "is_active")
    list_per_page = 50
    search_fields = ("name", "barcode", "description", "codes__code")
    autocomplete_fields = ("chain", "category")
    list_select_related = ("chain", "category")
    readonly_fields = ("created_at", "updated_at")
    inlines = (VariantInline, CodeInline)
    actions = (activate, deactivate)


@admin.register(Variant)
class VariantAdmin(RetiringAdmin):
    """Variants of all products."""

    list_display = ("product", "name", "price_adjustment", "is_active")
    list_filter = ("product__chain", "is_active")
    search_fields = ("name", "product__name", "product__barcode")
    autocomplete_fields = ("product",)
    list_select_related = ("product",)
    actions = (activate, deactivate)


_SCOPE = ("chain", "branch", "category", "product", "variant")
_FIELDS: Any = (
    ("What it is for", {"fields": _SCOPE, "description": "The narrowest thing named here is its scope."}),
    ("What it does", {"fields": ("effect", "value", "min_quantity", "priority")}),
    (
        "When",
        {
            "fields": ("valid_from", "valid_until", "season_from", "season_until", "is_active"),
            "description": "Valid from and until are in UTC; the days of a season begin and end by the clock "
            "of the branch in which somebody shops.",
        },
    ),
)


@admin.register(PriceRule)
class PriceRuleAdmin(RetiringAdmin):
    """Rules that apply by themselves; which of several wins is told in docs/decisions/0004-price-rules.md."""

    list_display = (
        "name", "kind", "effect", "value", "min_quantity", "tier", "priority", "branch", "category",
        "product", "valid_from", "valid_until", "is_active",
    )  # fmt: skip
    list_filter = ("chain", "kind", "is_active", "tier", "branch", "valid_until")
    list_editable = ("priority", "is_active")
    search_fields = ("name", "product__name", "product__barcode", "category__name")
    autocomplete_fields = _SCOPE
    list_select_related = _SCOPE
    fieldsets = ((None, {"fields": ("name", "kind", "tier")}), *_FIELDS)
    actions = (activate, deactivate)


@admin.register(Voucher)
class VoucherAdmin(RetiringAdmin):
    """Codes that shoppers give."""

    list_display = (
        "code", "effect", "value", "branch", "category", "product", "used", "max_uses", "max_per_person",
        "valid_until", "is_active",
    )  # fmt: skip
    list_filter = ("chain", "is_active", "branch", "valid_until")
    search_fields = ("code", "product__name", "product__barcode")
    autocomplete_fields = _SCOPE
    list_select_related = _SCOPE
    fieldsets = (
        (None, {"fields": ("code",)}),
        *_FIELDS,
        ("How often", {"fields": ("max_uses", "max_per_person"), "description": "Empty: any number."}),
    )
    actions = (activate, deactivate)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Voucher]:
        """Count the uses along."""
        uses = VoucherUses.objects.filter(pk=OuterRef("pk")).values("used")
        rows: QuerySet[Voucher] = super().get_queryset(request)
        return rows.annotate(uses=Subquery(uses))

    @admin.display(description="used", ordering="uses")
    def used(self, row: Any) -> int | None:
        """Return how many purchases were paid with it; it is counted while there is a limit."""
        return cast("int | None", row.uses)


@admin.register(LabelLayout)
class LabelLayoutAdmin(ModelAdmin):
    """How a chain's scales lay out their codes."""

    list_display = ("pattern", "chain", "decimals")
    list_filter = ("chain",)
    autocomplete_fields = ("chain",)
    list_select_related = ("chain",)


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    """Imports and what they led to; they are begun on the catalogue page."""

    list_display = ("name", "chain", "status", "dry_run", "created", "changed", "refused", "created_at")
    list_filter = ("chain", "status", "dry_run")
    exclude = ("packed",)
    list_select_related = ("chain",)


@admin.register(RecalledLot)
class RecalledLotAdmin(ModelAdmin):
    """Lots that are not sold any more."""

    list_display = ("product", "lot", "reason", "created_at")
    list_filter = ("product__chain",)
    search_fields = ("lot", "product__name", "product__barcode")
    autocomplete_fields = ("product",)
    list_select_related = ("product",)
