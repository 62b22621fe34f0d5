"""The in-memory journal keeps the contract of every journal."""

from __future__ import annotations

import pytest

from actors.runtime.journal import Journal, Write
from actors.runtime.memory import MemoryJournal
from tests.journal_contract import JournalContract

POISON = object()


def _project(write: Write) -> None:
    if write.state is POISON:
        raise ValueError("this row cannot be written")


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal(project=_project)

    def poison(self) -> object:
        return POISON
