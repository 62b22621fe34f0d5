from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from actors.messages.branch import Counters
from actors.messages.trolley import Place
from core.accounts.models import User
from core.accounts.people import People
from core.fleet.directory import Directory
from core.fleet.models import DeviceShadow, Trolley
from core.fleet.rentals.sessions import holders
from core.live_map.branches import load_branch, load_chain
from core.shopping.models import Cart, cart_id_of
from core.tenancy.models import Chain
from tests.core.support import World


def roll_back(save: Callable[[], None]) -> None:
    with transaction.atomic():
        save()
        raise RuntimeError


def directory() -> Directory:
    found = Directory()
    found.reload()
    return found


def test_a_change_is_announced_at_its_commit_once(
    world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        world.product.save()
        world.inactive.delete()
        world.trolley.save()
        assert heard == []
    assert sorted(heard) == ["catalogue", "directory"]


def test_a_change_that_was_rolled_back_is_not_announced(
    world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(RuntimeError):
            roll_back(world.product.save)
        world.trolley.save()
    assert heard == ["directory"]


def test_a_change_after_a_rolled_back_one_is_announced(
    world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with pytest.raises(RuntimeError):
            roll_back(world.product.save)
        world.product.save()
    assert heard == ["catalogue"]


def test_the_directory_knows_trolleys_slots_and_devices(world: World) -> None:
    found = directory()
    device = str(world.device.pk)
    ref = found.trolley("T-1")
    assert ref is not None
    assert (ref.branch, ref.chain, ref.currency, ref.place) == (
        "OWN",
        "own-chain",
        "INR",
        Place(device, 17),
    )
    assert found.slots(device) == {17: "T-1"}
    info = found.device(device)
    assert info is not None
    assert (info.branch, info.controllers[0].address, info.controllers[0].polarity) == ("OWN", 1, "inverted")
    assert [branch.code for branch in found.branches("own-chain")] == ["OWN", "SISTER"]
    assert [chain.slug for chain in found.chains()] == ["other-chain", "own-chain"]


def test_what_it_does_not_know_is_none_or_empty(world: World) -> None:
    found = directory()
    assert [found.trolley("x"), found.branch("x"), found.chain("x"), found.device("x"), found.nonce("x")] == [
        None
    ] * 5
    assert (found.trolleys("x"), found.branches("x"), dict(found.slots("x"))) == ((), (), {})


def test_settings_of_a_branch_are_in_its_trolleys(world: World) -> None:
    world.own.session_timeout_s, world.own.restore_s, world.own.one_trolley_per_user = 45, 60, False
    world.own.save()
    ref = directory().trolley("T-1")
    assert ref is not None
    assert (ref.session_timeout_s, ref.restore_s, ref.one_per_user) == (45.0, 60.0, False)


def test_a_trolley_has_a_lock_where_it_has_a_slot_whose_device_is_trusted(world: World) -> None:
    ref = directory().trolley("T-1")
    assert ref is not None
    assert ref.place == Place(str(world.device.pk), 17)
    world.device.is_revoked = True
    world.device.save()
    ref = directory().trolley("T-1")
    assert ref is not None
    assert ref.place is None


def test_a_trolley_of_a_closed_chain_is_not_active(world: World) -> None:
    Chain.objects.filter(slug="own-chain").update(is_active=False)
    ref = directory().trolley("T-1")
    assert ref is not None
    assert not ref.is_active


def test_saving_a_trolley_leaves_what_the_projection_wrote(world: World) -> None:
    stale = Trolley.objects.get(pk=world.trolley.pk)
    Trolley.objects.filter(pk=stale.pk).update(phase="held", seq=7)
    stale.cart_number = 5
    stale.save()
    fresh = Trolley.objects.get(pk=stale.pk)
    assert (fresh.cart_number, fresh.phase, fresh.seq) == (5, "held", 7)


def test_names_are_loaded_once_and_phones_are_masked(people: dict[str, User]) -> None:
    shopper = people["shopper"]
    by_phone = User.objects.create_user("+919812345678", phone="+919812345678")
    names = People()
    assert names.display(str(shopper.pk)) == ""
    names.load([str(shopper.pk), str(by_phone.pk), str(uuid.uuid4())])
    assert names.display(str(shopper.pk)) == "shopper"
    assert names.display(str(by_phone.pk)) == "•••• 5678"


def test_reloading_names_follows_renames_and_erasure(people: dict[str, User]) -> None:
    names = People()
    gone, renamed = str(people["shopper"].pk), str(people["staff"].pk)
    names.load([gone, renamed])
    people["shopper"].delete()
    User.objects.filter(pk=renamed).update(username="mia")
    names.reload()
    assert (names.display(gone), names.display(renamed)) == ("", "mia")


def test_while_names_are_reloaded_nobody_is_nameless(people: dict[str, User]) -> None:
    shopper, staff = str(people["shopper"].pk), str(people["staff"].pk)
    meanwhile: list[str] = []

    class Reloading(People):
        def load(self, user_ids: Iterable[str]) -> set[str]:
            meanwhile.append(self.display(shopper))
            super().load([staff])
            return super().load(user_ids)

    names = Reloading()
    names.note(shopper, "shopper")
    names.reload()
    assert meanwhile == ["shopper"]
    assert (names.display(shopper), names.display(staff)) == ("shopper", "staff")


def test_names_are_bounded(db: None) -> None:
    names = People(most=2)
    for place in range(3):
        names.note(f"u{place}", f"name{place}")
    assert [names.display(f"u{place}") for place in range(3)] == ["", "name1", "name2"]


def test_whoever_holds_a_trolley_is_known(world: World, people: dict[str, User]) -> None:
    Trolley.objects.filter(trolley_id="T-1").update(assigned_to=people["shopper"])
    names = People()
    names.load(holders())
    assert names.display(str(people["shopper"].pk)) == "shopper"
    assert names.display(str(people["staff"].pk)) == ""


def test_the_board_begins_with_the_read_models(world: World, people: dict[str, User]) -> None:
    session, user, at = uuid.uuid4(), people["shopper"], datetime(2026, 1, 2, tzinfo=UTC)
    Trolley.objects.filter(trolley_id="T-1").update(
        phase="held", custody="out", session_id=session, assigned_to=user, assigned_at=at, seq=4,
        lock_reported="open", lock_fault="not_opened",
    )  # fmt: skip
    Trolley.objects.create(trolley_id="T-2", branch=world.own, cart_number=2, maintenance=True)
    Trolley.objects.create(trolley_id="T-3", branch=world.own, cart_number=3, is_active=False)
    Cart.objects.create(
        user_id=user.pk, cart_id=cart_id_of(str(user.pk)), currency="INR", session_id=session,
        total_price=Decimal("12.5000"), total_items=3,
    )  # fmt: skip
    DeviceShadow.objects.create(
        device_id=world.device.pk, online=True, firmware="1.2", seq=9, connected_at=at
    )
    state = load_branch("OWN")
    card = state.trolleys["T-1"]
    assert (card.phase, card.custody, card.seq, card.lock.reported) == ("held", "out", 4, "open")
    assert (card.user_id, card.session_id, card.since) == (str(user.pk), str(session), at.timestamp())
    assert (str(card.cart_total), card.cart_units) == ("12.50", 3)
    assert state.counters == Counters(total=2, maintenance=1, faults=1)
    device = state.devices[str(world.device.pk)]
    assert (device.online, device.firmware, device.seq) == (True, "1.2", 9)


def test_the_chain_begins_with_the_counters_of_its_branches(world: World) -> None:
    state = load_chain("own-chain")
    assert state.branches == {"OWN": Counters(total=1, unreachable=1), "SISTER": Counters()}


def test_a_branch_that_does_not_exist_is_empty(db: None) -> None:
    assert load_branch("NOWHERE").trolleys == {}
