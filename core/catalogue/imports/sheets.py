"""CSV files as shops have them: UTF-8 with or without a mark, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from typing import NamedTuple

from core.catalogue.imports.columns import COLUMNS

_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK": "an Excel workbook",
    b"\xd0\xcf": "an Excel file",
}


class SheetError(ValueError):
    """The file as a whole cannot be read; the text says what was expected and what came."""


class SheetRow(NamedTuple):
    """``line`` counts as an editor does; ``cells`` by column, or why the line is none."""

    line: int
    cells: dict[str, str]
    problem: str = ""


class Sheet(NamedTuple):
    """A file that was opened: its columns and its text."""

    columns: tuple[str, ...]
    text: str
    delimiter: str

    def rows(self) -> Iterator[SheetRow]:
        """Yield the lines after the header; empty ones are passed over."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter, strict=True)
        next(reader)
        while True:
            # A quoted cell may hold line breaks: a row begins after the last one's end.
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield SheetRow(line, {}, f"Expected a line of CSV: {error}.")
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(self.columns) and any(cell.strip() for cell in cells[len(self.columns) :]):
                yield SheetRow(line, {}, f"Expected {len(self.columns)} cells, got {len(cells)}.")
                continue
            cells += [""] * (len(self.columns) - len(cells))
            yield SheetRow(line, dict(zip(self.columns, cells, strict=False)))


def opened(data: bytes, known: Collection[str] = COLUMNS.keys()) -> Sheet:
    """Return the sheet of a file that has a column barcode and may have the ``known``; raises SheetError."""
    for mark, what in _MARKS.items():
        if data.startswith(mark):
            raise SheetError(f"Expected a CSV file in UTF-8, got {what}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SheetError(
            f"Expected UTF-8, got the byte 0x{data[error.start]:02x} in line {line}. Save the file as UTF-8."
        ) from None
    head = text.lstrip("\r\n").partition("\n")[0]
    if len(text) != len(text.lstrip("\r\n")):
        raise SheetError("Expected the names of the columns in line 1, got an empty line.")
    delimiter = max(",;\t", key=head.count)
    try:
        names = next(csv.reader([head], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise SheetError(f"Expected the names of the columns in line 1: {error}.") from None
    columns = tuple(name.strip().lower() for name in names)
    _check(columns, known)
    return Sheet(columns, text, delimiter)


def _check(columns: tuple[str, ...], known: Collection[str]) -> None:
    for name in columns:
        if name not in known:
            raise SheetError(f"Line 1: expected columns of {', '.join(known)}; got {name[:40]!r}.")
        if columns.count(name) > 1:
            raise SheetError(f"Line 1: expected each column once, got {name} several times.")
    if "barcode" not in columns:
        raise SheetError("Line 1: expected a column barcode, got none.")
