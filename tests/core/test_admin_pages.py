from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.accounts.credentials.tokens import issue, rotate
from core.accounts.models import RefreshToken, User
from core.catalogue.models import Category, PriceRule, Product, Voucher
from core.fleet.models import PROJECTED, Controller, Device, Rental, Trolley
from core.tenancy.models import Chain
from tests.core.support import World

OURS = [model for model in admin.site._registry if model.__module__.startswith("core.")]


@pytest.fixture
def staff(people: dict[str, User], client: Client) -> Client:
    client.force_login(people["platform"])
    return client


def listing(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_list_opens_and_can_be_searched(staff: Client, world: World, model: Any) -> None:
    assert staff.get(listing(model)).status_code == 200
    assert staff.get(listing(model), {"q": "1"}).status_code == 200


@pytest.mark.parametrize("what", ["chain", "own", "trolley", "product", "device"])
def test_every_form_opens(staff: Client, world: World, what: str) -> None:
    row = getattr(world, what)
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    assert staff.get(url).status_code == 200


def test_what_the_projection_writes_cannot_be_edited(staff: Client, world: World) -> None:
    url = reverse("admin:fleet_trolley_change", args=[world.trolley.pk])
    form = staff.get(url).context["adminform"].form
    assert not set(PROJECTED) & set(form.fields)
    body = {
        "trolley_id": "T-1", "branch": world.own.pk, "cart_number": 8, "qr_nonce": "n", "is_active": "on",
        "place_device": world.device.pk, "place_slot": 17, "phase": "held", "seq": 99,
    }  # fmt: skip
    assert staff.post(url, body).status_code == 302
    fresh = Trolley.objects.get(pk=world.trolley.pk)
    assert (fresh.cart_number, fresh.phase, fresh.seq) == (8, "available", 0)


def test_sessions_can_only_be_looked_at(staff: Client) -> None:
    assert staff.get(reverse("admin:fleet_session_add")).status_code == 403


def test_bulk_actions_change_rows_and_announce_it(
    staff: Client, world: World, heard: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(listing(Product), {"action": "deactivate", "_selected_action": [world.product.pk]})
    assert not Product.objects.get(pk=world.product.pk).is_active
    assert heard == ["catalogue"]


def test_a_revoked_device_needs_a_new_token_as_well(staff: Client, world: World) -> None:
    staff.post(listing(Device), {"action": "revoke", "_selected_action": [world.device.pk]})
    device = Device.objects.get(pk=world.device.pk)
    assert (device.is_revoked, device.token_version) == (True, 2)


def test_people_can_be_logged_out_everywhere(staff: Client, people: dict[str, User]) -> None:
    pair = issue(people["shopper"])
    staff.post(listing(User), {"action": "log_out", "_selected_action": [people["shopper"].pk]})
    assert RefreshToken.objects.get(user=people["shopper"]).revoked_at is not None
    with pytest.raises(Exception, match="not valid"):
        rotate(pair["refresh"])


def test_a_product_with_a_wrong_check_digit_is_refused(staff: Client, world: World) -> None:
    url = reverse("admin:catalogue_product_change", args=[world.product.pk])
    body = {
        "chain": world.chain.pk, "barcode": "4006381333932", "name": "Apple", "price": "1", "is_active": "on",
        "nutrition_facts": "{}", "dietary_tags": "[]", "allergens": "[]",
        "variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = staff.post(url, body)
    assert answer.status_code == 200
    assert b"check digit" in answer.content


def test_the_admin_is_for_platform_staff_only(people: dict[str, User], client: Client) -> None:
    client.force_login(people["manager"])
    assert client.get(listing(Product)).status_code == 302


def _with_history(world: World, what: str) -> Any:
    discount = {"chain": world.chain, "value": 10}
    made: dict[str, Callable[[], Any]] = {
        "category": lambda: Category.objects.create(chain=world.chain, slug="spices", name="Spices"),
        "rule": lambda: PriceRule.objects.create(name="Ten", **discount),
        "voucher": lambda: Voucher.objects.create(code="TEN", **discount),
    }
    return made[what]() if what in made else getattr(world, what)


@pytest.mark.parametrize(
    "what", ["chain", "own", "trolley", "product", "device", "category", "rule", "voucher"]
)
def test_what_has_a_history_is_never_deleted(staff: Client, world: World, what: str) -> None:
    row = _with_history(world, what)
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_delete", args=[row.pk])
    assert staff.post(url, {"post": "yes"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    staff.post(listing(type(row)), body)
    assert type(row).objects.filter(pk=row.pk).exists()


def test_a_trolley_that_somebody_has_is_refused_by_name_and_stays_in_use(
    staff: Client, world: World, people: dict[str, User]
) -> None:
    free = Trolley.objects.create(trolley_id="T-2", branch=world.own, cart_number=2)
    Trolley.objects.filter(pk=world.trolley.pk).update(phase="held", assigned_to=people["shopper"])
    body = {"action": "deactivate", "_selected_action": [world.trolley.pk, free.pk]}
    told = staff.post(listing(Trolley), body, follow=True).content.decode()
    assert "T-1: somebody has it" in told
    assert dict(Trolley.objects.filter(branch=world.own).values_list("trolley_id", "is_active")) == {
        "T-1": True, "T-2": False,
    }  # fmt: skip
    url = reverse("admin:fleet_trolley_change", args=[world.trolley.pk])
    form = {
        "trolley_id": "T-1", "branch": world.sister.pk, "cart_number": 1, "qr_nonce": world.trolley.qr_nonce,
        "is_active": "on", "place_device": world.device.pk, "place_slot": 17,
    }  # fmt: skip
    refused = staff.post(url, form)
    assert "Somebody has this trolley" in refused.content.decode()
    assert Trolley.objects.get(pk=world.trolley.pk).branch == world.own


def test_a_board_into_whose_slots_trolleys_belong_is_not_deleted_and_they_are_named(
    staff: Client, world: World
) -> None:
    board = Controller.objects.get(device=world.device)
    body = {"action": "delete_selected", "_selected_action": [board.pk], "post": "yes"}
    assert "T-1" in staff.post(listing(Controller), body).content.decode()
    url = reverse("admin:fleet_controller_delete", args=[board.pk])
    assert "T-1" in staff.post(url, {"post": "yes"}).content.decode()
    assert Controller.objects.filter(pk=board.pk).exists()
    Trolley.objects.filter(pk=world.trolley.pk).update(place_slot=None, place_device=None)
    staff.post(url, {"post": "yes"})
    assert not Controller.objects.filter(pk=board.pk).exists()


def test_a_category_with_products_stays_in_use_and_says_why(staff: Client, world: World) -> None:
    full = Category.objects.create(chain=world.chain, slug="spices", name="Spices")
    empty = Category.objects.create(chain=world.chain, slug="ice", name="Ice")
    Product.objects.filter(pk=world.product.pk).update(category=full)
    body = {"action": "deactivate_empty", "_selected_action": [full.pk, empty.pk]}
    told = staff.post(listing(Category), body, follow=True).content.decode()
    assert "Spices: There are active products in this category." in told
    found = Category.objects.filter(slug__in=("spices", "ice"))
    assert dict(found.values_list("name", "is_active")) == {"Spices": True, "Ice": False}
    url = reverse("admin:catalogue_category_change", args=[full.pk])
    form = {"chain": world.chain.pk, "slug": "spices", "name": "Spices", "position": 0}
    assert "There are active products" in staff.post(url, form).content.decode()


def test_time_zones_currencies_and_countries_are_chosen(staff: Client, world: World) -> None:
    chain = reverse("admin:tenancy_chain_change", args=[world.chain.pk])
    page = staff.get(chain).content.decode()
    for choice in ('<option value="INR" selected>', '<option value="IL">', '<option value="Asia/Kolkata">'):
        assert choice in page
    form = {
        "name": "Own", "slug": "own-chain", "currency": "XXA", "country": "ZZ", "languages": '["en"]',
        "tax_rounding": "total", "is_active": "on", "branches-TOTAL_FORMS": 0, "branches-INITIAL_FORMS": 0,
    }  # fmt: skip
    refused = staff.post(chain, form).context["adminform"].form.errors
    assert set(refused) == {"currency", "country"}
    assert staff.post(chain, {**form, "currency": "EUR", "country": ""}).status_code == 302
    fresh = Chain.objects.get(pk=world.chain.pk)
    assert (fresh.currency, fresh.country) == ("EUR", "")


def test_a_branch_is_not_closed_from_the_list_of_its_chain(staff: Client, world: World) -> None:
    url = reverse("admin:tenancy_chain_change", args=[world.chain.pk])
    (formset,) = staff.get(url).context["inline_admin_formsets"]
    assert "is_active" not in formset.formset.forms[0].fields
    assert not formset.formset.can_delete


@pytest.mark.parametrize("asked", ["CAFE", "café au", "Cafe\u0301"])
def test_a_search_finds_without_regard_to_case_and_accents(staff: Client, world: World, asked: str) -> None:
    Product.objects.create(chain=world.chain, barcode="coffee-1", name="Café au lait", price=3)
    page = staff.get(listing(Product), {"q": asked})
    assert [row.name for row in page.context["cl"].result_list] == ["Café au lait"]


def test_people_and_rows_of_other_kinds_are_named_and_linked(
    staff: Client, world: World, people: dict[str, User]
) -> None:
    shopper = people["shopper"]
    rental = Rental.objects.create(
        id=uuid4(), trolley_code="T-1", branch_code="OWN", user_id=shopper.pk, start_time=timezone.now()
    )
    theirs = reverse("admin:accounts_user_change", args=[shopper.pk])
    link = f'<a href="{theirs}">{shopper.username}</a>'
    assert link in staff.get(listing(Rental)).content.decode()
    assert link in staff.get(listing(Rental), {"q": shopper.username}).content.decode()
    own = reverse("admin:fleet_rental_change", args=[rental.pk])
    assert link in staff.get(own).content.decode()
    nobody = staff.get(listing(Rental), {"q": "nobody-of-that-name"}).content.decode()
    assert link not in nobody
