from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import biip
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from actors import cart
from actors.kit.decider import Context
from actors.messages.cart import AddItem, Offer
from actors.pricing import price
from core.catalogue import gs1
from core.catalogue.barcodes import BarcodeError
from core.catalogue.labels import layout, verifier
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import LabelLayout, Product
from tests.core.support import World


def code(body: str) -> str:
    return body + str(ean.calc_check_digit(body))


def catalogue(world: World, *patterns: tuple[str, int]) -> Catalogue:
    for pattern, decimals in patterns:
        row = LabelLayout(chain=world.chain, pattern=pattern, decimals=decimals)
        row.full_clean()
        row.save()
    found = Catalogue("own-chain")
    found.reload()
    return found


def sold(world: World, barcode: str, amount: str = "199.00") -> Product:
    return Product.objects.create(chain=world.chain, barcode=barcode, name="Bananas", price=Decimal(amount))


def offer_of(shelf: Catalogue, scanned: str) -> Offer:
    product, label, _ = shelf.scan(scanned)
    assert product is not None
    return shelf.offer(product, label=label)


@pytest.mark.parametrize(("value", "digit"), [("2875", "9"), ("14685", "6"), ("0000", "0"), ("00000", "0")])
def test_the_check_digit_of_a_price_is_that_of_the_specification(value: str, digit: str) -> None:
    assert verifier(value) == digit


@given(st.from_regex(r"[0-9]{4,5}", fullmatch=True), st.integers(0, 3), st.integers(1, 9))
def test_it_notices_each_wrong_digit(value: str, place: int, by: int) -> None:
    wrong = value[:place] + str((int(value[place]) + by) % 10) + value[place + 1 :]
    assert verifier(wrong) != verifier(value)


def test_a_priced_piece_costs_what_its_label_says(world: World) -> None:
    product = sold(world, "2112345")
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2))
    offer = offer_of(shelf, code("2112345" + "9" + "2875"))
    assert (offer.product_id, offer.price, offer.label) == (
        str(product.pk),
        Decimal("28.75"),
        code("211234592875"),
    )
    unit, total, trace = price(offer, 3)
    assert (str(unit), str(total), [step.rule for step in trace]) == ("28.75", "86.25", ["label"])


def test_a_weighed_piece_costs_its_weight(world: World) -> None:
    sold(world, code("280001200000"))
    shelf = catalogue(world, ("28IIIIIWWWWWC", 3))
    offer = offer_of(shelf, code("2800012" + "00532"))
    assert (offer.name, offer.weight_g) == ("Bananas, 0.532 kg", 532)
    unit, _, trace = price(offer, 1)
    assert str(unit) == "105.87"  # 199.00 * 0.532 = 105.868
    assert [(step.rule, str(step.unit_price)) for step in trace] == [
        ("base", "199.00"),
        ("weight:532g", "105.87"),
    ]


def test_a_upc_scale_code_is_the_prefix_02(world: World) -> None:
    sold(world, "0212345")
    shelf = catalogue(world, ("02IIIIIPPPPPC", 2))
    short = code("0212345" + "01250")[1:]
    assert len(short) == 12
    assert offer_of(shelf, short).price == Decimal("12.50")


def test_a_label_that_costs_or_weighs_nothing_is_to_be_weighed_again(world: World) -> None:
    sold(world, "2112345")
    sold(world, code("280001200000"))
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2), ("28IIIIIWWWWWC", 3))
    assert offer_of(shelf, "2112345").label is None
    for scanned in (code("211234500000"), code("280001200000"), GTIN + "3103000000", GTIN + "3922000"):
        if scanned.startswith("]C1"):
            Product.objects.get_or_create(
                chain=world.chain, barcode="9501101530003", defaults={"name": "Steak", "price": 1}
            )
            shelf.reload()
        with pytest.raises(BarcodeError, match="weigh it again") as error:
            shelf.scan(scanned)
        assert error.value.code == "label_empty"


GTIN = "]C10109501101530003"


@pytest.mark.parametrize(
    ("message", "price_of_one", "weight_g", "lot", "expires"),
    [
        (GTIN + "3103000532" + "17270101" + "10AB-123", "105.87", 532, "AB-123", date(2027, 1, 1)),
        (GTIN + "10AB-123\x1d3103000532", "105.87", 532, "AB-123", None),
        (GTIN + "3922001050\x1d10L1", "10.50", None, "L1", None),
        (GTIN + "3932356001050", "10.50", None, "", None),
        (GTIN + "3202000100", "90.15", 453, "", None),
        (GTIN[3:] + "3103000532", "105.87", 532, "", None),
        ("(01)09501101530003(3103)000532(17)280200", "105.87", 532, "", date(2028, 2, 29)),
        ("https://id.gs1.org/01/09501101530003/10/AB?3103=000532&17=270101", "105.87", 532, "AB",
         date(2027, 1, 1)),
        (GTIN + "17270101", "199.00", None, "", date(2027, 1, 1)),
    ],
)  # fmt: skip
def test_a_gs1_message_says_what_one_piece_is(
    world: World, message: str, price_of_one: str, weight_g: int | None, lot: str, expires: date | None
) -> None:
    sold(world, "9501101530003")
    product, label, _ = catalogue(world).scan(message)
    assert product is not None
    assert label is not None
    assert (label.weight_g, label.lot, label.expires) == (weight_g, lot, expires)
    assert str(price(catalogue(world).offer(product, label=label), 1)[0]) == price_of_one


@pytest.mark.parametrize(
    "message",
    [
        "]C110AB", GTIN + "3103", GTIN + "310300", GTIN + "31030005x2", GTIN + "17271301",
        "(01)0950110153000",
        GTIN + "3923001055", GTIN + "3932000001050", GTIN + "3932356", "(01)09501101530003 (10)",
    ],
)  # fmt: skip
def test_a_gs1_message_that_says_nothing_clear_is_refused(world: World, message: str) -> None:
    sold(world, "9501101530003")
    with pytest.raises(BarcodeError) as error:
        catalogue(world).scan(message)
    assert error.value.code == "barcode_malformed"


@given(
    st.dictionaries(
        st.sampled_from(["10", "21", "17", "3103", "3922", "15", "11", "400", "37"]), st.integers(1, 28)
    )
)
def test_messages_are_read_as_the_library_for_gs1_reads_them(wanted: dict[str, int]) -> None:
    message = "0109501101530003"
    for ai, number in wanted.items():
        value = (
            f"2702{number:02d}"
            if ai in ("17", "15", "11")
            else f"{number:06d}"
            if ai == "3103"
            else str(number)
        )
        message += ai + value + ("" if ai in ("17", "15", "11", "3103") else gs1.SEPARATOR)
    theirs = biip.parse("]C1" + message).gs1_message
    assert theirs is not None
    assert gs1.elements(message) == {each.ai.ai: each.value for each in theirs.element_strings}


def test_what_is_wrong_with_a_label_is_said(world: World) -> None:
    sold(world, "2112345")
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2))
    with pytest.raises(BarcodeError, match=r"2875 within .* expected 9, got 5"):
        shelf.scan(code("2112345" + "5" + "2875"))
    whole = code("211234592875")
    wrong = str((int(whole[-1]) + 1) % 10)
    with pytest.raises(BarcodeError, match=f"expected {whole[-1]}, got {wrong}"):
        shelf.scan(whole[:-1] + wrong)
    assert shelf.scan(code("2199999" + "9" + "2875")) == (None, None, None)
    assert shelf.scan(code("2912345" + "9" + "2875")) == (None, None, None)


def test_a_product_with_the_whole_code_goes_before_a_layout(world: World) -> None:
    whole = code("211234592875")
    own = sold(world, whole, "5")
    sold(world, "2112345")
    product, label, _ = catalogue(world, ("21IIIIIVPPPPC", 2)).scan(whole)
    assert product is not None
    assert (product.product_id, label) == (str(own.pk), None)


@pytest.mark.parametrize(
    "pattern",
    ["", "21IIIII", "31IIIIIVPPPPC", "21IIIIIPPWWWC", "21VIIIIIPPPPC", "21IIIIVPPPPVC", "21IIIIIIIIIIC"],
)
def test_what_is_no_layout_is_refused(world: World, pattern: str) -> None:
    with pytest.raises(ValidationError):
        LabelLayout(chain=world.chain, pattern=pattern).full_clean()
    with pytest.raises(ValueError):
        layout(pattern, 2)


def test_each_piece_is_a_line_of_its_own_and_the_same_label_twice_is_two(world: World) -> None:
    sold(world, "2112345")
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2))
    state: Any = cart.State("u")
    codes = [code("211234592875"), code("2112345" + verifier("1000") + "1000"), code("211234592875")]
    for number, scanned in enumerate(codes):
        decision = cart.DECIDER.decide(
            state, AddItem(offer_of(shelf, scanned)), Context(float(number), f"c{number}", "")
        )
        for event in decision.events:
            state = cart.DECIDER.evolve(state, event)
    lines = [(line.quantity, str(line.unit_price), line.label) for line in state.lines.values()]
    assert lines == [(2, "28.75", codes[0]), (1, "10.00", codes[1])]
    assert str(state.total) == "67.50"
