"""Which names a new account may have: none that people take for another's, or for the shop's own.

Letters of several scripts are not mixed but where a language writes so, and a name of another script has a
letter that looks like no Latin one: else it could be somebody's Latin name, letter for letter ("whole-script
confusables"). Both are Unicode TR 39 (sections 5.2 and 4), with its data in ``confusable_homoglyphs``.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from confusable_homoglyphs import categories, confusables

_RESERVED = frozenset({"admin", "administrator", "root", "support", "security", "system", "staff"})
_DIGITS = str.maketrans("01", "ol")
_LATIN = "LATIN"
_TOGETHER = (
    frozenset({_LATIN, "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({_LATIN, "HAN", "BOPOMOFO"}),
    frozenset({_LATIN, "HAN", "HANGUL"}),
)
"""What Japanese, Chinese and Korean write in one word ("highly restrictive")."""


def refusal(name: str) -> str | None:
    """Return why the name is not allowed, or None."""
    shown = unicodedata.normalize("NFKC", name)
    if not any(each.isalnum() for each in shown):
        return "Expected a name with a letter or a digit in it."
    letters = [each for each in shown if each.isalpha()]
    scripts = {categories.alias(each) for each in letters} - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        return "Expected letters of one script, got several that look alike."
    latin = "".join(_latin(each) or each for each in shown).casefold().translate(_DIGITS)
    if latin.strip("._-+@") in _RESERVED:
        return "This name is taken."
    if scripts and _LATIN not in scripts and all(_latin(each) for each in letters):
        return "Expected a letter that does not look like a Latin one: this name could be somebody else's."
    return None


@lru_cache(4096)
def _latin(letter: str) -> str | None:
    """Return the ASCII letter that a letter looks like, or None."""
    if letter.isascii():
        return letter
    found = confusables.is_confusable(letter, greedy=True) or ()
    alike = (each["c"] for one in found for each in one["homoglyphs"])
    return next((each for each in alike if each.isascii() and each.isalpha()), None)
