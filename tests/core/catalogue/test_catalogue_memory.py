from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext

from core import host, reference
from core.admin import update_all
from core.catalogue.live import products
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Category, Product, Variant
from core.models import ReferenceVersion
from core.tenancy.models import Chain
from tests.core.support import World


@pytest.fixture
def catalogue(world: World) -> Catalogue:
    for number in range(20):
        Product.objects.create(chain=world.chain, barcode=f"p{number}", name=f"P {number}", price=number)
    found = Catalogue("own-chain")
    found.reload()
    return found


def afresh(chain: str = "own-chain") -> Any:
    found = Catalogue(chain)
    found.reload()
    return found._products


def same(catalogue: Catalogue) -> bool:
    """Whether what was brought up to date is what a new reading gives."""
    new = afresh(catalogue.chain)
    old = catalogue._products
    return (old.by_id, old.by_barcode) == (new.by_id, new.by_barcode)


def changes(world: World) -> dict[str, Any]:
    product = world.product

    def rename() -> None:
        product.name = "Renamed"
        product.barcode = "other"
        product.save()

    return {
        "edit": rename,
        "new": lambda: Product.objects.create(chain=world.chain, barcode="n", name="New", price=1),
        "delete": product.delete,
        "bulk": lambda: update_all(Product.objects.filter(barcode="p1"), "catalogue", is_active=False),
        "variant": lambda: Variant.objects.create(product=product, name="Box", price_adjustment=Decimal(5)),
        "category": lambda: Category.objects.filter(slug="fruit").update(emoji="🍐"),
        "moved": lambda: Category.objects.filter(slug="fruit").update(parent=None),
        "currency": lambda: Chain.objects.filter(slug="own-chain").update(currency="KWD"),
        "all": lambda: update_all(Product.objects.all(), "catalogue", name="Same"),
        "nothing": lambda: None,
    }


@pytest.mark.parametrize(
    "what", ["edit", "new", "delete", "bulk", "variant", "category", "moved", "currency", "all", "nothing"]
)
def test_what_is_brought_up_to_date_is_what_a_new_reading_gives(
    catalogue: Catalogue, world: World, what: str
) -> None:
    changes(world)[what]()
    catalogue.reload()
    assert same(catalogue)


def test_only_what_changed_is_read_again(catalogue: Catalogue, world: World) -> None:
    before = catalogue._products
    world.product.save()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        catalogue.reload()
    assert [query["sql"].count("description") for query in queries] == [0] * len(queries)
    after = catalogue._products
    kept = [key for key in after.by_id if after.by_id[key] is before.by_id.get(key)]
    assert len(kept) == len(before.by_id) - 1


def test_a_reload_without_a_change_keeps_everything(catalogue: Catalogue) -> None:
    before = catalogue._products
    catalogue.reload()
    assert catalogue._products.by_id is before.by_id
    assert catalogue._products.by_barcode is before.by_barcode


def test_who_reads_meanwhile_sees_the_old_or_the_new_and_nothing_between(
    catalogue: Catalogue, world: World
) -> None:
    product = catalogue.by_id(str(world.product.pk))
    assert product is not None
    world.product.price = Decimal(99)
    world.product.save()
    offer = catalogue.offer(product)
    catalogue.reload()
    new = catalogue.by_id(product.product_id)
    assert new is not None
    assert (str(offer.price), str(catalogue.offer(product).price), str(catalogue.offer(new).price)) == (
        "12.50", "12.50", "99.00",
    )  # fmt: skip


def test_a_chain_that_is_not_there_is_empty(db: None) -> None:
    assert afresh("nowhere") is products.EMPTY


@pytest.mark.django_db(transaction=True)
def test_a_change_in_another_process_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_LOOK_S", 0.02)
    heard = threading.Event()
    used: set[BaseDatabaseWrapper] = set()

    def listen(what: str) -> None:
        used.add(connections["default"])
        if what == reference.CATALOGUE:
            heard.set()

    references = host.References()
    references.listen(listen)
    references.start()
    try:
        heard.clear()
        # What the announcement counts there; nobody is told of it here.
        ReferenceVersion.objects.update_or_create(what=reference.CATALOGUE, defaults={"number": 1_000_000})
        assert heard.wait(90)
    finally:
        references.stop()
    # The thread leaves no connection behind.
    assert [each.connection for each in used] == [None]
