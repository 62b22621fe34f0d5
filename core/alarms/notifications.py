"""Notifications of alarms, once each: to the branch's managers, and to the shopper of a late trolley.

Whoever is on the branch's page hears of an alarm at once by its topic. This is for those who are not; the
rows say what was not told yet, so nothing is forgotten in a crash.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core.accounts.models import Grant, Role
from core.alarms.models import Alarm, AlarmNotification
from core.notifications.dispatch import notify
from core.tenancy.models import Branch

OVERDUE = "overdue"
_QUIET = "warning"
"""A severity that nobody's phone need ring for."""
_RECENT = timedelta(days=1)
_AT_ONCE = 200


def due() -> QuerySet[Alarm]:
    """Return the alarms without a notification, the oldest first."""
    told = AlarmNotification.objects.filter(alarm_id=OuterRef("pk"))
    loud = ~Q(severity=_QUIET) | Q(kind=OVERDUE)
    recent = Alarm.objects.filter(loud, raised_at__gt=timezone.now() - _RECENT)
    return recent.filter(~Exists(told)).order_by("raised_at")


def notify_due() -> int:
    """Tell of what is due; return how many alarms. Blocking."""
    found = list(due()[:_AT_ONCE])
    rows = Branch.objects.filter(code__in={alarm.branch_code for alarm in found}).select_related("chain")
    branches = {branch.code: branch for branch in rows}
    for alarm in found:
        with transaction.atomic():
            # Of two who are at it at the same moment one goes on.
            mine = AlarmNotification(alarm_id=alarm.pk, at=timezone.now())
            if AlarmNotification.objects.filter(pk=alarm.pk).exists():
                continue
            mine.save(force_insert=True)
            branch = branches.get(alarm.branch_code)
            if branch is not None and alarm.cleared_at is None:
                _notify(alarm, branch)
    return len(found)


def _notify(alarm: Alarm, branch: Branch) -> None:
    data = {"place": branch.name, "branch": branch.code}
    key = f"alarm:{alarm.pk}"
    if alarm.kind == OVERDUE:
        data["trolley"] = alarm.trolley_code or ""
        if alarm.user_id is not None:
            notify(alarm.user_id, "overdue", data, key)
        kind = "branch_overdue"
    else:
        data |= {"alarm": alarm.kind, "about": alarm.trolley_code or ""}
        kind = "alarm"
    for user_id in _managers(branch):
        notify(user_id, kind, data, f"{key}:branch")


def _managers(branch: Branch) -> list[uuid.UUID]:
    here = Q(branch=None) | Q(branch=branch)
    rows = Grant.objects.filter(here, chain=branch.chain, role__in=(Role.MANAGER, Role.CHAIN_ADMIN))
    return list(rows.filter(user__is_active=True).values_list("user_id", flat=True).distinct())
