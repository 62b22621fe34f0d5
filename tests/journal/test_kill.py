"""Invariants 2 and 10 over kill -9: what was answered is in the journal, and the read models agree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.runtime.address import Address
from core.entities import PROJECTIONS, ROWS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from core.replay.compare import differences
from core.replay.replay import read_models

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = 400


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest) -> str:
    """The address of an empty store."""
    return str(request.getfixturevalue("sqlite_path" if request.param == "sqlite" else "new_journal_url"))


@pytest.fixture
def journal(where: str) -> Iterator[SqlJournal]:
    store = (PostgresJournal if "://" in where else SqliteJournal)(where, PROJECTIONS)
    yield store
    store.close()


def test_what_was_answered_before_a_kill_is_durable_and_replayed_alike(
    where: str, journal: SqlJournal
) -> None:
    command = [sys.executable, "-m", "tests.journal.victim", where]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        answered = [victim.stdout.readline().split() for _ in range(ANSWERS)]
        victim.kill()
        answered += [
            line.split() for line in victim.stdout.read().splitlines(keepends=True) if line.endswith("\n")
        ]
    assert len(answered) >= ANSWERS
    journal.take("main")
    for key, command_id in answered:
        kept = journal.known(Address("cart", key), command_id)
        assert kept is not None, f"{command_id} was answered and is not in the journal"
        assert kept.answer is not None
    assert list(differences(journal, read_models(journal, ROWS))) == []
