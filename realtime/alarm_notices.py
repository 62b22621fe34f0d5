"""Notices of alarms: sent to every manager with an open socket, after the alarm's commit."""

from __future__ import annotations

from actors.messages.alarms import AlarmRaised
from actors.messages.notify import Notice, Notify
from actors.runtime.address import Address
from actors.runtime.kind import Publication
from core.accounts.people import People
from core.fleet.directory import Directory
from realtime.pipeline.asking import Actors

ALARMS = "alarms"
"""The kind of entity that raises them."""
QUIET = frozenset({"warning"})
"""Severities that nobody's phone need ring for; the branch's page shows them."""
LOUD = frozenset({"overdue"})
"""Kinds of alarm that are told whatever their severity."""


class Notices:
    """Turns raised alarms into notices. Notices are volatile: missed is missed, the alarm stands."""

    def __init__(self, actors: Actors, directory: Directory, people: People) -> None:
        self._actors = actors
        self._directory = directory
        self._people = people

    def publish(self, publication: Publication) -> None:
        """Take what an entity of the kind ``ALARMS`` committed; from any thread, never waits."""
        for numbered in publication.events:
            if isinstance(numbered.event, AlarmRaised):
                self._tell(publication.address.key, numbered.event)

    def _tell(self, branch: str, event: AlarmRaised) -> None:
        info, alarm = self._directory.branch(branch), event.alarm
        if info is None or (alarm.severity in QUIET and alarm.kind not in LOUD):
            return
        notice = Notice(
            "AlarmRaised", alarm.severity, alarm.about.trolley_id or "", alarm.raised_at, alarm.kind, branch
        )
        for user_id in self._people.managers(info.chain, branch):
            self._actors.tell(Address("notify", user_id), Notify(notice), None, "edge")
