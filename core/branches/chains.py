"""REST of chains: those in which the caller has a role; a platform admin makes new ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.kit.money import quantize
from core.accounts import scopes
from core.accounts.principals import Principal
from core.branches.serializers import ChainChanges, NewChain, fill, refuse_in_use, whole
from core.rest.fields import checked
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import ListView, RetrieveView, RowView
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Chain


@extend_schema_field({"type": ["number", "null"]})
class Limit(serializers.Field[Any, Any, Any, Any]):
    """Above what a refund is asked about once more, in the currency's decimals. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Chain) -> Decimal | None:
        """Return the amount, exact; None: no refund is."""
        return None if value.refund_limit is None else quantize(value.refund_limit, value.currency)


class ChainAnswer(serializers.ModelSerializer[Chain]):
    """A chain."""

    languages = serializers.ListField(child=serializers.CharField())
    refund_limit = Limit(source="*")

    class Meta:
        model = Chain
        fields = (
            "id", "slug", "name", "currency", "country", "languages", "demands_second_factor",
            "tax_number", "prices_include_tax", "tax_rounding", "taxes_deposits",
            "branch_managers_edit_catalogue", "refund_limit", "is_active", "version",
        )  # fmt: skip


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
    refuses = ("already_there", "too_many_digits", "unfit")

    @extend_schema(request=NewChain, responses={201: ChainAnswer})
    def post(self, request: Request) -> Response:
        """Make a chain; for the platform's own people."""
        if not cast(Principal, request.auth).is_platform_admin:
            raise PermissionDenied
        row = Chain()
        fill(row, checked(NewChain, request))
        response = tagged(Response(ChainAnswer(row).data, 201), row.version)
        response["Location"] = f"/api/chains/{row.slug}"
        return response


class ChainView(_Chains, RetrieveView[Chain]):
    """One chain, by id or slug."""

    refuses = ("too_many_digits", "unfit")

    def get_object(self) -> Chain:
        """Return the chain; another tenant's is not found."""
        return generics.get_object_or_404(self.get_queryset(), by_id_or("slug", self.kwargs["chain_id"]))

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the chain, with its ETag."""
        row = self.get_object()
        return tagged(Response(ChainAnswer(row).data), row.version)

    @extend_schema(request=ChainChanges, responses=ChainAnswer, parameters=[IF_MATCH])
    def put(self, request: Request, chain_id: str) -> Response:
        """Replace what the chain is; what is left out becomes as it is in a new one."""
        row = self._managed(chain_id)
        return self._changed(row, whole(row, checked(ChainChanges, request)))

    @extend_schema(request=ChainChanges, responses=ChainAnswer, parameters=[IF_MATCH])
    def patch(self, request: Request, chain_id: str) -> Response:
        """Change what is given."""
        row = self._managed(chain_id)
        return self._changed(row, checked(ChainChanges, request, partial=True))

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, chain_id: str) -> Response:
        """Close the chain; refused (409) while a trolley of any of its branches is out."""
        row = self._managed(chain_id)
        claim(row, request)
        refuse_in_use(row)
        row.is_active = False
        row.save(update_fields=["is_active"])
        return Response(status=204)

    def _managed(self, chain_id: str) -> Chain:
        return scopes.chain_for(cast(Principal, self.request.auth), "chain.manage", chain_id)

    def _changed(self, row: Chain, given: dict[str, Any]) -> Response:
        claim(row, self.request)
        fill(row, given)
        return tagged(Response(ChainAnswer(row).data), row.version)
