"""What people are told: once, in every way that they want, in their language."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from py_vapid import Vapid, b64urlencode

from core import owner_jobs
from core.accounts.models import Grant, Role, User
from core.alarms.models import Alarm
from core.alarms.tasks import notify_due
from core.notifications import dispatch, push
from core.notifications.api import PreferencesAnswer, PreferencesBody
from core.notifications.kinds import KINDS, LINKS, words_of
from core.notifications.models import Notification, PushSubscription
from core.notifications.texts import WORDS
from core.outbox import sending
from core.outbox.models import DeliveryOutcome, OutgoingMessage
from tests.core.accounts.phone import PHONE, has_phone, mails, messages
from tests.core.notifications.push_peer import PushPeer
from tests.core.support import Api, World
from tests.payments.peers import Answer

PATH = "/api/notifications"
DATA = {"place": "Own", "branch": "OWN", "trolley": "T-1"}


@pytest.fixture(autouse=True)
def _reached(settings: Any, tmp_path: Path) -> None:
    has_phone(settings, tmp_path)


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    """What open pages are to hear."""
    found: list[tuple[str, str]] = []
    unsubscribe = owner_jobs.subscribe(lambda what, key: found.append((what, key)))
    yield found
    unsubscribe()


@pytest.fixture
def browser(settings: Any) -> Iterator[PushPeer]:
    """A browser that takes web push."""
    key = Vapid()
    key.generate_keys()
    secret = key.private_key.private_numbers().private_value.to_bytes(32, "big")
    settings.VAPID_PRIVATE_KEY = b64urlencode(secret)
    peer = PushPeer()
    with peer.running():
        settings.PUSH_SERVICES = [peer.url]
        peer.application_key = str(push.public_key())
        yield peer


def told(user: User, kind: str = "overdue", key: str = "k") -> bool:
    return dispatch.notify(user.pk, kind, DATA, key)


# --- the list ---------------------------------------------------------------------------


def test_ones_notifications_are_listed_the_latest_first_and_read_once(people: dict[str, User]) -> None:
    shopper = people["shopper"]
    told(shopper, key="one")
    dispatch.notify(shopper.pk, "role_given", {"place": "Own", "role": "staff"}, "two")
    api = Api(shopper)
    found = api.get(PATH).json()
    assert [(row["title"], row["text"], row["link"]) for row in found["results"]] == [
        ("You have a new role", "Own: staff.", "/"),
        ("Please bring the trolley back", "T-1 should have been back at Own by now.", "/shop"),
    ]
    read = api.post(f"{PATH}/{found['results'][0]['id']}/read", None)
    assert read.status_code == 200
    again = api.post(f"{PATH}/{found['results'][0]['id']}/read", None)
    assert again.json()["read_at"] == read.json()["read_at"]
    assert api.get(f"{PATH}?unread=true").json()["count"] == 1


def test_nobody_sees_or_reads_what_anothers_are(people: dict[str, User], nobody: Api) -> None:
    told(people["shopper"])
    row = Notification.objects.get()
    for name in ("staff", "chain_admin", "platform", "stranger"):
        api = Api(people[name])
        assert api.get(PATH).json()["count"] == 0
        assert api.post(f"{PATH}/{row.pk}/read", None).status_code == 404
    assert nobody.get(PATH).status_code == 401
    row.refresh_from_db()
    assert row.read_at is None


def test_they_are_in_the_readers_language(people: dict[str, User]) -> None:
    User.objects.filter(username="shopper").update(language="he")
    told(people["shopper"])
    assert Api(people["shopper"]).get(PATH).json()["results"][0]["title"] == "נא להחזיר את העגלה"


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    people: dict[str, User], django_assert_num_queries: Any
) -> None:
    for number in range(30):
        told(people["shopper"], key=str(number))
    api = Api(people["shopper"])
    with django_assert_num_queries(4):
        assert len(api.get(PATH).json()["results"]) == 30


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_in_every_language_and_leads_somewhere(kind: str) -> None:
    spent = {"percent": "80", "amount": "500.00 INR", "period": "week"}
    data = {
        **DATA,
        **spent,
        "alarm": "stray",
        "about": "T-1",
        "role": "staff",
        "product": "Milk",
        "lot": "L7",
        "order": "7",
    }
    for language in WORDS:
        words = words_of(kind, data, language)
        assert words.title
        assert "{" not in f"{words}"
        assert words.link.startswith("/")
    assert WORDS["en"].keys() == WORDS["he"].keys()
    assert LINKS.keys() == KINDS.keys()
    assert list(PreferencesBody().fields) == list(PreferencesAnswer().fields) == list(KINDS)


# --- ways and preferences ---------------------------------------------------------------


def test_one_occasion_is_told_once(people: dict[str, User]) -> None:
    assert [told(people["shopper"]) for _ in range(3)] == [True, False, False]
    assert told(people["staff"]), "another person is told too"
    assert not dispatch.notify(uuid.uuid4(), "overdue", DATA, "k")


def test_without_a_word_a_late_shopper_is_told_by_text_message_and_on_open_pages(
    people: dict[str, User], tmp_path: Path, heard: Any, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    with django_capture_on_commit_callbacks(execute=True):
        told(people["shopper"])
        assert heard == [], "nothing before the commit"
    row = Notification.objects.get()
    assert heard == [("notification", f"{row.user_id} {row.pk}")]
    [sent] = messages(tmp_path)
    assert sent["text"].splitlines() == [
        "Please bring the trolley back", "T-1 should have been back at Own by now.",
        "http://localhost:8000/shop",
    ]  # fmt: skip
    assert mails() == []


def test_preferences_are_kept_a_kind_and_a_way(
    people: dict[str, User], tmp_path: Path, heard: Any, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    api = Api(people["shopper"])
    usual = {"socket": True, "email": False, "sms": True, "push": True}
    assert api.get(f"{PATH}/preferences").json()["overdue"] == usual
    wanted = {"overdue": {"socket": False, "sms": False, "email": True}}
    found = api.put(f"{PATH}/preferences", wanted).json()
    assert found["overdue"] == {"socket": False, "email": True, "sms": False, "push": True}
    assert api.get("/api/me").json()["preferences"]["notifications"] == found
    with django_capture_on_commit_callbacks(execute=True):
        told(people["shopper"])
    assert heard == []
    assert messages(tmp_path) == []
    [sent] = mails()
    assert (sent.to, sent.subject) == (["shopper@shop.example"], "Please bring the trolley back")
    assert api.put(f"{PATH}/preferences", {}).json()["overdue"] == usual
    assert Api(people["staff"]).get(f"{PATH}/preferences").json()["overdue"] == usual


@pytest.mark.parametrize(
    "body",
    [{"overdue": {"fax": True}}, {"overdue": {"sms": 1}}, {"sales": {"sms": True}}, {"overdue": True}, []],
)
def test_a_preference_that_is_none_is_named(people: dict[str, User], body: Any) -> None:
    answer = Api(people["shopper"]).put(f"{PATH}/preferences", body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_what_was_read_on_a_page_is_not_sent_any_more(people: dict[str, User], tmp_path: Path) -> None:
    User.objects.filter(username="shopper").update(phone=PHONE)
    told(people["shopper"])
    Api(people["shopper"]).post(f"{PATH}/{Notification.objects.get().pk}/read", None)
    assert messages(tmp_path) == []
    assert OutgoingMessage.objects.get().outcome == DeliveryOutcome.NOT_WANTED


def test_an_unconfirmed_address_gets_nothing(people: dict[str, User]) -> None:
    Api(people["shopper"]).put(f"{PATH}/preferences", {"overdue": {"email": True}})
    User.objects.filter(username="shopper").update(email="", unconfirmed_email="x@mail.example")
    told(people["shopper"])
    assert mails() == []


def test_what_was_said_long_ago_is_forgotten(people: dict[str, User]) -> None:
    told(people["shopper"])
    Notification.objects.update(created_at=timezone.now() - dispatch.KEPT - timedelta(days=1))
    assert dispatch.purge() == 1


def test_export_and_erasure_hold_all_of_it(people: dict[str, User], browser: PushPeer) -> None:
    api = Api(people["shopper"])
    api.post(f"{PATH}/push", browser.subscription())
    api.put(f"{PATH}/preferences", {"overdue": {"email": True}})
    told(people["shopper"])
    found = api.get("/api/me/export").json()
    names = ("notifications", "notification_preferences", "push_subscriptions", "messages", "logins")
    assert {name: len(found[name]) > 0 for name in names} == dict.fromkeys(names, True)
    assert browser.subscription()["keys"]["auth"] not in str(found)
    assert api.change("DELETE", "/api/me", {"password": "correct horse battery"}).status_code == 204
    for rows in (Notification, PushSubscription, OutgoingMessage):
        assert not rows.objects.exists()


# --- web push ---------------------------------------------------------------------------


def test_a_browser_shows_what_is_pushed(people: dict[str, User], browser: PushPeer) -> None:
    api = Api(people["shopper"])
    assert api.get(f"{PATH}/push").json() == {"public_key": browser.application_key, "browsers": []}
    added = api.post(f"{PATH}/push", browser.subscription())
    assert added.status_code == 201
    told(people["shopper"])
    mails()
    assert browser.shown == [
        {
            "title": "Please bring the trolley back",
            "text": "T-1 should have been back at Own by now.",
            "link": "/shop",
        }
    ]
    assert Api(people["staff"]).delete(f"{PATH}/push/{added.json()['id']}").status_code == 404
    assert api.delete(f"{PATH}/push/{added.json()['id']}").status_code == 204
    assert api.get(f"{PATH}/push").json()["browsers"] == []


def test_a_browser_is_whose_it_was_given_last(people: dict[str, User], browser: PushPeer) -> None:
    for name in ("shopper", "staff"):
        assert Api(people[name]).post(f"{PATH}/push", browser.subscription()).status_code == 201
    assert PushSubscription.objects.get().user == people["staff"]


def test_a_browser_that_is_gone_is_forgotten(people: dict[str, User], browser: PushPeer) -> None:
    Api(people["shopper"]).post(f"{PATH}/push", browser.subscription())
    browser.gone = True
    told(people["shopper"])
    mails()
    assert not PushSubscription.objects.exists()
    assert OutgoingMessage.objects.get().outcome == DeliveryOutcome.REFUSED


def test_a_push_service_that_is_down_is_tried_again(people: dict[str, User], browser: PushPeer) -> None:
    Api(people["shopper"]).post(f"{PATH}/push", browser.subscription())
    browser.fail(Answer(503, {}))
    told(people["shopper"])
    mails()
    OutgoingMessage.objects.update(due_at=timezone.now())
    assert sending.send(OutgoingMessage.objects.get().pk)
    assert len(browser.shown) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://169.254.169.254/latest/meta-data",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@10.0.0.1/x",
        "https://fcm.googleapis.com:8443/x",
        "https://evil.example/?https://fcm.googleapis.com",
        "file:///etc/passwd",
        "x",
    ],
)
def test_nobody_has_us_call_what_is_no_push_service(people: dict[str, User], endpoint: str) -> None:
    body = {"endpoint": endpoint, "keys": {"p256dh": "x" * 87, "auth": "x" * 22}}
    answer = Api(people["shopper"]).post(f"{PATH}/push", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unfit")
    body["endpoint"] = "https://updates.push.services.mozilla.com/wpush/v2/abc"
    assert Api(people["shopper"]).post(f"{PATH}/push", body).status_code == 201


def test_a_push_service_does_not_send_us_elsewhere(people: dict[str, User], browser: PushPeer) -> None:
    Api(people["shopper"]).post(f"{PATH}/push", browser.subscription())
    browser.fail(Answer(307, {}, {"Location": f"{browser.url}/inside"}))
    told(people["shopper"])
    mails()
    assert [request.path for request in browser.requests] == ["/wpush/one"]


# --- who tells --------------------------------------------------------------------------


def alarm(kind: str, severity: str, user: User | None = None, **fields: Any) -> Alarm:
    return Alarm.objects.create(
        alarm_id=uuid.uuid4(), branch_code="OWN", kind=kind, severity=severity, subject="trolley/T-1",
        trolley_code="T-1", user_id=user and user.pk, raised_at=timezone.now(), seq=1, **fields,
    )  # fmt: skip


def told_of() -> set[tuple[str, str]]:
    return set(Notification.objects.values_list("user__username", "kind"))


def test_an_overdue_trolley_is_told_of_once_to_its_shopper_and_to_the_branch(people: dict[str, User]) -> None:
    alarm("overdue", "warning", people["shopper"])
    assert [notify_due() for _ in range(2)] == [1, 0]
    assert told_of() == {
        ("shopper", "overdue"), ("manager", "branch_overdue"), ("chain_admin", "branch_overdue"),
    }  # fmt: skip
    assert Notification.objects.count() == 3


def test_alarms_are_told_to_those_who_run_the_branch(people: dict[str, User], world: World) -> None:
    elsewhere = User.objects.create(username="sister")
    Grant.objects.create(user=elsewhere, role=Role.MANAGER, chain=world.chain, branch=world.sister)
    alarm("stray", "critical", people["shopper"])
    alarm("low_stock", "warning")
    alarm("bus_fault", "major", cleared_at=timezone.now())
    notify_due()
    assert told_of() == {("manager", "alarm"), ("chain_admin", "alarm")}
    shown = Api(people["manager"]).get(PATH).json()["results"]
    assert [(row["title"], row["text"], row["link"]) for row in shown] == [
        ("OWN: a trolley left without a session", "T-1", "/branch/OWN")
    ]


def test_who_is_given_a_role_is_told(people: dict[str, User]) -> None:
    body = {"username": "shopper", "role": "staff", "branch": "OWN"}
    Api(people["manager"]).post("/api/chains/own-chain/members", body)
    assert told_of() == {("shopper", "role_given")}
    assert [sent.subject for sent in mails()] == ["You have a new role"]
    assert mail.outbox[0].to == ["shopper@shop.example"]
