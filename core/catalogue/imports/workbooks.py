"""Excel workbooks (.xlsx) as text: each row once, with its number, in the form that CSV has."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from core.catalogue.imports.refused import FileRefused

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_MOST_BYTES = 768 * 1024 * 1024
_MOST_SHARED = 96 * 1024 * 1024
"""Texts that cells share are kept in memory while the sheet is read."""
_MOST_WHOLE = 10**21
_CHUNK = 1 << 20
_FORMULA = re.compile(rb"<(?:[A-Za-z0-9]+:)?f[ >/]")
_ZEROS = re.compile(r"0+")


class NoWorkbook(FileRefused, ValueError):
    """The bytes are no workbook that can be read; the message says what was expected."""


class _Lines(NamedTuple):
    """What a writer of CSV takes for a file."""

    write: Callable[[str], Any]


class Table(NamedTuple):
    """``text``: CSV whose first cell is the row's number; ``notes``: what was left alone."""

    text: str
    notes: tuple[str, ...]


def read(data: bytes) -> Table:
    """Return the first visible sheet that holds something; raises NoWorkbook. Blocking."""
    # Slow to import, and most processes read no workbook.
    from openpyxl import load_workbook

    has_formulas = _looked_at(data)
    try:
        books = [load_workbook(io.BytesIO(data), read_only=True, data_only=True)]
        if has_formulas:
            books.append(load_workbook(io.BytesIO(data), read_only=True))
        return _read(books)
    except NoWorkbook:
        raise
    except Exception as error:  # noqa: BLE001 - what a broken file makes a reader raise is not listed anywhere
        raise NoWorkbook(
            f"Expected an Excel workbook, got one that cannot be read ({error}).", "file_no_workbook"
        ) from None


def _looked_at(data: bytes) -> bool:
    """Return whether any sheet has formulas; refuses what would not fit into memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
            if "xl/workbook.xml" not in parts and not any(name.startswith("xl/") for name in parts):
                what = "an OpenDocument sheet" if "content.xml" in parts else "another archive"
                said = f"Expected an Excel workbook (.xlsx) or a CSV file, got {what}."
                raise NoWorkbook(said, "file_no_workbook")
            if sum(parts.values()) > _MOST_BYTES or parts.get("xl/sharedStrings.xml", 0) > _MOST_SHARED:
                raise NoWorkbook(
                    "Expected a smaller workbook: unpacked, this one is too large.", "file_workbook_large"
                )
            sheets = [name for name in parts if name.startswith("xl/worksheets/") and name.endswith(".xml")]
            return any(_has_formula(archive, name) for name in sheets)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise NoWorkbook("Expected an Excel workbook, got a broken archive.", "file_no_workbook") from None


def _has_formula(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as part:
        tail = b""
        while chunk := part.read(_CHUNK):
            if _FORMULA.search(tail + chunk):
                return True
            tail = chunk[-40:]
    return False


def _read(books: list[Any]) -> Table:
    all_of_them = books[0].worksheets
    for sheet in [one for one in all_of_them if one.sheet_state == "visible"] or all_of_them:
        text = _sheet(sheet, books[1][sheet.title] if len(books) > 1 else None)
        if text:
            others = ", ".join(one.title for one in all_of_them if one is not sheet)
            return Table(text, (f"Read is the sheet {sheet.title}, not {others}."[:300],) if others else ())
    raise NoWorkbook(
        "Expected a sheet with the names of the columns, got an empty workbook.", "file_no_headings"
    )


def _sheet(sheet: ReadOnlyWorksheet, formulas: ReadOnlyWorksheet | None) -> str:
    """Return the rows that hold something; "" if none does."""
    lines: list[str] = []
    writer = csv.writer(_Lines(lines.append))
    made = repeat(()) if formulas is None else _rows(formulas)
    for number, (cells, formula) in enumerate(zip(_rows(sheet), made, strict=False), 1):
        texts = [_text(cell) for cell in cells]
        for place, cell in enumerate(formula):
            if cell.data_type == "f" and not texts[place]:
                texts[place] = NO_RESULT
        if any(texts):
            writer.writerow([number, *texts])
    return "".join(lines)


NO_RESULT = "#RESULT?"
"""A formula that no spreadsheet has computed."""


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[Sequence[Any]]:
    # What programs write of a sheet's size is often wrong.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.15g}"
    if isinstance(value, int | float):
        text = f"{value:.0f}" if abs(value) < _MOST_WHOLE else f"{value:.15g}"
        # A format of zeros alone is how people show the zeros of a code.
        return text.zfill(len(cell.number_format)) if _ZEROS.fullmatch(cell.number_format) else text
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)
