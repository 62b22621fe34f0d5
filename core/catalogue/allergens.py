"""The allergens that food must declare, and how people write them.

The fourteen of Annex II of Regulation (EU) No 1169/2011, by their names in Open Food Facts' taxonomy
(https://static.openfoodfacts.org/data/taxonomies/allergens.json, without the language). The list is closed:
a name that nothing else uses would never meet its match, and nobody would be warned.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

ALLERGENS = (
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soybeans", "milk", "nuts", "celery", "mustard",
    "sesame-seeds", "sulphur-dioxide-and-sulphites", "lupin", "molluscs",
)  # fmt: skip
_ALIASES = {
    "wheat": "gluten", "rye": "gluten", "barley": "gluten", "oats": "gluten", "cereals": "gluten",
    "crustacean": "crustaceans", "shellfish": "crustaceans", "egg": "eggs", "peanut": "peanuts",
    "soy": "soybeans", "soya": "soybeans", "soybean": "soybeans", "dairy": "milk", "lactose": "milk",
    "nut": "nuts", "tree-nuts": "nuts", "tree-nut": "nuts", "sesame": "sesame-seeds",
    "sulphites": "sulphur-dioxide-and-sulphites", "sulfites": "sulphur-dioxide-and-sulphites",
    "lupine": "lupin", "mollusc": "molluscs", "mollusks": "molluscs",
}  # fmt: skip


def read(name: str) -> str:
    """Return the allergen that a name means; raises ValueError for one that no product can have."""
    plain = "-".join(name.strip().lower().replace("_", " ").split())
    code = _ALIASES.get(plain, plain)
    if code not in ALLERGENS:
        raise ValueError(f"Expected allergens such as milk or peanuts, got {name[:40]!r}.")
    return code


def read_all(names: list[str]) -> list[str]:
    """Return the allergens that the names mean, each once; raises ValueError."""
    return list(dict.fromkeys(read(name) for name in names))


def check(value: Any) -> None:
    """Raise ValidationError unless it is a list of allergens, each once."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValidationError("Expected a list of allergens such as milk or peanuts.", "unfit")
    for each in value:
        if each not in ALLERGENS:
            expected = ", ".join(ALLERGENS)
            raise ValidationError(f"Expected some of {expected}, got {each[:40]!r}.", "unfit")
    if len(set(value)) != len(value):
        raise ValidationError("Expected each allergen once.", "unfit")
