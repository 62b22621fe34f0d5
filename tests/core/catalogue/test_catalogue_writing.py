from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest

from core.accounts.models import User
from core.catalogue.models import Category, Product, Variant
from core.models import KeptAnswer
from tests.core.support import Api, World

PLUM: dict[str, Any] = {"barcode": "5901234123457", "name": "Plum", "price": 12.5}


@pytest.fixture
def manager(people: dict[str, User]) -> Api:
    return Api(people["manager"])


def path_of(row: Product | Category | Variant) -> str:
    return f"/api/{row._meta.verbose_name_plural}/{row.pk}"


def test_a_product_is_made_with_all_that_is_known_of_it(manager: Api) -> None:
    body = {
        **PLUM,
        "chain": "own-chain",
        "description": "Sour.",
        "category": "fruit",
        "carbon_footprint": 0.4,
        "sustainability_score": 88,
        "nutrition_facts": {"energy_kcal": 46, "sugar_g": 9.9},
        "dietary_tags": ["vegan", "gluten-free", "vegan"],
        "allergens": ["Tree nuts", "milk", "dairy"],
        "is_active": False,
        "image": "/media/plum.webp",
    }
    answer = manager.post("/api/products", body)
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    shown = manager.get(answer["Location"])
    assert shown["ETag"] == '"1"'
    found = shown.json()
    assert b'"price":12.50,' in shown.content
    assert b'"carbon_footprint":0.400,' in shown.content
    assert found["nutrition_facts"] == {"energy_kcal": 46, "sugar_g": 9.9}
    assert (found["category"], found["dietary_tags"]) == ("fruit", ["vegan", "gluten-free"])
    assert found["allergens"] == ["nuts", "milk"]


def test_numbers_arrive_digit_for_digit(manager: Api) -> None:
    answer = manager.send(
        "POST",
        "/api/products",
        b'{"barcode": "1", "name": "Yacht", "price": 999999999.99}',
        "application/json",
    )
    assert Product.objects.get(pk=answer.json()["id"]).price == Decimal("999999999.99")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": 12.345}, "price"),
        ({"price": -1}, "price"),
        ({"price": "12,50"}, "price"),
        ({"price": True}, "price"),
        ({"price": None}, "price"),
        ({"price": 10**40}, "price"),
        ({"barcode": "5901234123458"}, "barcode"),
        ({"barcode": "4006381333931"}, "barcode"),
        ({"barcode": "a b"}, "barcode"),
        ({"barcode": 7}, "barcode"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"category": "nowhere"}, "category"),
        ({"is_active": "yes"}, "is_active"),
        ({"image": "javascript:alert(1)"}, "image"),
        ({"image": "//elsewhere.example/x.png"}, "image"),
        ({"sustainability_score": 101}, "sustainability_score"),
        ({"sustainability_score": 1.5}, "sustainability_score"),
        ({"nutrition_facts": {"magic_g": 1}}, "nutrition_facts.magic_g"),
        ({"nutrition_facts": {"fat_g": "much"}}, "nutrition_facts.fat_g"),
        ({"nutrition_facts": [1]}, "nutrition_facts.non_field_errors"),
        ({"dietary_tags": ["Not A Tag"]}, "dietary_tags.0"),
        ({"dietary_tags": "vegan"}, "dietary_tags"),
        ({"allergens": ["gravel"]}, "allergens"),
        ({"allergens": [3]}, "allergens.0"),
        ({"colour": "red"}, "colour"),
        ({"chain": 1}, "chain"),
    ],
)
def test_what_is_wrong_with_a_product_is_named(manager: Api, change: Any, field: str) -> None:
    answer = manager.post("/api/products", {**PLUM, **change})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert Product.objects.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b'"text"', b"{", b"\xff\xfe", b'{"price": NaN}', b'{"price": Infinity}',
        b'{"barcode":"1","name":"a","price":1e999999}', b'{"barcode":"1","name":"a","price":-1e-999999}',
        b'{"barcode":"1","name":"a","price":' + b"9" * 5000 + b"}", b"[" * 100_000,
        b'{"barcode":"1","name":"\\ud800","price":1}', b'{"barcode":"\\u0000","name":"a","price":1}',
        b'{"barcode":"1","name":"a","price":1,"nutrition_facts":{"fat_g":1e400}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["products", "categories", "variants"])
def test_a_body_that_makes_no_sense_is_a_problem_and_never_a_defect(
    manager: Api, path: str, body: bytes
) -> None:
    answer = manager.send("POST", f"/api/{path}", body, "application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    ["search=%00", "min_price=1e999999", "min_price=NaN", "page=x", "page=-1", "page_size=" + "9" * 30,
     "ordering=;drop", "category=%00", "tag=%22", "is_active=maybe", "barcode=%F0%9F%8D%8E",
     "page=" + "9" * 30],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_never_a_defect(manager: Api, query: str) -> None:
    assert manager.get(f"/api/products?{query}").status_code in (200, 400, 404)


def test_who_manages_several_chains_says_which(people: dict[str, User]) -> None:
    platform = Api(people["platform"])
    assert "chain" in platform.post("/api/products", PLUM).json()["errors"]
    answer = platform.post("/api/products", {**PLUM, "chain": "other-chain", "price": 1.125})
    assert b'"price":1.125,"currency":"KWD"' in answer.content


def test_patch_changes_what_is_given_and_put_empties_the_rest(manager: Api, world: World) -> None:
    path = path_of(world.product)
    patched = manager.change("PATCH", path, {"price": 13, "sustainability_score": 70})
    assert patched.status_code == 200
    assert b'"price":13.00' in patched.content
    assert patched.json()["category"] == "fruit"
    replaced = manager.change("PUT", path, {**PLUM, "barcode": world.product.barcode}).json()
    assert (replaced["category"], replaced["sustainability_score"], replaced["name"]) == (None, None, "Plum")
    missing = manager.change("PUT", path, {"price": 1}).json()["errors"]
    assert set(missing) == {"barcode", "name"}


def test_null_is_the_same_as_leaving_out(manager: Api, world: World) -> None:
    manager.change("PATCH", path_of(world.product), {"category": None, "price": 1})
    world.product.refresh_from_db()
    assert (world.product.category is None, world.product.price) == (False, 1)


def test_a_change_wants_the_etag_that_was_read(manager: Api, world: World) -> None:
    path = path_of(world.product)
    tag = manager.get(path)["ETag"]
    missing = manager.change("PATCH", path, {"price": 1}, match=None)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    first = manager.change("PATCH", path, {"price": 1}, match=tag)
    assert first.status_code == 200
    late = manager.change("PATCH", path, {"price": 2}, match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_since")
    assert manager.change("PATCH", path, {"price": 2}, match=first["ETag"]).status_code == 200
    for tag in ('W/"1"', "1", '"x"', '"' + "9" * 30 + '"', "?"):
        assert manager.change("DELETE", path, {}, match=tag).status_code == 412


def test_a_refused_change_counts_as_none(manager: Api, world: World) -> None:
    path = path_of(world.product)
    tag = manager.get(path)["ETag"]
    assert manager.change("PATCH", path, {"barcode": "123456789"}, match=tag).status_code == 400
    assert manager.get(path)["ETag"] == tag


def test_saving_anywhere_makes_another_etag(manager: Api, world: World) -> None:
    path = path_of(world.product)
    seen = {manager.get(path)["ETag"]}
    world.product.save()
    seen.add(manager.get(path)["ETag"])
    variant = Variant.objects.create(product=world.product, name="Box")
    seen.add(manager.get(path)["ETag"])
    variant.delete()
    seen.add(manager.get(path)["ETag"])
    assert len(seen) == 4


def test_deleting_is_soft_and_can_be_taken_back(people: dict[str, User], manager: Api, world: World) -> None:
    path, shopper = path_of(world.product), Api(people["shopper"])
    assert manager.change("DELETE", path, {}).status_code == 204
    assert shopper.get(path).status_code == 404
    assert manager.get(path).json()["is_active"] is False
    assert manager.change("PATCH", path, {"is_active": True}).status_code == 200
    assert shopper.get(path).status_code == 200


def test_the_same_key_gives_the_first_answer_again(manager: Api) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = manager.post("/api/products", PLUM, **key)
    again = manager.post("/api/products", PLUM, **key)
    assert (again.status_code, again.content) == (201, first.content)
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert Product.objects.filter(name="Plum").count() == 1
    other = manager.post("/api/products", {**PLUM, "name": "Pear"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert manager.post("/api/products", PLUM, **{"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_key_of_a_refused_request_may_come_again(manager: Api) -> None:
    key = {"Idempotency-Key": "k-2"}
    assert manager.post("/api/products", {**PLUM, "barcode": "123456789"}, **key).status_code == 400
    assert KeptAnswer.objects.count() == 0
    assert manager.post("/api/products", PLUM, **key).status_code == 201


def test_a_key_is_the_callers_own(people: dict[str, User]) -> None:
    key = {"Idempotency-Key": "k-3"}
    assert (
        Api(people["manager"]).post("/api/categories", {"slug": "a", "name": "A"}, **key).status_code == 201
    )
    assert (
        Api(people["stranger"]).post("/api/categories", {"slug": "a", "name": "A"}, **key).status_code == 201
    )


def test_categories_move_with_all_that_is_below(manager: Api, world: World) -> None:
    food = Category.objects.get(slug="food")
    made = manager.post("/api/categories", {"slug": "citrus", "name": "Citrus", "parent": "fruit"})
    assert (made.status_code, made.json()["parent"]) == (201, "fruit")
    shown = manager.get(path_of(food)).json()
    assert shown["children"][0]["children"][0]["slug"] == "citrus"
    fruit = Category.objects.get(slug="fruit")
    moved = manager.change("PATCH", path_of(fruit), {"parent": ""})
    assert (moved.status_code, moved.json()["parent"]) == (200, None)
    assert len(manager.get("/api/categories").json()) == 2


def test_a_tree_has_no_ring_and_an_end(manager: Api, world: World) -> None:
    food = Category.objects.get(slug="food")
    for parent in ("food", "fruit"):
        answer = manager.change("PATCH", path_of(food), {"parent": parent})
        assert answer.json()["errors"] == {"parent": ["A category cannot be below itself."]}
    codes = [
        manager.post(
            "/api/categories",
            {"slug": f"level{level}", "name": "x", "parent": f"level{level - 1}" if level else "fruit"},
        ).status_code
        for level in range(7)
    ]
    assert codes == [201] * 6 + [400]
    top = Category.objects.create(chain=world.chain, slug="top", name="Top")
    assert manager.change("PATCH", path_of(food), {"parent": "top"}).status_code == 400
    assert top.children.count() == 0


def test_a_category_in_use_stays(manager: Api, world: World) -> None:
    for slug in ("food", "fruit"):
        answer = manager.change("DELETE", path_of(Category.objects.get(slug=slug)), {})
        assert (answer.status_code, answer.json()["code"]) == (409, "category_in_use")
    Product.objects.update(is_active=False)
    fruit = Category.objects.get(slug="fruit")
    assert manager.change("DELETE", path_of(fruit), {}).status_code == 204
    assert manager.get("/api/categories").json()[0]["children"] == []
    assert len(manager.get("/api/categories?inactive=true").json()[0]["children"]) == 1


def test_variants_have_prices_of_their_own(manager: Api, world: World) -> None:
    body = {"product": str(world.product.pk), "name": "Box", "price_adjustment": 50}
    made = manager.post("/api/variants", body)
    assert b'"price_adjustment":50.00' in made.content
    assert (made.json()["currency"], made.json()["product_name"]) == ("INR", "Red apple")
    assert manager.post("/api/variants", body).json()["errors"]["name"]
    path = made["Location"]
    for wrong in (-12.51, 0.001, 1e300):
        assert (
            "price_adjustment" in manager.change("PATCH", path, {"price_adjustment": wrong}).json()["errors"]
        )
    assert manager.change("PATCH", path, {"price_adjustment": -12.5}).status_code == 200
    found = manager.get(f"/api/variants?product={world.product.pk}&search=box+RED&ordering=-name").json()
    assert [row["name"] for row in found["results"]] == ["Box"]
    assert manager.get(path_of(world.product)).json()["variants"][0]["name"] == "Box"


def test_shoppers_see_no_variant_that_is_not_for_sale(people: dict[str, User], world: World) -> None:
    Variant.objects.create(product=world.product, name="Gone", is_active=False)
    Variant.objects.create(product=world.inactive, name="Box")
    assert Api(people["shopper"]).get("/api/variants").json()["count"] == 0
    assert Api(people["manager"]).get("/api/variants").json()["count"] == 2


def test_a_row_that_is_not_there_is_not_found(manager: Api) -> None:
    for kind in ("products", "categories", "variants"):
        body = {"name": "x"}
        assert manager.change("PATCH", f"/api/{kind}/{uuid.uuid4()}", body).status_code == 404
    assert manager.post("/api/variants", {"product": str(uuid.uuid4()), "name": "x"}).status_code == 404
    assert manager.post("/api/variants", {"product": 7, "name": "x"}).status_code == 400


def test_products_are_found_by_tag_and_deep_category(manager: Api, world: World) -> None:
    fruit = Category.objects.get(slug="fruit")
    for level in range(3):
        fruit = Category.objects.create(chain=world.chain, slug=f"l{level}", name="x", parent=fruit)
    Product.objects.create(
        chain=world.chain, category=fruit, barcode="9", name="Kiwi", price=1, dietary_tags=["vegan"]
    )
    for query in ("tag=vegan", "category=food&search=kiwi"):
        assert manager.get(f"/api/products?{query}").json()["results"][0]["name"] == "Kiwi"
    assert manager.get("/api/products?tag=veg").json()["count"] == 0
