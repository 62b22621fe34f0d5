"""A model as one file that every process maps into its memory.

The file begins with a magic, the length of a JSON header, and the header: the format, the version, what was
measured, and where each array lies. A new one takes the place of the old at once (rename), and whoever has
mapped the old one goes on with it. A file of another format, a shorter one and one whose bytes have changed
are refused.
"""

from __future__ import annotations

import mmap
import os
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from django.conf import settings

from core.assistant.recommendations.neighbours import Neighbours

_MAGIC = b"TROLLREC"
FORMAT = 1
_ALIGNED = 64
_ID_BYTES = 16
_ARRAYS = ("starts", "columns", "weights", "popularity")


class UnusableModel(Exception):
    """The file is none of ours, of another format, or damaged."""


class ModelCard(msgspec.Struct, frozen=True):
    """What is known of a model."""

    version: str
    trained_at: float
    """POSIX seconds."""
    kind: str
    purchases: int
    recall: float
    """At ten, of the latest purchases that it had not seen."""
    popular_recall: float
    """The same of popularity alone."""
    coverage: float
    novelty: float


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    size: int
    offset: int


class _Header(msgspec.Struct, frozen=True):
    format: int
    about: ModelCard
    arrays: dict[str, _Array]
    end: int
    checksum: int


class Model:
    """A model in use: ``products`` are the columns' ids, as text."""

    def __init__(self, about: ModelCard, products: list[str], neighbours: Neighbours) -> None:
        self.about = about
        self.products = products
        self.neighbours = neighbours
        self.column = {product: column for column, product in enumerate(products)}


def path_of(chain: str) -> Path:
    """Return the path of the chain's model."""
    return Path(settings.DATA_DIR) / "models" / f"{chain}.model"


def write(path: Path, about: ModelCard, products: tuple[bytes, ...], neighbours: Neighbours) -> None:
    """Write the model in the place of whatever is there. ``products``: the columns' UUIDs, 16 bytes each."""
    parts = {name: np.ascontiguousarray(getattr(neighbours, name)) for name in _ARRAYS}
    parts["products"] = np.frombuffer(b"".join(products), np.uint8)
    arrays: dict[str, _Array] = {}
    body = bytearray()
    for name, part in parts.items():
        body += b"\0" * (-len(body) % _ALIGNED)
        arrays[name] = _Array(part.dtype.str, part.size, len(body))
        body += part.tobytes()
    header = msgspec.json.encode(_Header(FORMAT, about, arrays, len(body), zlib.crc32(body)))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with fresh.open("wb") as file:
        start = _MAGIC + len(header).to_bytes(8, "little") + header
        file.write(start + b"\0" * (-len(start) % _ALIGNED))
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> Model:
    """Map the model. Raises FileNotFoundError, and UnusableModel for what cannot be used."""
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise UnusableModel("expected a model, got an empty file") from error
    header, start = _header(mapped)
    if len(mapped) != start + header.end:
        raise UnusableModel(f"expected {start + header.end} bytes, got {len(mapped)}")
    if zlib.crc32(memoryview(mapped)[start:]) != header.checksum:
        raise UnusableModel("its bytes have changed since it was written")

    def part(name: str) -> Any:
        found = header.arrays[name]
        return np.frombuffer(mapped, np.dtype(found.dtype), found.size, start + found.offset)

    ids = part("products").tobytes().hex()
    width = 2 * _ID_BYTES
    products = [_uuid(ids[place : place + width]) for place in range(0, len(ids), width)]
    return Model(header.about, products, Neighbours(header.about.kind, *map(part, _ARRAYS)))


def _header(mapped: mmap.mmap) -> tuple[_Header, int]:
    if mapped[:8] != _MAGIC:
        raise UnusableModel("expected a model, got another kind of file")
    length = int.from_bytes(mapped[8:16], "little")
    try:
        header = msgspec.json.decode(mapped[16 : 16 + length], type=_Header)
    except msgspec.MsgspecError as error:
        raise UnusableModel(f"its header cannot be read: {error}") from error
    if header.format != FORMAT:
        raise UnusableModel(f"expected format {FORMAT}, got {header.format}")
    return header, -(-(16 + length) // _ALIGNED) * _ALIGNED


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
