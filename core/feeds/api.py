"""The public feeds over HTTP: open to everybody, and to every origin."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.feeds import gbfs
from core.rest.views import View
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch

_BRANCHES = Branch.objects.filter(is_active=True, chain__is_active=True).select_related("chain")


class _Feed(View):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Allow any origin, and caching for its time to live."""
        response["Access-Control-Allow-Origin"] = "*"
        if response.status_code == 200:
            response["Cache-Control"] = f"public, max-age={gbfs.TTL_S}"
        return super().finalize_response(request, response, *args, **kwargs)


class BranchesFeed(_Feed):
    """All branches that have a feed."""

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="feeds", tags=["feeds"])
    def get(self, request: Request) -> Response:
        """Return the list of branches, as GBFS 3's manifest.json has it."""
        return Response(gbfs.manifest(list(_BRANCHES.order_by("code")), timezone.now()))


class BranchFeed(_Feed):
    """One file of a branch's feed."""

    @extend_schema(
        responses=OpenApiTypes.OBJECT,
        operation_id="feed",
        tags=["feeds"],
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH, enum=gbfs.FILES)],
    )
    def get(self, request: Request, branch_id: str, name: str) -> Response:
        """Return a file of the branch's feed, as GBFS 3 has it."""
        branch = _BRANCHES.filter(by_id_or("code", branch_id)).first()
        if branch is None or name not in gbfs.FILES:
            raise Http404
        return Response(gbfs.feed(name, branch, timezone.now()))
