"""Why a file as a whole is not taken: in words, and by a code and values for pages in other languages."""

from __future__ import annotations


class FileRefused(Exception):
    """``code`` is one of ``field.*`` in the pages' dictionaries, ``values`` what stands in its sentence."""

    def __init__(self, text: str, code: str = "file_unreadable", **values: str | int | float) -> None:
        super().__init__(text)
        self.code = code
        self.values = values
