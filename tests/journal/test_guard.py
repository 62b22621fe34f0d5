"""A journal that has lost or changed what was answered says so, and by name."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from actors.runtime.address import Address
from core.entities import PROJECTIONS
from core.journal.guard import Damage, JournalDamaged, accept_loss, damages_of, look
from core.journal.marks import Marks
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from tests.journal.test_faults import somebody, write

ROOT = Path(__file__).resolve().parents[2]


class Shelf:
    """A store of a partition of its own, that can be opened again and meddled with."""

    def __init__(self, where: str, marks: Path) -> None:
        self.where, self.marks = where, marks
        self.partition = uuid.uuid4().hex[:8]
        self.opened: list[SqlJournal] = []

    def open(self) -> SqlJournal:
        kind = PostgresJournal if "://" in self.where else SqliteJournal
        self.opened.append(kind(self.where, PROJECTIONS, marks=self.marks))
        return self.opened[-1]

    def commit(self, journal: SqlJournal, *batches: list[Address]) -> None:
        epoch = journal.take(self.partition)
        for batch in batches:
            journal.commit(self.partition, epoch, [write(each) for each in batch])

    def run(self, sql: str, *values: object) -> None:
        """Change the tables behind the journal's back."""
        if "://" in self.where:
            with psycopg2.connect(self.where) as connection, connection.cursor() as cursor:
                cursor.execute(sql.replace("?", "%s"), values)
            connection.close()
        else:
            with sqlite3.connect(self.where) as connection:
                connection.execute(sql, values)
            connection.close()

    def damages(self, full: bool = False) -> list[Damage]:
        return list(damages_of(self.open(), self.partition, full))


@pytest.fixture(params=["sqlite", "postgres"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    where = request.getfixturevalue("sqlite_path" if request.param == "sqlite" else "postgres_journal_url")
    shelf = Shelf(str(where), tmp_path / "marks")
    yield shelf
    for store in shelf.opened:
        store.close()


def test_a_whole_journal_is_found_whole(shelf: Shelf) -> None:
    journal = shelf.open()
    first = somebody()
    shelf.commit(journal, [first], [somebody() for _ in range(150)], [somebody()])
    batch = [write(somebody()), write(somebody(), data=b"no JSON at all"), write(first, 2)]
    epoch = journal.take(shelf.partition)
    assert list(journal.commit(shelf.partition, epoch, batch).refused) == [batch[1].address]
    shelf.commit(shelf.open(), [somebody()])
    assert shelf.open().head(shelf.partition).number == 5
    assert shelf.damages() == shelf.damages(full=True) == []
    look(journal, shelf.partition)


def test_a_commit_without_events_is_no_link_of_the_chain(shelf: Shelf) -> None:
    journal = shelf.open()
    shelf.commit(journal, [somebody()], [], [somebody()])
    assert journal.head(shelf.partition).number == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal_event SET data = '{\"by\":2}' WHERE entity = ?",
        "UPDATE journal_event SET at = at + 1 WHERE entity = ?",
        "UPDATE journal_event SET principal = 'somebody else' WHERE entity = ?",
        "DELETE FROM journal_event WHERE entity = ?",
    ],
)
def test_a_changed_event_is_found_with_its_commit_and_entities(shelf: Shelf, change: str) -> None:
    meddled, beside = somebody(), somebody()
    shelf.commit(shelf.open(), [somebody()], [meddled, beside], [somebody()])
    shelf.run(change, str(meddled))
    [damage] = shelf.damages()
    assert (damage.first, damage.last, damage.missing) == (2, 2, False)
    assert list(damage.entities) == [str(meddled), str(beside)]
    with pytest.raises(JournalDamaged, match=f"commit 2 .*{meddled.key}.*not as written"):
        look(shelf.open(), shelf.partition)


def test_a_hole_in_the_chain_is_found(shelf: Shelf) -> None:
    shelf.commit(shelf.open(), *[[somebody()] for _ in range(5)])
    shelf.run("DELETE FROM journal_commit WHERE partition_name = ? AND number IN (2, 3)", shelf.partition)
    [damage] = shelf.damages()
    assert (damage.first, damage.last, damage.missing) == (2, 3, True)


def test_lost_commits_at_the_end_are_named_and_can_be_accepted(shelf: Shelf) -> None:
    lost = [somebody() for _ in range(3)]
    shelf.commit(shelf.open(), [somebody()], *[[each] for each in lost])
    for each in lost:
        shelf.run("DELETE FROM journal_event WHERE entity = ?", str(each))
    shelf.run("DELETE FROM journal_commit WHERE partition_name = ? AND number > 1", shelf.partition)
    [damage] = shelf.damages()
    assert (damage.first, damage.last, damage.missing) == (2, 4, True)
    assert list(damage.entities) == [str(each) for each in lost]
    with pytest.raises(JournalDamaged, match="commits 2 to 4"):
        look(shelf.open(), shelf.partition)
    look(shelf.open(), shelf.partition, accept=True)
    journal = shelf.open()
    prefix = f"accepted:{shelf.partition}:"
    sql = "SELECT value FROM journal_meta WHERE substr(name, 1, ?) = ?"
    assert journal.query(sql, len(prefix), prefix) == [("commits 2 to 4 lost or changed",)]
    shelf.commit(journal, [somebody()], [somebody()])
    assert shelf.damages() == shelf.damages(full=True) == []


def test_what_was_accepted_is_not_complained_of_again(shelf: Shelf) -> None:
    meddled = somebody()
    shelf.commit(shelf.open(), [meddled], [somebody()])
    shelf.run("DELETE FROM journal_event WHERE entity = ?", str(meddled))
    accept_loss(shelf.open(), shelf.partition, shelf.damages())
    shelf.commit(shelf.open(), [somebody()])
    assert shelf.damages() == []


def test_marks_of_another_journal_and_half_a_line_say_nothing(shelf: Shelf) -> None:
    shelf.commit(shelf.open(), [somebody()])
    stream = shelf.open().stream_epoch
    with shelf.marks.open("a") as file:
        file.write(f'["another","{shelf.partition}",99,"",0,[]]\n["{stream}","{shelf.partition}",99,')
    shelf.commit(shelf.open(), [somebody()])
    assert shelf.damages() == []
    assert [mark.number for mark in Marks(shelf.marks).read(stream, shelf.partition)] == [1, 2]


def test_a_flipped_byte_in_the_log_of_a_killed_database_is_found(sqlite_path: Path, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    command = [sys.executable, "-m", "tests.journal.victim", str(sqlite_path), str(marks)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        answered = [victim.stdout.readline().split() for _ in range(200)]
        victim.kill()
        victim.stdout.read()
    wal = Path(f"{sqlite_path}-wal")
    _flip(wal, wal.stat().st_size // 2)
    journal = SqliteJournal(sqlite_path, PROJECTIONS, marks=marks)
    try:
        known: Callable[[str, str], object] = lambda key, name: journal.known(Address("cart", key), name)
        assert not all(known(*each) for each in answered), "the database has lost nothing"
        with pytest.raises(JournalDamaged, match=r"commits? \d+.*cart/.*: missing") as raised:
            look(journal, "main")
        assert raised.value.damages[0].first == journal.head("main").number + 1
        look(journal, "main", accept=True)
        look(journal, "main")
    finally:
        journal.close()


def _flip(path: Path, offset: int) -> None:
    file = os.open(path, os.O_RDWR)
    [byte] = os.pread(file, 1, offset)
    os.pwrite(file, bytes([byte ^ 0x40]), offset)
    os.close(file)
