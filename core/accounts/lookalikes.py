"""Which names a new account may have: none that people take for another's, or for the shop's own.

Letters of several scripts are not mixed but where a language writes so, and a name of another script has a
letter that looks like no Latin one: else it could be somebody's Latin name, letter for letter ("whole-script
confusables"). Both are Unicode TR 39 (sections 5.2 and 4), with its data in ``confusable_homoglyphs``.

Within the Latin script ``l``, ``1`` and ``I`` look alike too, ``0`` and ``O``, ``m`` and ``rn``: a name is
refused that has the skeleton (section 4) of a word of the shop's own, or of the name of somebody who works
here. Two shoppers may look alike that way: ``ana1`` and ``anal`` are ordinary names, and nobody obeys
a shopper.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from confusable_homoglyphs import categories, confusables
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower, Replace

from core.accounts import names
from core.accounts.models import User

_RESERVED = ("admin", "administrator", "root", "support", "security", "system", "staff")
_ALIKE = (("0", "o"), ("1", "l"), ("i", "l"), ("m", "rn"))
"""What reads like what, once case is folded: a capital i is an l to the eye, so a small one counts as it."""
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
    if _skeleton(_as_latin(name).strip("._-+@")) in _RESERVED_SKELETONS:
        return "This name is taken."
    if scripts and _LATIN not in scripts and all(_latin(each) for each in letters):
        return "Expected a letter that does not look like a Latin one: this name could be somebody else's."
    return None


def taken(others: QuerySet[User], user: User) -> dict[str, str]:
    """Return which names of a new account lead to one of the others, or look as if; see ``names.taken``.

    Blocking.
    """
    looks_like_staff = _like_staffs(others, user.username)
    return names.taken(others, user) | (names.TAKEN if looks_like_staff else {})


def _like_staffs(others: QuerySet[User], name: str) -> bool:
    shown: Any = Coalesce("name_key", Lower("username"))
    for each, like in _ALIKE:
        shown = Replace(shown, Value(each), Value(like))
    works_here = others.filter(Q(is_staff=True) | Q(is_superuser=True) | Q(grants__isnull=False))
    return works_here.annotate(skeleton=shown).filter(skeleton=_skeleton(_as_latin(name))).exists()


def _skeleton(name: str) -> str:
    """Return what Latin names that look alike have in common; ``name`` has its case folded."""
    for each, like in _ALIKE:
        name = name.replace(each, like)
    return name


_RESERVED_SKELETONS = frozenset(map(_skeleton, _RESERVED))


def _as_latin(name: str) -> str:
    """Return the name in the Latin letters that it looks like, its case folded."""
    return "".join(_latin(each) or each for each in unicodedata.normalize("NFKC", name)).casefold()


@lru_cache(4096)
def _latin(letter: str) -> str | None:
    """Return the ASCII letter that a letter looks like, or None."""
    if letter.isascii():
        return letter
    found = confusables.is_confusable(letter, greedy=True) or ()
    alike = (each["c"] for one in found for each in one["homoglyphs"])
    return next((each for each in alike if each.isascii() and each.isalpha()), None)
