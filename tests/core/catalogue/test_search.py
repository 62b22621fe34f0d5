from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import pytest

from core.accounts.models import User
from core.catalogue.models import Product, Variant
from tests.core.support import Api, World


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Crème brûlée", "CREME brulee"),
        ("Creme", "crème"),
        ("Żurek", "zurek"),
        ("Άλφα", "ΑΛΦΑ"),
        ("МОЛОКО Йод", "молоко йод"),
        ("שָׁלוֹם", "שלום"),
        ("مُدَرِّس", "مدرس"),
        ("İSTANBUL", "istanbul"),
        ("50% off", "50%"),
    ],
)
def test_a_search_looks_at_neither_case_nor_accents(
    name: str, query: str, people: dict[str, User], world: World
) -> None:
    row = Product.objects.create(chain=world.chain, barcode="77", name=name, price=Decimal(1))
    Variant.objects.create(product=row, name="Größe")
    api = Api(people["manager"])

    def found(kind: str, text: str) -> list[str]:
        return [each["name"] for each in api.get(f"/api/{kind}?search={quote(text)}").json()["results"]]

    for asked in (query, query.upper(), query.lower()):
        assert found("products", asked) == [name], asked
        assert found("variants", f"{asked} GRÖẞE") == ["Größe"]
    assert found("products", f"{query}x") == []
