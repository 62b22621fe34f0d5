"""Generated: promotions, price rules and vouchers get the same answer from every door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.models import User
from core.catalogue.models import PriceRule, Promotion, Voucher
from tests.core.catalogue.test_same_answer import AMOUNTS, LINES, PLAIN
from tests.core.support import Api, World

WHOLE = [
    "-1", "0", "1", "2", "7", "1.0", "1.5", "1e1", "1_0", "٣", "१", "0x3", "three", "1/2", "NaN", "--1", "+3",
    "1001", "-1001", "99999999999999999999",
]  # fmt: skip
DAYS = ["2026-02-30", "0000-01-01", "٢٠٢٦-٠١-٠١", "2026-13-01", "tomorrow", "2026-01-31"]
PRICE = {"kind": "price", "percent": "10"}
FIELDS: dict[str, tuple[dict[str, str], list[str]]] = {
    "name": (PRICE, LINES),
    "percent": (PRICE, [*AMOUNTS, "0", "100", "100.0001", "0.00005"]),
    "amount": ({"kind": "price"}, AMOUNTS),
    "threshold": ({"kind": "spend", "percent": "5"}, AMOUNTS),
    "buy": ({"kind": "n_for_m", "pay": "1"}, WHOLE),
    "priority": (PRICE, WHOLE),
    "valid_from": (PRICE, DAYS),
}
NUMBERS = ("percent", "buy", "pay", "priority")
"""What is a number in JSON and nothing else; money may be a text, too."""
Door = tuple[Callable[[str], None], Callable[[], Any]]
"""What sends a value, and what has been kept of it; None: nothing."""


def as_json(fields: dict[str, str]) -> dict[str, Any]:
    return {
        name: json.loads(text) if name in NUMBERS and PLAIN.fullmatch(text) else text
        for name, text in fields.items()
    }


def differing(values: Iterable[str], doors: dict[str, Door]) -> dict[str, dict[str, str]]:
    """Return, of the values to which two doors answer differently, what each keeps."""
    differ = {}
    for value in values:
        said = {}
        for name, (send, kept) in doors.items():
            send(value)
            row = kept()
            said[name] = "refused" if row is None else str(row)
        if len(set(said.values())) > 1:
            differ[value] = said
    return differ


@pytest.mark.parametrize("field", list(FIELDS))
def test_promotions_get_one_answer_from_every_door(
    field: str, people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    api = Api(people["chain_admin"])
    base, values = FIELDS[field]

    def post(value: str) -> None:
        Promotion.objects.all().delete()
        answer = api.post("/api/promotions", as_json({"name": "Lunch", **base, field: value}))
        assert answer.status_code in (201, 400), answer.content

    def put(value: str) -> None:
        Promotion.objects.all().delete()
        row = Promotion.objects.create(chain=world.chain, name="Before", kind="price", percent=1)
        whole = as_json({"name": "Lunch", **base, field: value})
        answer = api.change("PUT", f"/api/promotions/{row.pk}", whole)
        assert answer.status_code in (200, 400), answer.content
        if answer.status_code == 400:
            row.delete()

    def form(value: str) -> None:
        Promotion.objects.all().delete()
        body = {
            "chain": world.chain.pk, "name": "Lunch", "priority": "0", "combines": "on", "is_active": "on",
            "goods-TOTAL_FORMS": 0, "goods-INITIAL_FORMS": 0, **base, field: value,
        }  # fmt: skip
        assert client.post(reverse("admin:catalogue_promotion_add"), body).status_code in (200, 302)

    def kept() -> Any:
        row = Promotion.objects.first()
        return None if row is None else getattr(row, field)

    doors: dict[str, Door] = {"POST": (post, kept), "PUT": (put, kept), "form": (form, kept)}
    assert differing(values, doors) == {}


def rule_form(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "chain": world.chain.pk, "name": "Ten off", "kind": "sale", "effect": "percent", "value": "10",
        "min_quantity": "1", "priority": "0", "is_active": "on", **changed,
    }  # fmt: skip


def voucher_form(world: World, **changed: Any) -> dict[str, Any]:
    whole = {**rule_form(world), "code": "TEN", **changed}
    return {name: value for name, value in whole.items() if name not in ("name", "kind")}


FORMS: dict[Any, tuple[str, Callable[..., dict[str, Any]]]] = {
    PriceRule: ("pricerule", rule_form),
    Voucher: ("voucher", voucher_form),
}


def discount(client: Client, world: World, kind: Any, field: str, **base: str) -> Door:
    """Return the admin's form of price rules or vouchers as a door."""
    word, whole = FORMS[kind]

    def send(value: str) -> None:
        kind.objects.all().delete()
        body = whole(world, **{**base, field: value})
        assert client.post(reverse(f"admin:catalogue_{word}_add"), body).status_code in (200, 302)

    def kept() -> Any:
        row = kind.objects.first()
        return None if row is None else getattr(row, field)

    return send, kept


@pytest.mark.parametrize("field", ["amount", "percent"])
def test_rules_and_vouchers_take_what_a_promotion_takes(
    field: str, people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    api = Api(people["chain_admin"])
    effects = ("price", "amount") if field == "amount" else ("percent",)

    def post(value: str) -> None:
        Promotion.objects.all().delete()
        api.post("/api/promotions", as_json({"name": "Lunch", "kind": "price", field: value}))

    def kept() -> Any:
        row = Promotion.objects.first()
        return None if row is None else getattr(row, field)

    doors: dict[str, Door] = {"promotion": (post, kept)}
    for kind in FORMS:
        for effect in effects:
            name = f"{kind.__name__} {effect}"
            doors[name] = discount(client, world, kind, "value", effect=effect)
    assert differing(AMOUNTS, doors) == {}


@pytest.mark.parametrize(
    ("kind", "field", "least"),
    [
        (PriceRule, "min_quantity", 1), (PriceRule, "priority", -2_000), (Voucher, "min_quantity", 1),
        (Voucher, "priority", -2_000), (Voucher, "max_uses", 1), (Voucher, "max_per_person", 1),
    ],
)  # fmt: skip
def test_whole_numbers_of_forms_are_read_as_json_has_them(
    kind: Any, field: str, least: int, people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    send, kept = discount(client, world, kind, field)
    for text in WHOLE:
        send(text)
        given = json.loads(text) if PLAIN.fullmatch(text) else text
        fits = isinstance(given, int) and least <= given < 10**18
        assert kept() == (given if fits else None), text


def test_the_list_reads_priorities_as_the_form_does(
    people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    form, of_form = discount(client, world, PriceRule, "priority")

    def in_list(value: str) -> None:
        PriceRule.objects.all().delete()
        row = PriceRule.objects.create(chain=world.chain, name="Ten off", kind="sale", value=10, priority=-99)
        body = {
            "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "_save": "Save", "form-0-id": row.pk,
            "form-0-priority": value, "form-0-is_active": "on",
        }  # fmt: skip
        client.post(reverse("admin:catalogue_pricerule_changelist"), body)
        if PriceRule.objects.get().priority == -99:
            row.delete()

    assert differing(WHOLE, {"form": (form, of_form), "list": (in_list, of_form)}) == {}


@pytest.mark.parametrize("word", ["promotion", "pricerule", "voucher"])
def test_a_form_without_a_chain_is_refused_by_that_field(
    word: str, people: dict[str, User], world: World, client: Client
) -> None:
    client.force_login(people["platform"])
    whole = {**rule_form(world), **voucher_form(world), "chain": "", "effect": "amount"}
    if word == "promotion":
        goods = {"goods-TOTAL_FORMS": 0, "goods-INITIAL_FORMS": 0}
        whole |= {"kind": "price", "amount": "5", **goods}
    answer = client.post(reverse(f"admin:catalogue_{word}_add"), whole)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["chain"]
