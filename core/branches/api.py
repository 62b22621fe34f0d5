"""REST of tenants: the chains and branches in which the caller has a role."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from rest_framework import generics, serializers

from core.accounts import scopes
from core.accounts.principals import Principal
from core.rest.views import ListView, RetrieveView, RowView
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch, Chain


class ChainAnswer(serializers.ModelSerializer[Chain]):
    """A chain."""

    class Meta:
        model = Chain
        fields = ("id", "slug", "name", "currency", "is_active")


class SettingsAnswer(serializers.ModelSerializer[Branch]):
    """What a branch decides for its trolleys; times in seconds unless said otherwise."""

    class Meta:
        model = Branch
        fields = (
            "session_timeout_s", "restore_s", "resumes_sessions", "one_trolley_per_user", "rental_minutes",
            "returns_anywhere", "signed_qr_only",
        )  # fmt: skip


class BranchAnswer(serializers.ModelSerializer[Branch]):
    """A branch."""

    chain = serializers.CharField(source="chain.slug")
    currency = serializers.CharField(source="chain.currency")
    latitude = serializers.DecimalField(max_digits=9, decimal_places=6, allow_null=True)
    longitude = serializers.DecimalField(max_digits=9, decimal_places=6, allow_null=True)
    settings = SettingsAnswer(source="*")

    class Meta:
        model = Branch
        fields: tuple[str, ...] = (
            "id", "code", "name", "chain", "currency", "address", "city", "latitude", "longitude", "timezone",
            "is_active", "settings",
        )  # fmt: skip


class BranchDetailAnswer(BranchAnswer):
    """A branch with its floor plan in metres."""

    floor_plan = serializers.DictField()

    class Meta(BranchAnswer.Meta):
        fields = (*BranchAnswer.Meta.fields, "floor_plan")


class BranchFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``chain`` is a slug."""

    chain = django_filters.CharFilter("chain__slug")

    class Meta:
        model = Branch
        fields = ()


class _Branches(RowView[Branch]):
    queryset = Branch.objects.none()

    def get_queryset(self) -> QuerySet[Branch]:
        """Return the branches whose map the caller may see."""
        who = cast(Principal | None, self.request.auth)
        return scopes.branches(who, "branch.watch") if who else Branch.objects.none()


class BranchesView(_Branches, ListView[Branch]):
    """The branches in which the caller has a role."""

    serializer_class = BranchAnswer
    filterset_class = BranchFilter


class BranchView(_Branches, RetrieveView[Branch]):
    """One branch, by id or code."""

    serializer_class = BranchDetailAnswer

    def get_object(self) -> Branch:
        """Return the branch; another tenant's is not found."""
        return generics.get_object_or_404(self.get_queryset(), by_id_or("code", self.kwargs["branch_id"]))


class _Chains(RowView[Chain]):
    serializer_class = ChainAnswer
    queryset = Chain.objects.none()

    def get_queryset(self) -> QuerySet[Chain]:
        """Return the chains in which the caller has a role."""
        who = cast(Principal | None, self.request.auth)
        return scopes.chains(who) if who else Chain.objects.none()


class ChainsView(_Chains, ListView[Chain]):
    """The chains in which the caller has a role."""

    filter_backends: Any = ()


class ChainView(_Chains, RetrieveView[Chain]):
    """One chain, by id or slug."""

    def get_object(self) -> Chain:
        """Return the chain; another tenant's is not found."""
        return generics.get_object_or_404(self.get_queryset(), by_id_or("slug", self.kwargs["chain_id"]))
