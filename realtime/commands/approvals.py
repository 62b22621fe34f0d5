"""Approvals: staff lists the goods that wait for a decision, and decides."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import Offer
from actors.messages.needs import NeedStands, SettleNeed
from core.accounts.people import find_tier
from core.catalogue.labels import ScaleLabel
from core.shopping import needs
from core.shopping.models import Need
from realtime.pipeline.asking import Accepted, in_database
from realtime.pipeline.row import Ask, Call, Command, Route, as_found, ask_nothing, in_branch
from realtime.problems import invalid, not_found
from realtime.views.base import View
from realtime.views.cart import NeedView, need_view
from realtime.wire import ONE_LINE, Body, Uuid, rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]
MOST_GRAMS = 100_000


class ApprovalList(Body):
    """What waits for somebody of the branch: an age to look at, a tag to take off, something to weigh."""

    branch: Id


class ApprovalSettle(Body):
    """Approve goods in a shopper's cart, or refuse them. ``weight_g``: what was weighed, of a weighing."""

    branch: Id
    approval_id: Uuid
    approve: bool
    reason: Annotated[str, Meta(max_length=200, extra=ONE_LINE)] | None = None
    weight_g: Annotated[int, Meta(ge=1, le=MOST_GRAMS)] | None = None


class WaitingView(View, frozen=True):
    """One thing that waits; ``age`` in years, null where it is about none."""

    id: str
    kind: str
    name: str
    age: int | None
    shopper: str
    waits_since: str


class WaitingViews(View, frozen=True):
    """All that waits in a branch, the longest wait first."""

    items: tuple[WaitingView, ...]


async def _waiting(call: Call) -> WaitingViews:
    rows = await in_database(needs.waiting, call.place.thing.code)
    return WaitingViews(items=tuple([await _shown(call, row) for row in rows]))


async def _shown(call: Call, row: Need) -> WaitingView:
    return WaitingView(
        id=str(row.need_id),
        kind=row.kind,
        name=row.name,
        age=row.age or None,
        shopper=await call.services.names.of(str(row.user_id)),
        waits_since=rfc3339(row.raised_at.timestamp()),
    )


async def _find(call: Call) -> tuple[str, SettleNeed]:
    """Return whose cart it is about, and the decision. Raises the 404 for another branch's."""
    body: ApprovalSettle = call.body
    branch = call.place.thing
    row = await in_database(needs.find, body.approval_id)
    sold = row is not None and call.services.goods.catalogue(branch.chain).by_id(str(row.product_id))
    if row is None or not sold or row.branch_code not in ("", branch.code):
        raise not_found("approval_not_found", "There is no such request here.")
    if body.weight_g is not None and (row.kind != "weigh" or not body.approve):
        raise invalid("weight_g", "Goes with an approved weighing only.")
    weighed = await _weighed(call, row) if body.weight_g is not None else None
    command = SettleNeed(
        need_id=str(row.need_id),
        approve=body.approve,
        branch=branch.code,
        by=call.who.id,
        reason=(body.reason or "").strip(),
        weighed=weighed,
    )
    return str(row.user_id), command


async def _weighed(call: Call, row: Need) -> Offer | None:
    """Return the offer of what was weighed, or None if the line was removed meanwhile."""
    user_id, branch = str(row.user_id), call.place.thing
    state: CartState = (await call.services.asking.look("cart", user_id, call.who)).state
    need = state.need(str(row.need_id))
    line = None if need is None else state.line(need.line_id)
    catalogue = call.services.goods.catalogue(branch.chain)
    product = None if line is None else catalogue.by_id(line.product_id)
    if line is None or product is None:
        return None
    label = ScaleLabel(str(row.need_id), weight_g=call.body.weight_g)
    tier = await in_database(find_tier, user_id)
    return catalogue.offer(product, line.variant_id, branch.code, tier, label)


def _settle(call: Call, found: tuple[str, SettleNeed]) -> Ask:
    return Ask("cart", found[0], found[1])


def _settled(call: Call, found: tuple[str, SettleNeed], outcome: Accepted[NeedStands]) -> NeedView:
    return need_view(outcome.answer.need)


ROWS = (
    Command(
        name="approval.list",
        body=ApprovalList,
        answer=WaitingViews,
        permission="approval.settle",
        where=in_branch,
        refer=_waiting,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/branches/{branch_id}/approvals"),),
        refusals=("branch_not_found",),
        socket=False,
    ),
    Command(
        name="approval.settle",
        body=ApprovalSettle,
        answer=NeedView,
        permission="approval.settle",
        where=in_branch,
        refer=_find,
        command=_settle,
        show=_settled,
        routes=(Route("POST", "/branches/{branch_id}/approvals/{approval_id}"),),
        refusals=("invalid", "approval_not_found", "weight_needed", "cart_frozen", "branch_not_found"),
    ),
)
