"""Suppliers' feeds: by address on a schedule, by upload with a key, dry or writing, each with its report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts.models import Grant, User
from core.catalogue.models import ImportJob, Product, SupplierFeed
from core.catalogue.tasks import ask_suppliers
from core.tenancy.models import Chain
from core.trail.models import Note
from tests.core.suppliers.supplier_peer import PATH, SupplierPeer
from tests.core.support import Api, World
from tests.payments.peers import Answer

FEEDS = "/api/chains/own-chain/supplier-feeds"
APPLE = "4006381333931"


@pytest.fixture
def supplier(settings: Any) -> Iterator[SupplierPeer]:
    peer = SupplierPeer(json.dumps({"products": [{"barcode": APPLE, "price": 13.5}]}).encode())
    with peer.running():
        settings.SUPPLIER_ORIGINS = [peer.url]
        yield peer


class Office:
    """Somebody who looks after feeds; what they begin is run at once."""

    def __init__(self, user: User, commits: Any) -> None:
        self.api = Api(user)
        self._commits = commits

    def make(self, **body: Any) -> dict[str, Any]:
        answer = self.api.post(FEEDS, {"name": "Farm", **body})
        assert answer.status_code == 201, answer.content
        return answer.json()  # type: ignore[no-any-return]

    def fetch(self, feed: dict[str, Any]) -> dict[str, Any]:
        with self._commits(execute=True):
            answer = self.api.post(f"{FEEDS}/{feed['id']}/fetch", {})
        assert answer.status_code == 202, answer.content
        return self.api.get(answer["Location"]).json()  # type: ignore[no-any-return]

    def deliver(self, feed: dict[str, Any], data: bytes, api: Api | None = None) -> Any:
        file = SimpleUploadedFile("prices.csv", data, "text/csv")
        with self._commits(execute=True):
            return (api or self.api).upload(f"{FEEDS}/{feed['id']}/deliveries", {"file": file})

    def round(self) -> int:
        with self._commits(execute=True):
            return int(ask_suppliers())

    def reports(self, feed: dict[str, Any]) -> list[dict[str, Any]]:
        return self.api.get(f"{FEEDS}/{feed['id']}/deliveries").json()["results"]  # type: ignore[no-any-return]


@pytest.fixture
def office(people: dict[str, User], django_capture_on_commit_callbacks: Any) -> Office:
    return Office(people["manager"], django_capture_on_commit_callbacks)


def price(world: World) -> str:
    return f"{Product.objects.get(pk=world.product.pk).price:.2f}"


def test_a_delivery_is_a_dry_run_that_waits_for_somebody_to_apply_it(
    office: Office, supplier: SupplierPeer, world: World
) -> None:
    feed = office.make(url=supplier.url + PATH)
    job = office.fetch(feed)
    assert (job["status"], job["dry_run"], job["changed"], job["feed"]) == ("done", True, 1, feed["id"])
    assert price(world) == "12.50"
    with office._commits(execute=True):
        applied = office.api.post(f"/api/imports/{job['id']}/apply", {})
    assert applied.status_code == 202
    assert price(world) == "13.50"


def test_a_feed_that_applies_writes_and_keeps_the_report(
    office: Office, supplier: SupplierPeer, world: World, people: dict[str, User]
) -> None:
    feed = office.make(url=supplier.url + PATH, applies=True)
    assert office.round() == 1
    assert price(world) == "13.50"
    (report,) = office.reports(feed)
    assert (report["status"], report["dry_run"], report["written"]) == ("done", False, 1)
    (line,) = office.api.get(f"/api/imports/{report['id']}/lines").json()["results"]
    assert line["changes"] == [{"column": "price", "old": "12.50", "new": "13.50"}]
    assert Note.objects.filter(what="import.changed", who=f"user:{people['manager'].pk}").exists()
    shown = office.api.get(f"{FEEDS}/{feed['id']}").json()
    last = (shown["last_status"], shown["last_dry_run"], shown["last_at"])
    assert last == ("done", False, report["created_at"])


def test_a_feed_is_asked_when_it_is_due_and_not_before(office: Office, supplier: SupplierPeer) -> None:
    feed = office.make(url=supplier.url + PATH, every_hours=2)
    assert [office.round(), office.round()] == [1, 0]
    row = SupplierFeed.objects.get(pk=feed["id"])
    assert row.next_at is not None
    assert timedelta(minutes=119) < row.next_at - timezone.now() <= timedelta(hours=2)
    SupplierFeed.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    assert office.round() == 1
    assert len(supplier.requests) == 2


def test_a_feed_that_is_off_or_has_no_address_is_never_due(office: Office, supplier: SupplierPeer) -> None:
    off = office.make(url=supplier.url + PATH, is_active=False)
    uploads = office.make(name="Uploads")
    assert off["next_at"] is None
    assert office.round() == 0
    assert office.api.post(f"{FEEDS}/{uploads['id']}/fetch", {}).json()["code"] == "unfit"
    on = office.api.patch(f"{FEEDS}/{off['id']}", {"is_active": True})
    assert on.json()["next_at"] is not None
    assert office.round() == 1


def test_a_file_that_cannot_be_fetched_is_a_report_too(office: Office, supplier: SupplierPeer) -> None:
    feed = office.make(url=supplier.url + PATH)
    supplier.fail(Answer(503, {}))
    office.round()
    (report,) = office.reports(feed)
    assert (report["status"], report["problem"]) == (
        "failed", "Expected a file from 127.0.0.1, got status 503.",
    )  # fmt: skip
    assert office.fetch(feed)["status"] == "done"


def test_a_refused_line_refuses_the_file_unless_it_is_to_be_skipped(
    office: Office, supplier: SupplierPeer, world: World
) -> None:
    supplier.file = f"barcode,price\n{APPLE},14\n123456789,x\n".encode()
    whole = office.make(url=supplier.url + PATH, applies=True)
    office.round()
    assert (office.reports(whole)[0]["status"], price(world)) == ("refused", "12.50")
    office.api.patch(f"{FEEDS}/{whole['id']}", {"on_error": "skip"})
    office.fetch(whole)
    assert (office.reports(whole)[0]["status"], price(world)) == ("done", "14.00")


def test_what_a_suppliers_columns_mean_is_said_once(
    office: Office, supplier: SupplierPeer, world: World
) -> None:
    supplier.file = f"barcode,Ladenpreis\n{APPLE},14\n".encode()
    feed = office.make(url=supplier.url + PATH, applies=True)
    job = office.fetch(feed)
    assert job["status"] == "columns"
    with office._commits(execute=True):
        body = {"columns": [{"name": "Ladenpreis", "column": "price"}]}
        said = office.api.post(f"/api/imports/{job['id']}/columns", body).json()
    assert office.reports(feed)[0]["id"] == said["id"], "it is a delivery as well"
    assert price(world) == "12.50"
    assert office.fetch(feed)["status"] == "done"
    assert price(world) == "14.00"


def test_nothing_is_delivered_in_the_name_of_somebody_who_may_not_any_more(
    office: Office, supplier: SupplierPeer, people: dict[str, User], world: World
) -> None:
    feed = office.make(url=supplier.url + PATH, applies=True)
    Grant.objects.filter(user=people["manager"]).delete()
    office.round()
    admin = Office(people["chain_admin"], office._commits)
    (report,) = admin.reports(feed)
    assert report["status"] == "failed"
    assert "may not manage this catalogue any more" in report["problem"]
    assert (supplier.requests, price(world)) == ([], "12.50")
    admin.api.patch(f"{FEEDS}/{feed['id']}", {"every_hours": 12})
    assert office.round() == 1
    assert price(world) == "13.50"


def test_a_chain_that_keeps_its_catalogue_to_itself_takes_no_feed_of_a_branchs_manager(
    office: Office, supplier: SupplierPeer, world: World
) -> None:
    office.make(url=supplier.url + PATH, applies=True)
    Chain.objects.update(branch_managers_edit_catalogue=False)
    office.round()
    assert (supplier.requests, price(world)) == ([], "12.50")
    answer = office.api.get(FEEDS)
    assert (answer.status_code, answer.json()["code"]) == (403, "catalogue_of_the_chain")


def key(people: dict[str, User], *scopes: str) -> Api:
    body = {"name": "Farm's system", "scopes": scopes}
    secret = Api(people["chain_admin"]).post("/api/chains/own-chain/keys", body).json()["secret"]
    machine = Api()
    machine._headers = {"Authorization": f"Api-Key {secret}"}
    return machine


def test_a_suppliers_key_delivers_and_does_nothing_else(
    office: Office, people: dict[str, User], world: World
) -> None:
    feed = office.make(applies=True)
    machine = key(people, "catalogue.deliver")
    answer = office.deliver(feed, f"barcode,price\n{APPLE},15\n".encode(), machine)
    assert (answer.status_code, price(world)) == (202, "15.00")
    assert machine.get(f"{FEEDS}/{feed['id']}/deliveries").json()["results"][0]["written"] == 1
    for status in (
        machine.get(FEEDS).status_code,
        machine.post(FEEDS, {"name": "More"}).status_code,
        machine.change("PATCH", f"/api/products/{world.product.pk}", {"price": 1}).status_code,
        machine.get("/api/imports").status_code,
    ):
        assert status == 403
    assert office.deliver(feed, b"barcode\n", key(people, "branch.manage")).status_code == 403


def test_a_feed_is_nobodys_but_its_chains(office: Office, people: dict[str, User], world: World) -> None:
    feed = office.make()
    stranger = Api(people["stranger"])
    elsewhere = f"/api/chains/other-chain/supplier-feeds/{feed['id']}"
    for answer in (
        stranger.get(FEEDS),
        stranger.get(elsewhere),
        stranger.patch(elsewhere, {"name": "Mine"}),
        stranger.delete(elsewhere),
        office.deliver(feed, b"barcode\n", stranger),
    ):
        assert answer.status_code == 404
    assert Api(people["staff"]).get(FEEDS).status_code == 403
    assert ImportJob.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://supplier.example/"}, "url"),
        ({"url": "https://me:secret@supplier.example/"}, "url"),
        ({"every_hours": 0}, "every_hours"),
        ({"every_hours": 169}, "every_hours"),
        ({"owner": "platform"}, "owner"),
        ({"chain": "other-chain"}, "chain"),
        ({"name": "Taken"}, "name"),
    ],
)
def test_what_a_feed_cannot_be_is_named(body: dict[str, Any], field: str, office: Office) -> None:
    office.make(name="Taken")
    answer = office.api.post(FEEDS, {"name": "Farm", **body})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_an_ended_feed_leaves_its_reports(office: Office) -> None:
    feed = office.make()
    office.deliver(feed, f"barcode,price\n{APPLE},15\n".encode())
    assert office.api.delete(f"{FEEDS}/{feed['id']}").status_code == 204
    assert office.api.get(f"{FEEDS}/{feed['id']}").status_code == 404
    (job,) = office.api.get("/api/imports").json()["results"]
    assert (job["feed"], job["status"]) == (None, "done")


def test_a_changed_address_is_noted_without_being_told(office: Office, supplier: SupplierPeer) -> None:
    feed = office.make()
    office.api.patch(f"{FEEDS}/{feed['id']}", {"url": f"{supplier.url}{PATH}?token=secret"})
    noted = Note.objects.filter(what="supplier_feed.changed").get()
    assert "secret" not in str(noted.changes)
    assert "url" in str(noted.changes)


def test_the_list_asks_as_much_of_many_feeds_as_of_one(office: Office) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            office.api.get(FEEDS)
        return len(found)

    office.make()
    one = asked()
    for number in range(5):
        office.deliver(office.make(name=f"Farm {number}"), b"barcode\n")
    assert asked() == one
