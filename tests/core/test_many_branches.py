"""Hundreds of branches: loading them, and what the directory keeps of them is what its rows say."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import reference
from core.catalogue.live.catalogue import Catalogue
from core.demo import many
from core.fleet.directory import Directory, ref_of
from core.fleet.models import Trolley
from core.host import References
from core.progress import ProgressBar
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
    made = list(Trolley.objects.filter(branch__code__startswith="MANY-"))
    for one in made:
        one.full_clean()
    assert {(one.phase, one.custody, one.is_active, one.missing) for one in made} == {
        ("available", "unknown", True, False)
    }
    assert len({one.qr_nonce for one in made}) == 20


def test_each_chains_products_are_read_once_at_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[str]()
    monkeypatch.setattr(Catalogue, "reload", lambda catalogue: read.append(catalogue.chain))
    References().reload()
    assert sorted(read) == ["other-chain", "own-chain"]


def test_loading_them_again_changes_nothing(db: None, capsys: pytest.CaptureFixture[str]) -> None:

    for _ in range(2):
        many.load(1, 2, 3, ProgressBar(sys.stderr))
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


def test_a_branchs_new_settings_are_read_without_the_trolleys_of_others(world: World) -> None:
    Trolley.objects.create(trolley_id="S-1", branch=world.sister, cart_number=1)
    directory = Directory()
    directory.reload()
    Branch.objects.filter(pk=world.own.pk).update(session_timeout_s=77, floor_plan={"width_m": 3})
    Trolley.objects.filter(trolley_id="S-1").update(cart_number=9)
    new = Branch.objects.create(chain=world.chain, code="NEW", name="New")
    with CaptureQueriesContext(connection) as asked:
        directory.reload_branches()
    assert len(asked) == 3, "branches, the trolleys of one of them, chains"
    own, sister = directory.trolley("T-1"), directory.trolley("S-1")
    assert own is not None
    assert own.session_timeout_s == 77
    assert directory.trolleys("OWN") == (own,)
    assert sister is not None
    assert sister.cart_number == 1, "a trolley's own changes wait for the whole to be read"
    branch = directory.branch("OWN")
    assert branch is not None
    assert branch.floor_plan == {"width_m": 3}
    assert directory.find_branch(str(new.pk)) == directory.branch("NEW")
    whole = Directory()
    Trolley.objects.filter(trolley_id="S-1").update(cart_number=1)
    whole.reload()
    assert directory._plan == whole._plan


@pytest.mark.parametrize("change", ["closed", "opened", "currency", "chain_closed"])
def test_what_a_branch_or_its_chain_decides_is_read_as_in_a_whole_reload(world: World, change: str) -> None:
    Trolley.objects.create(trolley_id="OFF", branch=world.own, cart_number=2, is_active=False)
    if change == "opened":
        Branch.objects.filter(pk=world.own.pk).update(is_active=False)
    directory, whole = Directory(), Directory()
    directory.reload()
    if change in ("closed", "opened"):
        Branch.objects.filter(pk=world.own.pk).update(is_active=change == "opened")
    else:
        fields: dict[str, Any] = {"currency": "EUR"} if change == "currency" else {"is_active": False}
        Chain.objects.filter(pk=world.chain.pk).update(**fields)
    directory.reload_branches()
    whole.reload()
    assert directory._plan == whole._plan


def test_a_setting_does_not_wait_for_a_long_reading_of_trolleys(world: World) -> None:
    directory, seen = Directory(), list[float]()
    directory.reload()

    def change() -> None:
        Branch.objects.filter(pk=world.own.pk).update(session_timeout_s=77)
        directory.reload_branches()
        trolley = directory.trolley("T-1")
        assert trolley is not None
        seen.append(trolley.session_timeout_s)

    directory.reload(change)
    assert seen == [77], "it counts before the rest is read"
    whole = Directory()
    whole.reload()
    assert directory._plan == whole._plan, "and is not taken back when it is"


@pytest.mark.parametrize("what", [reference.DIRECTORY, reference.CATALOGUE])
def test_what_is_long_to_read_lets_branches_through(world: World, what: str) -> None:
    references, heard = References(), list[str]()
    references.reload()
    references.listen(heard.append)
    references.changed(reference.BRANCHES)
    references._read_part(what)
    assert heard == [reference.BRANCHES, what]


def test_of_what_changed_at_once_branches_are_read_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    references, read, done = References(), list[str](), threading.Event()
    last = list(References._parts)[-1]
    references.start()
    try:
        for what in References._parts:
            monkeypatch.setitem(References._parts, what, lambda _, what=what: read.append(what))
        references.listen(lambda what: done.set() if what == last else None)
        references._wanted |= set(References._parts)
        references._wake.set()
        assert done.wait(30)
    finally:
        references.stop()
    assert read == list(References._parts)
    assert read[0] == reference.BRANCHES


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
