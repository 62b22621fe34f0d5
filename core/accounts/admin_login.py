"""The admin's login, with the limits that the API's has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import get_language

from core.accounts import names
from core.accounts.credentials import throttling
from core.accounts.factors import second_factor
from core.accounts.models import User
from core.problems import Problem

_WORDS = {
    "en": {
        "otp": "Code of your second factor",
        "otp_help": "Only if your account has one: from your app, or a recovery code.",
        "otp_required": "This account has a second factor. Enter its code too.",
        "otp_wrong": "This code is wrong, or was used before.",
        "too_many_requests": "Too many tries. Wait {wait} seconds and try again.",
        "logins_busy": "Too many logins are under way. Try again in {wait} seconds.",
    },
    "he": {
        "otp": "קוד האימות הנוסף",
        "otp_help": "רק אם לחשבון שלך יש אימות נוסף: מהאפליקציה, או קוד שחזור.",
        "otp_required": "לחשבון הזה יש אימות נוסף. צריך להזין גם את הקוד.",
        "otp_wrong": "הקוד שגוי, או שכבר השתמשו בו.",
        "too_many_requests": "יותר מדי ניסיונות. אפשר לנסות שוב בעוד {wait} שניות.",
        "logins_busy": "יותר מדי כניסות מתבצעות עכשיו. אפשר לנסות שוב בעוד {wait} שניות.",
    },
}


def _words() -> dict[str, str]:
    return _WORDS.get((get_language() or "en").partition("-")[0], _WORDS["en"])


def _sentence(problem: Problem) -> str:
    """Return the sentence of a refusal, in its reader's language."""
    sentence = _words().get(problem.problem_code, str(problem.detail))
    return sentence.format(wait=problem.extra.get("retry_after", 1))


class LimitedLoginForm(AdminAuthenticationForm):
    """Refuses to look at a password once there were too many wrong ones; asks for the second factor."""

    otp = forms.CharField(
        label=lazy(lambda: _words()["otp"], str)(),
        help_text=lazy(lambda: _words()["otp_help"], str)(),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        """Check the login; raises ValidationError."""
        login = self.cleaned_data.get("username") or ""
        request = self.request
        if request is None:
            return super().clean()
        user = names.find(User.objects.all(), login)
        account = f"name:{names.key(login)}" if user is None else str(user.pk)
        address = throttling.address_of(request)
        try:
            throttling.check_address(request)
            throttling.check_failures(account, address)
            found = super().clean()
            second_factor.check(self.get_user(), self.cleaned_data.get("otp"))
        except Problem as problem:
            # Too many tries, too many passwords wait to be looked at, or the code is missing or wrong.
            if problem.problem_code == "otp_wrong":
                throttling.note_failure(account, address)
            raise ValidationError(_sentence(problem)) from None
        except ValidationError:
            throttling.note_failure(account, address)
            raise
        throttling.note_entered(account, address)
        return found
