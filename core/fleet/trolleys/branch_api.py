"""REST of a branch's trolleys, for those who work there. Commands are realtime's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast, get_args
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.messages.branch import Custody, Phase, Standing
from core.accounts import scopes
from core.accounts.people import shown_names
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.standing import INACTIVE, with_standing
from core.rest.fields import Moment, or_none
from core.rest.filters import words
from core.rest.prepared import FirstPage
from core.rest.views import ColumnsListView, View
from core.tenancy.models import Branch


class BranchTrolleyAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley of the branch, and where it is."""

    standing = serializers.ChoiceField((*get_args(Standing), INACTIVE))
    device_id = serializers.CharField(
        read_only=True, allow_null=True, help_text="The device of the slot that it stands in or left last."
    )
    slot = serializers.IntegerField(read_only=True, allow_null=True, help_text="That slot.")
    assigned_to = serializers.CharField(read_only=True, allow_null=True, help_text="Who holds it.")
    assigned_at = Moment(allow_null=True)
    last_seen = Moment(allow_null=True)

    class Meta:
        model = Trolley
        fields = (
            "trolley_id", "cart_number", "is_active", "standing", "phase", "custody", "maintenance",
            "maintenance_notes", "missing", "missing_reason",
            "assigned_to", "assigned_at", "lock_desired", "lock_reported", "lock_fault", "device_id", "slot",
            "last_seen",
        )  # fmt: skip


_READ = (
    "id", "trolley_id", "cart_number", "is_active", "standing", "phase", "custody", "maintenance",
    "maintenance_notes", "missing", "missing_reason", "assigned_to_id", "assigned_at", "lock_desired",
    "lock_reported", "lock_fault", "at_device", "at_slot", "place_device_id", "place_slot", "last_seen",
)  # fmt: skip


def shown_trolleys(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return trolleys' columns as ``BranchTrolleyAnswer`` tells. Blocking: reads the holders' names."""
    people = shown_names({row.assigned_to_id for row in rows} - {None})
    return [
        {
            "trolley_id": row.trolley_id,
            "cart_number": row.cart_number,
            "is_active": row.is_active,
            "standing": row.standing,
            "phase": row.phase,
            "custody": row.custody,
            "maintenance": row.maintenance,
            "maintenance_notes": row.maintenance_notes,
            "missing": row.missing,
            "missing_reason": row.missing_reason,
            "assigned_to": people.get(str(row.assigned_to_id)),
            "assigned_at": or_none(row.assigned_at),
            "lock_desired": row.lock_desired,
            "lock_reported": row.lock_reported,
            "lock_fault": row.lock_fault,
            "device_id": row.at_device or row.place_device_id,
            "slot": row.place_slot if row.at_device is None else row.at_slot,
            "last_seen": or_none(row.last_seen),
        }
        for row in rows
    ]


def trolleys_of(branch_id: UUID) -> QuerySet[Trolley]:
    """Return a branch's trolleys by number, with what each stands as."""
    return with_standing(Trolley.objects.filter(branch_id=branch_id)).order_by("cart_number")


FIRST_PAGE = FirstPage(trolleys_of, _READ, shown_trolleys, placeholder=UUID(int=0))
"""Of a branch's trolleys, by the branch's id."""


class BranchTrolleyFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By state; ``standing`` is the one thing that a trolley counts as on the map."""

    phase = words(get_args(Phase))
    custody = words(get_args(Custody))
    standing = words((*get_args(Standing), INACTIVE))

    class Meta:
        model = Trolley
        fields = ("maintenance", "missing", "is_active")


class BranchTrolleysView(ColumnsListView[Trolley]):
    """The trolleys of a branch."""

    serializer_class = BranchTrolleyAnswer
    columns = _READ
    filterset_class = BranchTrolleyFilter
    queryset = Trolley.objects.none()

    def get_queryset(self) -> QuerySet[Trolley]:
        """Return the branch's trolleys by number."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Trolley.objects.none()
        branch, _ = scopes.find_branch_key(who, "branch.watch", self.kwargs["branch_id"])
        return trolleys_of(branch)

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the trolleys with who holds them."""
        return shown_trolleys(rows)


class BranchTrolleyView(View):
    """One trolley of a branch, by number or code."""

    @extend_schema(responses=BranchTrolleyAnswer, operation_id="branch_cart")
    def get(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Return the trolley."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        row = with_standing(Trolley.objects.all()).get(pk=find_in(branch, cart_number).pk)
        return Response(shown_trolleys([row])[0])


def find_in(branch: Branch, number_or_code: str) -> Trolley:
    """Return the trolley of the branch with that number, or else that code; raises the 404."""
    rows = Trolley.objects.filter(branch=branch)
    if number_or_code.isascii() and number_or_code.isdecimal() and len(number_or_code) < 10:
        row = rows.filter(cart_number=int(number_or_code)).first()
        if row is not None:
            return row
    return generics.get_object_or_404(rows, trolley_id__iexact=number_or_code)
