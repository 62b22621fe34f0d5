from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from actors.pricing import price
from core.catalogue.barcodes import BarcodeError, read
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Product, Variant
from tests.core.support import World


@pytest.mark.parametrize(
    ("scanned", "normal"),
    [
        ("4006381333931", "4006381333931"),
        (" 4006381333931\n", "4006381333931"),
        ("96385074", "96385074"),
        ("036000291452", "0036000291452"),
        ("10012345678902", "10012345678902"),
        ("04006381333931", "4006381333931"),
        ("00036000291452", "0036000291452"),
        ("00000096385074", "96385074"),
        ("04252614", "0042100005264"),
        ("]E00042100005264", "0042100005264"),
        ("]E496385074", "96385074"),
        ("]A0LOOSE-12", "LOOSE-12"),
        ("]C1010400638133393110AB", "4006381333931"),
        ("010400638133393110AB", "4006381333931"),
        ("]Q1https://id.gs1.org/01/04006381333931", "4006381333931"),
        ("https://id.gs1.org/01/09506000134352/10/ABC123?17=261231", "9506000134352"),
        ("https://shop.example/some/01/4006381333931", "4006381333931"),
        ("http://shop.example/01/036000291452", "0036000291452"),
        ("123456789", "123456789"),
        ("LOOSE-12", "LOOSE-12"),
    ],
)
def test_codes_come_into_their_normal_form(scanned: str, normal: str) -> None:
    assert read(scanned) == normal


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        ("4006381333932", "barcode_check_digit"),
        ("96385075", "barcode_check_digit"),
        ("036000291453", "barcode_check_digit"),
        ("https://id.gs1.org/01/09506000134353", "barcode_check_digit"),
        ("https://shop.example/t/TROLLEY_01", "barcode_malformed"),
        ("https://[broken/01/", "barcode_malformed"),
        ("two words", "barcode_malformed"),
        ("", "barcode_malformed"),
        ("9" * 500, "barcode_malformed"),
    ],
)
def test_what_cannot_be_a_code_says_why(scanned: str, code: str) -> None:
    with pytest.raises(BarcodeError) as error:
        read(scanned)
    assert error.value.code == code


def test_a_code_that_the_catalogue_has_is_taken_as_it_is() -> None:
    assert read("12345678", {"12345678"}) == "12345678"


@given(st.from_regex(r"[0-9]{7}|[0-9]{11}|[0-9]{12}|[0-9]{13}", fullmatch=True))
def test_normal_forms_are_stable_and_stay_valid(body: str) -> None:
    normal = read(body + ean.calc_check_digit(body))
    assert ean.is_valid(normal)
    assert read(normal) == normal


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_a_clear_refusal(text: str) -> None:
    try:
        code = read(text)
    except BarcodeError:
        return
    assert read(code) == code


def test_the_catalogue_finds_products_however_they_were_scanned(world: World) -> None:
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    for scanned in ("4006381333931", "04006381333931", "https://id.gs1.org/01/04006381333931"):
        found = catalogue.by_barcode(scanned)
        assert found is not None
        assert found.product_id == str(world.product.pk)
    inactive = catalogue.by_barcode("123456789")
    assert inactive is not None
    assert not inactive.is_active
    assert catalogue.by_barcode("96385074") is None
    with pytest.raises(BarcodeError):
        catalogue.by_barcode("4006381333932")


def test_offers_have_exact_prices_in_the_currencys_decimals(world: World) -> None:
    big = Variant.objects.create(product=world.product, name="Big", price_adjustment=Decimal("0.505"))
    catalogue = Catalogue("own-chain")
    catalogue.reload()
    product = catalogue.by_id(str(world.product.pk))
    assert product is not None
    assert str(catalogue.offer(product).price) == "12.50"
    offer = catalogue.offer(product, str(big.pk))
    assert (str(offer.price), str(offer.adjustment)) == ("12.50", "0.51")
    assert (str(price(offer, 1)[0]), offer.variant_name, offer.currency) == ("13.01", "Big", "INR")
    with pytest.raises(KeyError):
        catalogue.offer(product, "nothing")


def test_a_catalogue_knows_its_own_chain_only(world: World) -> None:
    Product.objects.create(chain=world.foreign.chain, barcode="123", name="Dates", price=Decimal("1.2345"))
    other = Catalogue("other-chain")
    other.reload()
    assert len(other) == 1
    dates = other.by_barcode("123")
    assert dates is not None
    assert len(str(dates.price).partition(".")[2]) == 3


def test_a_product_is_saved_with_a_valid_code_in_its_normal_form(world: World) -> None:
    product = Product(chain=world.chain, barcode="036000291452", name="Tissues", price=Decimal(5))
    product.full_clean()
    assert product.barcode == "0036000291452"
    product.barcode = "036000291453"
    with pytest.raises(ValidationError, match="check digit"):
        product.full_clean()
