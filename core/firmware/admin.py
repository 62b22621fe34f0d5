"""Admin of firmware: releases to take in and to withdraw, rollouts to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import ModelAdmin, ReadOnlyAdmin
from core.firmware import releases
from core.firmware.models import Release, Rollout, RolloutDevice

if TYPE_CHECKING:
    _Form = forms.ModelForm[Release]
else:
    # Only type checkers know it as generic.
    _Form = forms.ModelForm


class ReleaseForm(_Form):
    """A release is measured and verified before it is kept."""

    class Meta:
        model = Release
        fields = ("version", "file", "signature", "notes", "is_withdrawn")

    def clean(self) -> dict[str, Any] | None:
        """Refuse a file that the signature does not fit."""
        cleaned = super().clean()
        file = self.files.get("file")
        if cleaned and file is not None and not self.errors:
            self.instance.version, self.instance.signature = cleaned["version"], cleaned["signature"]
            releases.fill(self.instance, file)
        return cleaned


@admin.action(description="Withdraw: no new rollout may bring them out")
def withdraw(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Release]) -> None:
    """Bulk action."""
    model_admin.message_user(request, f"{rows.update(is_withdrawn=True)} releases withdrawn.")


@admin.register(Release)
class ReleaseAdmin(ModelAdmin):
    """Releases; what is signed is never changed."""

    form = ReleaseForm
    list_display = ("version", "size", "sha256", "is_withdrawn", "uploaded_by", "created_at")
    list_filter = ("is_withdrawn",)
    search_fields = ("version", "sha256", "notes")
    actions = (withdraw,)

    def get_readonly_fields(self, request: HttpRequest, obj: Release | None = None) -> tuple[str, ...]:
        """Return what cannot be edited."""
        measured = ("size", "sha256", "uploaded_by", "created_at")
        return measured if obj is None else ("version", "file", "signature", *measured)

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:
        """Note who took it in."""
        if not change:
            obj.uploaded_by_id = request.user.pk
        super().save_model(request, obj, form, change)


@admin.register(Rollout)
class RolloutAdmin(ReadOnlyAdmin):
    """How releases are brought out."""

    list_display = ("version", "chain_slug", "branch_code", "status", "reason", "started_at", "ended_at")
    list_filter = ("status", "chain_slug", "version")
    search_fields = ("id", "version", "branch_code")
    date_hierarchy = "started_at"


@admin.register(RolloutDevice)
class RolloutDeviceAdmin(ReadOnlyAdmin):
    """How far each device is."""

    list_display = ("device_id", "rollout_id", "state", "detail", "at")
    list_filter = ("state",)
    search_fields = ("device_id", "rollout_id")
