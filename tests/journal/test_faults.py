"""What the stores do when rows are poisoned, owners doubled and connections lost."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from msgspec.structs import replace

from actors.messages.cart import AddItem
from actors.runtime.address import Address
from actors.runtime.errors import Fenced
from actors.runtime.journal import Write
from core.entities import PROJECTIONS
from core.journal.postgres import PostgresJournal
from core.journal.projector import Poisoned
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from tests.journal.proxy import Direction, Wire, wire_to
from tests.journal.shop import PARTITION, Shop, offer
from tests.journal_contract import record


def write(address: Address, seq: int = 1, data: bytes = b'{"by":1}') -> Write:
    """Return a write of one event of a kind without read models."""
    return Write(address, (record(seq, data=data),), (None,), None, None, 0, None, None)


def somebody() -> Address:
    """Return an address nobody used before."""
    return Address("counter", uuid.uuid4().hex)


@pytest.fixture(params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest) -> Iterator[SqlJournal]:
    if request.param == "sqlite":
        store: SqlJournal = SqliteJournal(request.getfixturevalue("sqlite_path"), PROJECTIONS)
    else:
        store = PostgresJournal(request.getfixturevalue("postgres_journal_url"), PROJECTIONS)
    yield store
    store.close()


# --- poison ---------------------------------------------------------------------


def test_one_poisoned_entity_of_many_is_refused_alone(journal: SqlJournal) -> None:
    batch = [write(somebody()) for _ in range(100)]
    batch[37] = write(batch[37].address, data=b'{"text":"a\\u0000b"}')
    batch[80] = write(batch[80].address, data=b"no JSON at all")
    result = journal.commit(PARTITION, journal.take(PARTITION), batch)
    assert set(result.refused) == {batch[37].address, batch[80].address}
    assert isinstance(result.refused[batch[37].address], Poisoned)
    assert [len(journal.load(each.address).events) for each in batch].count(1) == 98


def test_a_backslash_before_u0000_is_no_poison(journal: SqlJournal) -> None:
    harmless = write(somebody(), data=rb'{"text":"a\\u0000b"}')
    assert journal.commit(PARTITION, journal.take(PARTITION), [harmless]).refused == {}
    assert journal.load(harmless.address).events[0].data == harmless.events[0].data


def test_a_projection_that_raises_refuses_its_own_entity(journal: SqlJournal) -> None:
    shop = Shop()
    shop.send("cart", str(uuid.uuid4()), _add())
    good = shop.waiting[0]
    broken = replace(good, address=Address("cart", str(uuid.uuid4())), state=None)
    result = journal.commit(PARTITION, journal.take(PARTITION), [broken, good])
    assert {a: type(e) for a, e in result.refused.items()} == {broken.address: AttributeError}


def test_a_value_that_its_column_cannot_hold_refuses_its_own_entity(postgres_journal_url: str) -> None:
    store = PostgresJournal(postgres_journal_url, PROJECTIONS)
    shop = Shop()
    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    shop.send("cart", good, _add())
    shop.send("cart", bad, _add(name="a name longer than its column " * 20))
    result = store.commit(PARTITION, store.take(PARTITION), shop.waiting)
    assert {a: type(e) for a, e in result.refused.items()} == {
        Address("cart", bad): psycopg2.errors.StringDataRightTruncation
    }
    assert store.load(Address("cart", bad)).events == []
    assert store.query("SELECT total_items FROM shopping_cart WHERE user_id = ?", good) == [(1,)]
    store.close()


def _add(name: str = "Rice") -> AddItem:
    return AddItem(replace(offer(1), name=name), 1)


# --- two owners -----------------------------------------------------------------


def test_of_two_owners_in_a_race_only_the_last_can_write(
    journal: SqlJournal, request: pytest.FixtureRequest
) -> None:
    other = _second(journal, request)
    first, fenced = journal.take(PARTITION), threading.Event()
    entity, written = somebody(), []

    def keep_writing() -> None:
        try:
            for seq in range(1, 100_000):
                journal.commit(PARTITION, first, [write(entity, seq)])
                written.append(seq)
        except Fenced:
            fenced.set()

    thread = threading.Thread(target=keep_writing)
    thread.start()
    second = other.take(PARTITION)
    seen = len(other.load(entity).events)
    assert fenced.wait(90)
    thread.join()
    assert len(written) == seen == len(other.load(entity).events)
    assert other.commit(PARTITION, second, [write(entity, seen + 1)]).refused == {}
    other.close()


def _second(journal: SqlJournal, request: pytest.FixtureRequest) -> SqlJournal:
    if isinstance(journal, SqliteJournal):
        return SqliteJournal(request.getfixturevalue("sqlite_path"), PROJECTIONS)
    return PostgresJournal(request.getfixturevalue("postgres_journal_url"), PROJECTIONS)


def test_a_fenced_owner_is_told_so_on_the_slow_path_too(journal: SqlJournal) -> None:
    old = journal.take(PARTITION)
    journal.take(PARTITION)
    poisoned = write(somebody(), data=b"no JSON at all")
    good = write(somebody())
    with pytest.raises(Fenced):
        journal.commit(PARTITION, old, [poisoned, good])
    assert journal.load(good.address).events == []


# --- SQLite ---------------------------------------------------------------------


def test_a_locked_database_fails_the_whole_commit_and_the_next_one_works(sqlite_path: Path) -> None:
    store = SqliteJournal(sqlite_path, PROJECTIONS, busy_s=0.05)
    epoch = store.take(PARTITION)
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    one = write(somebody())
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.commit(PARTITION, epoch, [one])
    other.execute("ROLLBACK")
    assert store.commit(PARTITION, epoch, [one]).refused == {}
    other.close()
    store.close()


def test_the_file_is_in_wal_mode_and_syncs_each_commit(sqlite_path: Path) -> None:
    store = SqliteJournal(sqlite_path, PROJECTIONS)
    assert store.query("PRAGMA journal_mode") == [("wal",)]
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


# --- lost connections -------------------------------------------------------------


@pytest.fixture
def wired(postgres_journal_url: str) -> Iterator[tuple[Wire, PostgresJournal]]:
    """A store behind a wire that can be cut, with a partition of its own."""
    with wire_to(postgres_journal_url) as (wire, url):
        store = PostgresJournal(url, PROJECTIONS, patience_s=10)
        yield wire, store
        store.close()


@pytest.fixture
def straight(postgres_journal_url: str) -> Iterator[PostgresJournal]:
    """Another store on the same database, not behind the wire."""
    store = PostgresJournal(postgres_journal_url, PROJECTIONS)
    yield store
    store.close()


def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    wired: tuple[Wire, PostgresJournal], straight: PostgresJournal
) -> None:
    wire, store = wired
    epoch, one, two = store.take("lost"), write(somebody()), write(somebody())
    wire.cut("answer")
    assert store.commit("lost", epoch, [one]).refused == {}
    assert wire.was_cut.is_set()
    assert len(straight.load(one.address).events) == 1
    assert store.commit("lost", epoch, [two]).refused == {}


def test_a_commit_that_never_arrived_is_sent_again(
    wired: tuple[Wire, PostgresJournal], straight: PostgresJournal
) -> None:
    wire, store = wired
    epoch, one = store.take("lost"), write(somebody())
    wire.cut("question")
    assert store.commit("lost", epoch, [one]).refused == {}
    assert wire.was_cut.is_set()
    assert len(straight.load(one.address).events) == 1


@pytest.mark.parametrize("after", range(5), ids=["begin", "savepoint", "insert", "release", "commit"])
@pytest.mark.parametrize("direction", ["question", "answer"])
def test_a_connection_lost_on_the_slow_path_still_refuses_one_and_writes_the_rest_once(
    wired: tuple[Wire, PostgresJournal], straight: PostgresJournal, direction: Direction, after: int
) -> None:
    wire, store = wired
    epoch = store.take("lost")
    bad, good = write(somebody(), data=b'{"text":"\\u0000"}'), write(somebody())
    wire.cut(direction, after=after)
    result = store.commit("lost", epoch, [bad, good])
    assert wire.was_cut.is_set()
    assert list(result.refused) == [bad.address]
    assert len(straight.load(good.address).events) == 1


def test_a_commit_still_running_on_the_dead_connection_is_waited_for(
    wired: tuple[Wire, PostgresJournal], straight: PostgresJournal, postgres_journal_url: str
) -> None:
    wire, store = wired
    epoch, one = store.take("lost"), write(somebody())
    blocker = psycopg2.connect(postgres_journal_url)
    watcher = psycopg2.connect(postgres_journal_url)
    watcher.autocommit = True
    blocker.cursor().execute("LOCK TABLE journal_event IN EXCLUSIVE MODE")
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(store.commit("lost", epoch, [one]).refused))
    thread.start()
    _wait_for(watcher, "query LIKE 'WITH f AS%%' AND wait_event_type = 'Lock'")
    wire.break_now()
    _wait_for(watcher, "query LIKE 'UPDATE journal_partition%%' AND wait_event_type = 'Lock'")
    blocker.rollback()
    thread.join(20)
    assert results == [{}]
    assert len(straight.load(one.address).events) == 1
    blocker.close()
    watcher.close()


def _wait_for(watcher: psycopg2.extensions.connection, condition: str) -> None:
    """Return once a backend of the database is in that condition; fail after a while."""
    with watcher.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute(
                "SELECT pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity"
                f" WHERE datname = current_database() AND {condition}"
            )
            row = cursor.fetchone()
            if row is not None and row[1]:
                return
    pytest.fail(f"no backend ever had {condition}")


def test_a_database_that_stays_away_fails_the_commit_and_a_load_finds_out_what_became_of_it(
    wired: tuple[Wire, PostgresJournal],
) -> None:
    wire, store = wired
    store._patience_s = 0.0
    epoch, one = store.take("lost"), write(somebody())
    wire.cut("answer", down=True)
    with pytest.raises(psycopg2.OperationalError):
        store.commit("lost", epoch, [one])
    with pytest.raises(psycopg2.OperationalError):
        store.load(one.address)
    wire.mend()
    assert len(store.load(one.address).events) == 1
    assert store.commit("lost", epoch, [write(one.address, 2)]).refused == {}


def test_a_transaction_that_the_server_keeps_open_for_a_lost_client_ends_by_itself(
    postgres_journal_url: str, straight: PostgresJournal
) -> None:
    with wire_to(postgres_journal_url) as (wire, url):
        store = PostgresJournal(url, PROJECTIONS, stalled_s=0.1)
        epoch = store.take("lost")
        bad, good = write(somebody(), data=b"no JSON at all"), write(somebody())
        wire.cut("question", after=2, hold=True)
        assert list(store.commit("lost", epoch, [bad, good]).refused) == [bad.address]
        assert wire.was_cut.is_set()
        assert len(straight.load(good.address).events) == 1
        store.close()


def test_a_commit_that_arrives_after_it_was_given_up_changes_nothing(
    wired: tuple[Wire, PostgresJournal],
) -> None:
    wire, store = wired
    store._patience_s = 0.0
    epoch, one = store.take("lost"), write(somebody())
    wire.cut("question", down=True, hold=True)
    with pytest.raises(psycopg2.OperationalError):
        store.commit("lost", epoch, [one])
    wire.mend()
    assert store.load(one.address).events == []
    assert b"division by zero" in wire.deliver_late()
    assert store.load(one.address).events == []
    assert store.commit("lost", epoch, [one]).refused == {}


def test_a_reader_whose_connection_died_reads_on_a_new_one(wired: tuple[Wire, PostgresJournal]) -> None:
    wire, store = wired
    epoch, one = store.take("lost"), write(somebody())
    store.commit("lost", epoch, [one])
    assert len(store.load(one.address).events) == 1
    wire.break_now()
    assert len(store.load(one.address).events) == 1
