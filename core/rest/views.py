"""The one base of every REST endpoint: what holds for all of them holds here.

Before a handler is called: who calls and whether they may (DRF), ids in the path that are
none, a query that is not as the document says, and an Idempotency-Key that came before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.views import SpectacularAPIView
from rest_framework import exceptions, generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.problems import SECOND_FACTOR_NEEDED, Problem
from core.rest import idempotency, queries
from core.rest.ids import Malformed
from core.trail.notes import SYSTEM, acting

Keeps = Literal["with_effect", "by_hand", "after", "never"]
Row = TypeVar("Row", bound=Model)
COMMANDS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class View(APIView):
    """An endpoint.

    ``keeps`` says how the answer to a command is kept for the same Idempotency-Key:

    - ``with_effect``: the handler runs in one transaction with the answer;
    - ``by_hand``: the handler calls ``idempotency.once`` itself, after what is slow;
    - ``after``: the effect is an actor's or repeats by itself; the answer is kept once it is known;
    - ``never``: the command has keys of its own.
    """

    keeps: Keeps = "with_effect"
    refuses: tuple[str, ...] = ()
    """Codes of the rules that a well-formed call may break, of ``core.problems.RULES``; for the document."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check caller, ids and query; raises APIException."""
        super().initial(request, *args, **kwargs)
        wrong = {name: [each.sentence] for name, each in kwargs.items() if isinstance(each, Malformed)}
        if wrong:
            raise ValidationError(wrong)
        match = request.resolver_match
        told = request.method in ("GET", "HEAD", *COMMANDS) and hasattr(self, str(request.method).lower())
        if told and match is not None:
            queries.check(match.func, str(request.method), match.route, request.query_params)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request: DRF's way, with the handler of a command called at most once a key."""
        self.args, self.kwargs = args, kwargs
        request = self.initialize_request(request, *args, **kwargs)
        self.request, self.headers = request, self.default_response_headers
        response: Any
        try:
            self.initial(request, *args, **kwargs)
            handler = getattr(self, str(request.method).lower(), self.http_method_not_allowed)
            with acting(getattr(request.auth, "label", SYSTEM)):
                response = self._answered(handler, request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - DRF's own way: its handler tells defects from answers
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an error; a missing second factor gets a 403 of its own."""
        return super().handle_exception(_for_want_of_a_factor(exc, self.request, self.kwargs) or exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Set Cache-Control: private data is not stored; with an ETag it may be revalidated."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault(
            "Cache-Control", "private, no-cache" if "ETag" in final.headers else "no-store"
        )
        return final

    def _answered(self, handler: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        if request.method not in COMMANDS or self.keeps == "never":
            return handler(request, *args, **kwargs)
        kept = idempotency.kept(request)
        if kept is not None:
            return kept
        if self.keeps == "with_effect":
            return idempotency.once(request, lambda: handler(request, *args, **kwargs))
        response = handler(request, *args, **kwargs)
        if self.keeps == "after":
            idempotency.keep(request, response)
        return response


_PLACES = frozenset({"branch_id", "chain_id", "device_id"})


def _for_want_of_a_factor(exc: Exception, request: Request, named: dict[str, Any]) -> Problem | None:
    """Return the 403 of a user whose chain requires a second factor for roles."""
    withheld = getattr(getattr(request, "auth", None), "withheld", ())
    hidden = isinstance(exc, Http404) and not _PLACES.isdisjoint(named)
    if withheld and (hidden or isinstance(exc, PermissionDenied | exceptions.PermissionDenied)):
        return Problem(403, "second_factor_needed", SECOND_FACTOR_NEEDED)
    return None


class ListView(View, generics.ListAPIView[Row]):
    """A list of rows in pages."""


class ColumnsListView(ListView[Row]):
    """A long list: its columns are read, and shown without a model and a serializer for each row.

    ``serializer_class`` is what the document says of a row; :meth:`shown` makes the same of the columns.
    """

    columns: tuple[str, ...]
    """What is read of a row, by which the list is sorted too: attributes of what :meth:`shown` is given."""

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows as they are answered."""
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of the list."""
        rows = self.filter_queryset(self.get_queryset()).values_list(*self.columns, named=True)
        return self.get_paginated_response(self.shown(self.paginate_queryset(rows) or ()))


class RetrieveView(View, generics.RetrieveAPIView[Row]):
    """One row."""


class RowView(View, generics.GenericAPIView[Row]):
    """Rows, shown in the view's own way."""


class SchemaView(View, SpectacularAPIView):
    """The OpenAPI document of this API."""
