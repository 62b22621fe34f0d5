"""The receipt of an order as a file, and the business that bought.

A reprint is the same file again with the word copy above it: the buyer's is the first.
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.utils import dateformat, translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError as WrongNumber

from actors.messages.money.amounts import PROMOTION
from core.accounts import scopes
from core.accounts.models import User
from core.accounts.principals import Principal
from core.orders import pdf
from core.orders.answers import BuyerAnswer, OrderAnswer, order_context
from core.orders.models import Order, OrderBuyer
from core.orders.receipt_texts import WORDS
from core.problems import rule
from core.rest.fields import ClosedSerializer, LineText, checked
from core.rest.views import View
from core.tenancy.models import Branch


class BuyerBody(ClosedSerializer):
    """A business, as its receipts have to name it."""

    name = LineText(max_length=120)
    tax_number = LineText(max_length=30)
    address = LineText(max_length=200, required=False, allow_blank=True)


def order_for(request: Request, order_id: uuid.UUID) -> tuple[Order, bool]:
    """Return the caller's order, or one of a branch in which they work, and whether it is their own."""
    who = cast(Principal, request.auth)
    ours = Q(branch_code__in=scopes.branches(who, "order.watch").values("code"))
    row = generics.get_object_or_404(Order.objects.filter(Q(user_id=who.id) | ours), pk=order_id)
    return row, str(row.user_id) == who.id


class BuyerView(View):
    """Which business an order was for."""

    refuses = ("unfit",)

    @extend_schema(request=BuyerBody, responses=BuyerAnswer, operation_id="order_buyer")
    def put(self, request: Request, order_id: uuid.UUID) -> Response:
        """Name the business on the receipt, with its tax number in its country's own form."""
        row, _ = order_for(request, order_id)
        given = checked(BuyerBody, request)
        branch = Branch.objects.select_related("chain").filter(code=row.branch_code).first()
        country = "" if branch is None else branch.chain.country
        values = {
            "name": given["name"],
            "tax_number": tax_number(given["tax_number"], country),
            "address": given.get("address", ""),
        }
        buyer, _ = OrderBuyer.objects.update_or_create(pk=row.pk, defaults=values)
        return Response(BuyerAnswer(buyer).data)

    @extend_schema(responses={204: None}, operation_id="order_buyer_gone")
    def delete(self, request: Request, order_id: uuid.UUID) -> Response:
        """Name no business on the receipt."""
        row, _ = order_for(request, order_id)
        OrderBuyer.objects.filter(pk=row.pk).delete()
        return Response(status=204)


def tax_number(text: str, country: str) -> str:
    """Return the number in its usual form; raises the 400 of one that the country cannot have given."""
    if country == "IL":
        kinds = [get_cc_module("il", "hp"), get_cc_module("il", "idnr")]
    else:
        kinds = [get_cc_module(country or "xx", "vat"), get_cc_module("eu", "vat")]
    if kinds[0] is None:
        return text
    for kind in filter(None, kinds):
        try:
            return str(kind.validate(text))
        except WrongNumber:
            continue
    raise rule("unfit", tax_number=f"Expected a tax number of {country}, got {text}.")


class ReceiptPdfView(View):
    """The receipt as a file."""

    @extend_schema(
        operation_id="order_receipt",
        parameters=[
            OpenApiParameter("language", str, enum=sorted(WORDS), description="By default one's own.")
        ],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, order_id: uuid.UUID) -> HttpResponse:
        """Return the receipt as PDF; for all but its buyer marked as a copy."""
        row, mine = order_for(request, order_id)
        lang = request.query_params.get("language") or _language(cast(Principal, request.auth))
        with translation.override(lang):
            data = pdf.made(page_of(row, lang, mine=mine))
        response = HttpResponse(data, content_type="application/pdf")
        name = row.number or str(row.pk)[:8]
        response["Content-Disposition"] = f'inline; filename="receipt-{row.branch_code}-{name}.pdf"'
        return response


def _language(who: Principal) -> str:
    language = (
        User.objects.filter(pk=who.id).values_list("language", flat=True).first()
        if who.kind == "user"
        else ""
    )
    return language if language in WORDS else settings.LANGUAGE_CODE


def page_of(row: Order, lang: str, *, mine: bool) -> pdf.Page:
    """Return what an order's receipt says in a language. Blocking."""
    order: dict[str, Any] = OrderAnswer(row, context=order_context(row, mine=mine)).data
    words = WORDS[lang]
    shop = order["shop"] or {
        "name": row.branch_code,
        "timezone": "UTC",
        "address": "",
        "city": "",
        "chain": "",
        "tax_number": "",
    }
    placed = row.placed_at.astimezone(zoneinfo.ZoneInfo(shop["timezone"]))
    buyer = order["buyer"]
    facts = [
        (words["order"], str(row.number or "…")),
        (words["when"], dateformat.format(placed, words["date"])),
    ]
    if shop["tax_number"]:
        facts.append((words["seller_tax_number"], shop["tax_number"]))
    if buyer:
        facts += [(words["buyer"], buyer["name"]), (words["tax_number"], buyer["tax_number"])]
        facts += [(words["address"], buyer["address"])] if buyer["address"] else []

    def money(amount: Decimal) -> str:
        return f"{amount:,} {row.currency}"

    return pdf.Page(
        rtl=lang == "he",
        shop=shop["name"],
        address=", ".join(each for each in (shop["address"], shop["city"]) if each),
        title=words["business" if buyer else "receipt"],
        copy="" if mine else words["copy"],
        facts=facts,
        lines=[
            pdf.Line(
                ", ".join(each for each in (item["name"], item["variant_name"]) if each),
                money(item["line_total"]),
                f"{item['quantity']} × {money(item['unit_price'])}",
            )
            for item in order["items"]
        ],
        sums=[pdf.Line(word, money(amount)) for word, amount in sums(order, words)],
        total=pdf.Line(words["total"], money(order["total"])),
        after=list(_after(order, words, money)),
        taxes=_taxes(order, words, money),
        foot=" · ".join(each for each in (shop["chain"], order["receipt_url"]) if each),
    )


def sums(order: dict[str, Any], words: dict[str, str]) -> list[tuple[str, Decimal]]:
    """Return what comes between the lines and the total, and what of the total is tax, as word and amount."""
    found = [(f"{words['deposit']}: {each['name']}", each["line_total"]) for each in order["deposits"]]
    promoted = [each for each in order["savings"] if each["name"].startswith(PROMOTION)]
    found += [(each["name"].removeprefix(PROMOTION), -each["amount"]) for each in promoted]
    if saved := sum((each["amount"] for each in order["savings"]), Decimal(0)):
        found.append((words["saved"], saved))
    how = words["within" if order["tax_included"] else "on_top"]
    found += [(how.format(name=each["name"], rate=each["rate"]), each["tax"]) for each in order["taxes"]]
    if order["rounding"]:
        found.append((words["rounding"], order["rounding"]))
    return found


def _after(order: dict[str, Any], words: dict[str, str], money: Any) -> Iterator[pdf.Line]:
    """Yield how it was paid, what was paid at the exit, and what was given back."""
    payment, check = order["payment"], order["exit_check"]
    if payment and payment["method"]:
        yield pdf.Line(words[f"paid_{payment['method']}"], money(payment["received"]))
        if payment["change"]:
            yield pdf.Line(words["change"], money(payment["change"]))
    elif payment:
        yield pdf.Line(words["paid"], money(order["total"]))
    if check and check["paid"]:
        yield pdf.Line(words["paid_at_exit"], money(check["paid"]))
    if order["refunded"]:
        yield pdf.Line(words["refunded"], f"−{money(order['refunded'])}")


def _taxes(order: dict[str, Any], words: dict[str, str], money: Any) -> list[list[str]]:
    if not order["taxes"]:
        return []
    head = [words["tax"], words["rate"], words["net"], words["amount"]]
    rows = [
        [each["name"], f"{each['rate']} %", money(each["net"]), money(each["tax"])] for each in order["taxes"]
    ]
    return [head, *rows]
