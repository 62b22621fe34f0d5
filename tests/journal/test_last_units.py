"""Five hundred shoppers want the last hundred units and pay, on both databases (invariants 3, 4, 6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from actors.kit.decider import Look, Refusal
from actors.messages.cart import AddItem
from actors.messages.money.checkout import Checkout
from actors.messages.money.paying import RequestPayment
from actors.messages.money.payment import ConfirmPayment, FindPayment
from actors.messages.stock import Quantity, ReceiveStock
from actors.runtime import Address, Kind, System
from actors.stock import Level
from core.config import addresses
from core.entities import ENTITIES, PROJECTIONS, ROWS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from core.payments.models import SandboxCharge
from core.payments.provider_calls import ProviderCalls
from core.payments.providers import registry
from core.replay.compare import differences
from core.replay.replay import read_models
from tests.journal.shop import offer, user
from tests.realtime.conftest import use_database
from tests.realtime.paying import GOOD

KINDS = [Kind(each.name, each.decider, each.codec) for each in ENTITIES.values()]
BRANCH, SHOPPERS, UNITS = "BRANCH-001", 500, 100


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[SqlJournal]:
    """The journal, in the database that the sandbox keeps its books in."""
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("sqlite_path")
        url = f"sqlite:///{path}"
        store: SqlJournal = SqliteJournal(path, PROJECTIONS)
    else:
        url = request.getfixturevalue("new_journal_url")
        store = PostgresJournal(url, PROJECTIONS)
    database = addresses.database(url)
    registry.forget()
    with django_db_blocker.unblock(), use_database(database):
        yield store
    registry.forget()
    store.close()


@pytest.fixture
def system(journal: SqlJournal) -> Iterator[System]:
    """The actors, with the sandbox behind them."""
    system = System(KINDS, journal, publish=None)
    edge = ProviderCalls(system.tell, workers=4)
    system.edge("provider", edge.handle)
    system.start()
    yield system
    edge.stop()
    system.stop(10)


def answers(system: System, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Ask all of them at once; return what each was answered, the refusals too."""
    waiting = {
        key: system.ask(Address(kind, key), command, f"{type(command).__name__}-{key}", timeout=90.0)
        for key, command in asked.items()
    }
    outcomes = {key: each.get(timeout=90) for key, each in waiting.items()}
    return {key: each.refusal or each.answer for key, each in outcomes.items()}


@pytest.mark.timeout(240)  # five hundred shoppers, and a database to make first
def test_exactly_a_hundred_of_five_hundred_buy_the_last_hundred(system: System, journal: SqlJournal) -> None:
    stock, scarce, plenty = Address("stock", BRANCH), offer(1), offer(2)
    lines = (Quantity(scarce.product_id, UNITS), Quantity(plenty.product_id, 10 * SHOPPERS))
    system.ask(stock, ReceiveStock(lines), "delivery").get(timeout=90)
    carts = [user(number) for number in range(SHOPPERS)]
    for product in (scarce, plenty):
        added = [
            system.ask(Address("cart", each), AddItem(product, 1), f"add-{product.barcode}") for each in carts
        ]
        assert all(each.get(timeout=90).answer for each in added)
    made = answers(system, "cart", {each: Checkout(str(uuid.uuid4()), BRANCH, 300.0) for each in carts})
    refused = {each for each, answer in made.items() if isinstance(answer, Refusal)}
    assert {made[each].code for each in refused} == {"insufficient_stock"}
    buyers = made.keys() - refused
    assert len(buyers) == UNITS
    state = system.ask(stock, Look()).get(timeout=90).state
    assert state.level(scarce.product_id).available == 0
    assert state.level(plenty.product_id).reserved == UNITS, "all lines of a checkout or none"
    assert len(list(state.reservations())) == UNITS

    payments = {each: str(uuid.uuid4()) for each in carts}
    again = {each: Checkout(str(uuid.uuid4()), BRANCH, 300.0) for each in carts}
    pay = {each: RequestPayment(payments[each], "sandbox", "demo", None, again[each]) for each in carts}
    begun = answers(system, "cart", pay)
    assert {each for each, answer in begun.items() if isinstance(answer, Refusal)} == refused
    for said in (FindPayment(), ConfirmPayment(GOOD)):
        known = answers(system, "payment", {payments[each]: said for each in buyers})
        assert [key for key, answer in known.items() if isinstance(answer, Refusal)] == []
    system.quiesce()
    sold = system.ask(stock, Look()).get(timeout=90).state
    assert sold.level(scarce.product_id) == replace(Level(), received=UNITS, sold=UNITS)
    assert sold.level(plenty.product_id).sold == UNITS
    assert list(sold.reservations()) == []
    orders = [system.ask(Address("order", payments[each]), Look()).get(timeout=90).state for each in buyers]
    total = scarce.price + plenty.price
    assert [each.purchase.total for each in orders] == [total] * UNITS
    assert len({each.number for each in orders}) == UNITS
    assert SandboxCharge.objects.filter(amount=total, status="paid").count() == UNITS
    assert SandboxCharge.objects.count() == UNITS
    assert list(differences(journal, read_models(journal, ROWS))) == []
    assert system.stop(10)
    after = System(KINDS, journal, publish=None)
    after.start()
    try:
        asked = {each: Checkout(str(uuid.uuid4()), BRANCH, 300.0) for each in [*buyers][:1]}
        assert answers(after, "cart", asked) == {each: made[each] for each in asked}, "answered once for ever"
        level = after.ask(stock, Look()).get(timeout=90).state.level(scarce.product_id)
        assert (level.on_hand, level.sold) == (0, UNITS)
    finally:
        assert after.stop(10)
