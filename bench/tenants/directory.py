"""What the directory takes in memory for a trolley beyond the trolley's own code and nonce, in bytes.

``python -m bench.tenants.directory``; the database is ``DATABASE_URL``.
"""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc

import django


def main() -> None:
    """Load twice, for what the libraries keep is not the directory's; print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from core.fleet.directory import Directory

    Directory().reload()
    gc.collect()
    tracemalloc.start()
    directory = Directory()
    directory.reload()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    trolleys = [ref.trolley_id for branch in directory.branches() for ref in directory.trolleys(branch.code)]
    data = sum(sys.getsizeof(code) + sys.getsizeof(directory.nonce(code)) for code in trolleys)
    print((held - data) / len(trolleys))


if __name__ == "__main__":
    main()
