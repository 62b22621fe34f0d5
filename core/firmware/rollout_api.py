"""REST of rollouts: bringing a release to one device, a branch or a chain, and watching it go."""

from __future__ import annotations

import uuid
from typing import Any, get_args

import django_filters
from django.conf import settings
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.messages.device import FirmwareImage
from actors.messages.rollout import AbortRollout, PauseRollout, ResumeRollout, RolloutPhase, StartRollout
from core import actor_port
from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.firmware.api import find_release, principal
from core.firmware.models import Release, Rollout, RolloutDevice
from core.fleet.devices.answers import find, moment
from core.fleet.devices.registration import NoBody
from core.fleet.models import Device
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, Moment, StrictFloat, StrictInteger, StrictText, checked
from core.rest.filters import words
from core.rest.views import ListView, View
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch

_LOCK_S = 10


class FirmwareBody(ClosedSerializer):
    """Which release a device shall have."""

    version = StrictText(min_length=1, max_length=40)


class RolloutBody(ClosedSerializer):
    """A release for every device of a branch, or of a whole chain; one of the two is named."""

    version = StrictText(min_length=1, max_length=40)
    branch = StrictText(required=False, max_length=40)
    chain = StrictText(required=False, max_length=50)
    batch_size = StrictInteger(default=5, min_value=1, max_value=1000)
    max_failure_rate = StrictFloat(default=0.2, min_value=0, max_value=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if ("branch" in attrs) == ("chain" in attrs):
            raise rule("which_one", branch="Name either a branch or a chain.")
        return attrs


class RolloutDeviceAnswer(serializers.Serializer[Any]):
    """How far one device is, from waiting and offered to updated, failed or aborted."""

    device_id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.CharField()
    detail = serializers.CharField()
    at = Moment()


class RolloutAnswer(serializers.Serializer[Any]):
    """A rollout; ``counts`` has how many devices are in which state, of those that the caller may see."""

    id = serializers.UUIDField()
    version = serializers.CharField()
    chain = serializers.CharField()
    branch = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(("running", "paused", "finished", "aborted"))
    reason = serializers.CharField(help_text="Why it is paused: failures or asked.")
    batch_size = serializers.IntegerField()
    max_failure_rate = serializers.FloatField()
    started_at = Moment()
    ended_at = Moment(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    devices = RolloutDeviceAnswer(many=True)


class RolloutFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``branch`` is a code or an id."""

    branch = django_filters.CharFilter(method="in_branch")
    status = words(get_args(RolloutPhase)[1:])

    class Meta:
        model = Rollout
        fields = ()

    def in_branch(self, rows: QuerySet[Rollout], _: str, text: str) -> QuerySet[Rollout]:
        """Keep the branch's, and those of its chain that bring something to its devices."""
        branches = Branch.objects.filter(by_id_or("code", text))
        return rows.filter(Q(branch_code__in=branches.values("code")) | _through(branches))


def visible(who: Principal) -> QuerySet[Rollout]:
    """Return the rollouts of chains that the caller watches, and those that its branches' devices are in."""
    if who.is_platform_admin:
        return Rollout.objects.all()
    branches = scopes.branches(who, "device.watch")
    chains = [grant.chain for grant in who.grants if may(who, "chain.watch", grant.chain)]
    return Rollout.objects.filter(
        Q(branch_code__in=branches.values("code")) | Q(chain_slug__in=chains) | _through(branches)
    )


def _through(branches: QuerySet[Branch]) -> Q:
    """Rollouts over a chain that have devices of these branches."""
    devices = Device.objects.filter(branch__in=branches).values("pk")
    jobs = RolloutDevice.objects.filter(device_id__in=devices)
    return Q(branch_code="", pk__in=jobs.values("rollout_id"))


def shown(who: Principal, rows: list[Rollout]) -> list[dict[str, Any]]:
    """Return what RolloutAnswer says of each: only of devices that the caller may see."""
    jobs = list(RolloutDevice.objects.filter(rollout_id__in=[row.pk for row in rows]))
    devices = Device.objects.filter(pk__in={job.device_id for job in jobs})
    names = dict(devices.values_list("pk", "name"))
    theirs = set(devices.filter(branch__in=scopes.branches(who, "device.watch")).values_list("pk", flat=True))
    chains = {row.chain_slug for row in rows if may(who, "chain.watch", row.chain_slug)}
    whole = {row.pk for row in rows if row.branch_code or row.chain_slug in chains}
    jobs = [job for job in jobs if job.rollout_id in whole or job.device_id in theirs]
    return [_shown(row, [job for job in jobs if job.rollout_id == row.pk], names) for row in rows]


def _shown(row: Rollout, jobs: list[RolloutDevice], names: dict[Any, str]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for job in jobs:
        counts[job.state] = counts.get(job.state, 0) + 1
    return {
        "id": str(row.pk),
        "version": row.version,
        "chain": row.chain_slug,
        "branch": row.branch_code or None,
        "status": row.status,
        "reason": row.reason,
        "batch_size": row.batch_size,
        "max_failure_rate": row.max_failure_rate,
        "started_at": moment(row.started_at),
        "ended_at": moment(row.ended_at),
        "counts": counts,
        "devices": [
            {
                "device_id": str(job.device_id),
                "name": names.get(job.device_id, ""),
                "state": job.state,
                "detail": job.detail,
                "at": moment(job.at),
            }
            for job in sorted(jobs, key=lambda job: job.place)
        ],
    }


class DeviceFirmwareView(View):
    """The firmware of one device."""

    keeps = "after"

    @extend_schema(
        request=FirmwareBody,
        responses={202: RolloutAnswer},
        operation_id="device_firmware",
    )
    def put(self, request: Request, device_id: str) -> Response:
        """Bring a release to the device; refused while one of its locks is being opened (409)."""
        device = find(request, device_id, "device.manage")
        release = _offered(checked(FirmwareBody, request)["version"])
        if device.is_revoked:
            raise Problem(409, "device_revoked", "The device is revoked.")
        if actor_port.look("device", str(device.pk), principal(request)).queue:
            sentence = "One of its locks is being opened. Try again in a few seconds."
            raise Problem(409, "lock_opening", sentence, retry_after=_LOCK_S)
        chain, branch = device.branch.chain.slug, device.branch.code
        return _start(
            request=request,
            release=release,
            chain=chain,
            branch=branch,
            devices=[device],
            batch_size=1,
            max_failure_rate=0.0,
        )


class RolloutsView(ListView[Rollout]):
    """Rollouts, newest first."""

    refuses = ("which_one",)

    keeps = "after"

    queryset = Rollout.objects.none()
    serializer_class = RolloutAnswer
    filterset_class = RolloutFilter

    def get_queryset(self) -> QuerySet[Rollout]:
        """Return what the caller may see."""
        return visible(principal(self.request)) if self.request.auth else Rollout.objects.none()

    @extend_schema(operation_id="rollouts")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of them."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown(principal(request), list(page or [])))

    @extend_schema(request=RolloutBody, responses={202: RolloutAnswer}, operation_id="rollout_start")
    def post(self, request: Request) -> Response:
        """Bring a release to every device of a branch or a chain, in batches."""
        body = checked(RolloutBody, request)
        chain, branches = _scope(principal(request), body)
        release = _offered(body["version"])
        devices = list(
            Device.objects.filter(branch__in=branches, is_revoked=False).order_by("branch", "name")
        )
        if not devices:
            raise Problem(400, "no_devices", "There is no device to bring it to.")
        branch = branches[0].code if "branch" in body else ""
        return _start(
            request=request,
            release=release,
            chain=chain,
            branch=branch,
            devices=devices,
            batch_size=body["batch_size"],
            max_failure_rate=body["max_failure_rate"],
        )


class RolloutView(View):
    """One rollout."""

    @extend_schema(responses=RolloutAnswer, operation_id="rollout")
    def get(self, request: Request, rollout_id: str) -> Response:
        """Return it with all its devices."""
        return Response(shown(principal(request), [_found(request, rollout_id)])[0])


class RolloutOrderView(View):
    """What can be ordered of a rollout; subclasses say what."""

    keeps = "after"

    order: type[PauseRollout | ResumeRollout | AbortRollout]

    def carry_out(self, request: Request, rollout_id: uuid.UUID) -> Response:
        """Have the rollout's actor do it; return the rollout as it is then."""
        checked(NoBody, request)
        row = _found(request, rollout_id)
        _require(principal(request), row.chain_slug, row.branch_code)
        key = request.headers.get("Idempotency-Key")
        command_id = None if key is None else f"{self.order.__name__}:{key}"
        actor_port.ask("rollout", str(row.pk), self.order(), principal(request), command_id)
        return Response(shown(principal(request), [_found(request, rollout_id)])[0])


class PauseView(RolloutOrderView):
    """Begin no further batch."""

    order = PauseRollout

    @extend_schema(request=NoBody, responses=RolloutAnswer, operation_id="rollout_pause")
    def post(self, request: Request, rollout_id: uuid.UUID) -> Response:
        """Begin no further batch."""
        return self.carry_out(request, rollout_id)


class ResumeView(RolloutOrderView):
    """Go on; the failures so far are accepted."""

    order = ResumeRollout

    @extend_schema(request=NoBody, responses=RolloutAnswer, operation_id="rollout_resume")
    def post(self, request: Request, rollout_id: uuid.UUID) -> Response:
        """Go on; the failures so far are accepted."""
        return self.carry_out(request, rollout_id)


class AbortView(RolloutOrderView):
    """End it; devices that have not begun to update leave it."""

    order = AbortRollout

    @extend_schema(request=NoBody, responses=RolloutAnswer, operation_id="rollout_abort")
    def post(self, request: Request, rollout_id: uuid.UUID) -> Response:
        """End it; devices that have not begun to update leave it."""
        return self.carry_out(request, rollout_id)


class RetryView(View):
    """Another try for the devices that failed."""

    keeps = "after"

    @extend_schema(request=NoBody, responses={202: RolloutAnswer}, operation_id="rollout_retry")
    def post(self, request: Request, rollout_id: str) -> Response:
        """Begin a rollout of the same release to those that failed; one that is through is done by that."""
        checked(NoBody, request)
        row = _found(request, rollout_id)
        who = principal(request)
        _require(who, row.chain_slug, row.branch_code)
        if row.status == "running":
            raise Problem(409, "rollout_running", "It is still under way. Pause it first.")
        jobs = RolloutDevice.objects.filter(rollout_id=row.pk)
        failed = jobs.filter(state="failed").values("device_id")
        devices = list(Device.objects.filter(pk__in=failed, is_revoked=False).order_by("branch", "name"))
        if not devices:
            raise Problem(409, "nothing_failed", "None of its devices has failed.")
        release = _offered(row.version)
        answer = _start(
            request=request,
            release=release,
            chain=row.chain_slug,
            branch=row.branch_code,
            devices=devices,
            batch_size=row.batch_size,
            max_failure_rate=row.max_failure_rate,
        )
        if row.status == "paused" and not jobs.exclude(state__in=("updated", "failed")).exists():
            actor_port.ask("rollout", str(row.pk), ResumeRollout(), who)
        return answer


def _scope(who: Principal, body: dict[str, Any]) -> tuple[str, list[Branch]]:
    """Return the chain's slug and the branches; raises the 404 or 403."""
    if "branch" in body:
        branch = scopes.branches(who, "device.watch").filter(by_id_or("code", body["branch"])).first()
        if branch is None:
            raise Problem(404, "branch_not_found", "There is no such branch.")
        _require(who, branch.chain.slug, branch.code)
        return branch.chain.slug, [branch]
    chain = scopes.chains(who).filter(by_id_or("slug", body["chain"])).first()
    if chain is None:
        raise Problem(404, "chain_not_found", "There is no such chain.")
    _require(who, chain.slug, "")
    return chain.slug, list(chain.branches.filter(is_active=True))


def _require(who: Principal, chain: str, branch: str) -> None:
    allowed = may(who, "device.manage", chain, branch) if branch else may(who, "chain.manage", chain)
    if not allowed:
        raise Problem(403, "forbidden", "Your role does not allow this.")


def _found(request: Request, rollout_id: Any) -> Rollout:
    row = visible(principal(request)).filter(pk=rollout_id).first()
    if row is None:
        raise Problem(404, "rollout_not_found", "There is no such rollout.")
    return row


def _offered(version: str) -> Release:
    release = find_release(version=version)
    if release.is_withdrawn:
        raise Problem(409, "release_withdrawn", "This firmware is not brought out any more.")
    return release


def _start(
    request: Request,
    release: Release,
    chain: str,
    branch: str,
    devices: list[Device],
    batch_size: int,
    max_failure_rate: float,
) -> Response:
    who = principal(request)
    key = request.headers.get("Idempotency-Key") or str(uuid.uuid4())
    rollout_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"rollout:{who.id}:{key}"))
    url = f"{settings.PUBLIC_URL}/api/firmware/{release.pk}/file"
    image = FirmwareImage(
        version=release.version,
        url=url,
        size=release.size,
        sha256=release.sha256,
        signature=release.signature,
    )
    command = StartRollout(
        release_id=str(release.pk),
        image=image,
        chain=chain,
        branch=branch,
        devices=tuple(str(device.pk) for device in devices),
        batch_size=batch_size,
        max_failure_rate=max_failure_rate,
        device_timeout_s=float(settings.FIRMWARE_DEVICE_S),
        user_id=who.id,
    )
    actor_port.ask("rollout", rollout_id, command, who, "start")
    return Response(shown(principal(request), [_found(request, rollout_id)])[0], 202)
