"""Facts of goods in JSON: nutrition facts and dietary tags, with one schema at every entry point."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ValidationError

from core.shapes import checked_by

MOST_TAGS = 20
TAG = r"[a-z0-9][a-z0-9-]{0,39}"
_Energy = Annotated[float, msgspec.Meta(ge=0, le=99_999.99)] | msgspec.UnsetType
_Grams = Annotated[float, msgspec.Meta(ge=0, le=999.999)] | msgspec.UnsetType


class Nutrition(msgspec.Struct, forbid_unknown_fields=True):
    """What is in 100 g or 100 ml; what is not known is left out."""

    energy_kcal: _Energy = msgspec.UNSET
    fat_g: _Grams = msgspec.UNSET
    saturated_fat_g: _Grams = msgspec.UNSET
    carbohydrate_g: _Grams = msgspec.UNSET
    sugar_g: _Grams = msgspec.UNSET
    fibre_g: _Grams = msgspec.UNSET
    protein_g: _Grams = msgspec.UNSET
    salt_g: _Grams = msgspec.UNSET


check_nutrition = checked_by(Nutrition)


class Restricted(msgspec.Struct, forbid_unknown_fields=True):
    """The conditions for buying a product; those that do not apply are left out."""

    age: Annotated[int, msgspec.Meta(ge=1, le=99)] | msgspec.UnsetType = msgspec.UNSET
    """Years that a buyer has to have."""
    tagged: bool | msgspec.UnsetType = msgspec.UNSET
    """It wears a security tag, which staff takes off."""
    weighed: bool | msgspec.UnsetType = msgspec.UNSET
    """Its price is that of a kilogram: without a label of a scale, staff weighs it."""
    most: Annotated[int, msgspec.Meta(ge=1, le=999)] | msgspec.UnsetType = msgspec.UNSET
    """So many units a shopper."""


check_restricted = checked_by(Restricted)


def check_tags(tags: Any) -> None:
    """Raise ValidationError unless it is a list of tags, each once."""
    if not isinstance(tags, list) or len(tags) > MOST_TAGS:
        raise ValidationError(f"Expected a list of at most {MOST_TAGS} tags.", "unfit")
    for tag in tags:
        if not isinstance(tag, str) or not re.fullmatch(TAG, tag, re.A):
            raise ValidationError(f"Expected tags such as gluten-free, got {str(tag)[:40]!r}.", "unfit")
    if len(set(tags)) != len(tags):
        raise ValidationError("Expected each tag once.", "unfit")
