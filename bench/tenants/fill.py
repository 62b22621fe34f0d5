"""Fill an empty PostgreSQL for the lists: 300 trolleys, 10,000 rentals, 1,000,000 samples.

The samples are those of twenty branches with four devices each, a minute apart, as long as raw ones are kept.
What to ask for, and by whose tokens, is printed as JSON.
``python -m bench.tenants.fill [samples]``; the database is ``DATABASE_URL``.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import django

TROLLEYS = 300
RENTALS = 10_000
SAMPLES = 1_000_000
BRANCHES, DEVICES = 20, 4
STAFF = 16

# A sample of a simulated Pi, as long as those of real ones are.
_SAMPLES = """
INSERT INTO telemetry_sample (device_id, seq, at, received_at, data)
SELECT device, n, moment, moment, json_build_object(
    'uptime_s', n * 60, 'load', round((0.2 + (n %% 50) / 100.0)::numeric, 2), 'cpu_c', 45 + n %% 12,
    'memory_free_mb', 400 - n %% 90, 'outbox', n %% 3,
    'boards', json_build_object('0',
        json_build_object('answers', n * 40, 'timeouts', n %% 7, 'rtt_ms', 9.5)))::text
FROM unnest(%s::uuid[]) AS device,
     LATERAL (
        SELECT n, %s::timestamptz - n * interval '1 minute' AS moment FROM generate_series(1, %s) AS n
     ) AS made
"""


def main(samples: int) -> None:
    """Migrate, fill, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    json.dump(_fill(samples), sys.stdout)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _fill(samples: int) -> dict[str, Any]:
    from django.db import connection

    from core.fleet.models import Device, Trolley
    from core.tenancy.models import Branch, Chain

    now = datetime.now(UTC).replace(microsecond=0)
    chain = Chain.objects.create(slug="bench", name="Bench", currency="INR")
    branches = [
        Branch.objects.create(chain=chain, code=f"BENCH-{n:03}", name=f"Bench {n}") for n in range(BRANCHES)
    ]
    devices = Device.objects.bulk_create(
        Device(branch=branch, name=f"pi {n}", serial=f"{branch.code}-{n}")
        for branch in branches
        for n in range(DEVICES)
    )
    home = branches[0]
    trolleys = Trolley.objects.bulk_create(
        Trolley(trolley_id=f"BENCH_{n:03}", branch=home, cart_number=n) for n in range(1, TROLLEYS + 1)
    )
    staff = _people(chain, home, trolleys, now)
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLES, [[row.pk for row in devices], now, samples // len(devices)])
    begin, end = ((now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 0))
    return {"branch": home.code, "begin": begin, "now": end, "staff": staff}


def _people(chain: Any, home: Any, trolleys: list[Any], now: datetime) -> list[str]:
    """Make shoppers with their rentals, one each ten minutes; return the tokens of those who work there."""
    from core.accounts.credentials.tokens import issue
    from core.accounts.models import Grant, Role, User
    from core.fleet.models import Rental

    shoppers = User.objects.bulk_create(User(username=f"shopper{n}") for n in range(500))
    Rental.objects.bulk_create(
        (
            Rental(
                id=uuid4(),
                trolley_code=trolleys[n % TROLLEYS].trolley_id,
                branch_code=home.code,
                user_id=shoppers[n % 500].pk,
                start_time=now - timedelta(minutes=10 * n + 40),
                expected_return=now - timedelta(minutes=10 * n - 80),
                actual_return=now - timedelta(minutes=10 * n),
                status="returned",
            )
            for n in range(RENTALS)
        ),
        batch_size=2000,
    )
    staff = User.objects.bulk_create(User(username=f"staff{n}") for n in range(STAFF))
    Grant.objects.bulk_create(Grant(user=one, role=Role.STAFF, chain=chain, branch=home) for one in staff)
    return [issue(one)["access"] for one in staff]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
