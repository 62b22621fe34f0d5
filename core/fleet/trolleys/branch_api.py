"""REST of a branch's trolleys, for those who work there. Commands are realtime's."""

from __future__ import annotations

from typing import Any, cast, get_args

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.messages.branch import Custody, Phase, Standing
from core.accounts import scopes
from core.accounts.people import ShownNames
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.standing import INACTIVE, with_standing
from core.rest.fields import Moment
from core.rest.filters import words
from core.rest.views import ListView, View
from core.tenancy.models import Branch


class BranchTrolleyAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley of the branch, and where it is."""

    standing = serializers.ChoiceField((*get_args(Standing), INACTIVE))
    device_id = serializers.SerializerMethodField()
    slot = serializers.SerializerMethodField()
    assigned_to = serializers.SerializerMethodField()
    assigned_at = Moment(allow_null=True)
    last_seen = Moment(allow_null=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = ShownNames()

    class Meta:
        model = Trolley
        fields = (
            "trolley_id", "cart_number", "is_active", "standing", "phase", "custody", "maintenance",
            "maintenance_notes", "missing", "missing_reason",
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
        rows = getattr(self.parent, "instance", None)
        self._names.load(each.assigned_to_id for each in ([row] if rows is None else rows))
        return self._names.of(row.assigned_to_id)


class BranchTrolleyFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By state; ``standing`` is the one thing that a trolley counts as on the map."""

    phase = words(get_args(Phase))
    custody = words(get_args(Custody))
    standing = words((*get_args(Standing), INACTIVE))

    class Meta:
        model = Trolley
        fields = ("maintenance", "missing", "is_active")


class BranchTrolleysView(ListView[Trolley]):
    """The trolleys of a branch."""

    serializer_class = BranchTrolleyAnswer
    filterset_class = BranchTrolleyFilter
    queryset = Trolley.objects.none()

    def get_queryset(self) -> QuerySet[Trolley]:
        """Return the branch's trolleys by number."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Trolley.objects.none()
        branch = scopes.find_branch(who, "branch.watch", self.kwargs["branch_id"])
        return with_standing(Trolley.objects.filter(branch=branch)).order_by("cart_number")


class BranchTrolleyView(View):
    """One trolley of a branch, by number or code."""

    @extend_schema(responses=BranchTrolleyAnswer, operation_id="branch_cart")
    def get(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Return the trolley."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        row = with_standing(Trolley.objects.all()).get(pk=find_in(branch, cart_number).pk)
        return Response(BranchTrolleyAnswer(row).data)


def find_in(branch: Branch, number_or_code: str) -> Trolley:
    """Return the trolley of the branch with that number, or else that code; raises the 404."""
    rows = Trolley.objects.filter(branch=branch)
    if number_or_code.isascii() and number_or_code.isdecimal() and len(number_or_code) < 10:
        row = rows.filter(cart_number=int(number_or_code)).first()
        if row is not None:
            return row
    return generics.get_object_or_404(rows, trolley_id__iexact=number_or_code)
