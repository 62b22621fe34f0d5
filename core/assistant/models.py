"""Shoppers' preferences, their feedback on suggestions, and what is tried out on them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import models

from core.accounts.models import User
from core.catalogue import allergens, facts
from core.shapes import ShapedJSONField
from core.tenancy.models import Chain


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


class ExperimentVariant(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One variant of an experiment, and its part of the people in relation to the others'."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
    share: Annotated[int, msgspec.Meta(ge=0, le=1000)]


def check_variants(value: Any) -> None:
    """Raise ValidationError unless these are two variants or more, one of which somebody gets."""
    try:
        found = msgspec.convert(value, list[ExperimentVariant])
    except msgspec.ValidationError as error:
        raise ValidationError(f"{error}.", "unfit") from None
    if len({each.name for each in found}) != len(found) or len(found) < 2:
        raise ValidationError("Expected two variants or more, each with a name of its own.", "unfit")
    if not any(each.share for each in found):
        raise ValidationError("Expected a share above 0.", "unfit")


class Experiment(models.Model):
    """Something that is tried out in a chain; the first variant is what the others are held against."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="experiments")
    name = models.SlugField(max_length=50)
    """``recommender``: whether anything is suggested, with the variants ``off`` and ``on``."""
    variants = ShapedJSONField(validators=[check_variants])
    """JSON: ``[{name, share}]``."""
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "name"], name="assistant_experiment_of_chain")
        ]

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """Somebody has met a variant, for the first time then."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="experiment_exposures")
    variant = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "user"], name="assistant_exposure_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.variant}"
