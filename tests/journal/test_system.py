"""The runtime on a real store: what was answered is in the database, and a replay makes the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.messages import cart as carts
from actors.messages import trolley as trolleys
from actors.runtime import Address, Kind, System
from core.entities import ENTITIES, PROJECTIONS, ROWS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from core.replay.compare import differences
from core.replay.replay import read_models
from tests.journal.shop import offer, ref, user

KINDS = [Kind(each.name, each.decider, each.codec, snapshot_every=7) for each in ENTITIES.values()]


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest) -> Iterator[SqlJournal]:
    if request.param == "sqlite":
        path: Path = request.getfixturevalue("sqlite_path")
        store: SqlJournal = SqliteJournal(path, PROJECTIONS)
    else:
        store = PostgresJournal(request.getfixturevalue("new_journal_url"), PROJECTIONS)
    yield store
    store.close()


def test_a_visit_is_durable_answered_again_after_a_restart_and_replayed_alike(journal: SqlJournal) -> None:
    cart, first = Address("cart", user(1)), str(uuid.uuid4())
    system = System(KINDS, journal, publish=None)
    system.start()
    try:
        claim = trolleys.Claim(ref=ref(1), user_id=user(1), session_id=first)
        claimed = system.ask(Address("trolley", "TROLLEY_01"), claim, "claim").get(timeout=90)
        assert claimed.answer.created
        waiting = [
            system.ask(cart, carts.AddItem(offer(each % 3), 1, first), f"add-{each}") for each in range(40)
        ]
        answers = [each.get(timeout=90).answer for each in waiting]
        ended = system.ask(cart, carts.EndSession(first, "abandoned"), "end").get(timeout=90)
        assert ended.answer.items_cleared == 3
    finally:
        assert system.stop(10)
    assert list(differences(journal, read_models(journal, ROWS))) == []

    again = System(KINDS, journal, publish=None)
    again.start()
    try:
        repeated = again.ask(cart, carts.AddItem(offer(39 % 3), 1, first), "add-39").get(timeout=90)
        assert repeated.replayed
        assert repeated.answer == answers[39]
        earliest = again.ask(cart, carts.AddItem(offer(0), 1, first), "add-0").get(timeout=90)
        assert (earliest.replayed, earliest.answer) == (True, answers[0])
        assert (
            again.ask(Address("trolley", "TROLLEY_01"), claim, "claim").get(timeout=90).answer
            == claimed.answer
        )
    finally:
        assert again.stop(10)
    assert list(differences(journal, read_models(journal, ROWS))) == []
