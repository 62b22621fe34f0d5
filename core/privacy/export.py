"""Everything held about a person, for that person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from core.accounts import principals
from core.accounts.models import Invitation, User
from core.assistant.models import Preferences
from core.fleet.models import Rental, Session, Trolley
from core.orders.models import Order, OrderBuyer, OrderItem, Refund
from core.outbox.models import OutgoingMessage
from core.payments.models import Payment, PaymentDetails
from core.rest.fields import rfc3339
from core.shopping.models import BudgetAlert, Cart, CartItem

_HIDDEN = frozenset({"password", "digest", "qr_nonce", "verified_by", "client", "p256dh", "auth"})


def everything_about(user: User) -> dict[str, Any]:
    """Return the account, its roles, logins, sessions, rentals, cart, orders and payments. Blocking."""
    roles = [
        {"role": one.role, "chain": one.chain, "branch": one.branch} for one in principals.of(user).grants
    ]
    return {
        "account": _row(user),
        "roles": roles,
        "logins": _rows(user.logins.order_by("began_at")),
        "refresh_tokens": _rows(user.refresh_tokens.order_by("issued_at")),
        "invitations": _rows(_invitations(user)),
        "notifications": _rows(user.notifications.order_by("created_at")),
        "notification_preferences": _rows(user.notification_preferences.order_by("kind")),
        "shopping_preferences": _rows(Preferences.objects.filter(user=user)),
        "recommendation_feedback": _rows(user.recommendation_feedback.order_by("at")),
        "experiment_exposures": _rows(user.experiment_exposures.order_by("at")),
        "push_subscriptions": _rows(user.push_subscriptions.order_by("made_at")),
        "messages": _rows(_messages(user)),
        "trolleys": list(Trolley.objects.filter(assigned_to_id=user.pk).values_list("trolley_id", flat=True)),
        "sessions": _rows(Session.objects.filter(user_id=user.pk)),
        "rentals": _rows(Rental.objects.filter(user_id=user.pk)),
        "cart": _rows(Cart.objects.filter(user_id=user.pk)),
        "budget_alerts": _rows(BudgetAlert.objects.filter(user_id=user.pk)),
        "cart_items": _rows(CartItem.objects.filter(user_id=user.pk)),
        **_bought(user),
        **_paid(user),
    }


def _invitations(user: User) -> QuerySet[Invitation]:
    reached = [each for each in (user.phone, user.email) if each]
    return Invitation.objects.filter(Q(invited_by=user) | Q(accepted_by=user) | Q(address__in=reached))


def _messages(user: User) -> QuerySet[OutgoingMessage]:
    reached = [each for each in (user.phone, user.email) if each]
    return OutgoingMessage.objects.filter(Q(user_id=user.pk) | Q(to__in=reached))


def _bought(user: User) -> dict[str, Any]:
    orders = Order.objects.filter(user_id=user.pk)
    return {
        "orders": _rows(orders),
        "order_buyers": _rows(OrderBuyer.objects.filter(order_id__in=orders.values("pk"))),
        "order_items": _rows(OrderItem.objects.filter(order_id__in=orders.values("pk"))),
        "refunds": [
            {name: value for name, value in row.items() if name != "user_id"}  # who gave it back
            for row in _rows(Refund.objects.filter(order_id__in=orders.values("pk")))
        ],
    }


def _paid(user: User) -> dict[str, Any]:
    details = PaymentDetails.objects.filter(user_id=user.pk)
    return {"payments": _rows(Payment.objects.filter(user_id=user.pk)), "payment_details": _rows(details)}


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Model) -> dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields if field.name not in _HIDDEN]
    values = ((name, getattr(row, name)) for name in names)
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in values}
