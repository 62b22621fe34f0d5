"""Files as shops have them: CSV in any encoding with any separator, Excel workbooks, and lists in JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from core.catalogue.imports import encodings, headers, records, workbooks
from core.catalogue.imports.columns import COLUMNS
from core.catalogue.imports.headers import Heading
from core.catalogue.imports.refused import FileRefused

_SEPARATORS = ",;\t|"
_SAID_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.I)
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
_ERRORS = frozenset(
    {
        "#N/A",
        "#NV",
        "#REF!",
        "#BEZUG!",
        "#VALUE!",
        "#WERT!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#ERROR!",
    }
)


class SheetError(FileRefused, ValueError):
    """The file as a whole cannot be read; the text says what was expected and what came."""


class UnknownColumns(SheetError):
    """Somebody must say what these columns are."""

    def __init__(self, found: list[Heading], detail: str, code: str, **values: str | int | float) -> None:
        super().__init__(detail, code, **values)
        self.headings = found


class SheetRow(NamedTuple):
    """``line`` counts as an editor does; ``cells`` by column, or why the line is none."""

    line: int
    cells: dict[str, str]
    problem: str = ""
    code: str = "broken_line"


class Sheet(NamedTuple):
    """A file that was opened: its columns ("": left out) and its text, which ``header`` lines precede.

    ``numbered``: the first cell of a row is the number of its line. ``notes`` say how it was read,
    ``guess`` is the encoding that was guessed.
    """

    columns: tuple[str, ...]
    text: str
    delimiter: str
    header: int = 1
    numbered: bool = False
    nameless: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    guess: str = ""

    def rows(self) -> Iterator[SheetRow]:
        """Yield the lines after the header; empty ones are passed over."""
        reader = _reader(self.text, self.delimiter)
        while reader.line_num < self.header:
            next(reader)
        while True:
            # A quoted cell may hold line breaks: a row begins after the last one's end.
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield SheetRow(line, {}, f"Expected a line of CSV: {error}.", "broken_line")
                continue
            if self.numbered:
                line = int(cells.pop(0))
            if any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> SheetRow:
        wanted = len(self.columns)
        if len(cells) > wanted:
            if any(cell.strip() for cell in cells[wanted:]):
                return SheetRow(line, {}, f"Expected {wanted} cells, got {len(cells)}.", "too_many_cells")
            del cells[wanted:]
        for place, cell in enumerate(cells):
            if cell[:1] == "#" and (cell in _ERRORS or cell == workbooks.NO_RESULT):
                return SheetRow(line, {}, _no_value(place, cell), "failed_formula")
            if place in self.nameless and cell.strip():
                sentence = f"Cell {place + 1} holds {cell.strip()[:40]!r}, but its column has no name."
                return SheetRow(line, {}, sentence, "nameless_column")
        cells += [""] * (wanted - len(cells))
        named = zip(self.columns, cells, strict=True)
        return SheetRow(line, {name: cell for name, cell in named if name and cell != records.ABSENT})


def _no_value(place: int, cell: str) -> str:
    if cell == workbooks.NO_RESULT:
        return f"Cell {place + 1} is a formula without a result: save the file again in a spreadsheet."
    return f"Cell {place + 1} is a formula that failed: {cell}."


def opened(
    data: bytes,
    known: Collection[str] = COLUMNS.keys(),
    mapping: Mapping[str, str] | None = None,
    encoding: str = "",
) -> Sheet:
    """Return the sheet of a file that has a column barcode and may have the ``known``.

    ``mapping`` says which column a heading is, "" for one to leave out. Raises SheetError; UnknownColumns
    if it is somebody's to say what a column is.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(
            "Expected an Excel workbook (.xlsx) or a CSV file, got an old Excel file: save it as .xlsx.",
            "file_old_excel",
        )
    if data.startswith(b"PK"):
        return _workbook(data, known, mapping or {})
    if records.looks_like(data):
        return _records(data, known, mapping or {})
    try:
        text, guess = encodings.decoded(data, encoding)
    except encodings.NoText as error:
        raise SheetError(str(error), error.code, **error.values) from None
    if "\n" not in text:
        text = text.replace("\r", "\n")
    said = _SAID_SEPARATOR.match(text)
    begin = said.end() if said else 0
    head = text[begin:].partition("\n")[0]
    if not head.strip("\r"):
        raise SheetError(
            "Expected the names of the columns in line 1, got an empty line.", "file_no_headings"
        )
    delimiter = said[1] if said else max(_SEPARATORS, key=head.count)
    return _sheet(Sheet((), text, delimiter, 2 if said else 1, guess=guess), known, mapping or {})


def _workbook(data: bytes, known: Collection[str], mapping: Mapping[str, str]) -> Sheet:
    try:
        table = workbooks.read(data)
    except workbooks.NoWorkbook as error:
        raise SheetError(str(error), error.code, **error.values) from None
    return _sheet(Sheet((), table.text, ",", numbered=True, notes=table.notes), known, mapping)


def _records(data: bytes, known: Collection[str], mapping: Mapping[str, str]) -> Sheet:
    try:
        text = records.read(data)
    except records.NoRecords as error:
        raise SheetError(str(error), error.code, **error.values) from None
    return _sheet(Sheet((), text, ",", numbered=True), known, mapping)


def _sheet(sheet: Sheet, known: Collection[str], mapping: Mapping[str, str]) -> Sheet:
    """Return the sheet with its columns; raises SheetError."""
    reader = _reader(sheet.text, sheet.delimiter)
    try:
        if sheet.header > 1:
            next(reader)
        names: list[str] = next(reader, [])
    except csv.Error as error:
        said = f"Expected the names of the columns in line {sheet.header}: {error}."
        raise SheetError(said, "file_no_headings") from None
    if sheet.numbered:
        del names[:1]
    while names and not names[-1].strip():
        del names[-1]
    if len(names) > headers.MOST:
        said = f"Expected at most {headers.MOST} columns, got {len(names)}."
        raise SheetError(said, "file_too_wide", most=headers.MOST)
    found = headers.headings(names, known, mapping)
    _check(found, known)
    nameless = frozenset(place for place, one in enumerate(found) if not one.name)
    return sheet._replace(
        columns=tuple(one.column for one in found), header=reader.line_num, nameless=nameless
    )


def _check(found: list[Heading], known: Collection[str]) -> None:
    columns = [one.column for one in found if one.sure]
    for name in dict.fromkeys(columns):
        if name and columns.count(name) > 1:
            said = f"Line 1: expected each column once, got {name} several times."
            raise SheetError(said, "file_column_twice", name=name)
    unknown = [one for one in found if not one.sure]
    if unknown:
        names = ", ".join(repr(one.name[:40]) for one in unknown[:5])
        said = f"Line 1: expected columns of {', '.join(known)}; got {names}."
        raise UnknownColumns(found, said, "file_unknown_columns", names=names)
    if "barcode" not in columns:
        raise UnknownColumns(found, "Line 1: expected a column barcode, got none.", "file_no_barcodes")


def _reader(text: str, delimiter: str) -> Any:
    # A StringIO would hold four bytes a letter.
    lines = (found[0] for found in _LINE.finditer(text))
    return csv.reader(lines, delimiter=delimiter, strict=True)
