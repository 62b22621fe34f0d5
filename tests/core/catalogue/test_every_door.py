"""The same bad value through every door that writes goods: each refuses it, and says why."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from core.accounts.models import User
from core.catalogue.models import Product, Variant
from core.tenancy.models import Branch
from tests.core.catalogue.test_catalogue_import import Imports, imports
from tests.core.support import Api, World

__all__ = ["imports"]

SMALL = "The variant Small takes 8.00 off"


@pytest.fixture
def staff(people: dict[str, User], client: Client) -> Client:
    client.force_login(people["platform"])
    return client


@pytest.fixture
def small(world: World) -> Variant:
    """A variant that costs 8.00 less; it is not on sale at the moment, and may be again."""
    return Variant.objects.create(
        product=world.product, name="Small", price_adjustment=Decimal("-8"), is_active=False
    )


def product_form(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "chain": world.chain.pk, "barcode": world.product.barcode, "name": "Red apple", "price": "12.50",
        "is_active": "on", "nutrition_facts": "{}", "dietary_tags": "[]", "allergens": "[]",
        "variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0,
        "codes-TOTAL_FORMS": 0, "codes-INITIAL_FORMS": 0, **changed,
    }  # fmt: skip


def form_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("door", ["PATCH", "PUT", "form", "list", "import"])
def test_no_price_is_so_low_that_a_variant_would_be_sold_for_nothing(
    door: str, people: dict[str, User], world: World, small: Variant, staff: Client, imports: Imports
) -> None:
    api = Api(people["manager"])
    path = f"/api/products/{world.product.pk}"
    match door:
        case "PATCH":
            said = api.change("PATCH", path, {"price": 5}).json()["errors"]["price"][0]
        case "PUT":
            whole = {"barcode": world.product.barcode, "name": "Red apple", "price": 5}
            said = api.change("PUT", path, whole).json()["errors"]["price"][0]
        case "form":
            said = staff.post(form_of(world.product), product_form(world, price="5")).content.decode()
        case "list":
            rows = Product.objects.order_by("name", "pk")
            body = {"form-TOTAL_FORMS": rows.count(), "form-INITIAL_FORMS": rows.count(), "_save": "Save"}
            for place, row in enumerate(rows):
                price = "5" if row.pk == world.product.pk else row.price
                active = {f"form-{place}-is_active": "on"} if row.is_active else {}
                body |= {f"form-{place}-id": row.pk, f"form-{place}-price": price, **active}
            said = staff.post(reverse("admin:catalogue_product_changelist"), body).content.decode()
        case _:
            sheet = io.StringIO()
            csv.writer(sheet).writerows([("barcode", "price"), (world.product.barcode, "5")])
            job = imports.run(sheet.getvalue())
            said = imports.lines(job)[0]["problems"][0]["reason"]
    assert SMALL in said
    world.product.refresh_from_db()
    assert world.product.price == Decimal("12.50")
    assert api.change("PATCH", path, {"price": 8}).status_code == 200


@pytest.mark.parametrize(
    ("given", "kept"), [(9.5, "9.50"), ("9.5", "9.50"), ("9", "9.00"), ("0.10", "0.10"), (9, "9.00")]
)
def test_an_amount_may_be_a_number_or_a_text(
    given: Any, kept: str, people: dict[str, User], world: World
) -> None:
    answer = Api(people["manager"]).change("PATCH", f"/api/products/{world.product.pk}", {"price": given})
    assert f'"price":{kept}'.encode() in answer.content


@pytest.mark.parametrize(
    "given", ["", " 9", "9,5", "1e3", "NaN", "Infinity", "٣", "1_0", "0x1", True, [9], {}]
)
def test_what_is_no_amount_is_refused_by_name(given: Any, people: dict[str, User], world: World) -> None:
    answer = Api(people["manager"]).change("PATCH", f"/api/products/{world.product.pk}", {"price": given})
    assert answer.status_code == 400
    assert "Expected an amount such as 12.50" in answer.json()["errors"]["price"][0]


@pytest.mark.parametrize("door", ["PATCH", "POST", "form"])
def test_no_variant_takes_off_more_than_there_is(
    door: str, people: dict[str, User], world: World, small: Variant, staff: Client
) -> None:
    api = Api(people["manager"])
    if door == "PATCH":
        body = {"price_adjustment": -12.51}
        said = str(api.change("PATCH", f"/api/variants/{small.pk}", body).json()["errors"])
    elif door == "POST":
        body = {"product": str(world.product.pk), "name": "Tiny", "price_adjustment": -12.51}
        said = str(api.post("/api/variants", body).json()["errors"])
    else:
        form = {"product": world.product.pk, "name": "Small", "price_adjustment": "-12.51"}
        said = staff.post(form_of(small), form).content.decode()
    assert "Expected at least -12.50" in said
    small.refresh_from_db()
    assert small.price_adjustment == Decimal("-8")


WRONG = {
    "nutrition_facts": [
        [],
        ["salt"],
        {"sugar": 1},
        {"salt_g": "1"},
        {"salt_g": -1},
        "x",
        3,
    ],
    "dietary_tags": [{}, "vegan", ["Ve Gan"], [3], ["a b"], [None]],
    "allergens": [{}, "milk", ["gravel"], [3], [None]],
}


@pytest.mark.parametrize("door", ["PATCH", "form"])
@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values], ids=str
)
def test_json_of_another_shape_is_refused(
    door: str, field: str, value: Any, people: dict[str, User], world: World, staff: Client
) -> None:
    api = Api(people["manager"])
    path = f"/api/products/{world.product.pk}"
    if door == "PATCH":
        assert api.change("PATCH", path, {field: value}).status_code == 400
    else:
        answer = staff.post(form_of(world.product), product_form(world, **{field: json.dumps(value)}))
        assert answer.status_code == 200, "saved"
        assert field in answer.context["adminform"].form.errors
    assert api.get(path).status_code == 200
    assert api.get("/api/products").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("floor_plan", []),
        ("floor_plan", {}),
        ("floor_plan", {"width_m": 5, "height_m": 5, "zones": [], "slots": [{"slot": 0}]}),
        (
            "floor_plan",
            {
                "width_m": 5,
                "height_m": 5,
                "zones": [{"name": "A", "x": 3, "y": 0, "w": 3, "h": 1}],
                "slots": [],
            },
        ),
        ("opening_hours", []),
        ("opening_hours", {"mon": "08:00"}),
    ],
    ids=str,
)
def test_json_of_a_branch_has_one_shape_too(field: str, value: Any, world: World, staff: Client) -> None:
    before = getattr(world.own, field)
    form = staff.get(form_of(world.own)).context["adminform"].form
    body = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    body = {name: json.dumps(each) if isinstance(each, dict | list) else each for name, each in body.items()}
    answer = staff.post(form_of(world.own), {**body, field: json.dumps(value)})
    assert answer.status_code == 200, "saved"
    assert list(answer.context["adminform"].form.errors) == [field]
    world.own.refresh_from_db()
    assert getattr(world.own, field) == before


def test_what_came_in_before_is_emptied_so_that_lists_can_be_shown(
    people: dict[str, User], world: World
) -> None:
    Product.objects.filter(pk=world.product.pk).update(nutrition_facts=[], dietary_tags={"vegan": 1})
    Branch.objects.filter(pk=world.own.pk).update(floor_plan={"slots": 3}, opening_hours=[])
    for name in (
        "core.catalogue.migrations.0008_facts_have_one_shape",
        "core.tenancy.migrations.0007_plans_have_one_shape",
    ):
        import_module(name).forwards(apps, None)
    world.product.refresh_from_db()
    world.own.refresh_from_db()
    assert (world.product.nutrition_facts, world.product.dietary_tags) == ({}, [])
    assert (world.own.floor_plan["slots"], world.own.opening_hours) == ([], {})
    assert Api(people["manager"]).get(f"/api/products/{world.product.pk}").status_code == 200
