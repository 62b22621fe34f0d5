"""The write of an all-or-nothing import: prepared in small steps, then done by two statements.

A database that knows one writer at a time (SQLite) keeps every other one waiting for as long as a
transaction writes, the journal among them. So what 100,000 lines lead to is first laid out in a
table of its own, a thousand rows a commit; what all others wait for is one UPDATE and one INSERT
that move it, a few seconds of which Python spends none.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core import reference
from core.catalogue.imports.planning import Step, put
from core.catalogue.models import Goods, Product, ProductCode, StagedProduct
from core.catalogue.models.imports import ImportJob

_AT_ONCE = 5000
_PRODUCTS_AT_ONCE = 500
_PRODUCTS, _STAGED = Product._meta.db_table, StagedProduct._meta.db_table
_COLUMNS = (*(field.attname for field in Goods._meta.local_fields), "category_id")


class Stale(Exception):
    """Somebody edited a product between the check and the write."""


def stage(job: ImportJob, steps: Sequence[Step]) -> None:
    """Lay out what the steps lead to. Raises Stale."""
    rows = Product.objects.in_bulk([step.pk for step in steps if step.pk is not None])
    staged = [_staged(job, step, rows.get(step.pk)) for step in steps]
    gently(lambda: StagedProduct.objects.bulk_create(staged))


def _staged(job: ImportJob, step: Step, row: Product | None) -> StagedProduct:
    if row is None:
        if step.pk is not None:
            raise Stale
        row = Product()
    elif row.version != step.version:
        raise Stale
    else:
        row.version += 1
    put(row, step.values)
    values = {name: getattr(row, name) for name in _COLUMNS}
    codes = step.values.get("codes")
    return StagedProduct(job=job, product_id=row.pk, is_new=step.pk is None, codes=codes, **values)


def bring_in(job: ImportJob) -> None:
    """Make products of all that is laid out, or of nothing. Raises Stale."""
    staged = StagedProduct.objects.filter(job=job)
    changed = staged.filter(is_new=False).count()
    now = timezone.now()
    with transaction.atomic():
        if changed and _update(job, now) != changed:
            raise Stale
        try:
            _insert(job, now)
            _put_codes(job)
        except DatabaseError as error:
            # Another writer made one of these codes since the check.
            raise Stale from error
        reference.changed(reference.CATALOGUE)


def forget(jobs: Iterable[ImportJob]) -> None:
    """Clear away what was laid out for these jobs."""
    staged = StagedProduct.objects.filter(job__in=list(jobs)).order_by("pk")
    while some := list(staged.values_list("pk", flat=True)[:_AT_ONCE]):
        last = some[-1]
        gently(staged.filter(pk__lte=last).delete)


def gently(write: Callable[[], object]) -> None:
    """Write, and where there is one writer at a time, leave the lock to others for as long again.

    Whoever waits for SQLite's lock looks at it now and then, so a thread that writes again at once
    keeps it for good.
    """
    begun = time.monotonic()
    write()
    if connection.vendor == "sqlite":
        time.sleep(time.monotonic() - begun)


def _update(job: ImportJob, now: datetime) -> int:
    """Write the changed products that nobody else has changed since; return how many those were."""
    columns = ", ".join(f"{name} = s.{name}" for name in _COLUMNS)
    return _execute(
        f"UPDATE {_PRODUCTS} AS p SET {columns}, updated_at = %s FROM {_STAGED} AS s "  # noqa: S608 - names of our own tables and columns
        "WHERE s.job_id = %s AND NOT s.is_new AND p.id = s.product_id AND p.version = s.version - 1",
        now,
        _id(job.pk),
    )


def _insert(job: ImportJob, now: datetime) -> None:
    columns = ", ".join(_COLUMNS)
    _execute(
        f"INSERT INTO {_PRODUCTS} (id, chain_id, created_at, updated_at, {columns}) "  # noqa: S608 - names of our own tables and columns
        f"SELECT product_id, %s, %s, %s, {columns} FROM {_STAGED} WHERE job_id = %s AND is_new",
        _id(job.chain_id),
        now,
        now,
        _id(job.pk),
    )


def _put_codes(job: ImportJob) -> None:
    """Let the products have the further codes that their lines name, and no others of their own."""
    rows: Any = StagedProduct.objects.filter(job=job, codes__isnull=False).order_by("pk")
    found = rows.values_list("product_id", "codes").iterator(chunk_size=_AT_ONCE)
    while part := list(itertools.islice(found, _PRODUCTS_AT_ONCE)):
        named = {product_id: [(str(code), int(units)) for code, units in codes] for product_id, codes in part}
        ProductCode.objects.filter(product__in=named, variant=None).delete()
        ProductCode.objects.bulk_create(
            ProductCode(chain_id=job.chain_id, product_id=product_id, code=code, units=units)
            for product_id, codes in named.items()
            for code, units in codes
        )


def _execute(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _id(value: uuid.UUID) -> Any:
    """Return the id as this database's column holds it."""
    return Product._meta.pk.get_db_prep_value(value, connection)
