"""REST of imports and of the export: upload, follow, look at each line, apply."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from actors.kit.money import quantize
from core.accounts.models import User
from core.catalogue.imports.columns import COLUMNS, NUTRITION
from core.catalogue.imports.encodings import CODE_PAGES
from core.catalogue.imports.headers import LONGEST, MOST
from core.catalogue.models import Product, ProductCode
from core.catalogue.models.imports import ImportJob, ImportLine
from core.catalogue.rest.permissions import chain_of, managed, watched
from core.catalogue.tasks import launch
from core.problems import Problem
from core.rest.fields import ClosedSerializer, Moment, StrictChoice, checked
from core.rest.idempotency import once
from core.rest.views import ListView, RetrieveView, RowView, View
from core.tenancy.models import Chain

_ON_ERROR = ImportJob.OnError.choices
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", *CODE_PAGES)


class ImportBody(ClosedSerializer):
    """A workbook, CSV or JSON file as multipart/form-data. Columns that it has not stay as they are."""

    file = serializers.FileField(help_text="Any encoding and separator; a column barcode.")
    chain = serializers.CharField(max_length=50, required=False)
    dry_run = serializers.BooleanField(default=True)
    on_error = serializers.ChoiceField(_ON_ERROR, default=ImportJob.OnError.NOTHING)


class HeadingBody(ClosedSerializer):
    """Which column a heading of the file is; an empty one leaves it out."""

    name = serializers.CharField(max_length=LONGEST)
    column = StrictChoice([*COLUMNS, ""], allow_blank=True)


class ColumnsBody(ClosedSerializer):
    """What the columns of a file mean, and which encoding it is in; what is not said stays as it was."""

    columns = serializers.ListField(child=HeadingBody(), required=False, max_length=MOST)
    encoding = StrictChoice(ENCODINGS, required=False)


class ApplyBody(ClosedSerializer):
    """What a refused line means: ``nothing`` is written, or the line is skipped (``skip``)."""

    on_error = StrictChoice(_ON_ERROR, required=False)


class HeadingAnswer(serializers.Serializer[Any]):
    """A heading of the file, and which column it is or may be."""

    name = serializers.CharField()
    column = serializers.CharField()


class ImportAnswer(serializers.ModelSerializer[ImportJob]):
    """An import and how far it is."""

    chain = serializers.CharField(source="chain.slug")
    feed = serializers.UUIDField(source="feed_id", allow_null=True)
    percent = serializers.IntegerField()
    is_over = serializers.BooleanField()
    headings = HeadingAnswer(many=True)
    problem_values: Any = serializers.DictField()
    notes: Any = serializers.ListField(child=serializers.CharField())
    created_at = Moment()

    class Meta:
        model = ImportJob
        fields = (
            "id", "chain", "feed", "name", "dry_run", "on_error", "status", "problem", "problem_code",
            "problem_values", "percent", "is_over",
            "total", "checked", "written", "created", "changed", "unchanged", "refused", "noted", "headings",
            "notes", "guess", "encoding", "created_at",
        )  # fmt: skip


class ChangeAnswer(serializers.Serializer[Any]):
    """A column's old and new text."""

    column = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class ReasonAnswer(serializers.Serializer[Any]):
    """Why a line was refused, in words and by code and values; an empty column: the line as a whole."""

    column = serializers.CharField()
    reason = serializers.CharField()
    code = serializers.CharField(default="")
    values = serializers.DictField(default=dict)


class LineAnswer(serializers.ModelSerializer[ImportLine]):
    """What a line led to."""

    changes = ChangeAnswer(many=True)
    problems = ReasonAnswer(many=True)
    notes = ReasonAnswer(many=True)

    class Meta:
        model = ImportLine
        fields = ("line", "outcome", "barcode", "name", "changes", "problems", "notes")


class _Imports(RowView[ImportJob]):
    lookup_url_kwarg = "import_id"
    serializer_class: Any = ImportAnswer
    queryset = ImportJob.objects.none()
    filter_backends: Any = ()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the imports of the chains whose catalogue the caller manages."""
        rows = ImportJob.objects.select_related("chain").defer("packed")
        return rows.filter(chain__in=managed(self.request))


class ImportsView(_Imports, ListView[ImportJob]):
    """Imports, the latest first."""

    refuses = ("which_one",)

    keeps = "by_hand"

    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": ImportBody},
        responses={202: ImportAnswer},
        operation_id="imports_create",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Begin an import; a dry run unless said otherwise. Follow it at its Location."""
        managed(request)
        given = checked(ImportBody, request)
        chain, (name, data) = chain_of(request, given.get("chain")), read_file(given["file"])
        choices = {"dry_run": given["dry_run"], "on_error": given["on_error"]}
        return once(request, lambda: begin(chain, cast(User, request.user), name, data, **choices))


class ImportView(_Imports, RetrieveView[ImportJob]):
    """An import and how far it is."""


class ImportLinesView(_Imports, ListView[Any]):
    """What each line of an import led to."""

    serializer_class: Any = LineAnswer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the lines, of one outcome if asked; ``noted``: with a code taken for another."""
        if getattr(self, "swagger_fake_view", False):
            return ImportLine.objects.none()
        job = super().get_queryset().filter(pk=self.kwargs["import_id"]).first()
        if job is None:
            raise Http404
        rows = ImportLine.objects.filter(job=job)
        outcome = self.request.query_params.get("outcome")
        if outcome == "noted":
            return rows.exclude(notes=[])
        return rows if outcome is None else rows.filter(outcome=outcome)

    @extend_schema(
        parameters=[OpenApiParameter("outcome", str, enum=[*ImportLine.Outcome.values, "noted"])],
        operation_id="imports_lines_list",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of lines."""
        return super().get(request, *args, **kwargs)


class ApplyImportView(_Imports):
    """Writing what a dry run has shown."""

    @extend_schema(request=ApplyBody, responses={202: ImportAnswer}, operation_id="imports_apply")
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        """Begin the import of a dry run's file; it is checked again against what is there by then."""
        job = generics.get_object_or_404(self.get_queryset(), pk=import_id)
        given = checked(ApplyBody, request)
        if not job.dry_run or job.status != ImportJob.Status.DONE:
            raise Problem(409, "not_a_finished_dry_run", "Only a dry run that is done can be applied.")
        on_error = given.get("on_error", job.on_error)
        return _again(job, request, dry_run=False, on_error=on_error)


class ImportColumnsView(_Imports):
    """What the columns of a file mean."""

    @extend_schema(request=ColumnsBody, responses={202: ImportAnswer}, operation_id="imports_columns")
    def post(self, request: Request, import_id: uuid.UUID) -> Response:
        """Begin a dry run of the file once more, with its columns or its encoding understood as said."""
        job = generics.get_object_or_404(self.get_queryset(), pk=import_id)
        given = checked(ColumnsBody, request)
        if not job.is_over:
            raise Problem(409, "import_goes_on", "Expected an import that is over, this one still goes on.")
        said = {one["name"].strip(): one["column"] for one in given.get("columns", ())}
        encoding = given.get("encoding", job.encoding)
        return _again(job, request, dry_run=True, mapping={**job.mapping, **said}, encoding=encoding)


def _again(job: ImportJob, request: Request, **other: Any) -> Response:
    """Begin an import of the same file with these fields, else as before."""
    as_before = {
        "feed": job.feed, "on_error": job.on_error, "mapping": job.mapping, "encoding": job.encoding,
    }  # fmt: skip
    return begin(job.chain, cast(User, request.user), job.name, job.data, **{**as_before, **other})


def read_file(file: Any) -> tuple[str, bytes]:
    """Return an uploaded file's name and content; raises the 413 of one that is too large."""
    if file.size > settings.IMPORT_MAX_BYTES:
        sentence = f"Expected at most {settings.IMPORT_MAX_BYTES} bytes, got {file.size}."
        raise Problem(413, "too_large", sentence, errors={"file": [sentence]})
    return str(file.name)[:200], file.read()


def begin(chain: Chain, user: User | None, name: str, data: bytes, **fields: Any) -> Response:
    """Make the job and launch it; return the 202."""
    job = ImportJob(chain=chain, by=user, name=name, **fields)
    job.data = data
    job.save()
    return accepted(job)


def accepted(job: ImportJob) -> Response:
    """Launch the job; return the 202."""
    launch(job)
    response = Response(ImportAnswer(job).data, 202)
    response["Location"] = f"/api/imports/{job.pk}"
    return response


class ProductExportView(View):
    """A chain's products as a file that an import takes back."""

    refuses = ("which_one",)

    @extend_schema(
        operation_id="products_export",
        parameters=[OpenApiParameter("chain", str, description="Slug; needed by who manages several.")],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the CSV, in UTF-8 with a mark so that spreadsheets read it right."""
        chain = chain_of(request, request.query_params.get("chain"), watched)
        response = HttpResponse(exported(chain), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="products-{chain.slug}.csv"'
        return response


def exported(chain: Chain) -> bytes:
    """Return the file. Blocking."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    plain = [name for name in COLUMNS if name not in NUTRITION and name not in ("category", "codes")]
    further: dict[Any, list[tuple[str, int]]] = {}
    own = ProductCode.objects.filter(chain=chain, variant=None).order_by("code")
    for pk, code, units in own.values_list("product_id", "code", "units").iterator(chunk_size=5000):
        further.setdefault(pk, []).append((code, units))
    rows = Product.objects.filter(chain=chain).order_by("name", "barcode")
    for row in rows.values(*plain, "pk", "category__slug", "nutrition_facts").iterator(chunk_size=5000):
        for amount in ("price", "deposit"):
            row[amount] = None if row[amount] is None else quantize(row[amount], chain.currency)
        row["category"] = row["category__slug"]
        row["codes"] = further.get(row["pk"], [])
        row.update({name: row["nutrition_facts"].get(name) for name in NUTRITION})
        writer.writerow([column.write(row[name]) for name, column in COLUMNS.items()])
    return out.getvalue().encode("utf-8-sig")
