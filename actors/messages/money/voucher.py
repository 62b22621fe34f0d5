"""Messages of ``voucher/<voucher id>``: how often a code with a limited number of uses has been used."""

from __future__ import annotations

import msgspec

# --- commands -------------------------------------------------------------


class HoldVoucher(msgspec.Struct, frozen=True, tag="HoldVoucher"):
    """From a cart at the checkout: keep one use of ``max_uses``. Tells VoucherKept or VoucherGone back."""

    reservation_id: str
    user_id: str
    max_uses: int


class FreeVoucher(msgspec.Struct, frozen=True, tag="FreeVoucher"):
    """From the cart: the checkout came to nothing."""

    reservation_id: str


class UseVoucher(msgspec.Struct, frozen=True, tag="UseVoucher"):
    """From the cart: the checkout is paid."""

    reservation_id: str


# --- events ---------------------------------------------------------------


class VoucherHeld(msgspec.Struct, frozen=True, tag="VoucherHeld"):
    reservation_id: str
    user_id: str
    at: float


class VoucherDenied(msgspec.Struct, frozen=True, tag="VoucherDenied"):
    """Every use is taken; changes nothing, but its tell must not be lost."""

    reservation_id: str
    user_id: str
    at: float


class VoucherFreed(msgspec.Struct, frozen=True, tag="VoucherFreed"):
    reservation_id: str
    at: float


class VoucherUsed(msgspec.Struct, frozen=True, tag="VoucherUsed"):
    reservation_id: str
    at: float


Command = HoldVoucher | FreeVoucher | UseVoucher
Event = VoucherHeld | VoucherDenied | VoucherFreed | VoucherUsed
