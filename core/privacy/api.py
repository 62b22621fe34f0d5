"""REST of what is held about oneself."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.privacy.export import everything_about
from core.rest.views import View


class ExportView(View):
    """What is held about oneself."""

    @extend_schema(responses={200: dict[str, Any]}, operation_id="me_export")
    def get(self, request: Request) -> Response:
        """Return everything held about the caller."""
        name = 'attachment; filename="my-data.json"'
        return Response(everything_about(cast(User, request.user)), headers={"Content-Disposition": name})
