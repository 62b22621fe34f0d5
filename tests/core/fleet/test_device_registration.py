"""How a Pi gets in: a manager's claim code, once, in time, in its branch."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.accounts import principals
from core.accounts.credentials import tokens
from core.accounts.models import User
from core.fleet.devices import claim_codes
from core.fleet.devices.principal import load_device
from core.fleet.models import ClaimCode, Device
from devicegw.agent.process import arguments
from tests.core.support import Api, World

MAC, SERIAL = "b8:27:eb:01:02:03", "10000000abcdef01"


def code_for(user: User, branch: str = "OWN") -> str:
    answer = Api(user).post(f"/api/branches/{branch}/claim-codes", {})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["code"])


def register(code: str, **changes: Any) -> Any:
    body = {"mac_address": MAC, "serial_number": SERIAL, "branch_code": "OWN", "claim_code": code}
    return Api().post("/api/devices/register", {**body, **changes})


def principal_of(token: str) -> principals.Principal:
    return load_device(tokens.verify(token, tokens.DEVICES))


def test_a_pi_with_a_code_gets_an_id_a_token_and_where_to_go(people: dict[str, User], world: World) -> None:
    made = Api(people["manager"]).post("/api/branches/OWN/claim-codes", {}).json()
    user, agent, typed = ["sudo", "-u", "smart-trolley"], "smart-trolley-agent", shlex.split(made["command"])
    assert typed[:4] == [*user, agent]
    options = arguments().parse_args(typed[4:])
    assert (options.register, options.branch) == (made["code"], "OWN")
    assert options.server == "http://localhost:8000"
    answer = register(made["code"])
    body = answer.json()
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert body["link"] == {
        "url": "ws://localhost:8000/ws/device/",
        "subprotocol": "trolley-device.v1",
        "heartbeat_s": 30,
        "telemetry_s": 60,
    }
    assert body["mqtt_config"] == {
        "broker": None,
        "port": None,
        "tls": False,
        "topic": f"cartwise/own-chain/OWN/devices/{body['device_id']}",
    }
    assert body["firmware_key"] is None
    who = principal_of(body["device_token"])
    assert (who.id, who.grants) == (body["device_id"], (principals.HeldRole("device", "own-chain", "OWN"),))
    device = Device.objects.get(pk=body["device_id"])
    assert (device.mac, device.serial, device.branch.code) == (MAC, SERIAL, "OWN")


def test_a_broker_is_told_when_there_is_one(people: dict[str, User], world: World, settings: Any) -> None:
    settings.MQTT_URL = "mqtts://broker.example"
    settings.PUBLIC_URL = "https://shop.example"
    settings.FIRMWARE_PUBLIC_KEY = "a2V5"
    body = register(code_for(people["manager"])).json()
    assert (body["mqtt_config"]["broker"], body["mqtt_config"]["port"]) == ("broker.example", 8883)
    assert body["link"]["url"] == "wss://shop.example/ws/device/"
    assert body["firmware_key"] == "a2V5"


def test_the_code_is_typed_by_people(people: dict[str, User], world: World) -> None:
    code = code_for(people["manager"])
    assert len(code) == 9
    assert claim_codes.digest("o1l-0ab c") == claim_codes.digest("011 0ABC")
    assert register(f" {code.lower().replace('-', '')} ", mac_address="B827EB010203").status_code == 201


def test_the_database_does_not_know_the_code(people: dict[str, User], world: World) -> None:
    code = code_for(people["manager"])
    row = ClaimCode.objects.get()
    assert code.replace("-", "") not in str(vars(row))
    assert row.made_by == people["manager"]


@pytest.mark.parametrize("why", ["used", "old", "of the sister branch", "made up"])
def test_a_code_is_worth_nothing_when_it_is(why: str, people: dict[str, User], world: World) -> None:
    code = code_for(people["chain_admin"], "SISTER" if "sister" in why else "OWN")
    if why == "used":
        assert register(code).status_code == 201
    if why == "old":
        ClaimCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = register("7777-7777" if why == "made up" else code, mac_address="b8:27:eb:99:99:99")
    assert (answer.status_code, answer.json()["code"]) == (403, "claim_code_invalid")
    assert not Device.objects.filter(mac="b8:27:eb:99:99:99").exists()


def test_the_same_pi_again_keeps_its_id_and_its_older_tokens_end(
    people: dict[str, User], world: World
) -> None:
    first = register(code_for(people["manager"])).json()
    again = register(code_for(people["manager"]), name="Pi at the door")
    body = again.json()
    assert (again.status_code, body["device_id"], body["name"]) == (200, first["device_id"], "Pi at the door")
    assert principal_of(body["device_token"]).id == first["device_id"]
    with pytest.raises(tokens.TokenError):
        principal_of(first["device_token"])


def test_a_revoked_pi_comes_back_with_a_code(people: dict[str, User], world: World) -> None:
    first = register(code_for(people["manager"])).json()
    Api(people["manager"]).post(f"/api/devices/{first['device_id']}/revoke", {})
    body = register(code_for(people["manager"])).json()
    assert body["device_id"] == first["device_id"]
    assert principal_of(body["device_token"]).id == first["device_id"]


def test_nobody_takes_another_branchs_pi_by_its_address(people: dict[str, User], world: World) -> None:
    theirs = register(code_for(people["stranger"], "FOREIGN"), branch_code="FOREIGN").json()
    code = code_for(people["manager"])
    answer = register(code)
    assert (answer.status_code, answer.json()["code"]) == (409, "device_elsewhere")
    assert list(answer.json()["errors"]) == ["mac_address"]
    assert principal_of(theirs["device_token"]).grants[0].branch == "FOREIGN"
    serial = register(code, mac_address="b8:27:eb:44:44:44")
    assert (serial.status_code, serial.json()["code"]) == (409, "serial_in_use")
    Api(people["stranger"]).post(f"/api/devices/{theirs['device_id']}/revoke", {})
    moved = register(code)
    assert moved.status_code == 201, "what was refused has not used the code up"
    assert moved.json()["device_id"] != theirs["device_id"]
    assert Device.objects.get(pk=theirs["device_id"]).branch.code == "FOREIGN"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mac_address": "b8:27:eb"}, "mac_address"),
        ({"mac_address": "ff:ff:ff:ff:ff:ff"}, "mac_address"),
        ({"mac_address": 7}, "mac_address"),
        ({"serial_number": ""}, "serial_number"),
        ({"colour": "red"}, "colour"),
        ({"name": "n" * 81}, "name"),
    ],
)
def test_a_wrong_field_is_named(
    changes: dict[str, Any], field: str, people: dict[str, User], world: World
) -> None:
    answer = register(code_for(people["manager"]), **changes)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert list(answer.json()["errors"]) == [field]


def test_whoever_guesses_codes_is_slowed_down(world: World, settings: Any) -> None:
    settings.AUTH_RATE = "3/minute"
    assert [register("0000-0000").status_code for _ in range(4)] == [403, 403, 403, 429]
    assert int(register("0000-0000")["Retry-After"]) > 0


def test_codes_nobody_used_are_swept_away(people: dict[str, User], world: World) -> None:
    used, _, good = (code_for(people["manager"]) for _ in range(3))
    register(used)
    ClaimCode.objects.exclude(digest=claim_codes.digest(good)).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert claim_codes.purge() == 1
    assert {row.digest for row in ClaimCode.objects.all()} == {
        claim_codes.digest(used),
        claim_codes.digest(good),
    }
