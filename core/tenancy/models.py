"""Chains and branches."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from core.lines import LineField
from core.shapes import ShapedJSONField
from core.tenancy import floor_plans
from core.tenancy.opening_hours import check as check_hours


def _check_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"Expected a time zone such as Asia/Kolkata, got {name!r}.")


def _check_languages(languages: Any) -> None:
    known = [code for code, _ in settings.LANGUAGES]
    if not isinstance(languages, list) or not languages or not set(languages) <= set(known):
        raise ValidationError(f"Expected one or more of {', '.join(known)}, got {languages!r}.")


def _first_language() -> list[str]:
    return [settings.LANGUAGES[0][0]]


def empty_floor_plan() -> dict[str, Any]:
    """Return a floor plan of nothing: metres, zones and lock slots."""
    return {"width_m": 0, "height_m": 0, "zones": [], "slots": []}


class TaxRounding(models.TextChoices):
    """What is rounded to the currency's decimals when taxes are worked out."""

    TOTAL = "total", "the sum of a class"
    LINE = "line", "each line"


class Chain(models.Model):
    """A retailer. Products, prices and chain admins belong to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = LineField(max_length=120)
    currency = models.CharField(
        max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", "Expected an ISO 4217 code such as INR.")]
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{2}$", "Expected an ISO 3166 code such as IN.")],
    )
    """Where its telephone numbers are national; empty: nobody has said."""
    languages = ShapedJSONField(default=_first_language, validators=[_check_languages])
    """What its pages and mails are in; the first one, where somebody has not said."""
    demands_second_factor = models.BooleanField(default=False, db_default=False)
    """Managers and admins without a second factor have their roles only once they have one."""
    tax_number = LineField(max_length=30, blank=True, default="", db_default="")
    """Its own, as receipts show it; empty: they show none."""
    prices_include_tax = models.BooleanField(default=True, db_default=True)
    """Prices hold their taxes; else these are added on top."""
    tax_rounding = models.CharField(
        max_length=5, choices=TaxRounding, default=TaxRounding.TOTAL, db_default=TaxRounding.TOTAL
    )
    taxes_deposits = models.BooleanField(default=False, db_default=False)
    """Deposits are taxed as the goods that they are for; else not at all."""
    branch_managers_edit_catalogue = models.BooleanField(default=False, db_default=False)
    """Managers of single branches change names and prices for all; else only those of the whole chain do."""
    refund_limit = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    """A refund above it is asked about once more; null: none is."""
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class ConflictDisplay(models.TextChoices):
    """What a shopper who scans a trolley in use learns about its holder."""

    NAME = "name"
    MASKED = "masked"
    NOTHING = "nothing"


class Branch(models.Model):
    """A store of a chain, with the settings that rule its trolleys."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="branches")
    code = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+$", "Letters, digits, - and _ only.")],
    )
    name = LineField(max_length=120)
    address = LineField(max_length=250, blank=True)
    city = LineField(max_length=80, blank=True)
    latitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    timezone = models.CharField(max_length=60, default="UTC", validators=[_check_timezone])
    opening_hours = ShapedJSONField(default=dict, blank=True, validators=[check_hours])
    """By day of the week, see ``opening_hours``; in the branch's own time. Empty: nobody has said."""
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    session_timeout_s = models.PositiveIntegerField(default=30, validators=[MinValueValidator(5)])
    restore_s = models.PositiveIntegerField(default=900)
    resumes_sessions = models.BooleanField(default=True, db_default=True)
    """A session that expired goes on with its shopper's next sign of life within ``restore_s``, as long as
    nobody else has had the trolley and it is not in its slot."""
    one_trolley_per_user = models.BooleanField(default=True)
    rental_minutes = models.PositiveIntegerField(default=120, validators=[MinValueValidator(1)])
    returns_anywhere = models.BooleanField(default=False, db_default=False)
    """Trolleys may come back to any slot; else each has its own, and a slot that fills holds its own one."""
    signed_qr_only = models.BooleanField(default=False, db_default=False)
    """Shoppers claim by the printed QR alone: a code typed by hand, or guessed from home, is refused."""
    conflict_display = models.CharField(
        max_length=10, choices=ConflictDisplay, default=ConflictDisplay.NAME, db_default=ConflictDisplay.NAME
    )
    check_rate = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(100)]
    )
    """Of a hundred orders, so many are checked at the exit; a shopper's record makes it more or fewer."""
    unpaid_minutes = models.PositiveSmallIntegerField(
        default=5, db_default=5, validators=[MaxValueValidator(7 * 24 * 60)]
    )
    """A trolley that is out after its session with goods that nobody has paid is an alarm after so long; 0:
    never."""
    floor_plan = ShapedJSONField(default=empty_floor_plan, blank=True, validators=[floor_plans.check])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "branches"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
