"""Chains, branches, floor plans and trolleys by REST: made, changed, closed, each by whom it may be."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from core import reference
from core.accounts.models import User
from core.fleet.models import Rental, Trolley
from core.tenancy import opening_hours
from core.tenancy.models import Branch, Chain
from tests.core.support import Api, World, picture

CALLERS = ("shopper", "staff", "manager", "chain_admin", "stranger", "platform")
PLAN = {"width_m": 10, "height_m": 5, "zones": [{"name": "In", "x": 0, "y": 0, "w": 2, "h": 2}], "slots": []}


def statuses(people: dict[str, User], call: Any) -> dict[str, int]:
    return {name: call(Api(people[name])).status_code for name in CALLERS}


def allowed(**statuses: int) -> dict[str, int]:
    return {"shopper": 404, "stranger": 404, **statuses}


def test_only_the_platform_makes_chains(people: dict[str, User]) -> None:
    body = {"slug": "new-chain", "name": "New", "currency": "EUR", "country": "DE", "languages": ["en", "he"]}
    found = statuses(people, lambda api: api.post("/api/chains", body))
    assert found == {**dict.fromkeys(CALLERS, 403), "platform": 201}
    chain = Chain.objects.get(slug="new-chain")
    assert (chain.country, chain.languages, chain.demands_second_factor) == ("DE", ["en", "he"], False)
    again = Api(people["platform"]).post("/api/chains", body)
    assert (again.status_code, again.json()["code"]) == (400, "already_there")


def test_who_runs_a_chain_makes_its_branches(people: dict[str, User]) -> None:
    body = {"code": "NEW-1", "name": "New", "chain": "own-chain", "settings": {"rental_minutes": 45}}
    found = statuses(people, lambda api: api.post("/api/branches", body))
    assert found == {
        "shopper": 403, "staff": 403, "manager": 403, "chain_admin": 201, "stranger": 403, "platform": 400,
    }  # fmt: skip
    branch = Branch.objects.get(code="NEW-1")
    assert (branch.chain.slug, branch.rental_minutes, branch.restore_s) == ("own-chain", 45, 900)
    elsewhere = Api(people["chain_admin"]).post("/api/branches", {**body, "chain": "other-chain"})
    assert elsewhere.status_code == 404
    # The platform runs several chains, so it must say which.
    del body["chain"]
    assert Api(people["platform"]).post("/api/branches", body).json()["code"] == "which_one"


def test_a_branch_is_changed_by_who_manages_it_and_closed_by_who_runs_the_chain(
    people: dict[str, User], world: World
) -> None:
    path = "/api/branches/OWN"
    changes = {"settings": {"session_timeout_s": 60}, "opening_hours": {"mon": [["08:00", "22:00"]]}}
    found = statuses(people, lambda api: api.change("PATCH", path, changes))
    assert found == allowed(staff=403, manager=200, chain_admin=200, platform=200)
    closed = statuses(people, lambda api: api.change("PATCH", path, {"is_active": False}))
    assert closed == allowed(staff=403, manager=403, chain_admin=200, platform=200)
    opened = statuses(people, lambda api: api.change("PATCH", path, {"is_active": True}))
    assert opened == allowed(staff=403, manager=403, chain_admin=200, platform=200)
    deleted = statuses(people, lambda api: api.change("DELETE", path, {}))
    assert deleted == allowed(staff=403, manager=403, chain_admin=204, platform=204)
    assert Branch.objects.get(code="OWN").is_active is False


def test_putting_a_branch_gives_what_is_left_out_its_default(people: dict[str, User], world: World) -> None:
    manager = Api(people["manager"])
    manager.change("PATCH", "/api/branches/OWN", {"city": "Pune", "settings": {"signed_qr_only": True}})
    answer = manager.change("PUT", "/api/branches/OWN", {"name": "Own street"}).json()
    assert (answer["name"], answer["city"], answer["settings"]["signed_qr_only"]) == ("Own street", "", False)
    assert answer["is_active"] is True


def test_two_who_change_a_branch_do_not_undo_each_other(people: dict[str, User], world: World) -> None:
    manager = Api(people["manager"])
    seen = manager.get("/api/branches/OWN")["ETag"]
    assert manager.change("PATCH", "/api/branches/OWN", {"city": "A"}, match=None).status_code == 428
    assert manager.change("PATCH", "/api/branches/OWN", {"city": "A"}, match=seen).status_code == 200
    late = manager.change("PATCH", "/api/branches/OWN", {"city": "B"}, match=seen)
    assert (late.status_code, late.json()["code"]) == (412, "changed_since")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"opening_hours": {"someday": []}}, "opening_hours"),
        ({"settings": {"session_timeout_s": 4}}, "settings.session_timeout_s"),
        ({"settings": {"conflict_display": "shout"}}, "settings.conflict_display"),
        ({"settings": {"speed": 4}}, "settings.speed"),
        ({"latitude": 91}, "latitude"),
        ({"code": "ELSE"}, "code"),
        ({"chain": "other-chain"}, "chain"),
    ],
)
def test_what_does_not_fit_a_branch_is_named(
    changes: dict[str, Any], field: str, people: dict[str, User], world: World
) -> None:
    answer = Api(people["manager"]).change("PATCH", "/api/branches/OWN", changes)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_branch_does_not_close_while_a_trolley_is_out(people: dict[str, User], world: World) -> None:
    Trolley.objects.filter(pk=world.trolley.pk).update(phase="held")
    admin = Api(people["chain_admin"])
    for method, path, body in (
        ("DELETE", "/api/branches/OWN", {}),
        ("PATCH", "/api/branches/OWN", {"is_active": False}),
        ("DELETE", "/api/chains/own-chain", {}),
        ("PATCH", "/api/chains/own-chain", {"currency": "EUR"}),
    ):
        answer = admin.change(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "branch_in_use"), (method, path)
        assert answer.json()["trolleys_out"] == 1
    assert admin.change("PATCH", "/api/branches/OWN", {"name": "Still open"}).status_code == 200
    Trolley.objects.filter(pk=world.trolley.pk).update(phase="available")
    assert admin.change("DELETE", "/api/chains/own-chain", {}).status_code == 204


def test_with_300_trolleys_out_a_branch_stays_open_and_says_how_many(
    people: dict[str, User], world: World, django_assert_max_num_queries: Any
) -> None:
    rows = [
        Trolley(trolley_id=f"OUT-{number}", branch=world.own, cart_number=1000 + number)
        for number in range(300)
    ]
    for row in rows[:200]:
        row.phase = "held" if row.cart_number % 2 else "claiming"
    Trolley.objects.bulk_create(rows)
    # The sessions of the others have ended, and they are out still.
    Rental.objects.bulk_create(
        Rental(id=uuid4(), trolley_code=row.trolley_id, branch_code="OWN", start_time=timezone.now())
        for row in rows[200:]
    )
    admin = Api(people["chain_admin"])
    with django_assert_max_num_queries(12):
        answer = admin.change("DELETE", "/api/branches/OWN", {})
    assert (answer.status_code, answer.json()["trolleys_out"]) == (409, 300)
    row = Branch.objects.get(code="OWN")
    assert row.is_active
    Trolley.objects.update(phase="available")
    assert admin.change("DELETE", "/api/branches/OWN", {}).json()["trolleys_out"] == 100
    Rental.objects.exclude(trolley_code="OUT-299").update(actual_return=timezone.now())
    assert admin.change("DELETE", "/api/branches/OWN", {}).json()["trolleys_out"] == 1
    Rental.objects.update(actual_return=timezone.now())
    assert admin.change("DELETE", "/api/branches/OWN", {}).status_code == 204


def test_a_floor_plan_is_checked_and_kept(people: dict[str, User], world: World) -> None:
    path = "/api/branches/OWN/floor-plan"
    found = statuses(people, lambda api: api.change("PUT", path, PLAN))
    assert found == allowed(staff=403, manager=200, chain_admin=200, platform=200)
    slot = {"device_id": str(world.device.pk), "slot": 17, "x": 1, "y": 1, "angle": 90}
    manager = Api(people["manager"])
    assert manager.change("PUT", path, {**PLAN, "slots": [slot]}).status_code == 200
    assert manager.get(path).json()["slots"] == [{**slot, "x": 1.0, "y": 1.0, "angle": 90.0}]
    for slots, code in (
        ([slot, slot], "already_there"),
        ([{**slot, "x": 11}], "unfit"),
        ([{**slot, "device_id": str(world.chain.pk)}], "not_there"),
    ):
        assert manager.change("PUT", path, {**PLAN, "slots": slots}).json()["code"] == code
    outside = {**PLAN, "zones": [{**PLAN["zones"][0], "x": 9}]}  # type: ignore[index]
    assert manager.change("PUT", path, outside).json()["errors"] == {
        "zones.0": ["Expected within 10.0 by 5.0 m."]
    }


def test_a_picture_lies_beneath_the_floor_plan(people: dict[str, User], world: World) -> None:
    path = "/api/branches/OWN/floor-plan"
    found = statuses(people, lambda api: api.upload(f"{path}/pictures", {"file": picture()}))
    assert found == allowed(staff=403, manager=201, chain_admin=201, platform=201)
    manager = Api(people["manager"])
    made = manager.upload(f"{path}/pictures", {"file": picture(size=(80, 40))}).json()
    assert (made["width"], made["height"]) == (80, 40)
    assert Api().get(made["picture"])["Content-Type"] == "image/webp"
    plan = {**PLAN, "picture": made["picture"]}
    assert manager.change("PUT", path, plan).json()["picture"] == made["picture"]
    assert manager.get("/api/branches/OWN").json()["floor_plan"]["picture"] == made["picture"]
    lost = made["picture"][:-6] + "0" + made["picture"][-5:]
    for wrong, code in ((lost, "not_there"), ("https://elsewhere.example/x.webp", "unfit")):
        answer = manager.change("PUT", path, {**PLAN, "picture": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.json()
        assert list(answer.json()["errors"]) == ["picture"]
    assert "picture" not in manager.change("PUT", path, PLAN).json()
    text = SimpleUploadedFile("x.png", b"no picture")
    assert manager.upload(f"{path}/pictures", {"file": text}).json()["errors"].keys() == {"file"}


def test_trolleys_are_made_one_by_one_or_in_a_numbered_row(
    people: dict[str, User], world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    path = "/api/branches/OWN/trolleys"
    manager = Api(people["manager"])
    with django_capture_on_commit_callbacks(execute=True):
        made = manager.post(path, {"count": 3}).json()["trolleys"]
    assert [(row["trolley_id"], row["cart_number"]) for row in made] == [
        ("OWN-002", 2), ("OWN-003", 3), ("OWN-004", 4),
    ]  # fmt: skip
    assert reference.DIRECTORY in heard
    single = manager.post(path, {"trolley_id": "BLUE", "cart_number": 90}).json()["trolleys"]
    assert [row["trolley_id"] for row in single] == ["BLUE"]
    for body, code in (
        ({"count": 5, "cart_number": 88}, "already_there"),
        ({"trolley_id": "blue"}, "already_there"),
        ({"trolley_id": "t-9"}, "already_there"),
        ({"trolley_id": "X", "count": 2}, "unfit"),
    ):
        assert manager.post(path, body).json()["code"] == code, body
    assert Trolley.objects.filter(branch=world.own).count() == 5
    found = statuses(people, lambda api: api.post(path, {}))
    assert found == allowed(staff=403, manager=201, chain_admin=201, platform=201)


def test_a_trolley_is_renumbered_and_taken_out_of_use(people: dict[str, User], world: World) -> None:
    path = "/api/branches/OWN/trolleys/1"
    found = statuses(people, lambda api: api.patch(path, {"is_active": True}))
    assert found == allowed(staff=403, manager=200, chain_admin=200, platform=200)
    manager = Api(people["manager"])
    Trolley.objects.create(trolley_id="T-2", branch=world.own, cart_number=2)
    assert manager.patch(path, {"cart_number": 2}).json()["code"] == "already_there"
    assert manager.patch("/api/branches/OWN/trolleys/T-1", {"cart_number": 7}).json()["cart_number"] == 7
    Trolley.objects.filter(pk=world.trolley.pk).update(phase="held")
    assert manager.delete("/api/branches/OWN/trolleys/7").json()["code"] == "trolley_in_use"
    assert manager.patch("/api/branches/OWN/trolleys/7", {"is_active": False}).status_code == 409
    Trolley.objects.filter(pk=world.trolley.pk).update(phase="available")
    assert manager.delete("/api/branches/OWN/trolleys/7").status_code == 204
    row = Trolley.objects.get(pk=world.trolley.pk)
    assert (row.is_active, row.place_device_id, row.place_slot) == (False, None, None)


def test_a_chain_may_demand_a_second_factor_of_its_managers(people: dict[str, User], world: World) -> None:
    Chain.objects.filter(pk=world.chain.pk).update(demands_second_factor=True)
    changes = {"city": "Pune"}
    refused = Api(people["manager"]).change("PATCH", "/api/branches/OWN", changes)
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_needed")
    assert Api(people["manager"]).get("/api/me").status_code == 200
    assert Api(people["staff"]).get("/api/branches/OWN").status_code == 200
    TOTPDevice.objects.create(user=people["manager"], name="app", confirmed=True)
    assert Api(people["manager"]).change("PATCH", "/api/branches/OWN", changes).status_code == 200


@pytest.mark.parametrize(
    "hours",
    [
        [], {"mon": "08:00"}, {"mon": [["08:00"]]}, {"mon": [["22:00", "08:00"]]},
        {"mon": [["8:00", "9:00"]]},
        {"mon": [["08:00", "24:30"]]}, {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}, {"monday": []},
    ],
)  # fmt: skip
def test_opening_hours_that_are_none(hours: Any) -> None:
    with pytest.raises(ValidationError):
        opening_hours.check(hours)


def test_opening_hours() -> None:
    opening_hours.check({"mon": [["08:00", "13:00"], ["15:00", "24:00"]], "sun": []})


def test_a_command_makes_the_first_chain_and_its_admin(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ("create_chain", "fresh-mart", "--name=Fresh Mart", "--currency=INR", "--admin=asha")
    monkeypatch.setattr("sys.stdin", io.StringIO("seven wild geese\n"))
    call_command(*made)
    assert capsys.readouterr().out == "Fresh Mart (fresh-mart) is there; asha runs it.\n"
    login = Api().post("/api/auth/token", {"username": "asha", "password": "seven wild geese"}).json()
    api = Api(token=login["access"])
    assert api.post("/api/branches", {"code": "FM-1", "name": "First"}).status_code == 201
    with pytest.raises(CommandError, match="slug"):
        call_command(*made)


def test_a_command_that_fails_makes_no_half_of_a_chain(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError):
        call_command("create_chain", "fresh-mart", "--name=F", "--currency=INR", "--admin=asha")
    with pytest.raises(CommandError, match="currency"):
        call_command("create_chain", "fresh-mart", "--name=F", "--currency=rupees", "--admin=asha")
    assert not Chain.objects.exists()
