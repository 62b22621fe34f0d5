"""``/ws/device/``: the Pis' sockets. Wire objects become actor commands, and the other way round."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from actors.messages.device import (
    Beat,
    CancelFirmware,
    DeskOfDevice,
    LinkDown,
    LinkUp,
    ProgressFirmware,
    SendFirmware,
    SendUnlock,
    SlotReading,
)
from actors.messages.device import Received as ReceivedByDevice
from actors.messages.device import Report as ReportOfDevice
from actors.messages.device import Result as ResultOfDevice
from actors.runtime.address import Address
from actors.runtime.asks import Askable, Outcome, Pending
from core.accounts.principals import Principal
from core.telemetry.writer import SampleRow, SamplesFull
from devicegw import wire
from realtime.asgi import Message, Receive
from realtime.devices.inspection import Taps
from realtime.devices.reports import DeviceReports
from realtime.devices.scans import Scans
from realtime.limits.bucket import TokenBucket
from realtime.pipeline.asking import Accepted
from realtime.problems import Problem, forbidden, from_error, from_refusal, invalid
from realtime.sockets.base import NO_ROLE, WRONG_TOKEN, SocketConsumer

A = TypeVar("A")

log = logging.getLogger("devices")

REPLACED = 4409
_Standing = tuple[bool, int, str] | None
"""Of a device in the directory: revoked, token version, branch."""
TRY_AGAIN = 1013


class DeviceConsumer(SocketConsumer):
    """One Pi. Its messages are handled in order; only what is durable is acknowledged."""

    subprotocol = wire.SUBPROTOCOL
    # After a night without a link a Pi has much to say, and says it all.
    cuts_floods = False
    _boot_id: str | None = None
    _welcomed = False
    _standing: _Standing = None

    def admit(self, scope: Message, principal: Principal) -> None:
        """Admit devices only."""
        if principal.kind != "device":
            raise forbidden("This socket is for devices.")
        self._standing = self._standing_of(principal.id)

    def make_meter(self, scope: Message) -> TokenBucket:
        """Count by device; a gateway of a shop has one address for all of them."""
        return TokenBucket(self.shared.limits.device_messages_per_s, self.shared.monotonic)

    async def opened(self) -> None:
        """Make what this device's link needs: taps, reports, scans."""
        self.taps = Taps(self.principal.id, self._inspect, self.shared.links.show, self.shared.monotonic)
        self._reports = DeviceReports(self.shared.report_scheduler, self._ask, self._reported)
        self._scans = Scans(
            self.shared.services, self.principal, lambda seq: self._ack(seq, None), self._refuse
        )

    async def _read(self, receive: Receive) -> None:
        async def next_with_room() -> Message:
            await self._reports.wait_for_room()
            return await receive()

        await super()._read(next_with_room)

    async def closed(self) -> None:
        """Tell who looks at a bus, and the device's actor unless a newer socket has taken over."""
        self.taps.close()
        if self._boot_id is not None and self.shared.links.remove(self.principal.id, self):
            self._reports.flush()
            self._ask(LinkDown(self._boot_id))
        # They call this back: with them it would stay in memory until a collection.
        del self.taps, self._reports, self._scans

    # --- from the server --------------------------------------------------------------

    def command(self, command: object) -> None:
        """Send an order. Before the welcome nothing is sent: what is wanted follows it."""
        if not self._welcomed:
            return
        match command:
            case SendUnlock(unlock_id=id_, slot=slot, ttl_ms=ttl_ms):
                self._write(wire.Command(id=id_, slot=slot, op="unlock", ttl_ms=ttl_ms))
            case SendFirmware(rollout_id=id_, image=image):
                fields = {name: getattr(image, name) for name in image.__struct_fields__}
                self._write(wire.Firmware(rollout_id=id_, **fields))
            case CancelFirmware(rollout_id=id_):
                self._write(wire.FirmwareCancel(rollout_id=id_))

    def _inspect(self, order: wire.Inspect) -> None:
        if self._welcomed:
            self._write(order)

    def _frames(self, frames: wire.Frames) -> None:
        self.taps.relay(frames)

    def replaced(self) -> None:
        """Close: the device has opened a newer socket."""
        self._reports.flush()
        self.close(REPLACED)

    def recheck(self) -> None:
        """Verify the token again if anything that it depends on has changed."""
        standing = self._standing_of(self.principal.id)
        if standing != self._standing:
            self._standing = standing
            self.spawn(self._reidentify())

    def _standing_of(self, device_id: str) -> _Standing:
        info = self.shared.services.fleet.directory.device(device_id)
        return None if info is None else (info.is_revoked, info.token_version, info.branch)

    async def _reidentify(self) -> None:
        try:
            identity = await self._identify(self.scope)
        except Problem as problem:
            self.close(WRONG_TOKEN if problem.status == 401 else TRY_AGAIN)
            return
        if identity.principal.grants != self.principal.grants:
            # It belongs to another branch now: it comes again and says hello there.
            self.close(TRY_AGAIN)
        else:
            self.watch_expiry(identity)

    def _write(self, message: Any) -> None:
        self.outbox.text(wire.encode(message))

    # --- from the device ----------------------------------------------------------------

    def received(self, text: str) -> None:
        """Handle one message."""
        try:
            message = wire.decode_from_device(text)
            if self._boot_id is None and not isinstance(message, wire.Hello):
                raise invalid("type", "Expected hello first.", code="hello_first")
            handler = self._handlers.get(type(message))
            if handler is None:
                raise invalid("type", "Nobody has asked for this.", code="not_asked_for")
            handler(self, message)
        except wire.WireError as error:
            self._write(wire.Problem(code="invalid_message", detail=str(error)[:500], seq=wire.seq_of(text)))
        except Problem as problem:
            self._refuse(wire.seq_of(text), problem)

    def _refuse(self, seq: int | None, problem: Problem) -> None:
        """Refuse permanently what would be refused again; after anything else the Pi may retry."""
        if problem.status >= 500:
            log.warning("device %s: %s", self.principal.id, problem.detail)
            self.close(TRY_AGAIN)
        else:
            self._write(wire.Problem(code=problem.code, detail=problem.detail[:500], seq=seq))

    def _ask(self, command: Askable[A]) -> Pending[Outcome[A]]:
        return self.shared.services.asking.ask("device", self.principal.id, command, self.principal)

    def _then(self, pending: Pending[Outcome[A]], done: Callable[[A], None], seq: int | None = None) -> None:
        pending.add_done_callback(partial(self._settled, done, seq))

    def _settled(self, done: Callable[[A], None], seq: int | None, pending: Pending[Outcome[A]]) -> None:
        try:
            done(_accepted(pending).answer)
        except Exception as error:  # noqa: BLE001 - answered as a problem
            self._refuse(seq, from_error(error))

    def _ack(self, seq: int, answer: Any) -> None:
        self._write(wire.Ack(seq=seq))

    def _hello(self, hello: wire.Hello) -> None:
        if hello.device_id != self.principal.id:
            self._write(wire.Problem(code="wrong_device", detail="The token is another device's."))
            self.close(NO_ROLE)
            return
        directory = self.shared.services.fleet.directory
        info = directory.device(self.principal.id)
        branch = info.branch if info is not None else (self.principal.grants[0].branch or "")
        readings = tuple(self._reading(each) for each in hello.slots)
        self._boot_id, self._welcomed = hello.boot_id, False
        self.shared.links.add(self.principal.id, self)
        self._then(self._ask(LinkUp(branch, hello.boot_id, hello.firmware, readings)), self._welcome)

    def _welcome(self, desk: DeskOfDevice) -> None:
        desired = tuple(wire.DesiredLock(slot=each.slot, lock="open") for each in desk.pending)
        self._welcomed = True
        self._write(wire.Welcome(config=self.config(), desired=desired, last_seq=desk.last_seq))
        for each in desk.pending:
            self.command(each)
        self.command(desk.firmware)

    def config(self) -> wire.LinkConfig:
        """Return the settings that the Pi is given."""
        limits = self.shared.limits
        return wire.LinkConfig(heartbeat_s=limits.device_heartbeat_s, telemetry_s=limits.device_telemetry_s)

    def _reading(self, slot: wire.SlotState | wire.Report) -> SlotReading:
        directory = self.shared.services.fleet.directory
        code = directory.slots(self.principal.id).get(slot.slot)
        ref = None if code is None else directory.trolley(code)
        return SlotReading(slot.slot, slot.hook, slot.present, slot.at.timestamp(), ref, self._free())

    def _free(self) -> bool:
        """Return whether any trolley may come back into this device's slots."""
        directory = self.shared.services.fleet.directory
        info = directory.device(self.principal.id)
        branch = None if info is None else directory.branch(info.branch)
        return branch is not None and branch.settings.returns_anywhere

    def _received(self, message: wire.Received) -> None:
        self._tell(ReceivedByDevice(message.id))

    def _result(self, result: wire.Result) -> None:
        self._reports.flush()
        command = ResultOfDevice(result.id, result.outcome, result.detail)
        self._then(self._ask(command), partial(self._ack, result.seq), result.seq)

    def _report(self, report: wire.Report) -> None:
        self._reports.put(ReportOfDevice(report.seq, self._reading(report)))

    def _reported(self, reports: Sequence[ReportOfDevice], pending: Any) -> bool:
        try:
            _accepted(pending)
        except Exception as error:  # noqa: BLE001 - answered as a problem
            for report in reports:
                self._refuse(report.seq, from_error(error))
            return False
        for report in reports:
            self._ack(report.seq, None)
        return True

    def _telemetry(self, message: wire.Telemetry) -> None:
        self.shared.links.telemetry[self.principal.id] = message
        data = msgspec.json.encode(message.data)
        if b"\\u0000" in data:
            raise invalid("data", "Expected text without NUL characters.", code="invalid_message")
        row = SampleRow(
            device_id=self.principal.id,
            seq=message.seq,
            at=message.at.timestamp(),
            received_at=self.shared.now(),
            data=msgspec.Raw(data),
        )
        try:
            self.shared.keep_sample(row, partial(self._kept, message.seq))
        except SamplesFull:
            raise Problem(503, "overloaded", "Too much telemetry waits.", retry_after=1) from None
        self._tell(Beat(message.data))

    def _kept(self, seq: int, error: Exception | None) -> None:
        if error is None:
            self._ack(seq, None)
        else:
            self._refuse(seq, Problem(503, "unavailable", "The telemetry could not be kept.", retry_after=5))

    def _firmware_state(self, message: wire.FirmwareState) -> None:
        command = ProgressFirmware(message.rollout_id, message.state, message.detail)
        self._then(self._ask(command), partial(self._ack, message.seq), message.seq)

    def _heartbeat(self, message: wire.Heartbeat) -> None:
        self._tell(Beat())
        self._write(message)

    def _tell(self, command: Any) -> None:
        who = self.principal
        self.shared.services.asking.actors.tell(Address("device", who.id), command, None, who.label)

    def _scan(self, scan: wire.Scan) -> None:
        if self._scans.put(scan):
            self.spawn(self._scans.run())

    _handlers: dict[type, Any] = {
        wire.Hello: _hello,
        wire.Received: _received,
        wire.Result: _result,
        wire.Report: _report,
        wire.Telemetry: _telemetry,
        wire.FirmwareState: _firmware_state,
        wire.Scan: _scan,
        wire.Frames: _frames,
        wire.Heartbeat: _heartbeat,
    }


def _accepted(pending: Pending[Outcome[A]]) -> Accepted[A]:
    """Return the accepted outcome of an ask that has been answered; raises why there is none."""
    outcome: Any = pending.get(timeout=0)
    if outcome.refusal is not None:
        raise from_refusal(outcome.refusal)
    accepted: Accepted[A] = outcome
    return accepted
