"""The code of an exit pass: short, signed, forgiving to whoever types it, and not to be guessed."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders import passes
from tests.core.support import Api, order


@given(st.uuids())
def test_a_code_is_twelve_characters_that_nobody_takes_for_others(order_id: uuid.UUID) -> None:
    code = passes.code_of(order_id)
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    assert not set(code) & set("OILU")
    assert passes.parse(code) == code.replace("-", "")


@pytest.mark.parametrize(
    "text",
    [
        "7K2M-Q0XP-91BD",
        " 7k2m q0xp 91bd ",
        "7K2MQ0XP91BD",
        "7k2m-qoxp-9lbd",
        "7K2M\u2013QOXP\u20139IBD",
        "https://shop.example/x/7K2M-Q0XP-91BD",
        "/x/7K2M-Q0XP-91BD/",
    ],
)
def test_a_code_is_read_as_it_is_scanned_or_typed(text: str) -> None:
    assert passes.parse(text) == "7K2MQ0XP91BD"


@pytest.mark.parametrize(
    "text",
    ["", "7K2M", "7K2M-Q0XP-91BDX", "7K2M-Q0XP-91B!", "https://[bad/x/", "https://shop.example/t/TROLLEY_01"],
)
def test_what_is_no_code_is_said_to_be_none(text: str) -> None:
    with pytest.raises(passes.PassError, match="not the code of an exit pass"):
        passes.parse(text)


def test_a_code_leads_to_its_order_and_no_other(db: None) -> None:
    one, two = order(uuid.uuid4()), order(uuid.uuid4())
    assert passes.find(passes.code_of(one.order_id)) == one
    assert passes.find(passes.url_of(passes.code_of(two.order_id))) == two
    assert passes.find(passes.code_of(uuid.uuid4())) is None


def test_orders_whose_ids_begin_alike_are_told_apart_by_the_signature(db: None) -> None:
    first = uuid.UUID(int=(7 << 98) + 5)
    codes = {}
    for number in (first, uuid.UUID(int=(7 << 98) + 6), uuid.UUID(int=((7 << 98) | (1 << 98) - 1))):
        row = order(uuid.uuid4())
        type(row).objects.filter(pk=row.pk).update(order_id=number)
        codes[number] = passes.code_of(number)
    assert len({code[:7] for code in codes.values()}) == 1
    for order_id, code in codes.items():
        found = passes.find(code)
        assert found is not None
        assert found.order_id == order_id


def test_a_code_of_another_key_is_forged(db: None, settings: Any) -> None:
    row = order(uuid.uuid4())
    code = passes.code_of(row.order_id)
    settings.SIGNING_KEY = "another key of more than thirty-two characters"
    assert passes.find(code) is None


def test_a_plain_camera_leads_to_the_exits_page(db: None) -> None:
    row = order(uuid.uuid4())
    code = passes.code_of(row.order_id)
    answer = Api().get(f"/x/{code}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/branch/OWN/exit?code={code}")
    for nonsense in ("0000-0000-0000", "nonsense"):
        assert Api().get(f"/x/{nonsense}").status_code == 404
