"""The pricing engine: microseconds for a line with a thousand rules in force.

``python -m bench.pricing``. *Indexed* is what a command costs: the chain has 1,000 active rules, the
offer carries those of its product. *Unindexed* is the worst that can be written into one product:
all 1,000 are its own, and none but the last of each step applies.
"""

from __future__ import annotations

import os
import timeit
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
RULES = 1000
TARGET_US = 50.0
_STAGES: tuple[Any, ...] = ("sale", "quantity", "tier")


def main() -> None:
    """Print the figures, and whether the target is reached."""
    django.setup()
    from actors.messages.cart import Offer
    from actors.messages.pricing import Rule
    from actors.pricing import price, stages
    from core.catalogue.live.price_rules import Rules, Scoped

    def scoped() -> Iterator[Scoped]:
        for number in range(RULES):
            product = f"product-{number // 5}"
            stage = _STAGES[number % 3]
            rule = Rule(f"{number:04}", stage, "percent", Decimal(5), f"{stage}:{number}", 3, number)
            yield Scoped(rule, "", "", "", product, "")

    def offer(rules: tuple[tuple[Rule, ...], ...]) -> Offer:
        return Offer("product-7", "1", "Rice", Decimal("500.00"), "INR", "v", "5 kg", Decimal("50.00"), rules)

    index = Rules(scoped())
    own = offer(index.of("product-7", "v", ("a", "b"), "B", "GOLD"))
    late = [
        # All but the last three ask for more units than there are.
        Rule(f"{n:04}", _STAGES[n % 3], "percent", Decimal(5), f"r:{n}", 3, -n, 1 if n >= RULES - 3 else 999)
        for n in range(RULES)
    ]
    worst = offer(stages(late))
    found = {
        "price, no rule": _us(lambda: price(offer(()), 10, 1.0)),
        f"price, {RULES} rules in force, indexed": _us(lambda: price(own, 10, 1.0)),
        f"price, {RULES} rules on the product itself": _us(lambda: price(worst, 10, 1.0)),
        "make the offer (once, then kept)": _us(lambda: index.of("product-7", "v", ("a", "b"), "B", "GOLD")),
    }
    for name, microseconds in found.items():
        print(f"{name:45} {microseconds:8.2f} µs")
    reached = found[f"price, {RULES} rules in force, indexed"] < TARGET_US
    print(
        f"target: below {TARGET_US:.0f} µs with {RULES} rules in force: {'reached' if reached else 'missed'}"
    )


def _us(call: Callable[[], object], runs: int = 2000) -> float:
    return min(timeit.repeat(call, number=runs, repeat=5)) / runs * 1e6


if __name__ == "__main__":
    main()
