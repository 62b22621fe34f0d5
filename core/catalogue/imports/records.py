"""JSON as suppliers' systems write it: a list of products, each an object of columns."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from core.catalogue.imports.refused import FileRefused

ABSENT = "\0absent"
"""The cell of a column that a product does not name: it stays as it is."""
_LIST = "products"
_KEY = "barcode"


class NoRecords(FileRefused, ValueError):
    """The bytes are no list of products; the message says what was expected."""


def looks_like(data: bytes) -> bool:
    """Return whether this is meant as JSON."""
    return data[:100].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


def read(data: bytes) -> str:
    """Return ``[{column: value, …}, …]``, or that under ``products``, as CSV; raises NoRecords.

    The first cell of a row is the product's place in the list, from 1. Numbers keep their digits.
    """
    products = _products(data)
    columns = list(dict.fromkeys(name for one in products for name in one))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *columns])
    for place, one in enumerate(products, 1):
        # Without its code a product is nobody's, and the empty cell is refused as in any file.
        missing = {name: "" if name == _KEY else ABSENT for name in columns}
        writer.writerow(
            [place, *(_cell(one[name], place) if name in one else missing[name] for name in columns)]
        )
    return out.getvalue()


def _products(data: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise NoRecords(
            f"Expected JSON in UTF-8, got what cannot be read ({error}).", "file_no_json"
        ) from None
    if isinstance(found, dict):
        found = found.get(_LIST)
    if not isinstance(found, list) or not found:
        raise NoRecords(f"Expected a list of products, or an object with one as {_LIST}.", "file_no_list")
    for place, one in enumerate(found, 1):
        if not isinstance(one, dict):
            said = f"Product {place}: expected an object of columns, got {json.dumps(one)[:40]}."
            raise NoRecords(said, "file_bad_product", place=place)
    return found


def _refused(word: str) -> Any:
    raise ValueError(f"expected a number, got {word}")


def _cell(value: Any, place: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    raise NoRecords(
        f"Product {place}: expected text, a number, true, false or a list of words, got an object.",
        "file_bad_product",
        place=place,
    )
