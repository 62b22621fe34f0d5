"""Price rules and vouchers as rows, and as offers carry them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from actors.pricing import price
from core import reference
from core.catalogue import seasons
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Category, PriceRule, Product, Variant, Voucher
from tests.core.support import World


def rule(world: World, kind: str = "sale", value: str = "10", **fields: Any) -> PriceRule:
    row = PriceRule(chain=world.chain, name=f"{kind} {value}", kind=kind, value=Decimal(value), **fields)
    row.full_clean()
    row.save()
    return row


def unit(world: World, quantity: int = 1, at: float | None = None, **asked: Any) -> str:
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    product = catalogue.by_id(str(world.product.pk))
    assert product is not None
    offer = catalogue.offer(product, **asked)
    return str(price(offer, quantity, timezone.now().timestamp() if at is None else at)[0])


def test_an_offer_carries_the_rules_of_its_scopes_and_no_others(world: World) -> None:
    other = Product.objects.create(chain=world.chain, barcode="1", name="Other", price=1)
    category = world.product.category
    assert category is not None
    toys = Category.objects.create(chain=world.chain, slug="toys", name="Toys")
    rule(world, category=category.parent, priority=1)
    rule(world, product=other)
    rule(world, branch=world.sister)
    rule(world, category=toys)
    rule(world, "tier", "20", tier="GOLD")
    PriceRule.objects.create(chain=world.foreign.chain, name="theirs", kind="sale", value=90)
    rule(world, "quantity", "5", min_quantity=3, product=world.product)
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    product = catalogue.by_id(str(world.product.pk))
    assert product is not None
    offer = catalogue.offer(product)
    assert [[each.label for each in group] for group in offer.rules] == [["sale:sale 10"], ["quantity:3"]]
    assert offer.rules[0][0].reach == 2
    gold = catalogue.offer(product, None, "SISTER", "GOLD")
    assert [len(group) for group in gold.rules] == [2, 1, 1]
    assert catalogue.offer(product) is offer
    assert catalogue.by_branch


def test_the_vector_of_the_contract_from_rows(world: World) -> None:
    Product.objects.filter(pk=world.product.pk).update(price=Decimal("500.00"))
    large = Variant.objects.create(product=world.product, name="Large", price_adjustment=Decimal("50.00"))
    rule(world, "quantity", "10", min_quantity=10)
    rule(world, "tier", "15", tier="GOLD")
    assert unit(world, 10, variant_id=str(large.pk), tier="GOLD") == "420.75"
    assert unit(world, 10, variant_id=str(large.pk)) == "495.00"
    assert unit(world, 9) == "500.00"


def test_validity_and_activity(world: World) -> None:
    now = timezone.now()
    later = rule(world, value="10", valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=2))
    assert unit(world) == "12.50"
    assert unit(world, at=(now + timedelta(days=1)).timestamp()) == "11.25"
    later.is_active = False
    later.save()
    assert unit(world, at=(now + timedelta(days=1)).timestamp()) == "12.50"


def test_a_season_comes_back_every_year_in_the_branchs_time(world: World) -> None:
    for branch in (world.own, world.sister):
        branch.timezone = "Asia/Kolkata"
        branch.save()
    rule(world, value="10", season_from="12-20", season_until="01-05")
    year = timezone.now().year + 1
    india = timedelta(hours=5, minutes=30)
    begin = (datetime(year, 12, 20, tzinfo=UTC) - india).timestamp()
    end = (datetime(year + 1, 1, 6, tzinfo=UTC) - india).timestamp()
    assert [unit(world, at=at) for at in (begin - 1, begin, end - 1, end)] == [
        "12.50", "11.25", "11.25", "12.50",
    ]  # fmt: skip


def test_the_29th_of_february_is_the_28th_of_other_years() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    first, *_ = seasons.windows("02-29", "02-29", "UTC", now)
    assert first[0] == datetime(2026, 2, 28, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"value": "101"}, "value"),
        ({"season_from": "12-20"}, "season_until"),
        ({"season_from": "13-20", "season_until": "13-21"}, "season_from"),
        ({"kind": "tier"}, "tier"),
        ({"tier": "GOLD"}, "tier"),
        (
            {"valid_from": datetime(2026, 2, 1, tzinfo=UTC), "valid_until": datetime(2026, 1, 1, tzinfo=UTC)},
            "valid_until",
        ),
        ({"value": "-1"}, "value"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(world: World, fields: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(world, **fields)
    assert field in refused.value.message_dict


def test_another_chains_things_are_refused(world: World) -> None:
    theirs = Product.objects.create(chain=world.foreign.chain, barcode="1", name="Theirs", price=1)
    variant = Variant.objects.create(product=theirs, name="Large")
    category = Category.objects.create(chain=world.foreign.chain, slug="x", name="X")
    for scope in (
        {"product": theirs},
        {"variant": variant},
        {"category": category},
        {"branch": world.foreign},
    ):
        with pytest.raises(ValidationError):
            rule(world, **scope)


def test_vouchers_are_found_by_code_branch_and_time(world: World) -> None:
    now = timezone.now()
    made = Voucher(
        chain=world.chain, code=" diwali10 ", value=10, branch=world.own, valid_until=now + timedelta(days=1)
    )
    made.full_clean()
    made.save()
    Voucher.objects.create(chain=world.foreign.chain, code="THEIRS", value=10)
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    at = now.timestamp()
    found = catalogue.voucher("Diwali10", "OWN", at)
    assert found is not None
    assert (found.code, found.rule.label) == ("DIWALI10", "voucher:DIWALI10")
    assert catalogue.voucher("DIWALI10", "SISTER", at) is None
    assert catalogue.voucher("DIWALI10", "OWN", at + 2 * 86400) is None
    assert catalogue.voucher("THEIRS", "OWN", at) is None


def test_a_changed_rule_is_announced(
    world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        rule(world)
    assert heard == [reference.CATALOGUE]


def test_a_season_goes_by_the_clock_of_the_branch_in_which_one_shops(world: World) -> None:
    for branch, zone in ((world.own, "Asia/Kolkata"), (world.sister, "America/New_York")):
        branch.timezone = zone
        branch.save()
    rule(world, value="10", season_from="12-20", season_until="12-20")
    Voucher.objects.create(chain=world.chain, code="XMAS", value=5, season_from="12-20", season_until="12-20")
    midnight = datetime(timezone.now().year + 1, 12, 20, tzinfo=UTC)
    early = (midnight - timedelta(hours=5)).timestamp()
    late = (midnight + timedelta(hours=24)).timestamp()
    assert [unit(world, at=at, branch="OWN") for at in (early, late)] == ["11.25", "12.50"]
    assert [unit(world, at=at, branch="SISTER") for at in (early, late)] == ["12.50", "11.25"]
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    assert catalogue.by_branch
    held = [[catalogue.voucher("XMAS", branch, at) for at in (early, late)] for branch in ("OWN", "SISTER")]
    assert [[each is not None for each in found] for found in held] == [[True, False], [False, True]]
