"""Admin of promotions; how they stand to each other is told in docs/decisions/0041-promotions.md."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from core.admin import ModelAdmin, ModelForm, TabularInline, activate, deactivate
from core.catalogue import promotion_reach
from core.catalogue.models import Promotion, PromotionGoods
from core.catalogue.models.promotions import GoodsSet, of_goods


class _Sets(BaseInlineFormSet):  # type: ignore[type-arg]
    """The sets of goods of a promotion, checked together and by the rule of every entry point."""

    def clean(self) -> None:
        """Refuse goods of another chain, and sets that the kind cannot have."""
        super().clean()
        if any(self.errors):
            return
        sets = []
        for form in self.forms:
            values = form.cleaned_data
            if not values or values.get("DELETE"):
                continue
            named = [*values["products"], *values["categories"]]
            if any(each.chain_id != self.instance.chain_id for each in named):
                raise ValidationError("These goods belong to another chain.")
            sets.append(GoodsSet(values["units"], values["is_gift"], not named))
        if why := of_goods(self.instance, sets):
            raise ValidationError(why)


class GoodsInline(TabularInline):
    """Which goods a promotion is about."""

    model = PromotionGoods
    formset = _Sets
    extra = 0
    autocomplete_fields = ("products", "categories")


class _PromotionForm(ModelForm):
    """A promotion, in branches of its own chain."""

    def clean(self) -> Any:
        """Refuse the branches of another chain."""
        values = super().clean() or {}
        chain = values.get("chain")
        if chain is not None and any(each.chain_id != chain.pk for each in values.get("branches") or ()):
            raise ValidationError({"branches": "A branch belongs to another chain."})
        return values


@admin.register(Promotion)
class PromotionAdmin(ModelAdmin):
    """What several goods together cost less."""

    list_display = (
        "name", "kind", "buy", "pay", "percent", "amount", "threshold", "tier", "combines", "priority",
        "valid_from", "valid_until", "is_active",
    )  # fmt: skip
    list_filter = ("chain", "kind", "is_active", "tier", "valid_until")
    list_editable = ("priority", "is_active")
    search_fields = ("name",)
    autocomplete_fields = ("chain", "branches")
    list_select_related = ("chain",)
    inlines = (GoodsInline,)
    form = _PromotionForm
    actions = (activate, deactivate)
    fieldsets = (
        (None, {"fields": ("chain", "name", "kind", "is_active")}),
        ("What it gives", {"fields": ("buy", "pay", "percent", "amount", "threshold")}),
        (
            "Where, when and for whom",
            {
                "fields": (
                    "branches", "tier", "valid_from", "valid_until", "weekdays", "from_time", "until_time",
                ),
                "description": "Days and hours are those of the branch in which somebody shops.",
            },
        ),
        ("Beside others", {"fields": ("combines", "priority")}),
    )  # fmt: skip

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save goods and branches, and note what has changed of them."""
        before = promotion_reach.of(form.instance)
        super().save_related(request, form, formsets, change)
        promotion_reach.note_change(form.instance, before)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A promotion stays with its chain: its goods are."""
        return ("chain",) if obj is not None else ()
