"""Five hundred shoppers check out the last hundred units, on both databases (invariants 3 and 4)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.decider import Look
from actors.messages.cart import AddItem
from actors.messages.checkout import Checkout
from actors.messages.stock import Quantity, ReceiveStock
from actors.runtime import Address, Kind, System
from core.journal.compare import differences
from core.journal.entities import ENTITIES, PROJECTIONS, ROWS
from core.journal.postgres import PostgresJournal
from core.journal.replay import read_models
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from tests.journal.shop import offer, user

KINDS = [Kind(each.name, each.decider, each.codec) for each in ENTITIES.values()]
BRANCH, SHOPPERS, UNITS = "BRANCH-001", 500, 100


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest) -> Iterator[SqlJournal]:
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("sqlite_path")
        store: SqlJournal = SqliteJournal(path, PROJECTIONS)
    else:
        store = PostgresJournal(request.getfixturevalue("new_journal_url"), PROJECTIONS)
    yield store
    store.close()


def test_exactly_a_hundred_of_five_hundred_get_the_last_hundred(journal: SqlJournal) -> None:
    stock, scarce, plenty = Address("stock", BRANCH), offer(1), offer(2)
    system = System(KINDS, journal, publish=None)
    system.start()
    try:
        lines = (Quantity(scarce.product_id, UNITS), Quantity(plenty.product_id, 10 * SHOPPERS))
        system.ask(stock, ReceiveStock(lines), "delivery").get(timeout=10)
        carts = [Address("cart", user(number)) for number in range(SHOPPERS)]
        for product in (scarce, plenty):
            added = [system.ask(each, AddItem(product, 1), f"add-{product.barcode}") for each in carts]
            assert all(each.get(timeout=30).answer for each in added)
        commands = [Checkout(str(uuid.uuid4()), BRANCH, 300.0) for _ in carts]
        waiting = [
            system.ask(each, command, "pay", timeout=60.0)
            for each, command in zip(carts, commands, strict=True)
        ]
        outcomes = [each.get(timeout=60) for each in waiting]
        made = [each.answer for each in outcomes if each.answer is not None]
        refused = [each.refusal for each in outcomes if each.refusal is not None]
        assert len(made) == UNITS
        assert {each.code for each in refused} == {"insufficient_stock"}
        assert len(refused) == SHOPPERS - UNITS
        state = system.ask(stock, Look()).get(timeout=10).state
        assert state.level(scarce.product_id).available == 0
        assert state.level(plenty.product_id).reserved == UNITS, "all lines of a checkout or none"
        assert len(list(state.reservations())) == UNITS
    finally:
        assert system.stop(10)
    assert list(differences(journal, read_models(journal, ROWS))) == []
    again = System(KINDS, journal, publish=None)
    again.start()
    try:
        known = again.ask(carts[0], commands[0], "pay").get(timeout=10)
        assert (known.answer is None) == (outcomes[0].answer is None)
        assert again.ask(stock, Look()).get(timeout=10).state.level(scarce.product_id).reserved == UNITS
    finally:
        assert again.stop(10)
