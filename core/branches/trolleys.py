"""REST of the trolleys that a branch has: one by one, or a numbered row of many.

What becomes of them, and the commands to them, is told under ``carts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Upper
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import reference
from core.accounts import scopes
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.branch_api import find_in
from core.fleet.trolleys.out import is_out
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictBoolean, StrictInteger, StrictText, checked
from core.rest.views import ColumnsListView, View
from core.tenancy.models import Branch
from core.trail.notes import note_made

_MOST = 1000
"""Trolleys of one row."""
_LARGEST = 1_000_000
_CODE = RegexValidator(r"^[A-Za-z0-9_-]+\Z", "Expected letters, digits, - and _ only.")


class NewTrolleys(ClosedSerializer):
    """One trolley, or ``count`` of them, numbered from ``cart_number`` (by default the next that is free).

    A single one may be given its ``trolley_id``; else it is ``prefix`` (by default the branch's code and
    a hyphen) and the number, in three digits or more.
    """

    cart_number = StrictInteger(min_value=1, max_value=_LARGEST, required=False)
    trolley_id = StrictText(max_length=40, required=False, validators=[_CODE])
    count = StrictInteger(min_value=1, max_value=_MOST, required=False)
    prefix = StrictText(max_length=34, required=False, validators=[_CODE])


class TrolleyChanges(ClosedSerializer):
    """Another number, or whether the trolley is in use at all."""

    cart_number = StrictInteger(min_value=1, max_value=_LARGEST, required=False)
    is_active = StrictBoolean(required=False)


class OwnTrolleyAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley: which it is, and the slot that it belongs to."""

    device_id = serializers.UUIDField(source="place_device_id", allow_null=True)
    slot = serializers.IntegerField(source="place_slot", allow_null=True)

    class Meta:
        model = Trolley
        fields = ("id", "trolley_id", "cart_number", "is_active", "device_id", "slot")


class TrolleysAnswer(serializers.Serializer[Any]):
    """The trolleys that were made."""

    trolleys = OwnTrolleyAnswer(many=True)


class TrolleysView(ColumnsListView[Trolley]):
    """The trolleys that a branch has."""

    serializer_class = OwnTrolleyAnswer
    columns = ("id", "trolley_id", "cart_number", "is_active", "place_device_id", "place_slot")
    filter_backends: Any = ()
    queryset = Trolley.objects.none()
    refuses = ("already_there", "unfit")

    def get_queryset(self) -> QuerySet[Trolley]:
        """Return the branch's trolleys by number, those out of use too."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Trolley.objects.none()
        branch, _ = scopes.find_branch_key(who, "branch.watch", self.kwargs["branch_id"])
        return Trolley.objects.filter(branch_id=branch).order_by("cart_number")

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the trolleys and their slots."""
        return [
            {
                "id": row.id,
                "trolley_id": row.trolley_id,
                "cart_number": row.cart_number,
                "is_active": row.is_active,
                "device_id": row.place_device_id,
                "slot": row.place_slot,
            }
            for row in rows
        ]

    @extend_schema(
        request=NewTrolleys, responses={201: TrolleysAnswer}, operation_id="branch_trolleys_create"
    )
    def post(self, request: Request, branch_id: str) -> Response:
        """Make one trolley, or a numbered row of them: all or none."""
        branch = scopes.branch_for(cast(Principal, request.auth), "branch.manage", branch_id)
        rows = _make(branch, checked(NewTrolleys, request))
        return Response({"trolleys": OwnTrolleyAnswer(rows, many=True).data}, 201)


def _make(branch: Branch, given: dict[str, Any]) -> list[Trolley]:
    count, name = given.get("count", 1), given.get("trolley_id")
    if name is not None and (count > 1 or "prefix" in given):
        raise rule("unfit", trolley_id="Expected of a single trolley without a prefix.")
    last = branch.trolleys.aggregate(last=Max("cart_number"))["last"] or 0
    first = given.get("cart_number", last + 1)
    prefix = given.get("prefix", f"{branch.code[:33]}-")
    rows = [
        Trolley(branch=branch, cart_number=number, trolley_id=name or f"{prefix}{number:03}")
        for number in range(first, first + count)
    ]
    _refuse_taken(branch, rows)
    try:
        with transaction.atomic():
            made = Trolley.objects.bulk_create(rows)
    except IntegrityError:
        raise rule("already_there", cart_number="Another call has just made one of these.") from None
    note_made(made)
    reference.changed(reference.DIRECTORY)
    return made


def _refuse_taken(branch: Branch, rows: list[Trolley]) -> None:
    """Raise the 400 that names what is taken. Codes count whatever their case, as a scan reads them."""
    numbers = branch.trolleys.filter(cart_number__in=[row.cart_number for row in rows])
    if taken := numbers.values_list("cart_number", flat=True).first():
        raise rule("already_there", cart_number=f"The branch has a trolley {taken} already.")
    wanted = {row.trolley_id.upper(): row.trolley_id for row in rows}
    if code := Trolley.objects.alias(upper=Upper("trolley_id")).filter(upper__in=wanted).first():
        raise rule("already_there", trolley_id=f"There is a trolley {code.trolley_id} already.")


class TrolleyOfBranchView(View):
    """One trolley that a branch has, by number or code."""

    refuses = ("already_there",)

    @extend_schema(responses=OwnTrolleyAnswer, operation_id="branch_trolley")
    def get(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Return the trolley."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        return Response(OwnTrolleyAnswer(find_in(branch, cart_number)).data)

    @extend_schema(request=TrolleyChanges, responses=OwnTrolleyAnswer, operation_id="branch_trolley_update")
    def patch(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Change what is given; out of use it goes only (409) when nobody has it and it is not out."""
        row = self._managed(branch_id, cart_number)
        given = checked(TrolleyChanges, request, partial=True)
        if row.is_active and given.get("is_active") is False:
            _refuse_out(row)
        for name, value in given.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            sentence = f"The branch has a trolley {row.cart_number} already."
            raise rule("already_there", cart_number=sentence) from None
        return Response(OwnTrolleyAnswer(row).data)

    @extend_schema(responses={204: None}, operation_id="branch_trolley_delete")
    def delete(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Take the trolley out of use and its slot; its history stays. Refused (409) while it is out."""
        row = self._managed(branch_id, cart_number)
        _refuse_out(row)
        row.is_active, row.place_device, row.place_slot = False, None, None
        row.save()
        return Response(status=204)

    def _managed(self, branch_id: str, cart_number: str) -> Trolley:
        branch = scopes.branch_for(cast(Principal, self.request.auth), "branch.manage", branch_id)
        return find_in(branch, cart_number)


def _refuse_out(row: Trolley) -> None:
    if is_out(row):
        raise Problem(409, "trolley_in_use", "Somebody has this trolley, or it is out of its slot.")
