"""Which names a new account may have: none that people take for another's, or for the shop's own."""

from __future__ import annotations

import unicodedata

_RESERVED = frozenset({"admin", "administrator", "root", "support", "security", "system", "staff"})
_LOOKALIKES = str.maketrans("аеорсухіјѕԁԛԝһӏαιοντυρ01", "aeopcyxijsdqwhlaiovtupol")
"""Small letters of Cyrillic and Greek, and digits, that look like Latin ones (Unicode TR 39)."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def refusal(name: str) -> str | None:
    """Return why nobody may be called that, or None."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    if not any(each.isalnum() for each in folded):
        return "Expected a name with a letter or a digit in it."
    scripts = {
        script for each in folded for script in _SCRIPTS if unicodedata.name(each, "").startswith(script)
    }
    if len(scripts) > 1:
        return "Expected letters of one script, got several that look alike."
    if folded.translate(_LOOKALIKES).strip("._-+@") in _RESERVED:
        return "This name is taken."
    return None
