"""Imports of stock in the admin: seen first, then done, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from actors.messages.stock import AdjustStock, Quantity, ReceiveStock
from core import actor_port
from core.accounts.models import User
from core.catalogue.models import Product, Variant
from core.inventory.models import StockImport
from core.problems import Problem
from tests.core.inventory.test_stock_api import level
from tests.core.running import Actors, running_actors
from tests.core.support import World

ADD = "admin:inventory_stockimport_add"


@pytest.fixture
def actors(world: World) -> Iterator[Actors]:
    with running_actors() as actors:
        yield actors


@pytest.fixture
def staff(people: dict[str, User], client: Client) -> Client:
    client.force_login(people["platform"])
    return client


def upload(staff: Client, world: World, data: str) -> Any:
    file = SimpleUploadedFile("counts.csv", data.encode(), "text/csv")
    return staff.post(reverse(ADD), {"branch": world.own.pk, "file": file}, follow=True)


def press(staff: Client, job: StockImport) -> Any:
    return staff.post(reverse("admin:inventory_stockimport_apply", args=[job.pk]), follow=True)


def outcomes(job: StockImport) -> list[tuple[int, str]]:
    job.refresh_from_db()
    return [(line["line"], line["outcome"]) for line in job.lines]


def test_a_dry_run_shows_each_line_and_changes_nothing_until_it_is_applied(
    staff: Client, world: World, actors: Actors
) -> None:
    apple = str(world.product.pk)
    red = Variant.objects.create(product=world.product, name="Big")
    actors.ask("stock", "OWN", ReceiveStock((Quantity(apple, 10),)))
    level(world, reserved=0, on_hand=10)
    page = upload(
        staff,
        world,
        "barcode;variant;counted;received;low_at\n"
        "4006381333931;;7;;3\n"
        "4006381333931;big;;12;\n"
        "123456789;;;;\n"
        "5901234123457;;1;;\n",
    )
    assert b"nothing has been changed yet" in page.content
    assert b"The chain has no product with this barcode." in page.content
    job = StockImport.objects.get()
    assert outcomes(job) == [(2, "changed"), (3, "changed"), (4, "unchanged"), (5, "refused")]
    assert actors.look("stock", "OWN").level(apple).on_hand == 10
    page = press(staff, job)
    assert b"The stock has been changed." in page.content
    stock = actors.look("stock", "OWN")
    assert (stock.level(apple).on_hand, stock.level(apple).low_at) == (7, 3)
    assert stock.level(f"{apple}/{red.pk}").on_hand == 12
    assert [outcome for _, outcome in outcomes(job)] == ["applied", "applied", "unchanged", "refused"]
    assert job.status == "applied"


def test_an_import_is_applied_once_however_often_it_is_pressed(
    staff: Client, world: World, actors: Actors
) -> None:
    upload(staff, world, "barcode,received\n4006381333931,5\n")
    job = StockImport.objects.get()
    before = list(job.lines)
    press(staff, job)
    StockImport.objects.filter(pk=job.pk).update(lines=before, status="begun")  # its process was killed
    press(staff, job)
    assert actors.look("stock", "OWN").level(str(world.product.pk)).on_hand == 5


def test_what_cannot_be_done_by_now_is_refused_with_its_reason(
    staff: Client, world: World, actors: Actors
) -> None:
    apple = str(world.product.pk)
    upload(staff, world, "barcode,received\n4006381333931,10\n")
    actors.ask("stock", "OWN", ReceiveStock((Quantity(apple, 999_999_995),)))
    page = press(staff, StockImport.objects.get())
    assert b"There cannot be 10 more units of this." in page.content
    assert actors.look("stock", "OWN").level(apple).on_hand == 999_999_995


def test_lines_that_nobody_could_be_asked_about_are_left_for_the_next_try(
    staff: Client, world: World, actors: Actors
) -> None:
    upload(staff, world, "barcode,counted\n4006381333931,2\n")
    job = StockImport.objects.get()

    def away(*_: Any) -> Any:
        raise Problem(503, "unavailable", "Not now.")

    undo = actor_port.register(away)
    assert b"1 lines could not be done" in press(staff, job).content
    undo()
    job.refresh_from_db()
    assert (job.status, outcomes(job)) == ("begun", [(2, "changed")])
    press(staff, job)
    job.refresh_from_db()
    assert (job.status, outcomes(job)) == ("applied", [(2, "applied")])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("4006381333932,1,", "check digit"),
        ("4006381333931,-1,", "counted: expected a whole number"),
        ("4006381333931,1.5,", "counted: expected a whole number"),
        ("4006381333931,٣,", "counted: expected a whole number"),
        ("4006381333931,99999999999999,", "counted: expected a whole number"),
        ("4006381333931,2,", "3 units are reserved"),
        ("4006381333931,4,4", "either counted or received"),
        ("4006381333931,,1000001", "received: expected a whole number from 0 to 1000000"),
        ("9999999999994,1,", "no product with this barcode"),
        ("4006381333931,1,2,3", "Expected 3 cells"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why(staff: Client, world: World, row: str, said: str) -> None:
    level(world)  # 10 there, 3 of them reserved
    Product.objects.create(chain=world.foreign.chain, barcode="9999999999994", name="Foreign", price=1)
    upload(staff, world, f"barcode,counted,received\n{row}\n")
    (line,) = StockImport.objects.get().lines
    assert line["outcome"] == "refused"
    assert said in line["problem"]
    names_a_product = row.startswith("4006381333931") and "cells" not in said
    assert line["on_hand"] == (10 if names_a_product else None)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "empty"),
        ("name,counted\n", "counted"),
        ("barcode\n1\n", "Line 1: expected a column counted, received or low_at"),
        ("barcode,price\n", "&#x27;price&#x27;"),
    ],
)
def test_a_file_that_is_none_is_refused_on_the_form(
    staff: Client, world: World, data: str, said: str
) -> None:
    page = upload(staff, world, data)
    assert said in page.content.decode()
    assert not StockImport.objects.exists()


def test_the_same_product_twice_is_refused(staff: Client, world: World) -> None:
    upload(staff, world, "barcode,counted\n4006381333931,1\n04006381333931,2\n")
    assert outcomes(StockImport.objects.get()) == [(2, "changed"), (3, "refused")]


def test_only_who_may_import_can_press_the_button(
    world: World, people: dict[str, User], client: Client, actors: Actors
) -> None:
    client.force_login(people["platform"])
    upload(client, world, "barcode,received\n4006381333931,5\n")
    job = StockImport.objects.get()
    assert client.get(reverse("admin:inventory_stockimport_apply", args=[job.pk])).status_code == 405
    client.force_login(people["manager"])
    assert press(client, job).redirect_chain[0][0].startswith("/admin/login/")
    looker = User.objects.create_user("looker", password="x", is_staff=True)
    client.force_login(looker)
    assert press(client, job).status_code == 403
    assert actors.look("stock", "OWN").level(str(world.product.pk)).on_hand == 0


def test_a_counted_shelf_raises_and_clears_its_alarm(staff: Client, world: World, actors: Actors) -> None:
    apple = str(world.product.pk)
    actors.ask("stock", "OWN", AdjustStock(sku=apple, reason="begin", counted=10, low_at=4))
    level(world, low_at=4, reserved=0)
    upload(staff, world, "barcode,counted\n4006381333931,4\n")
    press(staff, StockImport.objects.get())
    actors.settle()
    assert actors.look("stock", "OWN").level(apple).low
