"""The same lists by the barest Django views there can be: nobody is asked who they are.

``gunicorn bench.tenants.bare:application``
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
django.setup()
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
settings.ROOT_URLCONF = __name__

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings are changed first
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from core.fleet.models import Device, Rental, Trolley  # noqa: E402
from core.telemetry.models import Sample  # noqa: E402

PAGE = 50
_TROLLEY = (
    "trolley_id", "cart_number", "is_active", "phase", "custody", "maintenance", "maintenance_notes",
    "missing", "missing_reason", "assigned_to", "assigned_at", "lock_desired", "lock_reported",
    "lock_fault", "last_seen",
)  # fmt: skip
_RENTAL = (
    "id", "trolley_code", "user_id", "start_time", "expected_return", "actual_return", "status", "notes",
)  # fmt: skip


def carts(request: HttpRequest, branch: str) -> JsonResponse:
    """Return the first page of a branch's trolleys."""
    rows = Trolley.objects.filter(branch__code=branch)
    return JsonResponse(
        {"count": rows.count(), "results": list(rows.order_by("cart_number").values(*_TROLLEY)[:PAGE])}
    )


def rentals(request: HttpRequest, branch: str) -> JsonResponse:
    """Return the first page of a branch's rentals."""
    rows = Rental.objects.filter(branch_code=branch)
    return JsonResponse(
        {"count": rows.count(), "results": list(rows.order_by("-start_time").values(*_RENTAL)[:PAGE])}
    )


def telemetry(request: HttpRequest, branch: str) -> JsonResponse:
    """Return an hour's samples of a branch's devices."""
    devices = Device.objects.filter(branch__code=branch).values_list("pk", flat=True)
    end = datetime.fromisoformat(request.GET["to"])
    rows = Sample.objects.filter(device_id__in=list(devices), at__gte=end - timedelta(hours=1), at__lt=end)
    found = rows.order_by("at", "seq").values("device_id", "at", "seq", "data")
    return JsonResponse({"points": [{**row, "data": json.loads(row["data"])} for row in found]})


urlpatterns = [
    path("api/branches/<str:branch>/carts", carts),
    path("api/branches/<str:branch>/rentals/history", rentals),
    path("api/telemetry/branches/<str:branch>", telemetry),
]
application = get_wsgi_application()
