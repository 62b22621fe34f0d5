"""Shoppers' preferences, and their feedback on suggestions."""

from __future__ import annotations

import uuid

from django.db import models

from core.accounts.models import User
from core.catalogue import allergens, facts
from core.shapes import ShapedJSONField


class Care(models.TextChoices):
    """How much the footprint of goods weighs in what is suggested."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Preferences(models.Model):
    """One shopper's preferences; without any there is no row."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="shopping_preferences"
    )
    diet = ShapedJSONField(default=list, blank=True, validators=[facts.check_tags])
    """Dietary tags that whatever is suggested must have."""
    allergens = ShapedJSONField(default=list, blank=True, validators=[allergens.check])
    """What the shopper is warned of."""
    sustainability = models.CharField(max_length=10, choices=Care, default=Care.NORMAL)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class Feedback(models.Model):
    """What became of one suggestion to one shopper."""

    class Action(models.TextChoices):
        """It was shown, put into the cart, or put away."""

        SHOWN = "shown"
        ADDED = "added"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recommendation_feedback")
    product_id = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "feedback"
        indexes = [models.Index(fields=["user", "action", "at"], name="assistant_feedback_of_user")]

    def __str__(self) -> str:
        return f"{self.action} {self.product_id}"
