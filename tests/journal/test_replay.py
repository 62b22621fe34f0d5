"""Invariant 10: the journal replayed from nothing gives the same state and the same read models."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from actors.runtime.errors import Fenced
from core.config import addresses
from core.entities import ENTITIES, PROJECTIONS, ROWS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from core.replay.compare import differences
from core.replay.opening import open_journal
from core.replay.rebuild import rebuild
from core.replay.replay import ReplayFailed, read_models, writes
from tests.journal.shop import PARTITION, Shop, user
from tests.journal.steps import (
    Step,
    add,
    bank_says,
    buy,
    change,
    check_out,
    claim,
    deliver_goods,
    give_back,
    let_out,
    link,
    pay,
    restore,
    see,
    stories,
    wait,
)

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("journal_event", "journal_commit", "journal_snapshot", "journal_wake")


def play(journal: SqlJournal, story: list[tuple[Step, bool]], *, patient: bool = False) -> Shop:
    """Act the story and commit it as it is cut; ``patient`` lets conversations end at each cut."""
    shop, epoch = Shop(), journal.take(PARTITION)
    for step, cut in story:
        step(shop)
        if cut:
            shop.commit(journal, epoch, snapshots=True)
        while cut and patient and not shop.quiet:
            shop.commit(journal, epoch)
    while not shop.quiet:
        shop.commit(journal, epoch)
    return shop


def empty(journal: SqlJournal) -> None:
    """Forget everything, so that each example begins from nothing."""
    for table in TABLES:
        journal.query(f"DELETE FROM {table}")
    rebuild(journal, read_models(journal, ROWS))


@pytest.fixture(scope="module")
def sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlJournal]:
    path = tmp_path_factory.mktemp("replay") / "journal.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    store = SqliteJournal(path, PROJECTIONS)
    yield store
    store.close()


@pytest.fixture(scope="module")
def postgres(new_journal_url: str) -> Iterator[SqlJournal]:
    store = PostgresJournal(new_journal_url, PROJECTIONS)
    yield store
    store.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def journal(request: pytest.FixtureRequest) -> SqlJournal:
    store: SqlJournal = request.getfixturevalue(request.param)
    return store


quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@given(story=stories)
@quick
def test_the_read_models_are_what_a_replay_makes_however_the_commits_were_cut(
    journal: SqlJournal, story: list[tuple[Step, bool]]
) -> None:
    empty(journal)
    play(journal, story)
    assert list(differences(journal, read_models(journal, ROWS))) == []


@given(story=stories)
@settings(parent=quick, max_examples=25)
def test_a_replay_ends_in_the_state_that_the_entities_had(
    sqlite: SqlJournal, story: list[tuple[Step, bool]]
) -> None:
    empty(sqlite)
    shop = play(sqlite, story)
    for name, entity in ENTITIES.items():
        for address in sqlite.addresses(name):
            *_, last = writes(sqlite, entity, address)
            assert entity.codec.lasting(last.state) == entity.codec.lasting(shop.states[address])


STORY: list[tuple[Step, bool]] = [
    (link(True), True),
    (see(1, "closed", True), True),
    (claim(1, 1), True),
    (see(1, "open", False), False),
    (add(1, 1, 2), True),
    (add(1, 2, 1), False),
    (change(1, 3), True),
    (deliver_goods(1, 9), False),
    (deliver_goods(2, 9), True),
    (check_out(1), True),
    (pay(1), True),
    (bank_says("yes"), True),
    (see(1, "closed", True), True),
    (claim(2, 2), True),
    (add(2, 3, 4), False),
    (wait, True),
    (restore(2), True),
]


def test_a_visit_leaves_its_session_its_rental_and_an_empty_cart(journal: SqlJournal) -> None:
    empty(journal)
    play(journal, STORY, patient=True)
    sessions = journal.query(
        "SELECT trolley_code, outcome, items_cleared FROM fleet_session ORDER BY started_at"
    )
    assert sessions == [("TROLLEY_01", "paid", 0), ("TROLLEY_02", "expired", 1)]
    assert journal.query("SELECT status FROM fleet_rental") == [("returned",)]
    rows = journal.query("SELECT total_items, total_price FROM shopping_cart ORDER BY total_items")
    assert [(units, float(price)) for units, price in rows] == [(0, 0.0), (4, 198.0)]
    assert journal.query("SELECT quantity FROM shopping_cart_item") == [(4,)]
    paid = journal.query("SELECT status, amount, order_id = payment_id, unsettled FROM payments_payment")
    assert [(status, float(amount), same, due) for status, amount, same, due in paid] == [
        ("paid", 198.0, True, False)
    ]
    [(total, status)] = journal.query("SELECT total, status FROM orders_order")
    assert (float(total), status) == (198.0, "paid")
    phases = journal.query("SELECT phase, custody, seq > 0 FROM fleet_trolley ORDER BY trolley_id")
    assert [tuple(row[:2]) for row in phases] == [("available", "docked"), ("available", "unknown")]


def test_an_order_keeps_its_lines_its_number_and_what_was_given_back(journal: SqlJournal) -> None:
    empty(journal)
    story = [
        (add(1, 1, 2), False),
        (add(1, 2, 1), False),
        (buy(1, 1), True),
        (buy(2, 1), True),
        (let_out(1), True),
        (give_back(1, "1.50", True), True),
        (give_back(2, None, False), True),
    ]
    play(journal, story, patient=True)
    columns = "number, status, units, total, refunded, verified_at IS NULL"
    rows = journal.query(f"SELECT {columns} FROM orders_order ORDER BY number")
    assert [(*row[:3], float(row[3]), float(row[4]), bool(row[5])) for row in rows] == [
        (1, "partly_refunded", 3, 148.5, 1.5, False),
        (2, "paid", 3, 148.5, 0.0, True),
    ]
    lines = journal.query("SELECT quantity, unit_price, returned FROM orders_orderitem ORDER BY id")
    assert sorted((row[0], float(row[1]), row[2]) for row in lines) == [(1, 49.5, 0)] * 2 + [(2, 49.5, 1)] * 2
    refunds = journal.query("SELECT amount, status, detail FROM orders_refund ORDER BY amount")
    assert [(float(amount), *rest) for amount, *rest in refunds] == [
        (1.5, "made", ""),
        (148.5, "failed", "card closed"),
    ]


def test_times_are_kept_to_the_microsecond(journal: SqlJournal) -> None:
    empty(journal)
    shop = play(journal, [(claim(1, 1), True)], patient=True)
    since = shop.state("trolley", "TROLLEY_01").since
    [(stored,)] = journal.query("SELECT assigned_at FROM fleet_trolley WHERE trolley_id = 'TROLLEY_01'")
    if isinstance(stored, str):
        stored = datetime.fromisoformat(stored).replace(tzinfo=UTC)
    assert stored == datetime.fromtimestamp(since, UTC)


def test_a_rebuild_mends_what_was_tampered_with(journal: SqlJournal) -> None:
    empty(journal)
    play(journal, STORY, patient=True)
    journal.query("UPDATE shopping_cart SET total_price = 1, total_items = 99")
    journal.query("DELETE FROM fleet_session")
    journal.query("UPDATE fleet_trolley SET phase = 'held'")
    models = read_models(journal, ROWS)
    found = {(each.table, each.column) for each in differences(journal, models)}
    assert found == {
        ("shopping_cart", "total_price"),
        ("shopping_cart", "total_items"),
        ("fleet_session", ""),
        ("fleet_trolley", "phase"),
    }
    rebuild(journal, models)
    assert list(differences(journal, models)) == []


def test_a_rebuild_fences_a_server_that_still_runs(journal: SqlJournal) -> None:
    empty(journal)
    epoch = journal.take(PARTITION)
    shop = Shop()
    add(1, 1, 1)(shop)
    shop.commit(journal, epoch)
    rebuild(journal, read_models(journal, ROWS))
    add(1, 1, 1)(shop)
    with pytest.raises(Fenced):
        shop.commit(journal, epoch)


def test_a_trolley_that_the_fleet_no_longer_has_is_skipped(journal: SqlJournal) -> None:
    empty(journal)
    play(journal, [(claim(3, 1), True)])
    assert journal.query("SELECT count(*) FROM fleet_trolley WHERE trolley_id = 'TROLLEY_03'") == [(0,)]
    assert journal.query("SELECT trolley_code FROM fleet_session") == [("TROLLEY_03",)]


def test_a_gap_in_the_journal_is_named(sqlite: SqlJournal) -> None:
    empty(sqlite)
    play(sqlite, STORY, patient=True)
    sqlite.query("DELETE FROM journal_event WHERE entity = ? AND seq = 2", f"cart/{user(1)}")
    with pytest.raises(ReplayFailed, match="expected seq 2, got 3"):
        read_models(sqlite, ROWS)


def test_a_snapshot_that_the_events_do_not_make_is_named(sqlite: SqlJournal) -> None:
    empty(sqlite)
    play(sqlite, STORY, patient=True)
    sqlite.query("UPDATE journal_snapshot SET data = replace(data, '\"units\":', '\"units\":1')")
    with pytest.raises(ReplayFailed, match="the snapshot differs"):
        read_models(sqlite, ROWS)


def manage(command: str, url: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run a management command on a database."""
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_commands_check_rebuild_and_check_again(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('sqlite_path')}"
    else:
        url = request.getfixturevalue("new_journal_url")
    with closing(open_journal(addresses.database(url))) as store:
        empty(store)
        play(store, STORY, patient=True)
        assert manage("check_journal", url, tmp_path).returncode == 0
        store.query("UPDATE shopping_cart SET total_price = 1 WHERE total_items = 4")
    checked = manage("check_journal", url, tmp_path)
    assert checked.returncode == 1
    assert "shopping_cart  " in checked.stdout
    assert "total_price" in checked.stdout
    assert manage("rebuild_read_models", url, tmp_path).returncode == 0
    again = manage("check_journal", url, tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
