"""Which rows are noted when they change: people's roles, prices, settings, what a branch has."""

from __future__ import annotations

from typing import Any

from core.accounts.models import Grant, Invitation, User
from core.apikeys.models import ApiKey
from core.catalogue.models import (
    Category,
    ImportJob,
    LabelLayout,
    PriceRule,
    Product,
    ProductCode,
    Promotion,
    RecalledLot,
    SupplierFeed,
    Variant,
    Voucher,
)
from core.fleet.models import ClaimCode, Controller, Device, Trolley
from core.tax.models import TaxRate
from core.tenancy.models import Branch, Chain
from core.trail.notes import RowPlace, Watched, watch

_ABOUT_ITSELF = frozenset({"id", "version", "created_at", "updated_at", "name_key"})


def _fields(kind: Any, *without: str) -> tuple[str, ...]:
    left_out = _ABOUT_ITSELF.union(without)
    return tuple(
        field.name
        for field in kind._meta.concrete_fields
        if field.name not in left_out and not field.primary_key
    )


def _of_chain(row: Any) -> RowPlace:
    return RowPlace(row.chain.slug)


def _of_branch(row: Any) -> RowPlace:
    return RowPlace(row.branch.chain.slug, row.branch.code)


def _not_by_oneself(row: User, who: str) -> bool:
    """Accounts change with every login; only changes by other people are recorded."""
    return who not in ("system", f"user:{row.pk}")


def start() -> None:
    """Note them from now on."""
    chain = Watched("chain", lambda row: RowPlace(row.slug), lambda row: f"chain/{row.slug}", _fields(Chain))
    watch(Chain, chain)
    watch(
        Branch,
        Watched(
            "branch",
            lambda row: RowPlace(row.chain.slug, row.code),
            lambda row: f"branch/{row.code}",
            _fields(Branch),
        ),
    )
    own = ("trolley_id", "branch", "cart_number", "is_active", "place_device", "place_slot", "qr_nonce")
    secret = ("qr_nonce",)
    watch(Trolley, Watched("trolley", _of_branch, lambda row: f"trolley/{row.trolley_id}", own, secret))
    fields = ("branch", "name", "is_revoked", "removed_at", "token_version")
    watch(Device, Watched("device", _of_branch, lambda row: f"device/{row.pk}", fields))
    watch(
        Controller,
        Watched(
            "controller",
            lambda row: _of_branch(row.device),
            lambda row: f"device/{row.device_id}",
            _fields(Controller),
        ),
    )
    watch(
        ClaimCode,
        Watched("claim_code", _of_branch, lambda row: f"branch/{row.branch.code}", ("used_at", "device")),
    )
    _watch_goods()
    _watch_people()


def _watch_goods() -> None:
    for kind, name in ((Product, "product"), (Category, "category"), (PriceRule, "price_rule")):
        watch(kind, Watched(name, _of_chain, _named(name), _fields(kind, "image")))
    watch(Voucher, Watched("voucher", _of_chain, _named("voucher"), _fields(Voucher)))
    watch(Promotion, Watched("promotion", _of_chain, _named("promotion"), _fields(Promotion)))
    watch(TaxRate, Watched("tax_rate", _of_chain, _named("tax_rate"), _fields(TaxRate)))
    watch(LabelLayout, Watched("label_layout", _of_chain, _named("label_layout"), _fields(LabelLayout)))
    watch(
        Variant,
        Watched("variant", lambda row: RowPlace(row.product.chain.slug), _named("variant"), _fields(Variant)),
    )
    codes = Watched("product_code", _of_chain, _named("product_code"), ("code", "units"))
    watch(ProductCode, codes)
    watch(
        RecalledLot, Watched("recalled_lot", _of_chain, _named("recalled_lot"), ("product", "lot", "reason"))
    )
    feed = Watched(
        "supplier_feed", _of_chain, _named("supplier_feed"), _fields(SupplierFeed, "next_at"), ("url",)
    )
    watch(SupplierFeed, feed)
    run = ("name", "dry_run", "status", "written")
    watch(ImportJob, Watched("import", _of_chain, _named("import"), run))


def _named(name: str) -> Any:
    return lambda row: f"{name}/{row.pk}"


def _watch_people() -> None:
    secret = ("digest", "older_digest")
    fields = ("name", "branch", "scopes", "owner", "expires_at", "revoked_at", *secret)
    watch(ApiKey, Watched("api_key", _of_chain, _named("api_key"), fields, secret))
    watch(
        Grant,
        Watched(
            "member",
            lambda row: RowPlace(row.chain.slug, row.branch.code if row.branch else ""),
            lambda row: f"user:{row.user_id}",
            ("role", "branch"),
        ),
    )
    watch(
        Invitation,
        Watched(
            "invitation",
            lambda row: RowPlace(row.chain.slug, row.branch.code if row.branch else ""),
            lambda row: f"invitation:{row.pk}",
            ("role", "branch", "withdrawn_at"),
        ),
    )
    watch(
        User,
        Watched(
            "account",
            lambda row: RowPlace(),
            lambda row: f"user:{row.pk}",
            ("is_active", "is_staff", "is_superuser", "tier", "username", "email", "phone"),
            ("username", "email", "phone"),
            _not_by_oneself,
        ),
    )
