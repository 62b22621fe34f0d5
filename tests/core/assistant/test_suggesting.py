"""What is suggested beside a cart, and what never is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from core.accounts.models import User
from core.assistant.preferences.wants import Wants
from core.assistant.recommendations import baskets, files, history, reasons
from core.assistant.recommendations.history import History
from core.assistant.recommendations.learning import learn
from core.assistant.recommendations.suggesting import Situation, suggest
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.live.products import EMPTY, CatalogueProduct
from core.catalogue.models import Category, Product
from core.orders.models import OrderItem
from core.tenancy.models import Chain
from tests.core.support import World, order

ABOUT = files.ModelCard("v1", 1.0, "ease", 10, 0.5, 0.3, 0.9, 4.0)
GOODS: tuple[tuple[str, str, str, float | None, dict[str, Any]], ...] = (
    ("Cow milk, 1 l", "dairy", "60", 1.2, {"allergens": ["milk"], "dietary_tags": ["vegetarian"]}),
    ("Oat milk, 1 l", "dairy", "80", 0.4, {"dietary_tags": ["vegan", "vegetarian"]}),
    ("Goat milk, 1 l", "dairy", "40", 1.19, {"allergens": ["milk"], "dietary_tags": ["vegetarian"]}),
    ("Butter, 500 g", "dairy", "200", 0.1, {"allergens": ["milk"], "dietary_tags": ["vegetarian"]}),
    ("Bread", "bakery", "50", None, {"dietary_tags": ["vegan", "vegetarian"]}),
    ("Jam", "bakery", "90", None, {"dietary_tags": ["vegan", "vegetarian"]}),
    ("Ham", "meat", "300", None, {}),
)


@pytest.fixture
def shop(db: None) -> tuple[Catalogue, dict[str, str]]:
    """A catalogue, and the ids of its products by the first word of their names."""
    chain = Chain.objects.create(slug="demo", name="Demo", currency="INR")
    for place, (name, kind, price, carbon, more) in enumerate(GOODS):
        category, _ = Category.objects.get_or_create(chain=chain, slug=kind, defaults={"name": kind})
        Product.objects.create(
            chain=chain, barcode=str(place + 1), name=name, category=category, price=Decimal(price),
            carbon_footprint=carbon, **more,
        )  # fmt: skip
    catalogue = Catalogue("demo")
    catalogue.reload()
    ids = {row.name.split()[0].strip(","): str(row.pk) for row in Product.objects.all()}
    return catalogue, ids


def situation(shop: tuple[Catalogue, dict[str, str]], *cart: str, **more: Any) -> Situation:
    catalogue, ids = shop
    whole = {"wants": Wants(), "history": History(), "popular": {}, **more}
    return Situation(catalogue, tuple(ids[name] for name in cart), **whole)


def model(ids: dict[str, str], *purchases: str) -> files.Model:
    found = baskets.of([[ids[name] for name in one.split()] for one in purchases])
    return files.Model(ABOUT, [str(each) for each in found.products], learn(found, strength=0.1))


def names(found: list[Any]) -> list[tuple[str, str]]:
    return [(each.kind, each.product.name.split()[0].strip(",")) for each in found]


BOUGHT = ("Bread Jam", "Bread Jam", "Bread Butter", "Ham Bread", "Oat Jam", "Cow Ham", "Cow Ham")


def test_what_goes_with_the_cart_is_suggested_with_what_speaks_for_it(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    found = suggest(model(shop[1], *BOUGHT), situation(shop, "Bread"))
    assert names(found)[0] == ("together", "Jam")
    assert reasons.sentence(found[0].reason, "en", **found[0].facts) == "Often bought with Bread."
    assert reasons.sentence(found[0].reason, "he", **found[0].facts) == "נקנה לעתים קרובות עם Bread."
    assert all(0 <= each.confidence <= 1 for each in found)


def test_without_a_model_and_a_history_the_popular_is_suggested(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    ids = shop[1]
    found = suggest(None, situation(shop, popular={ids["Ham"]: 0.5, ids["Jam"]: 0.2}))
    assert names(found) == [("together", "Ham"), ("together", "Jam")]
    assert found[0].reason == "popular_here"


def sweeten(catalogue: Catalogue, ids: dict[str, str], **facts: dict[str, float]) -> None:
    """Say what is in 100 g of products, by the first word of their names."""
    for name, each in facts.items():
        row = Product.objects.get(pk=ids[name])
        row.nutrition_facts = each
        row.save()
    catalogue.reload()


@pytest.mark.parametrize(
    ("cow", "oat", "reason"),
    [
        ({"sugar_g": 9}, {"sugar_g": 3.5}, "5.5 g less sugar in 100 g than Cow milk, 1 l."),
        (
            {"saturated_fat_g": 4, "salt_g": 0.1},
            {"saturated_fat_g": 1, "salt_g": 0.1},
            "3.0 g less saturated",
        ),
        ({"salt_g": 1.2}, {"salt_g": 0}, "1.2 g less salt in 100 g"),
        ({"sugar_g": 9}, {"sugar_g": 7.5}, None),
        ({"sugar_g": 1}, {"sugar_g": 0}, None),
        ({"sugar_g": 9, "salt_g": 0.1}, {"sugar_g": 3, "salt_g": 0.2}, None),
        ({"sugar_g": 9}, {"fat_g": 1}, None),
        ({}, {"sugar_g": 1}, None),
    ],
)
def test_what_is_healthier_of_the_same_kind_is_suggested_if_it_is_clearly_so(
    shop: tuple[Catalogue, dict[str, str]], cow: dict[str, float], oat: dict[str, float], reason: str | None
) -> None:
    catalogue, ids = shop
    Product.objects.update(carbon_footprint=None)
    sweeten(catalogue, ids, Cow=cow, Oat=oat)
    found = suggest(None, situation(shop, "Cow"))
    if reason is None:
        assert found == []
        return
    (only,) = found
    assert (only.kind, only.product.product_id, only.instead_of) == ("health", ids["Oat"], ids["Cow"])
    assert reasons.sentence(only.reason, "en", **only.facts).startswith(reason)
    assert 0 < only.confidence <= 1


def test_what_is_healthier_suits_its_shopper_and_costs_little_more(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    catalogue, ids = shop
    Product.objects.update(carbon_footprint=None)
    sweeten(catalogue, ids, Cow={"sugar_g": 9}, Goat={"sugar_g": 1}, Oat={"sugar_g": 2})
    assert names(suggest(None, situation(shop, "Cow"))) == [("health", "Goat")]
    without = Wants(allergens=frozenset({"milk"}))
    assert names(suggest(None, situation(shop, "Cow", wants=without))) == [("health", "Oat")]
    assert names(suggest(None, situation(shop, "Goat"))) == []
    oat = Product.objects.get(pk=ids["Oat"])
    oat.price = Decimal("90.01")
    oat.save()
    catalogue.reload()
    assert names(suggest(None, situation(shop, "Cow", wants=without))) == []


def test_every_reason_has_a_sentence_in_every_language() -> None:
    english, *others = reasons.SENTENCES.values()
    assert all(other.keys() == english.keys() for other in others)
    facts = {"because": "Milk", "carbon": "1", "price": "2", "currency": "INR", "grams": "3"}
    for language in reasons.SENTENCES:
        for code in english:
            assert "{" not in reasons.sentence(code, language, **facts)


def test_what_somebody_buys_again_and_again_comes_first(shop: tuple[Catalogue, dict[str, str]]) -> None:
    ids = shop[1]
    known = History("en", 4, {ids["Butter"]: 4, ids["Ham"]: 1})
    found = suggest(None, situation(shop, "Bread", history=known, popular={ids["Jam"]: 0.9}))
    assert names(found) == [("again", "Butter"), ("again", "Ham"), ("together", "Jam")]


def test_a_greener_product_of_the_same_kind_is_offered_in_its_place(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    found = suggest(None, situation(shop, "Cow"))
    assert names(found) == [("sustainability", "Oat")]
    assert found[0].instead_of == shop[1]["Cow"]
    assert reasons.sentence(found[0].reason, "en", **found[0].facts) == "0.8 kg less CO₂ than Cow milk, 1 l."


def test_while_the_budget_is_tight_something_cheaper_comes_first(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    found = suggest(None, situation(shop, "Cow", tight=True))
    assert names(found) == [("budget", "Goat"), ("sustainability", "Oat")]
    assert reasons.sentence(found[0].reason, "en", **found[0].facts).startswith("20.00 INR less than Cow")


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ({"wants": Wants(diet=frozenset({"vegan"}))}, {"Butter", "Ham", "Cow", "Goat"}),
        ({"wants": Wants(allergens=frozenset({"milk"}))}, {"Butter", "Cow", "Goat"}),
    ],
    ids=["diet", "allergens"],
)
def test_nothing_against_diet_or_allergens_is_suggested_by_any_way(
    shop: tuple[Catalogue, dict[str, str]], more: dict[str, Any], gone: set[str]
) -> None:
    ids = shop[1]
    every = {
        "popular": dict.fromkeys(ids.values(), 0.5),
        "history": History("en", 2, dict.fromkeys(ids.values(), 2)),
    }
    for tight in (False, True):
        found = suggest(model(ids, *BOUGHT), situation(shop, "Bread", "Oat", tight=tight, **every, **more))
        assert {name for _, name in names(found)} & (gone | {"Bread", "Oat"}) == set()


def test_what_was_withdrawn_after_the_training_or_dismissed_is_not_suggested(
    shop: tuple[Catalogue, dict[str, str]],
) -> None:
    catalogue, ids = shop
    learnt = model(ids, *BOUGHT)
    Product.objects.get(pk=ids["Jam"]).delete()
    butter = Product.objects.get(pk=ids["Butter"])
    butter.is_active = False
    butter.save()
    catalogue.reload()
    refused = History(dismissed=frozenset({ids["Ham"]}))
    found = suggest(
        learnt, situation(shop, "Bread", history=refused, popular=dict.fromkeys(ids.values(), 0.1))
    )
    assert {name for _, name in names(found)} & {"Jam", "Butter", "Ham"} == set()


def test_no_product_is_suggested_twice_among_ten_thousand_of_one_name() -> None:
    same = [
        CatalogueProduct(f"p{each}", f"x{each}", "Same", Decimal(1), "INR", "meat", True, "")
        for each in range(10_000)
    ]
    catalogue = Catalogue("demo")
    catalogue._products = EMPTY._replace(by_id={each.product_id: each for each in same}, shelves={})
    popular = {each.product_id: 0.1 for each in same}
    wanted = Situation(catalogue, ("p0",), Wants(), History(), popular, tight=True)
    found = [each.product.product_id for each in suggest(None, wanted)]
    assert len(found) == len(set(found)) == 9_999


def test_history_is_the_persons_own_and_popularity_the_branchs(people: dict[str, User], world: World) -> None:
    user, other = people["shopper"], people["staff"]
    mine = order(user.pk)
    order(other.pk, branch="SISTER")
    assert history.of(str(user.pk), "own-chain")[1] == 1
    assert history.of(str(user.pk), "other-chain").orders == 0
    bought = {str(row.product_id) for row in OrderItem.objects.filter(order_id=mine.pk)}
    assert set(history.of(str(user.pk), "own-chain").bought) == bought
    assert set(history.popular("own-chain", "OWN")) == bought
    assert len(history.popular("own-chain", "")) == 2
    assert history.popular("other-chain", "FOREIGN") == {}
    assert np.isclose(sum(history.popular("own-chain", "SISTER").values()), 1.0)
