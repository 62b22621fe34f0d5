"""Money, prices, diagrams, and what the domain must not know."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest

from actors import diagrams
from actors.kit import money
from actors.messages.cart import PriceStep
from actors.pricing import price
from tests.domain.things import offer

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = sorted(path for path in (ROOT / "actors").rglob("*.py") if "runtime" not in path.parts)
ALLOWED = {
    "__future__",
    "actors",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "itertools",
    "msgspec",
    "operator",
    "typing",
    "types",
    "uuid",
    "zoneinfo",
}
"""None of them has a state; the clocks of ``datetime`` are not to be called, see below."""


@pytest.mark.parametrize(
    ("amount", "currency", "exact"),
    [
        ("2.345", "INR", "2.35"),
        ("2.344", "INR", "2.34"),
        ("-2.345", "INR", "-2.35"),
        ("2.5", "JPY", "3"),
        ("2.0005", "BHD", "2.001"),
        ("7", "EUR", "7.00"),
    ],
)
def test_amounts_are_rounded_half_up_in_the_currencys_decimals(
    amount: str, currency: str, exact: str
) -> None:
    assert str(money.quantize(Decimal(amount), currency)) == exact


@pytest.mark.parametrize(("currency", "zero"), [("JPY", "0"), ("INR", "0.00"), ("KWD", "0.000")])
def test_nothing_is_written_in_the_currencys_decimals_too(currency: str, zero: str) -> None:
    assert str(money.zero(currency)) == zero


def test_a_price_is_the_rounded_unit_price_times_the_quantity() -> None:
    unit, total, trace = price(offer("milk", "0.335"), 3)
    assert (str(unit), str(total), trace) == ("0.34", "1.02", (PriceStep("base", Decimal("0.34")),))


@pytest.mark.parametrize("name", diagrams.pages())
def test_the_state_diagrams_are_current(name: str) -> None:
    page = ROOT / "docs" / "states" / name
    assert page.read_text(encoding="utf-8") == diagrams.pages()[name], "run python -m actors.diagrams"


def test_the_diagrams_are_written_where_one_says(tmp_path: Path) -> None:
    diagrams.write(tmp_path / "states")
    assert {each.name for each in (tmp_path / "states").iterdir()} == set(diagrams.pages())


@pytest.mark.parametrize(
    "path", [each for each in DOMAIN if each.name != "diagrams.py"], ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_domain_has_no_clock_no_chance_and_no_outside(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] in ALLOWED, f"{path.name} imports {name}"
            assert not name.startswith("actors.runtime"), f"{path.name} imports {name}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"uuid1", "uuid4", "now", "today", "utcnow"} or _is_context(node), (
                ast.unparse(node)
            )


def _is_context(node: ast.Attribute) -> bool:
    """True for the context's time, also where the context itself asks for it."""
    return ast.unparse(node) in ("ctx.now", "self.now")
