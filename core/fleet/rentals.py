"""REST of a branch's trolleys and rentals, for those who work there. Commands are realtime's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import django_filters
from django.db.models import Avg, Count, F, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.accounts import scopes
from core.accounts.models import User
from core.accounts.people import shown_name
from core.accounts.principals import Principal
from core.fleet.models import Rental, Trolley
from core.rest import Moment
from core.tenancy.api import by_id_or
from core.tenancy.models import Branch


class _Names:
    """Shown names by user id, each read once."""

    def __init__(self) -> None:
        self._known: dict[Any, str | None] = {}

    def of(self, user_id: Any) -> str | None:
        """Return the name; None for nobody, and for an erased account."""
        if user_id is not None and user_id not in self._known:
            found = User.objects.filter(pk=user_id).values_list("username", "phone").first()
            self._known[user_id] = None if found is None else shown_name(*found)
        return self._known.get(user_id)


class RentalAnswer(serializers.ModelSerializer[Rental]):
    """Custody of a trolley. ``status``: active, overdue (active past its time), returned or lost."""

    trolley_id = serializers.CharField(source="trolley_code")
    user = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    start_time = Moment()
    expected_return = Moment(allow_null=True)
    actual_return = Moment(allow_null=True)
    duration_minutes = serializers.SerializerMethodField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = _Names()

    class Meta:
        model = Rental
        fields = (
            "id", "trolley_id", "user", "user_id", "start_time", "expected_return", "actual_return", "status",
            "duration_minutes",
        )  # fmt: skip

    def get_user(self, row: Rental) -> str | None:
        """Return who took it."""
        return self._names.of(row.user_id)

    def get_status(self, row: Rental) -> str:
        """Return the status, as of now."""
        late = row.expected_return is not None and row.expected_return < timezone.now()
        return "overdue" if row.status == "active" and late else row.status

    def get_duration_minutes(self, row: Rental) -> int:
        """Return for how long it was out, or has been."""
        return int(((row.actual_return or timezone.now()) - row.start_time).total_seconds() // 60)


class CartAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley of the branch, and where it is."""

    device_id = serializers.SerializerMethodField()
    slot = serializers.SerializerMethodField()
    assigned_to = serializers.SerializerMethodField()
    assigned_at = Moment(allow_null=True)
    last_seen = Moment(allow_null=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = _Names()

    class Meta:
        model = Trolley
        fields = (
            "trolley_id", "cart_number", "is_active", "phase", "custody", "maintenance", "maintenance_notes",
            "assigned_to", "assigned_at", "lock_desired", "lock_reported", "lock_fault", "device_id", "slot",
            "last_seen",
        )  # fmt: skip

    def get_device_id(self, row: Trolley) -> str | None:
        """Return the device of the slot that it stands in or left last."""
        found = row.at_device or row.place_device_id
        return None if found is None else str(found)

    def get_slot(self, row: Trolley) -> int | None:
        """Return that slot."""
        return row.place_slot if row.at_device is None else row.at_slot

    def get_assigned_to(self, row: Trolley) -> str | None:
        """Return who holds it."""
        return self._names.of(row.assigned_to_id)


class StatsAnswer(serializers.Serializer):  # type: ignore[type-arg]
    """Of the last ``days``; averages are null without a rental."""

    days = serializers.IntegerField()
    active = serializers.IntegerField()
    overdue = serializers.IntegerField()
    started = serializers.IntegerField()
    returned = serializers.IntegerField()
    average_minutes = serializers.IntegerField(allow_null=True)


class OfBranch(APIView):
    """A view of one branch in which the caller works."""

    def branch(self) -> Branch:
        """Return the branch; another tenant's is not found."""
        allowed = scopes.branches(cast(Principal, self.request.auth), "branch.watch")
        return generics.get_object_or_404(allowed, by_id_or("code", self.kwargs["branch_id"]))


class CartFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By state."""

    class Meta:
        model = Trolley
        fields = ("phase", "custody", "maintenance", "is_active")


class CartsView(OfBranch, generics.ListAPIView[Trolley]):
    """The trolleys of a branch."""

    serializer_class = CartAnswer
    filterset_class = CartFilter
    queryset = Trolley.objects.none()

    def get_queryset(self) -> QuerySet[Trolley]:
        """Return them by number."""
        if self.request.auth is None:
            return Trolley.objects.none()
        return Trolley.objects.filter(branch=self.branch()).order_by("cart_number")


class CartView(OfBranch):
    """One trolley of a branch, by number or code."""

    @extend_schema(responses=CartAnswer, operation_id="branch_cart")
    def get(self, request: Request, branch_id: str, cart_id: str) -> Response:
        """Return the trolley."""
        wanted = Q(trolley_id=cart_id)
        if cart_id.isdecimal() and len(cart_id) < 10:
            wanted |= Q(cart_number=int(cart_id))
        row = generics.get_object_or_404(Trolley.objects.filter(branch=self.branch()), wanted)
        return Response(CartAnswer(row).data)


class _Rentals(OfBranch, generics.ListAPIView[Rental]):
    serializer_class = RentalAnswer
    queryset = Rental.objects.none()
    filter_backends: Any = ()

    def of_branch(self) -> QuerySet[Rental]:
        """Return the branch's rentals."""
        if self.request.auth is None:
            return Rental.objects.none()
        return Rental.objects.filter(branch_code=self.branch().code)


class ActiveRentalsView(_Rentals):
    """Trolleys that are out, those that are due first."""

    def get_queryset(self) -> QuerySet[Rental]:
        """Return them."""
        return (
            self.of_branch().filter(actual_return=None).order_by(F("expected_return").asc(nulls_first=True))
        )


class RentalHistoryView(_Rentals):
    """Rentals that are over, newest first."""

    def get_queryset(self) -> QuerySet[Rental]:
        """Return them."""
        return self.of_branch().exclude(actual_return=None).order_by("-start_time")


class RentalStatsView(OfBranch):
    """How much a branch's trolleys are out."""

    @extend_schema(responses=StatsAnswer, operation_id="branch_rental_stats")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the counts of the last seven days."""
        days, now = 7, timezone.now()
        return Response({"days": days, **_stats(self.branch().code, now, now - timedelta(days=days))})


def _stats(code: str, now: datetime, since: datetime) -> dict[str, int | None]:
    rows = Rental.objects.filter(branch_code=code)
    standing = Q(actual_return=None)
    found = rows.aggregate(
        active=Count("id", filter=standing),
        overdue=Count("id", filter=standing & Q(expected_return__lt=now)),
        started=Count("id", filter=Q(start_time__gte=since)),
        returned=Count("id", filter=Q(actual_return__gte=since)),
        long=Avg(F("actual_return") - F("start_time"), filter=Q(actual_return__gte=since)),
    )
    long = found.pop("long")
    return {**found, "average_minutes": None if long is None else int(long.total_seconds() // 60)}
