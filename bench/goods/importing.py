"""How long an import of a workbook takes and how much memory: ``python -m bench.goods.importing [lines]``.

The workbook is made first, in a process of its own, so that only the import is measured. SQLite in a
temporary folder.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_MAKE = "--make"
TARGET_S, TARGET_MB = 60.0, 300.0
"""For a hundred thousand lines."""


def main(lines: int) -> None:
    """Make, import, print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "products.xlsx")
        subprocess.run(
            [sys.executable, "-m", "bench.goods.importing", _MAKE, str(path), str(lines)], check=True
        )
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/importing.sqlite3"
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _import(path.read_bytes())


def _make(path: str, lines: int) -> None:
    from openpyxl import Workbook
    from stdnum import ean

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Products")
    sheet.append(["barcode", "name", "price", "description", "is_active", "energy_kcal", "fat_g"])
    for number in range(lines):
        body = f"590{number:09d}"
        code = int(body + ean.calc_check_digit(body))
        name = f"Product of the house, {number} g"
        sheet.append([code, name, number % 900 + 0.5, "Made with care", True, 120, 2.5])
    book.save(path)


def _import(data: bytes) -> None:
    from core.catalogue.imports import runner
    from core.catalogue.models.imports import ImportJob
    from core.tenancy.models import Chain

    job = ImportJob(
        chain=Chain.objects.create(slug="bench", name="Bench", currency="INR"), name="bench", dry_run=False
    )
    job.data = data
    job.save()
    began, computed = time.perf_counter(), time.process_time()
    runner.run(str(job.pk))
    job.refresh_from_db()
    took, computed = time.perf_counter() - began, time.process_time() - computed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{job.status}: {job.created} products in {took:.1f} s ({computed:.1f} s of CPU), {peak:.0f} MB")
    print(f"target: 100,000 lines in less than {TARGET_S:.0f} s and {TARGET_MB:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == [_MAKE]:
        _make(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
