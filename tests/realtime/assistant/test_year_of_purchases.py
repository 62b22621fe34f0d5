"""``load_demo --history``: the simulated shoppers' purchases are in the journal as all others are."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from core.assistant.recommendations import files
from core.demo import history
from core.orders.models import Order


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, database: Path) -> None:
    """A shorter year of fewer shoppers, in files of its own."""
    monkeypatch.setattr(history, "orders", partial(history.orders, shoppers=8, days=80))
    settings.DATA_DIR = tmp_path
    settings.JOURNAL_MARKS = tmp_path / "journal.marks"


def test_the_purchases_are_numbered_and_learnt_from_and_written_once(
    few: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_demo", "--history", verbosity=0)
    assert "recall@10 in the last week" in capsys.readouterr().out
    count = Order.objects.count()
    assert count >= 50
    assert not Order.objects.filter(number=None).exists()
    assert len(set(Order.objects.values_list("branch_code", "number"))) == count
    assert files.path_of("demo-chain").exists()
    call_command("load_demo", "--history", verbosity=0)
    assert Order.objects.count() == count
    call_command("replay_journal", verbosity=0)
