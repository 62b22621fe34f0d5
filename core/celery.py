"""The Celery app. Without ``REDIS_URL`` tasks run in place, with it in ``celery -A core.celery worker``."""

from __future__ import annotations

from celery import Celery

from core import settings

app = Celery("trolley")
app.config_from_object(settings, namespace="CELERY")
app.autodiscover_tasks()
