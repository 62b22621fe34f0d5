"""Names are one line of visible text, in one form, through every door."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.models import User
from core.catalogue.models import Product
from core.wire.lines import NotOneLine, one_line
from tests.core.catalogue.test_catalogue_import import Imports, imports
from tests.core.support import Api, World

__all__ = ["imports"]

BAD = [
    "Red\napple",
    "Red\tapple",
    "Red\x07apple",
    "Red \u202eelppa",
    "Red\u2028apple",
    "Red\u2066apple",
    "\x1b[31mRed",
]
SAME = ["Cafe\u0301", "Caf\u00e9", " Caf\u00e9 ", "Caf\u00e9\u200b", "\ufeffCaf\u00e9", "Caf\u00e9\u200f"]


@pytest.mark.parametrize("text", BAD)
def test_what_turns_or_breaks_a_line_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(NotOneLine, match=r"Expected one line of visible text, got .* as character"):
        one_line(text)


@pytest.mark.parametrize("text", ["नमस्ते", "שלום", "👩\u200d🌾", "می\u200cخواهم", "Ünïcødé", "5 > 3 & 2"])
def test_what_is_written_in_any_language_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


def test_blanks_are_blanks() -> None:
    assert one_line("Red\u00a0\u3000 apple") == "Red apple"


@pytest.mark.parametrize("door", ["POST", "form", "import"])
@pytest.mark.parametrize("name", [*BAD[:5], *SAME])
def test_every_door_keeps_the_same_line(
    door: str, name: str, people: dict[str, User], world: World, client: Client, imports: Imports
) -> None:
    bad = name in BAD
    if door == "POST":
        body = {"barcode": "5901234123457", "name": name, "price": 5}
        answer = Api(people["manager"]).post("/api/products", body)
        assert answer.status_code == (400 if bad else 201)
        said = str(answer.json().get("errors", ""))
    elif door == "form":
        client.force_login(people["platform"])
        form: dict[str, Any] = {
            "chain": world.chain.pk, "barcode": "5901234123457", "name": name, "price": "5",
            "is_active": "on", "nutrition_facts": "{}", "dietary_tags": "[]", "allergens": "[]",
            "variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0,
            "codes-TOTAL_FORMS": 0, "codes-INITIAL_FORMS": 0,
        }  # fmt: skip
        answer = client.post(reverse("admin:catalogue_product_add"), form)
        said = str(answer.context["adminform"].form.errors) if bad else ""
    else:
        sheet = f'barcode,name,price\r\n5901234123457,"{name}",5\r\n'
        job = imports.write(sheet)
        said = str(imports.lines(job)[0]["problems"]) if bad else ""
    kept = list(Product.objects.filter(barcode="5901234123457").values_list("name", flat=True))
    assert kept == ([] if bad else ["Café"])
    assert ("visible text" in said) == bad
