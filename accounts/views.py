"""Signing in and out. Plain forms that work without script; every sign-in, refusal and sign-out is an audit event."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from accounts import events
from accounts.actors import Actor, actor_for_user, system
from accounts.models import Agency, User
from audit import record
from audit.record import Ref

NOBODY_WE_KNOW = UUID(int=0)


class SignInForm(forms.Form):
    """E-mail and password. It never says which of the two was wrong."""

    email = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "inputmode": "email"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address like name@county.example."),
        },
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password.")},
    )

    def clean_email(self) -> str:
        """Lower case, so that a lock-out counts one person once."""
        return str(self.cleaned_data["email"]).strip().lower()


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class SignInView(View):
    """The door for everybody who works here."""

    http_method_names = ["get", "post", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(_next_page(request))
        return self._page(request, SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=400)
        user = authenticate(
            request, username=form.cleaned_data["email"], password=form.cleaned_data["password"]
        )
        if user is None:
            _record_refusal(form.cleaned_data["email"])
            form.add_error(
                None, _("This e-mail and password do not belong together. Check both and try again.")
            )
            return self._page(request, form, status=401)
        assert isinstance(user, User)
        with transaction.atomic():
            _record(events.SIGNED_IN, actor_for_user(user), user)
            login(request, user)
        return HttpResponseRedirect(_next_page(request))

    def _page(self, request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
        context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
        return render(request, "accounts/sign_in.html", context, status=status)


class SignOutView(View):
    """Ends the session. Only by POST, so that no link or image can sign anybody out."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        with transaction.atomic():
            if isinstance(user, User):
                _record(events.SIGNED_OUT, actor_for_user(user), user)
            logout(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)


def _next_page(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is on this site; else the home page, which knows the role."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else str(settings.LOGIN_REDIRECT_URL)


def _record(action: str, actor: Actor, user: User) -> None:
    home = Agency.objects.filter(memberships__user=user).order_by("memberships__pk").first()
    record.event(
        action,
        actor=actor,
        subject=Ref("user", user.public_id),
        agency=home.public_id if home else None,
        occurred_at=timezone.now(),
    )


def _record_refusal(email: str) -> None:
    """A refused sign-in names the person only when there is one: what a stranger typed is not kept."""
    actor: Any = system("sign-in")
    user = User.objects.filter(email=email).first()
    with transaction.atomic():
        if user is not None:
            _record(events.SIGN_IN_FAILED, actor, user)
            return
        record.event(
            events.SIGN_IN_FAILED,
            actor=actor,
            subject=Ref("user", NOBODY_WE_KNOW),
            occurred_at=timezone.now(),
        )
