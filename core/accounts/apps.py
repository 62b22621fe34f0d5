"""The app's name for Django."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People: accounts, roles, tokens, and who may do what."""

    name = "core.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """End logins with accounts, register the mail's texts."""
        from django.db.models.signals import post_save

        from core.accounts.codes import codes
        from core.accounts.contact import emails, reset
        from core.accounts.credentials import logins
        from core.accounts.members import invitations
        from core.accounts.models import User
        from core.outbox.letters import composer

        composer(codes.KIND, codes.compose)
        composer(emails.KIND, emails.compose)
        composer(reset.KIND, reset.compose)
        composer(invitations.KIND, invitations.compose)
        post_save.connect(logins.end_with_account, sender=User, dispatch_uid="accounts-logins-end")
