"""Admin of people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.accounts.credentials import logins
from core.accounts.members import roles
from core.accounts.models import Ending, Grant, Login, User
from core.admin import FoldingSearch, ModelAdmin, ReadOnlyAdmin, TabularInline


class GrantInline(TabularInline):
    """Roles of a person."""

    model = Grant
    extra = 0
    autocomplete_fields = ("chain", "branch")


@admin.action(description="Log out everywhere")
def log_out(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[User]) -> None:
    """End all logins of these people, and what they have open."""
    count = sum(logins.end_all(pk, Ending.STAFF) for pk in rows.values_list("pk", flat=True))
    model_admin.message_user(request, f"{count} logins ended.")


@admin.register(User)
class UserAdmin(FoldingSearch, DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts with their roles."""

    list_display = ("username", "email", "phone", "tier", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "tier", "grants__role", "grants__chain")
    search_fields = ("username", "email", "phone")
    readonly_fields = ("id", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("id", "username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "phone", "tier")}),
        ("Platform", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    inlines = (GrantInline,)
    actions: Any = (log_out,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the roles, and notify their owner of new ones."""
        super().save_formset(request, form, formset, change)
        for each in formset.new_objects:
            if isinstance(each, Grant):
                roles.announce(each)


@admin.register(Grant)
class GrantAdmin(ModelAdmin):
    """Roles."""

    list_display = ("user", "role", "chain", "branch")
    list_filter = ("role", "chain", "branch")
    search_fields = ("user__username", "user__email")
    autocomplete_fields = ("user", "chain", "branch")
    list_select_related = ("user", "chain", "branch")

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        """Save it, and notify its owner of a new one."""
        super().save_model(request, obj, form, change)
        if not change:
            roles.announce(obj)


@admin.action(description="End these logins")
def end(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Login]) -> None:
    """End them, and what they have open."""
    count = logins.end(rows.values_list("pk", flat=True), Ending.STAFF)
    model_admin.message_user(request, f"{count} logins ended.")


@admin.register(Login)
class LoginAdmin(ReadOnlyAdmin):
    """Logins: where, since when, until when."""

    list_display = ("user", "device", "address", "began_at", "seen_at", "ended_at", "ended_by")
    list_filter = ("began_at", "ended_at", "ended_by")
    search_fields = ("user__username", "id", "address")
    list_select_related = ("user",)
    actions = (end,)
