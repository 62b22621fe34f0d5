"""Releases of firmware: only what is signed gets in, and a device gets it in pieces if it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from actors.messages.device import ProgressFirmware, SendFirmware, UnlockSlot
from core import actor_port
from core.accounts.credentials import tokens
from core.accounts.models import User
from core.firmware import signing
from core.firmware.download import part_of
from core.firmware.models import Release, Rollout, RolloutDevice
from core.firmware.urls import firmware_api
from core.fleet.models import Device
from devicegw import wire
from tests.core.running import Actors, running_actors
from tests.core.support import Api, World

DATA = bytes(range(256)) * 10


class Keys(NamedTuple):
    private: str
    public: str


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> Keys:
    pair = Keys(*signing.new_keys())
    settings.FIRMWARE_PUBLIC_KEY = pair.public
    settings.FIRMWARE_DIR = tmp_path
    return pair


@pytest.fixture
def actors() -> Iterator[Actors]:
    with running_actors() as running:
        yield running


def signature(keys: Keys, version: str = "2.0.1", data: bytes = DATA) -> str:
    return signing.sign(keys.private, signing.statement(version, len(data), sha256(data).hexdigest()))


def upload(user: User | None, **fields: Any) -> Any:
    token = tokens.issue(user)["access"] if user else ""
    body = {"version": "2.0.1", "file": SimpleUploadedFile("fw.bin", DATA), **fields}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(HTTP_HOST="localhost").post("/api/firmware", body, headers=headers)


@pytest.fixture
def release(people: dict[str, User], keys: Keys) -> Release:
    answer = upload(people["platform"], signature=signature(keys))
    assert answer.status_code == 201, answer.content
    return Release.objects.get(pk=answer.json()["id"])


# --- releases ----------------------------------------------------------------------


def test_a_signed_release_is_measured_and_kept(release: Release) -> None:
    assert (release.size, release.sha256) == (len(DATA), sha256(DATA).hexdigest())
    assert Path(release.file.path).read_bytes() == DATA
    assert release.uploaded_by is not None


def test_server_and_pi_agree_on_what_is_signed() -> None:
    assert signing.statement("1", 2, "ab") == wire.firmware_statement("1", 2, "ab")


@pytest.mark.parametrize("what", ["another version", "other bytes", "another key", "no base64"])
def test_a_release_is_refused_when_the_signature_is_for(
    what: str, people: dict[str, User], keys: Keys
) -> None:
    given = {
        "another version": signature(keys, "2.0.0"),
        "other bytes": signature(keys, data=DATA + b"!"),
        "another key": signature(Keys(*signing.new_keys())),
        "no base64": "!!",
    }[what]
    answer = upload(people["platform"], signature=given)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["signature"])
    assert not Release.objects.exists()


def test_without_a_key_nothing_is_taken(people: dict[str, User], keys: Keys, settings: Any) -> None:
    settings.FIRMWARE_PUBLIC_KEY = ""
    answer = upload(people["platform"], signature=signature(keys))
    assert "FIRMWARE_PUBLIC_KEY" in answer.json()["errors"]["signature"][0]


def test_a_version_is_released_once_and_the_body_is_closed(
    people: dict[str, User], keys: Keys, release: Release
) -> None:
    again = upload(people["platform"], signature=signature(keys))
    assert (again.status_code, list(again.json()["errors"])) == (400, ["version"])
    odd = upload(people["platform"], signature=signature(keys), colour="red")
    assert list(odd.json()["errors"]) == ["colour"]


def test_a_file_is_signed_on_the_command_line(tmp_path: Path) -> None:
    key, file = tmp_path / "key", tmp_path / "fw.bin"
    file.write_bytes(DATA)
    said = StringIO()
    call_command("sign_firmware", new_key=key, stdout=said)
    public = said.getvalue().strip().removeprefix("FIRMWARE_PUBLIC_KEY=")
    signed = StringIO()
    call_command("sign_firmware", str(file), key=key, firmware_version="3", stdout=signed)
    message = signing.statement("3", len(DATA), sha256(DATA).hexdigest())
    assert signing.verify(public, signed.getvalue().strip(), message)
    assert key.stat().st_mode & 0o077 == 0


# --- the download --------------------------------------------------------------------


def fetch(release: Release, world: World, **headers: str) -> Any:
    device = Api(token=tokens.issue_device(world.device.pk, 1))
    return device.get(f"/api/firmware/{release.pk}/file", **headers)


def test_a_device_gets_the_file(release: Release, world: World) -> None:
    answer = fetch(release, world)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, DATA)
    assert (answer["Accept-Ranges"], answer["ETag"]) == ("bytes", f'"{release.sha256}"')


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=100-", 100, 2559), ("bytes=0-9", 0, 9), ("bytes=-5", 2555, 2559), ("bytes=5-99999", 5, 2559)],
)
def test_a_download_goes_on_where_it_broke_off(
    wanted: str, first: int, last: int, release: Release, world: World
) -> None:
    answer = fetch(release, world, Range=wanted)
    assert (answer.status_code, answer["Content-Range"]) == (206, f"bytes {first}-{last}/2560")
    assert b"".join(answer.streaming_content) == DATA[first : last + 1]
    assert int(answer["Content-Length"]) == last - first + 1


def test_a_range_past_the_end_is_refused_and_one_of_another_file_ignored(
    release: Release, world: World
) -> None:
    past = fetch(release, world, Range="bytes=2560-")
    assert (past.status_code, past["Content-Range"]) == (416, "bytes */2560")
    other = fetch(release, world, Range="bytes=100-", **{"If-Range": '"another"'})
    assert other.status_code == 200
    assert part_of("bytes=0-1,3-4", 10) is None
    assert part_of("bytes=5-4", 10) is None


# --- rollouts ---------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the views find a rollout's row, which the journal in memory does not write."""
    asked = actor_port.ask

    def ask(kind: str, key: str, command: Any, *more: Any) -> Any:
        outcome = asked(kind, key, command, *more)
        if kind == "rollout":
            row_of(key, outcome.state)
        return outcome

    monkeypatch.setattr(actor_port, "ask", ask)


def row_of(key: str, state: Any) -> None:
    def at(posix: float) -> datetime:
        return datetime.fromtimestamp(posix, UTC)

    Rollout.objects.update_or_create(
        pk=key,
        defaults={
            "release_id": state.release_id, "version": state.image.version, "chain_slug": state.chain,
            "branch_code": state.branch, "status": state.phase, "reason": state.reason,
            "batch_size": state.batch_size, "max_failure_rate": state.max_failure_rate,
            "started_at": at(state.started_at), "seq": state.seq,
        },
    )  # fmt: skip
    for place, (device_id, job) in enumerate(state.jobs.items()):
        RolloutDevice.objects.update_or_create(
            pk=f"{key}:{device_id}",
            defaults={
                "rollout_id": key, "device_id": device_id, "place": place, "state": job.state,
                "detail": job.detail, "at": at(job.at),
            },
        )  # fmt: skip


@pytest.mark.usefixtures("started")
def test_a_device_is_offered_a_release(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    key = str(world.device.pk)
    answer = Api(people["manager"]).put(f"/api/devices/{key}/firmware", {"version": "2.0.1"})
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert (body["status"], body["branch"], body["counts"]) == ("running", "OWN", {"offered": 1})
    actors.settle()
    [(device, offer)] = actors.linked
    assert device == key
    assert isinstance(offer, SendFirmware)
    assert offer.image.url == f"http://localhost:8000/api/firmware/{release.pk}/file"
    assert (offer.image.size, offer.image.signature) == (release.size, release.signature)
    for state in ("downloading", "downloaded", "verified", "updating", "updated"):
        actors.ask("device", key, ProgressFirmware(offer.rollout_id, state))
        job = Api(people["manager"]).get(f"/api/devices/{key}/status").json()["firmware_job"]
        assert job == {"rollout_id": offer.rollout_id, "version": "2.0.1", "state": state, "detail": ""}
    actors.settle()
    assert actors.look("rollout", offer.rollout_id).phase == "finished"


@pytest.mark.usefixtures("started")
def test_those_that_failed_are_tried_again_in_a_rollout_of_their_own(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    key, api = str(world.device.pk), Api(people["manager"])
    first = api.put(f"/api/devices/{key}/firmware", {"version": "2.0.1"}).json()
    url = f"/api/rollouts/{first['id']}"
    running = api.post(f"{url}/retry", {})
    assert (running.status_code, running.json()["code"]) == (409, "rollout_running")
    actors.ask("device", key, ProgressFirmware(first["id"], "failed", "No space left."))
    actors.settle()
    row_of(first["id"], actors.look("rollout", first["id"]))
    failed = api.get(url).json()
    assert (failed["status"], failed["reason"], failed["counts"]) == ("paused", "failures", {"failed": 1})
    for _ in range(2):
        answer = api.post(f"{url}/retry", {}, **{"Idempotency-Key": "again"})
        assert answer.status_code == 202, answer.content
        second = answer.json()
        assert (second["status"], second["version"], second["counts"]) == ("running", "2.0.1", {"offered": 1})
    assert second["id"] != first["id"]
    actors.settle()
    assert [offer.rollout_id for _, offer in actors.linked] == [first["id"], second["id"]]
    # The one before has nothing left to do and nobody left to look.
    assert api.get(url).json()["status"] == "finished"
    api.post(f"/api/rollouts/{second['id']}/pause", {})
    nothing = api.post(f"/api/rollouts/{second['id']}/retry", {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_failed")


def test_no_firmware_while_a_lock_is_being_opened(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    key = str(world.device.pk)
    actors.ask("device", key, UnlockSlot("u1", 17, "T-1", actors.clock.now() + 10, "OWN"))
    answer = Api(people["manager"]).put(f"/api/devices/{key}/firmware", {"version": "2.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "lock_opening")
    assert answer["Retry-After"] == "10"


@pytest.mark.usefixtures("started")
def test_a_branch_is_done_in_batches_and_can_be_paused_resumed_and_aborted(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    Device.objects.create(branch=world.own, name="second")
    Device.objects.create(branch=world.own, name="gone", is_revoked=True)
    Device.objects.create(branch=world.sister, name="sister")
    api = Api(people["manager"])
    body = api.post("/api/rollouts", {"version": "2.0.1", "branch": "OWN", "batch_size": 1}).json()
    assert body["counts"] == {"offered": 1, "waiting": 1}
    url = f"/api/rollouts/{body['id']}"
    assert api.post(f"{url}/pause", {}).json()["status"] == "paused"
    assert api.post(f"{url}/resume", {}).json()["status"] == "running"
    aborted = api.post(f"{url}/abort", {}).json()
    assert (aborted["status"], aborted["counts"]) == ("aborted", {"aborted": 2})
    refused = api.post(f"{url}/resume", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")
    assert [row["id"] for row in api.get("/api/rollouts?branch=OWN").json()["results"]] == [body["id"]]
    assert Api(people["stranger"]).get("/api/rollouts").json()["results"] == []


@pytest.mark.usefixtures("started")
def test_a_chain_is_its_admins_affair(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    Device.objects.create(branch=world.sister, name="sister")
    foreign = Device.objects.create(branch=world.foreign, name="foreign")
    body = {"version": "2.0.1", "chain": "own-chain"}
    answer = Api(people["chain_admin"]).post("/api/rollouts", body).json()
    assert answer["branch"] is None
    assert str(foreign.pk) not in {job["device_id"] for job in answer["devices"]}
    assert len(answer["devices"]) == 2
    url = f"/api/rollouts/{answer['id']}"
    assert len(Api(people["chain_admin"]).get(url).json()["devices"]) == 2
    # A manager sees how far the own devices are, and may not order anything.
    seen = Api(people["manager"]).get(url).json()
    assert [job["device_id"] for job in seen["devices"]] == [str(world.device.pk)]
    assert seen["counts"] == {"offered": 1}
    [row] = Api(people["manager"]).get("/api/rollouts?branch=OWN").json()["results"]
    assert row == seen
    assert Api(people["manager"]).post(f"{url}/pause", {}).status_code == 403
    assert Api(people["stranger"]).get(url).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": "9", "branch": "OWN"}, 404),
        ({"version": "2.0.1"}, 400),
        ({"version": "2.0.1", "branch": "OWN", "chain": "own-chain"}, 400),
        ({"version": "2.0.1", "branch": "FOREIGN"}, 404),
        ({"version": "2.0.1", "branch": "OWN", "batch_size": 0}, 400),
        ({"version": "2.0.1", "branch": "OWN", "max_failure_rate": 2}, 400),
    ],
)
def test_a_wrong_rollout_is_refused(
    body: dict[str, Any], status: int, release: Release, people: dict[str, User], actors: Actors
) -> None:
    assert Api(people["chain_admin"]).post("/api/rollouts", body).status_code == status


def test_a_withdrawn_release_is_not_brought_out(
    release: Release, people: dict[str, User], world: World, actors: Actors
) -> None:
    Release.objects.update(is_withdrawn=True)
    answer = Api(people["manager"]).post("/api/rollouts", {"version": "2.0.1", "branch": "OWN"})
    assert (answer.status_code, answer.json()["code"]) == (409, "release_withdrawn")


# --- who may -------------------------------------------------------------------------------

CALLERS = ("anonymous", "device", "shopper", "staff", "manager", "chain_admin", "platform", "stranger")


def allowed(**statuses: int) -> dict[str, int]:
    return {
        **dict.fromkeys(CALLERS, statuses.pop("others", 403)),
        "anonymous": 401,
        "device": 401,
        **statuses,
    }


_MANAGERS = {"manager": 200, "chain_admin": 200, "platform": 200}
_ORDER = allowed(others=404, staff=403, manager=200, chain_admin=200, platform=200)
MATRIX: dict[tuple[str, str], tuple[Any, dict[str, int]]] = {
    ("GET", "/api/firmware"): (None, allowed(**_MANAGERS, stranger=200)),
    ("POST", "/api/firmware"): ("upload", allowed(platform=400)),
    ("GET", "/api/firmware/{release}"): (None, allowed(**_MANAGERS, stranger=200)),
    ("GET", "/api/firmware/{release}/file"): (None, allowed(**_MANAGERS, stranger=200, device=200)),
    ("PUT", "/api/devices/{device}/firmware"): (
        {"version": "2.0.1"}, allowed(others=404, staff=403, manager=202, chain_admin=202, platform=202),
    ),
    ("GET", "/api/rollouts"): (None, allowed(others=200)),
    ("POST", "/api/rollouts"): (
        {"version": "2.0.1", "branch": "OWN"},
        allowed(others=404, staff=403, manager=202, chain_admin=202, platform=202),
    ),
    ("GET", "/api/rollouts/{rollout}"): (None, {**_ORDER, "staff": 200}),
    ("POST", "/api/rollouts/{rollout}/pause"): ({}, _ORDER),
    ("POST", "/api/rollouts/{rollout}/resume"): ({}, _ORDER),
    ("POST", "/api/rollouts/{rollout}/abort"): ({}, _ORDER),
    ("POST", "/api/rollouts/{rollout}/retry"): (
        {}, allowed(others=404, staff=403, manager=409, chain_admin=409, platform=409),
    ),
}  # fmt: skip


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), MATRIX, ids=[" ".join(row) for row in MATRIX])
def test_each_caller_gets_what_its_role_allows(
    method: str,
    path: str,
    caller: str,
    release: Release,
    people: dict[str, User],
    world: World,
    actors: Actors,
) -> None:
    body, expected = MATRIX[method, path]
    rollout = ""
    if "{rollout}" in path:
        begun = Api(people["platform"]).post("/api/rollouts", {"version": "2.0.1", "branch": "OWN"})
        rollout = begun.json()["id"]
    token = tokens.issue_device(world.device.pk, 1) if caller == "device" else None
    api = Api(people.get(caller), token)
    url = path.format(release=release.pk, device=world.device.pk, rollout=rollout)
    if body == "upload":
        answer = api.send("POST", url, b"", "multipart/form-data; boundary=x")
    elif method == "GET":
        answer = api.get(url)
    else:
        answer = api.call(method, url, body)
    assert answer.status_code == expected[caller], answer.content


def test_the_matrix_leaves_out_nothing() -> None:
    def shape(path: str) -> tuple[str, ...]:
        return tuple("*" if "{" in part or "<" in part else part for part in path.split("/"))

    routes = {
        (method.upper(), shape(f"/{pattern.pattern}"))
        for pattern in firmware_api
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.view_class, method)  # type: ignore[attr-defined]
    }
    assert routes == {(method, shape(path)) for method, path in MATRIX}
