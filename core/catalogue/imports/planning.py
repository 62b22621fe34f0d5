"""What a products file would do: each line against what is there now. Writes nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from actors.kit.money import quantize
from core.catalogue.imports.codes import CellRefused, Codes, NormalizedCode
from core.catalogue.imports.columns import COLUMNS, NUTRITION, Setting, read
from core.catalogue.imports.sheets import Sheet, SheetRow
from core.catalogue.models import Category, Product, ProductCode
from core.catalogue.models.products import below_nothing, cheapest_variants
from core.rest.folding import folded
from core.tax.models import classes
from core.tenancy.models import Chain

_FIELDS = (
    "id", "version", "barcode", "name", "category_id", "price", "description", "is_active", "image",
    "carbon_footprint", "sustainability_score", "nutrition_facts", "dietary_tags", "allergens",
    "tax_class", "deposit", "restricted",
)  # fmt: skip


class Step(NamedTuple):
    """What one line leads to. ``values`` by column, only those that change (all of a new product)."""

    line: int
    outcome: str
    barcode: str
    name: str
    values: dict[str, Any]
    changes: list[dict[str, str]]
    problems: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    pk: uuid.UUID | None = None
    version: int = 0


class Plan:
    """Compares lines with the chain's products as they were when it was made. Blocking."""

    def __init__(self, chain: Chain, sheet: Sheet) -> None:
        slugs, categories = _categories(chain)
        self._of_variants: set[str] = set()
        self._claimed: dict[str, int] = {}
        self._slugs = {pk: slug for slug, pk in slugs.items()}
        self._sheet = sheet
        self._there: dict[str, dict[str, Any]] = {}
        rows = Product.objects.filter(chain=chain).order_by().values(*_FIELDS)
        for row in rows.iterator(chunk_size=5000):
            self._there[row["barcode"]] = row
        self._further: dict[str, tuple[uuid.UUID, str]] = {}
        self._own: dict[uuid.UUID, list[tuple[str, int]]] = {}
        further: Any = ProductCode.objects.filter(chain=chain).order_by("code")
        columns = ("code", "units", "variant_id", "product_id", "product__name")
        for code, units, variant, pk, name in further.values_list(*columns).iterator(chunk_size=5000):
            self._further[code] = (pk, name)
            if variant is None:
                self._own.setdefault(pk, []).append((code, units))
            else:
                self._of_variants.add(code)
        codes = Codes((*self._there, *self._further))
        self._setting = Setting(chain.currency, categories, codes, classes(chain.pk))
        self._cheapest = cheapest_variants(product__chain=chain)
        self._seen: dict[str, int] = {}
        self._currency = chain.currency

    def steps(self) -> Iterator[Step]:
        """Yield what each line leads to, in the file's order."""
        for row in self._sheet.rows():
            yield self._step(row)

    def _step(self, row: SheetRow) -> Step:
        given, problems, notes = self._read(row)
        barcode = given.get("barcode", row.cells.get("barcode", "").strip()[:60])
        name = row.cells.get("name", "").strip()[:160]
        if "barcode" in given:
            first = self._seen.setdefault(barcode, row.line)
            first = self._claimed.get(barcode, first)
            if first != row.line:
                sentence = f"Line {first} has the same barcode {barcode}."
                problems.append(_problem("barcode", sentence, "same_barcode", line=first))
        there = self._there.get(barcode)
        if (owner := self._further.get(barcode)) is not None:
            sentence = f"{barcode} is a further code of {owner[1]}."
            problems.append(_problem("barcode", sentence, "further_code", name=owner[1]))
        if given.get("codes"):
            problems += self._taken(row.line, given["codes"], barcode, there)
        if there is None and row.cells:
            for needed in ("name", "price"):
                if needed not in row.cells:
                    problems.append(_problem(needed, "A new product needs this column.", "needed"))
        if there is not None and "price" in given:
            too_low = below_nothing(given["price"], self._cheapest.get(there["id"]), self._currency)
            if too_low is not None:
                problems.append(_problem("price", too_low, "below_nothing"))
        step = partial(Step, line=row.line, barcode=barcode, notes=notes)
        if problems:
            return step(outcome="refused", name=name, values={}, changes=[], problems=problems)
        if there is None:
            shown = [_change(column, "", self._show(column, value)) for column, value in given.items()]
            seen = [one for one in shown if one["new"]]
            return step(outcome="created", name=name, values=given, changes=seen, problems=[])
        values, changes = {}, []
        for column, new in given.items():
            old = self._value(there, column)
            if old != new:
                values[column] = new
                changes.append(_change(column, self._show(column, old), self._show(column, new)))
        outcome = "changed" if changes else "unchanged"
        shown_name = name or there["name"]
        return step(
            outcome=outcome,
            name=shown_name,
            values=values,
            changes=changes,
            problems=[],
            pk=there["id"],
            version=there["version"],
        )

    def _taken(
        self, line: int, codes: list[tuple[str, int]], barcode: str, there: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Return which of a line's further codes stand for something else."""
        found = []
        pk = None if there is None else there["id"]
        for code, _ in codes:
            owner = self._further.get(code)
            first = self._claimed.setdefault(code, line)
            if code == barcode or code in self._there:
                name = self._there[code]["name"] if code in self._there else code
                found.append(
                    _problem("codes", f"{code} is the barcode of {name}.", "code_is_barcode", got=code)
                )
            elif owner is not None and (owner[0] != pk or code in self._of_variants):
                sentence = f"{code} is a further code of {owner[1]}."
                found.append(_problem("codes", sentence, "further_code", name=owner[1]))
            elif first != line or code in self._seen:
                other = first if first != line else self._seen[code]
                sentence = f"Line {other} has the same code {code}."
                found.append(_problem("codes", sentence, "same_barcode", line=other))
        return found

    def _read(self, row: SheetRow) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what the cells mean, what cannot be taken of them, and what was taken for something else."""
        if row.problem:
            return {}, [_problem("", row.problem, row.code)], []
        given: dict[str, Any] = {}
        problems, notes = [], []
        for name, text in row.cells.items():
            try:
                value = read(COLUMNS[name], text, self._setting)
            except CellRefused as error:
                problems.append(_problem(name, str(error), error.code, **error.values))
                continue
            if isinstance(value, NormalizedCode):
                if value.note:
                    notes.append(_problem(name, value.note, "read_as", got=text[:40], code_read=value.code))
                value = value.code
            given[name] = value
        return given, problems, notes

    def _value(self, there: dict[str, Any], column: str) -> Any:
        if column == "category":
            return there["category_id"]
        if column in NUTRITION:
            return there["nutrition_facts"].get(column)
        if column == "codes":
            return self._own.get(there["id"], [])
        return there[column]

    def _show(self, column: str, value: Any) -> str:
        if column == "category":
            return self._slugs.get(value, "")
        if column in ("price", "deposit") and isinstance(value, Decimal):
            value = quantize(value, self._currency)
        return COLUMNS[column].write(value)


def _categories(chain: Chain) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the ids of the chain's categories by slug, and by all that a cell may call one."""
    rows = list(Category.objects.filter(chain=chain).values_list("slug", "name", "pk"))
    slugs = {slug: pk for slug, _, pk in rows}
    names = Counter(folded(name) for _, name, _ in rows)
    unique = {folded(name): pk for _, name, pk in rows if names[folded(name)] == 1}
    return slugs, {**unique, **slugs}


def _problem(column: str, reason: str, code: str, **values: str | int) -> dict[str, Any]:
    return {"column": column, "reason": reason, "code": code, "values": values}


def _change(column: str, old: str, new: str) -> dict[str, str]:
    return {"column": column, "old": old, "new": new}


def put(product: Product, values: dict[str, Any]) -> None:
    """Write a step's values into the product."""
    for column, value in values.items():
        if column == "category":
            product.category_id = value
        elif column == "codes":
            pass  # rows of their own
        elif column in NUTRITION:
            facts = {name: amount for name, amount in product.nutrition_facts.items() if name != column}
            product.nutrition_facts = facts if value is None else {**facts, column: value}
        else:
            setattr(product, column, value)
