"""Admin of people."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core.accounts.models import Grant, RefreshToken, User
from core.admin import ModelAdmin, ReadOnlyAdmin, TabularInline


class GrantInline(TabularInline):
    """Roles of a person."""

    model = Grant
    extra = 0
    autocomplete_fields = ("chain", "branch")


@admin.action(description="Log out everywhere")
def log_out(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[User]) -> None:
    """Revoke all refresh tokens of these people."""
    count = RefreshToken.objects.filter(user__in=rows, revoked_at=None).update(revoked_at=timezone.now())
    model_admin.message_user(request, f"{count} refresh tokens revoked.")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
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
    actions = (log_out,)


@admin.register(Grant)
class GrantAdmin(ModelAdmin):
    """Roles."""

    list_display = ("user", "role", "chain", "branch")
    list_filter = ("role", "chain", "branch")
    search_fields = ("user__username", "user__email")
    autocomplete_fields = ("user", "chain", "branch")
    list_select_related = ("user", "chain", "branch")


@admin.action(description="Revoke the logins they belong to")
def revoke(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[RefreshToken]) -> None:
    """Revoke every token of the families."""
    families = set(rows.values_list("family", flat=True))
    RefreshToken.objects.filter(family__in=families, revoked_at=None).update(revoked_at=timezone.now())
    model_admin.message_user(request, f"{len(families)} logins ended.")


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """Logins, without anything that could be used as one."""

    list_display = ("user", "family", "issued_at", "expires_at", "used_at", "revoked_at")
    list_filter = ("issued_at", "revoked_at")
    search_fields = ("user__username", "family")
    list_select_related = ("user",)
    exclude = ("digest",)
    actions = (revoke,)
