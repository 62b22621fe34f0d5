"""What every journal store must do. Subclass ``JournalContract`` and give it a ``journal`` fixture.

```python
class TestMyStore(JournalContract):
    @pytest.fixture
    def journal(self) -> Iterator[Journal]:
        store = MyStore(...)
        yield store
        store.close()

    def reopen(self, journal: Journal) -> Journal:  # another instance on the same storage
        return MyStore(...)

    def poison(self) -> Any:  # a state that the store's projections cannot write; None: it has no projections
        return ...
```
Entities use the kind in ``kind`` with data that ``state`` and ``event`` make, so a store
whose projections read the decoded events can give its own.
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from actors.runtime.address import Address
from actors.runtime.errors import Conflict, Fenced
from actors.runtime.journal import Journal, Kept, Recorded, Write

PARTITION = "main"


def record(
    seq: int,
    *,
    name: str = "Counted",
    data: bytes = b'{"by":1}',
    command_id: str | None = None,
    fingerprint: int | None = None,
    settles: str | None = None,
    answer: bytes | None = None,
) -> Recorded:
    """Return one event; ``answer`` without ``settles`` answers its own command."""
    if answer is not None and settles is None:
        settles = command_id
    return Recorded(
        seq, name, 1, data, command_id, fingerprint, settles, answer, "user:1", 1_700_000_000.25 + seq
    )


class _Store:
    """The store that is looked at, and what is written into it."""

    kind = "counter"

    @pytest.fixture
    def journal(self) -> Any:
        """Return a store of its own, empty."""
        raise NotImplementedError("a contract suite names its store")

    def reopen(self, journal: Journal) -> Journal:
        """Return the store as another process would see it; the same one if it cannot be shared."""
        return journal

    def poison(self) -> Any:
        """Return a state that the store's read models refuse, or None without read models."""
        return None

    def state(self) -> Any:
        """Return a state for projections; stores without a projection for ``kind`` ignore it."""
        return None

    def event(self, recorded: Recorded) -> Any:
        """Return the decoded form of an event."""
        return recorded

    def address(self, key: str = "") -> Address:
        """Return an address nobody used before, or the one with this key."""
        return Address(self.kind, key or uuid.uuid4().hex)

    def write(self, address: Address, *events: Recorded, **more: Any) -> Write:
        """Return a write of these events."""
        fields: dict[str, Any] = {
            "state": self.state(),
            "snapshot": None,
            "snapshot_version": 0,
            "wake": None,
            "told": None,
        }
        fields.update(more)
        return Write(address=address, events=events, decoded=[self.event(e) for e in events], **fields)


class _Writing(_Store):
    """Events, conflicts, ownership."""

    def test_an_unknown_entity_loads_as_nothing(self, journal: Journal) -> None:
        loaded = journal.load(self.address())
        assert (loaded.snapshot, loaded.snapshot_seq, loaded.told) == (None, 0, 0)
        assert list(loaded.events) == []
        assert list(loaded.kept) == []

    def test_committed_events_come_back_whole_and_in_order(self, journal: Journal) -> None:
        a = self.address()
        first = record(1, command_id="c1", fingerprint=77, answer=b'{"type":"Done"}')
        second = record(2, name="Other", data='{"text":"Größe"}'.encode())
        epoch = journal.take(PARTITION)
        assert journal.commit(PARTITION, epoch, [self.write(a, first, second)]).refused == {}
        third = record(3, command_id="c2", fingerprint=2**31 + 5)
        assert journal.commit(PARTITION, epoch, [self.write(a, third)]).refused == {}
        loaded = self.reopen(journal).load(a)
        assert list(loaded.events) == [first, second, third]

    def test_text_that_looks_like_the_database_s_own_comes_back_as_it_went(self, journal: Journal) -> None:
        a = self.address()
        odd = record(
            1,
            data=rb"""{"text":"$$ $rows$ ' '' ; -- %s \\ $"}""",
            command_id="c1",
            answer=b'{"type":"Done $$"}',
        )
        epoch = journal.take(PARTITION)
        assert journal.commit(PARTITION, epoch, [self.write(a, odd)]).refused == {}
        assert list(self.reopen(journal).load(a).events) == [odd]

    def test_read_gives_a_stretch_after_one_seq_up_to_another(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, *(record(i) for i in range(1, 7)))])
        assert [e.seq for e in journal.read(a, 2, 5)] == [3, 4, 5]
        assert [e.seq for e in journal.read(a, 4)] == [5, 6]
        assert list(journal.read(a, 6)) == []
        assert list(journal.read(self.address(), 0)) == []

    def test_a_batch_writes_many_entities_at_once(self, journal: Journal) -> None:
        epoch = journal.take(PARTITION)
        many = [self.address() for _ in range(50)]
        result = journal.commit(PARTITION, epoch, [self.write(a, record(1), record(2)) for a in many])
        assert result.refused == {}
        assert all(len(journal.load(a).events) == 2 for a in many)

    def test_an_empty_batch_is_no_error(self, journal: Journal) -> None:
        assert journal.commit(PARTITION, journal.take(PARTITION), []).refused == {}

    def test_addresses_names_every_entity_of_a_kind_that_has_an_event(self, journal: Journal) -> None:
        a, b = self.address(), self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1)), self.write(b, record(1))])
        assert {a, b} <= set(journal.addresses(self.kind))
        assert list(journal.addresses("no-such-kind")) == []

    def test_keys_may_hold_slashes_and_letters_of_any_alphabet(self, journal: Journal) -> None:
        a = self.address("Straße/π/" + uuid.uuid4().hex)
        journal.commit(PARTITION, journal.take(PARTITION), [self.write(a, record(1))])
        assert len(journal.load(a).events) == 1
        assert a in set(journal.addresses(self.kind))

    # --- conflicts -----------------------------------------------------------

    def test_a_seq_that_is_taken_refuses_its_entity_only(self, journal: Journal) -> None:
        a, b = self.address(), self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1))])
        result = journal.commit(PARTITION, epoch, [self.write(a, record(1)), self.write(b, record(1))])
        assert list(result.refused) == [a]
        assert isinstance(result.refused[a], Conflict)
        assert len(journal.load(a).events) == 1
        assert len(journal.load(b).events) == 1

    def test_a_refused_write_leaves_none_of_its_events(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1, command_id="c"))])
        result = journal.commit(
            PARTITION, epoch, [self.write(a, record(2), record(3, command_id="c"), wake=True, told=2)]
        )
        assert isinstance(result.refused[a], Conflict)
        loaded = journal.load(a)
        assert [e.seq for e in loaded.events] == [1]
        assert loaded.told == 0
        assert a not in set(journal.wakes())

    def test_a_command_id_is_taken_once_per_entity(self, journal: Journal) -> None:
        a, b = self.address(), self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1, command_id="c"))])
        again = journal.commit(PARTITION, epoch, [self.write(a, record(2, command_id="c"))])
        assert isinstance(again.refused[a], Conflict)
        other = journal.commit(PARTITION, epoch, [self.write(b, record(1, command_id="c"))])
        assert other.refused == {}

    def test_a_poisoned_row_refuses_its_entity_only(self, journal: Journal) -> None:
        bad = self.poison()
        if bad is None:
            return  # a store without read models has nothing to poison
        a, b = self.address(), self.address()
        epoch = journal.take(PARTITION)
        result = journal.commit(
            PARTITION, epoch, [self.write(a, record(1), state=bad), self.write(b, record(1))]
        )
        assert list(result.refused) == [a]
        assert list(journal.load(a).events) == []
        assert len(journal.load(b).events) == 1

    # --- ownership -----------------------------------------------------------

    def test_each_take_gives_a_higher_epoch(self, journal: Journal) -> None:
        first = journal.take(PARTITION)
        assert self.reopen(journal).take(PARTITION) > first

    def test_the_older_owner_is_fenced_and_changes_nothing(self, journal: Journal) -> None:
        a = self.address()
        old = journal.take(PARTITION)
        other = self.reopen(journal)
        new = other.take(PARTITION)
        with pytest.raises(Fenced):
            journal.commit(PARTITION, old, [self.write(a, record(1), wake=True)])
        assert list(other.load(a).events) == []
        assert a not in set(other.wakes())
        assert other.commit(PARTITION, new, [self.write(a, record(1))]).refused == {}

    def test_partitions_are_owned_apart(self, journal: Journal) -> None:
        mine = journal.take(PARTITION)
        journal.take("another")
        assert journal.commit(PARTITION, mine, [self.write(self.address(), record(1))]).refused == {}

    def test_the_stream_epoch_stays_with_the_storage(self, journal: Journal) -> None:
        assert journal.stream_epoch
        assert self.reopen(journal).stream_epoch == journal.stream_epoch


class _Remembering(_Store):
    """Answers, snapshots, the wake index, the watermark, and reading beside the writer."""

    def test_known_finds_a_command_with_its_answer(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(
            PARTITION,
            epoch,
            [self.write(a, record(1), record(2, command_id="c", fingerprint=9, answer=b'{"n":1}'))],
        )
        assert journal.known(a, "c") == Kept("c", 9, b'{"n":1}', 2)
        assert journal.known(a, "other") is None
        assert journal.known(self.address(), "c") is None

    def test_a_pending_command_is_known_without_an_answer_until_it_is_settled(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1, command_id="claim", fingerprint=3))])
        assert journal.known(a, "claim") == Kept("claim", 3, None, 1)
        settling = record(2, command_id="confirm", fingerprint=4, settles="claim", answer=b'{"ok":true}')
        journal.commit(PARTITION, epoch, [self.write(a, settling)])
        kept = journal.known(a, "claim")
        assert kept is not None
        assert (kept.fingerprint, kept.answer) == (3, b'{"ok":true}')
        confirm = journal.known(a, "confirm")
        assert confirm is not None
        assert confirm.answer is None

    # --- snapshots -----------------------------------------------------------

    def test_a_snapshot_stands_for_the_events_up_to_it(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        shot = self.write(a, record(1), record(2), snapshot=b'{"n":2}', snapshot_version=3)
        journal.commit(PARTITION, epoch, [shot])
        journal.commit(PARTITION, epoch, [self.write(a, record(3))])
        loaded = self.reopen(journal).load(a)
        assert (loaded.snapshot, loaded.snapshot_version, loaded.snapshot_seq) == (b'{"n":2}', 3, 2)
        assert [e.seq for e in loaded.events] == [3]
        assert [e.seq for e in journal.read(a, 0)] == [1, 2, 3]

    def test_a_later_snapshot_takes_the_place_of_the_earlier(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1), snapshot=b"1", snapshot_version=1)])
        journal.commit(PARTITION, epoch, [self.write(a, record(2), snapshot=b"2", snapshot_version=2)])
        loaded = journal.load(a)
        assert (loaded.snapshot, loaded.snapshot_version, loaded.snapshot_seq) == (b"2", 2, 2)
        assert list(loaded.events) == []

    def test_answers_at_or_before_the_snapshot_are_kept_oldest_first(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        early = [record(i, command_id=f"c{i}", fingerprint=i, answer=b'{"i":%d}' % i) for i in range(1, 5)]
        journal.commit(PARTITION, epoch, [self.write(a, *early, snapshot=b"{}", snapshot_version=1)])
        late = record(5, command_id="c5", fingerprint=5, answer=b"{}")
        journal.commit(PARTITION, epoch, [self.write(a, late)])
        loaded = journal.load(a)
        assert [(k.command_id, k.fingerprint, k.answer) for k in loaded.kept] == [
            (f"c{i}", i, b'{"i":%d}' % i) for i in range(1, 5)
        ]
        assert [e.command_id for e in loaded.events] == ["c5"]

    def test_a_command_settled_before_the_snapshot_is_kept_with_its_answer(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        events = [
            record(1, command_id="claim", fingerprint=1),
            record(2, command_id="confirm", fingerprint=2, settles="claim", answer=b'{"ok":1}'),
        ]
        journal.commit(PARTITION, epoch, [self.write(a, *events, snapshot=b"{}", snapshot_version=1)])
        kept = {k.command_id: k.answer for k in journal.load(a).kept}
        assert kept["claim"] == b'{"ok":1}'

    def test_kept_answers_are_bounded_but_older_ones_stay_known(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        many = [record(i, command_id=f"c{i}", fingerprint=i, answer=b"{}") for i in range(1, 1001)]
        journal.commit(PARTITION, epoch, [self.write(a, *many, snapshot=b"{}", snapshot_version=1)])
        kept = journal.load(a).kept
        assert len(kept) < 1000
        assert kept[-1].command_id == "c1000"
        assert journal.known(a, "c1") == Kept("c1", 1, b"{}", 1)

    # --- wake index and watermark ---------------------------------------------

    def test_the_wake_index_follows_its_flags(self, journal: Journal) -> None:
        a, b = self.address(), self.address()
        epoch = journal.take(PARTITION)
        journal.commit(
            PARTITION, epoch, [self.write(a, record(1), wake=True), self.write(b, record(1), wake=True)]
        )
        assert {a, b} <= set(self.reopen(journal).wakes())
        journal.commit(PARTITION, epoch, [self.write(a, record(2))])
        assert a in set(journal.wakes())
        journal.commit(PARTITION, epoch, [self.write(a, record(3), wake=True)])
        assert list(journal.wakes()).count(a) == 1
        journal.commit(PARTITION, epoch, [self.write(a, wake=False)])
        assert a not in set(journal.wakes())
        assert b in set(journal.wakes())

    def test_clearing_a_flag_that_was_never_set_is_no_error(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        assert journal.commit(PARTITION, epoch, [self.write(a, wake=False, told=0)]).refused == {}

    def test_the_watermark_of_tells_can_move_without_an_event(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(PARTITION, epoch, [self.write(a, record(1), record(2))])
        assert journal.load(a).told == 0
        journal.commit(PARTITION, epoch, [self.write(a, told=2)])
        assert self.reopen(journal).load(a).told == 2
        journal.commit(PARTITION, epoch, [self.write(a, record(3))])
        assert journal.load(a).told == 2

    def test_a_watermark_survives_a_snapshot_of_the_same_write(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        journal.commit(
            PARTITION, epoch, [self.write(a, record(1), snapshot=b"{}", snapshot_version=1, told=1)]
        )
        journal.commit(PARTITION, epoch, [self.write(a, record(2), snapshot=b"{}", snapshot_version=1)])
        loaded = journal.load(a)
        assert (loaded.told, loaded.snapshot_seq) == (1, 2)

    # --- threads -------------------------------------------------------------

    def test_loaders_read_while_the_writer_commits(self, journal: Journal) -> None:
        a = self.address()
        epoch = journal.take(PARTITION)
        wrong: list[str] = []
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                seqs = [e.seq for e in journal.load(a).events]
                if seqs != list(range(1, len(seqs) + 1)) or len(seqs) % 2:
                    wrong.append(f"a load saw half a write: {seqs[-3:]}")

        readers = [threading.Thread(target=look) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for i in range(1, 41, 2):
                assert (
                    journal.commit(PARTITION, epoch, [self.write(a, record(i), record(i + 1))]).refused == {}
                )
        finally:
            over.set()
            for reader in readers:
                reader.join(10)
        assert wrong == []


class JournalContract(_Writing, _Remembering):
    """The contract of ``actors.runtime.journal.Journal``."""
