from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from actors import cart
from actors.kit.decider import Context
from actors.messages.cart import AddItem, Offer
from actors.pricing import price
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
    product, label = shelf.scan(scanned)
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


def test_a_label_without_a_value_is_the_item_itself(world: World) -> None:
    sold(world, "2112345")
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2))
    for scanned in ("2112345", code("211234500000")):
        offer = offer_of(shelf, scanned)
        assert (offer.price, offer.label) == (Decimal("199.00"), None)


def test_what_is_wrong_with_a_label_is_said(world: World) -> None:
    sold(world, "2112345")
    shelf = catalogue(world, ("21IIIIIVPPPPC", 2))
    with pytest.raises(BarcodeError, match=r"2875 within .* expected 9, got 5"):
        shelf.scan(code("2112345" + "5" + "2875"))
    whole = code("211234592875")
    wrong = str((int(whole[-1]) + 1) % 10)
    with pytest.raises(BarcodeError, match=f"expected {whole[-1]}, got {wrong}"):
        shelf.scan(whole[:-1] + wrong)
    assert shelf.scan(code("2199999" + "9" + "2875")) == (None, None)
    assert shelf.scan(code("2912345" + "9" + "2875")) == (None, None)


def test_a_product_with_the_whole_code_goes_before_a_layout(world: World) -> None:
    whole = code("211234592875")
    own = sold(world, whole, "5")
    sold(world, "2112345")
    product, label = catalogue(world, ("21IIIIIVPPPPC", 2)).scan(whole)
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
