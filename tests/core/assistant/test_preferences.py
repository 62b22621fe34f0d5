from __future__ import annotations

from typing import Any

import pytest

from core.accounts.models import User
from core.assistant.models import Preferences
from core.assistant.preferences.wants import NOTHING_SAID, Wants, WantsOfPeople
from core.orders import mail
from core.orders.models import ReceiptMail
from tests.core.support import Api, World, order

PATH = "/api/me/preferences"


@pytest.fixture
def shopper(people: dict[str, User]) -> Api:
    return Api(people["shopper"])


def test_whoever_has_said_nothing_prefers_nothing(shopper: Api) -> None:
    found = shopper.get(PATH).json()
    assert found.pop("notifications")["overdue"]["sms"] is True
    assert found == {
        "diet": [],
        "allergens": [],
        "sustainability": "normal",
        "language": "",
        "receipts": "email",
    }


def test_what_is_left_out_stays_as_it_is(shopper: Api) -> None:
    whole = {"diet": ["vegan"], "allergens": ["Peanut", "milk"], "sustainability": "high", "language": "he"}
    assert shopper.put(PATH, whole).status_code == 200
    found = shopper.put(PATH, {"receipts": "none", "diet": None}).json()
    assert (found["diet"], found["allergens"], found["language"]) == (["vegan"], ["peanuts", "milk"], "he")
    assert (found["sustainability"], found["receipts"]) == ("high", "none")
    assert shopper.get(PATH).json() == found
    assert shopper.get("/api/me").json()["preferences"]["allergens"] == ["peanuts", "milk"]


def test_the_ways_of_notifications_are_among_them(shopper: Api) -> None:
    found = shopper.put(PATH, {"notifications": {"overdue": {"sms": False}}}).json()
    assert found["notifications"]["overdue"]["sms"] is False
    assert shopper.get("/api/notifications/preferences").json() == found["notifications"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"allergens": ["gravel"]}, "allergens"),
        ({"allergens": "milk"}, "allergens"),
        ({"diet": ["Not A Tag"]}, "diet.0"),
        ({"sustainability": "very"}, "sustainability"),
        ({"receipts": True}, "receipts"),
        ({"taste": "sweet"}, "taste"),
    ],
)
def test_what_cannot_be_preferred_is_named(shopper: Api, body: dict[str, Any], field: str) -> None:
    answer = shopper.put(PATH, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_they_are_the_persons_own_and_go_with_them(people: dict[str, User], shopper: Api) -> None:
    shopper.put(PATH, {"allergens": ["fish"]})
    assert Api(people["staff"]).get(PATH).json()["allergens"] == []
    assert Api().get(PATH).status_code == 401
    assert shopper.get("/api/me/export").json()["shopping_preferences"][0]["allergens"] == ["fish"]
    people["shopper"].delete()
    assert not Preferences.objects.exists()


def test_who_wants_no_receipts_is_sent_none(people: dict[str, User], world: World) -> None:
    user = people["shopper"]
    user.email = "shopper@example.com"
    user.save()
    Api(user).put(PATH, {"receipts": "none"})
    bought = order(user.pk)
    assert mail.send(bought.pk) is False
    assert ReceiptMail.objects.get(pk=bought.pk).outcome == "unwanted"


def test_in_memory_is_what_was_said_last_and_nobody_who_is_gone(people: dict[str, User]) -> None:
    wants = WantsOfPeople()
    user = people["shopper"]
    Api(user).put(PATH, {"allergens": ["fish"], "diet": ["halal"]})
    wants.reload()
    assert wants.of(str(user.pk)) == Wants(frozenset({"halal"}), frozenset({"fish"}), "normal")
    Api(user).put(PATH, {"allergens": [], "sustainability": "low"})
    Api(people["staff"]).put(PATH, {"allergens": ["milk"]})
    wants.reload()
    assert wants.of(str(user.pk)) == Wants(frozenset({"halal"}), frozenset(), "low")
    assert wants.allergens_of(str(people["staff"].pk)) == {"milk"}
    Preferences.objects.filter(user=user).delete()
    wants.reload()
    assert wants.of(str(user.pk)) is NOTHING_SAID
