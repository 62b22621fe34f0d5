"""Admin of the fleet. What projections write is to look at only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core import reference
from core.admin import (
    ModelAdmin,
    ModelForm,
    ReadOnlyAdmin,
    RetiringAdmin,
    TabularInline,
    activate,
    set_active,
    update_all,
)
from core.fleet.devices.controllers import trolleys_of
from core.fleet.models import (
    PROJECTED,
    ClaimCode,
    Controller,
    Device,
    DeviceShadow,
    Rental,
    Session,
    SlotShadow,
    Trolley,
)
from core.fleet.trolleys.out import is_out


class ControllerInline(TabularInline):
    """Lock boards of a device; removed in their own list, which looks at the trolleys of their slots."""

    model = Controller
    extra = 0
    can_delete = False


_NO_TOKEN: dict[str, Any] = {"token_version": F("token_version") + 1, "older_tokens": {}}
"""Makes every token that is out worthless."""


@admin.action(description="Revoke")
def revoke(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Device]) -> None:
    """Refuse these devices from now on."""
    count = update_all(rows, reference.DIRECTORY, is_revoked=True, **_NO_TOKEN)
    model_admin.message_user(request, f"{count} devices revoked.")


@admin.action(description="Make their tokens worthless")
def rotate_tokens(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Device]) -> None:
    """Refuse the tokens that are out; each device needs a new one."""
    count = update_all(rows, reference.DIRECTORY, **_NO_TOKEN)
    model_admin.message_user(request, f"Tokens of {count} devices are worthless now.")


@admin.register(Device)
class DeviceAdmin(RetiringAdmin):
    """Raspberry Pis with their boards."""

    list_display = ("name", "branch", "mac", "serial", "firmware", "token_version", "is_revoked")
    list_filter = ("branch__chain", "branch", "is_revoked")
    search_fields = ("name", "mac", "serial", "id")
    autocomplete_fields = ("branch",)
    list_select_related = ("branch",)
    readonly_fields = ("id", "token_version", "previous_until", "created_at")
    inlines = (ControllerInline,)
    actions = (revoke, rotate_tokens)


@admin.register(ClaimCode)
class ClaimCodeAdmin(ReadOnlyAdmin):
    """Who let which device in; the codes themselves are not known."""

    list_display = ("branch", "made_by", "made_at", "expires_at", "used_at", "device")
    list_filter = ("branch",)
    search_fields = ("branch__code", "device__name", "made_by__username")
    list_select_related = ("branch", "made_by", "device")


@admin.register(Controller)
class ControllerAdmin(ModelAdmin):
    """Lock boards. One into whose slots trolleys belong stays; these are named."""

    list_display = ("device", "port", "address", "baudrate", "protocol", "polarity")
    list_filter = ("protocol", "polarity", "device__branch")
    search_fields = ("device__name", "port")
    autocomplete_fields = ("device",)
    list_select_related = ("device",)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Count the trolleys that belong into the boards' slots among what must not lose them."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        held_up = [str(trolley) for board in objs for trolley in trolleys_of(board)]
        return deleted, counts, forbidden, [*protected, *held_up]


class _TrolleyForm(ModelForm):
    """A trolley; while in use it stays active, in its branch and under its code."""

    def clean(self) -> Any:
        """Refuse to deactivate, move or rename a trolley in use."""
        values = super().clean() or {}
        if not self.instance._state.adding and _KEPT & {*self.changed_data} and is_out(self.instance):
            raise ValidationError(_IN_USE, "trolley_in_use")
        return values


_KEPT = {"is_active", "branch", "trolley_id", "cart_number"}
_IN_USE = "Somebody has this trolley, or it is out of its slot: have it back, or close its rental, first."


@admin.action(description="Deactivate")
def deactivate(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Trolley]) -> None:
    """Bulk action: deactivate the trolleys not in use, and name the others."""
    busy = [row for row in rows if is_out(row)]
    for row in busy:
        model_admin.message_user(
            request, f"{row}: somebody has it, or it is out, so it stays in use.", messages.ERROR
        )
    set_active(model_admin, request, rows.exclude(pk__in=[row.pk for row in busy]), False)


@admin.register(Trolley)
class TrolleyAdmin(RetiringAdmin):
    """Trolleys: identity to edit, state to look at."""

    list_display = (
        "trolley_id", "cart_number", "branch", "place", "is_active", "phase", "custody", "lock_reported",
        "lock_fault", "maintenance", "qr_code",
    )  # fmt: skip
    list_filter = ("branch", "is_active", "phase", "custody", "maintenance", "lock_fault")
    search_fields = ("trolley_id", "cart_number")
    autocomplete_fields = ("branch", "place_device")
    list_select_related = ("branch", "place_device")
    readonly_fields = ("created_at", *PROJECTED)
    actions = (activate, deactivate)
    form = _TrolleyForm
    fieldsets = (
        (None, {"fields": ("trolley_id", "branch", "cart_number", "is_active", "qr_nonce", "created_at")}),
        ("Slot", {"fields": ("place_device", "place_slot")}),
        ("State (written by the journal's projection)", {"fields": PROJECTED}),
    )

    @admin.display(description="slot")
    def place(self, row: Trolley) -> str:
        """Return board and lock."""
        return (
            ""
            if row.place_slot is None
            else f"{row.place_device} {row.place_slot >> 4}/{row.place_slot & 15}"
        )

    @admin.display(description="QR")
    def qr_code(self, row: Trolley) -> str:
        """Return the link to the picture."""
        return format_html(
            '<a href="{}" target="_blank">QR</a>', reverse("trolley-qr", args=[row.trolley_id])
        )


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Who used which trolley when."""

    list_display = (
        "trolley_code",
        "branch_code",
        "user_id",
        "started_at",
        "ended_at",
        "outcome",
        "items_cleared",
    )
    list_filter = ("is_active", "outcome", "branch_code")
    search_fields = ("trolley_code", "session_id", "user_id")
    date_hierarchy = "started_at"


@admin.register(Rental)
class RentalAdmin(ReadOnlyAdmin):
    """Who had which trolley out when."""

    list_display = ("trolley_code", "branch_code", "user_id", "start_time", "actual_return", "status")
    list_filter = ("status", "branch_code")
    search_fields = ("trolley_code", "user_id")
    date_hierarchy = "start_time"


@admin.register(DeviceShadow)
class DeviceShadowAdmin(ReadOnlyAdmin):
    """Which devices are connected."""

    list_display = ("device_id", "online", "firmware", "boot_id", "connected_at")
    list_filter = ("online", "firmware")
    search_fields = ("device_id",)


@admin.register(SlotShadow)
class SlotShadowAdmin(ReadOnlyAdmin):
    """The state reported by the lock hardware."""

    list_display = ("id", "trolley_code", "hook", "present", "at")
    list_filter = ("hook", "present", "device_id")
    search_fields = ("id", "trolley_code")
