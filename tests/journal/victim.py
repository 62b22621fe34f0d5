"""A process to be killed: adds items to carts and prints the id of each command once it is answered."""

from __future__ import annotations

import itertools
import sys
from collections import deque
from pathlib import Path
from typing import Any

import django

django.setup()

# ruff: noqa: E402 - the entities' rows need the apps that the line above has set up
from actors.messages.cart import AddItem, ClearCart
from actors.runtime import Address, Kind, System
from core.entities import ENTITIES, PROJECTIONS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from tests.journal.shop import offer, user

CARTS = 20
IN_FLIGHT = 100


def main(where: str, marks: str | None = None) -> None:
    """Work on the store at a PostgreSQL URL or an SQLite path until killed."""
    path = Path(marks) if marks else None
    store = (PostgresJournal if "://" in where else SqliteJournal)(where, PROJECTIONS, marks=path)
    system = System(
        [Kind(each.name, each.decider, each.codec, snapshot_every=10) for each in ENTITIES.values()],
        store,
        publish=None,
    )
    system.start()
    waiting: deque[tuple[str, str, Any]] = deque()
    for number in itertools.count():
        key, command_id = user(number % CARTS), f"command-{number}"
        command = ClearCart() if number % 97 == 0 else AddItem(offer(number % 7), 1)
        waiting.append((key, command_id, system.ask(Address("cart", key), command, command_id)))
        if len(waiting) >= IN_FLIGHT:
            key, command_id, reply = waiting.popleft()
            outcome = reply.get(timeout=90)
            if outcome.seq and number % 97:
                print(key, command_id, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
