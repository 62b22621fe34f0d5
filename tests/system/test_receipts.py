"""Acknowledgements with the real parts: a journal, Redis, two of Celery's workers, mail as files."""

from __future__ import annotations

import email
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import policy
from pathlib import Path

import pytest
import redis

from tests import databases
from tests.system.store import ROOT, Store

WITHIN_S = 90.0
_BUY = """
import sys, uuid, django
django.setup()
from decimal import Decimal
from actors.messages.cart import Line, PriceStep
from actors.messages.money.order import PlaceOrder
from actors.messages.money.purchase import Purchase
from actors.runtime import Address
from core.accounts.models import User
from core.host import Host
user = User.objects.create(username="buyer", email="buyer@shop.example")
price = Decimal("12.50")
line = Line("1", str(uuid.uuid4()), "1", "Apples", 2, price, price * 2, (PriceStep("base", price),), 1.0)
purchase = Purchase(
    reservation_id=str(uuid.uuid4()),
    branch="B",
    chain="c",
    session_id=None,
    trolley_id=None,
    lines=(line,),
    total=price * 2,
    currency="INR",
)
order = PlaceOrder(str(user.pk), purchase)
host = Host()
host.start()
for order_id in sys.argv[1:]:
    host.system.tell(Address("order", order_id), order, order_id)
host.system.quiesce()
host.stop()
"""
_HAND_OVER = """
import sys, django
django.setup()
from core.orders.tasks import send_due_receipts, send_receipt
for _ in range(2):
    assert send_due_receipts() == len(sys.argv) - 1
    for order_id in sys.argv[1:]:
        send_receipt.delay(order_id)
"""


@contextmanager
def worker(store: Store, name: str) -> Iterator[None]:
    """Run a worker; it finishes what it has begun before the block is left."""
    options = ["--pool", "solo", "--without-mingle", "--without-gossip", "-n", name]
    with (Path(store.environ["DATA_DIR"]) / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "core.celery", "worker", *options],
            cwd=ROOT,
            env=store.environ,
            stdout=log,
            stderr=log,
        )
        try:
            yield
            process.send_signal(signal.SIGTERM)
            process.wait(90)
        finally:
            process.kill()
            process.wait(90)


def mails(folder: Path) -> list[str]:
    """The Message-IDs of every mail that went out, sorted."""
    sent = [part for file in folder.iterdir() for part in file.read_bytes().split(b"-" * 79 + b"\n")]
    messages = [email.message_from_bytes(part, policy=policy.default) for part in sent if part.strip()]
    return sorted(str(message["Message-ID"]) for message in messages)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the mail goes."""
    (tmp_path / "mail").mkdir()
    return tmp_path / "mail"


@pytest.fixture
def store(redis_url: str, redis_prefix: str, tmp_path: Path, folder: Path) -> Iterator[Store]:
    """An empty installation."""
    environ = {"REDIS_URL": redis_url, "REDIS_PREFIX": redis_prefix, "EMAIL_URL": f"file://{folder}"}
    store = Store(f"sqlite:///{tmp_path}/store.sqlite3", tmp_path, **environ)
    shutil.copy(databases.migrated_file(), tmp_path / "store.sqlite3")
    yield store
    store.close()
    redis.Redis.from_url(redis_url).delete(redis_prefix, f"_kombu.binding.{redis_prefix}")


def test_what_was_bought_before_a_crash_is_mailed_once_by_two_workers(
    store: Store, folder: Path, redis_url: str, redis_prefix: str
) -> None:
    """The process that took the orders died before it handed one of them over; then all come four times."""
    orders = [str(uuid.uuid4()) for _ in range(6)]
    store.run("-c", _BUY, *orders)
    store.run("-c", _HAND_OVER, *orders)
    queue = redis.Redis.from_url(redis_url)
    deadline = time.monotonic() + WITHIN_S
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(store, name))
        while queue.llen(redis_prefix) or len(mails(folder)) < len(orders):
            assert time.monotonic() < deadline, _logs(store)
            time.sleep(0.05)
    assert mails(folder) == sorted(f"<receipt.{order_id}@localhost>" for order_id in orders), _logs(store)


def _logs(store: Store) -> str:
    folder = Path(store.environ["DATA_DIR"])
    return "\n".join(log.read_text(errors="replace")[-3000:] for log in folder.glob("*.log"))
