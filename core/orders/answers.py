"""What REST answers of an order: its items, sums, refunds, payment, pass and exit check."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast, get_args

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from actors.kit.money import quantize
from actors.messages.money.order import DisputeStatus
from core.accounts.people import shown_names
from core.orders import amounts, cash, passes
from core.orders.amounts import DepositAnswer, OrderPromotionAnswer, SavingAnswer, TaxAnswer
from core.orders.models import ExitCheck, Order, OrderBuyer, OrderItem, Refund
from core.payments.models import Payment, TillPayment
from core.rest.fields import Moment, rfc3339
from core.tenancy.models import Branch


@extend_schema_field({"type": "number"})
class OrderAmount(serializers.Field[Any, Any, Any, Any]):
    """Money in the decimals of the order's currency. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Decimal:
        """Return the amount, exact."""
        currency = getattr(instance, "currency", None) or self.context["currency"]
        return quantize(cast(Decimal, super().get_attribute(instance)), currency)

    def to_representation(self, value: Decimal) -> Decimal:
        """Return it as it is."""
        return value


class PriceStepAnswer(serializers.Serializer[Any]):
    """A step of a price: the rule, and the unit price after it."""

    rule = serializers.CharField()
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4)


class ItemAnswer(serializers.ModelSerializer[OrderItem]):
    """A line as it was sold; ``returned`` units of it went back into the stock."""

    id = serializers.CharField(source="line_id")
    unit_price = OrderAmount()
    line_total = OrderAmount()
    paid = serializers.SerializerMethodField(help_text="With a tax that came on top and its deposit.")
    price_trace = serializers.SerializerMethodField()

    class Meta:
        model = OrderItem
        fields = (
            "id", "product_id", "variant_id", "barcode", "name", "variant_name", "weight_g", "quantity",
            "unit_price", "line_total", "paid", "price_trace", "returned",
        )  # fmt: skip

    @extend_schema_field({"type": "number"})
    def get_paid(self, row: OrderItem) -> Decimal:
        """Return what was paid for the line."""
        return quantize(row.line_total if row.paid is None else row.paid, self.context["currency"])

    @extend_schema_field(PriceStepAnswer(many=True))
    def get_price_trace(self, row: OrderItem) -> Any:
        """Return how the unit price came about."""
        return json.loads(row.price_trace, parse_float=Decimal)


class RefundAnswer(serializers.ModelSerializer[Refund]):
    """Money that was given back, or is to be. ``status``: pending, made, failed (``detail`` says why).

    ``source``: staff, or provider if it was given there and not here. Of an order that was paid in cash
    ``in_cash`` is what is handed over, and ``rounding`` what that is more than ``amount``.
    """

    id = serializers.SerializerMethodField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    by = serializers.SerializerMethodField()
    amount = OrderAmount()
    in_cash = serializers.SerializerMethodField()
    rounding = serializers.SerializerMethodField()
    taxes = serializers.SerializerMethodField()
    at = Moment()
    settled_at = Moment(allow_null=True)

    class Meta:
        model = Refund
        fields = (
            "id", "source", "by", "amount", "in_cash", "rounding", "reason", "status", "detail", "taxes",
            "at", "settled_at",
        )  # fmt: skip

    @extend_schema_field({"type": "string", "enum": ["staff", "provider"]})
    def get_source(self, row: Refund) -> str:
        """Return where it was given."""
        return "provider" if row.user_id is None else "staff"

    def get_by(self, row: Refund) -> str | None:
        """Return who gave it, for staff; null for the buyer, and if nobody here did."""
        return cast("str | None", self.context["staff"].get(str(row.user_id)))

    def get_id(self, row: Refund) -> str:
        """Return the refund's id."""
        return row.id.partition(":")[2]

    @extend_schema_field({"type": ["number", "null"]})
    def get_in_cash(self, row: Refund) -> Decimal | None:
        """Return what is handed over in coins."""
        return cast("Decimal | None", self.context["coins"].get(row.id))

    @extend_schema_field({"type": ["number", "null"]})
    def get_rounding(self, row: Refund) -> Decimal | None:
        """Return what coins make more of it."""
        coins = self.get_in_cash(row)
        return None if coins is None else coins - quantize(row.amount, self.context["currency"])

    @extend_schema_field(TaxAnswer(many=True))
    def get_taxes(self, row: Refund) -> Any:
        """Return the taxes of what goes back."""
        return amounts.read_taxes(row.taxes)


class DisputeAnswer(serializers.ModelSerializer[Order]):
    """The buyer's bank wants the money back: needs_response until ``due_by``, under_review, won, lost."""

    status = serializers.ChoiceField(get_args(DisputeStatus), source="dispute_status")
    reason = serializers.CharField(source="dispute_reason")
    amount = OrderAmount(source="dispute_amount")
    due_by = Moment(source="dispute_due_by", allow_null=True)

    class Meta:
        model = Order
        fields = ("status", "reason", "amount", "due_by")


class ShopAnswer(serializers.ModelSerializer[Branch]):
    """Where it was bought, as a receipt says it."""

    chain = serializers.CharField(source="chain.name")
    tax_number = serializers.CharField(source="chain.tax_number", help_text="The seller's; may be empty.")

    class Meta:
        model = Branch
        fields = ("name", "chain", "tax_number", "address", "city", "timezone")


class PassAnswer(serializers.Serializer[Any]):
    """What staff at the exit scans (``url``, a QR code) or types (``code``); null for all but its owner."""

    code = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    valid_until = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)


class PaymentAnswer(serializers.ModelSerializer[Payment]):
    """The payment that made the order. ``method`` and what follows are those of a till; else null."""

    id = serializers.UUIDField(source="payment_id")
    method = serializers.SerializerMethodField()
    due = serializers.SerializerMethodField(help_text="In coins that there are, for cash.")
    received = serializers.SerializerMethodField()
    change = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = ("id", "provider", "status", "method", "due", "received", "change")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken: dict[uuid.UUID, TillPayment | None] = {}

    def _at_the_till(self, row: Payment) -> TillPayment | None:
        if row.provider != "till":
            return None
        if row.pk not in self._taken:
            self._taken[row.pk] = TillPayment.objects.filter(pk=row.pk).first()
        return self._taken[row.pk]

    @extend_schema_field({"type": ["string", "null"], "enum": ["cash", "card", None]})
    def get_method(self, row: Payment) -> str | None:
        """Return how it was paid."""
        taken = self._at_the_till(row)
        return None if taken is None else taken.method

    @extend_schema_field({"type": ["number", "null"]})
    def get_due(self, row: Payment) -> Decimal | None:
        """Return what was asked for."""
        taken = self._at_the_till(row)
        return None if taken is None else quantize(taken.due, row.currency)

    @extend_schema_field({"type": ["number", "null"]})
    def get_received(self, row: Payment) -> Decimal | None:
        """Return what was handed over."""
        taken = self._at_the_till(row)
        return None if taken is None else quantize(taken.received, row.currency)

    @extend_schema_field({"type": ["number", "null"]})
    def get_change(self, row: Payment) -> Decimal | None:
        """Return what was given back of it."""
        taken = self._at_the_till(row)
        return None if taken is None else quantize(taken.received - taken.due, row.currency)


class BuyerAnswer(serializers.ModelSerializer[OrderBuyer]):
    """The business that an order was for."""

    class Meta:
        model = OrderBuyer
        fields = ("name", "tax_number", "address")


class ExitCheckAnswer(serializers.ModelSerializer[ExitCheck]):
    """What a check at the exit found; ``paid`` is what was paid there beside the order, null: nothing."""

    outcome = serializers.CharField()
    paid = serializers.SerializerMethodField()
    method = serializers.SerializerMethodField()
    paid_at = Moment(source="settled_at", allow_null=True)

    class Meta:
        model = ExitCheck
        fields = ("outcome", "paid", "method", "paid_at")

    @extend_schema_field({"type": ["number", "null"]})
    def get_paid(self, row: ExitCheck) -> Decimal | None:
        """Return what was paid at the exit."""
        return None if row.settled_at is None else quantize(row.unpaid_amount, row.currency)

    @extend_schema_field({"type": ["string", "null"], "enum": ["cash", "card", None]})
    def get_method(self, row: ExitCheck) -> str | None:
        """Return how it was paid."""
        return row.settled_method or None


class OrderSummary(serializers.ModelSerializer[Order]):
    """An order in a list. ``number`` is unique in the branch, null for the moment until it has one."""

    id = serializers.UUIDField(source="order_id")
    branch = serializers.CharField(source="branch_code")
    branch_name = serializers.SerializerMethodField()
    timezone = serializers.SerializerMethodField()
    placed_at = Moment()
    total_items = serializers.IntegerField(source="units")
    total = OrderAmount()
    refunded = OrderAmount()
    verified_at = Moment(allow_null=True)
    customer = serializers.SerializerMethodField()
    dispute = serializers.SerializerMethodField()
    receipt_url = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "id", "number", "status", "branch", "branch_name", "timezone", "placed_at", "currency",
            "items_count", "total_items", "total", "refunded", "verified_at", "customer", "trolley_id",
            "dispute", "receipt_url",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._branches: dict[str, tuple[str, str]] = {}

    def get_branch_name(self, row: Order) -> str:
        """Return the branch's name; its code once the branch is deleted."""
        return self._branch(row.branch_code)[0]

    def get_timezone(self, row: Order) -> str:
        """Return the branch's time zone; UTC once the branch is deleted."""
        return self._branch(row.branch_code)[1]

    def _branch(self, code: str) -> tuple[str, str]:
        if code not in self._branches:
            known = Branch.objects.filter(code=code).values_list("name", "timezone").first()
            self._branches[code] = known or (code, "UTC")
        return self._branches[code]

    def get_customer(self, row: Order) -> str | None:
        """Return who bought it, for staff as everywhere; null once the account is erased."""
        return cast("str | None", self.context["names"].get(str(row.user_id)))

    @extend_schema_field(DisputeAnswer(allow_null=True))
    def get_dispute(self, row: Order) -> Any:
        """Return what the buyer's bank asks; null: nothing."""
        return DisputeAnswer(row).data if row.dispute_status else None

    def get_receipt_url(self, row: Order) -> str:
        """Return the receipt's page."""
        return receipt_url(row)


class OrderAnswer(OrderSummary):
    """A whole order: what a receipt shows. ``mine``: the caller has bought it."""

    subtotal = serializers.SerializerMethodField()
    savings = serializers.SerializerMethodField()
    promotions = serializers.SerializerMethodField()
    deposits = serializers.SerializerMethodField()
    taxes = serializers.SerializerMethodField()
    tax_included = serializers.SerializerMethodField()
    rounding = serializers.SerializerMethodField()
    total_price = OrderAmount(source="total")
    mine = serializers.SerializerMethodField()
    shop = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()
    refunds = serializers.SerializerMethodField()
    payment = serializers.SerializerMethodField()
    buyer = serializers.SerializerMethodField()
    exit_check = serializers.SerializerMethodField()
    exit_pass = serializers.SerializerMethodField()

    class Meta(OrderSummary.Meta):
        fields = (
            *OrderSummary.Meta.fields, "subtotal", "savings", "promotions", "deposits", "taxes",
            "tax_included", "rounding", "total_price", "mine", "shop", "items", "refunds", "payment",
            "buyer", "exit_check", "exit_pass",
        )  # fmt: skip

    @extend_schema_field({"type": "number"})
    def get_subtotal(self, row: Order) -> Any:
        """Return the goods before anything was taken off."""
        return self.context["amounts"]["subtotal"]

    @extend_schema_field(SavingAnswer(many=True))
    def get_savings(self, row: Order) -> Any:
        """Return what was taken off, by rule."""
        return self.context["amounts"]["savings"]

    @extend_schema_field(OrderPromotionAnswer(many=True))
    def get_promotions(self, row: Order) -> Any:
        """Return what promotions took off, by line."""
        return self.context["amounts"]["promotions"]

    @extend_schema_field(DepositAnswer(many=True))
    def get_deposits(self, row: Order) -> Any:
        """Return the deposits."""
        return self.context["amounts"]["deposits"]

    @extend_schema_field(TaxAnswer(many=True))
    def get_taxes(self, row: Order) -> Any:
        """Return the taxes."""
        return self.context["amounts"]["taxes"]

    def get_tax_included(self, row: Order) -> bool:
        """Return whether the prices held the taxes."""
        return cast(bool, self.context["amounts"]["tax_included"])

    @extend_schema_field({"type": "number"})
    def get_rounding(self, row: Order) -> Any:
        """Return what was added to make an amount that can be paid."""
        return self.context["amounts"]["rounding"]

    def get_mine(self, row: Order) -> bool:
        """Return whether it is shown to its buyer."""
        return cast(bool, self.context["mine"])

    @extend_schema_field(ShopAnswer(allow_null=True))
    def get_shop(self, row: Order) -> Any:
        """Return the branch's name and address."""
        branch = Branch.objects.select_related("chain").filter(code=row.branch_code).first()
        return None if branch is None else ShopAnswer(branch).data

    @extend_schema_field(ItemAnswer(many=True))
    def get_items(self, row: Order) -> Any:
        """Return the lines in their order."""
        return self._all(ItemAnswer, OrderItem.objects.filter(order_id=row.order_id), row)

    @extend_schema_field(RefundAnswer(many=True))
    def get_refunds(self, row: Order) -> Any:
        """Return the refunds, oldest first."""
        rows = list(Refund.objects.filter(order_id=row.order_id))
        staff = {} if self.context["mine"] else shown_names(one.user_id for one in rows if one.user_id)
        coins = cash.handed_over(row.order_id, row.currency, rows)
        return self._all(RefundAnswer, rows, row, staff=staff, coins=coins)

    def _all(self, answer: Any, rows: Iterable[Any], order: Order, **context: Any) -> Any:
        return answer(rows, many=True, context={"currency": order.currency, **context}).data

    @extend_schema_field(PaymentAnswer(allow_null=True))
    def get_payment(self, row: Order) -> Any:
        """Return the payment, which has the order's id."""
        payment = Payment.objects.filter(pk=row.order_id).first()
        return None if payment is None else PaymentAnswer(payment).data

    @extend_schema_field(BuyerAnswer(allow_null=True))
    def get_buyer(self, row: Order) -> Any:
        """Return the business that it was for; null: none."""
        buyer = OrderBuyer.objects.filter(pk=row.order_id).first()
        return None if buyer is None else BuyerAnswer(buyer).data

    @extend_schema_field(ExitCheckAnswer(allow_null=True))
    def get_exit_check(self, row: Order) -> Any:
        """Return what was found at the exit; null: nobody looked, or is still at it."""
        check = ExitCheck.objects.filter(pk=row.order_id, finished_at__isnull=False).first()
        return None if check is None else ExitCheckAnswer(check).data

    @extend_schema_field(PassAnswer)
    def get_exit_pass(self, row: Order) -> dict[str, Any]:
        """Return the exit pass."""
        code = passes.code_of(row.order_id) if self.context["mine"] else None
        return {
            "code": code,
            "url": None if code is None else passes.url_of(code),
            "valid_until": rfc3339(passes.valid_until(row.placed_at)),
            "verified_at": None if row.verified_at is None else rfc3339(row.verified_at),
        }


def order_context(row: Order, *, mine: bool) -> dict[str, Any]:
    """Return what ``OrderAnswer`` needs in addition to the row; ``mine``: its buyer reads it."""
    return {
        "names": shown_names([row.user_id]),
        "currency": row.currency,
        "amounts": amounts.read(row),
        "mine": mine,
    }


def receipt_url(row: Order) -> str:
    """Return the address of the order's receipt."""
    return f"{settings.PUBLIC_URL}/orders/{row.order_id}"
