"""The database, the channel layer and background tasks."""

from __future__ import annotations

from core.config.addresses import keep_private
from core.periodic import beat_schedule, periodic_jobs
from core.settings.base import DATA_DIR, env
from core.settings.payments import PAYMENT_RECONCILE_S

DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "trolley.sqlite3")}
keep_private(DATABASES["default"])
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))
ROLE = env.choice("ROLE", "all", ("all", "host", "edge"))
"""``all`` and ``host`` run the actors; an ``edge`` serves people and asks the host over Redis."""
REDIS_PREFIX = env.text("REDIS_PREFIX", "trolley")
"""Keeps several installations on one Redis apart."""
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": REDIS_PREFIX},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ALWAYS_EAGER = REDIS_URL is None
CELERY_TASK_EAGER_PROPAGATES = True
TASKS_IN_THREADS = True
"""Without a broker, long tasks run in a thread and not inside of the request that began them."""
CELERY_TASK_DEFAULT_QUEUE = REDIS_PREFIX
CELERY_TIMEZONE = "UTC"

PERIODIC_JOBS = periodic_jobs(PAYMENT_RECONCILE_S)
CELERY_BEAT_SCHEDULE = beat_schedule(PERIODIC_JOBS)
