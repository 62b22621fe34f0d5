"""Firmware on the Pi: cut downloads, wrong files, sick versions, power cuts at every step."""

from __future__ import annotations

import asyncio
import sys
import tarfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from devicegw import wire
from devicegw.agent.process import firmware
from devicegw.firmware import versions as module
from devicegw.firmware.download import CutOff, FirmwareRefused, fetch, verify
from devicegw.firmware.versions import MARK, STARTS, BadImage, Trial, Versions
from tests.devicegw.firmware import PUBLIC_KEY, FileServer, image, offer, supervised
from tests.devicegw.process import ROOT, running, write_config
from tests.devicegw.server import FakeServer

STEPS = ["downloading", "downloaded", "verified", "updating"]
UNREACHABLE = """
from devicegw.link.transport import WebsocketTransport
def transport_of(config):
    return WebsocketTransport("ws://127.0.0.1:1/", config.token)
"""

BUSES = (ROOT / "devicegw" / "agent" / "buses.py").read_text()
DEAF = BUSES.replace("return [each.slot for each in", "return [99] or [each.slot for each in")


def agent_config(tmp_path: Path, server: FakeServer, health_s: float = 20, **changes: Any) -> Path:
    settings: dict[str, Any] = {
        "buses": [{"port": "sim", "protocol": "simulator", "boards": [{"address": 0}]}],
        "firmware": {"public_key": PUBLIC_KEY, "health_s": health_s},
    }
    return write_config(tmp_path, server.url, "sim", **settings | changes)


async def states(server: FakeServer, until: str) -> tuple[list[str], str]:
    """Return the states told up to the end, each once, and the last one's detail."""

    def found() -> list[wire.FirmwareState]:
        told = [message for message in server.heard if isinstance(message, wire.FirmwareState)]
        return told if any(each.state == until for each in told) else []

    told = await server.until(found, f"the state {until}")
    return list(dict.fromkeys(each.state for each in told)), told[-1].detail


def test_a_cut_download_goes_on_where_it_was(tmp_path: Path) -> None:
    data = bytes(range(256)) * 400
    with FileServer(data, cuts=3).running() as files:
        wanted = offer(files.url, data)
        part = tmp_path / "part"
        for _ in range(3):
            with pytest.raises(CutOff):
                fetch(wanted, "the-token", part, lambda: True)
        fetch(wanted, "the-token", part, lambda: True)
        assert files.asked == [None, "bytes=20000-", "bytes=40000-", "bytes=60000-"]
        assert set(files.tokens) == {"Bearer the-token"}
    assert part.read_bytes() == data
    verify(wanted, part, PUBLIC_KEY)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sha256": "0" * 64}, "expected the SHA-256 0000"),
        ({"size": 5}, "expected 5 bytes, got 4"),
        ({"version": "3.0"}, "the signature is not that of"),
        ({"signature": "bm8="}, "the signature is not that of"),
    ],
)
def test_what_is_not_as_signed_is_not_taken(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"data")
    wanted = msgspec.structs.replace(offer("http://nowhere/", b"data"), **changes)
    with pytest.raises(FirmwareRefused, match=why):
        verify(wanted, part, PUBLIC_KEY)


@pytest.mark.timeout(300)
async def test_a_new_version_is_fetched_verified_started_and_kept(tmp_path: Path) -> None:
    data = image()
    async with FakeServer() as server:
        with FileServer(data, cuts=2).running() as files:
            async with supervised(agent_config(tmp_path, server)) as statuses:
                assert (await server.next(wire.Hello)).firmware == firmware()
                await server.send(offer(files.url, data))
                told, _ = await states(server, "updating")
                assert told == STEPS
                await server.next(wire.Hello, firmware="2.0+trial")
                await states(server, "updated")
                assert (await server.next(wire.Hello, firmware="2.0")).slots
                assert statuses == [75]
    assert Versions(tmp_path / "state" / "firmware").current == "2.0"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("sick", "why"),
    [
        ({"devicegw/agent/process.py": "raise SystemExit(1)"}, f"started {STARTS} times"),
        ({"devicegw/agent/transports.py": UNREACHABLE}, "the link did not come up"),
        ({"devicegw/agent/buses.py": DEAF}, "boards did not answer that answered before"),
    ],
    ids=["crashes", "no link", "boards"],
)
async def test_a_sick_version_gives_way_to_the_one_before(
    tmp_path: Path, sick: dict[str, str], why: str
) -> None:
    data = image(sick)
    async with FakeServer() as server:
        with FileServer(data).running() as files:
            async with supervised(agent_config(tmp_path, server, health_s=2)):
                await server.next(wire.Hello)
                wanted = offer(files.url, data)
                await server.send(wanted)
                await states(server, "updating")
                await server.next(wire.Hello, firmware=firmware())
                assert not any(
                    isinstance(said, wire.Hello) and said.firmware == "2.0" for said in server.heard
                )
                # The server offers after every hello; one that failed says so again.
                await server.send(wanted)
                _, detail = await states(server, "failed")
                assert why in detail
    assert Versions(tmp_path / "state" / "firmware").current is None


async def test_a_wrong_signature_fails_by_name_and_nothing_is_started(tmp_path: Path) -> None:
    data = image()
    async with FakeServer() as server:
        with FileServer(data).running() as files:
            async with running(agent_config(tmp_path, server)) as agent:
                await server.next(wire.Hello)
                await server.send(msgspec.structs.replace(offer(files.url, data), signature="bm8="))
                told, detail = await states(server, "failed")
                assert told == ["downloading", "downloaded", "failed"]
                assert "firmware.public_key" in detail
                assert agent.process.returncode is None


async def test_without_a_key_nothing_is_taken(tmp_path: Path) -> None:
    async with FakeServer() as server, running(agent_config(tmp_path, server, firmware=None)):
        await server.next(wire.Hello)
        await server.send(offer("http://nowhere/", b"data"))
        _, detail = await states(server, "failed")
        assert detail == "This Pi's configuration has no firmware.public_key."


def archive(tmp_path: Path) -> Path:
    """The smallest archive that passes for our software."""
    tmp_path.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "image"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("devicegw/agent/__init__.py"))
    return path


def installed(tmp_path: Path, *names: str) -> Versions:
    found = Versions(tmp_path)
    for name in names:
        found.unpack(archive(tmp_path), name)
    return found


class PowerCut(BaseException):
    """The process is gone."""


def test_a_power_cut_before_any_write_leaves_a_version_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = module._sync
    for cut in range(1, 100):
        left = [cut]
        found = installed(tmp_path / str(cut), "1.0")
        found._switch("1.0")

        def counted(path: Path, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut
            sync(path)

        monkeypatch.setattr(module, "_sync", counted)
        try:
            found.unpack(archive(tmp_path / str(cut)), "2.0")
            found.begin(Trial("r1", "2.0", "1.0"))
        except PowerCut:
            done = False
        else:
            done = True
        monkeypatch.setattr(module, "_sync", sync)
        runs = found.boot()
        assert runs is not None
        assert (runs / "devicegw" / "agent" / "__init__.py").is_file()
        assert (runs / MARK).read_text() == runs.name
        if done:
            assert runs.name == "2.0"
            assert cut > 5
            return
    raise AssertionError("it never came to an end")


def test_a_version_that_never_becomes_healthy_is_left_after_some_starts(tmp_path: Path) -> None:
    found = installed(tmp_path, "1.0", "2.0")
    found._switch("1.0")
    found.begin(Trial("r1", "2.0", "1.0"))
    assert [path.name for path in (found.boot() for _ in range(STARTS + 1)) if path] == [
        *["2.0"] * STARTS,
        "1.0",
    ]
    trial = found.trial()
    assert trial is not None
    assert trial.state == "failed"


def test_a_healthy_version_stays_and_only_the_one_before_is_kept(tmp_path: Path) -> None:
    found = installed(tmp_path, "1.0", "2.0", "3.0")
    trial = Trial("r1", "3.0", "2.0")
    found.begin(trial)
    found.keep(trial)
    assert sorted(path.name for path in (tmp_path / "versions").iterdir()) == ["2.0", "3.0"]
    assert found.boot() == tmp_path / "versions" / "3.0"


@pytest.mark.parametrize("name", ["../2.0", ".hidden", "a/b", ""])
def test_a_version_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadImage):
        Versions(tmp_path).path(name)


@pytest.mark.timeout(300)
async def test_an_agent_that_is_killed_while_it_updates_comes_back_and_ends_the_update(
    tmp_path: Path,
) -> None:
    data = image()
    async with FakeServer() as server:
        with FileServer(data, cuts=1, cut=30_000).running() as files:
            config = agent_config(tmp_path, server)
            wanted = offer(files.url, data)
            for _ in range(2):
                async with running(config):
                    await server.next(wire.Hello)
                    await server.send(wanted)
                    await server.next(wire.FirmwareState, state="downloading")
            async with supervised(config):
                hello = await server.next(wire.Hello)
                if hello.firmware != "2.0":
                    await server.send(wanted)
                await asyncio.wait_for(states(server, "updated"), 90)
    assert Versions(tmp_path / "state" / "firmware").current == "2.0"


OLDER_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from devicegw.agent import main; sys.exit(main())"
)
"""How agents from before the folder devicegw/agent/ start another version."""


async def test_an_agent_from_before_the_folder_starts_this_version(tmp_path: Path) -> None:
    # It also asks for the file that the agent was then; beside the folder of that name it is never read.
    data = image({"devicegw/agent.py": "raise SystemExit('the file goes before the folder')"})
    (tmp_path / "image").write_bytes(data)
    found = Versions(tmp_path)
    found.unpack(tmp_path / "image", "9.9")
    assert (found.path("9.9") / "devicegw" / "agent.py").is_file()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OLDER_START, str(found.path("9.9")), "--version"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 90)
    assert (process.returncode, out.decode().strip()) == (0, "9.9")


def test_an_archive_of_something_else_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "image", "w") as tar:
        tar.addfile(tarfile.TarInfo("devicegw/agent/process.py"))
    with pytest.raises(BadImage, match="expected devicegw/agent/__init__"):
        Versions(tmp_path).unpack(tmp_path / "image", "1.0")
