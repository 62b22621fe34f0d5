"""REST of a branch's floor plan: walls, zones and lock slots in metres from the lower left corner."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue import media
from core.catalogue.rest.pictures import stored
from core.fleet.models import Device
from core.problems import rule
from core.rest.fields import (
    ClosedSerializer,
    LineText,
    StrictFloat,
    StrictId,
    StrictInteger,
    StrictText,
    checked,
)
from core.rest.idempotency import once
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import View
from core.tenancy import floor_plans
from core.tenancy.floor_plans import LONGEST_M, MOST, PICTURE
from core.tenancy.models import Branch

_PICTURE = RegexValidator(PICTURE, "Expected the address of an uploaded picture.", "unfit")
MEDIA = "/media/"
"""Where pictures are served."""


class ZoneBody(ClosedSerializer):
    """A rectangle with a name."""

    name = LineText(max_length=80)
    x = StrictFloat(min_value=0, max_value=LONGEST_M)
    y = StrictFloat(min_value=0, max_value=LONGEST_M)
    w = StrictFloat(min_value=0.01, max_value=LONGEST_M)
    h = StrictFloat(min_value=0.01, max_value=LONGEST_M)


class PlacedSlotBody(ClosedSerializer):
    """Where a lock slot is; ``angle``: which way its trolley leaves, counterclockwise from the right."""

    device_id = StrictId()
    slot = StrictInteger(min_value=0, max_value=0xFFFF)
    x = StrictFloat(min_value=0, max_value=LONGEST_M)
    y = StrictFloat(min_value=0, max_value=LONGEST_M)
    angle = StrictFloat(min_value=0, max_value=360, required=False)


class FloorPlanBody(ClosedSerializer):
    """A floor plan; everything lies within its walls, and a slot is on it once.

    ``picture``: the address of an uploaded picture that is shown beneath it, from wall to wall.
    """

    width_m = StrictFloat(min_value=0, max_value=LONGEST_M)
    height_m = StrictFloat(min_value=0, max_value=LONGEST_M)
    zones = ZoneBody(many=True, max_length=MOST)  # type: ignore[call-arg]
    slots = PlacedSlotBody(many=True, max_length=MOST)  # type: ignore[call-arg]
    picture = StrictText(max_length=100, required=False, validators=[_PICTURE])


class FloorPictureBody(ClosedSerializer):
    """A picture as multipart/form-data: JPEG, PNG, WebP or GIF."""

    file = serializers.FileField()


class FloorPictureAnswer(serializers.Serializer[Any]):
    """A picture that was kept; ``picture`` is what a floor plan names it by."""

    picture = serializers.CharField()
    width = serializers.IntegerField(help_text="In pixels.")
    height = serializers.IntegerField(help_text="In pixels.")


class FloorPlanView(View):
    """The floor plan of a branch."""

    refuses = ("already_there", "not_there", "unfit")

    @extend_schema(responses=FloorPlanBody, operation_id="branch_floor_plan")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the plan."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        return tagged(Response(branch.floor_plan), branch.version)

    @extend_schema(
        request=FloorPlanBody,
        responses=FloorPlanBody,
        parameters=[IF_MATCH],
        operation_id="branch_floor_plan_update",
    )
    def put(self, request: Request, branch_id: str) -> Response:
        """Replace the plan; the maps that are open show it within two seconds."""
        branch = scopes.branch_for(cast(Principal, request.auth), "branch.manage", branch_id)
        plan = checked(FloorPlanBody, request)
        plan = {**plan, "slots": [_shown(slot) for slot in plan["slots"]]}
        _check(plan, branch)
        claim(branch, request)
        branch.floor_plan = plan
        branch.save(update_fields=["floor_plan"])
        return tagged(Response(branch.floor_plan), branch.version)


class FloorPicturesView(View):
    """Pictures for the floor plan of a branch."""

    refuses = ("unfit",)
    keeps = "by_hand"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": FloorPictureBody},
        responses={201: FloorPictureAnswer},
        operation_id="branch_floor_plan_picture",
    )
    def post(self, request: Request, branch_id: str) -> HttpResponseBase:
        """Keep a picture for the plan, which shows it once it names it.

        It is drawn anew as WebP, at most 1600 pixels wide or high.
        """
        scopes.branch_for(cast(Principal, request.auth), "branch.manage", branch_id)
        file, width, height = stored(checked(FloorPictureBody, request)["file"], "plans")
        told = {"picture": f"{MEDIA}{file}", "width": width, "height": height}
        return once(request, lambda: Response(told, 201))


def _shown(slot: dict[str, Any]) -> dict[str, Any]:
    return {**slot, "device_id": str(slot["device_id"])}


def _check(plan: dict[str, Any], branch: Branch) -> None:
    """Raise the 400 of what no schema can tell of."""
    try:
        floor_plans.check(plan)
    except ValidationError as error:
        where = (error.params or {}).get("path", "plan")
        raise rule(error.code or "unfit", **{where: str(error.message)}) from None
    picture = plan.get("picture")
    if picture is not None and not media.path_of(picture.removeprefix(MEDIA)).exists():
        raise rule("not_there", picture="There is no such picture: upload it first.")
    devices = Device.objects.filter(branch=branch, removed_at=None)
    known = {str(pk) for pk in devices.values_list("pk", flat=True)}
    for place, slot in enumerate(plan["slots"]):
        if slot["device_id"] not in known:
            raise rule("not_there", **{f"slots.{place}.device_id": "The branch has no such device."})
