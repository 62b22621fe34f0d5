"""The first line of a file: which of our columns each of its columns is."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

MOST = 200
LONGEST = 80
_OTHER_NAMES = {
    "barcode": "ean ean13 ean_13 ean_code gtin gtin13 gtin_13 upc upc_a bar_code code sku plu ברקוד"
    " article_number artikelnummer codigo_de_barras code_barres strichcode штрихкод",
    "name": "product product_name title item item_name article bezeichnung artikel nombre nom libelle"
    " שם שם_מוצר название",
    "category": "category_slug group department kategorie categoria categorie warengruppe קטגוריה",
    "price": "unit_price sale_price selling_price retail_price mrp rate preis verkaufspreis precio prix"
    " prezzo vk מחיר цена",
    "description": "details text long_text beschreibung descripcion תיאור описание",
    "is_active": "active enabled on_sale aktiv activo actif פעיל",
    "image": "image_url picture photo img bild imagen תמונה",
    "carbon_footprint": "co2 carbon co2e",
    "codes": "further_codes other_codes other_barcodes additional_barcodes gtins eans case_gtin",
    "counted": "count stock on_hand quantity qty inventory bestand anzahl",
    "received": "delivered delivery",
    "low_at": "minimum min_stock reorder_point",
    "variant": "variant_name size colour color",
}  # fmt: skip
_SUGGESTED = {other: name for name, others in _OTHER_NAMES.items() for other in others.split()}


WHY = "refused_because"
"""Heading of the reasons in a file of refused lines: mended and sent again, they are left out."""


class Heading(NamedTuple):
    """A column of a file: what stands above it, and which of ours it is or may be ("": none)."""

    name: str
    column: str
    sure: bool


def normal(name: str) -> str:
    """Return the name as it is compared: lower case, with an underscore for what lies between words."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def headings(names: Sequence[str], known: Collection[str], mapping: Mapping[str, str]) -> list[Heading]:
    """Return which column each name is: one of the known, as ``mapping`` says, or as may be guessed."""
    said = {name.strip(): column for name, column in mapping.items()}
    found: list[Heading] = []
    taken = {said.get(name.strip(), normal(name)) for name in names}
    for name in (each.strip() for each in names):
        if name in said:
            found.append(Heading(name, said[name], True))
        elif normal(name) == WHY:
            found.append(Heading(name, "", True))
        elif not name or normal(name) in known:
            found.append(Heading(name, normal(name), True))
        else:
            guess = _SUGGESTED.get(normal(name), "")
            usable = guess in known and guess not in taken
            taken.add(guess)
            found.append(Heading(name, guess if usable else "", False))
    return found
