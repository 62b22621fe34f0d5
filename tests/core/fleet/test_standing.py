"""What trolleys count as: the map, the list, the figures, the public feed and the chain say the same."""

from __future__ import annotations

from collections import Counter
from itertools import product
from uuid import uuid4

from msgspec.structs import asdict

from actors import branch
from core.accounts.models import User
from core.fleet.models import Device, DeviceShadow, Trolley
from core.fleet.trolleys.out import free_in
from core.live_map.branches import load_branch, load_chain
from core.tenancy.models import Branch
from tests.core.support import Api, World

_SILENT_BOARD = 2
_STAFF = uuid4()
_FACTS = ("is_active", "maintenance", "missing", "lock_fault", "phase", "staff_id")


def _trolleys(world: World) -> None:
    """One of every kind, in every place: none, a Pi that is heard or not, a silent board, elsewhere."""
    online, offline, unseen = (Device.objects.create(branch=world.own, name=name) for name in "abc")
    elsewhere = Device.objects.create(branch=world.sister, name="d")
    DeviceShadow.objects.create(device_id=online.pk, online=True, silent_boards=1 << _SILENT_BOARD)
    DeviceShadow.objects.create(device_id=offline.pk, online=False)
    DeviceShadow.objects.create(device_id=elsewhere.pk, online=True)
    slots = [(online, 0), (online, _SILENT_BOARD << 4 | 15), (offline, 1), (unseen, 2), (elsewhere, 3)]
    facts = product(
        (True, False), (True, False), (True, False), ("", "not_opened"), ("available", "held"), (None, _STAFF)
    )
    kinds = [dict(zip(_FACTS, each, strict=True)) for each in facts]
    Trolley.objects.bulk_create(
        Trolley(
            trolley_id=f"S-{number}",
            branch=world.own,
            cart_number=number,
            custody=custody,
            at_device=None if place is None else place[0].pk,
            at_slot=None if place is None else place[1],
            **kind,
        )
        for number, (kind, custody, place) in enumerate(
            product(kinds, ("docked", "out"), [None, *slots]), 100
        )
    )


def test_every_door_says_the_same_of_every_trolley(people: dict[str, User], world: World) -> None:
    _trolleys(world)
    Branch.objects.filter(pk=world.own.pk).update(latitude=1, longitude=2)
    state = load_branch("OWN")
    known = {key: branch.standing(card, state.devices) for key, card in state.trolleys.items()}
    counters = asdict(state.counters)
    assert counters.pop("total") == sum(counters.values())
    assert min(counters.values()) > 0, "each is there"
    counted = Counter(known.values())
    del counted[None]
    assert counters == dict(counted)
    assert load_chain("own-chain").branches["OWN"] == state.counters

    api = Api(people["staff"])
    listed = api.get("/api/branches/OWN/carts?page_size=200").json()
    rows = listed["results"]
    while listed["next"]:
        listed = api.get(listed["next"].removeprefix("http://localhost")).json()
        rows += listed["results"]
    assert {row["trolley_id"]: row["standing"] for row in rows} == {
        key: what or "inactive" for key, what in known.items()
    }
    for what, number in counters.items():
        assert api.get(f"/api/branches/OWN/carts?standing={what}").json()["count"] == number

    told = api.get("/api/branches/OWN/stats").json()["trolleys"]
    names = {"free": "available", "in_use": "held", "out_without_session": "stray"}
    assert {names.get(name, name): number for name, number in told.items()} == asdict(state.counters)
    assert set(free_in("OWN")) == {key for key, what in known.items() if what == "available"}
    (station,) = api.get("/feeds/OWN/station_status.json").json()["data"]["stations"]
    assert station["num_vehicles_available"] == counters["available"]
