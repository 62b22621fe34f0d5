"""Admin of the outbox, to look at."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from core.outbox.models import OutgoingMessage


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(ReadOnlyAdmin):
    """What goes out to people, and what became of it."""

    list_display = ("posted_at", "kind", "channel", "to", "attempts", "outcome", "done_at")
    list_filter = ("channel", "kind", "outcome")
    search_fields = ("to", "user_id")
    exclude = ("key", "data")
