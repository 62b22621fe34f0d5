"""Many passwords at once: they are hashed in turn, and who cannot wait is told so."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client, override_settings

from core.accounts.credentials import hashing
from core.accounts.credentials.hashing import Turns
from core.problems import Problem
from realtime.limits.logins import Logins
from realtime.problems import Problem as Refusal

PATIENCE_S = 60


class Hash:
    """A slow piece of work: tells when it has begun, and ends when it is told."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()

    def __call__(self, turns: Turns) -> None:
        with turns.turn():
            self.begun.set()
            assert self.end.wait(PATIENCE_S)


def test_one_is_hashed_and_the_next_begins_when_it_is_done() -> None:
    turns, first, second = Turns(1, 1), Hash(), Hash()
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(first, turns)]
        assert first.begun.wait(PATIENCE_S)
        running.append(threads.submit(second, turns))
        assert not second.begun.is_set()
        first.end.set()
        assert second.begun.wait(PATIENCE_S)
        assert running[0].result(PATIENCE_S) is None
        second.end.set()


def test_no_more_are_hashed_at_once_than_may_be() -> None:
    turns, lock, inside, most = Turns(2, 100), threading.Lock(), 0, 0
    together = threading.Barrier(20)

    def one() -> None:
        nonlocal inside, most
        together.wait(PATIENCE_S)
        with turns.turn():
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(20) as threads:
        running: list[Future[None]] = [threads.submit(one) for _ in range(20)]
        for each in running:
            each.result(PATIENCE_S)
    assert 1 <= most <= 2


def test_who_finds_the_queue_full_is_told_when_to_come_again() -> None:
    turns, busy = Turns(1, 0), Hash()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(busy, turns)
        assert busy.begun.wait(PATIENCE_S)
        with pytest.raises(Problem) as refused, turns.turn():
            pass
        busy.end.set()
    assert refused.value.status_code == 503
    assert refused.value.headers["Retry-After"] == "5"
    with turns.turn():
        pass


def test_who_waits_too_long_gives_its_place_back() -> None:
    turns = Turns(1, 1, patience_s=0.0)
    with turns.turn():
        for _ in range(3):
            with pytest.raises(Problem), turns.turn():
                pass
    with turns.turn():
        pass


def test_the_product_hashes_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Turns(1, 0)
    encoded = make_password("a good long one")
    assert encoded.startswith("pbkdf2_sha256$")
    monkeypatch.setattr(hashing, "turns", lambda: full)
    assert check_password("a good long one", encoded)
    with full.turn(), pytest.raises(Problem):
        check_password("a good long one", encoded)


@pytest.mark.django_db
def test_the_login_says_that_it_is_busy_and_counts_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Turns(1, 0)
    monkeypatch.setattr(hashing, "turns", lambda: full)
    login = {"username": "owner", "password": "a wrong one"}
    with full.turn(), override_settings(AUTH_FAILURE_RATE="1/minute", AUTH_RATE="1000/minute"):
        for _ in range(3):
            answer = Client().post("/api/auth/token", login, content_type="application/json")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert answer.json()["code"] == "logins_busy"


def test_hashes_are_computed_after_everybody_else() -> None:
    make_password("a good long one")
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("password")]
    assert threads
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    for thread in threads:
        assert os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) > mine


async def test_who_waited_too_long_leaves_room_for_the_next() -> None:
    logins = Logins(1, 1, patience_s=0.0)
    async with logins.place(), logins.place():
        for _ in range(3):
            with pytest.raises(Refusal) as refused:
                async with logins.place():
                    pass
            assert refused.value.status == 503
    async with logins.place():
        pass


@pytest.mark.parametrize(
    ("method", "path", "hashes"),
    [
        ("POST", "/api/auth/token", True),
        ("POST", "/api/v1/auth/register/", True),
        ("DELETE", "/api/me", True),
        ("GET", "/api/me", False),
        ("POST", "/admin/login/", False),
        ("POST", "/api/auth/token/refresh", False),
        ("POST", "/api/cart/add", False),
    ],
)
def test_only_what_hashes_a_password_waits_with_the_guessers(method: str, path: str, hashes: bool) -> None:
    assert Logins.concerns({"method": method, "path": path}) == hashes
