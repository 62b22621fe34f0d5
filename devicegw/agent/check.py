"""``--check``: is everything there that the configuration names, and does it answer?

Nothing is opened, moved or told: boards are only asked for their status, and the
server is spoken to before hello, so that no running agent is replaced.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from devicegw import wire
from devicegw.agent.config import AgentBus, AgentConfig
from devicegw.agent.protocols import driver_of, port_of
from devicegw.bus.board_state import BoardState
from devicegw.bus.boards import BoardRefused, BoardStatus, Driver
from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.line import SerialLine
from devicegw.bus.messages import SlotReading
from devicegw.bus.port import PortLost
from devicegw.clock import SystemClock
from devicegw.errors import ConfigError
from devicegw.link import broker
from devicegw.link.config import MqttLink
from devicegw.link.link import REFUSED
from devicegw.link.outbox import Outbox
from devicegw.scanners.port import scanner_port

ASKED = 5
"""Times each board is asked."""
LINK_S = 10.0


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One line of the table."""

    what: str
    ok: bool
    detail: str


async def check(config: AgentConfig) -> list[CheckRow]:
    """Try everything once; return a row each."""
    locks = sum(board.locks for bus in config.buses for board in bus.boards)
    rows = [CheckRow("configuration", True, f"{len(config.buses)} buses, {locks} locks")]
    rows.append(_state_dir(config))
    for index, bus in enumerate(config.buses):
        rows += await asyncio.to_thread(lambda i=index, b=bus: list(check_bus(i, b)))  # type: ignore[misc]
    for scanner in config.scanners:
        what = f"scanner {scanner.port}"
        try:
            scanner_port(scanner).close()
            rows.append(CheckRow(what, True, f"{scanner.reads_as}, for {scanner.trolley_id}"))
        except PortLost as error:
            rows.append(CheckRow(what, False, str(error)))
    rows.append(await check_link(config))
    return rows


def table(rows: list[CheckRow]) -> str:
    """Return the rows as lines under each other."""
    width = max(len(row.what) for row in rows)
    return "".join(f"{'ok  ' if row.ok else 'FAIL'}  {row.what:{width}}  {row.detail}\n" for row in rows)


def _state_dir(config: AgentConfig) -> CheckRow:
    try:
        outbox = Outbox(Path(config.state_dir) / "outbox.sqlite3", config.outbox_limit)
        waiting = len(outbox)
        outbox.close()
    except (OSError, sqlite3.Error) as error:
        return CheckRow("state_dir", False, f"{config.state_dir}: {error}")
    return CheckRow("state_dir", True, f"{config.state_dir}, {waiting} messages wait in the outbox")


def check_bus(index: int, bus: AgentBus) -> Iterator[CheckRow]:
    """Open the port and ask every board."""
    driver, clock = driver_of(bus), SystemClock()
    line = SerialLine(port_of(bus), bus.baudrate, driver, bus.timings, clock)
    what = f"port {bus.port}"
    try:
        line.open()
        yield CheckRow(what, True, f"{bus.protocol}, {bus.baudrate} baud")
        for board in bus.boards:
            yield _board(line, driver, BoardState(index, board, bus.timings, clock), board, f"{what} ")
        if line.echoing:
            yield CheckRow(f"{what} echo", True, "the adapter hears itself; that is taken out")
    except PortLost as error:
        yield CheckRow(what, False, str(error))
    finally:
        line.close()


def _board(line: SerialLine, driver: Driver, state: BoardState, board: BoardConfig, prefix: str) -> CheckRow:
    answered, refusal = 0, ""
    for _ in range(ASKED):
        answer = None
        for request in driver.status(board.address):
            answer = line.exchange(board.address, request, state.health)
            if answer is None or isinstance(answer, BoardRefused):
                break
        if isinstance(answer, BoardStatus):
            answered += 1
            state.take(answer)
        elif isinstance(answer, BoardRefused):
            refusal = answer.detail
    what = f"{prefix}board {board.address}"
    if answered == ASKED:
        trip = state.health.round_trip_s * 1000
        return CheckRow(what, True, f"answers in {trip:.1f} ms, {_slots(state.everything())}")
    if refusal:
        return CheckRow(what, False, f"refuses: {refusal}; see the map of inputs in boards[].modbus")
    health = state.health
    if health.bad_checksums or health.garbage_bytes or health.strays:
        heard = f"{health.bad_checksums} bad sums, {health.garbage_bytes} bytes of garbage"
        why = "noise, the wrong baud rate, or two boards at one address"
        return CheckRow(what, False, f"{answered} of {ASKED} answers, {heard}: {why}")
    return CheckRow(
        what, False, f"{answered} of {ASKED} answers: no power, another address, or A and B swapped"
    )


def _slots(readings: list[SlotReading]) -> str:
    is_open = [reading.slot & 0x0F for reading in readings if reading.hook == "open"]
    present = sum(reading.present for reading in readings)
    opened = f"open: {', '.join(map(str, is_open))}" if is_open else "none open"
    return f"{len(readings)} locks, {opened}, {present} trolleys present"


async def check_link(config: AgentConfig) -> CheckRow:
    """Connect and authenticate, to the server or to the broker, in a way that replaces no running agent."""
    if isinstance(config.link, MqttLink):
        return await check_broker(config, config.link)
    return await check_server(config, config.server_url or "")


async def check_broker(config: AgentConfig, link: MqttLink) -> CheckRow:
    """Connect with a separate client id and subscribe to the device's commands, without the server."""
    what = f"link mqtt {link.broker.address}"
    topics = broker.DeviceTopics(link.prefix, link.chain, link.branch, config.device_id)
    try:
        name = f"check-{config.device_id}"
        async with broker.client(link.broker, name, None, timeout=LINK_S) as client:
            await client.subscribe(topics.commands, qos=1)
    except aiomqtt.MqttError as error:
        return CheckRow(what, False, broker.why(link.broker, error))
    except broker.BrokerError as error:
        return CheckRow(what, False, f"link.{error}")
    return CheckRow(what, True, f"the broker lets us in; topics {topics.status.rpartition('/')[0]}")


async def check_server(config: AgentConfig, url: str) -> CheckRow:
    """Send a heartbeat before hello; whatever answers it shows that we were taken."""
    what = f"link {url}"
    try:
        async with asyncio.timeout(LINK_S):
            async with connect(
                url,
                additional_headers={"Authorization": f"Bearer {config.token()}"},
                subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
                compression=None,
                close_timeout=1,
            ) as socket:
                await socket.send(wire.encode(wire.Heartbeat()))
                await socket.recv()
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else 0
        refused = REFUSED.get(code)
        return CheckRow(
            what, False, f"the server refused {refused} ({code})" if refused else f"closed: {error}"
        )
    except InvalidStatus as error:
        status = error.response.status_code
        return CheckRow(
            what, False, f"the server answered {status}, refusing {REFUSED.get(status, 'this path')}"
        )
    except TimeoutError:
        return CheckRow(what, False, f"no answer in {LINK_S:g} s")
    except (OSError, WebSocketException, ConfigError) as error:
        return CheckRow(what, False, f"{type(error).__name__}: {error}")
    return CheckRow(what, True, f"the token of {config.device_id} is taken")
