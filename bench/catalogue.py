"""How long a chain's catalogue takes to load, to look things up in, and to bring up to date.

``python -m bench.catalogue [products]`` fills a database of its own (SQLite in a temporary
folder, or the PostgreSQL that ``DATABASE_URL`` names, which it empties of its chain afterwards).
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EDITS = 10


def main(count: int) -> None:
    """Fill, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/catalogue.sqlite3")
        os.environ["DATA_DIR"] = folder
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        chain = _fill(count)
        try:
            _measure(chain.slug, count)
        finally:
            chain.delete()


def _fill(count: int) -> Any:
    from stdnum import ean

    from core.catalogue.models import Category, Product
    from core.tenancy.models import Chain

    chain = Chain.objects.create(slug=f"bench-{os.getpid()}", name="Bench", currency="INR")
    categories = [
        Category.objects.create(chain=chain, slug=f"c{number}", name=f"Category {number}", emoji="🍎")
        for number in range(50)
    ]
    bodies = (f"890{number:09d}" for number in range(count))
    Product.objects.bulk_create(
        (
            Product(
                chain=chain,
                category=categories[number % 50],
                barcode=body + ean.calc_check_digit(body),
                name=f"Product of the house, {number} g",
                price=f"{number % 900 + 1}.{number % 100:02d}",
            )
            for number, body in enumerate(bodies)
        ),
        batch_size=2000,
    )
    return chain


def _measure(slug: str, count: int) -> None:
    from core.admin import update_all
    from core.catalogue.live.catalogue import Catalogue
    from core.catalogue.models import Product

    catalogue = Catalogue(slug)
    gc.collect()
    before = _resident()
    took = _timed(catalogue.reload)
    gc.collect()
    print(f"{len(catalogue)} products loaded in {took:.2f} s, {_resident() - before:.0f} MB")
    codes = list(catalogue._shelf.by_barcode)[:: max(1, count // 10_000)]
    rounds = max(1, 200_000 // len(codes))
    find = catalogue.by_barcode
    start = time.perf_counter()
    for _ in range(rounds):
        for code in codes:
            find(code)
    each = (time.perf_counter() - start) / rounds / len(codes)
    print(f"a barcode looked up in {each * 1e6:.2f} microseconds")
    print(f"nothing changed: {_timed(catalogue.reload):.2f} s")
    some = list(Product.objects.filter(chain__slug=slug).values_list("pk", flat=True)[:EDITS])
    update_all(Product.objects.filter(pk__in=some), "catalogue", price=1)
    print(f"{EDITS} products changed: {_timed(catalogue.reload):.2f} s")
    update_all(Product.objects.filter(chain__slug=slug), "catalogue", price=2)
    print(f"all products changed: {_timed(catalogue.reload):.2f} s")


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
