"""Invitations to a role, by phone number or e-mail address.

A link is good once and for a week, and only as long as whoever sent it may still give the role.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.utils import timezone

from core.accounts import people, principals
from core.accounts.codes.codes import Target
from core.accounts.members.rights import RoleAssignment, may_give
from core.accounts.members.texts import WORDS
from core.accounts.models import Invitation, User
from core.outbox.letters import Letter, known_language
from core.outbox.models import Channel, OutgoingMessage
from core.outbox.posting import post
from core.problems import Problem
from core.wire import ids

KIND = "accounts.invitation"
GOOD_FOR = timedelta(days=7)
_signer = signing.Signer(salt="accounts.invitation")


def standing() -> QuerySet[Invitation]:
    """Return the invitations that may still be accepted."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


def invite(place: RoleAssignment, target: Target, by: User) -> Invitation:
    """Create and send an invitation; a standing one is sent once more. Blocking."""
    now = timezone.now()
    named = {"chain": place.chain, "branch": place.branch, "role": place.role}
    known = standing().filter(channel=target.channel, address=target.address, **named)
    found = known.order_by("-made_at").first() or Invitation.objects.create(
        channel=target.channel,
        address=target.address,
        invited_by=by,
        made_at=now,
        expires_at=now + GOOD_FOR,
        **named,
    )
    post(
        target.channel, target.address, KIND,
        key=f"invitation:{found.pk}:{now:%Y%m%d%H%M}",
        data={"invitation": str(found.pk)},
        good_for=GOOD_FOR,
        an_hour=10,
    )  # fmt: skip
    return found


def withdraw(invitation: Invitation) -> None:
    """Make an invitation worth nothing. Blocking."""
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])


def find(token: str) -> Invitation:
    """Return the invitation of a link; raises Problem. Blocking."""
    try:
        invitation_id = ids.parse(_signer.unsign(token))
    except (signing.BadSignature, ids.InvalidId):
        raise _over() from None
    rows = standing().select_related("chain", "branch", "invited_by")
    found = rows.filter(pk=invitation_id, chain__is_active=True).first()
    by = None if found is None else found.invited_by
    if found is None or by is None or not by.is_active or not may_give(principals.of(by), place_of(found)):
        raise _over()
    return found


def accept(invitation: Invitation, user: User) -> None:
    """Note who accepted; of two at the same moment one is first. Raises Problem. Blocking."""
    mine = standing().filter(pk=invitation.pk)
    if not mine.update(accepted_at=timezone.now(), accepted_by=user):
        raise _over()


def token_of(invitation: Invitation) -> str:
    """Return the token of the link."""
    return _signer.sign(str(invitation.pk))


def place_of(invitation: Invitation) -> RoleAssignment:
    """Return what the invitation is to."""
    return RoleAssignment(invitation.role, invitation.chain, invitation.branch)


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the message with the link; None if it does not stand any more."""
    found = standing().select_related("chain", "branch", "invited_by")
    invitation = found.filter(pk=message.data["invitation"]).first()
    if invitation is None or invitation.invited_by is None:
        return None
    words = WORDS[known_language(next(iter(invitation.chain.languages), None))]
    by, branch = invitation.invited_by, invitation.branch
    told = {
        "by": people.shown_name(by.username, by.phone),
        "chain": invitation.chain.name,
        "place": invitation.chain.name if branch is None else f"{invitation.chain.name}, {branch.name}",
        "role": words[invitation.role],
        "link": f"{settings.PUBLIC_URL}/invitation?{urlencode({'token': token_of(invitation)})}",
        "days": GOOD_FOR.days,
    }
    if message.channel == Channel.SMS:
        return Letter(words["sms"].format(**told))
    return Letter(words["text"].format(**told), words["subject"].format(**told))


def forget(*addresses: str | None) -> None:
    """Delete the invitations to an erased account. Blocking."""
    Invitation.objects.filter(address__in=[each for each in addresses if each]).delete()


def _over() -> Problem:
    detail = "This invitation was used, withdrawn, or is too old. Please ask for another one."
    return Problem(400, "invitation_over", detail)
