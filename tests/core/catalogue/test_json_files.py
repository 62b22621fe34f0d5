"""Products files in JSON: a list of objects, with every digit, and only what is said is changed."""

from __future__ import annotations

import json

import pytest

from core.catalogue.imports.sheets import SheetError, opened

APPLE = "4006381333931"


def cells(data: bytes) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, row.cells) for row in opened(data).rows()]


def test_a_list_and_a_list_under_products_are_the_same() -> None:
    rows = [{"barcode": APPLE, "name": "Apple"}]
    found = cells(json.dumps(rows).encode())
    assert found == [(1, {"barcode": APPLE, "name": "Apple"})]
    assert cells(b"\xef\xbb\xbf " + json.dumps({"products": rows, "page": 1}).encode()) == found


def test_values_are_read_as_a_cell_is_written() -> None:
    first = f'"barcode": {APPLE}, "price": 12.50, "is_active": false'
    text = f'[{{{first}, "image": null, "dietary_tags": ["vegan", "raw"]}}]'
    ((_, found),) = cells(text.encode())
    assert found == {
        "barcode": APPLE, "price": "12.50", "is_active": "no", "image": "", "dietary_tags": "vegan raw",
    }  # fmt: skip


def test_what_a_product_does_not_name_stays_as_it_is() -> None:
    rows = [{"barcode": "1", "price": "2"}, {"barcode": "2", "name": "Plum"}, {"name": "No code"}]
    assert cells(json.dumps(rows).encode()) == [
        (1, {"barcode": "1", "price": "2"}),
        (2, {"barcode": "2", "name": "Plum"}),
        (3, {"barcode": "", "name": "No code"}),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "cannot be read"),
        ("[NaN]", "expected a number, got NaN"),
        ("{}", "Expected a list of products"),
        ("[]", "Expected a list of products"),
        ("[1]", "Product 1: expected an object"),
        ('[{"barcode": {"ean": 1}}]', "Product 1: expected text"),
        ("[" * 100_000, "cannot be read"),
        ('[{"name": "Apple"}]', "expected a column barcode"),
        ('[{"barcode": "1", "colour": "red"}]', "colour"),
    ],
)
def test_what_is_no_list_of_products_is_named(text: str, told: str) -> None:
    with pytest.raises(SheetError, match=told.replace("[", r"\[")):
        opened(text.encode())
