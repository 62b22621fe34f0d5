"""What is suggested to a shopper, and what they make of it."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils import timezone
from msgspec import Meta

from actors.cart import State as CartState
from actors.cart.budget import standing
from core.accounts.principals import Principal
from core.assistant.experiments import assignment
from core.assistant.experiments.assignment import AssignedVariant
from core.assistant.models import Feedback
from core.assistant.recommendations import history, reasons
from core.assistant.recommendations.files import Model
from core.assistant.recommendations.suggesting import Kind, Situation, Suggestion, suggest
from core.inventory.levels import available
from realtime.pipeline.asking import in_database
from realtime.pipeline.row import Call, Command, Route, as_found, ask_nothing, own
from realtime.pipeline.services import Services
from realtime.problems import not_found
from realtime.views.base import View
from realtime.views.product import ProductView, product_view
from realtime.wire import Body, Uuid, rfc3339

_MOST = 50
_SPARE = 3
"""So many times more are looked up in the stock than are wanted."""


class RecommendationsGet(Body):
    """Read what is suggested to the caller in addition to what their cart holds."""

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 10


class RecommendationsFeedback(Body):
    """Say what became of a suggestion; what is dismissed is not suggested for a month."""

    product_id: Uuid
    action: Literal["shown", "added", "dismissed"]


class RecommendedView(View, frozen=True):
    """One suggestion, with its reason in the caller's language; ``confidence`` is from 0 to 1."""

    product: ProductView
    reason: str
    reason_code: str
    confidence: float
    type: Kind
    instead_of: str | None
    """Id of the product in the cart in whose place it would come."""


class ModelView(View, frozen=True):
    """What they were learnt by."""

    version: str
    trained_at: str


class ExperimentView(View, frozen=True):
    """The variant of an experiment that the caller has; without one in the chain, ``on``."""

    name: str
    variant: str


class RecommendationsView(View, frozen=True):
    """Suggestions, the best first; ``model`` is null while nothing was learnt.

    There are none for whoever has the variant ``off`` of the experiment ``recommender``.
    """

    items: tuple[RecommendedView, ...]
    model: ModelView | None
    experiment: ExperimentView


class FeedbackView(View, frozen=True):
    """What was noted."""

    product_id: str
    action: str


async def _read(call: Call) -> RecommendationsView:
    services, who = call.services, call.who
    state: CartState = (await services.asking.look("cart", who.id, who)).state
    return await recommended(services, who, state, call.body.limit)


async def recommended(
    services: Services, who: Principal, state: CartState, limit: int
) -> RecommendationsView:
    """Return at most ``limit`` suggestions for the shopper with this cart. Raises Problem without a chain."""
    chain = await services.places.find_chain(services.asking, who)
    branch = state.sessions[-1].branch if state.sessions else services.places.branch_of(who.id)
    if services.models.is_due(chain):
        await in_database(services.models.look, chain)
    assigned = await in_database(assignment.meet, assignment.RECOMMENDER, chain, who.id)
    model = services.models.known(chain)
    if assigned.variant == assignment.OFF:
        return _answer((), model, assigned)
    now = standing(state, services.now())
    known = await in_database(history.of, who.id, chain)
    situation = Situation(
        catalogue=services.goods.catalogue(chain),
        lines=tuple({line.product_id: None for line in state.lines.values()}),
        wants=services.wants.of(who.id),
        history=known,
        popular=await in_database(history.popular, chain, branch),
        tight=now is not None and now.status != "ok",
    )
    found = suggest(model, situation)
    if branch:
        found = await _there(branch, found, limit)
    return _answer(tuple([_shown(each, known.language) for each in found[:limit]]), model, assigned)


def _answer(
    items: tuple[RecommendedView, ...], model: Model | None, assigned: AssignedVariant
) -> RecommendationsView:
    return RecommendationsView(
        items=items,
        experiment=ExperimentView(name=assigned.experiment, variant=assigned.variant),
        model=None if model is None else ModelView(
            version=model.about.version,
            trained_at=rfc3339(model.about.trained_at),
        ),
    )  # fmt: skip


async def _there(branch: str, found: list[Suggestion], limit: int) -> list[Suggestion]:
    """Return those that the branch has, as many as are wanted."""
    there: list[Suggestion] = []
    while found and len(there) < limit:
        some, found = found[: limit * _SPARE], found[limit * _SPARE :]
        levels = await in_database(available, branch, [each.product.product_id for each in some])
        there += [each for each in some if levels.get(each.product.product_id, 0) > 0]
    return there


def _shown(one: Suggestion, language: str) -> RecommendedView:
    return RecommendedView(
        product=product_view(one.product),
        reason=reasons.sentence(one.reason, language, **one.facts),
        reason_code=one.reason,
        confidence=round(max(0.0, min(1.0, one.confidence)), 3),
        type=one.kind,
        instead_of=one.instead_of,
    )


async def _note(call: Call) -> FeedbackView:
    services, body, who = call.services, call.body, call.who
    chain = await services.places.find_chain(services.asking, who)
    if services.goods.catalogue(chain).by_id(body.product_id) is None:
        raise not_found("product_not_found", "There is no such product here.")
    await in_database(_kept, who.id, body.product_id, body.action)
    return FeedbackView(product_id=body.product_id, action=body.action)


def _kept(user_id: str, product_id: str, action: str) -> None:
    Feedback.objects.create(user_id=user_id, product_id=product_id, action=action, at=timezone.now())


ROWS = (
    Command(
        name="recommendations.get",
        body=RecommendationsGet,
        answer=RecommendationsView,
        permission="own",
        where=own,
        refer=_read,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/recommendations", query=True),),
        refusals=("no_catalogue",),
    ),
    Command(
        name="recommendations.feedback",
        body=RecommendationsFeedback,
        answer=FeedbackView,
        permission="own",
        where=own,
        refer=_note,
        command=ask_nothing,
        show=as_found,
        routes=(Route("POST", "/recommendations/{product_id}/feedback"),),
        refusals=("product_not_found", "no_catalogue"),
    ),
)
