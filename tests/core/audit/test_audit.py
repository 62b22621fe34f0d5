"""The audit trail: who changed what, in whose chain, and whether anybody has touched the trail itself."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.accounts.models import Grant, Role, User
from core.audit import places
from core.catalogue.models import PriceRule
from core.trail import sealing
from core.trail.models import CommandNote, Entry, Head, new_id
from core.trail.notes import acting, without_notes
from tests.core.support import Api, World


@pytest.fixture(autouse=True)
def _from_here_on(people: dict[str, User]) -> None:
    """What made the world is sealed, and gone from these tests' sight."""
    places.seal()


def trail(api: Api, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/api/audit{query}").json()["results"]
    return found


def latest(api: Api, query: str = "") -> dict[str, Any]:
    return trail(api, query)[0]


def test_a_change_of_settings_says_who_and_what_before_and_after(
    people: dict[str, User], world: World
) -> None:
    Api(people["manager"]).change("PATCH", "/api/branches/OWN", {"settings": {"rental_minutes": 45}})
    seen = latest(Api(people["chain_admin"]))
    assert (seen["what"], seen["on"], seen["branch"], seen["name"]) == (
        "branch.changed", "branch/OWN", "OWN", "manager",
    )  # fmt: skip
    assert seen["changes"] == {"rental_minutes": [120, 45]}
    assert seen["who"] == f"user:{people['manager'].pk}"


def test_prices_people_and_trolleys_are_noted_whichever_door_they_come_by(
    people: dict[str, User], world: World
) -> None:
    admin, manager = Api(people["chain_admin"]), Api(people["manager"])
    manager.change("PATCH", f"/api/products/{world.product.pk}", {"price": 13})
    assert latest(admin)["changes"]["price"] == ["12.500", "13.00"]
    with acting(f"user:{people['platform'].pk}"):
        rule = PriceRule(chain=world.chain, name="Ten", kind="sale", effect="percent", value=10)
        rule.save()
        Grant.objects.create(user=people["shopper"], role=Role.STAFF, chain=world.chain, branch=world.own)
    told = trail(admin)
    assert [(each["what"], each["name"]) for each in told[:2]] == [
        ("member.made", "platform"), ("price_rule.made", "platform"),
    ]  # fmt: skip
    manager.post("/api/branches/OWN/trolleys", {"count": 2})
    assert [each["on"] for each in trail(admin)[:2]] == ["trolley/OWN-003", "trolley/OWN-002"]


def test_what_somebody_else_does_to_an_account_is_noted_without_what_it_says(
    people: dict[str, User], world: World
) -> None:
    shopper = people["shopper"]
    shopper.email = "new@shop.example"
    shopper.save()
    assert not Entry.objects.filter(what="account.changed").exists()
    with acting(f"user:{people['platform'].pk}"):
        shopper.is_active, shopper.email = False, "other@shop.example"
        shopper.save()
    seen = latest(Api(people["platform"]))
    assert (seen["what"], seen["chain"], seen["on"]) == ("account.changed", "", f"user:{shopper.pk}")
    assert seen["changes"] == {"email": ["•••", "•••"], "is_active": [True, False]}


def test_many_rows_at_once_in_the_admin_are_noted_one_by_one(
    people: dict[str, User], world: World, client: Any
) -> None:
    client.force_login(people["platform"])
    client.post(
        "/admin/fleet/trolley/",
        {"action": "deactivate", "_selected_action": [str(world.trolley.pk)]},
        headers={"host": "localhost"},
    )
    seen = latest(Api(people["chain_admin"]))
    assert (seen["what"], seen["name"], seen["changes"]) == (
        "trolley.changed", "platform", {"is_active": [True, False]},
    )  # fmt: skip


def test_a_manager_sees_the_own_branch_and_nobody_sees_another_chain(
    people: dict[str, User], world: World
) -> None:
    platform = Api(people["platform"])
    for code in ("OWN", "SISTER", "FOREIGN"):
        platform.change("PATCH", f"/api/branches/{code}", {"city": "Pune"})
    seen = {
        name: {each["branch"] for each in trail(Api(people[name]), "?what=branch.changed")}
        for name in ("manager", "chain_admin", "stranger", "platform")
    }
    assert seen == {
        "manager": {"OWN"}, "chain_admin": {"OWN", "SISTER"}, "stranger": {"FOREIGN"},
        "platform": {"OWN", "SISTER", "FOREIGN"},
    }  # fmt: skip


def test_the_trail_is_filtered_and_paged(people: dict[str, User], world: World) -> None:
    manager, admin = Api(people["manager"]), Api(people["chain_admin"])
    began = timezone.now().isoformat()
    for number in range(105):
        manager.change("PATCH", "/api/branches/OWN", {"city": f"City {number}"})
    first = admin.get("/api/audit?what=branch.changed").json()
    second = admin.get(f"/api/audit?what=branch.changed&cursor={first['next']}").json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (100, 5, None)
    assert trail(admin, "?who=manager&what=branch.&branch=OWN")[0]["changes"]["city"][1] == "City 104"
    assert trail(admin, "?who=nobody-here") == []
    assert trail(admin, f"?to={began.replace('+00:00', 'Z')}&what=branch.changed") == []


def test_the_file_has_no_cell_that_a_spreadsheet_would_run(people: dict[str, User], world: World) -> None:
    who = f"user:{people['manager'].pk}"
    CommandNote.objects.create(
        id=new_id("trolley/T-1:9"), at=timezone.now(), who=who, branch="OWN", what="trolley.unlock",
        subject="trolley/T-1", reason='=HYPERLINK("http://evil")',
    )  # fmt: skip
    answer = Api(people["chain_admin"]).get("/api/audit/export.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[-1]["reason"] == '\'=HYPERLINK("http://evil")'
    assert (rows[-1]["chain"], rows[-1]["name"]) == ("own-chain", "manager")


def test_a_command_is_sealed_once(people: dict[str, User], world: World) -> None:
    CommandNote.objects.create(
        id=new_id("trolley/T-1:9"), at=timezone.now(), who="user:x", branch="OWN", what="trolley.unlock",
        subject="trolley/T-1",
    )  # fmt: skip
    assert (places.seal(), places.seal()) == (1, 0)


def break_a_word() -> None:
    Entry.objects.filter(chain="own-chain", seq=2).update(reason="nothing to see here")


def break_a_link() -> None:
    Entry.objects.filter(chain="own-chain", seq=2).delete()


def break_the_end() -> None:
    last = Head.objects.get(chain="own-chain").seq
    Entry.objects.filter(chain="own-chain", seq=last).delete()


@pytest.mark.parametrize(("spoil", "seq"), [(break_a_word, 2), (break_a_link, 2), (break_the_end, None)])
def test_whoever_touches_the_trail_is_found(
    spoil: Any, seq: int | None, people: dict[str, User], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    assert "every link holds" in capsys.readouterr().out
    last = Head.objects.get(chain="own-chain").seq
    spoil()
    (broken,) = sealing.verify()
    assert (broken.chain, broken.seq) == ("own-chain", seq or last)
    with pytest.raises(CommandError, match="1 of the trail's chains"):
        call_command("verify_audit")
    assert f"own-chain: entry {seq or last} is broken" in capsys.readouterr().err


def test_the_demonstration_has_nothing_to_answer_for(world: World) -> None:
    before = Entry.objects.count()
    with without_notes():
        world.own.city = "Pune"
        world.own.save()
    places.seal()
    assert Entry.objects.count() == before
