"""REST of branches: those in which the caller has a role; chain admins make new ones."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.branches.serializers import BranchChanges, NewBranch, fill, refuse_in_use, whole
from core.problems import rule
from core.rest.fields import checked
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import ListView, RetrieveView, RowView
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch, Chain


class SettingsAnswer(serializers.ModelSerializer[Branch]):
    """What a branch decides for its trolleys; times in seconds unless said otherwise."""

    class Meta:
        model = Branch
        fields = (
            "session_timeout_s", "restore_s", "resumes_sessions", "one_trolley_per_user", "rental_minutes",
            "returns_anywhere", "signed_qr_only", "conflict_display", "check_rate", "unpaid_minutes",
        )  # fmt: skip


class BranchAnswer(serializers.ModelSerializer[Branch]):
    """A branch."""

    chain = serializers.CharField(source="chain.slug")
    currency = serializers.CharField(source="chain.currency")
    latitude = serializers.DecimalField(max_digits=9, decimal_places=6, allow_null=True)
    longitude = serializers.DecimalField(max_digits=9, decimal_places=6, allow_null=True)
    opening_hours = serializers.DictField()
    settings = SettingsAnswer(source="*")

    class Meta:
        model = Branch
        fields: tuple[str, ...] = (
            "id", "code", "name", "chain", "currency", "address", "city", "latitude", "longitude", "timezone",
            "opening_hours", "is_active", "settings", "version",
        )  # fmt: skip


class BranchDetailAnswer(BranchAnswer):
    """A branch with its floor plan in metres."""

    floor_plan = serializers.DictField()

    class Meta(BranchAnswer.Meta):
        fields = (*BranchAnswer.Meta.fields, "floor_plan")


class BranchFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``chain`` is a slug or an id."""

    chain = django_filters.CharFilter(method="of_chain")

    class Meta:
        model = Branch
        fields = ("is_active",)

    def of_chain(self, rows: QuerySet[Branch], _: str, text: str) -> QuerySet[Branch]:
        """Keep the chain's."""
        return rows.filter(chain__in=Chain.objects.filter(by_id_or("slug", text)))


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
    refuses = ("already_there", "too_many_digits", "unfit", "which_one")

    @extend_schema(request=NewBranch, responses={201: BranchDetailAnswer})
    def post(self, request: Request) -> Response:
        """Make a branch of a chain."""
        given = checked(NewBranch, request)
        row = Branch(chain=_chain_of(cast(Principal, request.auth), given.pop("chain", None)))
        fill(row, given)
        response = tagged(Response(BranchDetailAnswer(row).data, 201), row.version)
        response["Location"] = f"/api/branches/{row.code}"
        return response


def _chain_of(who: Principal, name: str | None) -> Chain:
    """Return the chain that a new branch is of; another tenant's is not found."""
    chains = [chain for chain in scopes.chains(who) if may(who, "chain.manage", chain.slug)]
    if not chains:
        raise PermissionDenied
    if name is None and len(chains) != 1:
        raise rule("which_one", chain="This field is required: name one chain.")
    found = next((each for each in chains if name in (None, each.slug, str(each.pk))), None)
    if found is None:
        raise Http404
    return found


class BranchView(_Branches, RetrieveView[Branch]):
    """One branch, by id or code."""

    serializer_class = BranchDetailAnswer
    refuses = ("unfit",)

    def get_object(self) -> Branch:
        """Return the branch; another tenant's is not found."""
        return generics.get_object_or_404(self.get_queryset(), by_id_or("code", self.kwargs["branch_id"]))

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the branch, with its ETag."""
        row = self.get_object()
        return tagged(Response(BranchDetailAnswer(row).data), row.version)

    @extend_schema(request=BranchChanges, responses=BranchDetailAnswer, parameters=[IF_MATCH])
    def put(self, request: Request, branch_id: str) -> Response:
        """Replace what the branch is; what is left out becomes as it is in a new one."""
        row = self._managed("branch.manage", branch_id)
        return self._changed(row, whole(row, checked(BranchChanges, request)))

    @extend_schema(request=BranchChanges, responses=BranchDetailAnswer, parameters=[IF_MATCH])
    def patch(self, request: Request, branch_id: str) -> Response:
        """Change what is given; running trolleys and sockets go by it within two seconds."""
        row = self._managed("branch.manage", branch_id)
        return self._changed(row, checked(BranchChanges, request, partial=True))

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, branch_id: str) -> Response:
        """Close the branch; refused (409) while a trolley is out."""
        row = self._managed("chain.manage", branch_id)
        claim(row, request)
        refuse_in_use(row)
        row.is_active = False
        row.save(update_fields=["is_active"])
        return Response(status=204)

    def _managed(self, permission: str, branch_id: str) -> Branch:
        """Return the branch; to close one or open it again is for those who run the chain."""
        return scopes.branch_for(cast(Principal, self.request.auth), permission, branch_id)

    def _changed(self, row: Branch, given: dict[str, Any]) -> Response:
        who = cast(Principal, self.request.auth)
        switches = given.get("is_active", row.is_active) != row.is_active
        if switches and not may(who, "chain.manage", row.chain.slug):
            raise PermissionDenied
        claim(row, self.request)
        fill(row, given)
        return tagged(Response(BranchDetailAnswer(row).data), row.version)
