"""REST of what a branch has in maintenance: since when, what is wrong, and who said so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from rest_framework import serializers

from core.accounts import scopes
from core.accounts.people import ShownNames
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.timeline import person_of
from core.journal.models import Event
from core.rest.fields import rfc3339
from core.rest.views import ListView


class MaintenanceAnswer(serializers.ModelSerializer[Trolley]):
    """A trolley out of service; ``at``, ``by``: when it was taken out, and by whom (null: erased since)."""

    notes = serializers.CharField(source="maintenance_notes")
    at = serializers.SerializerMethodField()
    by = serializers.SerializerMethodField()
    assigned_to = serializers.SerializerMethodField(help_text="Who holds it all the same.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = ShownNames()

    class Meta:
        model = Trolley
        fields = ("id", "trolley_id", "cart_number", "notes", "at", "by", "assigned_to")

    def get_at(self, row: Any) -> str | None:
        """Return when it was said."""
        return None if row.noted_at is None else rfc3339(datetime.fromtimestamp(row.noted_at, UTC))

    def get_by(self, row: Any) -> str | None:
        """Return who said so."""
        return self._names.of(None if row.noted_by is None else person_of(row.noted_by))

    def get_assigned_to(self, row: Trolley) -> str | None:
        """Return who holds it."""
        return self._names.of(row.assigned_to_id)


class MaintenanceView(ListView[Trolley]):
    """What a branch has in maintenance, what waits longest first."""

    serializer_class = MaintenanceAnswer
    queryset = Trolley.objects.none()

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
