"""The journal replayed from nothing: each entity's states, and the read models they make.

Offline work: it holds all rows in memory and expects that nobody writes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from actors.runtime.address import Address
from actors.runtime.journal import Recorded, Write
from core.entities import ENTITIES, DurableKind
from core.journal.projector import ORDER
from core.journal.store import SqlJournal
from core.journal.tables import Form, Row

_STRETCH = 1000

Columns = dict[str, Any]


class ReplayFailed(Exception):
    """The journal cannot be replayed: a gap, an event that does not fit, a snapshot that differs."""


def writes(journal: SqlJournal, entity: DurableKind, address: Address) -> Iterator[Write]:
    """Yield a write for every event of an entity, as if each had been committed alone.

    Raises ReplayFailed for a gap, a wrong snapshot, or an event that codec or decider do not accept.
    """
    state, after = entity.decider.initial(address.key), 0
    loaded = journal.load(address)
    while stretch := journal.read(address, after, after + _STRETCH):
        for recorded in stretch:
            if recorded.seq != after + 1:
                raise ReplayFailed(f"{address}: expected seq {after + 1}, got {recorded.seq}")
            after = recorded.seq
            state, event = _next(entity, address, state, recorded)
            if after == loaded.snapshot_seq:
                _check_snapshot(entity, address, state, loaded.snapshot or b"", loaded.snapshot_version)
            yield Write(
                address=address,
                events=(recorded,),
                decoded=(event,),
                state=state,
                snapshot=None,
                snapshot_version=0,
                wake=None,
                told=None,
            )
    if after < loaded.snapshot_seq:
        raise ReplayFailed(
            f"{address}: the snapshot is at seq {loaded.snapshot_seq}, the last event at {after}"
        )


def _next(entity: DurableKind, address: Address, state: Any, recorded: Recorded) -> tuple[Any, Any]:
    try:
        event = entity.codec.decode_event(recorded.name, recorded.version, recorded.data)
        return entity.decider.evolve(state, event), event
    except Exception as why:
        raise ReplayFailed(f"{address} seq {recorded.seq} {recorded.name}: {why}") from why


def _check_snapshot(entity: DurableKind, address: Address, state: Any, data: bytes, version: int) -> None:
    stored = entity.codec.decode_state(data, version)
    if stored is not None and entity.codec.lasting(stored) != entity.codec.lasting(state):
        raise ReplayFailed(f"{address}: the snapshot differs from the state that the events make")


class ReadModels:
    """Tables in memory that take rows as the database does.

    ``update_only`` names tables whose rows exist beforehand; here they come with their first update.
    """

    def __init__(self, rows: tuple[type[Row], ...]) -> None:
        self.whole = {kind.form.table: kind for kind in rows if kind.form.mode == "upsert"}
        """The row type that has all columns, by table."""
        for kind in rows:
            self.whole.setdefault(kind.form.table, kind)
        self.tables: dict[str, dict[tuple[Any, ...], Columns]] = {table: {} for table in self.whole}
        self._found: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], dict[tuple[Any, ...], None]]] = {
            (kind.form.table, kind.form.key): {} for kind in rows
        }

    def apply(self, rows: list[Row]) -> None:
        """Carry out the rows of one write in the order of the stores."""
        for row in sorted(rows, key=lambda row: ORDER[row.form.mode]):
            form = row.form
            columns = {name: getattr(row, name) for name in form.columns}
            key = tuple(columns[name] for name in form.key)
            if form.mode == "upsert" or self.whole[form.table] is type(row):
                self._put(form.table, key, columns)
                continue
            for place in list(self._found[form.table, form.key].get(key, ())):
                if form.mode == "delete":
                    self._drop(form.table, place)
                else:
                    self._update(form, place, columns)

    def _put(self, table: str, place: tuple[Any, ...], columns: Columns) -> None:
        self.tables[table][place] = columns
        for (name, key), found in self._found.items():
            if name == table:
                found.setdefault(tuple(columns[each] for each in key), {})[place] = None

    def _drop(self, table: str, place: tuple[Any, ...]) -> None:
        columns = self.tables[table].pop(place)
        for (name, key), found in self._found.items():
            if name == table:
                del found[tuple(columns[each] for each in key)][place]

    def _update(self, form: Form, place: tuple[Any, ...], columns: Columns) -> None:
        stored = self.tables[form.table][place]
        if not form.while_null or stored[form.while_null] is None:
            stored.update(columns)

    def rows(self, table: str) -> list[Row]:
        """Return the whole rows of a table."""
        kind = self.whole[table]
        return [kind(**columns) for columns in self.tables[table].values()]


Over = Callable[[str, list[Address], int], Iterable[Address]]
"""Goes over addresses of a kind, and shows how far it is: given the kind, them, and how many there are."""


def _unseen(what: str, items: list[Address], total: int) -> Iterable[Address]:
    return items


def read_models(journal: SqlJournal, rows: tuple[type[Row], ...], over: Over = _unseen) -> ReadModels:
    """Replay the whole journal into fresh read models."""
    models = ReadModels(rows)
    for entity in ENTITIES.values():
        addresses = list(journal.addresses(entity.name))
        for address in over(entity.name, addresses, len(addresses)):
            for write in writes(journal, entity, address):
                models.apply(list(entity.project(write)))
    return models
