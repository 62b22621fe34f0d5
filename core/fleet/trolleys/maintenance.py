"""REST of what a branch has in maintenance: since when, what is wrong, and who said so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from rest_framework import serializers

from core.accounts import scopes
from core.accounts.people import shown_names
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.timeline import person_of
from core.journal.models import Event
from core.rest.fields import rfc3339
from core.rest.views import ColumnsListView


class MaintenanceAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley out of service; ``at``, ``by``: when it was taken out, and by whom (null: erased since)."""

    notes = serializers.CharField(source="maintenance_notes")
    at = serializers.CharField(read_only=True, allow_null=True, help_text="When it was said.")
    by = serializers.CharField(read_only=True, allow_null=True, help_text="Who said so.")
    assigned_to = serializers.CharField(
        read_only=True, allow_null=True, help_text="Who holds it all the same."
    )

    class Meta:
        model = Trolley
        fields = ("id", "trolley_id", "cart_number", "notes", "at", "by", "assigned_to")


class MaintenanceView(ColumnsListView[Trolley]):
    """What a branch has in maintenance, what waits longest first."""

    serializer_class = MaintenanceAnswer
    queryset = Trolley.objects.none()
    columns = (
        "id", "trolley_id", "cart_number", "maintenance_notes", "noted_at", "noted_by", "assigned_to_id",
    )  # fmt: skip

    def get_queryset(self) -> QuerySet[Trolley]:
        """Return its trolleys out of service, with the event that took them out."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Trolley.objects.none()
        branch = scopes.find_branch(who, "branch.watch", self.kwargs["branch_id"])
        entity = Concat(Value("trolley/"), OuterRef("trolley_id"))
        noted = Event.objects.filter(entity=entity, name="MaintenanceStarted").order_by("-seq")
        rows: Any = Trolley.objects.filter(branch=branch, is_active=True, maintenance=True)
        said = {
            "noted_at": Subquery(noted.values("at")[:1]),
            "noted_by": Subquery(noted.values("principal")[:1]),
        }
        found: QuerySet[Trolley] = rows.annotate(**said).order_by("noted_at", "cart_number")
        return found

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the trolleys with who took them out and who holds them."""
        by = [None if row.noted_by is None else person_of(row.noted_by) for row in rows]
        people = shown_names({*by, *(row.assigned_to_id for row in rows)} - {None})
        return [
            {
                "id": row.id,
                "trolley_id": row.trolley_id,
                "cart_number": row.cart_number,
                "notes": row.maintenance_notes,
                "at": None if row.noted_at is None else rfc3339(datetime.fromtimestamp(row.noted_at, UTC)),
                "by": people.get(str(who)),
                "assigned_to": people.get(str(row.assigned_to_id)),
            }
            for row, who in zip(rows, by, strict=True)
        ]
