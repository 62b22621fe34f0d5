"""Closed bodies of the writes of chains and branches, and how they become rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from rest_framework import serializers

from core.problems import Problem, rule
from core.rest.fields import (
    ClosedSerializer,
    ExactNumber,
    LineText,
    Money,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    StrictText,
)
from core.tenancy import closing
from core.tenancy.models import Branch, Chain, ConflictDisplay, TaxRounding

_DAY_S = 24 * 60 * 60
_WEEK_MINUTES = 7 * 24 * 60
_SLUG = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", "Expected small letters, digits and single hyphens.")
_CODE = RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Expected letters, digits, - and _ only.")
_CURRENCY = RegexValidator(r"^[A-Z]{3}\Z", "Expected an ISO 4217 code such as INR.")
_COUNTRY = RegexValidator(r"^[A-Z]{2}\Z", "Expected an ISO 3166 code such as IN.")


class ChainBody(ClosedSerializer):
    """A retailer."""

    name = LineText(max_length=120)
    currency = StrictText(max_length=3, validators=[_CURRENCY])
    country = StrictText(max_length=2, required=False, validators=[_COUNTRY])
    languages = serializers.ListField(
        child=StrictText(min_length=2, max_length=5), min_length=1, max_length=20, required=False
    )
    demands_second_factor = StrictBoolean(required=False)
    tax_number = LineText(
        max_length=30,
        required=False,
        allow_blank=True,
        help_text="The retailer's own, as receipts show it; empty: they show none.",
    )
    prices_include_tax = StrictBoolean(required=False)
    tax_rounding = StrictChoice(TaxRounding.choices, required=False)
    taxes_deposits = StrictBoolean(required=False)
    branch_managers_edit_catalogue = StrictBoolean(required=False)
    refund_limit = Money(
        max_digits=12,
        decimal_places=3,
        min_value=Decimal(0),
        required=False,
        help_text="A refund above it wants `confirmed`; left out by PUT: none does.",
    )


class NewChain(ChainBody):
    """A new retailer; its slug is for good."""

    slug = StrictText(max_length=50, validators=[_SLUG])


class ChainChanges(ChainBody):
    """A retailer; ``is_active`` true opens a closed one again."""

    is_active = StrictBoolean(required=False)


class SettingsBody(ClosedSerializer):
    """What a branch decides for its trolleys; times in seconds unless said otherwise."""

    session_timeout_s = StrictInteger(min_value=5, max_value=_DAY_S, required=False)
    restore_s = StrictInteger(min_value=0, max_value=7 * _DAY_S, required=False)
    resumes_sessions = StrictBoolean(required=False)
    one_trolley_per_user = StrictBoolean(required=False)
    rental_minutes = StrictInteger(min_value=1, max_value=_WEEK_MINUTES, required=False)
    returns_anywhere = StrictBoolean(required=False)
    signed_qr_only = StrictBoolean(required=False)
    conflict_display = StrictChoice(ConflictDisplay.choices, required=False)
    unpaid_minutes = StrictInteger(
        min_value=0,
        max_value=_WEEK_MINUTES,
        required=False,
        help_text="A trolley that is out after its session with goods that nobody has paid is an alarm after "
        "so many minutes; 0: never.",
    )
    check_rate = StrictInteger(
        min_value=0,
        max_value=100,
        required=False,
        help_text="Of a hundred orders, so many are checked at the exit.",
    )


class BranchBody(ClosedSerializer):
    """A store; ``opening_hours`` by day: ``{"mon": [["08:00", "22:00"]]}``."""

    name = LineText(max_length=120)
    address = LineText(max_length=250, allow_blank=True, required=False)
    city = LineText(max_length=80, allow_blank=True, required=False)
    latitude = ExactNumber(max_digits=9, decimal_places=6, min_value=-90, max_value=90, required=False)
    longitude = ExactNumber(max_digits=9, decimal_places=6, min_value=-180, max_value=180, required=False)
    timezone = StrictText(max_length=60, required=False)
    opening_hours = serializers.DictField(required=False)
    settings = SettingsBody(required=False)


class NewBranch(BranchBody):
    """A new store; its code is for good. ``chain``: slug or id; not needed by who manages one chain."""

    code = StrictText(max_length=40, validators=[_CODE])
    chain = StrictText(max_length=50, required=False)


class BranchChanges(BranchBody):
    """A store; ``is_active`` true opens a closed one again, false closes it."""

    is_active = StrictBoolean(required=False)


_SETTINGS = tuple(SettingsBody().fields)


def whole(row: Chain | Branch, given: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the defaults of what was left out, as PUT means it."""
    body = ChainBody if isinstance(row, Chain) else BranchBody
    names = {*body().fields, *(() if isinstance(row, Chain) else _SETTINGS)} - {"settings"}
    fresh = type(row)()
    defaults = {name: getattr(fresh, name) for name in names}
    return {**defaults, **_flat(given), "is_active": given.get("is_active", True)}


def _flat(given: dict[str, Any]) -> dict[str, Any]:
    values = dict(given)
    return {**values, **values.pop("settings", {})}


def fill(row: Chain | Branch, given: dict[str, Any]) -> None:
    """Write checked values into the row and save it; raises ValidationError that names the field.

    A row that closes, and a currency that changes, want every trolley back first: the 409.
    """
    values = _flat(given)
    closes = row.is_active and values.get("is_active") is False
    new_currency = isinstance(row, Chain) and values.get("currency", row.currency) != row.currency
    if not row._state.adding and (closes or new_currency):
        refuse_in_use(row)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            row.save()
    except ValidationError as error:
        raise rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()}) from None
    except IntegrityError:
        name, value = ("slug", row.slug) if isinstance(row, Chain) else ("code", row.code)
        raise rule("already_there", **{name: f"{value} is taken."}) from None


def refuse_in_use(row: Chain | Branch) -> None:
    """Raise the 409 while a trolley of the branch, or of any branch of the chain, is out."""
    own = Branch.objects.filter(**({"chain": row} if isinstance(row, Chain) else {"pk": row.pk}))
    try:
        closing.refuse_in_use(own)
    except ValidationError as error:
        raise Problem(
            409, "branch_in_use", error.messages[0], trolleys_out=closing.trolleys_out(own)
        ) from None
