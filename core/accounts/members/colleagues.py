"""REST of a branch's staff, for the staff themselves: to whom a task may be assigned."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q, QuerySet
from rest_framework import serializers

from core.accounts import scopes
from core.accounts.models import User
from core.accounts.people import shown_name
from core.accounts.principals import Principal
from core.rest.views import ListView


class ColleagueAnswer(serializers.ModelSerializer[User]):
    """Somebody who has a role in the branch, or in all of its chain."""

    user_id = serializers.UUIDField(source="pk")
    name = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("user_id", "name")

    def get_name(self, row: User) -> str:
        """Return the name to show."""
        return shown_name(row.username, row.phone)


class ColleaguesView(ListView[User]):
    """Who works in a branch, by name."""

    serializer_class = ColleagueAnswer
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        """Return those with a role there; another tenant's branch is not found."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return User.objects.none()
        branch = scopes.find_branch(who, "branch.watch", self.kwargs["branch_id"])
        here = Q(grants__chain=branch.chain) & (Q(grants__branch=None) | Q(grants__branch=branch))
        found: Any = User.objects.filter(here, is_active=True).order_by("username").distinct()
        return cast("QuerySet[User]", found)
