"""Imports of stock from a CSV file: what each line would do, and doing it through the branch's stock actor.

Columns: ``barcode``; ``variant`` (its name) where the product has some; ``counted`` (how many there are)
or ``received`` (how many came); ``low_at`` (from so few on it is low). Empty cells change nothing.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q
from django.utils import timezone

from actors.messages.stock import AdjustStock, Quantity, ReceiveStock
from core import actor_port
from core.accounts.principals import Principal
from core.catalogue.imports.codes import CellRefused, Codes
from core.catalogue.imports.sheets import SheetError, SheetRow, opened
from core.catalogue.models import Product, Variant
from core.inventory.models import StockImport, StockLevel
from core.problems import Problem
from core.tenancy.models import Branch

COLUMNS = ("barcode", "variant", "counted", "received", "low_at")
MOST_LINES = 20_000
MOST_UNITS = 1_000_000_000
MOST_RECEIVED = 1_000_000
"""As many units as a delivery has of one product, whoever writes it down."""
_AT_ONCE = 16
"""Asks under way: enough that they share their commits."""

Outcome = Literal["refused", "changed", "unchanged", "applied"]


@dataclass(frozen=True)
class CountedLine:
    """What one line of the file changes; ``None``: it leaves that alone.

    ``on_hand``: how many there are before; None where the line names no product of the chain.
    """

    line: int
    outcome: Outcome
    barcode: str = ""
    name: str = ""
    sku: str = ""
    on_hand: int | None = None
    counted: int | None = None
    received: int | None = None
    low_at: int | None = None
    problem: str = ""


class _Refused(ValueError):
    """A line that cannot be taken; the text is a sentence."""


# --- the dry run -----------------------------------------------------------------------


def check(branch: Branch, data: bytes) -> list[CountedLine]:
    """Return what the file would do in that branch. Writes nothing; raises SheetError. Blocking."""
    sheet = opened(data, COLUMNS)
    if not {"counted", "received", "low_at"} & set(sheet.columns):
        raise SheetError(
            "Line 1: expected a column counted, received or low_at, got none.", "file_no_headings"
        )
    rows = list(sheet.rows())
    if len(rows) > MOST_LINES:
        raise SheetError(f"Expected at most {MOST_LINES} lines, got {len(rows)}.")
    return list(_Check(branch, rows).lines())


class _Check:
    def __init__(self, branch: Branch, rows: list[SheetRow]) -> None:
        self._rows = rows
        chain = Q(product__chain=branch.chain_id)
        self._products = {
            row.barcode: row for row in Product.objects.filter(chain=branch.chain_id).only("barcode", "name")
        }
        self._variants: dict[uuid.UUID, list[Variant]] = {}
        for variant in Variant.objects.filter(chain):
            self._variants.setdefault(variant.product_id, []).append(variant)
        self._codes = Codes(self._products)
        self._levels = {row.sku: row for row in StockLevel.objects.filter(branch_code=branch.code)}
        self._seen: dict[str, int] = {}

    def lines(self) -> Iterator[CountedLine]:
        for row in self._rows:
            line = CountedLine(row.line, "refused", row.cells.get("barcode", "").strip()[:60])
            try:
                line = self._named(row)
                yield self._judged(row, line)
            except _Refused as error:
                yield dataclasses.replace(line, problem=str(error))

    def _named(self, row: SheetRow) -> CountedLine:
        """Return the line with what it is about; refused so far."""
        if row.problem:
            raise _Refused(row.problem)
        product = self._product(row.cells["barcode"].strip())
        sku, name = self._sku(product, row.cells.get("variant", "").strip())
        level = self._levels.get(sku)
        on_hand = level.on_hand if level else 0
        return CountedLine(row.line, "refused", product.barcode, name, sku, on_hand)

    def _judged(self, row: SheetRow, line: CountedLine) -> CountedLine:
        first = self._seen.setdefault(line.sku, row.line)
        if first != row.line:
            raise _Refused(f"Line {first} is about the same product.")
        counted, low_at = (_number(row.cells, each, MOST_UNITS) for each in ("counted", "low_at"))
        received = _number(row.cells, "received", MOST_RECEIVED)
        if counted is not None and received is not None:
            raise _Refused("Expected either counted or received, got both.")
        level = self._levels.get(line.sku)
        on_hand, reserved, low = (level.on_hand, level.reserved, level.low_at) if level else (0, 0, 0)
        if counted is not None and counted < reserved:
            raise _Refused(f"{reserved} units are reserved for shoppers at the checkout.")
        if on_hand + (received or 0) > MOST_UNITS:
            raise _Refused(f"Expected at most {MOST_UNITS} units in all.")
        same = counted in (None, on_hand) and not received and low_at in (None, low)
        outcome: Outcome = "unchanged" if same else "changed"
        return dataclasses.replace(line, outcome=outcome, counted=counted, received=received, low_at=low_at)

    def _product(self, code: str) -> Product:
        try:
            found = self._products.get(self._codes.read(code).code)
        except CellRefused as error:
            raise _Refused(str(error)) from None
        if found is None:
            raise _Refused("The chain has no product with this barcode.")
        return found

    def _sku(self, product: Product, wanted: str) -> tuple[str, str]:
        if not wanted:
            return str(product.pk), product.name
        for variant in self._variants.get(product.pk, ()):
            if variant.name.casefold() == wanted.casefold():
                return f"{product.pk}/{variant.pk}", f"{product.name} {variant.name}"
        raise _Refused(f"The product has no variant {wanted[:80]!r}.")


def _number(cells: Mapping[str, str], column: str, most: int) -> int | None:
    text = cells.get(column, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > most or len(text) > 12:
        raise _Refused(f"{column}: expected a whole number from 0 to {most}, got {text[:20]!r}.")
    return int(text)


# --- doing it ---------------------------------------------------------------------------------


def apply(job: StockImport, who: Principal) -> None:
    """Do what the dry run showed, as far as it can be done by now. Nothing is ever done twice. Blocking."""
    job.status = StockImport.Status.BEGUN
    job.save(update_fields=["status"])
    lines = [CountedLine(**each) for each in job.lines]

    def one(line: CountedLine) -> CountedLine:
        return _apply(job, line, who) if line.outcome == "changed" else line

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="stock-import") as pool:
        lines = list(pool.map(one, lines))
    job.lines = [dataclasses.asdict(line) for line in lines]
    if not any(line.outcome == "changed" for line in lines):
        job.status, job.applied_at = StockImport.Status.APPLIED, timezone.now()
    job.save(update_fields=["status", "applied_at", "lines"])


def _apply(job: StockImport, line: CountedLine, who: Principal) -> CountedLine:
    note = f"import {job.name}"[:200]
    commands: list[Any] = []
    if line.received:
        commands.append(ReceiveStock((Quantity(line.sku, line.received),), note))
    if line.counted is not None or line.low_at is not None:
        commands.append(AdjustStock(sku=line.sku, reason=note, counted=line.counted, low_at=line.low_at))
    try:
        for place, command in enumerate(commands):
            actor_port.ask("stock", job.branch.code, command, who, f"{job.pk}-{line.line}-{place}")
    except Problem as problem:
        if problem.status_code >= 500:
            return line  # nobody knows; the next try does, by its command id
        return dataclasses.replace(line, outcome="refused", problem=str(problem.detail))
    return dataclasses.replace(line, outcome="applied")
