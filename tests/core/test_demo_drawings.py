"""What the demonstration's goods look like."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from core.demo import drawings


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Robusta bananas, 1 kg", "bananas"),
        ("Banana cake, 300 g", "bun"),
        ("Banana chips Kerala style, 200 g", "pouch"),
        ("Carrots, 500 g", "long"),
    ],
)
def test_a_product_is_drawn_as_what_it_is(name: str, shape: str) -> None:
    assert drawings.shape(name) == shape
    with Image.open(io.BytesIO(drawings.picture(name))) as picture:
        assert picture.size == (drawings.SIDE, drawings.SIDE)
