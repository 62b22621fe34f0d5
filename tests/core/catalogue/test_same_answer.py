"""Generated: whatever is written, every door to it gives the same answer, and keeps the same value."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from core.accounts.models import User
from core.catalogue.models import Product
from core.tax.models import TaxRate
from tests.core.catalogue.test_catalogue_import import Imports, imports
from tests.core.catalogue.test_every_door import product_form
from tests.core.support import Api, World

__all__ = ["imports"]

AMOUNTS = [
    "-0.01", "-1", "12.505", "0.001", "99999999999", "1e3", "1E-2", "NaN", "-Infinity", "Infinity", "0x10",
    "1_000", "٣", "१२", "--1", "1.2.3", "twelve", "1/2", "0.10", "7", "9999999999.99",
]  # fmt: skip
LINES = [
    "Plum", "Crème brûlée", "עגבנייה", "a\tb", "a\nb", "a\u202eb", "a\u0000b", "a\u200bb", "a\u2028b",
    "\u0301", "x" * 300, "A" * 200, "Cafe\u0301", "\ufeff", "\u2066a", "a\u0007b", "1", "-", "&lt;", "<b>",
]  # fmt: skip
CLASSES = ["standard", "luxury", "Standard", "st andard", "x" * 60, "<b>", "-"]
FIELDS: dict[str, list[str]] = {"price": AMOUNTS, "deposit": AMOUNTS, "name": LINES, "tax_class": CLASSES}


class Doors:
    """The ways in which a product is changed; each says whether it took the value."""

    def __init__(self, world: World, manager: User, staff: Client, jobs: Imports) -> None:
        self._world, self._api, self._staff, self._jobs = world, Api(manager), staff, jobs

    def through(self, door: str, field: str, value: str) -> bool:
        """Put the value there."""
        ways: dict[str, Callable[[str, str], bool]] = {
            "PATCH": self._patch, "form": self._form, "csv": self._csv, "xlsx": self._xlsx,
        }  # fmt: skip
        return ways[door](field, value)

    def _patch(self, field: str, value: str) -> bool:
        answer = self._api.change("PATCH", f"/api/products/{self._world.product.pk}", {field: value})
        assert answer.status_code in (200, 400), (answer.status_code, answer.content)
        return answer.status_code == 200

    def _form(self, field: str, value: str) -> bool:
        path = reverse("admin:catalogue_product_change", args=[self._world.product.pk])
        answer = self._staff.post(path, product_form(self._world, **{field: value}))
        assert answer.status_code == 302 or answer.context["adminform"].form.errors.keys() == {field}
        return answer.status_code == 302

    def _rows(self, field: str, value: str) -> list[list[str]]:
        return [["barcode", field], [self._world.product.barcode, value]]

    def _csv(self, field: str, value: str) -> bool:
        sheet = io.StringIO()
        csv.writer(sheet).writerows(self._rows(field, value))
        return self._sent(sheet.getvalue().encode())

    def _xlsx(self, field: str, value: str) -> bool:
        book = Workbook()
        for row in self._rows(field, value):
            book.active.append(row)  # type: ignore[union-attr]
        kept = io.BytesIO()
        book.save(kept)
        return self._sent(kept.getvalue())

    def _sent(self, data: bytes) -> bool:
        job = self._jobs.write(data, on_error="skip")
        assert job["status"] in ("done", "applied", "failed", "finished"), job
        return job["refused"] == 0 and not job.get("problems")

    def kept(self, field: str) -> Any:
        """What the product has now."""
        return getattr(Product.objects.get(pk=self._world.product.pk), field)


@pytest.fixture
def doors(people: dict[str, User], world: World, client: Client, imports: Imports) -> Doors:
    TaxRate.objects.create(chain=world.chain, tax_class="standard", name="VAT", percent=Decimal(18))
    client.force_login(people["platform"])
    return Doors(world, people["manager"], client, imports)


NOT_IN_A_WORKBOOK = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]")
"""XML has no way to write these, so no workbook holds them."""


@pytest.mark.parametrize("field", list(FIELDS))
def test_goods_get_one_answer_from_every_door(doors: Doors, world: World, field: str) -> None:
    before = {name: getattr(world.product, name) for name in FIELDS}
    differ = {}
    for value in FIELDS[field]:
        said = {}
        for door in ("PATCH", "form", "csv", "xlsx"):
            if door == "xlsx" and NOT_IN_A_WORKBOOK.search(value):
                continue
            Product.objects.filter(pk=world.product.pk).update(**before)
            said[door] = doors.kept(field) if doors.through(door, field, value) else "refused"
        if len({str(each) for each in said.values()}) > 1:
            differ[value] = said
    assert differ == {}


PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
"""What JSON writes as a number; only money may come as a text, too."""
RATES: dict[str, list[str]] = {"percent": [*AMOUNTS, "100.0001", "101"], "name": LINES, "tax_class": CLASSES}


@pytest.mark.parametrize("field", list(RATES))
def test_tax_rates_get_one_answer_from_both_doors(
    field: str, people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    api = Api(people["manager"])
    differ = {}
    for value in RATES[field]:
        said = {}
        for door in ("POST", "form"):
            TaxRate.objects.all().delete()
            body: dict[str, Any] = {"tax_class": "reduced", "name": "VAT", "percent": "7", field: value}
            if door == "POST":
                if PLAIN.fullmatch(body["percent"]):
                    body["percent"] = json.loads(body["percent"])
                answer = api.post("/api/tax-rates", body)
                assert answer.status_code in (201, 400), answer.content
            else:
                form = {"chain": world.chain.pk, **body}
                assert client.post(reverse("admin:tax_taxrate_add"), form).status_code in (200, 302)
            kept = TaxRate.objects.first()
            said[door] = "refused" if kept is None else str(getattr(kept, field))
        if len(set(said.values())) > 1:
            differ[value] = said
    assert differ == {}
