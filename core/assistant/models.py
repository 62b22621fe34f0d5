"""What shoppers have said of what they eat and care for."""

from __future__ import annotations

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
    """One shopper's preferences; whoever has said nothing has no row."""

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
