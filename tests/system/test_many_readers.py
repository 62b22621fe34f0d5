"""Sixteen people who read lists at once are all answered, by few connections to the database."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from realtime.http.django_threads import KEPT
from tests.system.demo import furnished

READERS, EACH = 16, 25
OTHERS = 16
"""Connections of what answers no requests: the journal, reference data, telemetry, this test."""


@pytest.mark.timeout(300)
def test_many_who_read_lists_have_few_connections_between_them(new_postgres_url: str, tmp_path: Path) -> None:
    with furnished(new_postgres_url, tmp_path) as store:
        *_, (_, manager) = store.shoppers(1)
        store.start()

        def read(_: int) -> int:
            headers = {"Authorization": f"Bearer {manager}"}
            request = urllib.request.Request(f"{store.url}/api/branches/BRANCH-001/carts", headers=headers)
            found = 0
            for _ in range(EACH):
                with urllib.request.urlopen(request, timeout=120) as answer:
                    found += len(json.load(answer)["results"])
            return found

        with ThreadPoolExecutor(READERS) as crowd:
            assert set(crowd.map(read, range(READERS))) == {24 * EACH}
        with psycopg2.connect(new_postgres_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            row = cursor.fetchone()
        connection.close()
        assert row is not None
        assert row[0] <= KEPT + OTHERS
