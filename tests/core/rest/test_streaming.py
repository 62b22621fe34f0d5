"""Tables and files are sent while they are made, and made where the request's database connection is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.test import AsyncRequestFactory, RequestFactory
from rest_framework.request import Request

from core.rest.tables import csv_response
from core.web.streaming import stream


def _noted(made: list[Any]) -> Iterator[bytes]:
    for piece in (b"one", b"two"):
        made.append(threading.current_thread())
        yield piece


async def test_over_asgi_each_piece_is_made_when_it_is_wanted_in_the_requests_thread() -> None:
    made: list[Any] = []
    async with ThreadSensitiveContext():
        of_request = await sync_to_async(threading.current_thread)()
        answer = stream(AsyncRequestFactory().get("/"), _noted(made), status=206)
        pieces = aiter(answer.streaming_content)
        assert (answer.status_code, made) == (206, [])
        assert (await anext(pieces), made) == (b"one", [of_request])
        assert (await anext(pieces), made) == (b"two", [of_request, of_request])
        with pytest.raises(StopAsyncIteration):
            await anext(pieces)


def test_over_wsgi_the_pieces_are_a_plain_iterator() -> None:
    made: list[Any] = []
    answer = stream(RequestFactory().get("/"), _noted(made))
    assert made == []
    assert list(answer.streaming_content) == [b"one", b"two"]


def test_a_table_is_made_some_rows_at_a_time() -> None:
    request = Request(RequestFactory().get("/"))
    answer = csv_response(request, "n.csv", ["n"], ([number] for number in range(1001)))
    pieces = list(answer.streaming_content)
    assert [piece.count(b"\r\n") for piece in pieces] == [1, 500, 500, 1]
    assert pieces[0] == "\ufeffn\r\n".encode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="n.csv"'
