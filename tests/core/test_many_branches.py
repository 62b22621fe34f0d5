"""Hundreds of branches: loading them, and what the directory keeps of them is what its rows say."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.demo import many
from core.fleet.directory import Directory, ref_of
from core.fleet.models import Trolley
from core.progress import Progress
from core.tenancy.models import Branch, Chain
from tests.core.support import World


def test_so_many_chains_branches_and_trolleys(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_demo", "--chains=2", "--branches=5", "--trolleys=4")
    told = capsys.readouterr()
    assert "Branches" in told.err
    assert "5 of 5" in told.err
    assert Chain.objects.filter(slug__startswith="many-").count() == 2
    assert Branch.objects.filter(chain__slug="many-1").count() in (2, 3)
    assert Trolley.objects.filter(branch__code__startswith="MANY-").count() == 20
    for row in Branch.objects.filter(code__startswith="MANY-"):
        row.full_clean()


def test_loading_them_again_changes_nothing(db: None, capsys: pytest.CaptureFixture[str]) -> None:

    for _ in range(2):
        many.load(1, 2, 3, Progress(sys.stderr))
    assert (Branch.objects.count(), Trolley.objects.count()) == (2, 6)


def test_the_directory_says_of_each_trolley_what_its_row_does(world: World) -> None:
    Trolley.objects.create(trolley_id="small-1", branch=world.sister, cart_number=1, is_active=False)
    Branch.objects.filter(pk=world.foreign.pk).update(is_active=False, session_timeout_s=77)
    directory = Directory()
    directory.reload()
    rows = Trolley.objects.select_related("branch__chain", "place_device")
    for row in rows:
        assert directory.trolley(row.trolley_id) == ref_of(row)
        assert directory.nonce(row.trolley_id) == row.qr_nonce
    assert directory.trolley("SMALL-1") == directory.trolley("small-1")
    assert directory.trolley("t-1") == directory.trolley("T-1")
    assert [ref.trolley_id for ref in directory.trolleys("OWN")] == ["T-1"]


def test_a_replay_says_how_far_it_is(db: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from core.management.commands import replay_journal

    told: list[Any] = ["a difference"]
    monkeypatch.setattr(replay_journal, "differences", lambda journal, models: iter(told))
    with pytest.raises(CommandError, match="1 differences"):
        call_command("replay_journal")
    told.clear()
    call_command("replay_journal")
    seen = capsys.readouterr()
    assert "The journal and the read models agree." in seen.out
    assert "trolley " in seen.err
