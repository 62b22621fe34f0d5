"""What is shown of devices, what managers change, and what devices hear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from actors.messages.device import LinkUp, SlotReading, UnlockSlot
from core.accounts.credentials import tokens
from core.accounts.models import User
from core.fleet import tasks
from core.fleet.devices.principal import identify_device, load_device
from core.fleet.models import Controller, Device, DeviceShadow, SlotShadow, Trolley
from tests.core.running import Actors, running_actors
from tests.core.support import Api, World


@pytest.fixture
def actors() -> Iterator[Actors]:
    with running_actors() as running:
        yield running


@pytest.fixture
def manager(people: dict[str, User]) -> Api:
    return Api(people["manager"])


@pytest.fixture
def url(world: World) -> str:
    return f"/api/devices/{world.device.pk}"


def accepted(token: str) -> bool:
    try:
        load_device(tokens.verify(token, tokens.DEVICES))
    except tokens.TokenError:
        return False
    return True


# --- reading ---------------------------------------------------------------------


def test_a_device_is_shown_with_its_boards_and_slots(manager: Api, world: World, url: str) -> None:
    now = timezone.now()
    DeviceShadow.objects.create(device_id=world.device.pk, online=True, firmware="1.4.2", connected_at=now)
    SlotShadow.objects.create(id="s", device_id=world.device.pk, slot=18, hook="open", present=False, at=now)
    body = manager.get(url).json()
    assert (body["online"], body["firmware"], body["branch"]) == (True, "1.4.2", "OWN")
    assert [board["address"] for board in body["controllers"]] == [1]
    assert body["controllers"][0]["polarity"] == "inverted"
    assert [(slot["slot"], slot["trolley_id"], slot["hook"], slot["present"]) for slot in body["slots"]] == [
        (17, "T-1", "unknown", None),
        (18, None, "open", False),
    ]


def test_the_list_is_filtered_by_branch_and_searched(manager: Api, world: World) -> None:
    Device.objects.create(branch=world.own, name="second", mac="b8:27:eb:00:00:02")
    names = lambda query: [row["name"] for row in manager.get(f"/api/devices?{query}").json()["results"]]
    assert names("branch=OWN") == ["pi", "second"]
    assert names(f"branch={world.own.pk}&search=eb:00") == ["second"]
    assert names("branch=SISTER") == []


def test_the_status_is_the_actors_own(manager: Api, world: World, url: str, actors: Actors) -> None:
    key, now = str(world.device.pk), actors.clock.now()
    actors.ask("device", key, LinkUp("OWN", "boot", "1.4.2", (SlotReading(17, "closed", True, now),)))
    unlock = UnlockSlot("u1", 17, "T-1", timezone.now().timestamp() + 10, "OWN")
    actors.ask("device", key, unlock)
    body = manager.get(f"{url}/status").json()
    assert (body["status"], body["firmware"], body["boot_id"]) == ("online", "1.4.2", "boot")
    assert body["version"] == 3
    assert body["desired"] == [{"slot": 17, "lock": "open"}]
    assert [(one["slot"], one["hook"], one["present"]) for one in body["reported"]] == [(17, "closed", True)]
    assert body["firmware_job"] is None
    [pending] = body["pending"]
    assert (pending["id"], pending["slot"], pending["op"]) == ("u1", 17, "unlock")
    assert 0 < pending["ttl_ms"] <= 10_000


def test_without_the_actors_it_is_said_to_come_again(manager: Api, url: str) -> None:
    answer = manager.get(f"{url}/status")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"]


# --- heartbeats --------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_a_heartbeat_hears_what_is_wanted(
    named: bool, world: World, url: str, actors: Actors, manager: Api
) -> None:
    key = str(world.device.pk)
    actors.ask("device", key, UnlockSlot("u1", 17, "T-1", actors.clock.now() + 8, "OWN"))
    device = Api(token=tokens.issue_device(world.device.pk, 1))
    path = f"{url}/heartbeat" if named else "/api/devices/heartbeat"
    body = device.post(path, {"health": {"load": 0.5}}).json()
    assert body["device_id"] == key
    assert (body["status"], body["last_seq"]) == ("online", 0)
    assert body["commands"] == [{"id": "u1", "slot": 17, "op": "unlock", "ttl_ms": 8000}]
    assert body["link"]["url"] == "ws://localhost:8000/ws/device/"
    status = manager.get(f"{url}/status").json()
    assert status["health"] == {"load": 0.5}
    assert status["last_seen"] is not None
    assert status["status"] == "online"


def test_a_heartbeat_is_closed_and_small(world: World, actors: Actors) -> None:
    device = Api(token=tokens.issue_device(world.device.pk, 1))
    answer = device.post("/api/devices/heartbeat", {"helth": {}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["helth"])
    assert device.post("/api/devices/heartbeat", {"health": {"x": "y" * 20_000}}).status_code == 413


# --- tokens --------------------------------------------------------------------------


def test_a_rotated_token_is_accepted_until_the_overlap_ends(world: World, manager: Api, url: str) -> None:
    old = tokens.issue_device(world.device.pk, 1)
    body = manager.post(f"{url}/rotate-token", {"overlap_s": 60}).json()
    assert accepted(body["device_token"])
    assert accepted(old)
    assert body["previous_token_until"] == manager.get(url).json()["previous_token_until"]
    claims, _ = identify_device(tokens.verify(old, tokens.DEVICES))
    assert claims.expires_at <= timezone.now().timestamp() + 60
    Device.objects.update(older_tokens={"1": timezone.now().timestamp() - 1})
    assert accepted(body["device_token"])
    assert not accepted(old)


def test_a_second_rotation_ends_no_token_that_has_time_left(world: World, manager: Api, url: str) -> None:
    first = tokens.issue_device(world.device.pk, 1)
    second = manager.post(f"{url}/rotate-token", {"overlap_s": 600}).json()["device_token"]
    rotated = manager.post(f"{url}/rotate-token", {"overlap_s": 60}).json()
    third = rotated["device_token"]
    assert [accepted(token) for token in (first, second, third)] == [True, True, True]
    ends = [identify_device(tokens.verify(token, tokens.DEVICES))[0].expires_at for token in (first, second)]
    assert ends[0] >= ends[1] + 500
    assert rotated["previous_token_until"] == manager.get(url).json()["previous_token_until"]


def test_a_token_that_ran_out_is_forgotten_at_the_next_rotation(world: World, manager: Api, url: str) -> None:
    manager.post(f"{url}/rotate-token", {})
    Device.objects.update(older_tokens={"1": timezone.now().timestamp() - 1})
    manager.post(f"{url}/rotate-token", {})
    assert list(Device.objects.get(pk=world.device.pk).older_tokens) == ["2"]


def test_a_rotation_without_overlap_ends_every_older_token(world: World, manager: Api, url: str) -> None:
    older = [tokens.issue_device(world.device.pk, 1)]
    older += [manager.post(f"{url}/rotate-token", {}).json()["device_token"] for _ in range(2)]
    last = manager.post(f"{url}/rotate-token", {"overlap_s": 0}).json()
    assert last["previous_token_until"] is None
    assert [accepted(token) for token in (*older, last["device_token"])] == [False, False, False, True]


def test_a_device_that_missed_the_answer_asks_again(world: World, url: str) -> None:
    old = Api(token=tokens.issue_device(world.device.pk, 1))
    first = old.post(f"{url}/rotate-token", {})
    again = old.post(f"{url}/rotate-token", {})
    assert (first.status_code, again.status_code) == (200, 200)
    assert Device.objects.get(pk=world.device.pk).token_version == 2
    assert accepted(again.json()["device_token"])


def test_a_revoked_device_is_refused_and_that_is_announced(
    world: World, manager: Api, url: str, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    token = tokens.issue_device(world.device.pk, 1)
    with django_capture_on_commit_callbacks(execute=True):
        body = manager.post(f"{url}/revoke", {}).json()
    assert body["is_revoked"] is True
    assert heard == ["directory"]
    assert not accepted(token)
    assert Api(token=token).post(f"{url}/rotate-token", {}).status_code == 401
    assert manager.post(f"{url}/revoke", {}).status_code == 200


def test_a_removed_device_is_gone_and_its_addresses_are_free(
    world: World, manager: Api, url: str, people: dict[str, User]
) -> None:
    Device.objects.filter(pk=world.device.pk).update(mac="b8:27:eb:00:00:09", serial="s9")
    token = tokens.issue_device(world.device.pk, 1)
    assert manager.call("DELETE", url, None).status_code == 204
    assert not accepted(token)
    assert manager.get(url).status_code == 404
    assert manager.get("/api/devices").json()["results"] == []
    assert manager.call("DELETE", url, None).status_code == 404
    assert (Trolley.objects.get(trolley_id="T-1").place_slot, Controller.objects.count()) == (None, 0)
    code = manager.post("/api/branches/OWN/claim-codes", {}).json()["code"]
    body = {
        "mac_address": "b8:27:eb:00:00:09", "serial_number": "s9", "branch_code": "OWN", "claim_code": code,
    }  # fmt: skip
    again = Api().post("/api/devices/register", body)
    assert (again.status_code, again.json()["device_id"] == str(world.device.pk)) == (201, False)


# --- boards and slots -------------------------------------------------------------------


def test_boards_are_added_changed_and_removed(manager: Api, world: World, url: str) -> None:
    added = manager.post(f"{url}/controllers", {"port": "/dev/ttyUSB0", "address": 2})
    assert added.status_code == 201
    board = added.json()
    assert (board["baudrate"], board["protocol"], board["polarity"]) == (19200, "kerong", "normal")
    change = {"port": "/dev/ttyUSB1", "address": 2, "protocol": "modbus", "baudrate": 9600}
    assert manager.put(f"{url}/controllers/{board['id']}", change).json()["protocol"] == "modbus"
    assert len(manager.get(f"{url}/controllers").json()) == 2
    assert manager.delete(f"{url}/controllers/{board['id']}").status_code == 204
    assert manager.get(f"{url}/controllers/{board['id']}").status_code == 404


def test_a_board_into_whose_slots_trolleys_belong_is_not_removed(
    manager: Api, world: World, url: str
) -> None:
    board = Controller.objects.get(device=world.device)
    refused = manager.delete(f"{url}/controllers/{board.pk}")
    assert (refused.status_code, refused.json()["code"], refused.json()["trolleys"]) == (
        409, "board_in_use", ["T-1"],
    )  # fmt: skip
    Trolley.objects.filter(pk=world.trolley.pk).update(place_slot=1 << 8 | 17)
    assert manager.delete(f"{url}/controllers/{board.pk}").status_code == 409, "on the second bus"
    Trolley.objects.filter(pk=world.trolley.pk).update(place_slot=15)
    assert manager.delete(f"{url}/controllers/{board.pk}").status_code == 204


def test_the_same_address_on_a_port_is_an_error_of_that_field(manager: Api, world: World, url: str) -> None:
    answer = manager.post(f"{url}/controllers", {"port": "/dev/ttyUSB0", "address": 1})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["address"])
    other = Controller.objects.create(device=world.device, port="/dev/ttyUSB0", address=5)
    answer = manager.put(f"{url}/controllers/{other.pk}", {"port": "/dev/ttyUSB0", "address": 1})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["address"])
    same = manager.put(f"{url}/controllers/{other.pk}", {"port": "/dev/ttyUSB0", "address": 5})
    assert same.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"port": "p"}, "address"),
        ({"port": "p", "address": 16}, "address"),
        ({"port": "p", "address": 0, "protocol": "modbus"}, "address"),
        ({"port": "p", "address": 1, "baudrate": 12345}, "baudrate"),
        ({"port": "p", "address": 1, "protocol": "smoke"}, "protocol"),
        ({"port": "p", "address": 1, "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_of_a_board_is_named(body: dict[str, Any], field: str, manager: Api, url: str) -> None:
    answer = manager.post(f"{url}/controllers", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_another_devices_board_is_not_found_here(manager: Api, world: World, url: str) -> None:
    other = Device.objects.create(branch=world.own, name="other")
    board = Controller.objects.create(device=other, port="p", address=1)
    assert manager.delete(f"{url}/controllers/{board.pk}").status_code == 404
    assert Controller.objects.filter(pk=board.pk).exists()


def test_a_trolley_moves_from_slot_to_slot(manager: Api, world: World, url: str) -> None:
    slots = manager.post(f"{url}/slots", {"slot": 3, "trolley_id": "T-1"}).json()
    assert [(slot["slot"], slot["trolley_id"]) for slot in slots] == [(3, "T-1")]
    assert manager.post(f"{url}/slots", {"slot": 3, "trolley_id": None}).json() == []
    assert Trolley.objects.get(trolley_id="T-1").place_slot is None


def test_a_slot_takes_one_trolley_of_its_branch(manager: Api, world: World, url: str) -> None:
    Trolley.objects.create(trolley_id="T-2", branch=world.own, cart_number=2)
    taken = manager.post(f"{url}/slots", {"slot": 17, "trolley_id": "T-2"})
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["slot"])
    replaced = manager.post(f"{url}/slots", {"slot": 17, "trolley_id": "T-2", "replace": True}).json()
    assert [(slot["slot"], slot["trolley_id"]) for slot in replaced] == [(17, "T-2")]
    assert Trolley.objects.get(trolley_id="T-1").place_slot is None
    for code in ("T-9", "T-404"):
        foreign = manager.post(f"{url}/slots", {"slot": 4, "trolley_id": code})
        assert (foreign.status_code, list(foreign.json()["errors"])) == (400, ["trolley_id"])


def test_a_device_is_renamed(manager: Api, url: str) -> None:
    assert manager.patch(url, {"name": "Pi at the door"}).json()["name"] == "Pi at the door"
    assert manager.patch(url, {"name": ""}).status_code == 400


def test_the_sweep_of_claim_codes_is_a_task(db: None) -> None:
    assert tasks.purge_claim_codes() == 0
