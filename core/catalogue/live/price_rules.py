"""A chain's price rules and vouchers in memory, indexed so that an offer carries only its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils import timezone
from msgspec.structs import replace

from actors.kit import money
from actors.messages.pricing import Reach, Rule, Stage
from actors.messages.pricing import Voucher as HeldVoucher
from actors.pricing import stages
from core.catalogue import seasons
from core.catalogue.models.discounts import Discount, Effect, PriceRule, Voucher
from core.tenancy.models import Branch


class Scoped(NamedTuple):
    """A rule with who and what it is for; an empty field is for everything."""

    rule: Rule
    tier: str
    branch: str
    category: str
    product_id: str
    variant_id: str
    max_uses: int | None = None
    max_per_person: int | None = None
    zone: str = ""
    """Where its windows of time are those of a season; empty: everywhere."""

    @property
    def key(self) -> tuple[str, str]:
        """What of a product must match: the narrowest scope it names."""
        if self.variant_id:
            return ("variant", self.variant_id)
        if self.product_id:
            return ("product", self.product_id)
        return ("category", self.category) if self.category else ("chain", "")


class Rules:
    """What applies by itself, and what applies by a code. Never changes; a reload makes another."""

    def __init__(
        self,
        scoped: Iterable[Scoped] = (),
        vouchers: Iterable[Scoped] = (),
        zones: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._zones = zones
        self._usual = usual_zone(zones)
        self._by_key: dict[tuple[str, str], list[Scoped]] = {}
        for each in scoped:
            self._by_key.setdefault(each.key, []).append(each)
        self._vouchers: dict[str, list[Scoped]] = {}
        for each in vouchers:
            self._vouchers.setdefault(each.rule.label.removeprefix("voucher:"), []).append(each)
        seasons_differ = len(set(zones.values())) > 1
        self.by_branch = any(
            each.branch or (each.zone and seasons_differ) for group in self._by_key.values() for each in group
        )
        """Whether it matters in which branch somebody shops."""

    def of(
        self, product_id: str, variant_id: str | None, categories: Iterable[str], branch: str, tier: str
    ) -> tuple[tuple[Rule, ...], ...]:
        """Return the rules that could apply, as an offer carries them."""
        if not self._by_key:
            return ()
        here = ("", self._zones.get(branch, self._usual))
        keys = [("chain", ""), ("product", product_id), *(("category", each) for each in categories)]
        if variant_id is not None:
            keys.append(("variant", variant_id))
        return stages(
            each.rule
            for key in keys
            for each in self._by_key.get(key, ())
            if each.branch in ("", branch) and each.tier in ("", tier) and each.zone in here
        )

    def voucher(self, code: str, branch: str, at: float) -> HeldVoucher | None:
        """Return the voucher of that code, if it is valid at ``at`` and in that branch."""
        for each in self._vouchers.get(code.strip().upper(), ()):
            rule = each.rule
            if each.branch not in ("", branch) or each.zone not in ("", self._zones.get(branch, self._usual)):
                continue
            if (rule.valid_from or 0.0) <= at and (rule.valid_until is None or at < rule.valid_until):
                name = rule.label.removeprefix("voucher:")
                scope = (each.category, each.product_id, each.variant_id)
                return HeldVoucher(name, rule, *scope, each.max_uses, each.max_per_person)
        return None


def usual_zone(zones: Mapping[str, str]) -> str:
    """Return the time zone of somebody who is in no branch: that of the first one."""
    return next(iter(zones.values()), "UTC")


def load(chain: str) -> Rules:
    """Read the active rules and vouchers of a chain; a season goes by the clock of each branch. Blocking."""
    zones = dict(Branch.objects.filter(chain__slug=chain).order_by("code").values_list("code", "timezone"))
    now = timezone.now()

    def scoped(row: Any, stage: Stage, label: str) -> Iterator[Scoped]:
        branch = row.branch.code if row.branch else ""
        there = {zones.get(branch, usual_zone(zones))} if branch else {usual_zone(zones), *zones.values()}
        for zone in sorted(there) if row.season_from else ("",):
            yield from _scoped(row, stage, label, branch, zone, now)

    rules = PriceRule.objects.filter(chain__slug=chain, is_active=True).select_related("chain", "branch")
    vouchers = Voucher.objects.filter(chain__slug=chain, is_active=True).select_related("chain", "branch")
    return Rules(
        [each for row in rules for each in scoped(row, row.kind, _label(row))],  # type: ignore[arg-type]
        [each for row in vouchers for each in scoped(row, "voucher", f"voucher:{row.code}")],
        zones,
    )


def _label(row: PriceRule) -> str:
    if row.kind == PriceRule.Kind.QUANTITY:
        return f"quantity:{row.min_quantity}"
    return f"tier:{row.tier}" if row.kind == PriceRule.Kind.TIER else f"sale:{row.name}"


def _scoped(
    row: Discount, stage: Stage, label: str, branch: str, zone: str, now: datetime
) -> Iterator[Scoped]:
    """Yield the rule once for every window of time in which it is valid and that is not over."""
    value = row.value if row.effect == Effect.PERCENT else money.quantize(row.value, row.chain.currency)
    rule = Rule(
        rule_id=str(row.pk),
        stage=stage,
        effect=row.effect,  # type: ignore[arg-type]
        value=value,
        label=label,
        reach=_reach(row),
        priority=row.priority,
        min_quantity=row.min_quantity,
    )
    tier = row.tier if isinstance(row, PriceRule) else ""
    limits = (row.max_uses, row.max_per_person) if isinstance(row, Voucher) else (None, None)
    for begin, until in _windows(row, zone, now):
        if until is None or until > now.timestamp():
            yield Scoped(
                replace(rule, valid_from=begin, valid_until=until),
                tier,
                branch,
                _id(row.category_id),
                _id(row.product_id),
                _id(row.variant_id),
                *limits,
                zone,
            )


def _windows(row: Discount, zone: str, now: datetime) -> Iterator[seasons.Window]:
    valid = (
        row.valid_from.timestamp() if row.valid_from else None,
        row.valid_until.timestamp() if row.valid_until else None,
    )
    if not row.season_from or not row.season_until:
        yield valid
        return
    for season in seasons.windows(row.season_from, row.season_until, zone, now):
        if (window := seasons.within(season, valid)) is not None:
            yield window


def _reach(row: Discount) -> Reach:
    if row.variant_id:
        return 4
    if row.product_id:
        return 3
    if row.category_id:
        return 2
    return 1 if row.branch_id else 0


def _id(value: Any) -> str:
    return "" if value is None else str(value)
