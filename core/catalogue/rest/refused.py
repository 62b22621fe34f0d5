"""The lines of an import that were refused, as a file to mend and to send again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request

from core.catalogue.imports import sheets
from core.catalogue.imports.headers import WHY
from core.catalogue.models import ImportJob, ImportLine
from core.catalogue.rest.permissions import managed
from core.problems import Problem
from core.rest.tables import CSV_ANSWER, csv_response
from core.rest.views import View


class RefusedLinesView(View):
    """What was refused of a file."""

    @extend_schema(responses=CSV_ANSWER, operation_id="imports_refused_csv")
    def get(self, request: Request, import_id: uuid.UUID) -> StreamingHttpResponse:
        """Return the refused lines as they came, each with why; 409 for a file that could not be read."""
        job = generics.get_object_or_404(ImportJob.objects.filter(chain__in=managed(request)), pk=import_id)
        try:
            sheet = sheets.opened(job.data, mapping=job.mapping, encoding=job.encoding)
        except sheets.SheetError as error:
            raise Problem(409, "not_a_finished_dry_run", str(error)) from None
        columns = [name for name in sheet.columns if name]
        return csv_response(request, "refused.csv", [*columns, WHY], _cells(job, sheet, columns))


def _cells(job: ImportJob, sheet: sheets.Sheet, columns: list[str]) -> Iterator[list[Any]]:
    rows = ImportLine.objects.filter(job=job, outcome=ImportLine.Outcome.REFUSED)
    why = {
        line: "; ".join(f"{each['column']}: {each['reason']}".removeprefix(": ") for each in problems)
        for line, problems in rows.values_list("line", "problems")
    }
    for row in sheet.rows():
        if row.line in why:
            yield [*(row.cells.get(name, "") for name in columns), why[row.line]]
