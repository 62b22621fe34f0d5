"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import msgspec
import psycopg2

from bench.kit.process import ROOT, cores


class Machine(msgspec.Struct, frozen=True):
    """The machine, its software, and what else ran."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    postgres: str
    load_before: float
    """Load average of the last minute before the run: what else the machine did."""
    commit: str


def machine(postgres: str) -> Machine:
    """This one, now."""
    return Machine(
        processor=_processor(),
        cores=len(cores()),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        postgres=_postgres(postgres),
        load_before=round(os.getloadavg()[0], 2),
        commit=_commit(),
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _postgres(url: str) -> str:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            shown = []
            for name in ("server_version", "fsync", "synchronous_commit"):
                cursor.execute(f"SHOW {name}")
                row = cursor.fetchone()
                shown.append(row[0] if row else "?")
    finally:
        connection.close()
    return f"PostgreSQL {shown[0]}, fsync {shown[1]}, synchronous_commit {shown[2]}"


def _commit() -> str:
    """The commit that was measured; a plus sign when the tree had changes."""
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")
