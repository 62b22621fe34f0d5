"""Firmware: what a device does with an offer, and how a rollout brings it to many."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors import device, rollout
from actors.kit.decider import TimeReached
from actors.messages.device import (
    Acked,
    CancelFirmware,
    DeskOfDevice,
    DeviceConnected,
    FirmwareImage,
    FirmwareOffered,
    FirmwareProgressed,
    FirmwareWithdrawn,
    LinkUp,
    OfferFirmware,
    ProgressFirmware,
    Result,
    SendFirmware,
    UnlockQueued,
    WithdrawFirmware,
)
from actors.messages.rollout import (
    AbortRollout,
    BatchOffered,
    DeviceProgressed,
    DeviceTimedOut,
    NoteFirmware,
    PauseRollout,
    ResumeRollout,
    RolloutAborted,
    RolloutFinished,
    RolloutNow,
    RolloutPaused,
    RolloutResumed,
    RolloutStarted,
    StartRollout,
)
from tests.domain.given import Given, Then, given

IMAGE = FirmwareImage(version="2.0", url="https://shop/fw", size=100, sha256="ab" * 32, signature="sig")
CONNECTED = DeviceConnected("B", "boot-1", "1.0", 100.0)
OFFERED = FirmwareOffered("r1", IMAGE, 100.0)
OFFER = SendFirmware("r1", IMAGE)


def step(state: Any, detail: str = "", at: float = 100.0) -> FirmwareProgressed:
    return FirmwareProgressed("r1", state, detail, at)


def told(then: Then, kind: str, key: str) -> list[Any]:
    """Return what the entity is told for sure."""
    return [tell.command for tell in then.told if tell.durable and (tell.kind, tell.key) == (kind, key)]


def pi(*events: Any) -> Given:
    return given(device, "d1", CONNECTED, *events)


# --- a device ------------------------------------------------------------------------


def test_an_offer_goes_to_the_pi() -> None:
    then = pi().when(OfferFirmware("r1", IMAGE), at=100.0).then(OFFERED)
    assert then.hints("link", "d1") == [OFFER]


def test_the_same_offer_again_changes_nothing() -> None:
    pi(OFFERED).when(OfferFirmware("r1", IMAGE), at=101.0).nothing()


def test_an_offer_waits_while_a_lock_is_being_opened() -> None:
    queued = UnlockQueued(unlock_id="u1", slot=3, trolley_id="T", expires_at=110.0, branch="B", at=99.0)
    then = pi(queued).when(OfferFirmware("r1", IMAGE), at=100.0).then(OFFERED)
    assert then.hints("link", "d1") == []
    done = pi(queued, OFFERED).when(Result("u1", "opened"), at=101.0).names("UnlockDone")
    assert done.hints("link", "d1") == [OFFER]


def test_a_pi_that_comes_back_hears_the_offer_again() -> None:
    hello = LinkUp("B", "boot-2", "1.0", ())
    pi(OFFERED).when(hello, at=120.0).answers(DeskOfDevice((), 0, OFFER))
    pi(OFFERED, step("failed")).when(hello, at=120.0).answers(DeskOfDevice((), 0))


def test_a_pi_that_comes_back_with_the_new_firmware_is_updated() -> None:
    hello = LinkUp("B", "boot-2", "2.0", ())
    then = pi(OFFERED, step("updating")).when(hello, at=120.0)
    then.then(DeviceConnected("B", "boot-2", "2.0", 120.0), step("updated", at=120.0))
    then.answers(DeskOfDevice((), 0))
    assert told(then, "rollout", "r1") == [NoteFirmware("d1", "updated")]


def test_progress_goes_forward_and_ends_once() -> None:
    then = pi(OFFERED).when(ProgressFirmware("r1", "verified"), at=100.0).then(step("verified"))
    then.answers(Acked())
    assert told(then, "rollout", "r1") == [NoteFirmware("d1", "verified")]
    assert len(then.hints("branch", "B")) == 1
    late = pi(OFFERED, step("verified"))
    late.when(ProgressFirmware("r1", "downloading"), at=100.0).nothing().answers(Acked())
    late.when(ProgressFirmware("r0", "failed"), at=100.0).nothing().answers(Acked())
    late.when(ProgressFirmware("r1", "failed", "No space."), at=100.0).then(step("failed", "No space."))
    pi(OFFERED, step("failed")).when(ProgressFirmware("r1", "updated"), at=100.0).nothing().answers(Acked())
    pi().when(ProgressFirmware("r1", "updated"), at=100.0).nothing().answers(Acked())


def test_a_second_offer_takes_the_place_of_the_first() -> None:
    newer = replace(IMAGE, version="3.0")
    then = pi(OFFERED).when(OfferFirmware("r2", newer), at=100.0)
    then.then(
        step("failed", "Another rollout has offered another firmware."), FirmwareOffered("r2", newer, 100.0)
    )


def test_a_device_that_has_the_version_is_updated_at_once() -> None:
    had = replace(IMAGE, version="1.0")
    then = pi().when(OfferFirmware("r1", had), at=100.0)
    then.names("FirmwareOffered", "FirmwareProgressed")
    assert [note.state for note in told(then, "rollout", "r1")] == ["updated"]


def test_an_offer_is_withdrawn_until_the_update_has_begun() -> None:
    then = pi(OFFERED).when(WithdrawFirmware("r1"), at=100.0).then(FirmwareWithdrawn("r1", 100.0))
    assert then.hints("link", "d1") == [CancelFirmware("r1")]
    pi(OFFERED, step("updating")).when(WithdrawFirmware("r1"), at=100.0).nothing()
    pi(OFFERED).when(WithdrawFirmware("r0"), at=100.0).nothing()


# --- a rollout -------------------------------------------------------------------------

START = StartRollout(
    release_id="rel",
    image=IMAGE,
    chain="c",
    branch="B",
    devices=("d1", "d2", "d3"),
    batch_size=2,
    max_failure_rate=0.5,
    device_timeout_s=600.0,
    user_id="u",
)
STARTED = RolloutStarted(
    release_id="rel",
    image=IMAGE,
    chain="c",
    branch="B",
    devices=("d1", "d2", "d3"),
    batch_size=2,
    max_failure_rate=0.5,
    device_timeout_s=600.0,
    user_id="u",
    at=100.0,
)
FIRST = BatchOffered(("d1", "d2"), 100.0)


def running(*events: Any) -> Given:
    return given(rollout, "r1", STARTED, FIRST, *events)


def was(device_id: str, state: Any, detail: str = "", at: float = 100.0) -> DeviceProgressed:
    return DeviceProgressed(device_id, state, detail, at)


def test_a_rollout_begins_with_its_first_batch() -> None:
    then = given(rollout, "r1").when(START, at=100.0).then(STARTED, FIRST).answers(RolloutNow("running"))
    assert told(then, "device", "d1") == told(then, "device", "d2") == [OfferFirmware("r1", IMAGE)]
    assert told(then, "device", "d3") == []
    running().when(START, at=101.0).nothing().answers(RolloutNow("running"))


def test_the_next_batch_waits_for_all_of_the_one_before() -> None:
    running().when(NoteFirmware("d1", "updated"), at=100.0).then(was("d1", "updated"))
    then = running(was("d1", "updated")).when(NoteFirmware("d2", "updated"), at=100.0)
    then.then(was("d2", "updated"), BatchOffered(("d3",), 100.0))
    last = running(was("d1", "updated"), was("d2", "updated"), BatchOffered(("d3",), 100.0))
    last.when(NoteFirmware("d3", "failed"), at=100.0).then(was("d3", "failed"), RolloutFinished(100.0))


def test_too_many_failures_pause_it_until_somebody_accepts_them() -> None:
    one = running().when(NoteFirmware("d1", "failed", "Boot."), at=100.0)
    one.then(was("d1", "failed", "Boot."))
    two = running(was("d1", "failed")).when(NoteFirmware("d2", "failed"), at=100.0)
    two.then(was("d2", "failed"), RolloutPaused("failures", 100.0))
    paused = running(was("d1", "failed"), was("d2", "failed"), RolloutPaused("failures", 100.0))
    resumed = paused.when(ResumeRollout(), at=100.0)
    resumed.then(RolloutResumed(100.0), BatchOffered(("d3",), 100.0)).answers(RolloutNow("running"))


def test_one_in_which_the_only_device_failed_is_not_done_until_somebody_has_looked() -> None:
    only = given(rollout, "r1", replace(STARTED, devices=("d1",)), BatchOffered(("d1",), 100.0))
    only.when(NoteFirmware("d1", "failed"), at=100.0).then(
        was("d1", "failed"), RolloutPaused("failures", 100.0)
    )
    failed = given(
        rollout,
        "r1",
        replace(STARTED, devices=("d1",)),
        BatchOffered(("d1",), 100.0),
        was("d1", "failed"),
        RolloutPaused("failures", 100.0),
    )
    failed.when(TimeReached(), at=9000.0).nothing()
    failed.when(ResumeRollout(), at=100.0).then(RolloutResumed(100.0), RolloutFinished(100.0))


def test_with_no_failure_allowed_the_first_one_pauses() -> None:
    strict = given(rollout, "r1", replace(STARTED, max_failure_rate=0.0), FIRST)
    strict.when(NoteFirmware("d1", "failed"), at=100.0).names("DeviceProgressed", "RolloutPaused")


def test_a_paused_rollout_offers_nothing_and_goes_on_when_told() -> None:
    running().when(PauseRollout(), at=100.0).then(RolloutPaused("asked", 100.0)).answers(RolloutNow("paused"))
    paused = running(RolloutPaused("asked", 100.0), was("d1", "updated"))
    paused.when(NoteFirmware("d2", "updated"), at=100.0).then(was("d2", "updated"))
    still = running(RolloutPaused("asked", 100.0))
    still.when(ResumeRollout(), at=100.0).then(RolloutResumed(100.0)).answers(RolloutNow("running"))


def test_an_aborted_rollout_lets_go_of_devices_that_have_not_begun_to_update() -> None:
    then = running(was("d1", "updating")).when(AbortRollout(), at=100.0)
    then.then(RolloutAborted(("d2",), 100.0)).answers(RolloutNow("aborted"))
    assert told(then, "device", "d2") == [WithdrawFirmware("r1")]
    assert told(then, "device", "d1") == []
    aborted = running(was("d1", "updating"), RolloutAborted(("d2",), 100.0))
    assert [job.state for job in aborted.state.jobs.values()] == ["updating", "aborted", "aborted"]
    aborted.when(NoteFirmware("d1", "updated"), at=100.0).then(was("d1", "updated"))
    aborted.when(ResumeRollout(), at=100.0).refused(409, "not_allowed")


def test_a_device_that_says_nothing_new_has_failed() -> None:
    state = running(was("d1", "downloading", at=300.0))
    assert rollout.DECIDER.deadline(state.state) == 700.0
    state.when(TimeReached(), at=699.0).nothing()
    then = state.when(TimeReached(), at=700.0).then(DeviceTimedOut("d2", 700.0))
    assert told(then, "device", "d2") == [WithdrawFirmware("r1")]
    both = state.when(TimeReached(), at=900.0)
    both.names("DeviceTimedOut", "DeviceTimedOut", "RolloutPaused")


def test_words_of_strangers_and_repeats_change_nothing() -> None:
    running().when(NoteFirmware("d9", "failed"), at=100.0).nothing()
    running().when(NoteFirmware("d3", "updated"), at=100.0).nothing()
    running(was("d1", "verified")).when(NoteFirmware("d1", "verified"), at=100.0).nothing()
    given(rollout, "r1").when(NoteFirmware("d1", "updated"), at=100.0).nothing()
