"""Two hundred sheets as shops send them: what programs do to codes, in every dialect and encoding.

Each cell of a code says what must come of it: a product that is there, one that is new, or a refusal.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from openpyxl import Workbook

KNOWN = {
    "0012345678905": "Beans", "4006381333931": "Pen", "96385074": "Gum", "0036000291452": "Tissues",
    "0017": "Buns", "AB-12": "Cheese", "00012348": "Roll",
}  # fmt: skip
NEW = ("5901234123457", "0042100005264", "9780201379624", "50184385")
NAMES = {
    "utf-8": "Crème brûlée", "utf-8-sig": "תפוח", "utf-16": "Żurek", "utf-16-le": "Apple pie",
    "utf-16-be": "Apple pie", "cp1252": "Käsespätzle mit Röstzwiebeln",
    "cp1251": "Молоко цельное пастеризованное",
    "cp1255": "גבינה צהובה פרוסה דקה של המחלבה הגדולה",
}  # fmt: skip


class Cell(NamedTuple):
    """``code``: what it must be taken for; None: it must be refused. ``noted``: that must be said."""

    text: Any
    code: str | None
    noted: bool = False


Program = Callable[[str], Cell]


def as_text(code: str) -> Cell:
    return Cell(code, code)


def excel_opened_and_saved(code: str) -> Cell:
    """A number of up to 11 digits loses its zeros; from 12 on it is written with an exponent."""
    if not code.isdigit():
        return Cell(code, code)
    number = code.lstrip("0")
    if len(number) >= 12:
        return Cell(f"{int(number):.5E}", None)
    return Cell(number, code, number != code)


def excel_column_of_numbers(code: str) -> Cell:
    return Cell(code.lstrip("0") if code.isdigit() else code, code, code.isdigit() and _far(code))


def libreoffice_german_exponent(code: str) -> Cell:
    cell = excel_opened_and_saved(code)
    return cell._replace(text=cell.text.replace(".", ",")) if cell.code is None else cell


def excel_wrapped(code: str) -> Cell:
    return Cell(f'="{code}"', code)


def apostrophe(code: str) -> Cell:
    return Cell(f"'{code}", code)


def pandas_floats(code: str) -> Cell:
    return Cell(f"{int(code)}.0", code, True) if code.isdigit() else Cell(code, code)


def sheets_grouped(code: str) -> Cell:
    if not code.isdigit() or len(code.lstrip("0")) < 9:
        return Cell(code, code)
    return Cell(f"{int(code):,}", code, True)


def typed_with_hyphens(code: str) -> Cell:
    if not code.isdigit() or len(code) < 8:
        return Cell(code, code)
    return Cell(f" {code[:1]}-{code[1:5]} {code[5:]} ", code, True)


def _far(code: str) -> bool:
    # A UPC-A is an EAN-13 without its zero: nothing to say.
    return code.startswith("0") and not (len(code) == 13 and code[1] != "0")


PROGRAMS: tuple[Program, ...] = (
    as_text, excel_opened_and_saved, excel_column_of_numbers, libreoffice_german_exponent, excel_wrapped,
    apostrophe, pandas_floats, sheets_grouped, typed_with_hyphens,
)  # fmt: skip


class Made(NamedTuple):
    """A file, and the cells of its lines from line ``first`` on."""

    name: str
    data: bytes
    cells: list[Cell]
    first: int


def sheets(count: int = 200, seed: int = 9) -> Iterator[Made]:
    """Yield so many files."""
    dice = random.Random(seed)
    csvs = itertools.cycle(itertools.product(NAMES, ",;\t|", ("\n", "\r\n"), (False, True)))
    for number, program in zip(range(count), itertools.cycle(PROGRAMS), strict=False):
        codes = [*KNOWN, *NEW]
        dice.shuffle(codes)
        cells = [program(code) for code in codes]
        if number % 4 == 0:
            yield _workbook(f"{number} {program.__name__}.xlsx", cells, numbers=number % 8 == 0)
        else:
            yield _csv(f"{number} {program.__name__}", cells, *next(csvs))


def _csv(name: str, cells: list[Cell], encoding: str, separator: str, ending: str, said: bool) -> Made:
    out = io.StringIO(newline="")
    if said:
        out.write(f"sep={separator}{ending}")
    trailing = ["", ""] if said else []
    writer = csv.writer(out, delimiter=separator, lineterminator=ending)
    writer.writerow(["Barcode", "Name", "Price", *trailing])
    for cell in cells:
        writer.writerow([cell.text, NAMES[encoding], "1.50", *trailing])
    head = f"{name} {encoding} {separator!r} {ending!r} {said}"
    return Made(head, out.getvalue().encode(encoding), cells, 3 if said else 2)


def _workbook(name: str, cells: list[Cell], numbers: bool) -> Made:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Barcode", None, "Name", "Price"])
    sheet.append([])
    written = []
    for cell in cells:
        text, there = cell.text, cell
        if numbers and cell.code is not None and isinstance(text, str) and text.isdigit() and text[0] != "0":
            text = int(text)
        sheet.append([None, None, "Crème", 1.5])
        # Text that begins with '=' would be a formula, which is another matter.
        place = sheet.cell(sheet.max_row, 1)
        place.value = text
        place.data_type = "n" if isinstance(text, int) else "s"
        written.append(there)
    book.create_sheet("Notes").append([datetime.date(2026, 1, 1)])
    out = io.BytesIO()
    book.save(out)
    return Made(name, out.getvalue(), written, 3)
