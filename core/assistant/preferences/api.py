"""REST of what the caller prefers."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.models import Receipts, User
from core.assistant.models import Care
from core.assistant.preferences import preferences
from core.catalogue.rest.serializers import AllergenList, DietaryTags
from core.notifications.api import PreferencesAnswer, PreferencesBody
from core.rest.fields import ClosedSerializer, StrictChoice, checked
from core.rest.views import View


class WantsBody(ClosedSerializer):
    """What the caller prefers; what is left out stays as it is."""

    diet = DietaryTags(required=False, help_text="Dietary tags that whatever is suggested must have.")
    allergens = AllergenList(required=False, help_text="What the caller is warned of.")
    sustainability = StrictChoice(
        choices=Care.choices, required=False, help_text="How much the footprint of goods weighs."
    )
    language = StrictChoice(choices=settings.LANGUAGES, required=False)
    receipts = StrictChoice(choices=Receipts.choices, required=False, help_text="How receipts are sent.")
    notifications = PreferencesBody(required=False)


class WantsAnswer(serializers.Serializer[Any]):
    """What the caller prefers."""

    diet = serializers.ListField(child=serializers.CharField())
    allergens = serializers.ListField(child=serializers.CharField())
    sustainability = serializers.ChoiceField(choices=Care.choices)
    language = serializers.CharField(help_text="Empty: nobody has said.")
    receipts = serializers.ChoiceField(choices=Receipts.choices)
    notifications = PreferencesAnswer()


class WantsView(View):
    """What the caller prefers."""

    refuses = ("unfit",)

    @extend_schema(responses=WantsAnswer, operation_id="preferences")
    def get(self, request: Request) -> Response:
        """Return what the caller prefers."""
        return Response(preferences.of(cast(User, request.user)))

    @extend_schema(request=WantsBody, responses=WantsAnswer, operation_id="preferences_put")
    def put(self, request: Request) -> Response:
        """Say what the caller prefers."""
        preferences.put(cast(User, request.user), checked(WantsBody, request))
        return self.get(request)
