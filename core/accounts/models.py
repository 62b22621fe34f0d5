"""People, their roles, and the refresh tokens they hold."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from actors.messages.pricing import TIERS
from core.accounts import names
from core.tenancy.models import Branch, Chain
from core.wire import phones


class Ending(models.TextChoices):
    """What ended a login."""

    LOGOUT = "logout"
    EVERYWHERE = "everywhere", "logout everywhere"
    REUSE = "reuse", "refresh token used twice"
    PASSWORD = "password", "new password"
    CLOSED = "closed", "account closed"
    STAFF = "staff", "ended by an admin"


class Receipts(models.TextChoices):
    """How a user wants receipts."""

    EMAIL = "email", "by e-mail"
    NONE = "none", "not at all"


class User(AbstractUser):
    """A shopper, a member of staff or a platform admin (superuser)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name_key = models.CharField(max_length=600, null=True, editable=False, unique=True)
    """What the username has in common with those that look like it, see ``names.key``."""
    phone = models.CharField(max_length=20, null=True, blank=True, unique=True)
    unconfirmed_email = models.CharField(max_length=254, blank=True, default="", db_default="", db_index=True)
    """The address that was given last and is not confirmed; others may have given it too."""
    unconfirmed_used = models.BooleanField(default=False, db_default=False)
    """Whether a receipt went to it: a second one does not."""
    made_in = models.ForeignKey(Chain, on_delete=models.SET_NULL, null=True, blank=True, editable=False)
    """Whose staff made the account, of somebody's phone number; they may act for its owner."""
    tier = models.CharField(
        max_length=20, choices=[(tier, tier.title()) for tier in TIERS], default=TIERS[0], db_default=TIERS[0]
    )
    """Which price rules of kind tier are the person's."""
    language = models.CharField(
        max_length=5, choices=settings.LANGUAGES, blank=True, default="", db_default=""
    )
    """What we write to the person in; empty: nobody has said."""
    receipts = models.CharField(
        max_length=10, choices=Receipts, default=Receipts.EMAIL, db_default=Receipts.EMAIL
    )
    """How receipts are sent; they are always among the person's orders."""
    ends_logins: Ending | None = None
    """Why the last save ended all logins, if it did."""

    def save(self, *arguments: Any, **options: Any) -> None:
        """Keep the account; a new password and a closed account end all its logins."""
        known = not self._state.adding
        # Django sets this by set_password, and not when it only hashes the same password anew.
        new_password = known and getattr(self, "_password", None) is not None
        closed = Ending.CLOSED if known and not self.is_active else None
        self.ends_logins = Ending.PASSWORD if new_password else closed
        if not known or self.name_key is not None:
            # Of two older accounts that look alike only one has the key.
            self.name_key = names.key(self.username)
            if (fields := options.get("update_fields")) is not None and "username" in fields:
                options["update_fields"] = {*fields, "name_key"}
        super().save(*arguments, **options)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="accounts_user_email_unique")
        ]

    def clean(self) -> None:
        """Refuse a name or an address that leads to another account, and what is no phone number."""
        super().clean()
        if self.phone:
            try:
                self.phone = phones.e164(self.phone)
            except ValueError as error:
                raise ValidationError({"phone": str(error)}) from None
        if wrong := names.taken(User.objects.exclude(pk=self.pk), self):
            raise ValidationError(wrong)


class LoginCode(models.Model):
    """A code that was sent to a phone or an address; see ``codes.codes``. One row for each of these."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    nonce = models.CharField(max_length=32)
    """What the code is derived from, together with the signing key."""
    tries_left = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="accounts_code_once_an_address")
        ]

    def __str__(self) -> str:
        return f"code by {self.channel}"


class Role(models.TextChoices):
    """What a grant allows; see ``principals.py`` for the table."""

    STAFF = "staff"
    MANAGER = "manager"
    CHAIN_ADMIN = "chain_admin"


class Grant(models.Model):
    """A role in one branch, or in every branch of a chain when no branch is named."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """How the API names it."""
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="grants")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="grants", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "branch"],
                condition=Q(branch__isnull=False),
                name="accounts_grant_once_a_branch",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "chain"],
                condition=Q(branch__isnull=True),
                name="accounts_grant_once_a_chain",
            ),
            models.CheckConstraint(
                condition=~Q(role="chain_admin") | Q(branch__isnull=True),
                name="accounts_chain_admin_has_no_branch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.branch.code if self.branch else self.chain.slug}"

    def clean(self) -> None:
        """Refuse a branch of another chain."""
        if self.branch is not None and self.branch.chain_id != self.chain_id:
            raise ValidationError({"branch": "This branch belongs to another chain."})


class Invitation(models.Model):
    """A role that somebody is invited to of whom only an address or a phone number is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    role = models.CharField(max_length=20, choices=Role)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="invitations")
    branch = models.ForeignKey(
        Branch, on_delete=models.CASCADE, related_name="invitations", null=True, blank=True
    )
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="invitations")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="accepted_invitations"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["address"], name="accounts_invited")]

    def __str__(self) -> str:
        return f"{self.role} of {self.branch.code if self.branch else self.chain.slug}"


class Login(models.Model):
    """One login on one device, from the password or code to its end. Access tokens name it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="logins")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """When its refresh token was used last."""
    device = models.CharField(max_length=200, blank=True, default="")
    """What the browser says it is."""
    address = models.CharField(max_length=45, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=20, choices=Ending, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.id} of {self.user_id}"


class RefreshToken(models.Model):
    """One refresh token, stored as its SHA-256; ``family`` is the id of its login.

    A token is used once: using it makes the next one of the family. A second use of
    the same token means it was stolen, and ends the family.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    family = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.family} of {self.user_id}"
