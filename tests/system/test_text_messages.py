"""Text messages with the real parts: Redis, two workers, Twilio's SDK, a peer that speaks its API."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests import databases
from tests.core.outbox.twilio_peer import TwilioPeer
from tests.payments.peers import DROP, LOSE
from tests.system.store import Store
from tests.system.test_receipts import WITHIN_S, worker

PHONES = [f"+9198123450{number:02}" for number in range(8)]
_ASK = """
import sys, django
django.setup()
from core.accounts.codes import codes
from core.accounts.codes.codes import Target
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.tasks import send_due, send_message
for phone in sys.argv[1:]:
    codes.ask(Target(Channel.SMS, phone), "en")
for _ in range(2):
    send_due()
    for message_id in OutgoingMessage.objects.values_list("pk", flat=True):
        send_message.delay(str(message_id))
"""
_SEND_DUE = "import django; django.setup(); from core.outbox.tasks import send_due; send_due()"
_COUNT = """
import django
django.setup()
from core.outbox.models import OutgoingMessage
print(OutgoingMessage.objects.filter(done_at=None).count())
"""


@pytest.fixture
def twilio() -> Iterator[TwilioPeer]:
    peer = TwilioPeer()
    with peer.running():
        yield peer


@pytest.fixture
def store(redis_url: str, redis_prefix: str, tmp_path: Path, twilio: TwilioPeer) -> Iterator[Store]:
    """An empty installation."""
    environ = {"REDIS_URL": redis_url, "REDIS_PREFIX": redis_prefix, "SMS_URL": twilio.sms_url}
    store = Store(f"sqlite:///{tmp_path}/store.sqlite3", tmp_path, **environ)
    shutil.copy(databases.migrated_file(), tmp_path / "store.sqlite3")
    yield store
    store.close()
    redis.Redis.from_url(redis_url).delete(redis_prefix, f"_kombu.binding.{redis_prefix}")


def test_each_phone_gets_its_code_once_however_often_it_is_handed_over(
    store: Store, twilio: TwilioPeer, redis_url: str, redis_prefix: str
) -> None:
    """Every message is in the queue five times; Twilio loses two answers, and one request."""
    store.run("-c", _ASK, *PHONES)
    twilio.fail(LOSE, LOSE, DROP)
    queue = redis.Redis.from_url(redis_url)
    deadline = time.monotonic() + WITHIN_S
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(store, name))
        while queue.llen(redis_prefix) or len(twilio.sent) < len(PHONES) - 1:
            assert time.monotonic() < deadline, len(twilio.sent)
            time.sleep(0.05)
        # What failed is due again some seconds later; a round finds it.
        while _waiting(store):
            assert time.monotonic() < deadline, len(twilio.sent)
            store.run(
                "-c", "import django; django.setup(); from core.outbox.tasks import send_due; send_due()"
            )
    assert sorted(each["to"] for each in twilio.sent) == PHONES
    log = (Path(store.environ["DATA_DIR"]) / "one.log").read_text()
    log += (Path(store.environ["DATA_DIR"]) / "two.log").read_text()
    secrets = [*PHONES, *(each["body"][:6] for each in twilio.sent)]
    assert not [each for each in secrets if re.search(rf"(?<!\d){re.escape(each)}(?!\d)", log)]


def _waiting(store: Store) -> int:
    count = (
        "from core.outbox.models import OutgoingMessage as M; print(M.objects.filter(done_at=None).count())"
    )
    return int(store.run("-c", f"import django; django.setup(); {count}").splitlines()[-1])
