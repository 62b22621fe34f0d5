"""The consumers of people: shopper, branch and chain sockets, all of one protocol.

They differ in who may connect and in which topics are followed from the start;
commands and topics are checked one by one against the principal wherever they come from.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Any

from actors.messages.cart import FindSession
from actors.runtime.asks import Outcome, Pending
from core.accounts.principals import Principal, may
from core.config.logs import SUBJECT
from realtime.asgi import Message
from realtime.auth import Identity
from realtime.commands.sessions import resume
from realtime.commands.table import FRAMES
from realtime.limits.admission import Admission, admission
from realtime.limits.allowances import Meter
from realtime.limits.caller import address_of
from realtime.pipeline.logs import Refusals, RequestSubject
from realtime.pipeline.pipeline import Pipeline, outcome_of, settle
from realtime.pipeline.row import Begun, Call, Direct
from realtime.problems import Problem, forbidden, from_refusal, invalid, not_found, too_many
from realtime.sockets.base import NO_ROLE, WRONG_TOKEN, SocketConsumer
from realtime.topics.subscriptions import Subscriptions
from realtime.wire import (
    SOCKET_FRAMES,
    SUBPROTOCOL,
    UNREADABLE,
    FrameHead,
    InspectBus,
    Notice,
    Ping,
    Renew,
    Subscribe,
    Unsubscribe,
    decode_problem,
    encode_text,
    fields_of,
    head_of,
    reader,
    reply_ok,
    reply_problem,
    rfc3339,
)

read = reader((*FRAMES, *SOCKET_FRAMES))
FIELDS = fields_of((*FRAMES, *SOCKET_FRAMES))
WAYS = {way.row.name: way for way in FRAMES.values()}


class PersonConsumer(SocketConsumer):
    """A socket of ``trolley.v1``: commands, topics, token renewal."""

    subprotocol = SUBPROTOCOL
    meter: Meter

    def make_meter(self, scope: Message) -> Meter:
        """Count by account, and callers without any role by address too."""
        address = None if self.principal.has_role else address_of(scope)
        return self.shared.allowances.meter(self.principal.id, address)

    async def over(self, message: Message) -> bool:
        """Refuse the first of what is too much, then read nothing until it is not."""
        told = self.calm() and self.meter.too_fast()
        if told:
            self.outbox.text(reply_problem(head_of(message.get("text") or "").id, too_many()))
        return await super().over(message) and not told

    async def opened(self) -> None:
        """Begin."""
        self.subscriptions = Subscriptions(self.shared.topics, self.principal, self.outbox, self.spawn)
        self._life: asyncio.TimerHandle | None = None
        self._repeats: deque[tuple[str, Call, Any, Pending[Outcome[Any]]]] = deque()
        self._refusals = Refusals(self.shared.monotonic)
        self.crowd = None if self.principal.has_role else admission()
        self.shared.people.add(self)
        self._keep_alive()

    async def closed(self) -> None:
        """Unfollow everything."""
        self.shared.people.discard(self)
        self._refusals.flush()
        self.subscriptions.close()
        self.shared.links.inspections.leave(self.outbox)
        if self._life is not None:
            self._life.cancel()

    # --- messages in -----------------------------------------------------------------

    def received(self, text: str) -> None:
        """Start what the frame requests."""
        try:
            frame = read(text)
        except UNREADABLE as error:
            self._unreadable(head_of(text), error)
            return
        way = FRAMES.get(type(frame))
        if way is None:
            self._own(frame)
            return
        try:
            begun = way.begin(self.shared.services, self.principal, frame, frame.id, "", self.address)
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(frame.id, error, way.row.name)
            return
        crowd = self.crowd
        if crowd is not None:
            crowd.under_way += 1
        if type(begun) is Direct:
            # Without ``begun`` in it: that has the reply, which has this, and nothing would free the two.
            settled = partial(self._settled, frame.id, begun.call, begun.found, crowd)
            begun.pending.add_done_callback(settled, self.loop)
        else:
            flow = self.spawn(self._flow(frame.id, way.row.name, begun))
            if crowd is not None:
                flow.add_done_callback(lambda _: crowd.ended())

    def _unreadable(self, head: FrameHead, error: Exception) -> None:
        """Refuse a frame that does not fit its schema; under a used id it is another body."""
        SUBJECT.set(RequestSubject(head.id or ""))
        problem = decode_problem(error, FIELDS.get(head.type))
        way = WAYS.get(head.type)
        if head.id is None or way is None:
            self._fail(head.id, problem)
        else:
            self.spawn(self._refuse(head.id, way, problem))

    async def _refuse(self, id_: str, way: Pipeline, problem: Problem) -> None:
        try:
            await way.refuse_reuse(self.shared.services, self.principal, id_)
        except Problem as reused:
            problem = reused
        self._fail(id_, problem)

    def too_big(self, size: int) -> None:
        """Answer a message over the limit; the socket stays open."""
        limit = self.shared.limits.max_message_bytes
        problem = Problem(413, "message_too_large", f"Expected at most {limit} bytes, got {size}.")
        self.outbox.text(reply_problem(None, problem))

    def _settled(
        self, id_: str, call: Call, found: Any, crowd: Admission | None, pending: Pending[Outcome[Any]]
    ) -> None:
        if crowd is not None:  # as ``crowd.ended`` does, without a call
            crowd.under_way -= 1
            if crowd.messages:
                crowd.let_in()
        if pending.error is not None:  # not raised: its traceback would keep what has it
            SUBJECT.set(call)
            self._fail(id_, pending.error, call.row.name)
            return
        try:
            outcome = pending.value
            if outcome.refusal is not None:
                raise from_refusal(outcome.refusal)
            if outcome.replayed and call.row.shows_cart:
                self._repeats.append((id_, call, found, pending))
                if self.first is None or self.first.done():
                    self.first = self.spawn(self._show_repeats())
                return
            text = reply_ok(id_, call.row.show(call, found, outcome))
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            SUBJECT.set(call)
            self._fail(id_, error, call.row.name)
            return
        self.outbox.text(text)

    async def _show_repeats(self) -> None:
        """Show repeats the cart as it was, one after the other, for an old cart is read from the journal.

        Nothing else is read from the socket meanwhile: who repeats much waits for that himself.
        """
        while self._repeats:
            await self._repeated(*self._repeats.popleft())

    async def _repeated(self, id_: str, call: Call, found: Any, pending: Pending[Outcome[Any]]) -> None:
        SUBJECT.set(call)
        try:
            text = reply_ok(id_, call.row.show(call, found, await outcome_of(call, pending)))
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(id_, error, call.row.name)
            return
        self.outbox.text(text)

    async def _flow(self, id_: str, name: str, begun: Begun) -> None:
        try:
            text = reply_ok(id_, (await settle(begun)).data)
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(id_, error, name)
            return
        self.outbox.text(text)

    def _fail(self, id_: str | None, error: BaseException, name: str = "") -> None:
        self.outbox.text(reply_problem(id_, self._refusals.note(name, error)))

    # --- frames of the socket itself -----------------------------------------------------

    def _own(self, frame: Any) -> None:
        match frame:
            case Ping():
                self.outbox.text(reply_ok(frame.id, {}))
            case Subscribe():
                self.spawn(self._subscribe(frame))
            case Unsubscribe():
                self.subscriptions.unsubscribe(frame.topic)
                self.outbox.text(reply_ok(frame.id, {"topic": frame.topic}))
            case InspectBus():
                self.spawn(self._inspect(frame))
            case Renew():
                self.spawn(self._renew(frame))

    async def _inspect(self, frame: InspectBus) -> None:
        """Show this socket what passes on a bus of a device in a branch that the caller runs."""
        try:
            info = self.shared.services.fleet.directory.device(frame.device_id)
            if info is None or not may(self.principal, "branch.manage", info.chain, info.branch):
                raise not_found("device_not_found", "There is no such device here.")
            if frame.seconds > 0:
                look = self.shared.links.inspections.watch
                await look(self.outbox, frame.device_id, frame.bus, frame.seconds)
            else:
                self.shared.links.inspections.leave(self.outbox)
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(frame.id, error)
            return
        answer = {"device_id": frame.device_id, "bus": frame.bus, "seconds": frame.seconds}
        self.outbox.text(reply_ok(frame.id, answer))

    async def _subscribe(self, frame: Subscribe) -> None:
        try:
            await self.subscriptions.subscribe(frame)
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(frame.id, error)

    async def _renew(self, frame: Renew) -> None:
        try:
            identity = await self.shared.authenticator.identify(frame.token)
            if identity.principal.id != self.principal.id:
                raise invalid("token", "This token is somebody else's.", code="token_invalid")
        except Exception as error:  # noqa: BLE001 - answered as a problem; a defect is logged there
            self._fail(frame.id, error)
            return
        self.identity = identity
        self._become(identity.principal)
        self.watch_expiry(identity)
        self.outbox.text(reply_ok(frame.id, {"expires_at": rfc3339(identity.expires_at)}))

    def stand(self, principal: Principal | None) -> None:
        """Go on as who the login's person is by now; None: the login has ended."""
        if principal is None:
            self.close(WRONG_TOKEN)
            return
        if principal == self.principal:
            return
        try:
            self.admit(self.scope, principal)
        except Problem:
            self.close(NO_ROLE)
            return
        self.shared.links.inspections.leave(self.outbox)
        self._become(principal)

    def _become(self, principal: Principal) -> None:
        self.principal = principal
        self.crowd = None if self.principal.has_role else admission()
        self.subscriptions.renewed(principal)

    def expiring(self, identity: Identity) -> None:
        """Say that a fresh token is wanted."""
        notice = Notice("token_expiring", "Send auth.renew with a fresh token.", rfc3339(identity.expires_at))
        self.outbox.text(encode_text(notice))

    # --- the socket as a sign of life ---------------------------------------------------------

    def _keep_alive(self) -> None:
        """Nothing for staff; see the shopper's."""


class ShopperConsumer(PersonConsumer):
    """``/ws/shopper/``: any user. While it is open the shopper's session does not expire."""

    def admit(self, scope: Message, principal: Principal) -> None:
        """Let every user in; a device has its own socket."""
        if principal.kind != "user":
            raise forbidden("This socket is for people.")

    async def opened(self) -> None:
        """Begin; a session that expired while the shopper was only silent goes on."""
        await super().opened()
        self._greeted = self.loop.create_task(
            resume(self.shared.services.asking, self.principal.id, self.principal)
        )
        self._greeted.add_done_callback(_seen)

    async def _subscribe(self, frame: Subscribe) -> None:
        await asyncio.wait([self._greeted])  # so that the first snapshot has the session
        await super()._subscribe(frame)

    def _keep_alive(self) -> None:
        # Three signs in the shortest session there is, so that one may be lost.
        often = min(
            self.shared.limits.sign_of_life_s, self.shared.services.fleet.directory.shortest_timeout_s() / 3
        )
        self._life = self.loop.call_later(often, self._sign)

    def _sign(self) -> None:
        # Finding the session is itself a sign of life: the cart passes it on to the trolley.
        self.shared.services.asking.ask("cart", self.principal.id, FindSession(), self.principal)
        self._keep_alive()


def _seen(task: asyncio.Task[None]) -> None:
    """Look at what the greeting raised: the shopper's own commands will say it."""
    if not task.cancelled():
        task.exception()


class BranchConsumer(PersonConsumer):
    """``/ws/branch/{code}/``: who may watch the branch."""

    def admit(self, scope: Message, principal: Principal) -> None:
        """Check the role in the branch of the path; an unknown branch looks like a forbidden one."""
        code = scope["path_remaining"]
        branch = self.shared.services.fleet.directory.branch(code)
        if branch is None or not may(principal, "branch.watch", branch.chain, branch.code):
            raise forbidden()


class ChainConsumer(PersonConsumer):
    """``/ws/chain/{slug}/``: who may watch the chain."""

    def admit(self, scope: Message, principal: Principal) -> None:
        """Check the role in the chain of the path."""
        chain = self.shared.services.fleet.directory.chain(scope["path_remaining"])
        if chain is None or not may(principal, "chain.watch", chain.slug, None):
            raise not_found("chain_not_found", "There is no such chain.")
