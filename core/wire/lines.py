"""Names and other texts of one line: the same letters for everybody, and nothing that cannot be seen.

Text in two encodings of the same letters is one text (NFC), all blanks are blanks, and marks without width
that word processors leave behind go. What turns the direction of what follows, or starts a line, is refused:
it would make a list, a receipt or a log say something else. Source: The Unicode Standard, chapter 23.
"""

from __future__ import annotations

import re
import unicodedata

_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))
_REFUSED = "\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f"
_refused = re.compile(f"[{_REFUSED}]")
_blanks = re.compile(r"[^\S\n\r\t\v\f\x1c-\x1f\x85\u2028\u2029]+")


class NotOneLine(ValueError):
    """The text holds characters that a line must not; the message names which and where."""


def few_lines(text: str) -> str:
    """Return a note of one or more lines as it is kept, each in its normal form. Raises NotOneLine."""
    return "\n".join(map(one_line, text.replace("\r\n", "\n").split("\n"))).strip()


def one_line(text: str) -> str:
    """Return the text as it is kept. Raises NotOneLine."""
    found = _refused.search(text)
    if found is not None:
        name = unicodedata.name(found[0], "a control character").lower()
        where = f"(U+{ord(found[0]):04X}) as character {found.start() + 1}"
        raise NotOneLine(f"Expected one line of visible text, got {name} {where}.")
    return unicodedata.normalize("NFC", _blanks.sub(" ", text.translate(_DROPPED))).strip()
