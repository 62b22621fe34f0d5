"""The public feed, against the official JSON schemas that gbfs-validator carries."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from typing import Any

import gbfs_validator
import pytest
from jsonschema import Draft7Validator, FormatChecker

from core.fleet.models import DeviceShadow, Trolley
from core.tenancy.models import Branch
from tests.core.support import Api, World

FILES = ("gbfs", "system_information", "station_information", "station_status", "vehicle_types")


def complaints(name: str, document: Any) -> list[str]:
    """What the official schema has to say of a file."""
    schema = json.loads((resources.files(gbfs_validator) / f"data/schemas/v3.0/{name}.json").read_text())
    return [
        error.message
        for error in Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(document)
    ]


@pytest.fixture
def placed(world: World) -> World:
    Branch.objects.filter(pk=world.own.pk).update(
        latitude=Decimal("18.5204"), longitude=Decimal("73.8567"), timezone="Asia/Kolkata",
        opening_hours={"mon": [["08:00", "13:00"], ["15:00", "22:00"]]}, address="Main street 1", city="Pune",
    )  # fmt: skip
    return world


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("code", ["OWN", "SISTER"])
def test_every_file_is_as_the_official_schema_has_it(
    name: str, code: str, placed: World, nobody: Api
) -> None:
    answer = nobody.get(f"/feeds/{code}/{name}.json")
    assert (answer.status_code, complaints(name, answer.json())) == (200, [])
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_the_list_of_branches_is_a_manifest(placed: World, nobody: Api) -> None:
    answer = nobody.get("/feeds/trolleys.json").json()
    assert complaints("manifest", answer) == []
    assert [each["system_id"] for each in answer["data"]["datasets"]] == ["FOREIGN", "OWN", "SISTER"]


def test_a_file_that_is_wrong_would_be_found(placed: World, nobody: Api) -> None:
    answer = nobody.get("/feeds/OWN/station_status.json").json()
    del answer["data"]["stations"][0]["is_renting"]
    assert complaints("station_status", answer) == ["'is_renting' is a required property"]


def test_it_counts_and_follows_nobody(placed: World, nobody: Api) -> None:
    DeviceShadow.objects.create(device_id=placed.device.pk, online=True)
    Trolley.objects.create(trolley_id="T-2", branch=placed.own, cart_number=2, phase="held")
    Trolley.objects.create(trolley_id="T-3", branch=placed.own, cart_number=3, maintenance=True)
    answer = nobody.get("/feeds/OWN/station_status.json")
    (station,) = answer.json()["data"]["stations"]
    assert (station["num_vehicles_available"], station["num_vehicles_disabled"]) == (1, 1)
    assert "T-" not in answer.content.decode()
    told = nobody.get("/feeds/OWN/system_information.json").json()["data"]
    assert told["opening_hours"].startswith("Mo 08:00-13:00,15:00-22:00; Tu off")


def test_a_closed_branch_and_an_unknown_file_have_none(placed: World, nobody: Api) -> None:
    Branch.objects.filter(pk=placed.own.pk).update(is_active=False)
    for path in ("/feeds/OWN/gbfs.json", "/feeds/SISTER/vehicle_status.json", "/feeds/NONE/gbfs.json"):
        assert nobody.get(path).status_code == 404
