"""Giving notes their place in a chain's trail, and looking whether the trail is whole. Blocking.

An entry's hash is SHA-256 over the hash of the entry before and all that the entry says; a chain's head
keeps the last one. Who changes, takes out or cuts off an entry breaks the link that `verify` names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet

from core.trail.models import CommandNote, Entry, Head, Note
from core.trail.notes import RowPlace

_AT_ONCE = 1000
_LATE = timedelta(hours=1)
"""How much later than its event a command's note may be committed."""
_EVERYBODY = ""


Places = Callable[[str, str], RowPlace]
"""Whom a command was on, and its branch's code as far as its event knows -> where it belongs."""


class BrokenLink(NamedTuple):
    """The first link of a chain that does not hold."""

    chain: str
    seq: int
    why: str


def digest(before: str, entry: Entry) -> str:
    """Return the hash of an entry that follows one with the hash ``before``."""
    told = (
        entry.chain, entry.seq, entry.at.astimezone(UTC).isoformat(timespec="microseconds"), entry.who,
        entry.branch, entry.what, entry.subject, entry.reason, entry.changes, str(entry.source or ""),
    )  # fmt: skip
    return hashlib.sha256(f"{before}\n{json.dumps(told, ensure_ascii=False)}".encode()).hexdigest()


def seal(place_of: Places) -> int:
    """Seal the pending notes; return how many. ``place_of`` gives a command's chain and branch."""
    sealed = 0
    while some := _seal_some(place_of):
        sealed += some
        if some < _AT_ONCE:
            break
    return sealed


@transaction.atomic
def _seal_some(place_of: Places) -> int:
    if not Note.objects.exists() and not _unsealed().exists():
        return 0
    Head.objects.get_or_create(chain=_EVERYBODY)
    # Whoever has changed this row seals; others wait here until it is done.
    Head.objects.filter(pk=_EVERYBODY).update(seq=F("seq"))
    notes = list(Note.objects.order_by("at", "id")[:_AT_ONCE])
    found = [_of_note(each) for each in notes]
    found += [
        _of_command(each, place_of(each.subject, each.branch))
        for each in _unsealed().order_by("at")[:_AT_ONCE]
    ]
    found.sort(key=lambda entry: entry.at)
    heads: dict[str, Head] = {}
    for entry in found:
        if entry.chain not in heads:
            heads[entry.chain], _ = Head.objects.get_or_create(chain=entry.chain)
        head = heads[entry.chain]
        entry.seq = head.seq = head.seq + 1
        entry.hash = head.hash = digest(head.hash, entry)
    Entry.objects.bulk_create(found)
    Head.objects.bulk_update(heads.values(), ["seq", "hash"])
    Note.objects.filter(pk__in=[each.pk for each in notes]).delete()
    return len(found)


def _unsealed() -> QuerySet[CommandNote]:
    rows = CommandNote.objects.filter(~Exists(Entry.objects.filter(source=OuterRef("pk"))))
    last = Entry.objects.filter(source__isnull=False).aggregate(last=Max("at"))["last"]
    return rows if last is None else rows.filter(at__gte=last - _LATE)


def _of_note(note: Note) -> Entry:
    return Entry(
        chain=note.chain, at=note.at, who=note.who, branch=note.branch, what=note.what, subject=note.subject,
        reason=note.reason, changes=note.changes,
    )  # fmt: skip


def _of_command(note: CommandNote, place: RowPlace) -> Entry:
    return Entry(
        chain=place.chain, at=note.at, who=note.who, branch=place.branch, what=note.what,
        subject=note.subject, reason=note.reason, source=note.pk,
    )  # fmt: skip


def verify() -> Iterator[BrokenLink]:
    """Yield the first broken link of each chain that has one."""
    heads = {head.chain: head for head in Head.objects.all()}
    chains = {*heads, *Entry.objects.values_list("chain", flat=True).distinct()}
    for chain in sorted(chains):
        broken = _verify(chain, heads.get(chain))
        if broken is not None:
            yield broken


def _verify(chain: str, head: Head | None) -> BrokenLink | None:
    seq, before = 0, ""
    for entry in Entry.objects.filter(chain=chain).order_by("seq").iterator(_AT_ONCE):
        if entry.seq != seq + 1:
            return BrokenLink(chain, seq + 1, f"it is missing; the next one is {entry.seq}")
        seq, before = entry.seq, digest(before, entry)
        if entry.hash != before:
            return BrokenLink(chain, seq, "its hash is not that of what it says and of the one before")
    if head is None or (head.seq, head.hash) != (seq, before):
        kept = 0 if head is None else head.seq
        return BrokenLink(chain, min(seq, kept) + 1, f"the trail ends at {seq}, its head says {kept}")
    return None
