"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People: accounts, roles, tokens, and who may do what."""

    name = "core.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the limits in front of the admin's login."""
        from django.contrib import admin

        from core.accounts.admin_login import LimitedLoginForm

        admin.site.login_form = LimitedLoginForm
