from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.models import User
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Product, ProductCode, Variant
from tests.core.catalogue.test_catalogue_import import Imports, imports
from tests.core.catalogue.test_every_door import form_of, product_form
from tests.core.support import Api, World

__all__ = ["imports"]

CASE = "10012345678902"
OTHER = "5901234123457"


@pytest.fixture
def api(people: dict[str, User]) -> Api:
    return Api(people["manager"])


def path(world: World) -> str:
    return f"/api/products/{world.product.pk}"


def test_a_product_has_further_codes_and_a_cases_stands_for_twelve(api: Api, world: World) -> None:
    codes = [{"code": "036000291452"}, {"code": CASE, "units": 12}]
    answer = api.change("PATCH", path(world), {"codes": codes})
    kept = [{"code": "0036000291452", "units": 1}, {"code": CASE, "units": 12}]
    assert answer.json()["codes"] == kept, answer.content
    shelf = Catalogue("own-chain")
    shelf.reload()
    for scanned, units in (("036000291452", 1), (CASE, 12), (f"]C101{CASE}10LOT", 12)):
        product, _, which = shelf.scan(scanned)
        assert product is not None
        assert which is not None
        assert (product.product_id, which.units, which.variant_id) == (str(world.product.pk), units, None)
    assert api.change("PATCH", path(world), {"name": "Apple"}).json()["codes"] == kept
    assert "Expected a code" in str(api.change("PATCH", path(world), {"codes": [{"units": 3}]}).json())
    assert api.change("PATCH", path(world), {"codes": kept[:1]}).json()["codes"] == kept[:1]
    shelf.reload()
    assert shelf.scan(CASE)[0] is None


def test_a_variant_has_codes_of_its_own(api: Api, world: World) -> None:
    body = {"product": str(world.product.pk), "name": "Big", "codes": [{"code": OTHER}]}
    variant = api.post("/api/variants", body).json()
    assert variant["codes"] == [{"code": OTHER, "units": 1}]
    shown = api.get(path(world)).json()
    assert (shown["codes"], shown["variants"][0]["codes"]) == ([], [{"code": OTHER, "units": 1}])
    shelf = Catalogue("own-chain")
    shelf.reload()
    which = shelf.scan(OTHER)[2]
    assert which is not None
    assert which.variant_id == variant["id"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("123456789", "is the barcode of Old apple"),
        ("4006381333931", "is the barcode of Red apple"),
        (OTHER, "is a code of Old apple already"),
        ("4006381333932", "check digit"),
    ],
)
@pytest.mark.parametrize("door", ["PATCH", "variant", "form"])
def test_no_code_stands_for_two_things(
    door: str, code: str, said: str, api: Api, world: World, client: Client, people: dict[str, User]
) -> None:
    ProductCode.objects.create(product=world.inactive, code=OTHER)
    variant = Variant.objects.create(product=world.product, name="Big")
    body = {"codes": [{"code": code}]}
    match door:
        case "PATCH":
            text = str(api.change("PATCH", path(world), body).json()["errors"])
        case "variant":
            text = str(api.change("PATCH", f"/api/variants/{variant.pk}", body).json()["errors"])
        case _:
            client.force_login(people["platform"])
            fields = {"codes-TOTAL_FORMS": 1, "codes-0-code": code, "codes-0-units": 1}
            text = client.post(form_of(world.product), product_form(world, **fields)).content.decode()
    assert said in text
    assert ProductCode.objects.count() == 1


def test_a_further_code_is_nobodys_barcode(api: Api, world: World, imports: Imports) -> None:
    ProductCode.objects.create(product=world.product, code=OTHER)
    body = {"barcode": OTHER, "name": "Plum", "price": 1}
    assert "further code" in str(api.post("/api/products", body).json()["errors"]["barcode"])
    job = imports.run(f"barcode,name,price\n{OTHER},Plum,1\n")
    assert imports.lines(job)[0]["problems"][0]["reason"] == f"{OTHER} is a further code of Red apple."
    assert Product.objects.filter(chain=world.chain).count() == 2


@pytest.mark.parametrize(
    "query",
    [f"search={CASE}", "search=100123", "search=036000291452", "barcode=036000291452", f"barcode={CASE}"],
)
def test_a_product_is_found_by_any_of_its_codes(query: str, api: Api, world: World) -> None:
    for code, units in ((CASE, 12), ("0036000291452", 1)):
        ProductCode.objects.create(product=world.product, code=code, units=units)
    found = api.get(f"/api/products?{query}").json()["results"]
    assert [each["id"] for each in found] == [str(world.product.pk)]


def test_staff_give_codes_in_the_form(world: World, client: Client, people: dict[str, User]) -> None:
    client.force_login(people["platform"])
    fields: dict[str, Any] = {"codes-TOTAL_FORMS": 1, "codes-0-code": "036000291452", "codes-0-units": 6}
    answer = client.post(form_of(world.product), product_form(world, **fields))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert list(world.product.codes.values_list("code", "units")) == [("0036000291452", 6)]
    found = client.get(reverse("admin:catalogue_product_changelist"), {"q": "0036000291452"})
    assert b"Red apple" in found.content
    assert world.product.price == Decimal("12.50")
