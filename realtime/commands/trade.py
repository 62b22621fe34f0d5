"""Rows of the command table about prices, checkout and stock."""

from __future__ import annotations

from typing import Any

from core.accounts.principals import Principal
from realtime.commands import checkouts, orders, payments, prices, stock
from realtime.commands.gateway import Answer, Gateway
from realtime.commands.row import Command, Route


async def _nothing(gateway: Gateway, who: Principal, body: Any, answer: Answer) -> tuple[int, Any]:
    return 204, None


_PRODUCT = ("product_not_found", "product_unavailable", "variant_not_found")
_CHECKOUT = (
    "cart_empty",
    "items_unavailable",
    "insufficient_stock",
    "checkout_in_progress",
    "checkout_cancelled",
    "voucher_used_up",
    "branch_needed",
    "branch_not_found",
)
_STOCK = ("branch_not_found", "product_not_found", "variant_not_found", "invalid_quantity")

ROWS: tuple[Command, ...] = (
    Command(
        "cart.quote",
        prices.CartQuote,
        prices.QuoteView,
        "own",
        "cart/{user_id}",
        prices.quote,
        (Route("POST", "/cart/quote"),),
        ("cart",),
    ),
    Command(
        "cart.apply_voucher",
        prices.CartApplyVoucher,
        prices.QuoteView,
        "own",
        "cart/{user_id}",
        prices.apply_voucher,
        (Route("POST", "/cart/vouchers"),),
        ("cart", "branch"),
        ("voucher_not_found", "voucher_expired", "voucher_used_up", "too_many_vouchers"),
    ),
    Command(
        "cart.drop_voucher",
        prices.CartDropVoucher,
        prices.QuoteView,
        "own",
        "cart/{user_id}",
        prices.drop_voucher,
        (Route("DELETE", "/cart/vouchers/{code}"),),
        ("cart", "branch"),
        ("voucher_not_found",),
    ),
    Command(
        "price.get",
        prices.PriceGet,
        prices.PriceView,
        "own",
        "cart/{user_id}",
        prices.price,
        (Route("GET", "/pricing/{product_id}/price", query=True),),
        (),
        (*_PRODUCT, "unknown_tier"),
        socket=False,
    ),
    Command(
        "cart.checkout",
        checkouts.CartCheckout,
        checkouts.CheckoutView,
        "own",
        "cart/{user_id}",
        checkouts.checkout,
        (Route("POST", "/cart/checkout", 201),),
        ("cart",),
        _CHECKOUT,
    ),
    Command(
        "cart.cancel_checkout",
        checkouts.CartCancelCheckout,
        checkouts.CancelledView,
        "own",
        "cart/{user_id}",
        checkouts.cancel,
        (Route("DELETE", "/cart/checkout", 204, _nothing),),
        ("cart",),
        ("no_checkout",),
    ),
    Command(
        "payment.create",
        payments.PaymentCreate,
        payments.PaymentView,
        "own",
        "payment/{payment_id}",
        payments.create,
        (Route("POST", "/payments/create-from-cart", 201),),
        ("cart",),
        (
            *_CHECKOUT, "unknown_payment_method", "currency_mismatch", "already_paid", "too_many_payments",
            "provider_unavailable",
        ),
    ),
    Command(
        "payment.confirm",
        payments.PaymentConfirm,
        payments.PaymentView,
        "own",
        "payment/{payment_id}",
        payments.confirm,
        (Route("POST", "/payments/{payment_id}/confirm"),),
        ("cart", "session", "branch"),
        ("payment_not_found", "not_understood", "not_the_sandbox", "payment_opening", "payment_busy"),
    ),
    Command(
        "payment.get",
        payments.PaymentGet,
        payments.PaymentView,
        "own",
        "payment/{payment_id}",
        payments.get,
        (Route("GET", "/payments/{payment_id}"),),
        (),
        ("payment_not_found",),
        socket=False,
    ),
    Command(
        "stock.receive",
        stock.StockReceive,
        stock.LevelsView,
        "stock.manage",
        "stock/{branch}",
        stock.receive,
        (Route("POST", "/branches/{branch}/stock/receive", 201),),
        (),
        _STOCK,
    ),
    Command(
        "stock.adjust",
        stock.StockAdjust,
        stock.LevelsView,
        "stock.manage",
        "stock/{branch}",
        stock.adjust,
        (Route("POST", "/branches/{branch}/stock/adjust"),),
        (),
        (*_STOCK, "below_reserved", "count_or_change"),
    ),
    Command(
        "order.verify_exit",
        orders.OrderVerifyExit,
        orders.ExitView,
        "order.verify",
        "order/{order_id}",
        orders.verify_exit,
        (Route("POST", "/branches/{branch}/exit"),),
        (),
        (
            "pass_malformed", "pass_unknown", "pass_wrong_branch", "pass_used", "pass_expired",
            "pass_refunded", "branch_not_found",
        ),
    ),
    Command(
        "order.refund",
        orders.OrderRefund,
        orders.RefundView,
        "order.refund",
        "order/{order_id}",
        orders.refund,
        (Route("POST", "/orders/{order_id}/refund", 202),),
        (),
        ("order_not_found", "invalid_amount", "refund_too_high", "nothing_to_refund", "not_returnable"),
    ),
)  # fmt: skip
