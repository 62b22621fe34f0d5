"""Which of a shelf's goods are of one kind, by their names."""

from __future__ import annotations

import pytest

from core.catalogue.live.catalogue import _noun


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("Full cream milk, 500 ml", "milk"),
        ("Fresh cream", "cream"),
        ("Oat milk (barista) 1 l", "milk"),
        ("Amul Taaza MILK 1L", "milk"),
        ("חלב סויה 1 ליטר", "חלב"),
        ("حليب كامل الدسم", "حليب"),
        ("7 Up 330 ml", ""),
        ("", ""),
    ],
)
def test_the_noun_of_a_name_says_what_it_is(name: str, noun: str) -> None:
    assert _noun(name) == noun
