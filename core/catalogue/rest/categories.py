"""REST of categories: a tree for each chain."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.db.models import F
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue.models import Category
from core.catalogue.rest.permissions import chain_of, writable
from core.catalogue.rest.serializers import CategoryBody, NewCategory, fill, whole
from core.problems import Problem
from core.rest.fields import checked
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import View
from core.tenancy.models import Chain


class CategoryAnswer(serializers.Serializer[Any]):
    """A node of the category tree."""

    id = serializers.UUIDField()
    chain = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True, help_text="Slug.")  # type: ignore[assignment]
    emoji = serializers.CharField()
    colour = serializers.CharField()
    position = serializers.IntegerField()
    tax_class = serializers.CharField()
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()
    children = serializers.ListField(child=serializers.DictField(), help_text="Nodes like this one.")


class CategoriesView(View):
    """The category tree."""

    refuses = ("already_there", "not_there", "unfit", "which_one")

    @extend_schema(
        responses=CategoryAnswer(many=True),
        parameters=[
            OpenApiParameter("chain", str, description="Slug of one chain."),
            OpenApiParameter("inactive", bool, description="Inactive ones too, for who manages them."),
        ],
    )
    def get(self, request: Request) -> Response:
        """Return the trees of one chain or of all."""
        chain = request.query_params.get("chain")
        hidden = request.query_params.get("inactive") == "true"
        rows = [row for row in _visible(request) if not chain or row.chain.slug == chain]
        return Response(_tree(rows if hidden else [row for row in rows if row.is_active]))

    @extend_schema(request=NewCategory, responses={201: CategoryAnswer})
    def post(self, request: Request) -> Response:
        """Add a category to a chain's tree."""
        given = checked(NewCategory, request)
        chain = chain_of(request, given.pop("chain", None))

        row = Category(chain=chain)
        fill(row, whole(Category, given), chain)
        response = tagged(Response(_node(row), 201), row.version)
        response["Location"] = f"/api/categories/{row.pk}"
        return response


class CategoryView(View):
    """One category, with those below it."""

    refuses = ("already_there", "not_there", "unfit", "which_one")

    @extend_schema(responses=CategoryAnswer)
    def get(self, request: Request, category_id: uuid.UUID) -> Response:
        """Return the category."""
        return _shown(_visible(request), category_id)

    @extend_schema(request=CategoryBody, responses=CategoryAnswer, parameters=[IF_MATCH])
    def put(self, request: Request, category_id: uuid.UUID) -> Response:
        """Replace the category; what is left out becomes empty."""
        return self._change(request, category_id, partial=False)

    @extend_schema(request=CategoryBody, responses=CategoryAnswer, parameters=[IF_MATCH])
    def patch(self, request: Request, category_id: uuid.UUID) -> Response:
        """Change what is given; a new parent moves it with all that is below it."""
        return self._change(request, category_id, partial=True)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, category_id: uuid.UUID) -> Response:
        """Take the category out of use; refused (409) while something active is in it."""
        row = _row(request, category_id)
        claim(row, request)
        _check_empty(row)
        row.is_active = False
        row.save(update_fields=["is_active"])
        return Response(status=204)

    def _change(self, request: Request, category_id: uuid.UUID, partial: bool) -> Response:
        row = _row(request, category_id)
        given = checked(CategoryBody, request, partial=partial)
        # Two moves at once could close a ring that neither sees: moves in one chain take turns.
        Chain.objects.filter(pk=row.chain_id).update(is_active=F("is_active"))
        claim(row, request)
        if given.get("is_active") is False:
            _check_empty(row)
        fill(row, given if partial else whole(Category, given), row.chain)
        return _shown(list(_all()), category_id)


def _all() -> Any:
    return Category.objects.select_related("chain", "parent")


def _visible(request: Request) -> list[Category]:
    who = cast(Principal, request.auth)
    managed = scopes.managed_chains(who, "catalogue.watch")
    return [
        row
        for row in _all()
        if who.is_platform_admin or row.chain.slug in managed or (row.is_active and row.chain.is_active)
    ]


def _row(request: Request, category_id: uuid.UUID) -> Category:
    return writable(request, Category.objects.select_related("chain", "parent"), "chain", category_id)


def _check_empty(row: Category) -> None:
    why = row.what_is_in_it()
    if why:
        raise Problem(409, "category_in_use", why)


def _shown(rows: list[Category], category_id: uuid.UUID) -> Response:
    nodes = _nodes(rows)
    if category_id not in nodes:
        raise Http404
    return tagged(Response(nodes[category_id]), nodes[category_id]["version"])


def _tree(rows: list[Category]) -> list[dict[str, Any]]:
    nodes = _nodes(rows)
    return [nodes[row.pk] for row in rows if row.parent_id is None]


def _nodes(rows: list[Category]) -> dict[uuid.UUID, dict[str, Any]]:
    nodes = {row.pk: _node(row) for row in rows}
    for row in rows:
        if row.parent_id in nodes:
            nodes[row.parent_id]["children"].append(nodes[row.pk])
    return nodes


def _node(row: Category) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "chain": row.chain.slug,
        "slug": row.slug,
        "name": row.name,
        "parent": row.parent.slug if row.parent else None,
        "emoji": row.emoji,
        "colour": row.colour,
        "position": row.position,
        "tax_class": row.tax_class,
        "is_active": row.is_active,
        "version": row.version,
        "children": [],
    }
