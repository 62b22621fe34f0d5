"""The admin's login, with the limits that the API's has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.accounts import names, throttling
from core.accounts.factors import second_factor
from core.accounts.models import User
from core.problems import Problem


class LimitedLoginForm(AdminAuthenticationForm):
    """Refuses to look at a password once there were too many wrong ones; asks for the second factor."""

    otp = forms.CharField(
        label=_("Code of your second factor"),
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
            raise ValidationError(str(problem.detail)) from None
        except ValidationError:
            throttling.note_failure(account, address)
            raise
        throttling.note_entered(account, address)
        return found
