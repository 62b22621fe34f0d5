"""What a page of ours leads to: the modules that its own imports, and the sheets of its style."""

from __future__ import annotations

import functools
import posixpath
import re
from pathlib import Path

_IMPORT = re.compile(
    r"""(?:^|;)\s*(?:import\s*|(?:import|export)\b[^'"`;()]*?\bfrom\s*)["']([./][^"']*)["']""", re.M
)
_SHEET = re.compile(r"""@import\s+url\(["']?([^"')]+)["']?\)""")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)


def reached(folder: Path, name: str) -> tuple[str, ...]:
    """Return the files that ``name`` imports and those imported by them, each once, nearest first.

    A module that is imported by a call is not among them: it is fetched when it is wanted.
    """
    found = [name]
    for each in found:
        found.extend(other for other in _imported(folder, each) if other not in found)
    return tuple(found[1:])


def _imported(folder: Path, name: str) -> tuple[str, ...]:
    file = folder / name
    return _read(str(file), file.stat().st_mtime_ns, posixpath.dirname(name)) if file.is_file() else ()


@functools.lru_cache(maxsize=1024)
def _read(file: str, _changed_ns: int, beside: str) -> tuple[str, ...]:
    text = _COMMENT.sub("", Path(file).read_text("utf-8"))
    pattern = _SHEET if file.endswith(".css") else _IMPORT
    return tuple(
        dict.fromkeys(posixpath.normpath(posixpath.join(beside, one)) for one in pattern.findall(text))
    )
