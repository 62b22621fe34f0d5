"""The price of a quantity of one product: pure, and always of the whole quantity.

An offer holds everything that could apply at the moment of the command. Each rule takes
the unit price so far and gives the next one, and each step is kept in the trace, so that
a line can always say how its price came about.

Order of the steps, each rounded half up to the currency's decimals:

1. ``base``, the product's price, then ``variant``, the variant's adjustment (never below nothing);
2. ``sale``: what holds for everybody at any quantity, as seasonal prices do;
3. ``quantity``: from so many units on;
4. ``tier``: of the shopper's account;
5. ``voucher``: of the codes that the cart holds.

Of each of the last four at most one rule applies. When several could, these decide, in this
order: the higher priority; the narrower scope (variant, product, category, branch, chain);
the higher quantity it asks for; the lower rule id, so that the result never hangs on
chance. Among vouchers of equal standing the one that was given first. A rule never makes
a price higher, nor lower than nothing. Rules are valid from ``valid_from`` until just
before ``valid_until``; a rule of a season comes as one rule for each year's window.

Of what is weighed the rules speak of a kilogram; what the piece costs is the last step. A price that is
printed on a label stays as it is.

Source of the order and of the vector 500.00 + 50.00, 10 units, 10 or more -10 %, GOLD -15 % ->
550.00, 495.00, 420.75, 4207.50: docs/decisions/0004-price-rules.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from actors.kit import money
from actors.messages.cart import Offer, PriceStep
from actors.messages.pricing import Rule, Voucher

_HUNDRED = Decimal(100)

Priced = tuple[Decimal, Decimal, tuple[PriceStep, ...]]
"""Unit price, line total, trace."""


def price(offer: Offer, quantity: int, at: float = 0.0, vouchers: Sequence[Voucher] = ()) -> Priced:
    """Return unit price, line total and the trace of the rules, in the order they applied.

    ``at`` is POSIX seconds, for the rules' validity. The line total is the unit price times
    the quantity, exactly. Raises nothing; a quantity is checked by the caller.
    """
    currency = offer.currency
    unit = money.quantize(offer.price, currency)
    base = PriceStep("base", unit)
    if offer.label is not None and offer.weight_g is None:
        return unit, unit * quantity, (PriceStep("label", unit),)
    if offer.adjustment is None and not offer.rules and not vouchers and offer.weight_g is None:
        return unit, unit * quantity, (base,)
    steps = [base]
    if offer.adjustment is not None:
        unit = max(money.zero(currency), money.quantize(unit + offer.adjustment, currency))
        steps.append(PriceStep(f"variant:{offer.variant_name}", unit))
    for rules in offer.rules:
        rule = _first(rules, quantity, at)
        if rule is not None:
            unit = _apply(rule, unit, currency)
            steps.append(PriceStep(rule.label, unit))
    if vouchers:
        rule = _first(order(each.rule for each in vouchers if _covers(each, offer)), quantity, at)
        if rule is not None:
            unit = _apply(rule, unit, currency)
            steps.append(PriceStep(rule.label, unit))
    if offer.weight_g is not None:
        unit = of_weight(unit, offer.weight_g, currency)
        steps.append(PriceStep(f"weight:{offer.weight_g}g", unit))
    return unit, unit * quantity, tuple(steps)


def of_weight(per_kg: Decimal, grams: int, currency: str) -> Decimal:
    """Return what so many grams cost at the price of a kilogram."""
    return money.quantize(per_kg * grams / 1000, currency)


def precedence(rule: Rule) -> tuple[int, int, int]:
    """Return what decides between rules of one stage; the smallest applies."""
    return (-rule.priority, -rule.reach, -rule.min_quantity)


def order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules of one stage as an offer carries them: the first that applies is the one.

    Keeps the order of those of equal standing.
    """
    return sorted(rules, key=precedence)


def stages(rules: Iterable[Rule]) -> tuple[tuple[Rule, ...], ...]:
    """Return rules of any stage but vouchers' as an offer carries them: a group for each stage there is."""
    found: dict[str, list[Rule]] = {"sale": [], "quantity": [], "tier": []}
    for rule in sorted(rules, key=lambda each: each.rule_id):
        found[rule.stage].append(rule)
    return tuple(tuple(order(group)) for group in found.values() if group)


def _first(rules: Iterable[Rule], quantity: int, at: float) -> Rule | None:
    for rule in rules:
        if quantity < rule.min_quantity:
            continue
        if rule.valid_until is not None and at >= rule.valid_until:
            continue
        if rule.valid_from is not None and at < rule.valid_from:
            continue
        return rule
    return None


def _apply(rule: Rule, unit: Decimal, currency: str) -> Decimal:
    if rule.effect == "percent":
        after = unit * (_HUNDRED - rule.value) / _HUNDRED
    elif rule.effect == "amount":
        after = unit - rule.value
    else:
        after = rule.value
    return min(unit, max(money.zero(currency), money.quantize(after, currency)))


def _covers(voucher: Voucher, offer: Offer) -> bool:
    if voucher.variant_id:
        return voucher.variant_id == offer.variant_id
    if voucher.product_id:
        return voucher.product_id == offer.product_id
    return not voucher.category or voucher.category in offer.categories
