"""What belongs to the repository: the files a checkout has, without what was built beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = {
    "__pycache__",
    "node_modules",
    "staticfiles",
    "var",
    ".bench",
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".schemathesis",
    ".venv",
    ".venvs",
}


def files(*suffixes: str, below: str = ".") -> Iterator[Path]:
    """Every file of the repository with one of the suffixes; all without any."""
    for folder, names, found in os.walk(ROOT / below):
        names[:] = sorted(name for name in names if name not in BUILT and not name.endswith(".egg-info"))
        for name in sorted(set(found) - BUILT):  # .git is a file in a worktree
            path = Path(folder) / name
            if not suffixes or path.suffix in suffixes:
                yield path


def shown(path: Path) -> str:
    """The path as a reader knows it."""
    return str(path.relative_to(ROOT))


def text(path: Path) -> str | None:
    """The file's text; None of a picture or another binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
