"""Records changes of rows as they are saved and deleted, at every entry point.

Who makes them is known by context: a request, the admin or a task says so with :func:`acting`.
Nobody: the system. Blocking, and in the transaction of the change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db import models
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils import timezone

from core.trail.models import Note

SYSTEM = "system"
_HIDDEN = "•••"
_LONGEST = 500
_who: ContextVar[str] = ContextVar("trail_who", default=SYSTEM)
_silent: ContextVar[bool] = ContextVar("trail_silent", default=False)


@contextmanager
def acting(who: str) -> Iterator[None]:
    """Say who changes what within: ``user:<id>``, ``device:<id>`` or SYSTEM."""
    token = _who.set(who)
    try:
        yield
    finally:
        _who.reset(token)


@contextmanager
def without_notes() -> Iterator[None]:
    """Record nothing within: for the demo's first load, which has no actor."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def actor() -> str:
    """Return the acting user."""
    return _who.get()


class RowPlace(NamedTuple):
    """Where a row belongs: chain slug and branch code, empty for neither."""

    chain: str = ""
    branch: str = ""


class Watched(NamedTuple):
    """How the rows of one model are noted."""

    name: str
    """The first word of what was done: ``branch`` in ``branch.changed``."""
    place: Callable[[Any], RowPlace]
    on: Callable[[Any], str]
    fields: Collection[str]
    hidden: Collection[str] = ()
    """Fields that are noted without their values: somebody's, or secret."""
    wanted: Callable[[Any, str], bool] = lambda row, who: True
    """Whether a change of the row by ``who`` is noted at all."""


def note(
    what: str, on: str, place: RowPlace, reason: str = "", changes: dict[str, Any] | None = None
) -> None:
    """Record one action."""
    if _silent.get():
        return
    Note.objects.create(
        at=timezone.now(),
        who=actor(),
        chain=place.chain,
        branch=place.branch,
        what=what,
        subject=on[:120],
        reason=reason,
        changes=json.dumps(changes, sort_keys=True, ensure_ascii=False) if changes else "",
    )


_kinds: dict[type[models.Model], Watched] = {}


def watch(kind: type[models.Model], watched: Watched) -> None:
    """Note whatever is saved or deleted of a model (not by ``update()`` or ``bulk_create()``)."""
    _kinds[kind] = watched
    label = kind._meta.label
    pre_save.connect(_before, sender=kind, dispatch_uid=f"trail-before-{label}")
    post_save.connect(_saved, sender=kind, dispatch_uid=f"trail-saved-{label}")
    post_delete.connect(_deleted, sender=kind, dispatch_uid=f"trail-deleted-{label}")


def note_rows(rows: Iterable[Any], values: dict[str, Any]) -> None:
    """Note the same values written into many rows at once."""
    for row in rows:
        watched = _kinds.get(type(row))
        changes = {} if watched is None else _changes(watched, _values(watched, row), values)
        if watched is not None and changes:
            note(f"{watched.name}.changed", watched.on(row), watched.place(row), changes=changes)


def note_made(rows: Iterable[Any]) -> None:
    """Note rows that were made many at once."""
    for row in rows:
        _saved(type(row), row, created=True)


def _before(sender: type[models.Model], instance: Any, raw: bool = False, **_: Any) -> None:
    if raw or instance._state.adding or _silent.get() or not _wanted(sender, instance):
        return
    old = sender._default_manager.filter(pk=instance.pk).values(*_kinds[sender].fields).first()
    instance._trail_before = old


def _wanted(sender: type[models.Model], row: Any) -> bool:
    return _kinds[sender].wanted(row, actor())


def _saved(sender: type[models.Model], instance: Any, created: bool = False, **_: Any) -> None:
    if _silent.get() or not _wanted(sender, instance):
        return
    watched = _kinds[sender]
    before = {} if created else instance.__dict__.pop("_trail_before", None) or {}
    changes = _changes(watched, before, _values(watched, instance))
    if created or changes:
        done = "made" if created else "changed"
        note(f"{watched.name}.{done}", watched.on(instance), watched.place(instance), changes=changes)


def _deleted(sender: type[models.Model], instance: Any, **_: Any) -> None:
    if not _silent.get() and _wanted(sender, instance):
        watched = _kinds[sender]
        note(f"{watched.name}.deleted", watched.on(instance), watched.place(instance))


def _values(watched: Watched, row: Any) -> dict[str, Any]:
    return {name: getattr(row, row._meta.get_field(name).attname) for name in watched.fields}


def _changes(watched: Watched, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what differs, field -> [before, after]; of a row that is new, what it has."""
    found: dict[str, Any] = {}
    for name in watched.fields:
        if name not in after:
            continue
        old, new = _shown(before.get(name)), _shown(after[name])
        if old != new:
            found[name] = [_HIDDEN, _HIDDEN] if name in watched.hidden else [old, new]
    return found


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, models.Model):
        return str(value.pk)
    text = json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
