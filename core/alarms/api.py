"""REST of alarms: those of a branch, standing or all. Commands on them are realtime's."""

from __future__ import annotations

from typing import Any, cast, get_args

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from actors.messages.alarms import AlarmKind, Severity
from core.accounts import scopes
from core.accounts.models import User
from core.accounts.people import shown_name
from core.accounts.principals import Principal
from core.alarms.models import Alarm
from core.rest.fields import Moment
from core.rest.filters import words
from core.rest.views import ListView


class AlarmAnswer(serializers.ModelSerializer[Alarm]):
    """An alarm. People are shown by name; ``cleared_by`` null: its cause went."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names: dict[Any, str] = {}

    trolley_id = serializers.CharField(source="trolley_code", allow_null=True)
    shopper = serializers.SerializerMethodField()
    assignee = serializers.SerializerMethodField()
    acknowledged_by = serializers.SerializerMethodField()
    cleared_by = serializers.SerializerMethodField()
    snoozed_by = serializers.SerializerMethodField()
    raised_at = Moment()
    acknowledged_at = Moment(allow_null=True)
    cleared_at = Moment(allow_null=True)
    snoozed_until = Moment(allow_null=True)

    class Meta:
        model = Alarm
        fields = (
            "alarm_id", "kind", "severity", "subject", "trolley_id", "device_id", "slot", "shopper", "detail",
            "raised_at", "acknowledged_at", "acknowledged_by", "assignee", "note",
            "snoozed_until", "snoozed_by", "snooze_reason", "cleared_at", "cleared_by",
        )  # fmt: skip

    def get_shopper(self, row: Alarm) -> str | None:
        """Return the shopper's name."""
        return self._name(row.user_id)

    def get_assignee(self, row: Alarm) -> str | None:
        """Return who sees to it."""
        return self._name(row.assignee)

    def get_acknowledged_by(self, row: Alarm) -> str | None:
        """Return who saw it first."""
        return self._name(row.acknowledged_by)

    def get_snoozed_by(self, row: Alarm) -> str | None:
        """Return who let it wait."""
        return self._name(row.snoozed_by)

    def get_cleared_by(self, row: Alarm) -> str | None:
        """Return who cleared it by hand."""
        return self._name(row.cleared_by)

    def _name(self, user_id: Any) -> str | None:
        names = self._names
        if user_id is not None and user_id not in names:
            found = User.objects.filter(pk=user_id).values_list("username", "phone").first()
            names[user_id] = "" if found is None else shown_name(*found)
        return names.get(user_id) or None


class AlarmFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``standing=true``: only those that are not over."""

    standing = django_filters.BooleanFilter("cleared_at", lookup_expr="isnull")
    severity = words(get_args(Severity))
    kind = words(get_args(AlarmKind))

    class Meta:
        model = Alarm
        fields = ()


class AlarmsView(ListView[Alarm]):
    """The alarms of a branch, newest first."""

    serializer_class = AlarmAnswer
    filterset_class = AlarmFilter
    queryset = Alarm.objects.none()

    def get_queryset(self) -> QuerySet[Alarm]:
        """Return the branch's alarms; another tenant's branch is not found."""
        who = cast(Principal | None, self.request.auth)
        if who is None:
            return Alarm.objects.none()
        branch = scopes.find_branch(who, "branch.watch", self.kwargs["branch_id"])
        return Alarm.objects.filter(branch_code=branch.code)
