"""The queue over a disk that fails."""

from __future__ import annotations

import asyncio
import sqlite3

from devicegw import wire
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue

AT = wire.utc(1_800_000_000)


class FullDisk(Outbox):
    """Fails the first writes, as a full card does until somebody clears it."""

    failures = 3

    def append(self, messages):
        if self.failures > 0:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        return super().append(messages)


def report(slot):
    return wire.Report(seq=0, slot=slot, hook="open", present=True, at=AT)


async def started(outbox, **options):
    queue = OutboxQueue(outbox, 1000, **options)
    failures, outbox.failures = outbox.failures, 0
    await queue.start()
    outbox.failures = failures
    return queue


async def test_what_could_not_be_written_is_written_when_the_disk_is_back(tmp_path, caplog):
    caplog.set_level("INFO")
    queue = await started(FullDisk(tmp_path / "o"), retry_s=0.001)
    queue.put(report(1))
    queue.put(report(2))
    await asyncio.wait_for(queue.changed(), 90)
    assert [(message.seq, message.slot) for message in queue.unacknowledged(0)] == [(1, 1), (2, 2)]
    said = [record.getMessage() for record in caplog.records]
    assert len([line for line in said if "outbox unavailable" in line]) == 1
    assert said[-1] == "outbox available again"
    await queue.close()


async def test_a_dead_disk_does_not_hold_up_the_stop(tmp_path, caplog):
    outbox = FullDisk(tmp_path / "o")
    outbox.failures = 1_000_000
    queue = await started(outbox, retry_s=60)
    queue.put(report(1))
    await asyncio.wait_for(queue.close(), 90)
    assert "1 messages are lost" in caplog.text


async def test_everything_queued_is_on_disk_after_close(tmp_path):
    queue = OutboxQueue(Outbox(tmp_path / "o"), 1000)
    await queue.start()
    for slot in range(100):
        queue.put(report(slot))
    await queue.close()
    again = Outbox(tmp_path / "o")
    assert [message.slot for message in again.pending()] == list(range(100))
    again.close()


async def test_only_what_is_on_disk_is_sent(tmp_path):
    queue = OutboxQueue(Outbox(tmp_path / "o"), 1000)
    await queue.start()
    queue.put(report(1))
    assert queue.unacknowledged(0) == []
    await asyncio.wait_for(queue.changed(), 90)
    assert len(queue.unacknowledged(0)) == len(queue) == 1
    await queue.close()


async def test_memory_does_not_grow_beyond_the_outbox_while_the_server_is_away(tmp_path):
    queue = OutboxQueue(Outbox(tmp_path / "o", limit=10), 10)
    await queue.start()
    for slot in range(50):
        queue.put(report(slot))
    await asyncio.wait_for(queue.changed(), 90)
    assert [message.slot for message in queue.unacknowledged(0)] == list(range(40, 50))
    await queue.close()
