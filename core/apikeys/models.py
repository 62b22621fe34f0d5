"""The keys of a chain; of the secret there is only a digest."""

from __future__ import annotations

import uuid

from django.db import models

from core.accounts.models import User
from core.tenancy.models import Branch, Chain


class ApiKey(models.Model):
    """A key does what its scopes say, and no more than its owner may at that moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="api_keys")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    """Null: in every branch of the chain."""
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    scopes = models.JSONField()
    """Permissions of ``principals.PERMISSIONS``."""
    digest = models.CharField(max_length=64, unique=True)
    older_digest = models.CharField(max_length=64, blank=True, default="", db_index=True)
    older_until = models.DateTimeField(null=True, blank=True)
    """Until when the secret before a rotation is good."""
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
