"""The KR-CU16 codec on any stream of bytes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicegw.bus.boards import BadFrame
from devicegw.bus.boards.kerong import (
    ANSWERS,
    REQUESTS,
    FrameError,
    KerongDriver,
    Receiver,
    StatusAllRequest,
    StatusReply,
    StatusRequest,
    UnlockRequest,
    checksum,
)

boards = st.integers(0, 15)
words = st.integers(0, 0xFFFF)
answers = st.builds(StatusReply, boards, words, words)
requests = st.one_of(
    st.builds(StatusRequest, boards), st.builds(UnlockRequest, boards, boards), st.just(StatusAllRequest())
)
noise = st.binary(max_size=12).map(lambda data: data.replace(b"\x02", b"\x7f"))


def chunked(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


def feed(receiver: Receiver, chunks: list[bytes]) -> list[object]:
    return [found for chunk in chunks for found in receiver.feed(chunk)]


def test_unlocking_lock_0_of_board_0_is_the_vector_of_the_manual():
    assert UnlockRequest(0, 0).to_bytes() == bytes.fromhex("02 00 31 03 36")


def test_the_address_is_the_board_in_the_high_and_the_lock_in_the_low_half():
    assert UnlockRequest(2, 11).to_bytes()[1] == 0x2B
    assert StatusRequest(3).to_bytes() == bytes.fromhex("02 30 30 03 65")
    assert StatusAllRequest().to_bytes() == bytes.fromhex("02 f0 32 03 27")


def test_an_answer_carries_lock_1_in_the_lowest_bit_of_the_first_byte():
    frame = bytes.fromhex("02 10 35 01 80 ff 00 03")
    answer = StatusReply.from_bytes(frame + bytes((checksum(frame),)))
    assert answer == StatusReply(board=1, hooks=0x8001, sensors=0x00FF)


@given(st.one_of(answers, requests))
def test_every_frame_survives_the_wire(frame):
    assert type(frame).from_bytes(frame.to_bytes()) == frame


@given(answers, st.integers(0, 8), st.integers(1, 255))
def test_one_wrong_byte_is_always_found(answer, place, change):
    bad = bytearray(answer.to_bytes())
    bad[place] ^= change
    with pytest.raises(FrameError):
        StatusReply.from_bytes(bytes(bad))


@given(st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=12))
def test_chunking_never_matters(data, cuts):
    whole = [f for f in Receiver(ANSWERS).feed(data) if isinstance(f, StatusReply)]
    pieces = [f for f in feed(Receiver(ANSWERS), chunked(data, cuts)) if isinstance(f, StatusReply)]
    bytewise = feed(Receiver(ANSWERS), [bytes((byte,)) for byte in data])
    assert pieces == whole
    assert [f for f in bytewise if isinstance(f, StatusReply)] == whole


@given(st.lists(st.tuples(noise, answers), max_size=6), noise, st.lists(st.integers(0, 200), max_size=20))
def test_every_answer_is_found_between_garbage(parts, tail, cuts):
    data = b"".join(garbage + answer.to_bytes() for garbage, answer in parts) + tail
    found = feed(Receiver(ANSWERS), chunked(data, cuts))
    assert [f for f in found if isinstance(f, StatusReply)] == [answer for _, answer in parts]
    skipped = b"".join(f.data for f in found if isinstance(f, BadFrame) and f.reason == "garbage")
    assert skipped == b"".join(garbage for garbage, _ in parts) + tail


def overlapping(data: bytes, start: int) -> bool:
    """Whether garbage before ``start`` happens to make a whole good frame with what follows."""
    for place in range(start):
        try:
            StatusReply.from_bytes(data[place : place + StatusReply.size])
        except FrameError:
            continue
        return True
    return False


@given(st.binary(max_size=20), answers)
def test_a_good_frame_is_found_behind_any_garbage_even_half_frames(garbage, answer):
    data = garbage + answer.to_bytes()
    if not overlapping(data, len(garbage)):
        assert answer in Receiver(ANSWERS).feed(data)


@given(answers, st.integers(1, 8), answers)
def test_the_stump_of_a_frame_does_not_swallow_the_next_one(first, length, second):
    data = first.to_bytes()[:length] + second.to_bytes()
    if not overlapping(data, length):
        assert second in Receiver(ANSWERS).feed(data)


@given(st.lists(requests, max_size=8), st.lists(st.integers(0, 50), max_size=10))
def test_a_board_hears_requests_in_any_chunks(frames, cuts):
    data = b"".join(frame.to_bytes() for frame in frames)
    assert feed(Receiver(REQUESTS), chunked(data, cuts)) == frames


def test_a_wrong_sum_is_told_apart_from_garbage():
    frame = bytearray(StatusReply(0, 1, 1).to_bytes())
    frame[-1] ^= 0x10
    found = KerongDriver().receive(bytes(frame))
    assert found[0] == BadFrame("checksum", bytes(frame))


def test_the_next_request_forgets_a_frame_begun():
    driver = KerongDriver()
    driver.receive(StatusReply(0, 0, 0).to_bytes()[:5])
    driver.expect(0, driver.status(0)[0])
    found = driver.receive(StatusReply(7, 1, 2).to_bytes())
    assert [(f.board, f.hooks, f.sensors) for f in found] == [(7, 1, 2)]


@pytest.mark.parametrize(("board", "lock"), [(16, 0), (0, 16), (-1, 0)])
def test_an_address_beyond_the_bus_is_refused(board, lock):
    with pytest.raises(ValueError, match="expected board"):
        UnlockRequest(board, lock).to_bytes()
