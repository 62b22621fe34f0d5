"""REST of the caller's notifications and preferences."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import User
from core.notifications import preferences, push
from core.notifications.kinds import KINDS, words_of
from core.notifications.models import Notification, PushSubscription
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, Moment, StrictBoolean, StrictText, checked
from core.rest.views import ListView, RowView, View

_MOST_BROWSERS = 20


class NotificationAnswer(serializers.ModelSerializer[Notification]):
    """Something that the caller was told, in their language."""

    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    link = serializers.SerializerMethodField(help_text="Where it leads to: a path of this site.")
    created_at = Moment()
    read_at = Moment(allow_null=True)

    class Meta:
        model = Notification
        fields = ("id", "kind", "title", "text", "link", "created_at", "read_at")

    def get_title(self, row: Notification) -> str:
        """Return the first line."""
        return words_of(row.kind, row.data, row.user.language).title

    def get_text(self, row: Notification) -> str:
        """Return the second line, which may be empty."""
        return words_of(row.kind, row.data, row.user.language).text

    def get_link(self, row: Notification) -> str:
        """Return the path."""
        return words_of(row.kind, row.data, row.user.language).link


class NotificationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``unread``: only what was not read yet, or only what was."""

    unread = django_filters.BooleanFilter("read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ()


class _Notifications(RowView[Notification]):
    serializer_class = NotificationAnswer
    queryset = Notification.objects.none()

    def get_queryset(self) -> QuerySet[Notification]:
        """Return the caller's own."""
        mine = Notification.objects.filter(user=self.request.user.pk, kind__in=KINDS)
        return mine.select_related("user").order_by("-created_at", "pk")


class NotificationsView(_Notifications, ListView[Notification]):
    """What the caller was told, the latest first."""

    filterset_class = NotificationFilter


class ReadView(_Notifications):
    """Notifications that were read."""

    @extend_schema(request=None, responses=NotificationAnswer, operation_id="notification_read")
    def post(self, request: Request, notification_id: uuid.UUID) -> Response:
        """Note that the caller has read it; again it stays as it was."""
        row = self.get_queryset().filter(pk=notification_id).first()
        if row is None:
            raise Http404
        if row.read_at is None:
            row.read_at = timezone.now()
            row.save(update_fields=["read_at"])
        return Response(NotificationAnswer(row).data)


class WaysBody(ClosedSerializer):
    """How one kind is told; what is left out is as it is unless somebody says otherwise."""

    socket = StrictBoolean(required=False)
    email = StrictBoolean(required=False)
    sms = StrictBoolean(required=False)
    push = StrictBoolean(required=False)


class PreferencesBody(ClosedSerializer):
    """The ways of each kind."""

    overdue = WaysBody(required=False, help_text="The caller's own trolley is late.")
    branch_overdue = WaysBody(required=False, help_text="A trolley of a branch that the caller runs is late.")
    alarm = WaysBody(required=False, help_text="An alarm in a branch that the caller runs.")
    role_given = WaysBody(required=False, help_text="Somebody gave the caller a role.")
    budget_alert = WaysBody(required=False, help_text="A share of the caller's own budget is reached.")
    recall = WaysBody(required=False, help_text="A lot of something in the caller's cart was called back.")
    recall_bought = WaysBody(required=False, help_text="A lot of what the caller bought was called back.")


class WaysAnswer(serializers.Serializer[Any]):
    """How one kind is told: on open pages, by mail, text message, web push."""

    socket = serializers.BooleanField()
    email = serializers.BooleanField()
    sms = serializers.BooleanField()
    push = serializers.BooleanField()


class PreferencesAnswer(serializers.Serializer[Any]):
    """The ways of each kind."""

    overdue = WaysAnswer()
    branch_overdue = WaysAnswer()
    alarm = WaysAnswer()
    role_given = WaysAnswer()
    budget_alert = WaysAnswer()
    recall = WaysAnswer()
    recall_bought = WaysAnswer()


class PreferencesView(View):
    """How the caller wants to be told."""

    @extend_schema(responses=PreferencesAnswer, operation_id="notification_preferences")
    def get(self, request: Request) -> Response:
        """Return the ways of each kind."""
        return self._answer(request)

    @extend_schema(
        request=PreferencesBody, responses=PreferencesAnswer, operation_id="notification_preferences_put"
    )
    def put(self, request: Request) -> Response:
        """Say how each kind is to be told."""
        preferences.put(cast(User, request.user), checked(PreferencesBody, request))
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        found = preferences.of(cast(User, request.user))
        return Response({kind: ways._asdict() for kind, ways in found.items()})


class KeysBody(ClosedSerializer):
    """The browser's keys, as ``PushSubscription.toJSON`` gives them."""

    p256dh = StrictText(min_length=80, max_length=120)
    auth = StrictText(min_length=16, max_length=40)


class BrowserBody(ClosedSerializer):
    """A browser that takes web push, as ``PushSubscription.toJSON`` gives it."""

    endpoint = StrictText(min_length=1, max_length=1000)
    keys = KeysBody()


class BrowserAnswer(serializers.Serializer[Any]):
    """A browser that takes web push."""

    id = serializers.UUIDField()
    made_at = Moment()


class BrowsersAnswer(serializers.Serializer[Any]):
    """The key to subscribe with (null: nothing is pushed here), and the caller's browsers."""

    public_key = serializers.CharField(allow_null=True)
    browsers = BrowserAnswer(many=True)


class BrowsersView(View):
    """Browsers that take web push."""

    refuses = ("unfit",)

    @extend_schema(responses=BrowsersAnswer, operation_id="push_browsers")
    def get(self, request: Request) -> Response:
        """Return the key to subscribe with, and the browsers that have."""
        rows = PushSubscription.objects.filter(user=cast(User, request.user)).order_by("made_at")
        return Response({"public_key": push.public_key(), "browsers": BrowserAnswer(rows, many=True).data})

    @extend_schema(request=BrowserBody, responses={201: BrowserAnswer}, operation_id="push_browser_add")
    def post(self, request: Request) -> Response:
        """Have notifications pushed to this browser; whose it was before has none there any more."""
        body, user = checked(BrowserBody, request), cast(User, request.user)
        if not push.is_service(body["endpoint"]):
            raise rule("unfit", endpoint="Expected the address of a push service that this server knows.")
        mine = PushSubscription.objects.filter(user=user).exclude(endpoint=body["endpoint"])
        if mine.count() >= _MOST_BROWSERS:
            raise Problem(409, "too_many_browsers", f"Expected at most {_MOST_BROWSERS} browsers.")
        PushSubscription.objects.filter(endpoint=body["endpoint"]).delete()
        keys = body["keys"]
        row = PushSubscription.objects.create(
            user=user,
            endpoint=body["endpoint"],
            p256dh=keys["p256dh"],
            auth=keys["auth"],
            made_at=timezone.now(),
        )
        return Response(BrowserAnswer(row).data, 201)


class BrowserView(View):
    """A browser that takes web push."""

    @extend_schema(responses={204: None}, operation_id="push_browser_remove")
    def delete(self, request: Request, browser_id: uuid.UUID) -> Response:
        """Push nothing to this browser any more."""
        mine = PushSubscription.objects.filter(user=cast(User, request.user), pk=browser_id)
        if not mine.delete()[0]:
            raise Http404
        return Response(status=204)
